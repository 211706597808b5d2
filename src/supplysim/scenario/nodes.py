"""The tree a scenario is composed in: scalars, sequences and branches, each with its place.

Trees are never changed, only rebuilt.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from supplysim.scenario.places import Place
from supplysim.scenario.scalars import Value

Path: TypeAlias = tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Scalar:
    """One value; `text` is what was written, `value` what YAML 1.2 makes of it."""

    value: Value
    text: str
    place: Place


@dataclass(frozen=True, slots=True, eq=False)
class Sequence:
    items: tuple[Node, ...]
    place: Place


@dataclass(frozen=True, slots=True, eq=False)
class Entry:
    """A child of a branch, with the place of its key; `implied` where only a dotted key has opened the branch."""

    place: Place
    node: Node
    implied: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Branch:
    """A map; dotted keys have become nested branches."""

    place: Place
    entries: Mapping[str, Entry] = field(default_factory=dict)


Node: TypeAlias = Scalar | Sequence | Branch


def is_distribution(node: Node) -> bool:
    return isinstance(node, Branch) and "dist" in node.entries


def is_leaf(node: Node) -> bool:
    """A value as a whole: a scalar, a list, a distribution, or an empty map (which is a mistake)."""
    return not isinstance(node, Branch) or "dist" in node.entries or not node.entries


def get(tree: Node, path: Path) -> Entry | None:
    """The entry at `path`, or None; digits index a sequence."""
    entry: Entry | None = None
    node = tree
    for segment in path:
        if isinstance(node, Branch):
            entry = node.entries.get(segment)
        elif isinstance(node, Sequence) and segment.isdigit() and int(segment) < len(node.items):
            child = node.items[int(segment)]
            entry = Entry(child.place, child)
        else:
            entry = None
        if entry is None:
            return None
        node = entry.node
    return entry


def put(tree: Branch, path: Path, entry: Entry) -> Branch:
    """The tree with `entry` at `path`; branches are made on the way where there are none."""
    head, rest = path[0], path[1:]
    if not rest:
        return Branch(tree.place, {**tree.entries, head: entry})
    old = tree.entries.get(head)
    if old and isinstance(old.node, Sequence) and rest[0].isdigit() and int(rest[0]) < len(old.node.items):
        return Branch(tree.place, {**tree.entries, head: Entry(old.place, _put_in_item(old.node, rest, entry))})
    child = old.node if old and isinstance(old.node, Branch) and not is_distribution(old.node) else Branch(entry.place)
    place = old.place if old else entry.place
    return Branch(tree.place, {**tree.entries, head: Entry(place, put(child, rest, entry))})


def _put_in_item(items: Sequence, path: Path, entry: Entry) -> Sequence:
    """The list with `entry` at `path`, whose first part says in which item."""
    number = int(path[0])
    item = items.items[number]
    node = put(item, path[1:], entry) if isinstance(item, Branch) and path[1:] else entry.node
    return Sequence((*items.items[:number], node, *items.items[number + 1 :]), items.place)


def drop(tree: Branch, path: Path) -> Branch:
    """The tree without what is at `path`, which must be there."""
    head, rest = path[0], path[1:]
    if not rest:
        return Branch(tree.place, {key: entry for key, entry in tree.entries.items() if key != head})
    entry = tree.entries[head]
    assert isinstance(entry.node, Branch)  # noqa: S101 -- `path` was found in the tree
    return Branch(tree.place, {**tree.entries, head: Entry(entry.place, drop(entry.node, rest))})


def merge(below: Branch, above: Branch) -> Branch:
    """Both trees, `above` winning leaf by leaf; lists and distributions are replaced whole."""
    entries = dict(below.entries)
    for key, entry in above.entries.items():
        old = entries.get(key)
        if old and isinstance(old.node, Branch) and isinstance(entry.node, Branch):
            if is_leaf(old.node) or is_leaf(entry.node):
                entries[key] = entry
            else:
                entries[key] = Entry(old.place, merge(old.node, entry.node))
        else:
            entries[key] = entry
    return Branch(above.place, entries)


def leaves(tree: Branch, prefix: Path = ()) -> Iterator[tuple[Path, Entry]]:
    """Every leaf with its path, in the order written."""
    for key, entry in tree.entries.items():
        if isinstance(entry.node, Branch) and not is_leaf(entry.node):
            yield from leaves(entry.node, (*prefix, key))
        else:
            yield (*prefix, key), entry


def plain(node: Node) -> object:
    """The node as Python values."""
    if isinstance(node, Scalar):
        return node.value
    if isinstance(node, Sequence):
        return [plain(item) for item in node.items]
    return {key: plain(entry.node) for key, entry in node.entries.items()}
