"""Reads the world's CSV tables strictly: every mistake is kept with its file and line, and all are raised at once."""

from __future__ import annotations

import csv
import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from supplysim.errors import Fault, InputError
from supplysim.world.records import CONFIDENCES, Fact


@dataclass
class Reader:
    """Collects the faults of all files read through it."""

    faults: list[Fault] = field(default_factory=list)

    def rows(
        self,
        path: Path,
        columns: Sequence[str],
        *,
        required: bool = True,
        others: bool = False,
        maybe: Sequence[str] = (),
    ) -> list[Row]:
        """The rows of a CSV file with exactly these columns, in any order; none where an optional file is absent.

        The columns `maybe` may be left out. With `others` there may be more, which are kept as they are.
        """
        if not path.is_file():
            if required:
                self.add("this table is missing", str(path))
            return []
        with path.open(newline="", encoding="utf-8-sig") as stream:
            return self._rows(path, stream.read().splitlines(), columns, None if others else maybe)

    def _rows(self, path: Path, lines: list[str], columns: Sequence[str], maybe: Sequence[str] | None) -> list[Row]:
        reader = csv.reader(lines)
        header = next(reader, [])
        problems = [f"column {name!r} is missing" for name in columns if name not in header]
        known = header if maybe is None else (*columns, *maybe)
        problems += [f"column {name!r} is unknown" for name in header if name not in known]
        if problems:
            self.faults.append(Fault("; ".join(problems), place=f"{path}:1", source=lines[0] if lines else ""))
            return []
        rows = []
        for cells in reader:
            place = f"{path}:{reader.line_num}"
            if len(cells) == len(header):
                values = {name: cell.strip() for name, cell in zip(header, cells, strict=True)}
                rows.append(Row(self, place, lines[reader.line_num - 1], values))
            elif cells:
                self.add(f"{len(cells)} cells where the header has {len(header)}", place)
        return rows

    def add(self, message: str, place: str) -> None:
        """Note a mistake that no single cell shows."""
        self.faults.append(Fault(message, place=place))

    def check(self) -> None:
        """Raise `InputError` with every fault found so far, if any."""
        if self.faults:
            raise InputError(self.faults)


@dataclass(frozen=True)
class Row:
    """One line of a table. A bad cell is noted with the reader and a harmless value returned, so reading goes on."""

    reader: Reader
    place: str
    line: str
    values: dict[str, str]

    def fault(self, column: str, message: str) -> None:
        """Note a mistake in a column of this row."""
        cell = self.values.get(column, "")
        caret = self.line.find(cell) + 1 if cell else 0
        self.reader.faults.append(Fault(f"{column}: {message}", place=self.place, source=self.line, column=caret))

    def text(self, column: str, *, required: bool = True) -> str:
        """The cell's text."""
        if required and not self.values[column]:
            self.fault(column, "is empty")
        return self.values[column]

    def choice(self, column: str, allowed: Collection[str]) -> str:
        """The cell's text, which has to be one of those allowed."""
        value = self.values[column]
        if value not in allowed:
            shown = ", ".join(list(allowed)[:8]) + (", ..." if len(allowed) > 8 else "")
            self.fault(column, f"{value!r} is not known; it may be {shown}")
        return value

    def number(self, column: str, *, low: float = 0.0, above: bool = False) -> float:
        """The cell's number, at least `low` (or above it)."""
        value = self._float(column)
        if value < low or (above and value == low):
            self.fault(column, f"{value:g} must be {'above' if above else 'at least'} {low:g}")
        return value

    def optional_number(self, column: str) -> float | None:
        """The cell's number, or None where the cell is empty."""
        return self.number(column) if self.values[column] else None

    def _float(self, column: str) -> float:
        try:
            value = float(self.values[column])
        except ValueError:
            value = math.nan
        if math.isfinite(value):
            return value
        self.fault(column, f"{self.values[column]!r} is not a number")
        return 1.0

    def fact(self, confidence: str = "confidence") -> Fact:
        """Confidence, source and note of a row; the first two may not be empty."""
        return Fact(self.choice(confidence, CONFIDENCES), self.text("source"), self.values.get("note", ""), self.place)
