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
from supplysim.history.table import Table, markdown

TABLE = Path(__file__).parent / "tables" / "prices_2025.csv"
SCENARIO = "in-force"
DRAWS = 16
MONTHS = 12
"""From January 2025 on, the run's first month."""


@dataclass(frozen=True)
class Published:
    """A price in 2024, the base year, and in 2025; `lacking` is what the model has not where it misses."""

    product: str
    region: str
    what: str
    value_2024: float
    value_2025: float
    unit: str
    source: str
    lacking: str

    @property
    def multiple(self) -> float:
        """The price of 2025 over that of 2024."""
        return self.value_2025 / self.value_2024


@dataclass(frozen=True)
class Checked:
    """A published price with the model's mean of 2025 at the region's door, over base: quantiles over draws."""

    published: Published
    low: float
    middle: float
    high: float

    @property
    def inside(self) -> bool:
        """Whether what was seen lies between the 5 % and 95 % quantiles, as rounded in print."""
        return round(self.low, 2) <= round(self.published.multiple, 2) <= round(self.high, 2)

    @property
    def error(self) -> float:
        """Log error of the median."""
        return float(abs(np.log(self.middle / self.published.multiple)))


def published() -> list[Published]:
    """The shipped table."""
    with TABLE.open(encoding="utf-8", newline="") as file:
        rows: list[dict[str, Any]] = list(csv.DictReader(file))
    return [
        Published(**row | {"value_2024": float(row["value_2024"]), "value_2025": float(row["value_2025"])})
        for row in rows
    ]


@cache
def play(draws: int = DRAWS) -> tuple[Checked, ...]:
    """The world as it stands through 2025, and each published price beside it."""
    rows = published()
    minerals = ", ".join(dict.fromkeys(row.product.partition(".")[0] for row in rows))
    settings = [f"scope=[{minerals}]", "horizon.months=12", "horizon.report_from=2025-01", f"draws={draws}"]
    traces = execute(load(SCENARIO, settings)).traces["baseline"]
    found = []
    for row in rows:
        trace = traces[row.product]
        price = trace.monthly["price"][:MONTHS, :, trace.regions.index(row.region)].mean(axis=0)
        found.append(Checked(row, *map(float, np.quantile(price, (0.05, 0.5, 0.95)))))
    return tuple(found)


def table(checked: Sequence[Checked]) -> Table:
    """Published and modelled multiples of 2024's price."""
    rows = [
        [
            row.published.product, row.published.region, row.published.what,
            f"{row.published.value_2024:g} to {row.published.value_2025:g} {row.published.unit}",
            f"{row.published.multiple:.2f}", f"{row.middle:.2f} [{row.low:.2f}, {row.high:.2f}]",
            "yes" if row.inside else "no",
        ]
        for row in checked
    ]  # fmt: skip
    header = ["product", "region", "price", "2024 to 2025", "seen", "model [p5, p95]", "inside"]
    return Table("Mean price of 2025 over that of 2024", header, rows)


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
    told = f"""{inside} of {len(checked)} lie inside the band, {len(right)} go the right way.
The mean log error is {error:.2f}; "no change" has {flat:.2f}. Draws are of elasticities, shares held back, dates and
chances alone: what moved a price beside them is not in the band. What the model may lack where it misses (a reading,
not a measurement):"""
    return "\n\n".join(part for part in (head, markdown(table(checked)), told, misses) if part)


def document(checked: Sequence[Checked]) -> list[dict[str, Any]]:
    """What `--json` prints."""
    return [
        {**asdict(row.published), "multiple": row.published.multiple, "model": [row.low, row.middle, row.high],
         "inside": row.inside}
        for row in checked
    ]  # fmt: skip
