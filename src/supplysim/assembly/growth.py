"""How fast supply and use of every product grow: use as the tables say, and supply with it unless something is said."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from supplysim.assembly.inputs import Inputs
from supplysim.assembly.nodes import Node, Nodes
from supplysim.engine.market import Array
from supplysim.world import World

SPAN = 120.0
"""Months over which the world's supply grows by as much as its use: use that grows at several rates has no one rate."""


class Growth(NamedTuple):
    """Monthly rates of growth (of logarithms): `supply` `(d, s)` of what suppliers can make, `use` `(d, b)` of what
    buyers want; `asked` is the world's use after `SPAN` months over the base year's."""

    supply: Array
    use: Array
    asked: float


def growth_of(world: World, nodes: Mapping[str, Nodes], inputs: Inputs) -> dict[str, Growth]:
    """Growth by product.

    Use grows as the tables say (or the scenario), a plant's need with the plant. A region's supply grows as the
    scenario says (`supply.<region>.growth`); all others share one rate, by which the world's supply has grown as much
    as its use in `SPAN` months, standing projects counted at their size times the chance that they are built. That
    rate is below zero only where use itself falls.
    """
    found: dict[str, Growth] = {}
    for product in reversed(list(nodes)):
        found[product] = _of_product(world, nodes, product, inputs, found)
    return found


def _of_product(
    world: World, nodes: Mapping[str, Nodes], product: str, inputs: Inputs, below: Mapping[str, Growth]
) -> Growth:
    mine, path = nodes[product], f"minerals.{product}"
    made, bought = mine.q.sum(axis=1), mine.q.sum(axis=0)
    total = max(float(bought.sum()), 1e-300)
    plain = [_rate(nodes, mine, j, below) for j in range(len(mine.buyers))]  # what the scenario adds to use is no trend
    asked = float(bought @ np.exp(SPAN * np.array([r.mean() for r in plain]))) + _plants_need(world, product, inputs)
    said = [f"{path}.supply.{node.region}.growth" for node in mine.suppliers]
    told = [inputs.changed(key) for key in said]
    rest = max(float(made[~np.array(told)].sum()), 1e-300)
    spoken = sum(
        float(amount * np.exp(SPAN * _monthly(inputs.at(key)).mean()))
        for amount, key, known in zip(made, said, told, strict=True)
        if known
    )
    trend = float(np.log(asked / total)) / SPAN
    left = (asked - spoken - _decided(inputs, product)) / rest
    others = max(float(np.log(max(left, 1e-300))) / SPAN, min(trend, 0.0))
    supply = [_monthly(inputs.at(key)) if known else np.array([others]) for key, known in zip(said, told, strict=True)]
    use = [_use(mine, j, path, inputs, plain[j]) for j in range(len(mine.buyers))]
    return Growth(_columns(supply), _columns(use), asked / total)


def _rate(nodes: Mapping[str, Nodes], mine: Nodes, j: int, below: Mapping[str, Growth]) -> Array:
    """The trend of a buyer: a user's own, or that of the plants it buys for."""
    node = mine.buyers[j]
    if node.uses:
        return np.array([mine.growth[j]])
    return below[node.role].supply[:, nodes[node.role].suppliers.index(Node(node.region, "plant"))]


def _use(mine: Nodes, j: int, path: str, inputs: Inputs, plain: Array) -> Array:
    key = f"{path}.demand.{mine.buyers[j].region}.growth"
    return _monthly(inputs.at(key)) if mine.buyers[j].uses and inputs.changed(key) else plain


def _decided(inputs: Inputs, product: str) -> float:
    """Tonnes a month that standing projects of a product will make in `SPAN` months, each times its chance."""
    last, values = inputs.scenario.start + SPAN, inputs.scenario.values
    return sum(
        float(values[f"projects.{name}.size"]) / 12.0 * float(values.get(f"projects.{name}.realised", 1.0))
        for name, project in inputs.scenario.projects.items()
        if project.standing and project.product == product and float(values[f"projects.{name}.starts"]) < last
    )


def _plants_need(world: World, product: str, inputs: Inputs) -> float:
    """Tonnes a month of a product that the standing plants made of it will take."""
    return sum(
        _decided(inputs, other) / each.yield_
        for other, market in world.base.items()
        for each in market.product.recipe
        if each.product == product
    )


def _monthly(yearly: Array) -> Array:
    return np.asarray(np.log1p(yearly) / 12.0)


def _columns(values: list[Array]) -> Array:
    return np.stack(np.broadcast_arrays(*values), axis=1) if values else np.zeros((1, 0))
