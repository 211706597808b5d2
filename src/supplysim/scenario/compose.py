"""Lays files, `--set` options and sweep cells over one another in their fixed order.

world -> parents -> the file (remove, its sections, set) -> `--set` -> sweep cell. The result is a tree whose every leaf
knows the place it was written at.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence

from supplysim.scenario.drawn import distribution_node, read_distribution
from supplysim.scenario.files import Layer
from supplysim.scenario.names import suggestion
from supplysim.scenario.nodes import (
    Branch,
    Entry,
    Node,
    Path,
    Scalar,
    drop,
    get,
    is_distribution,
    is_leaf,
    leaves,
    merge,
    put,
)
from supplysim.scenario.nodes import Sequence as Items
from supplysim.scenario.paths import PathError, Universe, dotted, specificity
from supplysim.scenario.places import Document, Place, Report
from supplysim.scenario.reader import read_node
from supplysim.scenario.scalars import read_scalar
from supplysim.scenario.schema import FAMILIES, NOT_COMPOSED
from supplysim.scenario.units import DIMENSIONS, UnitError, read_quantity, write_quantity
from supplysim.scenario.vocabulary import Vocabulary

WORLD_LAYER = (-1.0,)
SET_LAYER = (1.0,)
SWEEP_LAYER = (2.0,)
ENTITIES = ("events", "contracts", "projects")
"""Sections whose entities a setting may add as a whole."""
REMOVE = ("remove",)
"""What `--set` leaves out, as a list of paths."""
_SCALE = re.compile(r"\s*\+?(\d+(?:\.\d*)?(?:[eE][-+]?\d+)?|\.\d+)\s*x\s*\Z", re.ASCII)


def world_tree(vocabulary: Vocabulary) -> Branch:
    """What the world itself brings to the composed tree: its strategic stockpiles."""
    tree = Branch(Place(Document("world", "", WORLD_LAYER, "world")))
    for held in vocabulary.stockpiles:
        place = Place(Document(held.origin, "", WORLD_LAYER, "world"))
        mineral = held.product.partition(".")[0]
        for key, text in (("product", held.product), ("target", f"{held.months!r} months")):
            tree = put(tree, ("stockpiles", held.region, mineral, key), Entry(place, Scalar(text, text, place)))
    return tree


def compose(layers: Iterable[Layer], vocabulary: Vocabulary, report: Report) -> Branch:
    """The tree of all files, each laid over the ones before it."""
    tree = world_tree(vocabulary)
    for layer in layers:
        if leaving := layer.tree.entries.get("remove"):
            tree = _removed(tree, leaving, report)
        own = {key: entry for key, entry in layer.tree.entries.items() if key not in NOT_COMPOSED}
        tree = merge(tree, Branch(layer.tree.place, own))
        settings = layer.tree.entries.get("set")
        if settings and not isinstance(settings.node, Branch):
            report.add("must be a map of paths and values", settings.node.place, "set")
        elif settings and isinstance(settings.node, Branch):
            tree = overlaid(tree, tuple(leaves(settings.node)), vocabulary, report)
    return tree


def commanded(tree: Branch, settings: Iterable[tuple[Path, Entry]], vocabulary: Vocabulary, report: Report) -> Branch:
    """The tree with `--set` settings laid over it one by one; `remove` leaves entities out as a file's does."""
    for path, entry in settings:
        setting = ((path, entry),)
        tree = _removed(tree, entry, report) if path == REMOVE else overlaid(tree, setting, vocabulary, report)
    return tree


def _removed(tree: Branch, entry: Entry, report: Report) -> Branch:
    items = entry.node.items if isinstance(entry.node, Items) else (entry.node,)
    for item in items:
        path = tuple(item.text.split(".")) if isinstance(item, Scalar) else ()
        if not path or path[0] not in FAMILIES:
            report.add("must be a list of paths, such as contracts.old-deal", item.place, "remove")
        elif get(tree, path) is None:
            above = get(tree, path[:-1])
            known = list(above.node.entries) if above and isinstance(above.node, Branch) else []
            report.add(f"there is no '{dotted(path)}' to remove{suggestion(path[-1], known)}", item.place, "remove")
        else:
            tree = drop(tree, path)
    return tree


def overlaid(tree: Branch, settings: Sequence[tuple[Path, Entry]], vocabulary: Vocabulary, report: Report) -> Branch:
    """The tree with every setting applied; where two patterns meet one path, the more specific one holds.

    A map at `events.ID`, `contracts.ID` or `projects.ID` is a whole entity, which is added or takes the place of what
    is there.
    """
    whole = [setting for setting in settings if whole_entity(*setting)]
    for path, entry in whole:
        tree = put(tree, path, entry)
    universe = Universe(tree, vocabulary)
    chosen: dict[Path, tuple[tuple[int, int], Path, Entry]] = {}
    for pattern, entry in (setting for setting in settings if setting not in whole):
        try:
            paths = universe.expand(pattern)
        except PathError as error:
            report.add(str(error), entry.place, dotted(pattern))
            continue
        for path in paths:
            rank, old = specificity(pattern), chosen.get(path)
            if old and old[0] == rank:
                message = f"and {dotted(old[1])} both set {dotted(path)} and are equally specific"
                report.add(message, entry.place, dotted(pattern))
            elif not old or rank > old[0]:
                chosen[path] = (rank, pattern, entry)
    for path, (_, _, entry) in chosen.items():
        tree = _Change(tree, path, entry, universe, report).applied()
    return tree


def whole_entity(path: Path, entry: Entry) -> bool:
    """Whether a setting is an event, a contract or a project as a whole."""
    return path[0] in ENTITIES and len(path) == 2 and "*" not in path[1] and _is_map(entry.node)


def _is_map(node: Node) -> bool:
    return isinstance(node, Branch) and not is_leaf(node)


class _Change:
    """One value about to be put at one path of a tree."""

    def __init__(self, tree: Branch, path: Path, entry: Entry, universe: Universe, report: Report) -> None:
        field = universe.field(path)
        assert field is not None  # noqa: S101 -- `expand` gives paths of fields only
        self.tree, self.path, self.entry, self.field = tree, path, entry, field
        self.universe, self.report = universe, report
        self.mineral = universe.mineral(path)

    def fault(self, message: str) -> Branch:
        self.report.add(message, self.entry.node.place, dotted(self.path))
        return self.tree

    def put(self, path: Path, node: Node) -> Branch:
        return put(self.tree, path, Entry(self.entry.place, node))

    def applied(self) -> Branch:
        node = self.entry.node
        text = node.text.strip() if isinstance(node, Scalar) else ""
        dimension = self.field.dimension
        if not text or dimension is None:
            return self.put(self.path, node)
        scale = _SCALE.match(text)
        if scale and dimension.name not in ("multiple", "date"):
            return self.scaled(float(scale[1]))
        positive = dimension.name == "date" or any(self.field.bounds.get(side, -1.0) >= 0 for side in ("ge", "gt"))
        subtracts = text.startswith("-") and positive  # where the value itself may be negative, "-5%" replaces it
        if text.startswith("+") or subtracts:
            return self.added(text.removeprefix("+"), dimension.name)
        return self.put(self.path, node)

    def scaled(self, factor: float) -> Branch:
        drawn = self.drawn()
        if drawn is None:
            return self.changed(lambda value: value * factor)
        path, branch = drawn
        if factor <= 0:
            return self.fault("is drawn from a distribution, which only a factor above 0 can scale")
        distribution = read_distribution(branch, self.field, self.mineral, Report(), dotted(path))
        if distribution is None or self.field.dimension is None:
            return self.tree  # the distribution's own faults are found where it is read
        node = distribution_node(distribution.scaled(factor), self.field.dimension, self.entry.node.place)
        tree = self.put(path, node)
        if path[0] == "uncertain" and self.base() is not None:
            self.tree = tree
            return self.changed(lambda value: value * factor)
        return tree

    def added(self, text: str, dimension: str) -> Branch:
        if self.drawn() is not None:
            return self.fault("is drawn from a distribution; scale it (0.5x) or write another")
        own = DIMENSIONS["duration" if dimension == "date" else dimension]
        try:
            amount = read_quantity(read_scalar(text.strip(), quoted=False), own, self.mineral)
        except UnitError as error:
            return self.fault(str(error))
        return self.changed(lambda base: base + amount)

    def changed(self, change: Callable[[float], float]) -> Branch:
        base = self.base()
        dimension = self.field.dimension
        if base is None and isinstance(entry := get(self.tree, self.path), Entry) and isinstance(entry.node, Scalar):
            return self.tree  # a value that cannot be read is told where it stands
        if base is None or dimension is None:
            return self.fault("has no value yet that could be scaled or added to; give a plain value")
        value = write_quantity(change(base), dimension)
        place = self.entry.node.place
        return self.put(self.path, Scalar(value, str(value), place))

    def drawn(self) -> tuple[Path, Branch] | None:
        """The distribution written for exactly this path, or the world's prior."""
        for path in (self.path, ("uncertain", *self.path)):
            entry = get(self.tree, path)
            if entry and isinstance(entry.node, Branch) and is_distribution(entry.node):
                return path, entry.node
        default = self.universe.vocabulary.default(dotted(self.path))
        if get(self.tree, self.path) or not default or not default.prior or self.field.dimension is None:
            return None
        place = self.entry.node.place
        return ("uncertain", *self.path), distribution_node(default.prior, self.field.dimension, place)

    def base(self) -> float | None:
        """The value that holds before this change."""
        entry = get(self.tree, self.path)
        if entry and isinstance(entry.node, Scalar) and self.field.dimension:
            try:
                return read_quantity(entry.node.value, self.field.dimension, self.mineral)
            except UnitError:
                return None
        default = self.universe.vocabulary.default(dotted(self.path))
        if default is None and self.path[0] == "minerals" and self.path[-1] == "cover":
            default = self.universe.vocabulary.default(dotted((*self.path[:4], "cover")))
        value = default.value if default else self.field.default
        return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def command_line(overrides: Sequence[str], report: Report) -> list[tuple[Path, Entry]]:
    """The settings of `--set PATH=VALUE` options, each in a layer of its own."""
    found = []
    for rank, text in enumerate(overrides):
        name, equals, value = text.partition("=")
        document = Document("--set", text, (*SET_LAYER, float(rank)), "set")
        place = Place(document, 1, 1)
        path = tuple(name.strip().split("."))
        if not equals or not all(path):
            report.add(f"'{text[:80]}' is not PATH=VALUE", place)
            continue
        own = Report()
        node = read_node(Document("--set", value.strip(), (*SET_LAYER, float(rank)), "set"), own)
        for fault in own.faults:
            report.add(fault.message, place, dotted(path))
        if node is not None and (not _is_map(node) or whole_entity(path, Entry(place, node))):
            found.append((path, Entry(place, node)))
        elif node is not None:
            report.add("must be one value, not a map", place, dotted(path))
    return found
