"""The world's catalog as the vocabulary of the language."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from supplysim.scenario.distributions import Lognormal, lognormal_between
from supplysim.scenario.vocabulary import Default, Held, Vocabulary
from supplysim.world.catalog import Catalog, catalog
from supplysim.world.records import Fact, Prior

ELASTICITIES = {"sigma": "trade.sigma", "supply": "supply.elasticity", "demand": "demand.elasticity"}
CORRIDORS = Path(__file__).parents[1] / "logistics" / "tables" / "corridors.csv"
SEPARATOR = re.compile(r"[\\/]")
COVER = Lognormal(1.0, 0.4724)
"""Stock cover over the tables' figures, a coefficient of variation of 0.5: an assumption."""
STATED_USE = 0.9
"""Output over capacity where no table states a capacity; the same assumption as the world's base year."""


def of_world(folder: Path | None = None) -> Vocabulary:
    """The names and values of the shipped tables, overlaid by those in `folder`. Raises InputError for bad tables."""
    return _shipped() if folder is None else of_catalog(catalog(folder))


@cache
def _shipped() -> Vocabulary:
    return of_catalog(catalog())


def of_catalog(found: Catalog) -> Vocabulary:
    """The names and values of a catalog."""

    def lead_time(product: str, origin: str, destination: str) -> float | None:
        row = found.lead_time(product, origin, destination)
        return row.months if row else None

    return Vocabulary(
        regions={region.id: region.name for region in found.regions.values()},
        products=tuple(found.products),
        defaults=dict(_defaults(found)),
        stockpiles=tuple(_stockpiles(found)),
        corridors=tuple(_corridors()),
        lead_time=lead_time,
        linked=found.linked,
        buyers=found.buyers,
    )


def _corridors() -> Iterator[str]:
    """Ids of the shipped corridors; their table is read here for its names alone."""
    with CORRIDORS.open(encoding="utf-8", newline="") as file:
        yield from (row["corridor"] for row in csv.DictReader(file))


def _defaults(found: Catalog) -> Iterator[tuple[str, Default]]:
    for product in found.products.values():
        base = f"minerals.{product.id}"
        yield f"{base}.price", Default(product.price, _origin(product.place))
        for parameter, path in ELASTICITIES.items():
            prior = found.prior(product.id, parameter)
            if prior:
                yield f"{base}.{path}", _elasticity(prior)
        terms = found.terms_of(product.id)
        if terms:
            yield f"{base}.trade.term_share", Default(terms.term_share, _place(terms.fact))
            yield f"{base}.trade.tenor", Default(terms.tenor, _place(terms.fact))
        yield from _supply(found, product.id, base)
        yield from _demand(found, product.id, base)
        yield from _stocks(found, product.id, base)


def _elasticity(prior: Prior) -> Default:
    _, sigma = lognormal_between(prior.p10, prior.p90) if prior.p90 > prior.p10 else (0.0, 0.0)
    drawn = Lognormal(prior.median, sigma) if sigma else None
    return Default(prior.median, _place(prior.fact), drawn)


def _supply(found: Catalog, product: str, base: str) -> Iterator[tuple[str, Default]]:
    capacity: dict[str, float] = {}
    origin: dict[str, str] = {}
    for row in found.production:
        if row.product == product:
            own = max(row.capacity or row.output / STATED_USE, row.output)
            capacity[row.region] = capacity.get(row.region, 0.0) + own
            origin.setdefault(row.region, _place(row.fact))
    for region, amount in capacity.items():
        yield f"{base}.supply.{region}.capacity", Default(amount, origin[region])
        yield f"{base}.supply.{region}.scale", Default(1.0, "default")


def _demand(found: Catalog, product: str, base: str) -> Iterator[tuple[str, Default]]:
    for region in found.regions:
        yield f"{base}.demand.{region}.scale", Default(1.0, "default")
        growth = found.growth(product, region)
        if growth:
            yield f"{base}.demand.{region}.growth", Default(growth.percent / 100, _place(growth.fact))


def _stocks(found: Catalog, product: str, base: str) -> Iterator[tuple[str, Default]]:
    """Stocks of industry; what tables say of them is drawn as a whole, for it is an assumption or a look at a few."""
    for row in found.covers.values():
        if row.product == product and row.holder == "industry":
            middle = "" if row.region == "*" else f"{row.region}."
            yield f"{base}.stocks.{middle}cover", Default(row.months, _place(row.fact))
    yield f"{base}.stocks.cover_factor", Default(1.0, "default", COVER)


def _stockpiles(found: Catalog) -> Iterator[Held]:
    """One stockpile a region and mineral; where the tables have it at several stages, the one closest to use."""
    order = {product: place for place, product in enumerate(found.products)}
    held: dict[tuple[str, str], Held] = {}
    for row in sorted(
        (row for row in found.covers.values() if row.holder == "strategic"), key=lambda row: order[row.product]
    ):
        if row.region != "*":
            mineral = row.product.partition(".")[0]
            held[row.region, mineral] = Held(row.region, row.product, row.months, _place(row.fact))
    yield from held.values()


def _place(fact: Fact) -> str:
    return _origin(fact.place)


def _origin(place: str) -> str:
    """`world copper/stocks.csv:3`: the table without the folder it happens to be installed in."""
    return f"world {'/'.join(SEPARATOR.split(place)[-2:])}"
