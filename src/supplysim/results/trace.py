"""What a run did month by month and link by link, gathered by region for people to look at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from supplysim.assembly.nodes import Node, Nodes
from supplysim.engine.history import History
from supplysim.engine.market import Array
from supplysim.results.shortage import shortage

QUANTITIES = {
    "price": "x base price",
    "contract_price": "x base price",
    "made": "t/month",
    "used": "t/month",
    "stock": "t",
    "short": "t/month",
    "adapted": "t/month",
    "unmet": "t/month",
    "cover": "months",
    "utilisation": "share",
}
"""Monthly quantities with their units; `short` is rationed and priced out together, `unmet` (for one release) the old
sum of short, adapted and displaced; `stock` is industry's and the strategic stock together,
`cover` the months of reference demand that it lasts, `utilisation` output over what capacity and feed allow."""


@dataclass(frozen=True)
class Trace:
    """One product in one variant: `monthly[quantity]` is `(t, d, region)`, `flow` `(year, d, link)` in t/yr.

    `embodied` `(year, d, key)` in t/yr is what consumers bought, by the keys (stage, origin, consumer) of `passed`.
    `contracts` has the monthly flow `(t, d)` in t on the links of each contract for the product. `noise` is the log
    noise `(t, d)` of a market like this around each monthly price, the same for all regions.
    """

    regions: tuple[str, ...]
    monthly: dict[str, Array]
    links: tuple[tuple[str, str], ...]
    flow: Array
    contracts: dict[str, Array]
    noise: dict[str, Array] = field(default_factory=dict)
    passed: tuple[tuple[str, str, str], ...] = ()
    embodied: Array = field(default_factory=lambda: np.empty((0, 0, 0)))


def trace(
    nodes: Nodes, history: History, variety_cost: bool, contracts: Mapping[str, Sequence[tuple[int, int]]]
) -> Trace:
    """Gather a stage's history by region; prices are weighted by base-year purchases. `contracts` has links by id."""
    regions = tuple(sorted({node.region for node in (*nodes.suppliers, *nodes.buyers)}))
    makers, buyers = _Places(nodes.suppliers, regions), _Places(nodes.buyers, regions)
    bought = nodes.q.sum(axis=0)
    whole = buyers.gather(bought)
    weight = bought / np.maximum(whole[buyers.of], 1e-300)
    monthly, spot = history.monthly, np.exp(history.monthly["spot"])
    short, adapted = shortage(nodes, history)
    unmet = np.maximum(monthly["reference"] - monthly["used"], 0.0)
    buys = whole > 0
    price = buyers.gather((spot if variety_cost else history.delivered) * weight)
    stock = buyers.gather(monthly["stock"] + monthly["reserve"])
    made = makers.gather(history.made)
    limit = makers.gather(np.where(np.isfinite(history.limit), history.limit, 0.0))
    links, flow = _links(nodes, history.flow)
    return Trace(
        regions=regions,
        monthly={
            "price": np.where(buys, price, np.nan),
            "contract_price": np.where(buys, buyers.gather(monthly["contract"] * weight), np.nan),
            "made": made,
            "used": buyers.gather(monthly["used"]),
            "stock": stock,
            "short": buyers.gather(short),
            "adapted": buyers.gather(adapted),
            "unmet": buyers.gather(unmet),
            "cover": _ratio(stock, buyers.gather(monthly["reference"])),
            "utilisation": _ratio(made, limit),
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


class _Places:
    """The region of each node, `of`; adds up over a region's nodes one by one, so that no draw depends on others.

    A matrix product would be added up in an order that depends on how many draws are computed together.
    """

    def __init__(self, nodes: Sequence[Node], regions: tuple[str, ...]) -> None:
        self.of = np.array([regions.index(node.region) for node in nodes], dtype=np.intp)
        self.regions = len(regions)

    def gather(self, values: Array) -> Array:
        """Sums over the last axis, `(..., node)` to `(..., region)`."""
        out = np.zeros((*values.shape[:-1], self.regions))
        for k, region in enumerate(self.of):
            out[..., region] += values[..., k]
        return out


def _links(nodes: Nodes, flow: Array) -> tuple[tuple[tuple[str, str], ...], Array]:
    """Yearly flows by pair of regions that have nodes, `(year, d, link)`."""
    pairs = tuple(sorted({(a.region, b.region) for a in nodes.suppliers for b in nodes.buyers}))
    index = {pair: k for k, pair in enumerate(pairs)}
    out = np.zeros((*flow.shape[:2], len(pairs)))
    for i, a in enumerate(nodes.suppliers):
        for j, b in enumerate(nodes.buyers):
            out[:, :, index[a.region, b.region]] += flow[:, :, i, j]
    return pairs, out
