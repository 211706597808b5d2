"""Finds scenario files and reads them with their parents."""

from __future__ import annotations

import math
import os
from dataclasses import dataclass
from pathlib import Path as FilePath

from supplysim.scenario.names import suggestion
from supplysim.scenario.nodes import Branch, Scalar, Sequence
from supplysim.scenario.places import Document, Place, Report
from supplysim.scenario.reader import read_file

MOST_FILES = 50
LONGEST_NAME = 250
FILE_LAYER = (0.0,)
_PACKAGE = FilePath(__file__).resolve().parents[1]


@dataclass(frozen=True)
class Layer:
    """One file of a scenario; layers are in the order of composition, parents before children."""

    path: FilePath
    tree: Branch


def shipped_folder() -> FilePath:
    """The folder of the scenarios that come with the package (beside the source in a checkout)."""
    installed = _PACKAGE / "scenarios"
    return installed if installed.is_dir() else _PACKAGE.parents[1] / "scenarios"


def shipped() -> dict[str, FilePath]:
    """The shipped scenarios by name."""
    return {path.stem: path for path in sorted(shipped_folder().glob("*.yaml"))}


def shown(path: FilePath) -> str:
    """A path as a reader in this folder would type it."""
    try:
        relative = os.path.relpath(path)
    except ValueError:  # another drive
        return str(path)
    home = shipped_folder()
    if relative.startswith(os.pardir) and path.is_relative_to(home):
        return str(FilePath(home.name, path.relative_to(home)))
    return str(path) if relative.startswith(os.pardir + os.sep + os.pardir) else relative


def whereabouts(path: FilePath) -> FilePath:
    """The file itself behind links; where these lead round in a circle, the path as it is."""
    try:
        return path.resolve()
    except (OSError, RuntimeError):
        return path.absolute()


def locate(source: str | FilePath) -> FilePath:
    """The file of a path or of a shipped scenario's name; a path that does not exist is returned as it is."""
    path = FilePath(source)
    name = str(source)
    if path.suffix or os.sep in name or _is_file(path):
        return path
    return shipped().get(name, path)


def _is_file(path: FilePath) -> bool:
    """Whether a file is there; a name that no file can have is none."""
    try:
        return path.is_file()
    except OSError:
        return False


def read_layers(source: str | FilePath, report: Report) -> tuple[Layer, ...]:
    """The file and its parents, parents first, left to right; a file met twice counts where it is met first."""
    reading = _Reading(report)
    path = locate(source)
    if not path.suffix and not _is_file(path) and os.sep not in str(source):
        message = f"is neither a file nor a shipped scenario{suggestion(str(source), shipped())}"
        report.add(message, Place(Document(str(source), "", kind="unread")))
        return ()
    reading.follow(path, (), FILE_LAYER)
    return tuple(reading.layers)


class _Reading:
    def __init__(self, report: Report) -> None:
        self.report = report
        self.layers: list[Layer] = []
        self.read: set[FilePath] = set()

    def follow(
        self, path: FilePath, chain: tuple[FilePath, ...], rank: tuple[float, ...], asked: Place | None = None
    ) -> None:
        """Adds the layers of `path`, its parents first.

        The n-th parent of a file ranked r is ranked (*r, n); an infinity behind each lets parents come before children.
        """
        resolved = whereabouts(path)
        if resolved in self.read:
            return
        self.read.add(resolved)
        tree = read_file(path, shown(path), (*rank, math.inf), self.report, asked)
        if tree is None:
            return
        for number, (name, place) in enumerate(self.parents(tree)):
            parent = self.parent(path, name, place, (*chain, resolved))
            if parent:
                self.follow(parent, (*chain, resolved), (*rank, float(number)), place)
        self.layers.append(Layer(path, tree))

    def parent(self, child: FilePath, name: str, place: Place, chain: tuple[FilePath, ...]) -> FilePath | None:
        """The file that `name` stands for; None, with a fault, where it cannot be used."""
        if (size := len(name.encode())) > LONGEST_NAME:
            self.report.add(f"a name of {size:,} bytes; at most {LONGEST_NAME}", place, "extends")
            return None
        path = child.parent / name
        if not path.exists():  # a copy of a shipped scenario keeps the parents it had at home
            path = shipped().get(name.removesuffix(".yaml"), path)
        if not path.exists():
            near = [item.name for item in child.parent.glob("*.yaml") if item.name != child.name]
            self.report.add(
                f"no such file '{name[:80]}'{suggestion(name, [*sorted(near), *shipped()])}", place, "extends"
            )
        elif (resolved := whereabouts(path)) in chain:
            loop = [*chain[chain.index(resolved) :], resolved]
            self.report.add(f"extends itself: {' -> '.join(item.name for item in loop)}", place, "extends")
        elif len(self.read) >= MOST_FILES:
            self.report.add(f"more than {MOST_FILES} files", place, "extends")
        else:
            return path
        return None

    def parents(self, tree: Branch) -> list[tuple[str, Place]]:
        entry = tree.entries.get("extends")
        if entry is None:
            return []
        items = entry.node.items if isinstance(entry.node, Sequence) else (entry.node,)
        found = []
        for item in items:
            if isinstance(item, Scalar) and isinstance(item.value, str) and item.value and "\0" not in item.value:
                found.append((item.value, item.place))
            else:
                self.report.add(
                    "must be a file or the name of a shipped scenario, or a list of them", item.place, "extends"
                )
        return found
