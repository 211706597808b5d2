"""Prices with a market's own noise around them: what the outer band is taken from.

The model's own numbers stay as they are; beside each variant there is one of the same draws with noise, whose name
begins with `summary.NOISY`. It holds the metrics of prices alone, the highest month and the months above a level taken
over noisy paths: the highest of a noisy path lies above the highest of its middle.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from supplysim.assembly import Assembly, Inputs
from supplysim.assembly.events import event_months
from supplysim.engine.history import History
from supplysim.engine.market import Array
from supplysim.engine.stage import Stage
from supplysim.results.metrics import Key, Question, price_metrics, regional_prices
from supplysim.results.noise import agreed, noise_of, walks


@dataclass(frozen=True)
class Walks:
    """The noise of a block of draws, the first of which is number `first`; each product's walk is made once."""

    inputs: Inputs
    first: int
    _made: dict[tuple[str, bool], Array] = field(default_factory=dict, repr=False)

    def of(self, product: str, variant: str) -> Array:
        """Log noise `(t, d)` of a product's prices in a variant; months of an event are wilder where there are any."""
        scenario, mineral = self.inputs.scenario, product.partition(".")[0]
        tense = None if variant == "baseline" else event_months(self.inputs, mineral)
        key = (product, tense is not None and bool(tense.any()))
        if key not in self._made:
            draws = np.arange(self.first, self.first + self.inputs.draws)
            source = (scenario.seed, product)
            self._made[key] = walks(noise_of(mineral), scenario.months, draws, source, tense)
        return self._made[key]


def by_quantity(walk: Array, stage: Stage) -> dict[str, Array]:
    """The noise of each monthly price of a stage, `(t, d)`: contracts follow spot as they are agreed again."""
    return {"price": walk, "contract_price": agreed(walk, stage.term_share, stage.tenor)}


def measure_noisy(
    assembly: Assembly, histories: list[History], question: Question, noise: Mapping[str, Array]
) -> dict[Key, Array]:
    """The metrics of prices over the months of noisy paths that count, `(d,)` by key; `noise` is `(t, d)` by product,
    from the first month of the run on."""
    found: dict[Key, Array] = {}
    for stage, (product, nodes), history in zip(assembly.chain.stages, assembly.nodes.items(), histories, strict=True):
        factor = {name: np.exp(u) for name, u in by_quantity(noise[product], stage).items()}
        for region, (price, contract) in regional_prices(nodes, history, question):
            paths = (price * factor["price"], contract * factor["contract_price"])
            noisy = price_metrics(*(path[question.counted_from :] for path in paths))
            found |= {Key(metric, product, region): values for metric, values in noisy}
    return found
