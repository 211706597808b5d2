"""What a run did month by month and link by link, gathered by region for people to look at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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
    "cover": "months",
    "utilisation": "share",
}
"""Monthly quantities with their units; `stock` is industry's and the strategic stock together,
`cover` the months of reference demand that it lasts, `utilisation` output over what capacity and feed allow."""


@dataclass(frozen=True)
class Trace:
    """One product in one variant: `monthly[quantity]` is `(t, d, region)`, `flow` `(year, d, link)` in t/yr.

    `contracts` has the monthly flow `(t, d)` in t on the links of each contract for the product.
    """

    regions: tuple[str, ...]
    monthly: dict[str, Array]
    links: tuple[tuple[str, str], ...]
    flow: Array
    contracts: dict[str, Array]


def trace(
    nodes: Nodes, history: History, variety_cost: bool, contracts: Mapping[str, Sequence[tuple[int, int]]]
) -> Trace:
    """Gather a stage's history by region; prices are weighted by base-year purchases. `contracts` has links by id."""
    regions = tuple(sorted({node.region for node in (*nodes.suppliers, *nodes.buyers)}))
    made, bought = _gather(nodes.suppliers, regions), _gather(nodes.buyers, regions)
    weight = nodes.q.sum(axis=0)[:, None] * bought
    weight = weight / np.maximum(weight.sum(axis=0), 1e-300)
    monthly, spot = history.monthly, np.exp(history.monthly["spot"])
    unmet = np.maximum(monthly["reference"] - monthly["used"], 0.0)
    buys = weight.sum(axis=0) > 0
    price = (spot if variety_cost else history.delivered) @ weight
    stock = (monthly["stock"] + monthly["reserve"]) @ bought
    reference = monthly["reference"] @ bought
    limit = np.where(np.isfinite(history.limit), history.limit, 0.0) @ made
    links, flow = _links(nodes, history.flow)
    return Trace(
        regions=regions,
        monthly={
            "price": np.where(buys, price, np.nan),
            "contract_price": np.where(buys, monthly["contract"] @ weight, np.nan),
            "made": history.made @ made,
            "used": monthly["used"] @ bought,
            "stock": stock,
            "unmet": unmet @ bought,
            "cover": _ratio(stock, reference),
            "utilisation": _ratio(history.made @ made, limit),
        },
        links=links,
        flow=flow,
        contracts={
            name: np.sum([history.watched[link] for link in pairs], axis=0) for name, pairs in contracts.items()
        },
    )


def _ratio(part: Array, whole: Array) -> Array:
    """`part / whole`, 0 where there is no whole."""
    return np.asarray(np.where(whole > 0, part / np.maximum(whole, 1e-300), 0.0))


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
