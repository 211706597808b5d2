"""Where a value was written, and the list of everything wrong with it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import PurePath

from supplysim.errors import Fault, InputError

LONGEST_SOURCE = 160
_BREAK = re.compile("\r\n|[\n\r\x85\u2028\u2029]")
"""Ends of lines as YAML has them."""


@dataclass(frozen=True, eq=False)
class Document:
    """A text that values are read from; `kind` is file, set (the command line), sweep (one cell), world, or
    unread (a file without a text).

    `layer` is its rank in the order of composition, compared as tuples; of two values for one path the one in the
    higher layer holds.
    """

    name: str
    text: str
    layer: tuple[float, ...] = ()
    kind: str = "file"

    @cached_property
    def lines(self) -> tuple[str, ...]:
        return tuple(_BREAK.split(self.text))

    def place_at(self, offset: int) -> Place:
        """The place of the character at an offset (from 0) of the text."""
        before = _BREAK.split(self.text[:offset])
        return Place(self, len(before), len(before[-1]) + 1)


@dataclass(frozen=True, slots=True, eq=False)
class Place:
    """A line and a column (both from 1) in a document."""

    document: Document
    line: int = 1
    column: int = 1

    @property
    def layer(self) -> tuple[float, ...]:
        return self.document.layer

    @property
    def source(self) -> str:
        lines = self.document.lines
        return lines[self.line - 1][:LONGEST_SOURCE] if 0 < self.line <= len(lines) else ""

    def __str__(self) -> str:
        return (
            f"{self.document.name}:{self.line}:{self.column}"
            if self.document.kind in ("file", "sweep")
            else self.document.name
        )


@dataclass(frozen=True)
class Origin:
    """Where a resolved value comes from: `kind` is file, set, sweep, world or default."""

    kind: str
    detail: str = ""

    def __str__(self) -> str:
        return self.detail or self.kind

    @classmethod
    def of(cls, place: Place) -> Origin:
        """Files go by their name alone, whatever folder they were named from: it is part of a run's bytes."""
        document = place.document
        if document.kind not in ("file", "sweep"):
            return cls(document.kind, document.name)
        return cls(document.kind, f"{PurePath(document.name).name}:{place.line}")


class Report:
    """Collects faults so that all of them are shown at once."""

    def __init__(self) -> None:
        self._found: list[tuple[tuple[tuple[float, ...], str, int, int], Fault]] = []

    def __len__(self) -> int:
        return len(self._found)

    @property
    def faults(self) -> tuple[Fault, ...]:
        """Every distinct fault, parents' files first, in the order of lines."""
        return tuple(dict.fromkeys(fault for _, fault in sorted(self._found, key=lambda pair: pair[0])))

    def add(self, message: str, place: Place, path: str = "") -> None:
        column = place.column if place.column <= LONGEST_SOURCE else 0
        fault = Fault(message, str(place), path, place.source, column)
        self._found.append(((place.layer, place.document.name, place.line, place.column), fault))

    def raise_if_any(self) -> None:
        """Raises InputError with `faults` if there are any."""
        if self._found:
            raise InputError(self.faults)
