"""First tables of a mineral from a bilateral table and output by country: one product, use by difference."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from supplysim.errors import InputError
from supplysim.world.catalog import TABLES, Catalog, catalog
from supplysim.world.kit.bilateral import Bilateral, Maker, read_bilateral, read_output
from supplysim.world.kit.hubs import Cut, LedBack, by_region, led_back, without_hubs
from supplysim.world.kit.write import Rows, texts, write
from supplysim.world.tables import Reader

NOISE = 1e-4
"""Flows and uses below this share of all are left out."""
CV = 0.8
"""Spread of priors for which nobody was found who measured: a coefficient of variation."""
NAME = re.compile(r"[a-z][a-z0-9_]*\Z")
FIRST_USE = "first use, not final demand"
LED_BACK = "from maker to user: re-exports led back by proportional mixing"


@dataclass(frozen=True)
class Order:
    """What tables to make of what.

    `product` reads mineral.stage; `content` is t of its unit in a gross tonne traded; `hubs` are shares of a country's
    trade that only pass through; `price` is USD a t of the unit, the trade's own unit value if None.
    """

    product: str
    trade: Path
    production: Path
    name: str = ""
    unit: str = "t gross"
    codes: tuple[str, ...] = ()
    year: int | None = None
    content: float = 1.0
    price: float | None = None
    hubs: Mapping[str, float] = field(default_factory=dict)
    source: str = ""


@dataclass(frozen=True)
class Made:
    """The folder that was written, and what a reader of it should know."""

    folder: Path
    trade: Bilateral
    cuts: tuple[Cut, ...]
    in_rest: tuple[tuple[str, float], ...]
    left_out: float
    amounts: Mapping[str, float]


def from_trade(world: Path, order: Order) -> Made:
    """Write the tables of a mineral into the world folder `world`, which may have a regions.csv of its own.

    Raises `InputError` for faults of the two tables, all at once, and where the mineral has tables already.
    """
    mineral, _, stage = order.product.partition(".")
    if not (NAME.match(mineral) and NAME.match(stage)):
        raise InputError(f"{order.product[:80]!r} must read mineral.stage, in small letters")
    reader = Reader()
    trade = read_bilateral(reader, order.trade, order.codes, order.year)
    makers = read_output(reader, order.production)
    if trade:
        _check_hubs(reader, trade, order)
    reader.check()
    assert trade is not None  # noqa: S101 -- a table that cannot be read has its fault
    names = catalog(world if any((world / name).is_file() for name in TABLES) else None)
    made = _summed(makers, names)
    pairs = without_hubs({ends: t * order.content for ends, t in trade.flows.items()}, order.hubs)
    found = led_back(
        by_region(pairs, names.region_of), {region: sum(m.output for m in of) for region, of in made.items()}
    )
    kept, left_out = _without_noise(found)
    cuts = tuple(cut for cut in found.cuts if cut.stated - cut.can_be_had > NOISE * sum(found.flows.values()))
    rows = _rows(order, trade, made, kept, cuts)
    try:
        write(world / mineral, texts(rows))
    except FileExistsError as error:
        raise InputError(f"{error}; choose another mineral or folder") from None
    except OSError as error:
        raise InputError(f"{world / mineral} cannot be written ({error.strerror})") from None
    return Made(world / mineral, trade, cuts, _in_rest(names, pairs, makers), left_out,
                {"made": sum(m.output for m in makers), "used": sum(_use(kept).values())})  # fmt: skip


def _check_hubs(reader: Reader, trade: Bilateral, order: Order) -> None:
    for hub in order.hubs:
        if not any(hub in ends for ends in trade.flows):
            reader.add(f"--hub {hub[:20]}: no such country in the trade of {trade.year}", f"{order.trade}:1")


def _summed(makers: Sequence[Maker], names: Catalog) -> dict[str, list[Maker]]:
    """Makers by region."""
    found: dict[str, list[Maker]] = {}
    for maker in makers:
        if maker.output > 0:
            found.setdefault(names.region_of(maker.country), []).append(maker)
    return found


def _without_noise(found: LedBack) -> tuple[dict[tuple[str, str], float], float]:
    """The flows without those too small to matter, and how many tonnes those were."""
    floor = NOISE * sum(found.flows.values())
    kept = {ends: t for ends, t in found.flows.items() if t >= floor}
    return kept, sum(found.flows.values()) - sum(kept.values())


def _in_rest(
    names: Catalog, pairs: Mapping[tuple[str, str], float], makers: Sequence[Maker]
) -> tuple[tuple[str, float], ...]:
    """The largest countries that the world has no region for, by output and trade."""
    size: dict[str, float] = {}
    for maker in makers:
        size[maker.country] = size.get(maker.country, 0.0) + maker.output
    for ends, tonnes in pairs.items():
        for country in ends:
            size[country] = size.get(country, 0.0) + tonnes
    rest = names.region_of("*")
    large = [(country, t) for country, t in size.items() if names.region_of(country) == rest]
    return tuple(sorted(large, key=lambda item: -item[1])[:5])


def _use(flows: Mapping[tuple[str, str], float]) -> dict[str, float]:
    found: dict[str, float] = {}
    for (_, user), tonnes in flows.items():
        found[user] = found.get(user, 0.0) + tonnes
    return found


def _rows(
    order: Order,
    trade: Bilateral,
    made: Mapping[str, Sequence[Maker]],
    flows: Mapping[tuple[str, str], float],
    cuts: Sequence[Cut],
) -> dict[str, Rows]:
    product, source = order.product, order.source or order.trade.name
    customs = f"{source}, {', '.join(trade.codes)}, {trade.year}" + _times(order.content)
    apparent = f"apparent: output + imports - exports ({customs})"
    return {
        "products": [_product(order, trade, customs)],
        "production": _production(product, made, cuts),
        "use": [(product, region, t, "derived", apparent, FIRST_USE) for region, t in sorted(_use(flows).items())],
        "trade": [(product, a, b, t, "derived", 0, customs, LED_BACK) for (a, b), t in sorted(flows.items()) if a != b],
        "elasticities": [
            _prior(product, "sigma", 3.0, "substitution between origins of 2 to 4 within months"),
            _prior(product, "supply", 0.15, "short-run supply of primary producers 0.05 to 0.2"),
            _prior(product, "demand", 0.2, "short-run demand 0.1 to 0.3"),
        ],
        "stocks": [(product, "*", "industry", 2, "R", "Assumption: two months, as for other minerals", "")],
        "growth": [(product, "*", 0, "R", "Assumption: no growth until you say how much", "")],
    }  # fmt: skip


def _times(content: float) -> str:
    return "" if content == 1 else f", x {content:g}"


def _product(order: Order, trade: Bilateral, customs: str) -> tuple[object, ...]:
    name = order.name or order.product.replace(".", " ").replace("_", " ").capitalize()
    stated = order.price is not None
    price = order.price if order.price is not None else trade.unit_value / order.content
    told = "as given" if stated else f"unit value of the trade: {customs}"
    note = (
        f"Tonnes of {trade.replaced} of {trade.lines} lines of trade were replaced by value over the usual unit value."
    )
    grade = "screening: output as published, trade by pairs, use by difference, elasticities assumed"
    return (order.product, name, "", "", "", order.unit, float(price), "B" if stated else "derived", told, note, grade)


def _production(product: str, made: Mapping[str, Sequence[Maker]], cuts: Sequence[Cut]) -> list[tuple[object, ...]]:
    """One row a region and kind; exports that cannot be had are told beside the output that they exceed."""
    beyond = {cut.region: f"{cut}: stocks, goods of others, or output missing" for cut in cuts}
    rows: list[tuple[object, ...]] = []
    for region, makers in sorted(made.items()):
        for kind in dict.fromkeys(maker.kind for maker in makers):
            of = [maker for maker in makers if maker.kind == kind]
            stated = [maker.capacity for maker in of if maker.capacity is not None]
            capacity: object = float(sum(stated)) if len(stated) == len(of) else ""
            worst = max((maker.confidence for maker in of), key=("A", "B", "derived", "C", "R").index)
            notes = [*dict.fromkeys(maker.note for maker in of if maker.note), beyond.get(region, "")]
            if len(of) > 1:
                notes.insert(0, " ".join(maker.country for maker in of))
            output, source = sum(maker.output for maker in of), "; ".join(dict.fromkeys(maker.source for maker in of))
            rows.append((product, region, kind, output, capacity, worst, source, "; ".join(filter(None, notes))))
    return rows


def _prior(product: str, parameter: str, median: float, why: str) -> tuple[object, ...]:
    wide = math.exp(1.2815515655446004 * math.sqrt(math.log1p(CV**2)))
    note = f"lognormal cv {CV:g}: no publisher was found that measured it"
    return (product, parameter, median / wide, median, median * wide, "R", f"Assumption: {why}", note)
