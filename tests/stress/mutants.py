"""Good scenarios with one mistake each: what is wrong, and the lines on which a fault reports it rightly."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from supplysim.scenario.nodes import Branch, Entry, Node, Path, Scalar, Sequence, get
from supplysim.scenario.places import Document, Place, Report
from supplysim.scenario.reader import read_text
from supplysim.scenario.schema import FAMILIES, SINGLES, Field, Head, field_at, fields_of

OWN_IDS = ("events", "contracts", "projects", "corridors")
AROUND = {"set": 1, "uncertain": 1, "sweep": 2}
PARAMETERS = ("low", "high", "mode", "median", "mean", "p10", "p90", "value")
TEXTS = {"title", "question", "sources", "source", "note", "extends", "remove", "world", "consumers", "rivals", "scope"}
_QUANTITY = re.compile(r"[-+]?\d+(\.\d+)?( ?[A-Za-z%/ ]+)?\Z")
QUANTITY = re.compile(r"([-+]?[0-9.]+(?:e[-+]?[0-9]+)?) ?(.*)")


@dataclass(frozen=True)
class Mutation:
    """A text with one mistake of a kind; a fault on one of `lines` reports it rightly."""

    kind: str
    lines: tuple[int, ...]
    what: str
    text: str


def mutations(text: str) -> Iterator[Mutation]:
    """Every single mistake that the rules below know how to make in a text."""
    tree = read_text(Document("mutant", text), Report())
    assert tree is not None
    for path, entry, parents in _entries(tree, ()):
        yield from _keys(text, path, entry, parents)
        yield from _values(text, tree, path, entry, parents)
        yield from _slips(text, path, entry)


def _entries(node: Branch, path: Path, parents: tuple[int, ...] = ()) -> Iterator[tuple[Path, Entry, tuple[int, ...]]]:
    for key, entry in node.entries.items():
        here = (*path, key)
        yield here, entry, parents
        if isinstance(entry.node, Branch):
            yield from _entries(entry.node, here, (*parents, entry.place.line))


def _replaced(text: str, place: Place, old: str, new: str) -> str | None:
    """The text with `old` at a place replaced, or None where something else stands there (quotes, say)."""
    lines = text.splitlines(keepends=True)
    line = lines[place.line - 1]
    start = place.column - 1
    if not line.startswith(old, start):
        return None
    lines[place.line - 1] = line[:start] + new + line[start + len(old) :]
    return "".join(lines)


def _keys(text: str, path: Path, entry: Entry, parents: tuple[int, ...]) -> Iterator[Mutation]:
    if path[0] == "sources" or (entry.place.line in parents[-1:] and not _same(text, entry.place, path[-1])):
        return
    own = path[0] in OWN_IDS and len(path) == 2
    own |= path[0] == "corridors" and len(path) == 4
    own |= path[0] == "sweep" and len(path) == 2
    if "*" in path[-1] or own or not _same(text, entry.place, path[-1]):
        return
    key = path[-1]
    for wrong in dict.fromkeys((f"{key}x", f"{key[0]}{key}", f"{key[:-1]}zq", key.swapcase())):
        mutant = _replaced(text, entry.place, key, wrong)
        if mutant:
            yield Mutation("misspelt key", (entry.place.line, *parents[-1:]), f"{'.'.join(path)}: {wrong}", mutant)


def _same(text: str, place: Place, key: str) -> bool:
    return text.splitlines()[place.line - 1].startswith(key, place.column - 1)


def _field(tree: Branch, path: Path) -> Field | None:
    if path[0] in AROUND:
        path = path[AROUND[path[0]] :]
    if "dist" in path or not path:
        return None
    if path[-1] in PARAMETERS:
        path = path[:-1]
    section = path[0]
    if len(path) == 1:
        return fields_of(Head).get(section)
    if section in SINGLES:
        return field_at(SINGLES[section], path[1:])
    family = FAMILIES.get(section)
    if family is None or len(path) < len(family.ids) + 2:
        return None
    kind = get(tree, (*path[: len(family.ids) + 1], "kind"))
    model = family.model(kind.node.text if kind and isinstance(kind.node, Scalar) else None)
    return field_at(model, path[len(family.ids) + 1 :]) if model else None


def _values(text: str, tree: Branch, path: Path, entry: Entry, parents: tuple[int, ...]) -> Iterator[Mutation]:
    what = ".".join(path)
    for node in _scalars(entry.node):
        lines = (node.place.line,)
        field = _field(tree, path)
        for kind, wrong in _wrong(node, field, path):
            mutant = _replaced(text, node.place, node.text, wrong)
            if mutant and mutant != text:
                yield Mutation(kind, lines, f"{what}: {wrong}", mutant)
        if field and field.required and path[0] not in AROUND and isinstance(entry.node, Scalar):
            mutant = _without(text, entry, node)
            if mutant and path[-1] != "title":
                yield Mutation("missing key", parents[-1:], what, mutant)


def _scalars(node: Node) -> Iterator[Scalar]:
    if isinstance(node, Scalar):
        yield node
    elif isinstance(node, Sequence):
        for item in node.items:
            yield from _scalars(item)


def _wrong(node: Scalar, field: Field | None, path: Path) -> Iterator[tuple[str, str]]:
    parameter = path[0] == "uncertain" or "dist" in path
    quantity = field.dimension if field else None
    if field or (parameter and path[-1] not in ("dist",)):
        yield "wrong type", "{a: {b: 1}}"
    if field and (field.names or field.choices or path[-1] == "kind"):
        yield "misspelt id", node.text[:1] + "zq" + node.text[1:]
    if path[0] == "extends":
        yield "misspelt id", node.text + "zq"
    if path[-1] == "dist":
        yield "misspelt id", node.text + "zq"
    if quantity and quantity.name == "date":
        yield "wrong date", node.text[:4] + "-13"
        yield "wrong date", node.text[:4]
    elif quantity:
        yield from _wrong_quantity(node, field, path)
    if field and field.whole:
        yield "wrong type", "many"
        yield "out of bounds", "-5"


def _wrong_quantity(node: Scalar, field: Field | None, path: Path) -> Iterator[tuple[str, str]]:
    match = QUANTITY.fullmatch(node.text)
    if not match or not field or not field.dimension:
        return
    yield "wrong unit", f"{node.text.split()[0].rstrip('%/month')} furlongs"
    if not field.dimension.bare:
        yield "wrong unit", node.text.split()[0].rstrip("%/month")
    positive = float(match[1]) > 0
    if positive and path[0] in FAMILIES and field.bounds.get("ge", field.bounds.get("gt", -1.0)) >= 0:
        yield "out of bounds", f"-{node.text}"
    if field.bounds.get("le") == 1.0 and field.dimension.bare:
        yield "out of bounds", "7"


def _slips(text: str, path: Path, entry: Entry) -> Iterator[Mutation]:
    """What fingers and other programs do to a text, whatever stands there."""
    what, line = ".".join(path), entry.place.line
    if not isinstance(entry.node, Scalar) or not _same(text, entry.place, path[-1]):
        return
    old = entry.node
    if old.place.line != line:
        return
    for kind, wrong in (
        ("control character", f"{old.text[:2]}\x07{old.text[2:]}"),
        ("decimal comma", re.sub(r"^([-+]?\d+)\.?(\d*)", r"\1,\g<2>5", old.text)),
        ("quote left open", f'"{old.text}'),
        ("an anchor", f"&a {old.text}"),
        ("a tag", f"!!python/object {old.text}"),
    ):
        if kind == "decimal comma" and (
            {path[0], path[-1]} & TEXTS or not _QUANTITY.match(old.text) or "{" in _line(text, line)
        ):
            continue
        mutant = _replaced(text, old.place, old.text, wrong)
        if mutant and mutant != text:
            after = range(line, text.count("\n") + 3) if kind == "quote left open" else (line,)
            yield Mutation(kind, tuple(after), f"{what}: {wrong[:60]}", mutant)
    if not _line(text, line)[: entry.place.column - 1].strip():
        lines = text.splitlines(keepends=True)
        twice = "".join([*lines[:line], *lines[line - 1 :]])
        yield Mutation("written twice", (line, line + 1), what, twice)


def _line(text: str, number: int) -> str:
    return text.splitlines()[number - 1]


def _without(text: str, entry: Entry, node: Scalar) -> str | None:
    """The text without the line of an entry, where it has one for itself."""
    lines = text.splitlines(keepends=True)
    line = lines[entry.place.line - 1]
    alone = not line[: entry.place.column - 1].strip() and node.place.line == entry.place.line
    return "".join([*lines[: entry.place.line - 1], "\n", *lines[entry.place.line :]]) if alone else None
