"""Checks a composed tree against the schema and turns it into typed values in base units."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any, cast

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from supplysim.scenario.draws import UNREAD
from supplysim.scenario.names import suggestion
from supplysim.scenario.nodes import Branch, Entry, Node, Path, Scalar, Sequence, get, plain
from supplysim.scenario.paths import dotted, mineral_of
from supplysim.scenario.places import Place, Report
from supplysim.scenario.schema import (
    FAMILIES,
    SINGLES,
    Family,
    Field,
    Head,
    Part,
    extras,
    field_at,
    fields_of,
    inner,
)
from supplysim.scenario.schema.fields import Context
from supplysim.scenario.units import write_quantity
from supplysim.scenario.vocabulary import Vocabulary

SECTIONS = (
    *fields_of(Head),
    *SINGLES,
    *FAMILIES,
    "extends",
    "set",
    "remove",
    "sources",
    "uncertain",
    "sweep",
    "choose",
)
_LIMITS = {
    "greater_than_equal": ("ge", "at least"),
    "greater_than": ("gt", "more than"),
    "less_than_equal": ("le", "at most"),
    "less_than": ("lt", "less than"),
}


@dataclass(frozen=True)
class Built:
    """The typed parts of a scenario; `families` by section, then by dotted id."""

    head: Head | None
    singles: dict[str, Part] = field(default_factory=dict)
    families: dict[str, dict[str, Part]] = field(default_factory=dict)


def build(tree: Branch, vocabulary: Vocabulary, report: Report) -> Built:
    """Every section as models; what is wrong goes to the report, and what could not be built is left out."""
    for key, entry in tree.entries.items():
        if key not in SECTIONS:
            report.add(f"no such section{suggestion(key, SECTIONS)}", entry.place, key)
    context = Context(vocabulary)
    top = {key: entry for key, entry in tree.entries.items() if key in fields_of(Head)}
    head = _model(Head, Branch(tree.place, top), context, report, tree.place)
    singles = {}
    for name, model in SINGLES.items():
        written = tree.entries.get(name)
        node = written.node if written else Branch(tree.place)
        place = written.place if written else tree.place
        made = _model(model, node, Context(vocabulary, path=(name,)), report, place)
        if made:
            singles[name] = made
    families = {name: dict(_family(name, family, tree, vocabulary, report)) for name, family in FAMILIES.items()}
    return Built(head if isinstance(head, Head) else None, singles, families)


def _family(
    section: str, family: Family, tree: Branch, vocabulary: Vocabulary, report: Report
) -> Iterator[tuple[str, Part]]:
    entry = tree.entries.get(section)
    if entry is None:
        return
    for path, node, place in _entities(entry.node, (section,), len(family.ids), entry.place, report):
        if not _known_ids(family, path, tree, vocabulary, report):
            continue
        model = _kind(family, path, node, place, report)
        context = Context(vocabulary, _mineral(path, node, vocabulary), path)
        if model is None:
            _other_faults(family, node, context, report, place)
            continue
        made = _model(model, node, context, report, place)
        if made:
            yield dotted(path[1:]), made


def _entities(node: Node, path: Path, depth: int, place: Place, report: Report) -> Iterator[tuple[Path, Node, Place]]:
    if depth == 0:
        yield path, node, place
    elif not isinstance(node, Branch):
        report.add(
            "is empty" if _empty(node) else "must be a map with an id for each entry, not a list or a value",
            place,
            dotted(path),
        )
    else:
        for key, entry in node.entries.items():
            yield from _entities(entry.node, (*path, key), depth - 1, entry.place, report)


def _known_ids(family: Family, path: Path, tree: Branch, vocabulary: Vocabulary, report: Report) -> bool:
    known: dict[str, Any] = {
        "region": vocabulary.regions,
        "mineral": vocabulary.minerals,
        "stage": vocabulary.stages(path[1]),
    }
    good = True
    for depth, (kind, name) in enumerate(zip(family.ids, path[1:], strict=True), 2):
        entry = get(tree, path[:depth])
        place = entry.place if entry else tree.place
        if kind in known and name not in known[kind] and good:
            titles = vocabulary.regions if kind == "region" else None
            report.add(f"no such {kind} '{name[:60]}'{suggestion(name, known[kind], titles)}", place, dotted(path))
            good = False
        elif "*" in name:
            report.add("globs belong under set: or uncertain:, not in a section", place, dotted(path))
            good = False
    return good


def _kind(family: Family, path: Path, node: Node, place: Place, report: Report) -> type[Part] | None:
    if family.kinds.keys() == {""} or not isinstance(node, Branch):
        return next(iter(family.kinds.values()))  # what is no map of fields is none of any kind
    entry = node.entries.get("kind")
    value = plain(entry.node) if entry else None
    model = family.model(value)
    if model is None and entry is None:
        slip = _misspelt(node, "kind")
        if slip:
            report.add("no such field; did you mean 'kind'?", slip[1], dotted((*path, slip[0])))
        else:
            report.add(f"needs 'kind'{suggestion('?', family.kinds)}", place, dotted(path))
    elif model is None and entry:
        message = (
            "is empty" if value is None else f"no such kind '{str(value)[:60]}'{suggestion(str(value), family.kinds)}"
        )
        report.add(message, entry.node.place, dotted((*path, "kind")))
    return None if entry and value is None else model


def _misspelt(node: Node, name: str) -> tuple[str, Place] | None:
    """The key that was meant to be `name`, with its place."""
    entries = node.entries if isinstance(node, Branch) else {}
    near = next(iter(get_close_matches(name, entries, n=1, cutoff=0.7)), None)
    found = near or next((key for key in entries if sorted(key) == sorted(name)), None)
    return (found, entries[found].place) if found else None


def _other_faults(family: Family, node: Node, context: Context, report: Report, place: Place) -> None:
    """What is wrong with an entity besides its kind, as far as that can be told: read as the kind that has most of
    its fields, the nearest name first."""
    assert isinstance(node, Branch)  # noqa: S101 -- anything else is of the first kind
    entry = node.entries.get("kind")
    meant = str(plain(entry.node)) if entry else ""
    near = get_close_matches(meant, family.kinds, n=1, cutoff=0.6)
    kinds = sorted(family.kinds, key=lambda kind: kind not in near)
    best = max(kinds, key=lambda kind: len(fields_of(family.kinds[kind]).keys() & node.entries.keys()))
    slip = None if entry else _misspelt(node, "kind")
    known = {field for model in family.kinds.values() for field in fields_of(model)}
    rest = {key: each for key, each in node.entries.items()
            if key != "kind" and (slip is None or key != slip[0])
            and (key in fields_of(family.kinds[best]) or key not in known)}  # fmt: skip
    kind = Entry(place, Scalar(best, best, place))
    _model(family.kinds[best], Branch(node.place, {**rest, "kind": kind}), context, report, place, whole=bool(near))


def _mineral(path: Path, node: Node, vocabulary: Vocabulary) -> str:
    if path[0] == "minerals":
        return path[1]
    if path[0] == "stockpiles":
        return path[2]
    entry = get(node, ("product",))
    return mineral_of(entry.node, vocabulary) if entry else ""


def _model(
    model: type[Part], node: Node, context: Context, report: Report, place: Place, *, whole: bool = True
) -> Part | None:
    """The model made of a node, with every fault in the report; None where it cannot be made.

    A field that may be left out is left out where it is wrong, so that what else is wrong is told in the same round.
    Without `whole` nothing is said of fields that are not there.
    """
    if not isinstance(node, Branch):
        report.add("is empty" if _empty(node) else "must be a map of fields", place, dotted(context.path))
        return None
    empty = tuple(_empties(node, context.path))
    for path, where in empty:
        report.add("is empty; leave the line out for the default", where, dotted(path))
    data = cast(dict[str, Any], plain(node))
    while True:
        try:
            return model.model_validate(data, context=context)
        except ValidationError as error:
            details = error.errors(include_url=False, include_context=True)
        for detail in details:
            if whole or detail["type"] != "missing":
                _fault(detail, model, node, context, report, place)
        wrong = {str(detail["loc"][0]) for detail in details if detail["loc"]} & data.keys()
        needed = {name for name, field in fields_of(model).items() if field.required}
        if not wrong or wrong & needed:
            return None
        data = {key: value for key, value in data.items() if key not in wrong}


def _empty(node: Node) -> bool:
    return isinstance(node, Scalar) and node.value is None


def _empties(node: Node, path: Path) -> Iterator[tuple[Path, Place]]:
    if isinstance(node, Branch):
        for key, entry in node.entries.items():
            if _empty(entry.node) and getattr(entry.node, "text", "") != UNREAD:
                yield (*path, key), entry.place
            else:
                yield from _empties(entry.node, (*path, key))
    elif isinstance(node, Sequence):
        for index, item in enumerate(node.items):
            if _empty(item):
                yield (*path, str(index)), item.place
            else:
                yield from _empties(item, (*path, str(index)))


def _fault(
    detail: ErrorDetails, model: type[Part], node: Branch, context: Context, report: Report, place: Place
) -> None:
    """Reports one of pydantic's findings where it was written and in the language's own words."""
    loc = tuple(str(part) for part in detail["loc"])
    if detail["type"] == "missing":
        parent = get(node, loc[:-1]) if len(loc) > 1 else None
        report.add(_missing(model, loc), parent.place if parent else place, dotted((*context.path, *loc[:-1])))
        return
    entry = None
    while loc and (entry := get(node, loc)) is None:
        loc = loc[:-1]
    if entry and _empty(entry.node):
        return  # said already
    where = place if entry is None else entry.place if detail["type"] == "extra_forbidden" else entry.node.place
    if entry and isinstance(entry.node, Branch):
        where = entry.place
    report.add(_words(detail, model, loc), where, dotted((*context.path, *loc)))


def _missing(model: type[Part], loc: Path) -> str:
    found = field_at(model, loc)
    doc = f": {found.doc[:1].lower()}{found.doc[1:].rstrip('.')} ({found.holds})" if found else ""
    return f"needs '{loc[-1]}'{doc}"


def _words(detail: ErrorDetails, model: type[Part], loc: Path) -> str:
    kind, found = detail["type"], field_at(model, tuple(part for part in loc if not part.isdigit()) or ("?",))
    context = detail.get("ctx", {})
    if kind == "supplysim":
        return str(detail["msg"])
    if kind == "extra_forbidden":
        return f"no such field{suggestion(loc[-1], _siblings(model, loc))}"
    if kind in _LIMITS:
        side, words = _LIMITS[kind]
        limit = float(context[side])
        return f"must be {words} {_limit(found, limit)}"
    if kind == "literal_error" and found:
        return (
            f"'{str(detail['input'])[:60]}' is not one of its choices{suggestion(str(detail['input']), found.choices)}"
        )
    if kind in ("too_short", "string_too_short"):
        return "must not be empty"
    if kind in ("model_type", "dict_type", "model_attributes_type"):
        return "must be a map of fields"
    if kind in ("tuple_type", "list_type"):
        return "must be a list, or one name"
    return str(detail["msg"])


def _limit(found: Field | None, limit: float) -> str:
    if found is None or found.dimension is None:
        return f"{limit:g}"
    return str(write_quantity(limit, found.dimension))


def _siblings(model: type[BaseModel], loc: Path) -> list[str]:
    part: type[Part] = model  # type: ignore[assignment]
    skip = False
    for name in loc[:-1]:
        if skip:
            skip = False
            continue
        known = fields_of(part).get(name)
        found = inner(known.info.annotation) if known else None
        if found is None:
            below = extras(part)
            part = below or part
            continue
        part, skip = found[1], found[0] != "part"
    return list(fields_of(part))
