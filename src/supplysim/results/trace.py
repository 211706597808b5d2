"""What a run did month by month and link by link, gathered by region for people to look at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from supplysim.assembly.nodes import Node, Nodes
from supplysim.engine.market import Array
from supplysim.engine.run import History

QUANTITIES = {
    "price": "x base price",
    "contract_price": "x base price",
    "made": "t/month",
    "used": "t/month",
    "stock": "t",
    "unmet": "t/month",
}
"""Monthly quantities with their units; `stock` is industry's and the strategic stock together."""


@dataclass(frozen=True)
class Trace:
    """One product in one variant: `monthly[quantity]` is `(t, d, region)`, `flow` `(year, d, link)` in t/yr."""

    regions: tuple[str, ...]
    monthly: dict[str, Array]
    links: tuple[tuple[str, str], ...]
    flow: Array


def trace(nodes: Nodes, history: History, variety_cost: bool) -> Trace:
    """Gather a stage's history by region; prices are weighted by base-year purchases."""
    regions = tuple(sorted({node.region for node in (*nodes.suppliers, *nodes.buyers)}))
    made, bought = _gather(nodes.suppliers, regions), _gather(nodes.buyers, regions)
    weight = nodes.q.sum(axis=0)[:, None] * bought
    weight = weight / np.maximum(weight.sum(axis=0), 1e-300)
    monthly, spot = history.monthly, np.exp(history.monthly["spot"])
    unmet = np.maximum(monthly["reference"] - monthly["used"], 0.0)
    buys = weight.sum(axis=0) > 0
    price = (spot if variety_cost else history.delivered) @ weight
    links, flow = _links(nodes, history.flow)
    return Trace(
        regions=regions,
        monthly={
            "price": np.where(buys, price, np.nan),
            "contract_price": np.where(buys, monthly["contract"] @ weight, np.nan),
            "made": history.made @ made,
            "used": monthly["used"] @ bought,
            "stock": (monthly["stock"] + monthly["reserve"]) @ bought,
            "unmet": unmet @ bought,
        },
        links=links,
        flow=flow,
    )


def _gather(nodes: Sequence[Node], regions: tuple[str, ...]) -> Array:
    """0/1 matrix (node, region)."""
    return np.array([[float(node.region == region) for region in regions] for node in nodes])


def _links(nodes: Nodes, flow: Array) -> tuple[tuple[tuple[str, str], ...], Array]:
    """Yearly flows by pair of regions that have nodes, `(year, d, link)`."""
    pairs = tuple(sorted({(a.region, b.region) for a in nodes.suppliers for b in nodes.buyers}))
    index = {pair: k for k, pair in enumerate(pairs)}
    out = np.zeros((*flow.shape[:2], len(pairs)))
    for i, a in enumerate(nodes.suppliers):
        for j, b in enumerate(nodes.buyers):
            out[:, :, index[a.region, b.region]] += flow[:, :, i, j]
    return pairs, out
