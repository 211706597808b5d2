"""The world's base year: balanced markets with everything a scenario starts from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

from supplysim.engine.market import Array
from supplysim.errors import Fault, InputError
from supplysim.world.audit import AuditRow, audit
from supplysim.world.balance import Balanced, Side, balance_chain
from supplysim.world.catalog import Catalog, State, catalog, mineral_folders, read_catalog, state_of
from supplysim.world.minerals import ANYBODY, Able, Flows, MineralReader, qualifies
from supplysim.world.records import Cover, Growth, Kind, LeadTime, Prior, Product, Production, Range, Region, Trade
from supplysim.world.tables import Reader

UTILISATION = 0.9
"""Output over capacity where nobody states a capacity: an assumption, marked by `capacity_stated` False."""


@dataclass(frozen=True)
class Supplier:
    """A region's producers of one kind; `output` and `capacity` in t a year, `capacity` never below `output`."""

    region: str
    kind: Kind
    output: float
    capacity: float
    capacity_stated: bool
    confidence: str
    source: str
    note: str


@dataclass(frozen=True)
class Buyer:
    """A region's final use (`user` "use", or a name of its own) or its plants that make the product `user`.

    `requirement` in t a year, industry `cover` in months of it, `growth` of final use in percent a year.
    """

    region: str
    user: str
    requirement: float
    cover: float
    growth: float
    confidence: str
    source: str
    note: str


@dataclass(frozen=True)
class BaseMarket:
    """A product's balanced market: `flow` (supplier, buyer) in t a year sums to the outputs and requirements.

    `scrap` is the prior of recyclers' supply elasticity, None where the tables have none of their own. `able` tells
    whether a user may be fed from a region.
    """

    product: Product
    suppliers: tuple[Supplier, ...]
    buyers: tuple[Buyer, ...]
    flow: Array
    sigma: Prior
    supply: Prior
    demand: Prior
    scrap: Prior | None
    able: Able = ANYBODY

    def trade(self) -> dict[tuple[str, str], float]:
        """Flows between regions in t a year, domestic sales included."""
        flows: dict[tuple[str, str], float] = {}
        for i, supplier in enumerate(self.suppliers):
            for j, buyer in enumerate(self.buyers):
                key = supplier.region, buyer.region
                flows[key] = flows.get(key, 0.0) + float(self.flow[i, j])
        return flows

    def output(self) -> dict[str, float]:
        """What each region makes, t a year."""
        made: dict[str, float] = {}
        for supplier in self.suppliers:
            made[supplier.region] = made.get(supplier.region, 0.0) + supplier.output
        return made


@dataclass(frozen=True)
class World:
    """The base year 2024: a catalog, a balanced market for each product, and what the balancing changed.

    `base` maps product ids to markets; `trade` is trade as its sources have it, before balancing; `stockpiles` are
    governments' (not industry's) stocks; `ranges` are other publishers' figures.
    """

    catalog: Catalog
    base: Mapping[str, BaseMarket]
    audit: tuple[AuditRow, ...]
    trade: tuple[Trade, ...]
    ranges: tuple[Range, ...]
    folder: Path | None

    @property
    def regions(self) -> Mapping[str, Region]:
        """Regions by id."""
        return self.catalog.regions

    @property
    def products(self) -> tuple[Product, ...]:
        """All products, upstream before downstream within a mineral."""
        return tuple(self.catalog.products.values())

    @property
    def stockpiles(self) -> tuple[Cover, ...]:
        """Governments' stocks, in months of the region's use."""
        return tuple(row for row in self.catalog.covers.values() if row.holder == "strategic")

    def lead_time(self, product: str, origin: str, destination: str) -> float:
        """Months on the way from one region to another; 0 within a region."""
        row: LeadTime | None = self.catalog.lead_time(product, origin, destination)
        return row.months if row else 0.0


STOCK_CHANGE = "stock_change"
"""The use of what went into stock in the base year, or stays over for balance: it is bought and nobody's need."""


def final_use(user: str) -> bool:
    """Whether a buyer of this name uses a product up, rather than making another of it."""
    return "." not in user


def load(folder: Path | str | None = None) -> World:
    """Read and balance the base year from the shipped tables, overlaid by `folder` (see `catalog`).

    Raises `InputError` for every bad row, and for every total that the balancing moves by more than a tenth without
    a reason in adjustments.csv. Tables are read once a process, unless they change.
    """
    return _load(folder, state_of(folder))


@lru_cache(maxsize=4)
def _load(folder: Path | str | None, _state: State) -> World:
    reader = Reader()
    names = catalog() if folder is None else read_catalog(reader, folder)
    folders = mineral_folders(folder)
    sound = not reader.faults
    tables = {mineral: _flows(reader, path, names, sound) for mineral, path in folders.items()}
    reader.check()
    base: dict[str, BaseMarket] = {}
    rows: list[AuditRow] = []
    trade: list[Trade] = []
    ranges: list[Range] = []
    faults: list[Fault] = []
    for group in dict.fromkeys(names.linked[mineral] for mineral in folders):
        found = {mineral: tables[mineral] for mineral in group}
        production = tuple(row for row in names.production if row.product.partition(".")[0] in group)
        use = [row for flows in found.values() for row in flows.use]
        products = [product for product in names.products.values() if product.mineral in group]
        able = qualifies([row for flows in found.values() for row in flows.qualified])
        stated = [row for flows in found.values() for row in flows.trade]
        try:
            chain = balance_chain(products, production, use, stated, able)
        except InputError as error:  # the other minerals' faults are told, too
            faults += error.faults
            continue
        base |= {balanced.product.id: replace(_market(balanced, names), able=able) for balanced in chain}
        audited, unexplained = audit(chain, production, use, [row for flows in found.values() for row in flows.reasons])
        rows += audited
        faults += unexplained
        trade += stated
        ranges += [row for flows in found.values() for row in flows.ranges]
    if faults:
        raise InputError(faults)
    own = None if folder is None else Path(folder)
    base = {product: base[product] for product in names.products}
    return World(names, base, tuple(rows), tuple(trade), tuple(ranges), own)


def _flows(reader: Reader, path: Path, names: Catalog, sound: bool) -> Flows:
    return MineralReader(reader, path, names.regions).flows(names.production, names.products.values(), sound=sound)


def _market(balanced: Balanced, names: Catalog) -> BaseMarket:
    product, flow = balanced.product, balanced.flow
    flow.setflags(write=False)
    stated = {(row.region, str(row.kind)): row for row in names.production if row.product == product.id}
    suppliers = [
        _supplier(side, float(output), stated[side.region, side.name])
        for side, output in zip(balanced.suppliers, flow.sum(axis=1), strict=True)
    ]
    buyers = [
        _buyer(product, side, float(got), names) for side, got in zip(balanced.buyers, flow.sum(axis=0), strict=True)
    ]
    priors = names.priors
    return BaseMarket(
        product, tuple(suppliers), tuple(buyers), flow, priors[product.id, "sigma"], priors[product.id, "supply"],
        priors[product.id, "demand"], names.prior(product.id, "scrap"),
    )  # fmt: skip


def _supplier(side: Side, output: float, row: Production) -> Supplier:
    capacity = output / UTILISATION if row.capacity is None else max(row.capacity, output)
    return Supplier(
        side.region,
        row.kind,
        output,
        capacity,
        row.capacity is not None,
        side.fact.confidence,
        side.fact.source,
        side.fact.note,
    )


def _buyer(product: Product, side: Side, got: float, names: Catalog) -> Buyer:
    cover = names.cover(product.id, side.region, "industry")
    growth: Growth | None = names.growth(product.id, side.region) if final_use(side.name) else None
    return Buyer(
        side.region, side.name, got, cover.months if cover else 0.0, growth.percent if growth else 0.0,
        side.fact.confidence, side.fact.source, side.fact.note,
    )  # fmt: skip
