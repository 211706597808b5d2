"""The measures of this room on the base year: one row for every product, region and measure.

A region counts as one supplier, the EU and the rest of the world included, and its recycling as its own output.
Concentration is therefore a little higher than over countries.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from supplysim.indicators.concentration import effective_suppliers, hhi, n1_coverage, top_share
from supplysim.indicators.dependence import eu_supply_risk, geopolrisk, net_import_reliance, weighted_hhi
from supplysim.indicators.governance import region_instability
from supplysim.world.base import STOCK_CHANGE

Array = NDArray[np.float64]
EU = "EU27"
WORLD = "WLD"
SMALLEST_BUYER = 0.002
"""Regions with less than this share of a product's use are left out of the consumer rows."""


class Node(Protocol):
    """A supplier or buyer of a base market: all that is read of it is its region, and of a buyer that is no need of
    anybody's (`user` is "stock_change") its name."""

    @property
    def region(self) -> str: ...


class BaseMarket(Protocol):
    """A balanced base year of one product; `flow` is `(suppliers, buyers)` in tonnes a year."""

    @property
    def suppliers(self) -> Sequence[Node]: ...
    @property
    def buyers(self) -> Sequence[Node]: ...
    @property
    def flow(self) -> Array: ...


@dataclass(frozen=True)
class Measure:
    """One figure: the metric's id, the product, the region (`WLD` for the world), its unit, and a remark."""

    metric: str
    product: str
    region: str
    unit: str
    value: float | None
    note: str = ""

    @property
    def mineral(self) -> str:
        return self.product.split(".")[0]

    def as_dict(self) -> dict[str, Any]:
        return {
            "metric": self.metric,
            "mineral": self.mineral,
            "product": self.product,
            "region": self.region,
            "unit": self.unit,
            "value": self.value,
            "note": self.note,
        }


def region_flow(market: BaseMarket) -> tuple[list[str], Array]:
    """The market's flows between regions, `(regions, regions)`, whoever in a region sells or buys."""
    regions = sorted({node.region for node in (*market.suppliers, *market.buyers)})
    at = {region: index for index, region in enumerate(regions)}
    flow = np.zeros((len(regions), len(regions)))
    rows = [at[node.region] for node in market.suppliers]
    columns = [at[node.region] for node in market.buyers]
    np.add.at(flow, np.ix_(rows, columns), np.asarray(market.flow, dtype=np.float64))
    return regions, flow


def measures(product: str, market: BaseMarket, members: Mapping[str, Sequence[str]]) -> list[Measure]:
    """Every measure of one product on its base year. `members` gives each region's ISO3 countries."""
    regions, flow = region_flow(market)
    instability = {region: region_instability(members.get(region, ())) for region in regions}
    risk = np.array([instability[region][0] for region in regions])
    rows = list(_world(product, flow, regions))
    use, stored = flow.sum(axis=0), _stored(market, regions)
    for index in np.flatnonzero(use >= SMALLEST_BUYER * use.sum()):
        rows += _consumer(product, flow, regions, int(index), risk)
        rows.append(_net(product, flow, regions, int(index), float(stored[index])))
    if EU in regions and use[regions.index(EU)] > 0:
        rows.append(_eu_risk(product, flow, regions, risk))
    return rows


def _stored(market: BaseMarket, regions: Sequence[str]) -> Array:
    """What each region laid into stock in the base year."""
    stored = np.zeros(len(regions))
    for node, bought in zip(market.buyers, np.asarray(market.flow).sum(axis=0), strict=True):
        if getattr(node, "user", "") == STOCK_CHANGE:
            stored[regions.index(node.region)] += bought
    return stored


def _net(product: str, flow: Array, regions: Sequence[str], buyer: int, stored: float) -> Measure:
    """The USGS's net import reliance; what went into stock is not consumption."""
    made, home = float(flow[buyer].sum()), float(flow[buyer, buyer])
    imports, exports = float(flow[:, buyer].sum()) - home, made - home
    if made + imports - exports - stored <= 0:
        return Measure("net_import_reliance", product, regions[buyer], "fraction", None, "no apparent consumption")
    value = net_import_reliance(made, imports, exports, -stored)
    return Measure("net_import_reliance", product, regions[buyer], "fraction", float(value))


def _world(product: str, flow: Array, regions: Sequence[str]) -> Iterator[Measure]:
    output = flow.sum(axis=1)
    shares = output / output.sum()
    largest = regions[int(shares.argmax())]
    yield Measure("supplier_hhi", product, WORLD, "0..1", float(hhi(shares)))
    yield Measure("effective_suppliers", product, WORLD, "suppliers", float(effective_suppliers(shares)))
    yield Measure("top_supplier_share", product, WORLD, "fraction", float(top_share(shares, 1)), largest)
    yield Measure("top3_supplier_share", product, WORLD, "fraction", float(top_share(shares, 3)))
    others = np.arange(len(regions)) != shares.argmax()
    covered = float(n1_coverage(output, flow.sum(axis=0))) if flow[:, others].sum() > 0 else None
    yield Measure("n1_coverage", product, WORLD, "fraction", covered, f"without {largest}")


def _consumer(product: str, flow: Array, regions: Sequence[str], buyer: int, risk: Array) -> list[Measure]:
    region, bought, output = regions[buyer], flow[:, buyer], flow.sum(axis=1)
    abroad = np.arange(len(regions)) != buyer
    exports = output[buyer] - bought[buyer]
    reliance = net_import_reliance(output[buyer], bought[abroad].sum(), exports)
    shares = bought / bought.sum()
    score = geopolrisk(output, bought[abroad], risk[abroad], float(output[buyer]))
    largest = regions[int(shares.argmax())]
    return [
        Measure("bought_abroad_share", product, region, "fraction", float(shares[abroad].sum())),
        Measure("import_reliance", product, region, "fraction", float(reliance)),
        Measure("supplier_hhi", product, region, "0..1", float(hhi(shares))),
        Measure("effective_suppliers", product, region, "suppliers", float(effective_suppliers(shares))),
        Measure("top_supplier_share", product, region, "fraction", float(top_share(shares, 1)), largest),
        Measure("geopolrisk", product, region, "0..1", score.score),
    ]


def _eu_risk(product: str, flow: Array, regions: Sequence[str], risk: Array) -> Measure:
    """EU supply risk with political instability (0..10) as governance and a trade parameter of 1, both assumptions."""
    parameters = _criticality().get(product.split(".")[0])
    if parameters is None:
        return Measure("eu_supply_risk", product, EU, "index", None, "no published recycling and substitution index")
    buyer = regions.index(EU)
    output, bought = flow.sum(axis=1), flow[:, buyer]
    reliance = net_import_reliance(output[buyer], bought.sum() - bought[buyer], output[buyer] - bought[buyer])
    value = eu_supply_risk(
        weighted_hhi(output / output.sum(), 10 * risk),
        weighted_hhi(bought / bought.sum(), 10 * risk),
        max(0.0, float(reliance)),
        *parameters,
    )
    return Measure("eu_supply_risk", product, EU, "index", float(value), "governance: political stability alone")


@cache
def _criticality() -> dict[str, tuple[float, float]]:
    text = files("supplysim.indicators").joinpath("tables/eu_criticality.csv").read_text("utf-8")
    rows = csv.DictReader(text.splitlines())
    return {row["mineral"]: (float(row["recycling"]), float(row["substitution"])) for row in rows}


def indicate(mineral: str | None = None, folder: Path | None = None) -> list[Measure]:
    """The measures of every product of the base year, or of one mineral; InputError if it has none.

    `folder` holds tables laid over the shipped ones.
    """
    from supplysim.errors import InputError
    from supplysim.world import load

    world = load(folder)
    members = {region.id: region.members for region in world.regions.values()}
    minerals = sorted({product.split(".")[0] for product in world.base})
    if mineral is not None and mineral not in minerals:
        raise InputError(f"no mineral {mineral!r}; the base year has {', '.join(minerals)}")
    wanted = [product for product in world.base if mineral in (None, product.split(".")[0])]
    return [row for product in wanted for row in measures(product, world.base[product], members)]
