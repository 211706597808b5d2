"""Many variants of one scenario over the same draws: what two of them share is simulated once.

A variant is the scenario with settings laid over it, as `--set` does. Its chain falls into parts that share no market;
each part is known by its content, so that an option or a loss costs the simulation of the minerals it touches alone.
"""

from __future__ import annotations

import hashlib
import pickle
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from supplysim.assembly import Assembly, Inputs, assemble
from supplysim.batch.sampling import sample
from supplysim.decisions.cost import contract_premiums, stock_costs
from supplysim.engine.history import History
from supplysim.engine.market import Array
from supplysim.engine.run import simulate
from supplysim.results.metrics import Key, measure
from supplysim.results.question import question_of
from supplysim.results.shortage import shortage
from supplysim.scenario import Scenario, altered
from supplysim.world import World

Place = tuple[str, str]
"""A product and a consumer region."""


@dataclass(frozen=True)
class Account:
    """What a consumer's final users of a product went through, by draw: `loss` in USD at base prices and `tonnes`
    (short, not adapted), `bought` tonnes by region of origin and `used` tonnes in the first `window` months."""

    loss: Array
    tonnes: Array
    bought: Mapping[str, Array]
    used: Array


@dataclass(frozen=True)
class Told:
    """What is kept of a simulated part: metrics of the consumers, the accounts of those with final use, and what stocks
    (by region and product) and contracts (by id) cost, USD, net present, by draw."""

    metrics: Mapping[Key, Array]
    accounts: Mapping[Place, Account]
    stocks: Mapping[Place, Array] = field(default_factory=dict)
    premiums: Mapping[str, Array] = field(default_factory=dict)


@dataclass
class Bench:
    """Simulates variants of `scenario` over draws `first` to `first + draws` for the regions `consumers`.

    `window` is in months, whole years of which count for purchases by origin.
    """

    world: World
    scenario: Scenario
    draws: int
    consumers: tuple[str, ...]
    first: int = 0
    window: int = 12
    engine: str = "numpy"
    discount: float = 0.0
    simulated: int = 0
    known: dict[str, Told] = field(default_factory=dict, repr=False)

    def variant(self, settings: Sequence[str], scope: Sequence[str] | None = None) -> Scenario:
        """The scenario with settings laid over it, cut down to the minerals of `scope` where one is given."""
        made = altered(self.scenario, settings) if settings else self.scenario
        months = min(made.months, self.scenario.months)  # the scenario may be cut shorter than its text says
        made = replace(made, draws=self.first + self.draws, months=months, consumers=self.consumers)
        return made if scope is None else replace(made, scope=tuple(scope))

    def told(self, variant: Scenario) -> Told:
        """Simulate a variant, part by part, and say what it does to the consumers."""
        inputs = Inputs(variant, sample(variant, self.first, self.draws), self.draws)
        built = assemble(self.world, inputs, "scenario")
        metrics: dict[Key, Array] = {}
        accounts: dict[Place, Account] = {}
        stocks: dict[Place, Array] = {}
        premiums: dict[str, Array] = {}
        for places in built.chain.parts():
            part = _part(built, places)
            name = _content(part)
            if name not in self.known:
                self.known[name] = self._simulated(part, inputs)
                self.simulated += 1
            told = self.known[name]
            metrics, accounts = metrics | dict(told.metrics), accounts | dict(told.accounts)
            stocks, premiums = stocks | dict(told.stocks), premiums | dict(told.premiums)
        return Told(metrics, accounts, stocks, premiums)

    def loss(self, variant: Scenario) -> Array:
        """What all consumers lost in each draw, USD at base prices, `(draws,)`."""
        told = self.told(variant)
        return np.asarray(np.sum([np.zeros(self.draws), *(a.loss for a in told.accounts.values())], axis=0))

    def _simulated(self, part: Assembly, inputs: Inputs) -> Told:
        histories = simulate(part.chain, part.watch, self.engine)
        question = question_of(self.world, inputs)
        metrics = measure(replace(part, contract_links={}), histories, question)
        accounts: dict[Place, Account] = {}
        for (product, nodes), stage, history in zip(part.nodes.items(), part.chain.stages, histories, strict=True):
            short, _ = shortage(nodes, history)
            for region in self.consumers:
                users = [j for j, node in enumerate(nodes.buyers) if node.region == region and stage.makes[j] < 0]
                if users and nodes.q[:, users].sum() > 0:
                    tonnes = short[:, :, users].sum(axis=(0, 2))
                    bought, used = self._purchases(history, stage.suppliers, users)
                    accounts[product, region] = Account(tonnes * question.price[product], tonnes, bought, used)
        stocks = stock_costs(part, histories, question.price, self.discount)
        return Told(
            metrics, accounts, stocks, contract_premiums(part, histories, inputs, question.price, self.discount)
        )

    def _purchases(
        self, history: History, suppliers: Sequence[str], users: list[int]
    ) -> tuple[dict[str, Array], Array]:
        years = min(-(-self.window // 12), len(history.flow))
        flow = history.flow[:years][:, :, :, users].sum(axis=(0, 3))
        bought: dict[str, Array] = {}
        for i, name in enumerate(suppliers):
            region = name.partition(":")[0]
            bought[region] = bought.get(region, 0.0) + flow[:, i]
        return bought, history.monthly["used"][: 12 * years][:, :, users].sum(axis=(0, 2))


def _part(built: Assembly, places: tuple[int, ...]) -> Assembly:
    names = list(built.nodes)
    nodes = {names[k]: built.nodes[names[k]] for k in places}
    watch = {new: built.watch[old] for new, old in enumerate(places) if old in built.watch}
    new = {old: k for k, old in enumerate(places)}
    links = {name: (new[where], pairs) for name, (where, pairs) in built.contract_links.items() if where in new}
    return replace(built, chain=built.chain.part(places), nodes=nodes, watch=watch, contract_links=links)


def _content(part: Assembly) -> str:
    """A digest of everything that decides what a part does."""
    return hashlib.sha256(pickle.dumps((part.chain, tuple(part.nodes)))).hexdigest()
