"""Ownership, the second lens: whose companies hold the output of a region's mines and plants.

A venture's output is its capacity, all of a region's ventures scaled down alike where together they could make more
than the base year's output. What no venture in the table makes, and a stake that nobody is named for, stays with the
region itself. Holding a stake is not buying the metal: an owner usually has a right to its part of the output.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from supplysim.world.tables import Reader, Row

TABLE = Path(__file__).parent / "tables" / "owners.csv"
COLUMNS = ("product", "region", "venture", "capacity_t", "owner", "owner_region", "stake_pct", "year", "confidence",
           "source", "note")  # fmt: skip
WHOLE = 100.0
ROUNDING = 1e-9


@dataclass(frozen=True)
class Stake:
    """Who holds `percent` of a venture that can make `capacity` t a year (None where nobody says)."""

    product: str
    region: str
    venture: str
    capacity: float | None
    owner: str
    owner_region: str
    percent: float
    year: str
    confidence: str
    source: str
    note: str


@dataclass(frozen=True)
class Owned:
    """The part of a region's base-year output of a product that companies of `owner_region` hold, in t a year."""

    product: str
    region: str
    owner_region: str
    share: float
    tonnes: float
    assumed: float
    """Part of these tonnes that rests on stakes which are assumptions (R)."""

    def as_dict(self) -> dict[str, Any]:
        """The row as `--json` has it."""
        return dict(vars(self))


def stakes(base: Mapping[str, Any], regions: Sequence[str], table: Path | None = None) -> list[Stake]:
    """The rows of a table of stakes, the shipped one unless another is given.

    Raises `InputError`, with file, line and column, for every bad cell, a region that makes none of the product, and a
    venture whose stakes sum to more than 100 %.
    """
    reader = Reader()
    rows = reader.rows(table or TABLE, COLUMNS, maybe=(), key=("product", "region", "venture", "owner"))
    known = {product: {supplier.region for supplier in market.suppliers} for product, market in base.items()}
    found: list[Stake] = []
    total: dict[tuple[str, str, str], float] = {}
    capacity: dict[tuple[str, str, str], float | None] = {}
    for row in rows:
        stake = _stake(row, known, regions)
        found.append(stake)
        venture = stake.product, stake.region, stake.venture
        total[venture] = total.get(venture, 0.0) + stake.percent
        if total[venture] > WHOLE + ROUNDING:
            row.fault("stake_pct", f"the stakes in {stake.venture} sum to {total[venture]:g} %, more than 100 %")
        if capacity.setdefault(venture, stake.capacity) != stake.capacity:
            row.fault("capacity_t", f"{stake.venture} has another capacity in a row above")
    reader.check()
    return found


def _stake(row: Row, known: Mapping[str, set[str]], regions: Sequence[str]) -> Stake:
    product, fact = row.choice("product", list(known)), row.fact()
    region = row.choice("region", sorted(known.get(product, set())))
    return Stake(
        product, region, row.text("venture"), row.optional_number("capacity_t"), row.text("owner"),
        row.choice("owner_region", regions), row.number("stake_pct"), row.text("year", required=False),
        fact.confidence, fact.source, fact.note,
    )  # fmt: skip


def owned(base: Mapping[str, Any], held: Sequence[Stake], mineral: str | None = None) -> list[Owned]:
    """Output by region of the owner, for every product and region of which the table knows a venture.

    Rows of a product and region sum to its base-year output; the largest owner first.
    """
    found: list[Owned] = []
    for product, region in dict.fromkeys((stake.product, stake.region) for stake in held):
        if mineral not in (None, product.partition(".")[0]):
            continue
        output = sum(supplier.output for supplier in base[product].suppliers if supplier.region == region)
        mine = [stake for stake in held if (stake.product, stake.region) == (product, region)]
        parts, assumed = _parts(mine, output)
        parts[region] = parts.get(region, 0.0) + max(output - sum(parts.values()), 0.0)
        found += [
            Owned(product, region, owner, tonnes / output, tonnes, assumed.get(owner, 0.0))
            for owner, tonnes in sorted(parts.items(), key=lambda part: (-part[1], part[0]))
        ]
    return found


def _parts(mine: Sequence[Stake], output: float) -> tuple[dict[str, float], dict[str, float]]:
    """Tonnes by region of the owner, and how much of them rests on assumed stakes."""
    able = sum({stake.venture: stake.capacity or 0.0 for stake in mine}.values())
    scale = min(1.0, output / able) if able > 0 else 0.0
    parts: dict[str, float] = {}
    assumed: dict[str, float] = {}
    for stake in mine:
        tonnes = (stake.capacity or 0.0) * scale * stake.percent / WHOLE
        parts[stake.owner_region] = parts.get(stake.owner_region, 0.0) + tonnes
        if stake.confidence == "R":
            assumed[stake.owner_region] = assumed.get(stake.owner_region, 0.0) + tonnes
    return parts, assumed
