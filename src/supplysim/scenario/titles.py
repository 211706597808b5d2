"""Titles and questions that follow values, and what of a run its title was not written for."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import PurePath

from supplysim.scenario.nodes import Branch, Entry, Scalar, leaves
from supplysim.scenario.paths import PathError, Universe, dotted
from supplysim.scenario.places import Report
from supplysim.scenario.schema import Field
from supplysim.scenario.units import write_quantity

Value = float | str | bool
FOLLOWS = re.compile(r"\{([^{}]*)\}")
"""A path in braces, which stands for the value there."""
NO_MATTER = ("title", "question", "draws", "seed", "sampler", "sources", "sweep", "choose", "format", "world")
"""What a title says nothing of."""


def filled(text: str, name: str, values: Mapping[str, Value], universe: Universe, report: Report) -> str:
    """The text with each `{path}` replaced by its value and unit; a path that leads nowhere is a fault at its place."""

    def value(match: re.Match[str]) -> str:
        path = match[1].strip()
        try:
            found = universe.expand(tuple(path.split(".")))
        except PathError as error:
            return fault(f"{{{path[:80]}}}: {error}")
        if len(found) > 1 or path not in values:
            return fault(f"{{{path[:80]}}} is not one value")
        return told(values[path], universe.field(found[0]))

    def fault(message: str) -> str:
        entry = universe.tree.entries.get(name)
        report.add(message, (entry.node if entry else universe.tree).place, name)
        return ""

    return FOLLOWS.sub(value, text)


def told(value: Value, field: Field | None) -> str:
    """A value as running text has it: `18 months`, `90 %`, `3,080 t/yr`."""
    if isinstance(value, bool | str) or field is None or field.dimension is None:
        return ("on" if value else "off") if isinstance(value, bool) else str(value)
    if field.dimension.name == "fraction":
        return f"{100 * float(value):.4g} %"
    written = str(write_quantity(float(value), field.dimension))
    number, unit = re.fullmatch(r"([-+]?[\d.]*)(.*)", written, re.DOTALL).groups()  # type: ignore[union-attr]
    if field.dimension.name == "date" or not number:
        return written
    whole, point, part = number.partition(".")
    unit = unit.strip()
    unit = unit.removesuffix("s") if number == "1" and unit == "months" else unit
    return f"{int(whole or 0):,}{point}{part} {unit}".strip()


def has_question(tree: Branch) -> bool:
    """Whether the question goes with the title: a file with a title of its own does not ask what its parents ask."""
    title, question = (tree.entries.get(name) for name in ("title", "question"))
    if title is None or question is None or title.node.place.document.kind != "file":
        return True
    return question.node.place.layer >= title.node.place.layer


def departures(tree: Branch) -> tuple[str, tuple[str, ...]]:
    """The file that the title was written in, and what was laid over it later: by `--set`, by a sweep's cell, or by a
    file that extends it and has no title of its own."""
    title = tree.entries["title"]
    layer = title.node.place.layer
    later = tuple(
        f"{dotted(path)} {_text(entry)}"
        for path, entry in leaves(tree)
        if path[0] not in NO_MATTER and entry.node.place.layer > layer
    )
    return PurePath(title.node.place.document.name).name, later


def _text(entry: Entry) -> str:
    return entry.node.text if isinstance(entry.node, Scalar) else "changed"
