"""A stage: the market of one product with the plants that make it and the plants and users that buy it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from supplysim.engine.market import Array
from supplysim.engine.policy import Effect

Index = NDArray[np.intp]


@dataclass(frozen=True)
class Stockpile:
    """A strategic stockpile held for some buyers of a stage, in tonnes and months; arrays `(d,)` or `(1,)`.

    `share` `(b,)` says how releases and purchases are split over the stage's buyers. It releases while last month's
    price stood above `release_above` (a multiple of the base price) or demand went unmet, and refills below
    `refill_below`.
    """

    share: Array
    initial: Array
    target: Array
    release_above: Array
    refill_below: Array
    release_over: Array
    refill_over: Array


class Ties(NamedTuple):
    """Pairs that traded in the base year, buyer by buyer: their places in a flattened `(s, b)`, their buyers and log
    flows; each buyer's first tie, number of ties and tonnes, for the buyers that have any."""

    place: Index
    buyer: Index
    home: Array
    first: Index
    number: Index
    bought: Array


@dataclass(frozen=True)
class Stage:
    """One product's market. Suppliers `(d, s)`, buyers `(d, b)`, links `(s, b)`; `d` may be 1. Tonnes a month.

    `inputs` are the stages whose products its plants take, each in a fixed proportion (Leontief): `fed_by[i, s]` is the
    buyer of the stage `inputs[i]` whose stock feeds supplier `s`, or -1 where `s` does without it (a mine, scrap);
    `yields[i, s]` is t of product a t of that input. `makes[b]` is the supplier of the stage `output_stage[b]` that
    buyer `b` runs, or -1 for final use. `links` holds the gravity estimate for pairs that did not trade in the base
    year. `lead` may also be `(d, s, b)`. `host[s]` is the supplier of `host_stage` with which `s` shares a capacity (a
    by-product, a joint product): it makes as much more or less than in the base year as that one could; or -1.
    `stocking` `(d, s)` or `(d, 1)` is what stocks that grow with use take, as a share of supply.
    `term_share` (0..1) of purchases is under contracts, which are agreed again at spot over `tenor` months.
    `worth` `(b,)` or `(1,)` is the log price multiple at which an input costs a plant all that its product brings at
    base prices; infinite for users, and where plants buy at any price.
    """

    product: str
    suppliers: tuple[str, ...]
    buyers: tuple[str, ...]
    q: Array
    sigma: Array
    S0: Array
    K: Array
    eps: Array
    D0: Array
    eta: Array
    vcap: Array
    cover: Array
    lead: NDArray[np.int64]
    inputs: tuple[int, ...]
    yields: Array
    fed_by: Index
    output_stage: Index
    makes: Index
    growth: Array
    trend: Array
    links: Array
    build_lead: NDArray[np.int64]
    effects: tuple[Effect, ...] = ()
    stockpiles: tuple[Stockpile, ...] = ()
    stocking: Array = field(default_factory=lambda: np.zeros((1, 1)))
    term_share: float = 1.0
    tenor: float = 24.0
    host_stage: int = -1
    host: Index = field(default_factory=lambda: np.empty(0, dtype=np.intp))
    worth: Array = field(default_factory=lambda: np.full(1, np.inf))

    @cached_property
    def ties(self) -> Ties:
        """The pairs that traded in the base year."""
        place = np.flatnonzero(self.q.T.ravel() > 0)
        buyer, supplier = np.divmod(place, len(self.q))
        _, first, count = np.unique(buyer, return_index=True, return_counts=True)
        home = self.q[supplier, buyer]
        return Ties(
            supplier * self.q.shape[1] + buyer, buyer, np.log(home), first, count, self.q.sum(axis=0)[buyer[first]]
        )

    def supply_growth(self, month: int, rebuild_time: float) -> Array:
        """Supply at base prices over the base year's, `(d, s)`: it follows use, and the stocks that grow with use.

        What these take comes as it is asked for, a part of the shortfall each month (see `Rules.rebuild_time`).
        """
        asked = 1.0 - (1.0 - 1.0 / rebuild_time) ** month
        return np.asarray(np.exp(self.trend * month) * (1.0 + self.stocking * asked))

    @property
    def spread(self) -> Array:
        """How a supplier's base-year sales were spread over buyers, `(s, b)`; zeros where there were none."""
        return np.asarray(self.q / np.maximum(self.q.sum(axis=1, keepdims=True), 1e-300))

    @cached_property
    def customers(self) -> Array:
        """Each buyer's share of a supplier's base-year sales, `(s, b)`; of the world's where it sold nothing then."""
        world = self.q.sum(axis=0) / max(float(self.q.sum()), 1e-300)
        return np.where(self.q.any(axis=1, keepdims=True), self.spread, world)


@dataclass(frozen=True)
class Rules:
    """The behaviour shared by all stages: model.md sections 2 and 4. Scalars, or `(d, 1)` where drawn.

    `learning` is lam, `reversion` is mu (a month); `floor` is f, the least a link is remembered by. Times in months.
    `responding` months of cover answer to prices, the rest of a longer one is not for sale; `curvature` bends demand
    above base prices (`market.demand_at`); `at_once` (0..1) of a new link's gravity estimate is there in the
    month after prices got scarce, the rest qualifies. With `cargo_follows` buyers want goods under way for what they
    use at the day's price, without it for what they would use at the base price.

    The defaults are assumptions: within the ranges of model.md section 4 where it gives one (a long run two to three
    times the short one), round numbers elsewhere; docs/model.md says what each does.
    """

    learning: Array
    reversion: Array
    floor: float = 0.05
    response: float = 2.0
    release_time: float = 3.0
    rebuild_time: float = 2.0
    max_build: float = 1.0
    responding: float = np.inf
    cargo_follows: bool = False
    expectation_gain: float = 0.05
    kappa: float = 60.0
    curvature: float = 0.0
    qualification: float = 24.0
    at_once: float = 0.0
    scarce_above: float = 1.2
    long_run_multiple: float = 2.5
    long_run_months: float = 24.0
    invest_above: float = 1.3
    invest_after: int = 12
    invest_share: float = 0.1
    investment: bool = True


@dataclass(frozen=True)
class Chain:
    """All stages in an order in which inputs come before what is made of them, and the rules they share.

    Money is summed from the month `counted_from` on; what is before it is history.
    """

    stages: tuple[Stage, ...]
    rules: Rules
    draws: int
    months: int
    counted_from: int = 0

    def parts(self) -> tuple[tuple[int, ...], ...]:
        """The chain's independent pieces, as places of stages: no stage of one touches a stage of another."""
        label = list(range(len(self.stages)))
        for k, stage in enumerate(self.stages):
            for other in {*stage.inputs, stage.host_stage, *stage.output_stage.tolist()} - {-1}:
                label = [label[other] if each == label[k] else each for each in label]
        return tuple(tuple(k for k, each in enumerate(label) if each == own) for own in dict.fromkeys(label))

    def part(self, places: Sequence[int]) -> Chain:
        """The stages at `places` as a chain of their own; they must be one or more of `parts()`."""
        new = {old: k for k, old in enumerate(places)} | {-1: -1}
        stages = tuple(
            replace(
                self.stages[k],
                inputs=tuple(new[m] for m in self.stages[k].inputs),
                output_stage=np.array([new[m] for m in self.stages[k].output_stage.tolist()], dtype=np.intp),
                host_stage=new[self.stages[k].host_stage],
            )
            for k in places
        )
        return replace(self, stages=stages)
