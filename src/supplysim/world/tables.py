"""Reads the world's CSV tables strictly: every mistake is kept with its file and line, and all are raised at once."""

from __future__ import annotations

import csv
import gzip
import math
import re
import zlib
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from supplysim.errors import Fault, InputError
from supplysim.world.records import CONFIDENCES, Fact

LARGEST_TABLE = 20_000_000
"""Bytes of a table; the shipped ones have a thousandth of it."""
LONGEST_SOURCE = 160
MOST = 1e15
"""The largest number a table may have, in whatever unit: beyond any tonnage or price, and far from overflow."""
_BREAK = re.compile("\r\n|\n|\r")
WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*\Z")
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_LINE = re.compile(r"(?<!\d):\d+\Z")


def uncommented(lines: Sequence[str]) -> list[str]:
    """The lines of a table with comments (lines that begin with `#`, outside of a quoted cell) made empty."""
    kept: list[str] = []
    quoted = False
    for line in lines:
        comment = line.startswith("#") and not quoted
        kept.append("" if comment else line)
        quoted ^= not comment and line.count('"') % 2 == 1
    return kept


def _bytes(path: Path) -> bytes:
    """What a table holds, unpacked where its name ends in .gz, and hardly more of it than a table may have."""
    with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as stream:
        return stream.read(LARGEST_TABLE + 1)


def _spot(path: Path, before: str) -> str:
    """The place behind some text of a file, as file:line:column."""
    lines = _BREAK.split(before)
    return f"{path}:{len(lines)}:{len(lines[-1]) + 1}"


def _column(line: str, number: int) -> int:
    """Where the cell of that number (from 0) begins in a line of a table, counted from 1."""
    quoted = False
    for place, letter in enumerate(line):
        if number == 0:
            return place + 1
        quoted ^= letter == '"'
        number -= letter == "," and not quoted
    return len(line) + (number == 0)


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
        key: Sequence[str] = (),
    ) -> list[Row]:
        """The rows of a CSV file with exactly these columns, in any order; none where an optional file is absent.

        The columns `maybe` may be left out. With `others` there may be more, which are kept as they are. Two rows with
        the same cells in the columns of `key` say the same thing twice, which is a mistake.
        """
        if not path.is_file():
            if path.exists():
                self.add("is a folder, not a table" if path.is_dir() else "is not a regular file", str(path))
            elif required:
                self.add("this table is missing", str(path))
            return []
        text = self._text(path)
        if text is None:
            return []
        found = self._rows(path, uncommented(_BREAK.split(text)), columns, None if others else maybe)
        seen: dict[tuple[str, ...], str] = {}
        for row in found if key else ():
            first = seen.setdefault(tuple(row.values.get(name, "") for name in key), row.place)
            if first != row.place:
                self.add(f"the same row as {first}", row.place)
        return found

    def _text(self, path: Path) -> str | None:
        """The text of a table; None, with a fault, where it is too large or no UTF-8 text."""
        try:
            if path.stat().st_size > LARGEST_TABLE:
                self.add(f"is larger than {LARGEST_TABLE // 1_000_000} MB, the most a table may have", str(path))
                return None
            content = _bytes(path)
        except (OSError, EOFError, zlib.error) as error:
            self.add(f"cannot be read ({getattr(error, 'strerror', None) or error})", str(path))
            return None
        if len(content) > LARGEST_TABLE:
            self.add(f"unpacks to more than {LARGEST_TABLE // 1_000_000} MB, the most a table may have", str(path))
            return None
        if content.startswith((b"\xff\xfe", b"\xfe\xff")):
            self.add("is UTF-16 text; save the table as UTF-8", f"{path}:1")
            return None
        try:
            text = content.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            where = _spot(path, content[: error.start].decode("utf-8-sig", errors="replace"))
            self.add(f"not UTF-8 text (byte 0x{content[error.start]:02X}); save the table as UTF-8", where)
            return None
        if found := _CONTROL.search(text):
            self.add(f"a control character (U+{ord(found[0]):04X}) is no text", _spot(path, text[: found.start()]))
            return None
        return text

    def _rows(self, path: Path, lines: list[str], columns: Sequence[str], maybe: Sequence[str] | None) -> list[Row]:
        reader = csv.reader(lines)
        rest = self._cells(reader, path)
        header = next(filter(None, rest), [])
        top = max(getattr(reader, "line_num", 1), 1)
        problems = [f"column {name!r} is missing" for name in columns if name not in header]
        known = header if maybe is None else (*columns, *maybe)
        problems += [f"column {name!r} is unknown" for name in header if name not in known]
        if problems:
            where = f"{path}:{top}:1"
            self.faults.append(Fault("; ".join(problems), place=where, source=lines[top - 1][:LONGEST_SOURCE]))
            return []
        rows = []
        begins = top + 1
        for cells in rest:
            place, line = f"{path}:{begins}", lines[begins - 1]  # a quoted cell may go on over further lines
            begins = reader.line_num + 1
            if len(cells) == len(header):
                values = {name: cell.strip() for name, cell in zip(header, cells, strict=True)}
                rows.append(Row(self, place, line, values))
            elif cells:
                self.add(f"{len(cells)} cells where the header has {len(header)}", place)
        return rows

    def _cells(self, reader: Iterator[list[str]], path: Path) -> Iterator[list[str]]:
        while True:
            try:
                yield next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                self.add(f"is no CSV ({error})", f"{path}:{getattr(reader, 'line_num', 1)}")
                return

    def add(self, message: str, place: str) -> None:
        """Note a mistake that no single cell shows, at the beginning of its line."""
        self.faults.append(Fault(message, place=f"{place}:1" if _LINE.search(place) else place))

    def check(self) -> None:
        """Raise `InputError` with every fault found so far, if any."""
        if self.faults:
            raise InputError(dict.fromkeys(self.faults))  # a table that is read twice has its faults twice


@dataclass(frozen=True)
class Row:
    """One line of a table. A bad cell is noted with the reader and a harmless value returned, so reading goes on."""

    reader: Reader
    place: str
    line: str
    values: dict[str, str]

    def fault(self, column: str, message: str) -> None:
        """Note a mistake in a column of this row."""
        at = self.at(column)
        fault = Fault(f"{column}: {message}", f"{self.place}:{at}", "", self.line[:LONGEST_SOURCE],
                      at if at <= LONGEST_SOURCE else 0)  # fmt: skip
        self.reader.faults.append(fault)

    def text(self, column: str, *, required: bool = True) -> str:
        """The cell's text."""
        if required and not self.values[column]:
            self.fault(column, "is empty")
        return self.values[column]

    def choice(self, column: str, allowed: Collection[str]) -> str:
        """The cell's text, which has to be one of those allowed."""
        return self.one_of(column, self.values[column], allowed)

    def one_of(self, column: str, value: str, allowed: Collection[str]) -> str:
        """A part of a cell, which has to be one of those allowed."""
        if value not in allowed:
            shown = ", ".join(list(allowed)[:8]) + (", ..." if len(allowed) > 8 else "")
            self.fault(column, f"{value!r} is not known; it may be {shown}")
        return value

    def word(self, column: str) -> str:
        """The cell's text, which has to be one that paths, columns and files can hold."""
        value = self.text(column)
        if value and not WORD.match(value):
            self.fault(column, f"{value[:60]!r} must be a plain word of letters, digits, _ and -")
        return value

    def number(
        self, column: str, *, low: float = 0.0, high: float = MOST, above: bool = False, harmless: float = 1.0
    ) -> float:
        """The cell's number, at least `low` (or above it) and at most `high`; `harmless` stands in for what is none."""
        value = self._float(column)
        if value is None:
            return max(harmless, low)
        if value > high:
            beyond = f"is more than there is of anything ({MOST:g} at most)"
            self.fault(column, f"{value:g} {beyond if high == MOST else f'must be at most {high:g}'}")
            return min(max(harmless, low), high)
        if value < low or (above and value == low):
            self.fault(column, f"{value:g} must be {'above' if above else 'at least'} {low:g}")
        return value

    def optional_number(self, column: str) -> float | None:
        """The cell's number, or None where the cell is empty."""
        return self.number(column) if self.values[column] else None

    def _float(self, column: str) -> float | None:
        text = self.values[column]
        try:
            value = float(text) if "_" not in text else math.nan
        except ValueError:
            value = math.nan
        if math.isfinite(value):
            return value
        comma = re.fullmatch(r"[-+]?\d+,\d+", text)
        hint = f"; write {text.replace(',', '.')}" if comma else ""
        self.fault(column, f"{text[:60]!r} is not a number{hint}")
        return None

    def at(self, column: str) -> int:
        """Where a cell begins in its line, counted from 1."""
        return _column(self.line, list(self.values).index(column)) if column in self.values else 1

    def fact(self, amount: str = "") -> Fact:
        """Confidence, source and note of a row, the first two not empty; `amount` is the column of what it states."""
        note, at = self.values.get("note", ""), self.at(amount) if amount else 0
        return Fact(self.choice("confidence", CONFIDENCES), self.text("source"), note, self.place, at)
