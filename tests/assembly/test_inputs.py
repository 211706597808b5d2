"""What nature may choose is heeded: a value that is drawn is read where a run is put together."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from supplysim.assembly import Inputs, assemble_all
from supplysim.batch.sampling import sample
from supplysim.scenario import load
from supplysim.scenario.draws import undrawn
from supplysim.scenario.schema import FAMILIES, SINGLES, Part, Stage, field_at, fields_of, inner
from supplysim.scenario.units import write_quantity
from supplysim.world import World

from .conftest import HEAD

SCENARIO = """\
scope: [tungsten]
contracts:
  c: {kind: option, product: tungsten.apt, from: CHN, to: USA, volume: 9 t/yr, starts: 2026-06, term: 9 months,
      support_ends: 2027-06, price: {floor: 9 USD/t}}
projects: {p: {product: tungsten.concentrate, region: CHN, size: 1 kt/yr, starts: 2026-06}}
events:
  ban: {kind: export_ban, product: tungsten.apt, from: CHN, starts: 2026-06, lasts: 6 months}
  rival: {kind: offer, product: tungsten.apt, from: CHN, to: JPN, volume: 9 t/yr, starts: 2026-06, lasts: 6 months}
  stock: {kind: purchase, product: tungsten.apt, region: USA, volume: 9 t, starts: 2026-06, lasts: 6 months}
stockpiles: {USA: {tungsten: {target: 3 months, initial: 1 months}}}
uncertain:
"""
PARTS = {
    "contracts.c": FAMILIES["contracts"].kinds["option"],
    "projects.p": FAMILIES["projects"].kinds[""],
    "events.ban": FAMILIES["events"].kinds["export_ban"],
    "events.rival": FAMILIES["events"].kinds["offer"],
    "events.stock": FAMILIES["events"].kinds["purchase"],
    "stockpiles.USA.tungsten": FAMILIES["stockpiles"].kinds[""],
    "minerals.tungsten.apt": Stage,
    "model": SINGLES["model"],
}
INSTEAD = "minerals.tungsten.apt.stocks.cover_factor"
"""Read where `stocks.cover` is not given."""
OF_REGIONS = ("supply.CHN.capacity", "supply.CHN.growth", "demand.USA.growth", "stocks.USA.cover")


class _Heeded(dict[str, np.ndarray]):
    """Drawn values that know which of them were asked for."""

    def __init__(self, drawn: dict[str, np.ndarray]) -> None:
        super().__init__(drawn)
        self.asked: set[str] = set()

    def __getitem__(self, path: str) -> np.ndarray:
        self.asked.add(path)
        return super().__getitem__(path)


def _quantities(model: type[Part], path: str) -> Iterator[str]:
    for name, field in fields_of(model).items():
        below = inner(field.info.annotation)
        if below and below[0] == "part":
            yield from _quantities(below[1], f"{path}.{name}")
        elif not below and field.dimension:
            yield f"{path}.{name}"


def _line(path: str, head: str, model: type[Part]) -> str:
    field = field_at(model, tuple(path.removeprefix(f"{head}.").split(".")))
    assert field
    assert field.dimension
    least, most = (next((field.bounds[k] for k in keys if k in field.bounds), None) for keys in (("ge", "gt"), ("le",)))
    usual = {"date": 12 * 2026 + 8, "rate": 9.0, "price": 9.0, "mass": 9.0, "duration": 3.0}.get(
        field.dimension.name, 0.5
    )
    value = min(max(usual, (least or 0.0) + 0.01 * ("gt" in field.bounds)), most or 1e9)
    return f"  {path}: {{dist: constant, value: {write_quantity(value, field.dimension)}}}\n"


def test_every_value_that_may_be_drawn_is_read(world: World, tmp_path: Path) -> None:
    paths = {
        path: (head, model)
        for head, model in PARTS.items()
        for path in (*_quantities(model, head), *(f"{head}.{each}" for each in OF_REGIONS if model is Stage))
        if not undrawn(path) and path != INSTEAD
    }
    text = "".join(_line(path, *where) for path, where in paths.items())
    (tmp_path / "all.yaml").write_text(HEAD + SCENARIO + text, encoding="utf-8")
    scenario = load(tmp_path / "all.yaml")
    drawn = _Heeded(sample(scenario, 0, 2))
    assemble_all(world, Inputs(scenario, drawn, 2), ("baseline", "scenario", "without_contracts"))

    assert len(paths) > 45
    assert not {path for path in paths if path not in drawn.asked}
