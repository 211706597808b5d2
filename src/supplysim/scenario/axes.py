"""What we choose: axes multiply, keys inside one axis go together, `cases` are picked by hand."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import prod

from supplysim.scenario.nodes import Branch, Entry, Node, Path, Scalar, Sequence, leaves, plain
from supplysim.scenario.paths import PathError, Universe, dotted
from supplysim.scenario.places import Report
from supplysim.scenario.schema import FAMILIES

MOST_CELLS = 10_000


@dataclass(frozen=True)
class Choice:
    """One point of an axis, or one case: a label and what it sets."""

    label: str
    settings: tuple[tuple[Path, Entry], ...]


@dataclass(frozen=True)
class Sweep:
    """`axes` by name, each a tuple of choices; `cases` stand beside their product."""

    axes: Mapping[str, tuple[Choice, ...]]
    cases: tuple[Choice, ...] = ()

    @property
    def paths(self) -> frozenset[str]:
        """Paths and patterns that some choice sets."""
        choices = (*self.cases, *(choice for axis in self.axes.values() for choice in axis))
        return frozenset(dotted(path) for choice in choices for path, _ in choice.settings)

    @property
    def size(self) -> int:
        return (prod(len(axis) for axis in self.axes.values()) if self.axes else 0) + len(self.cases)


def read_sweep(tree: Branch, universe: Universe, report: Report) -> Sweep:
    """The sweep of a composed tree, its paths checked."""
    entry = tree.entries.get("sweep")
    if entry is None:
        return Sweep({})
    if not isinstance(entry.node, Branch):
        report.add("must be a map of axes", entry.node.place, "sweep")
        return Sweep({})
    axes: dict[str, tuple[Choice, ...]] = {}
    cases: tuple[Choice, ...] = ()
    for name, axis in entry.node.entries.items():
        if name == "cases":
            cases = tuple(_cases(axis.node, report))
        elif found := axis_of(name, axis, f"sweep.{name}", report):
            axes[name] = found
    sweep = Sweep(axes, cases)
    _check_paths(sweep, universe, report)
    if sweep.size > MOST_CELLS:
        report.add(f"{sweep.size:,} cells; at most {MOST_CELLS:,}", entry.place, "sweep")
    return sweep


def axis_of(name: str, axis: Entry, where: str, report: Report) -> tuple[Choice, ...]:
    """The points of a map of paths with lists of values, which go together; none where it has a fault."""
    if not isinstance(axis.node, Branch) or not axis.node.entries:
        report.add("an axis is a map of paths, each with a list of values", axis.place, where)
        return ()
    if name in FAMILIES:
        report.add("an axis needs a name of its own, then the paths: {my_axis: {path: [values]}}", axis.place, where)
        return ()
    lists: dict[Path, tuple[Entry, Sequence]] = {}
    for path, entry in leaves(axis.node):
        if not isinstance(entry.node, Sequence) or not entry.node.items:
            report.add("must be a list of values", entry.node.place, f"{where}.{dotted(path)}")
        else:
            lists[path] = (entry, entry.node)
    lengths = {len(values.items) for _, values in lists.values()}
    if len(lengths) > 1:
        (first, (_, head)), *rest = lists.items()
        for path, (entry, values) in rest:
            if len(values.items) != len(head.items):
                message = f"has {len(values.items)} values, but {dotted(first)} has {len(head.items)}: they go together"
                report.add(message, entry.node.place, f"{where}.{dotted(path)}")
        return ()
    count = lengths.pop() if lengths else 0
    return tuple(_point(name, index, lists) for index in range(count))


def _point(name: str, index: int, lists: Mapping[Path, tuple[Entry, Sequence]]) -> Choice:
    items = {path: Entry(entry.place, values.items[index]) for path, (entry, values) in lists.items()}
    label = f"{name}={' / '.join(text_of(item.node) for item in items.values())}"
    return Choice(label, tuple(items.items()))


def text_of(node: Node) -> str:
    """A value as it was written, a list in one line."""
    if isinstance(node, Sequence):
        return f"[{', '.join(map(text_of, node.items))}]"
    return node.text if isinstance(node, Scalar) else str(plain(node))


def _cases(node: Node, report: Report) -> Iterator[Choice]:
    for item in node.items if isinstance(node, Sequence) else (node,):
        entries = item.entries if isinstance(item, Branch) else {}
        label, settings = entries.get("label"), entries.get("set")
        if set(entries) != {"label", "set"} or not label or not settings or not isinstance(settings.node, Branch):
            report.add("a case is {label: text, set: {path: value}}", item.place, "sweep.cases")
            continue
        yield Choice(text_of(label.node), tuple(leaves(settings.node)))


def _check_paths(sweep: Sweep, universe: Universe, report: Report) -> None:
    """Unknown paths, and paths that two axes both set."""
    owners: dict[Path, str] = {}
    for name, axis in sweep.axes.items():
        for pattern, entry in axis[0].settings:
            for path in _expanded(universe, pattern, entry, f"sweep.{name}", report):
                if owners.setdefault(path, name) != name:
                    report.add(
                        f"is set by the axis '{owners[path]}' too", entry.place, f"sweep.{name}.{dotted(pattern)}"
                    )
    for case in sweep.cases:
        for pattern, entry in case.settings:
            _expanded(universe, pattern, entry, "sweep.cases", report)


def _expanded(universe: Universe, pattern: Path, entry: Entry, where: str, report: Report) -> tuple[Path, ...]:
    try:
        return universe.expand(pattern)
    except PathError as error:
        report.add(str(error), entry.place, f"{where}.{dotted(pattern)}")
        return ()
