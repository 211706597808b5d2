"""Published numbers of production, trade, use and reliance beside the base year's, and why they differ."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from supplysim.world.base import STOCK_CHANGE, World, final_use
from supplysim.world.catalog import SHIPPED
from supplysim.world.records import Fact
from supplysim.world.tables import Reader, Row

COLUMNS = ("product", "quantity", "region", "value", "unit", "confidence", "source", "reason")
QUANTITIES = ("mine_output", "output", "use", "purchases", "imports", "exports", "flow", "net_import_reliance")
"""`mine_output` is that of mines alone; `use` leaves out what went into stock, `purchases` is all that is bought."""
FAR = 0.15
"""Share by which ours may differ from a published number without a reason."""


@dataclass(frozen=True)
class Published:
    """A published number and ours in the same unit; `region` reads FROM>TO for a flow.

    `product` may join several with `+`, for trade whose code does not tell them apart.
    """

    product: str
    quantity: str
    region: str
    value: float
    ours: float
    unit: str
    reason: str
    fact: Fact

    @property
    def ratio(self) -> float | None:
        """Ours over the published number; None where that is nil."""
        return self.ours / self.value if self.value else None

    @property
    def far(self) -> bool:
        """Whether the two differ by more than 15 %."""
        return self.ratio is None or abs(self.ratio - 1.0) > FAR


def published(world: World) -> tuple[Published, ...]:
    """Every row of published.csv beside the world's base year. Raises `InputError` for bad rows."""
    reader = Reader()
    rows = reader.rows(SHIPPED / "published.csv", COLUMNS, key=("product", "quantity", "region", "source"))
    found = tuple(_beside(row, world) for row in rows)
    reader.check()
    return tuple(each for each in found if each is not None)


def _beside(row: Row, world: World) -> Published | None:
    """A row with ours; None where its minerals are not in the world (they were replaced)."""
    products = row.text("product").split("+")
    quantity, fact = row.choice("quantity", QUANTITIES), row.fact("value")
    value, region = row.number("value", low=-1e15), row.text("region")
    if not all(product in world.base for product in products) or quantity not in QUANTITIES:
        return None
    for part in region.split(">"):
        row_is_known = part in world.regions
        if not row_is_known:
            row.fault("region", f"{part!r} is not a region")
    ours = _OURS[quantity](world, products, region)
    return Published(row.values["product"], quantity, region, value, ours, row.text("unit"), row.values["reason"], fact)


def _output(world: World, products: Iterable[str], region: str, kinds: tuple[str, ...]) -> float:
    suppliers = (s for product in products for s in world.base[product].suppliers)
    return sum(s.output for s in suppliers if s.region == region and s.kind in kinds)


def _bought(world: World, products: Iterable[str], region: str, *, plants: bool) -> float:
    buyers = (b for product in products for b in world.base[product].buyers)
    return sum(
        b.requirement
        for b in buyers
        if b.region == region and (plants or (final_use(b.user) and b.user != STOCK_CHANGE))
    )


def _traded(world: World, products: Iterable[str], wanted: Callable[[str, str], bool]) -> float:
    flows = (item for product in products for item in world.base[product].trade().items())
    return sum(tonnes for (a, b), tonnes in flows if a != b and wanted(a, b))


def _flow(world: World, products: Iterable[str], region: str) -> float:
    origin, _, destination = region.partition(">")
    return _traded(world, products, lambda a, b: (a, b) == (origin, destination))


def _imports(world: World, products: Iterable[str], region: str) -> float:
    return _traded(world, products, lambda _, b: b == region)


def _exports(world: World, products: Iterable[str], region: str) -> float:
    return _traded(world, products, lambda a, _: a == region)


def _reliance(world: World, products: Iterable[str], region: str) -> float:
    """Net imports over all that is bought, as the USGS has it over apparent consumption."""
    names = tuple(products)
    bought = _bought(world, names, region, plants=True)
    return (_imports(world, names, region) - _exports(world, names, region)) / bought if bought else 0.0


_OURS: Mapping[str, Callable[[World, list[str], str], float]] = {
    "mine_output": lambda world, products, region: _output(world, products, region, ("mine",)),
    "output": lambda world, products, region: _output(world, products, region, ("mine", "other", "plant", "recycling")),
    "use": lambda world, products, region: _bought(world, products, region, plants=False),
    "purchases": lambda world, products, region: _bought(world, products, region, plants=True),
    "imports": _imports,
    "exports": _exports,
    "flow": _flow,
    "net_import_reliance": _reliance,
}
