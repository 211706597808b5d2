"""A modeler's own figures for an episode: a table of prices, contract prices and exports by month, span or year."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from pathlib import Path

from supplysim.errors import Fault, InputError
from supplysim.history.episodes_table import Observation, Series
from supplysim.history.prices import YEARS, month_of
from supplysim.scenario import Scenario
from supplysim.world import BaseMarket, World, load
from supplysim.world.tables import Reader, Row

QUANTITIES = ("price", "contract_price", "exports")
COLUMNS = ("quantity", "product", "regions", "first", "value")
"""Columns that have to be there; last, to, series, title, unit, confidence, source and note may be."""


KEY = ("series", "quantity", "product", "regions", "to", "first", "last")
"""A series has one figure for a time."""


def read_observed(path: str | Path, scenario: Scenario) -> tuple[Series, ...]:
    """The series of a table, checked against the scenario they are to be held against.

    `first` and `last` are YYYY-MM or YYYY; without `last` a figure stands for `first` alone. Rows of one `series` (or,
    without a name, of one quantity, product and regions) belong together. Raises `InputError` with every bad row, and
    for a series with no figure before the first event or none after it within the run.
    """
    reader = Reader()
    if not Path(path).exists():
        raise InputError(f"{path}: no such file")
    world = load(scenario.world)
    rows = reader.rows(Path(path), COLUMNS, others=True, key=KEY)
    read = [_read(row, world, scenario) for row in rows]
    reader.check()
    if not read:
        raise InputError(f"{path}: no figures")
    read.sort(key=lambda pair: pair[0].name)
    series = tuple(_joined(list(group)) for _, group in groupby(read, key=lambda pair: pair[0].name))
    faults = [Fault(problem, place=str(path)) for one in series if (problem := _out_of_time(one, scenario))]
    if faults:
        raise InputError(faults)
    return series


def first_event(scenario: Scenario) -> int:
    """The month in which the first event starts. Raises `InputError` for a scenario without one."""
    if not scenario.events:
        raise InputError(f"{scenario.path or scenario.name}: has no events, so there is no episode to judge")
    return min(int(float(scenario.values[f"events.{name}.starts"])) for name in scenario.events)


def _read(row: Row, world: World, scenario: Scenario) -> tuple[Series, Observation]:
    quantity = row.choice("quantity", QUANTITIES)
    products = [p for p in world.base if not scenario.scope or p.partition(".")[0] in scenario.scope]
    cell = row.values["product"]
    mixed = list(dict.fromkeys(cell.split())) if quantity == "exports" and cell.strip() else [cell]
    for each in mixed:
        row.one_of("product", each, products)
    product = " ".join(mixed)
    regions = _regions(row, "regions", world)
    if not regions:
        row.fault("regions", "is empty")
    known = [each for each in mixed if each in world.base]
    if known:
        _has_part(row, quantity, regions, world, known)
    units = {each: world.base[each].product.unit for each in known}
    if len(set(units.values())) > 1:
        row.fault("product", f"adds up {' and '.join(f'{unit} of {each}' for each, unit in units.items())}")
    to = _regions(row, "to", world)
    plain = f"{quantity} {product} {' '.join(regions)}{' to ' if to else ''}{' '.join(to)}"
    name = row.values.get("series") or plain
    series = Series(
        name, row.values.get("title") or name, quantity, product, regions, row.values.get("unit", ""), (),
        to=to,
    )  # fmt: skip
    first, last = _span(row)
    if last < first:
        row.fault("last", "lies before first")
    value = row.number("value", above=True)
    text = [row.values.get(column, "") for column in ("confidence", "source", "note")]
    return series, Observation(first, last, value, *text)


def _regions(row: Row, column: str, world: World) -> tuple[str, ...]:
    found = tuple(row.values.get(column, "").split())
    for region in found:
        if region not in world.regions:
            row.fault(column, f"{region!r} is not a region of the scenario's world")
    return found


def _has_part(row: Row, quantity: str, regions: Sequence[str], world: World, products: Sequence[str]) -> None:
    """A price needs somebody who buys, exports somebody who sells (one of the products, where they are added up)."""
    sells = quantity == "exports"
    markets = [world.base[each] for each in products]
    sides = {side.region for market in markets for side in (market.suppliers if sells else market.buyers)}
    for region in regions:
        if region in world.regions and region not in sides:
            row.fault("regions", f"{region} {'makes' if sells else 'buys'} no {' '.join(products)} in this world")
    if sells and set(regions) <= sides and not any(_leaves(market, regions) for market in markets):
        row.fault("regions", f"no {' '.join(products)} leaves {' '.join(regions)} in the base year")


def _leaves(market: BaseMarket, regions: Sequence[str]) -> bool:
    """Whether any of a product left these regions in the base year."""
    return any(tonnes > 0 for (a, b), tonnes in market.trade().items() if a in regions and b not in regions)


def _span(row: Row) -> tuple[int, int]:
    start, end = (_ends(row, column) for column in ("first", "last"))
    return start[0], (end if row.values.get("last") else start)[1]


def _ends(row: Row, column: str) -> tuple[int, int]:
    """First and last month of a cell that names a month or a year."""
    cell = row.values.get(column, "")
    if len(cell) == 4 and cell.isascii() and cell.isdigit() and YEARS[0] <= int(cell) < YEARS[1]:
        return 12 * int(cell), 12 * int(cell) + 11
    if not cell and column == "last":
        return 0, 0
    month = month_of(row, column)
    return month, month


def _joined(rows: Sequence[tuple[Series, Observation]]) -> Series:
    head = rows[0][0]
    for other, _ in rows:
        if (other.quantity, other.product, other.regions, other.to) != (
            head.quantity, head.product, head.regions, head.to
        ):  # fmt: skip
            raise InputError(f"series {head.name!r} mixes quantities, products or regions")
    seen = sorted((seen for _, seen in rows), key=lambda seen: (seen.first, seen.last))
    return Series(head.name, head.title, head.quantity, head.product, head.regions, head.unit, tuple(seen), to=head.to)


def _out_of_time(series: Series, scenario: Scenario) -> str:
    """What keeps a series from being judged, "" for nothing."""
    event, end = first_event(scenario), scenario.start + scenario.months
    before = [seen for seen in series.observations if scenario.start <= seen.first and seen.last < event]
    if not before:
        return f"series {series.name!r} has no figure between the run's start and the first event: nothing is the base"
    base = max(seen.first for seen in before)
    if not any(seen.first > base and seen.last < end for seen in series.observations):
        return f"series {series.name!r} has no figure after the first event within the run"
    return ""
