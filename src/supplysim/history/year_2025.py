"""The prices of 2025 that follow from the world as it stands, beside what was published: a check, nothing is fitted."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from supplysim.api import load
from supplysim.batch.execute import execute
from supplysim.engine.market import Array
from supplysim.history.scores import crps, pit
from supplysim.history.table import Table, markdown
from supplysim.results.noise import noise_of, walks
from supplysim.world import load as load_world

TABLE = Path(__file__).parent / "tables" / "prices_2025.csv"
SCENARIO = "in-force"
DRAWS = 16
WALKS = 32
"""Noisy walks around each draw."""
MONTHS = 12
"""From January 2025 on, the run's first month."""


@dataclass(frozen=True)
class Published:
    """A price in 2024, the base year, and in 2025; `lacking` is what the model has not where it misses.

    `made` is the product whose output, the world's in both years, stands beside it in any unit; "" where none is known.
    """

    product: str
    region: str
    what: str
    value_2024: float
    value_2025: float
    unit: str
    source: str
    made: str
    made_2024: float
    made_2025: float
    lacking: str

    @property
    def multiple(self) -> float:
        """The price of 2025 over that of 2024."""
        return self.value_2025 / self.value_2024

    @property
    def output(self) -> float:
        """The world's output of 2025 over that of 2024; not a number where it is not known."""
        return self.made_2025 / self.made_2024 if self.made else float("nan")


@dataclass(frozen=True)
class Outer:
    """What a year's noise makes of a price: the outer band over base, the place of what was seen in it (PIT, 0 to 1),
    and the CRPS of the log price beside that of no change with the same noise."""

    low: float
    high: float
    place: float
    crps: float
    crps_no_change: float


@dataclass(frozen=True)
class Checked:
    """A published price with the model's mean of 2025 at the region's door, over base: quantiles over draws.

    `outer` has the noise of such a market; `output` is the world's output over the base year's at the median draw;
    `elasticity` the sum of the product's two, of supply and demand, at the middle of their priors.
    """

    published: Published
    low: float
    middle: float
    high: float
    outer: Outer
    output: float
    elasticity: float

    @property
    def inside(self) -> bool:
        """Whether what was seen lies between the 5 % and 95 % quantiles, as rounded in print."""
        return round(self.low, 2) <= round(self.published.multiple, 2) <= round(self.high, 2)

    @property
    def error(self) -> float:
        """Log error of the median."""
        return float(abs(np.log(self.middle / self.published.multiple)))

    @property
    def shift(self) -> float:
        """By what share of its market demand (or, the other way, supply) has to move for the price that was seen: the
        one-market formula, `P = (1 + shift)^(1 / (eps + eta))`, on the price seen over the model's."""
        return float((self.published.multiple / self.middle) ** self.elasticity - 1.0)

    @property
    def side(self) -> str:
        """The side of the market that the model misses: demand where output misses as the price does ("" unknown)."""
        gap = (self.published.multiple / self.middle - 1.0) * (self.published.output / self.output - 1.0)
        return "" if np.isnan(gap) else "demand" if gap > 0 else "supply"


def published() -> list[Published]:
    """The shipped table."""
    with TABLE.open(encoding="utf-8", newline="") as file:
        rows: list[dict[str, Any]] = list(csv.DictReader(file))
    numbers = ("value_2024", "value_2025", "made_2024", "made_2025")
    return [Published(**row | {name: float(row[name] or "nan") for name in numbers}) for row in rows]


@cache
def play(draws: int = DRAWS) -> tuple[Checked, ...]:
    """The world as it stands through 2025, and each published price beside it."""
    rows = published()
    minerals = ", ".join(dict.fromkeys(row.product.partition(".")[0] for row in rows))
    settings = [f"scope=[{minerals}]", "horizon.months=12", "horizon.report_from=2025-01", f"draws={draws}"]
    scenario = load(SCENARIO, settings)
    traces, base = execute(scenario).traces["baseline"], load_world(scenario.world).base
    found = []
    for row in rows:
        trace, market = traces[row.product], base[row.product]
        monthly = trace.monthly["price"][:MONTHS, :, trace.regions.index(row.region)]
        low, middle, high = (float(each) for each in np.quantile(monthly.mean(axis=0), (0.05, 0.5, 0.95)))
        made = np.median(traces[row.made].flow[0].sum(axis=-1)) / base[row.made].flow.sum() if row.made else np.nan
        elasticity = market.supply.median + market.demand.median
        found.append(Checked(row, low, middle, high, _outer(row, monthly), float(made), elasticity))
    return tuple(found)


def _outer(row: Published, monthly: Array) -> Outer:
    """The monthly prices `(t, d)` of a year with noise around them, judged by what was seen."""
    members, seen = WALKS * monthly.shape[1], np.log(row.multiple)
    noise, tense = noise_of(row.product.partition(".")[0]), np.ones((len(monthly), 1), bool)
    factor = np.exp(walks(noise, len(monthly), np.arange(members), (0, f"2025|{row.product}|{row.region}"), tense))
    noisy, still = ((path * factor).mean(axis=0) for path in (np.tile(monthly, (1, WALKS)), np.ones((1, 1))))
    low, high = np.quantile(noisy, (0.05, 0.95))
    scores = (float(each) for each in (pit(np.log(noisy), seen), crps(np.log(noisy), seen), crps(np.log(still), seen)))
    return Outer(float(low), float(high), *scores)


def table(checked: Sequence[Checked]) -> Table:
    """Published and modelled multiples of 2024's price."""
    rows = [
        [
            row.published.product, row.published.region, row.published.what,
            f"{row.published.value_2024:g} to {row.published.value_2025:g} {row.published.unit}",
            f"{row.published.multiple:.2f}", f"{row.middle:.2f} [{row.low:.2f}, {row.high:.2f}]",
            "yes" if row.inside else "no", f"[{row.outer.low:.2f}, {row.outer.high:.2f}]", f"{row.outer.place:.2f}",
        ]
        for row in checked
    ]  # fmt: skip
    header = [
        "product",
        "region",
        "price",
        "2024 to 2025",
        "seen",
        "model [inner p5, p95]",
        "inside",
        "outer band",
        "place",
    ]
    return Table("Mean price of 2025 over that of 2024", header, rows)


def reasons(checked: Sequence[Checked]) -> Table:
    """For each price the world's output beside it, and which side of the market the model misses, by how much."""

    def percent(multiple: float) -> str:
        return "not known" if np.isnan(multiple) else f"{multiple - 1.0:+.0%}"

    rows = [
        [
            row.published.product, row.published.region, f"{np.log(row.published.multiple / row.middle):+.2f}",
            percent(row.published.output), percent(row.output), row.side or "not known", f"{row.shift:+.0%}",
        ]
        for row in checked
    ]  # fmt: skip
    header = [
        "product", "region", "log price, seen less model", "world output, seen", "model", "side that moved",
        "shift that makes up for it",
    ]  # fmt: skip
    return Table("What moved: prices and quantities of 2025", header, rows)


def section(checked: Sequence[Checked]) -> str:
    """What the validation page says of it."""
    flat = float(np.mean([abs(np.log(row.published.multiple)) for row in checked]))
    error = float(np.mean([row.error for row in checked]))
    right = [row for row in checked if (row.middle > 1.0) == (row.published.multiple > 1.0)]
    misses = "\n".join(
        f"* **{row.published.product}, {row.published.region}**: {row.published.lacking}."
        for row in checked
        if not row.inside and row.published.lacking
    )
    head = """## The prices of 2025

`in-force` begins in January 2025 at the prices of 2024 and has the licences, bans, duties, accidents and new mines of
the year, each with its source. Prices then follow; nothing is fitted to them. `supplysim backtest prices-2025` prints
the table. Natural uranium and beryllium are not in it: no annual price of 2025 was at hand."""
    inside = sum(row.inside for row in checked)
    within = sum(row.outer.low <= row.published.multiple <= row.outer.high for row in checked)
    place, mine, walk = (
        float(np.mean([getattr(row.outer, name) for row in checked])) for name in ("place", "crps", "crps_no_change")
    )
    gain = mine / walk - 1.0
    told = f"""{inside} of {len(checked)} lie inside the inner band, {len(right)} go the right way.
The mean log error is {error:.2f}; "no change" has {flat:.2f}. The inner band is of elasticities, shares held
back, dates and chances alone: what moved a price beside them is not in it, and it is no band for a price. The outer
band has a year's noise of such a market as well, as everywhere: {within} of {len(checked)} lie inside, at a mean
place of {place:.2f}, and the CRPS of the log price differs from that of no change with the same noise by {gain:+.0%}.
Twelve prices of one year are no test."""
    measured = """The side that moved is measured: where output missed the model's the same way as the price did, it is
demand (more was bought at a higher price), else supply. Output is the world's (USGS Mineral Commodity Summaries 2026,
2025 estimated): of mines, of refined copper, of titanium sponge and of primary gallium. The last column is how far
demand (or supply, the other way) has to be moved, as a share of the market, by the one-market formula at the middle of
the elasticities: where it is a few percent, no model of elasticities as low as these can be right about a year's price
unless it knows that year's orders to the percent. What it may have been (a reading, not a measurement):"""
    tables = (markdown(table(checked)), told, markdown(reasons(checked)), measured, misses)
    return "\n\n".join(part for part in (head, *tables) if part)


def _known(value: Any) -> Any:
    return None if isinstance(value, float) and np.isnan(value) else value


def document(checked: Sequence[Checked]) -> list[dict[str, Any]]:
    """What `--json` prints."""
    return [
        {**{name: _known(value) for name, value in asdict(row.published).items()},
         "multiple": row.published.multiple, "model": [row.low, row.middle, row.high], "inside": row.inside,
         "outer": asdict(row.outer), "output_seen": _known(row.published.output), "output": _known(row.output),
         "side": row.side or None, "shift": row.shift}
        for row in checked
    ]  # fmt: skip
