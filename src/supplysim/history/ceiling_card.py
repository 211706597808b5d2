"""Where the shipped scenarios' prices meet the model's ceiling, and whether the scenario asks for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from supplysim.api import load
from supplysim.assembly import Inputs, assemble
from supplysim.assembly.beyond import NOTHING, Taken, taken
from supplysim.batch.engine import engine_for
from supplysim.batch.execute import execute
from supplysim.batch.sampling import sample
from supplysim.engine.run import simulate
from supplysim.history.table import Table, markdown
from supplysim.results.ceiling import BINDS, ceiling_of, share_at_ceiling
from supplysim.results.trace import trace
from supplysim.scenario import Scenario, shipped
from supplysim.world import load as load_world

DRAWS = 64
QUOTED = ("china-ree-licensing-2025", "heavy_rare_earths.separated", ("EU27", "USA"))
"""A market outside China of which prices were quoted when it was short."""


@dataclass(frozen=True)
class Met:
    """A market of a scenario's consumers with the share of draws in which its peak price is at the ceiling, and what
    events take away from it."""

    scenario: str
    product: str
    region: str
    share: float
    taken: Taken

    @property
    def fault(self) -> bool:
        """Whether the ceiling binds although the scenario does not ask for it."""
        return not self.taken.asks and self.share >= BINDS


@cache
def play(draws: int = DRAWS) -> tuple[Met, ...]:
    """Every shipped scenario with its markets, those that are neither at the ceiling nor asked for it left out."""
    return tuple(met for name in shipped() for met in meetings(load(name, [f"draws={draws}"])))


@cache
def quoted(draws: int = DRAWS) -> dict[str, tuple[float, float, float]]:
    """Dysprosium and terbium in May 2025 by `QUOTED`'s region: 5, 50 and 95 % of the price over base."""
    scenario = load(QUOTED[0], [f"draws={draws}"])
    found = execute(scenario, engine=engine_for("auto")).traces["scenario"][QUOTED[1]]
    month = found.monthly["price"][12 * 2025 + 4 - scenario.start]
    at = {region: np.quantile(month[:, found.regions.index(region)], (0.05, 0.5, 0.95)) for region in QUOTED[2]}
    return {region: (float(low), float(middle), float(high)) for region, (low, middle, high) in at.items()}


def meetings(scenario: Scenario) -> list[Met]:
    """The markets of one scenario that are at the ceiling in some draw, or asked for it. Raises as a run does."""
    inputs = Inputs(scenario, sample(scenario, 0, scenario.draws), scenario.draws)
    built = assemble(load_world(scenario.world), inputs, "scenario")
    lost, variety = taken(built, inputs), bool(scenario.values["model.variety_cost"])
    found = []
    for (product, nodes), history in zip(
        built.nodes.items(), simulate(built.chain, engine=engine_for("auto")), strict=True
    ):
        traced = trace(nodes, history, variety, {})
        for region in (each for each in scenario.consumers if each in traced.regions):
            peak = traced.monthly["price"][:, :, traced.regions.index(region)].max(axis=0)
            share, mine = share_at_ceiling(peak, ceiling_of(scenario)), lost.get((product, region), NOTHING)
            if share > 0 or mine.asks:
                found.append(Met(scenario.name, product, region, share, mine))
    return found


def table(met: Sequence[Met]) -> Table:
    """A row a scenario: what it asks for, and what is at the ceiling unasked."""
    rows = []
    for name in shipped():
        mine = [each for each in met if each.scenario == name]
        asked = sorted((each for each in mine if each.taken.asks and each.share > 0), key=lambda each: -each.share)
        other = max((each for each in mine if not each.taken.asks), key=lambda each: each.share, default=None)
        markets = "; ".join(
            f"{product} {', '.join(f'{e.region} {e.share:.0%}' for e in asked if e.product == product)}"
            for product in dict.fromkeys(each.product for each in asked)
        )
        most = f"{other.product} {other.region} {other.share:.1%}" if other else "-"
        rows.append([name, markets or ("none of them" if any(each.taken.asks for each in mine) else "-"), most])
    header = ["scenario", "asked for, and at the ceiling", "not asked for: the largest share"]
    return Table("Draws in which the highest price is at the ceiling", header, rows)


def section(met: Sequence[Met]) -> str:
    """What the validation page says of it."""
    faults = [each for each in met if each.fault]
    told = "; ".join(f"{e.scenario}, {e.product} in {e.region} ({e.share:.0%})" for e in faults)
    verdict = f"Missed: {told}." if faults else "That holds everywhere."
    model = ", ".join(f"{middle:.1f} x ({low:.1f} to {high:.1f}) in {region}"
                      for region, (low, middle, high) in quoted().items())  # fmt: skip
    return "\n\n".join([_HEAD, markdown(table(met)), f"{_READING} {verdict}", _QUOTES.format(model=model)])


def document(met: Sequence[Met]) -> list[dict[str, Any]]:
    """What `--json` prints."""
    return [
        {"scenario": each.scenario, "product": each.product, "region": each.region, "share": each.share,
         "taken": each.taken.share, "limit": each.taken.limit, "asked": each.taken.asks}
        for each in met
    ]  # fmt: skip


_HEAD = """## Where prices meet the ceiling

At 20 times its base price (`model.price_ceiling`) the model leaves demand unserved: the price rations what there is,
and its height says nothing any more. In 21 monthly series since 1990 no price rose by more than 5.6 x in a year, so
that who goes short is the answer there and not the price. `supplysim backtest ceiling` prints the table.

A scenario asks a market for the ceiling where its bans, licences and outages take away more of the buyers' usual
purchases, in the worst month and at the median draw, than users would give up at the ceiling at the demand elasticity
that a tenth of the draws lies below: half to two thirds of a market of rare earths, 97 % of one of gallium. What plants
lose of an input they cannot sell; stocks, other suppliers and time are left out."""

_READING = """The goal: where a scenario does not ask for it, the ceiling binds in less than 5 % of draws, market by
market."""

_QUOTES = """One look from outside at the market that used to be at the ceiling, dysprosium and terbium in 2025. In
early May Argus' European assessments stood at 850 USD/kg (700 to 1 000) for dysprosium oxide and 3 000 (2 000 to
4 000) for terbium, 3.0 and 3.1 times those of a month before, on few deals (gmteight.com, 9 May 2025, single fact).
The model has {model} in that month (inner band). It had 8.3 x in EU27
while buyers wanted goods under way for what they would use at base prices (`model.stocks.cargo_follows_price`)."""
