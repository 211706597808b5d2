"""All that can be said of a world folder: faults, what balancing moved, what cannot be, and what is missing."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from supplysim.errors import Fault, InputError
from supplysim.world.audit import AuditRow
from supplysim.world.base import World, load
from supplysim.world.kit.write import COLUMNS, OPTIONAL
from supplysim.world.moved import Beyond, MovedLink, beyond, moved_links

LEAST = 1.0
"""Percent by which a total has to move to be told."""


@dataclass(frozen=True)
class Checkup:
    """What there is to say of the minerals in a folder; `faults` empty means that everything runs."""

    minerals: tuple[str, ...]
    faults: tuple[Fault, ...]
    totals: tuple[AuditRow, ...] = ()
    links: tuple[MovedLink, ...] = ()
    beyond: tuple[Beyond, ...] = ()
    missing: tuple[str, ...] = ()


def check(folder: Path) -> Checkup:
    """Read and balance a world folder and look at its own minerals. Raises `InputError` if it is no world."""
    own = tuple(sorted(path.parent.name for path in folder.glob("*/products.csv")))
    try:
        world = load(folder)
    except InputError as error:
        if not any(fault.place for fault in error.faults):
            raise
        return Checkup(own, error.faults)
    mine = {product.id for product in world.products if product.mineral in own}
    return Checkup(
        own,
        (),
        tuple(row for row in world.audit if row.product in mine and abs(row.change) >= LEAST),
        tuple(link for link in moved_links(world) if link.product in mine),
        tuple(each for each in beyond(world) if each.product in mine),
        _missing(world, folder, own),
    )


def _missing(world: World, folder: Path, own: tuple[str, ...]) -> tuple[str, ...]:
    """What the tables could have and have not, and what is done without it."""
    found = []
    for mineral in own:
        names = [name for name in COLUMNS if name not in OPTIONAL and not (folder / mineral / f"{name}.csv").is_file()]
        if names:
            found.append(f"{mineral} has no {', '.join(f'{name}.csv' for name in names)}")
        for product in world.catalog.chain(mineral):
            found += _missing_of(world, product.id)
    return tuple(found)


def _missing_of(world: World, product: str) -> list[str]:
    names, market = world.catalog, world.base[product]
    rows = [row for row in names.production if row.product == product and row.output > 0]
    found = []
    made, used = ({row.product: row for row in world.audit if row.product == product and row.side == side} for side in
                  ("supply", "demand"))  # fmt: skip
    if not market.product.grade:
        found.append("no grade: a reader cannot see how far to trust the tables")
    if not any(row.product == product for row in world.trade):
        found.append("no trade stated: everybody sells to everybody by size")
    if bare := [row.region for row in rows if row.capacity is None]:
        found.append(f"no capacity of {', '.join(dict.fromkeys(bare))}: output / 0.9 is assumed")
    if not any(names.cover(product, buyer.region, "industry") for buyer in market.buyers):
        found.append("no stocks: every shortfall is felt at once")
    if used and all(names.growth(product, buyer.region) is None for buyer in market.buyers):
        found.append("no growth of use: it stays as it is")
    if any(row.kind == "recycling" for row in rows) and names.prior(product, "scrap") is None:
        found.append("no scrap elasticity: recyclers answer prices like mines")
    if made and not any(row.product == product for row in world.ranges):
        found.append("no ranges: what other publishers say is not known")
    return [f"{product}: {each}" for each in found]
