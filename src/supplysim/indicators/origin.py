"""Origin looked through: whose mines and plants what a region uses has passed, however many borders lie between.

Every supplier's output is what was in its yard, mixed pro rata: a plant whose yard holds 60 % Kazakh concentrate makes
a product that is 60 % Kazakh at the mine. Followed stage by stage this is one matrix product a market: what buyers get
of an origin is what each supplier ships to them times that supplier's content of it. Scrap, tails and other supply
that is fed by no plant enters where it enters: its region is its origin at every stage before.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from supplysim.world.base import STOCK_CHANGE, final_use

Array = NDArray[np.float64]
Index = NDArray[np.intp]
Tag = str | frozenset[str]
"""A stage whose origins are followed (a product's id), or regions whose mines and plants are to be avoided."""
Content = Mapping[Tag, Array]
"""By stage the shares of origins `(..., node, region)`; by set of regions the part that passed none, `(..., node, 1)`.

Nodes that hold nothing have zeros.
"""


@dataclass(frozen=True)
class Market:
    """One product's market: its suppliers' regions, and for each input (its place among the markets, upstream first)
    the buyer of it that feeds each supplier, or -1, and tonnes of product a tonne of it: `(i, s)`."""

    product: str
    sellers: tuple[str, ...]
    inputs: tuple[int, ...]
    fed_by: Index
    yields: Array


def output(market: Market, yards: Sequence[Content], regions: Sequence[str], avoided: Sequence[frozenset[str]]
           ) -> dict[Tag, Array]:  # fmt: skip
    """What each supplier's output has passed, from what lies in the yards of its inputs' buyers, in their order.

    Where several inputs have passed a stage, each counts by the tonnes of it that a tonne of product takes. Output has
    passed none of some regions if it was not made in one and no input has: inputs are taken as mixed independently.
    """
    own = _places(market.sellers, tuple(regions))
    found: dict[Tag, Array] = {market.product: own}
    for stage in dict.fromkeys(tag for yard in yards for tag in yard if isinstance(tag, str)):
        total, weight = np.zeros_like(own), np.zeros((len(own), 1))
        for yard, fed_by, yields in zip(yards, market.fed_by, market.yields, strict=True):
            if stage in yard:
                taken = np.where(fed_by >= 0, 1.0 / yields, 0.0)[:, None]
                total, weight = total + taken * yard[stage][..., fed_by, :], weight + taken
        found[stage] = np.where(weight > 0, total / np.maximum(weight, 1e-300), own)
    for regions_avoided in avoided:
        free = _outside(market.sellers, regions_avoided)
        for yard, fed_by in zip(yards, market.fed_by, strict=True):
            free = free * np.where((fed_by >= 0)[:, None], yard[regions_avoided][..., fed_by, :], 1.0)
        found[regions_avoided] = free
    return found


@lru_cache(maxsize=1024)
def _places(sellers: tuple[str, ...], regions: tuple[str, ...]) -> Array:
    """One where a seller is in a region, `(s, r)`."""
    found = np.array([[seller == region for region in regions] for seller in sellers], dtype=float)
    found.flags.writeable = False
    return found


@lru_cache(maxsize=1024)
def _outside(sellers: tuple[str, ...], regions: frozenset[str]) -> Array:
    """One where a seller is in none of the regions, `(s, 1)`."""
    found = np.array([[float(seller not in regions)] for seller in sellers])
    found.flags.writeable = False
    return found


def delivered(flow: Array, made: Content) -> dict[Tag, Array]:
    """Tonnes by origin that each buyer gets, `(..., b, region)`, from flows `(..., s, b)` and suppliers' content."""
    arrived = np.ascontiguousarray(np.swapaxes(flow, -1, -2))
    return {tag: np.matmul(arrived, shares) for tag, shares in made.items()}


def mixed(got: Content, flow: Array, before: Content | None = None, held: Array | None = None) -> dict[Tag, Array]:
    """What buyers' yards are made of, once tonnes `got` have been mixed with the `held` tonnes `(..., b)` of before."""
    total = flow.sum(axis=-2)[..., None]
    if before is None or held is None:
        return {tag: tonnes / np.maximum(total, 1e-300) for tag, tonnes in got.items()}
    kept = held[..., None]
    whole = np.maximum(total + kept, 1e-300)
    return {tag: (tonnes + kept * before[tag]) / whole for tag, tonnes in got.items()}


def roots(markets: Sequence[Market]) -> dict[str, tuple[str, ...]]:
    """The raw materials of each product: the products without an input that it is made of, itself if it has none."""
    found: dict[str, tuple[str, ...]] = {}
    for market in markets:
        deeper = [root for k in market.inputs for root in found[markets[k].product]]
        found[market.product] = tuple(dict.fromkeys(deeper)) or (market.product,)
    return found


def reach(markets: Sequence[Market]) -> list[dict[str, tuple[str, ...]]]:
    """The regions in which each product can have passed each stage, by product in their order: `{stage: regions}`."""
    found: list[dict[str, tuple[str, ...]]] = []
    for market in markets:
        reached: dict[str, set[str]] = {market.product: set(market.sellers)}
        for stage in {stage for k in market.inputs for stage in found[k]}:
            leading = [i for i, k in enumerate(market.inputs) if stage in found[k]]
            enters = np.atleast_1d((market.fed_by[leading] < 0).all(axis=0))
            before = {region for i in leading for region in found[market.inputs[i]][stage]}
            reached[stage] = before | {s for s, new in zip(market.sellers, enters, strict=True) if new}
        found.append({stage: tuple(sorted(regions)) for stage, regions in sorted(reached.items())})
    return found


@dataclass(frozen=True)
class Embodied:
    """What a region uses of a product, by the region in which it passed a stage: `share` of it, and tonnes a year."""

    product: str
    stage: str
    origin: str
    region: str
    share: float
    tonnes: float

    def as_dict(self) -> dict[str, Any]:
        """The row as `--json` has it."""
        return dict(vars(self))


def base_markets(base: Mapping[str, Any]) -> list[Market]:
    """The markets of a balanced base year, upstream first. A region's plants are fed by its buyer named after what they
    make; its mines and recyclers by none."""
    order = list(base)
    return [
        Market(
            product,
            tuple(supplier.region for supplier in market.suppliers),
            tuple(order.index(each.product) for each in market.product.recipe),
            np.array([[_feeder(base[each.product].buyers, supplier, product) for supplier in market.suppliers]
                      for each in market.product.recipe], dtype=np.intp).reshape(-1, len(market.suppliers)),
            np.array([[each.yield_] * len(market.suppliers) for each in market.product.recipe]
                     ).reshape(-1, len(market.suppliers)),
        )
        for product, market in base.items()
    ]  # fmt: skip


def _feeder(buyers: Sequence[Any], supplier: Any, product: str) -> int:
    if supplier.kind != "plant":
        return -1
    return next(j for j, buyer in enumerate(buyers) if (buyer.region, buyer.user) == (supplier.region, product))


def embodied(base: Mapping[str, Any], mineral: str | None = None) -> list[Embodied]:
    """What each region uses of each product in the base year, by origin at every stage that it has passed.

    Use is final use: what plants buy is in what they make. Rows of a product, stage and region sum to a share of 1.
    """
    regions = sorted({node.region for market in base.values() for node in (*market.suppliers, *market.buyers)})
    yards: list[Content] = []
    found: list[Embodied] = []
    for market, balanced in zip(base_markets(base), base.values(), strict=True):
        got = delivered(balanced.flow, output(market, [yards[k] for k in market.inputs], regions, ()))
        yards.append(mixed(got, balanced.flow))
        if mineral in (None, market.product.partition(".")[0]):
            found += _rows(market.product, balanced.buyers, got, regions)
    return found


def _rows(product: str, buyers: Sequence[Any], got: Content, regions: Sequence[str]) -> Iterator[Embodied]:
    uses = [j for j, buyer in enumerate(buyers) if final_use(buyer.user) and buyer.user != STOCK_CHANGE]
    for region in dict.fromkeys(buyers[j].region for j in uses):
        mine = [j for j in uses if buyers[j].region == region]
        for stage, tonnes in got.items():
            by_origin = tonnes[mine].sum(axis=0)
            total = by_origin.sum()
            if total > 0:
                for k in np.argsort(-by_origin, kind="stable"):
                    if by_origin[k] > 0:
                        amount = float(by_origin[k])
                        yield Embodied(product, str(stage), regions[k], region, amount / float(total), amount)
