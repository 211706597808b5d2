"""The light part of the world: names, prices, priors and defaults, read without balancing anything."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from pathlib import Path

from supplysim.errors import InputError
from supplysim.world.minerals import MineralReader, Outline
from supplysim.world.order import as_balanced, linked, upstream_first
from supplysim.world.records import (  # fmt: skip
    GROUPS,
    LONGEST_LEAD,
    LONGEST_TENOR,
    Cover,
    Growth,
    Host,
    LeadTime,
    Prior,
    Product,
    Production,
    Region,
    Terms,
    Use,
)
from supplysim.world.tables import Reader, Row, uncommented

SHIPPED = Path(__file__).parent / "tables"
"""The folder of the tables that come with the package."""
REGIONS = ("id", "name", "members", "lon", "lat", "group", "source")
TABLES = ("regions.csv", "lead_times.csv", "contract_terms.csv")
"""Tables of a world beside its minerals' folders."""
CONTRACT_TERMS = ("product", "term_share", "tenor_months", "confidence", "source", "note")
State = tuple[tuple[str, int, int], ...]
"""Tables by path, with the time of their last change and their size."""
LEAD_TIMES = ("product", "from", "to", "months", "confidence", "source", "note")


@dataclass(frozen=True)
class Catalog:
    """Regions and products by id, with what the tables say about each before any balancing.

    Products come inputs first. `hosts` has by product and region what a by-product or joint product comes with.
    """

    regions: Mapping[str, Region]
    products: Mapping[str, Product]
    production: tuple[Production, ...]
    priors: Mapping[tuple[str, str], Prior]
    covers: Mapping[tuple[str, str, str], Cover]
    growths: Mapping[tuple[str, str], Growth]
    lead_times: tuple[LeadTime, ...]
    hosts: Mapping[tuple[str, str], Host] = field(default_factory=dict)
    use: tuple[Use, ...] = ()
    terms: tuple[Terms, ...] = ()

    @cached_property
    def buyers(self) -> Mapping[str, frozenset[str]]:
        """For each mineral the regions that use one of its products or process one in plants."""
        found: dict[str, set[str]] = {mineral: set() for mineral in self.minerals}
        for use in self.use:
            if use.use > 0:
                found[self.products[use.product].mineral].add(use.region)
        for row in self.production:
            if row.kind == "plant" and row.output > 0:
                for each in self.products[row.product].recipe:
                    found[self.products[each.product].mineral].add(row.region)
        return {mineral: frozenset(regions) for mineral, regions in found.items()}

    @cached_property
    def linked(self) -> Mapping[str, tuple[str, ...]]:
        """For each mineral those that are balanced and simulated with it, because a recipe or a host joins them."""
        return linked(self.products.values(), self.hosts.values())

    @property
    def minerals(self) -> tuple[str, ...]:
        """Ids of the minerals, in the order of the tables' folders."""
        return tuple(dict.fromkeys(product.mineral for product in self.products.values()))

    def chain(self, mineral: str) -> tuple[Product, ...]:
        """A mineral's products from upstream to downstream; the last one is the final product."""
        return tuple(product for product in self.products.values() if product.mineral == mineral)

    def group(self, name: str) -> tuple[str, ...]:
        """Ids of the regions in a group."""
        return tuple(region.id for region in self.regions.values() if region.group == name)

    def region_of(self, iso3: str) -> str:
        """The id of the region that a country belongs to."""
        return _members(tuple(self.regions.values())).get(iso3, _rest(self.regions.values()))

    def prior(self, product: str, parameter: str) -> Prior | None:
        """The prior of `sigma`, `supply`, `scrap` or `demand`."""
        return self.priors.get((product, parameter))

    def cover(self, product: str, region: str, holder: str) -> Cover | None:
        """Months of stock of a holder (industry or strategic); the region's own row beats that for all regions."""
        return self.covers.get((product, region, holder)) or self.covers.get((product, "*", holder))

    def growth(self, product: str, region: str) -> Growth | None:
        """Growth of final demand; the region's own row beats that for all regions."""
        return self.growths.get((product, region)) or self.growths.get((product, "*"))

    def terms_of(self, product: str) -> Terms | None:
        """How a product is paid for; a row of its own beats one of its mineral, that one `*`; the later of two equals
        counts."""
        names = _names(product)
        found = sorted((row for row in self.terms if row.product in names), key=lambda row: names.index(row.product))
        return found[-1] if found else None

    def lead_time(self, product: str, origin: str, destination: str) -> LeadTime | None:
        """The most specific row on the way from one region to another; None (no time at all) within a region.

        A row naming the product beats one naming regions, a region beats a group, a group beats `*`; the later of
        two equals counts.
        """
        if origin == destination:
            return None
        way = (product, origin, destination)
        if way not in self._ways:
            self._ways[way] = self._way(product, origin, destination)
        return self._ways[way]

    @cached_property
    def _ways(self) -> dict[tuple[str, str, str], LeadTime | None]:
        """Ways already looked up: every block of draws asks for all of them again."""
        return {}

    def _way(self, product: str, origin: str, destination: str) -> LeadTime | None:
        starts, ends = (((region, 2), (self.regions[region].group, 1), ("*", 0)) for region in (origin, destination))
        for what in reversed(_names(product)):
            rows = self._rows_by_name.get(what, {})
            found = [(a + b, rows[start, end]) for start, a in starts for end, b in ends if (start, end) in rows]
            if found:
                return self.lead_times[max(found)[1]]
        return None

    @cached_property
    def _rows_by_name(self) -> dict[str, dict[tuple[str, str], int]]:
        """By product as it is named, the place of the last row that names an origin and a destination."""
        found: dict[str, dict[tuple[str, str], int]] = {}
        for k, row in enumerate(self.lead_times):
            found.setdefault(row.product, {})[row.origin, row.destination] = k
        return found


def catalog(folder: Path | str | None = None) -> Catalog:
    """Read the shipped tables, overlaid by those in `folder` if one is given.

    A mineral's folder found there is added or replaces the shipped one; rows of its regions.csv add or replace
    regions; rows of its lead_times.csv are read after the shipped ones. Raises `InputError` with every mistake found.
    Tables are read once a process, unless they change.
    """
    return _catalog(folder, state_of(folder))


@lru_cache(maxsize=4)
def _catalog(folder: Path | str | None, _state: State) -> Catalog:
    reader = Reader()
    found = read_catalog(reader, folder)
    reader.check()
    return found


def mineral_folders(folder: Path | str | None = None) -> dict[str, Path]:
    """The folder of each mineral by its id, sorted, after the overlay.

    A shipped mineral that shares mines or plants with one that the overlay replaces is left out where the overlay's
    lacks the stage that it comes with or is made of, or no longer takes what it makes.
    """
    found: dict[str, Path] = {}
    for tables in _folders(folder):
        found |= {path.parent.name: path.parent for path in sorted(tables.glob("*/products.csv"))}
    own = {name: path for name, path in found.items() if path.parent != SHIPPED}
    if own:
        made = {product for path in own.values() for product in _cells(path / "products.csv", "product")}
        shared = {name: _shared(path) for name, path in found.items() if name not in own}
        lost = {name for name, of in shared.items() if any(h.partition(".")[0] in own and h not in made for h in of)}
        lost |= {p.partition(".")[0] for name, path in own.items() for p in _shared(SHIPPED / name) - _shared(path)}
        found = {name: path for name, path in found.items() if name in own or name not in lost}
    return dict(sorted(found.items()))


def _shared(path: Path) -> set[str]:
    """The products of others that a mineral's plants take and its mines bring."""
    return {*_cells(path / "recipes.csv", "input"), *_cells(path / "hosts.csv", "host")}


def _cells(path: Path, column: str) -> list[str]:
    """A column of a table as it stands, empty where there is none: who reads the table in earnest finds its faults."""
    if not path.is_file():
        return []
    try:
        lines = uncommented(path.read_text(encoding="utf-8-sig").splitlines(keepends=True))
        rows = csv.DictReader(line for line in lines if line)
        return [(row.get(column) or "").strip() for row in rows]
    except (OSError, UnicodeDecodeError, csv.Error):
        return []


def state_of(folder: Path | str | None) -> State:
    """What tells one state of a world's tables from another, without reading them. Raises `InputError` where `folder`
    is no world."""
    tables = [path for each in _folders(folder) for pattern in ("*.csv", "*/*.csv") for path in each.glob(pattern)]
    found = [(str(path.absolute()), path.stat()) for path in sorted(tables)]
    return tuple((name, stat.st_mtime_ns, stat.st_size) for name, stat in found)


def _folders(folder: Path | str | None) -> tuple[Path, ...]:
    if folder is None:
        return (SHIPPED,)
    own = Path(folder)
    if problem := why_no_world(own):
        raise InputError(f"the world folder {str(own)[:200]} {problem}")
    return (SHIPPED, own)


def why_no_world(folder: Path) -> str:
    """What keeps a folder from being a world's, in words that follow its name; "" for a world."""
    try:
        if not folder.exists():
            return "does not exist"
        if not folder.is_dir():
            return "is a file, not a folder"
        if any((folder / name).is_file() for name in TABLES) or next(folder.glob("*/products.csv"), None):
            return ""
    except (OSError, ValueError) as error:
        return f"cannot be read ({getattr(error, 'strerror', None) or error})"
    return f"is no world: it holds neither MINERAL/products.csv nor {' nor '.join(TABLES)}"


def read_catalog(reader: Reader, folder: Path | str | None = None) -> Catalog:
    """The catalog as far as it can be read; mistakes stay with the reader."""
    folders = _folders(folder)
    regions: dict[str, Region] = {}
    for tables in folders:
        rows = reader.rows(tables / "regions.csv", REGIONS, required=tables is folders[0], key=("id",))
        regions |= {region.id: region for region in map(_region, rows)}
    _check_members(reader, regions)
    outlines = [
        MineralReader(reader, path, regions).outline()
        for path in mineral_folders(None if len(folders) == 1 else folders[-1]).values()
    ]
    products = {product.id: product for outline in outlines for product in outline.products}
    products = _in_order(reader, products, outlines)
    _check_hosts(reader, outlines)
    lead_times = _lead_times(reader, folders, regions, products)
    terms = _contract_terms(reader, folders, products)
    return _assembled(regions, products, outlines, (lead_times, terms))


def _assembled(
    regions: dict[str, Region], products: dict[str, Product], outlines: list[Outline],
    general: tuple[list[LeadTime], list[Terms]],
) -> Catalog:  # fmt: skip
    return Catalog(
        regions,
        products,
        tuple(row for outline in outlines for row in outline.production),
        {(row.product, row.parameter): row for o in outlines for row in o.priors},
        {(row.product, row.region, row.holder): row for o in outlines for row in o.covers},
        {(row.product, row.region): row for o in outlines for row in o.growth},
        tuple(general[0]),
        {(row.product, row.region): row for o in outlines for row in o.hosts},
        tuple(row for outline in outlines for row in outline.use),
        tuple(general[1]),
    )


def _in_order(reader: Reader, products: dict[str, Product], outlines: list[Outline]) -> dict[str, Product]:
    """The products inputs first; recipes have to name products that somebody makes, and must not run in a circle."""
    made = {row.product for outline in outlines for row in outline.production if row.output > 0}
    for product in products.values():
        for each in product.more:
            if each.product not in products:
                reader.add(f"{product.id} needs {each.product}, which is not a product of any mineral", each.place)
            elif each.product not in made:
                reader.add(f"{product.id} needs {each.product}, which nobody makes", each.place)
    if any(each.product not in products for product in products.values() for each in product.recipe):
        return products
    found, circle = upstream_first(products.values())
    if not circle:
        circle = as_balanced(products.values())[1]
    for product in circle:
        reader.add(f"the recipe of {product.id} runs in a circle", product.place)
    return {product.id: product for product in found}


def _check_hosts(reader: Reader, outlines: list[Outline]) -> None:
    makers = {(row.product, row.region) for outline in outlines for row in outline.production if row.output > 0}
    hosts = [row for outline in outlines for row in outline.hosts]
    first: dict[str, str] = {}
    for row in hosts:
        for name in (row.product, row.host):
            if (name, row.region) not in makers:
                reader.add(f"{row.region} makes no {name}", row.fact.place)
        if row.host == row.product or any(row.host == other.product for other in hosts):
            reader.add(f"{row.host} has a host itself", row.fact.place)
        if first.setdefault(row.product, row.host) != row.host:
            reader.add(f"{row.product} has two hosts, {first[row.product]} and {row.host}", row.fact.place)


def _region(row: Row) -> Region:
    return Region(
        row.word("id"), row.text("name"), tuple(row.text("members").split()), row.number("lon", low=-180.0, high=180.0),
        row.number("lat", low=-90.0, high=90.0), row.choice("group", GROUPS), row.text("source"),
    )  # fmt: skip


def _check_members(reader: Reader, regions: dict[str, Region]) -> None:
    owner: dict[str, str] = {}
    for region in regions.values():
        for member in region.members:
            first = owner.setdefault(member, region.id)
            if first != region.id:
                reader.add(f"{member} belongs to both {first} and {region.id}", "regions.csv")


def _lead_times(
    reader: Reader, folders: tuple[Path, ...], regions: dict[str, Region], products: dict[str, Product]
) -> list[LeadTime]:
    ends = (*regions, *GROUPS, "*")
    globs = ("*", *(f"{product.mineral}.*" for product in products.values()), *products)
    rows = [
        row
        for tables in folders
        for row in reader.rows(
            tables / "lead_times.csv", LEAD_TIMES, required=tables is folders[0], key=("product", "from", "to")
        )
    ]
    return [
        LeadTime(row.choice("product", globs), row.choice("from", ends), row.choice("to", ends),
                 row.number("months", high=LONGEST_LEAD), row.fact())
        for row in rows
    ]  # fmt: skip


def _contract_terms(reader: Reader, folders: tuple[Path, ...], products: dict[str, Product]) -> list[Terms]:
    globs = tuple(dict.fromkeys(name for product in products for name in _names(product)))
    rows = [
        row
        for tables in folders
        for row in reader.rows(
            tables / "contract_terms.csv", CONTRACT_TERMS, required=tables is folders[0], key=("product",)
        )
    ]
    return [
        Terms(row.choice("product", globs), row.number("term_share", high=1.0),
              row.number("tenor_months", low=1.0, high=LONGEST_TENOR), row.fact())
        for row in rows
    ]  # fmt: skip


def _names(product: str) -> tuple[str, str, str]:
    """What a table may call a product by, the general name first."""
    return "*", f"{product.partition('.')[0]}.*", product


@lru_cache(maxsize=8)
def _members(regions: tuple[Region, ...]) -> dict[str, str]:
    return {member: region.id for region in regions for member in region.members}


def _rest(regions: Iterable[Region]) -> str:
    return next(region.id for region in regions if "*" in region.members)
