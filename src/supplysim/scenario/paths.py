"""Which dotted paths exist in a composed scenario, what they hold, and what a glob matches."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from fnmatch import fnmatchcase

from supplysim.scenario.names import suggestion
from supplysim.scenario.nodes import Branch, Path, Scalar, Sequence, get
from supplysim.scenario.schema import FAMILIES, SINGLES, Field, Head, Part, extras, field_at, fields_of, inner
from supplysim.scenario.vocabulary import Vocabulary

MOST_PATHS = 20_000
"""Values and branches that the patterns of one file may stand for together: all lead times of six minerals are 17,000.
What is beyond is a mistake or an attack."""
WORLD = ("world",)


class PathError(ValueError):
    """A path that is not there."""


def dotted(path: Path) -> str:
    return ".".join(path)


def specificity(pattern: Path) -> tuple[int, int]:
    """How narrow a pattern is: its segments without a glob, then those that are more than a bare `*`."""
    return sum("*" not in segment for segment in pattern), sum(segment != "*" for segment in pattern)


class Universe:
    """The paths that can be set in `tree`, given the world's names."""

    def __init__(self, tree: Branch, vocabulary: Vocabulary) -> None:
        self.tree = tree
        self.vocabulary = vocabulary
        self.expanded = 0

    def expand(self, pattern: Path) -> tuple[Path, ...]:
        """The paths of single values that a dotted path or glob stands for, never none.

        Raises PathError with a suggestion where there is none.
        """
        found: list[Path] = [()]
        for segment in pattern:
            below = [(*path, name) for path in found for name in self._matching(path, segment)]
            if not below:
                known = sorted({name for path in found[:50] for name in self.names(path)}, key=str.casefold)
                titles = self.vocabulary.regions if set(self.vocabulary.regions) <= set(known) else None
                where = f" in {dotted(found[0])}" if len(found) == 1 and found[0] else ""
                raise PathError(f"there is no '{segment[:60]}'{where}{suggestion(segment, known, titles)}")
            self.expanded += len(below)
            if self.expanded > MOST_PATHS:
                raise PathError(f"stands for too many values ({MOST_PATHS:,} in one file are the most); say fewer")
            found = below
        leaves = tuple(path for path in found if self.field(path))
        if not leaves:
            names = ", ".join(list(self.names(found[0]))[:12])
            raise PathError(f"is not a single value; it holds {names}" if names else "is not a value that can be set")
        if WORLD in leaves:
            raise PathError("a world is chosen by a file's own line `world:`; another world is another scenario")
        return leaves

    def field(self, path: Path) -> Field | None:
        """The field at an exact path; None where there is no single value."""
        section = path[0]
        if len(path) == 1:
            return fields_of(Head).get(section)
        if section in SINGLES:
            return field_at(SINGLES[section], path[1:])
        start = self._entity(path)
        return field_at(start[0], path[start[1] :]) if start else None

    def mineral(self, path: Path) -> str:
        """The mineral that a path is about, "" where it is about none or several."""
        if path[0] == "minerals" and len(path) > 1:
            return path[1]
        if path[0] == "stockpiles" and len(path) > 2:
            return path[2]
        entry = get(self.tree, (*path[:2], "product"))
        return mineral_of(entry.node, self.vocabulary) if entry else ""

    def names(self, path: Path) -> Collection[str]:
        """The names that may follow a path, in order."""
        if not path:
            return (*fields_of(Head), *SINGLES, *FAMILIES)
        section = path[0]
        if section == "minerals":
            return self._mineral_names(path)
        if section in SINGLES:
            return _names_in(SINGLES[section], path[1:], None)
        if section not in FAMILIES:
            return ()
        if len(path) <= len(FAMILIES[section].ids):
            entry = get(self.tree, path)
            return tuple(entry.node.entries) if entry and isinstance(entry.node, Branch) else ()
        start = self._entity(path)
        return _names_in(start[0], path[start[1] :], get(self.tree, path)) if start else ()

    def _matching(self, path: Path, segment: str) -> list[str]:
        names = self.names(path)
        if "*" in segment:
            escaped = re.sub(r"([\[?])", r"[\1]", segment)
            return [name for name in names if fnmatchcase(name, escaped)]
        return [segment] if segment in names or segment in self._open(path) else []

    def _open(self, path: Path) -> Collection[str]:
        """Names that exist although nothing has been said about them: every stockpile, if only with nothing in it."""
        if path[:1] != ("stockpiles",):
            return ()
        return self.vocabulary.regions if len(path) == 1 else self.vocabulary.minerals if len(path) == 2 else ()

    def _entity(self, path: Path) -> tuple[type[Part], int] | None:
        family = FAMILIES.get(path[0])
        if family is None or len(path) < 1 + len(family.ids):
            return None
        depth = 1 + len(family.ids)
        kind = get(self.tree, (*path[:depth], "kind"))
        model = family.model(kind.node.value if kind and isinstance(kind.node, Scalar) else None)
        return (model, depth) if model else None

    def _mineral_names(self, path: Path) -> Collection[str]:
        node: object = self.vocabulary.tree
        for segment in path:
            node = node.get(segment) if isinstance(node, Mapping) else None
        names = tuple(node) if isinstance(node, Mapping) else ()
        part = path[3] if len(path) > 3 else ""
        regions = tuple(self.vocabulary.regions)
        if len(path) == 4 and part in ("stocks", "trade"):
            return tuple(dict.fromkeys((*names, *regions)))
        if part == "trade" and len(path) == 5 and path[4] in regions:
            return regions
        if part == "supply" and len(path) == 5 and names:
            return (*names, "growth")  # the world has no figure for it: it comes of the growth of use
        if part == "trade" and len(path) == 6:
            return ("lead_time",)
        return ("cover",) if part == "stocks" and len(path) == 5 and path[4] in regions else names


def mineral_of(node: object, vocabulary: Vocabulary) -> str:
    """The mineral of a `product:` value, "" where it is none or several."""
    items = node.items if isinstance(node, Sequence) else (node,)
    found = {item.text.partition(".")[0] for item in items if isinstance(item, Scalar)}
    mineral = found.pop() if len(found) == 1 else ""
    return mineral if mineral in vocabulary.minerals else ""


def _names_in(model: type[Part], path: Path, entry: object) -> Collection[str]:
    """The names within a part; under a map with keys of the user's own these keys, found in the tree."""
    if not path:
        return tuple(fields_of(model))
    field = fields_of(model).get(path[0])
    found = inner(field.info.annotation) if field else None
    if found is None:
        below = extras(model)
        return _names_in(below, path[1:], entry) if below and not field else ()
    shape, part = found
    if shape == "part":
        return _names_in(part, path[1:], entry)
    if len(path) > 1:
        return _names_in(part, path[2:], entry)
    node = getattr(entry, "node", None)
    if isinstance(node, Sequence):
        return tuple(str(index) for index in range(len(node.items)))
    return tuple(node.entries) if isinstance(node, Branch) else ()
