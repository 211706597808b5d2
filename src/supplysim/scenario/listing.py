"""The scenarios there are, and new ones made from them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from supplysim.errors import InputError
from supplysim.scenario.files import locate, shipped, shipped_folder, shown
from supplysim.scenario.load import load
from supplysim.scenario.reader import LARGEST_FILE
from supplysim.world.catalog import why_no_world

EXAMPLE = "example"
_SCHEMA_LINE = "# yaml-language-server: $schema="


@dataclass(frozen=True)
class Listed:
    """A scenario in a list; `title` says what is wrong where it cannot be read."""

    name: str
    title: str
    parents: tuple[str, ...]
    axes: tuple[str, ...]
    cells: int
    draws: int
    shipped: bool

    def as_dict(self) -> dict[str, object]:
        return asdict(self)


def listed(folder: Path | None = None, world: Path | None = None) -> tuple[Listed, ...]:
    """The shipped scenarios, then those in `folder` (the current one), in a world's folder, and in their `scenarios/`.

    Raises `InputError` for a world's folder that is none.
    """
    if world is not None and (problem := why_no_world(world)):
        raise InputError(f"the world folder {str(world)[:200]} {problem}")
    ours = shipped()
    known = {path.resolve() for path in ours.values()}
    places = [folder or Path(), *([] if world is None else [world])]
    found = {path.resolve(): path for place in places for path in _local(place)}
    own = [path for where, path in found.items() if where not in known]
    return (
        *(_row(name, path, ships=True) for name, path in ours.items()),
        *(_row(shown(p), p, ships=False) for p in own),
    )


def _local(folder: Path) -> Iterator[Path]:
    for path in (*sorted(folder.glob("*.yaml")), *sorted(folder.glob("scenarios/*.yaml"))):
        try:
            if path.is_file() and path.stat().st_size <= LARGEST_FILE:  # a pipe would be waited for
                with path.open(encoding="utf-8", errors="replace") as file:
                    if any(line.startswith("format:") for line in file):
                        yield path
        except OSError:
            continue


def _row(name: str, path: Path, *, ships: bool) -> Listed:
    plain = os.fsencode(name).decode(errors="backslashreplace")
    if plain != name:  # it could neither be told as JSON nor be kept in a run's files
        return Listed(plain, "cannot be read: its name is no UTF-8 text; rename the file", (), (), 0, 0, ships)
    try:
        scenario = load(path)
    except InputError as error:
        return Listed(name, f"cannot be read: {error.faults[0]}", (), (), 0, 0, ships)
    sweep = scenario.sweep
    return Listed(name, scenario.title, scenario.parents, tuple(sweep.axes), sweep.size or 1, scenario.draws, ships)


def create(name: str, source: str = EXAMPLE) -> Path:
    """Copy a scenario to `NAME.yaml` in the current folder and return its path. Raises InputError, never overwrites."""
    if Path(name).name in ("", ".."):
        raise InputError(f"'{name}' is no name for a scenario")
    target = Path(name if name.endswith((".yaml", ".yml")) else f"{name}.yaml")
    origin = locate(source)
    load(source)
    if target.exists():
        raise InputError(f"{target} exists already; choose another name")
    lines = origin.read_text(encoding="utf-8").splitlines(keepends=True)
    if lines[0].startswith(_SCHEMA_LINE):
        lines[0] = f"{_SCHEMA_LINE}{_relative(shipped_folder() / 'schema.json', target.parent)}\n"
    try:
        target.write_text("".join(lines), encoding="utf-8", errors="backslashreplace")
    except OSError as error:
        with suppress(OSError):
            target.unlink()  # whole or not at all
        raise InputError(f"{target} cannot be written ({error.strerror})") from None
    return target


def _relative(path: Path, folder: Path) -> str:
    return Path(os.path.relpath(path, folder.resolve())).as_posix()
