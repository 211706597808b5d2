"""Who sells and who buys: the base year's nodes, and those that contracts, projects and recycling add."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from supplysim.engine.market import Array, Mask
from supplysim.engine.stage import Index
from supplysim.errors import InputError
from supplysim.scenario import Scenario
from supplysim.world import World
from supplysim.world.base import STOCK_CHANGE, final_use

BUILD_LEAD = {"mine": 144, "plant": 36, "recycling": 12, "other": 24}
"""Months from decision to output: assumptions within mines 10 to 18 years and plants 2 to 4."""
PRIMARY = ("mine", "plant", "other", "recycling")
"""Which of a region's producers a contract or project means, first that exists."""


class Node(NamedTuple):
    """A seller (`role` its kind) or a buyer (`role` a use or the product its plants make) of one product."""

    region: str
    role: str

    @property
    def uses(self) -> bool:
        """Whether a buyer uses the product up, rather than making another of it."""
        return final_use(self.role)

    @property
    def needs(self) -> bool:
        """Whether a buyer can be short: stock changes and other residuals of the base year are no consumers."""
        return self.role != STOCK_CHANGE

    def __str__(self) -> str:
        return f"{self.region}:{self.role}"


@dataclass(frozen=True)
class Nodes:
    """The nodes of one product's market with their base-year amounts; arrays in tonnes a month.

    `able` `(s, b)` says which suppliers qualify for which buyers.
    """

    product: str
    suppliers: tuple[Node, ...]
    buyers: tuple[Node, ...]
    q: Array
    capacity: Array
    cover: Array
    growth: Array
    able: Mask

    def in_need(self, *regions: str) -> Index:
        """Buyers of some regions that can be short, in their order."""
        return np.array([j for j, node in enumerate(self.buyers) if node.region in regions and node.needs], np.intp)

    def primary(self, region: str) -> int:
        """The supplier that a contract with a region means. Raises `InputError` if it makes none."""
        for kind in PRIMARY:
            node = Node(region, kind)
            if node in self.suppliers:
                return self.suppliers.index(node)
        raise InputError(f"{region} makes no {self.product}; give the contract new_capacity or add a project")

    def buyers_in(self, region: str, supplier: int | None = None) -> list[tuple[int, float]]:
        """A region's buyers, or those for which a supplier qualifies, with their shares of its base-year purchases
        (equal shares where it bought nothing)."""
        found = [
            j
            for j, node in enumerate(self.buyers)
            if node.region == region and (supplier is None or self.able[supplier, j])
        ]
        bought = self.q[:, found].sum(axis=0)
        shares = bought / bought.sum() if bought.sum() > 0 else np.full(len(found), 1.0 / max(len(found), 1))
        return list(zip(found, shares.tolist(), strict=True))


def nodes_of(world: World, scenario: Scenario) -> dict[str, Nodes]:
    """The nodes of every product in scope, upstream first, with those that the scenario adds at zero."""
    base = {p: m for p, m in world.base.items() if not scenario.scope or p.partition(".")[0] in scenario.scope}
    sellers: dict[str, list[Node]] = {p: [Node(s.region, s.kind) for s in m.suppliers] for p, m in base.items()}
    buyers: dict[str, list[Node]] = {p: [Node(b.region, b.user) for b in m.buyers] for p, m in base.items()}
    for product, region, kind in _added(world, scenario):
        has = any(node.region == region for node in sellers[product]) if kind != "recycling" else False
        if not has and Node(region, kind) not in sellers[product]:
            sellers[product].append(Node(region, kind))
            for each in world.base[product].product.recipe if kind == "plant" else ():
                if Node(region, product) not in buyers[each.product]:
                    buyers[each.product].append(Node(region, product))
    return {p: _nodes(world, p, tuple(sellers[p]), tuple(buyers[p])) for p in base}


def _added(world: World, scenario: Scenario) -> Iterator[tuple[str, str, str]]:
    """What the scenario builds: product, region, kind. A contract over nothing has its supplier, too: that is the cell
    of a sweep in which it is not signed."""
    for name, contract in scenario.contracts.items():
        drawn = f"contracts.{name}.new_capacity" in scenario.uncertain
        if contract.kind != "no_flow" and (contract.new_capacity > 0 or drawn or contract.volume == 0):
            yield contract.product, contract.from_, _made_by(world, contract.product)
    for project in scenario.projects.values():
        yield project.product, project.region, _made_by(world, project.product)
    events: Iterable[Any] = scenario.events.values()
    for event in events:
        if event.kind == "recycling":
            for product in event.product:
                for region in event.region:
                    yield product, region, "recycling"


def _made_by(world: World, product: str) -> str:
    return "plant" if world.base[product].product.input else "mine"


def _nodes(world: World, product: str, suppliers: tuple[Node, ...], buyers: tuple[Node, ...]) -> Nodes:
    market = world.base[product]
    s, b = market.flow.shape
    q, capacity = np.zeros((len(suppliers), len(buyers))), np.zeros(len(suppliers))
    q[:s, :b] = market.flow / 12.0
    capacity[:s] = [supplier.capacity / 12.0 for supplier in market.suppliers]
    cover, growth = np.zeros(len(buyers)), np.zeros(len(buyers))
    cover[:b] = [buyer.cover for buyer in market.buyers]
    growth[:b] = [np.log1p(buyer.growth / 100.0) / 12.0 for buyer in market.buyers]
    cover[b:] = [_usual_cover(world, product, node.region) for node in buyers[b:]]
    able = np.array([[market.able(product, b.role, s.region) for b in buyers] for s in suppliers], dtype=bool)
    return Nodes(product, suppliers, buyers, q, np.maximum(capacity, q.sum(axis=1)), cover, growth, able)


def _usual_cover(world: World, product: str, region: str) -> float:
    row = world.catalog.cover(product, region, "industry")
    return row.months if row else 0.0
