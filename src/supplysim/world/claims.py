"""Widely quoted figures beside what the shipped data give, and where and why they differ."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from supplysim.world.base import World
from supplysim.world.catalog import SHIPPED
from supplysim.world.records import Fact
from supplysim.world.tables import Reader, Row

COLUMNS = ("claim", "kind", "text", "measure", "value", "unit", "confidence", "source", "note")


@dataclass(frozen=True)
class Check:
    """What the data say: `value` in `unit`, computed from the base year or a single cited fact."""

    text: str
    value: float
    unit: str
    computed: bool
    fact: Fact


@dataclass(frozen=True)
class Claim:
    """A quoted figure, the data's figures beside it, and a sentence on where and why they differ."""

    id: str
    text: str
    value: float
    unit: str
    source: str
    checks: tuple[Check, ...]
    explanation: str


def claims(world: World) -> tuple[Claim, ...]:
    """The claims of claims.csv (that of the world's own folder if it has one) with their checks worked out.

    Raises `InputError` for a bad row, a measure that is unknown or a check without a claim.
    """
    own = world.folder / "claims.csv" if world.folder else None
    path = own if own and own.is_file() else SHIPPED / "claims.csv"
    return _read(path, world)


def _read(path: Path, world: World) -> tuple[Claim, ...]:
    reader = Reader()
    rows = reader.rows(path, COLUMNS)
    heads = [row for row in rows if row.choice("kind", ("claim", "check")) == "claim"]
    names = {row.values["claim"] for row in heads}
    checks: dict[str, list[Check]] = {name: [] for name in names}
    for row in rows:
        if row.values["kind"] == "check":
            checks.setdefault(row.choice("claim", names), []).append(_check(row, world))
    found = tuple(_claim(row, checks[row.values["claim"]]) for row in heads)
    reader.check()
    return found


def _claim(row: Row, checks: Sequence[Check]) -> Claim:
    return Claim(
        row.text("claim"), row.text("text"), row.number("value"), row.text("unit"), row.text("source"),
        tuple(checks), row.text("note"),
    )  # fmt: skip


def _check(row: Row, world: World) -> Check:
    words = row.values["measure"].split()
    value = _measure(row, words, world) if words else row.number("value")
    return Check(row.text("text"), value, row.text("unit"), bool(words), row.fact())


def _measure(row: Row, words: list[str], world: World) -> float:
    """`output_share PRODUCT REGION+REGION KIND|*` in percent, or `exports FROM TO` in million USD without gold."""
    match words:
        case ["output_share", product, regions, kind] if product in world.base:
            return output_share(world, product, regions.split("+"), kind)
        case ["exports", origin, destination] if origin in world.regions and destination in world.regions:
            return exports(world, origin, destination)
    row.fault("measure", f"{' '.join(words)!r} is not known")
    return 0.0


def output_share(world: World, product: str, regions: Sequence[str], kind: str = "*") -> float:
    """Percent of a product's output, of one kind of supplier or of all (`*`), that comes from some regions."""
    suppliers = [s for s in world.base[product].suppliers if kind in (s.kind, "*")]
    total = sum(s.output for s in suppliers)
    return 100.0 * sum(s.output for s in suppliers if s.region in regions) / total if total else 0.0


def exports(world: World, origin: str, destination: str) -> float:
    """Flows from one region to another at base prices, in million USD; gold is left out, for it dwarfs the others."""
    return sum(
        market.trade().get((origin, destination), 0.0) * market.product.price / 1e6
        for market in world.base.values()
        if market.product.mineral != "gold"
    )
