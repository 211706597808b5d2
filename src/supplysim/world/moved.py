"""Links that the balancing moved far, and trade that its sources have beyond what can be had."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from supplysim.world.base import BaseMarket, World
    from supplysim.world.records import Trade

LINK_LIMIT = 15.0
"""Percent of itself by which a link has to move to be told."""
MARKET_LIMIT = 5.0
"""Percent of all that its buyer takes, by which it has to move, too."""
ROUNDING = 1.01
"""Trade beyond what can be had by less than this is rounding."""


@dataclass(frozen=True)
class MovedLink:
    """A flow between two regions before and after balancing, t a year; `place` is where the tables state it."""

    product: str
    origin: str
    destination: str
    before: float
    after: float
    place: str

    @property
    def change(self) -> float:
        """Percent by which the link moved."""
        return 100.0 * (self.after / self.before - 1.0)


@dataclass(frozen=True)
class Beyond:
    """Stated exports above the stated output of a region, or imports above what it uses and processes, t a year."""

    product: str
    region: str
    side: str
    stated: float
    can_be_had: float

    def __str__(self) -> str:
        words = ("exports", "it makes") if self.side == "exports" else ("imports", "it uses or processes")
        return (
            f"{self.product}: {words[0]} of {self.region} are {self.stated:,.0f}, and {words[1]} {self.can_be_had:,.0f}"
        )


def moved_links(world: World) -> tuple[MovedLink, ...]:
    """The links stated in trade.csv that balancing moved by more than 15 % and 5 % of what their buyer takes."""
    found = []
    for product, stated in _stated(world).items():
        market = world.base[product]
        after, taken = market.trade(), _taken(market)
        for ends, rows in stated.items():
            before, now = sum(row.flow for row in rows), after.get(ends, 0.0)
            link = MovedLink(product, *ends, before, now, rows[0].fact.spot)
            far = before > 0 and abs(link.change) > LINK_LIMIT
            if far and abs(now - before) > MARKET_LIMIT / 100.0 * taken.get(ends[1], 0.0):
                found.append(link)
    return tuple(sorted(found, key=lambda link: (link.product, -abs(link.after - link.before))))


def beyond(world: World) -> tuple[Beyond, ...]:
    """Regions whose stated trade cannot be: they send more than they make, or get more than they take."""
    found = []
    for product, stated in _stated(world).items():
        rows = [row for rows in stated.values() for row in rows]
        audited = [row for row in world.audit if row.product == product]
        made = _sums((row.region, row.before) for row in audited if row.side == "supply")
        taken = _sums((row.region, row.before) for row in audited if row.side == "demand")
        for region, amount in _processed(world, product).items():
            taken[region] = taken.get(region, 0.0) + amount
        sides = (("exports", _sums((row.origin, row.flow) for row in rows), made),
                 ("imports", _sums((row.destination, row.flow) for row in rows), taken))  # fmt: skip
        found += [
            Beyond(product, region, side, amount, had.get(region, 0.0))
            for side, amounts, had in sides
            for region, amount in amounts.items()
            if amount > ROUNDING * had.get(region, 0.0)
        ]
    return tuple(found)


def _stated(world: World) -> dict[str, dict[tuple[str, str], list[Trade]]]:
    found: dict[str, dict[tuple[str, str], list[Trade]]] = {}
    for row in world.trade:
        found.setdefault(row.product, {}).setdefault((row.origin, row.destination), []).append(row)
    return found


def _taken(market: BaseMarket) -> Mapping[str, float]:
    return _sums((buyer.region, buyer.requirement) for buyer in market.buyers)


def _processed(world: World, product: str) -> dict[str, float]:
    """What plants need of a product, by region, from the output that the tables state."""
    return _sums(
        (row.region, row.output / each.yield_)
        for row in world.catalog.production
        if row.kind == "plant"
        for each in world.catalog.products[row.product].recipe
        if each.product == product
    )


def _sums(pairs: Iterable[tuple[str, float]]) -> dict[str, float]:
    found: dict[str, float] = {}
    for region, amount in pairs:
        found[region] = found.get(region, 0.0) + amount
    return found
