"""A bilateral trade table in BACI's columns, and output by country, as their publishers have them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from supplysim.world.kit.hubs import Flows
from supplysim.world.kit.repair import repair
from supplysim.world.records import CONFIDENCES, KINDS
from supplysim.world.tables import Reader, Row

TRADE = ("year", "exporter_iso3", "importer_iso3", "value_kusd", "quantity_t")
CODES = ("hs6", "hs92", "hs96", "hs02", "hs07", "hs12", "hs17", "hs22", "code")
"""Names that the column of the trade code may have."""
OUTPUT = ("country_iso3", "output_t")
OUTPUT_MAYBE = ("capacity_t", "kind", "confidence", "source", "note")


@dataclass(frozen=True)
class Bilateral:
    """One year's trade of one product between countries: gross tonnes by pair, repaired.

    `unit_value` is USD a gross tonne over all of it, `replaced` of `lines` had their tonnes replaced by value.
    """

    codes: tuple[str, ...]
    year: int
    flows: Flows
    unit_value: float
    replaced: int
    lines: int


@dataclass(frozen=True)
class Maker:
    """What one kind of producer in a country makes, t a year."""

    country: str
    output: float
    capacity: float | None
    kind: str
    confidence: str
    source: str
    note: str


def read_bilateral(reader: Reader, path: Path, codes: Sequence[str], year: int | None) -> Bilateral | None:
    """The trade of some codes (all, if there is one) in a year (the last, if none is named).

    The table has `year, exporter_iso3, importer_iso3, value_kusd, quantity_t` and the code in a column of `CODES`,
    as csv or csv.gz; tonnes may be empty. Tonnes whose unit value is off the usual one by more than four times become
    value over the usual one (`repair`). None, with faults at the reader, where it cannot be read.
    """
    rows = reader.rows(path, TRADE, others=True)
    if not rows:
        if not reader.faults:
            reader.add("the table has no lines", f"{path}:1")
        return None
    column = next((name for name in CODES if name in rows[0].values), None)
    if column is None:
        reader.add(f"no column of the trade code; it may be called {', '.join(CODES)}", f"{path}:1")
        return None
    there = sorted({row.values[column] for row in rows})
    wanted = _wanted(reader, path, there, codes)
    if wanted is None:
        return None
    chosen = [(int(row.number("year", low=1900)), row) for row in rows if row.values[column] in wanted]
    years = sorted({when for when, _ in chosen})
    when = years[-1] if year is None else year
    if when not in years:
        reader.add(f"no trade of {when}; there are {_span(years)}", f"{path}:1")
        return None
    return _of([row for its, row in chosen if its == when], column, when)


def _wanted(reader: Reader, path: Path, there: Sequence[str], codes: Sequence[str]) -> tuple[str, ...] | None:
    if not codes and len(there) > 1:
        reader.add(
            f"the table has the codes {', '.join(there[:8])}; name those of the product with --code", f"{path}:1"
        )
        return None
    missing = [code for code in codes if code not in there]
    if missing:
        reader.add(f"no code {', '.join(missing)}; there are {', '.join(there[:8])}", f"{path}:1")
        return None
    return tuple(codes) or tuple(there)


def _span(years: Sequence[int]) -> str:
    return f"{years[0]} to {years[-1]}" if len(years) > 1 else str(years[0])


def _of(rows: Sequence[Row], column: str, year: int) -> Bilateral | None:
    """The flows of one year, each code repaired by its own unit values."""
    flows: Flows = {}
    value_of_all = tonnes_of_all = 0.0
    replaced = 0
    codes = tuple(sorted({row.values[column] for row in rows}))
    for code in codes:
        of_code = [row for row in rows if row.values[column] == code]
        value = np.array([row.number("value_kusd") for row in of_code])
        tonnes = np.array([_tonnes(row) for row in of_code])
        mended = repair(value, tonnes)
        if mended is None:
            of_code[0].fault("quantity_t", f"no line of code {code} has both value and tonnes in {year}")
            return None
        for row, amount in zip(of_code, mended.tonnes, strict=True):
            ends = row.text("exporter_iso3"), row.text("importer_iso3")
            flows[ends] = flows.get(ends, 0.0) + float(amount)
        replaced += mended.replaced
        value_of_all, tonnes_of_all = value_of_all + value.sum(), tonnes_of_all + mended.tonnes.sum()
    return Bilateral(codes, year, flows, 1000.0 * value_of_all / tonnes_of_all, replaced, len(rows))


def _tonnes(row: Row) -> float:
    return np.nan if row.values["quantity_t"] in ("", "NA") else row.number("quantity_t")


def read_output(reader: Reader, path: Path) -> tuple[Maker, ...]:
    """Output by country: `country_iso3, output_t`, and where known `capacity_t, kind, confidence, source, note`."""
    rows = reader.rows(path, OUTPUT, maybe=OUTPUT_MAYBE, key=("country_iso3", "kind"))
    makers = tuple(_maker(row, path) for row in rows)
    if not any(maker.output > 0 for maker in makers) and not reader.faults:
        reader.add("nobody makes anything", f"{path}:1")
    return makers


def _maker(row: Row, path: Path) -> Maker:
    kind = row.choice("kind", KINDS) if row.values.get("kind") else "mine"
    if kind == "plant":
        row.fault("kind", "a plant needs the product it processes; give this one as mine, recycling or other")
    return Maker(
        row.text("country_iso3"),
        row.number("output_t"),
        row.optional_number("capacity_t") if "capacity_t" in row.values else None,
        kind,
        row.choice("confidence", CONFIDENCES) if row.values.get("confidence") else "B",
        row.values.get("source") or f"{path.name}, as given",
        row.values.get("note", ""),
    )
