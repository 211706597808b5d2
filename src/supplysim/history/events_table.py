"""A list of supply events as they were first reported, and the rules that make what is not known of them drawable.

The list itself is made by a rule fixed beforehand (a closure, ban, quota, strike or licence stop of at least 3 % of
world output for a month or more); month 0 is the month before the first report, loss and length are those reported in
that month. What nobody announced is drawn by type, never taken from what happened later.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import groupby
from pathlib import Path

from supplysim.errors import InputError
from supplysim.history.prices import TABLES, month_of, table_rows
from supplysim.world.tables import Reader, Row

SHIPPED = "events_dev"
COLUMNS = (
    "event", "metal", "news_month", "type", "loss_share_of_world", "start_lag_months", "length_months", "in_rule",
    "endogenous",
)  # fmt: skip
KEY = ("event", "metal", "news_month", "loss_share_of_world", "start_lag_months", "length_months")
"""Two rows with the same cells here would count one loss twice; an event may have several pieces."""
OPEN = "open"
LONGEST = 120.0
COVER = 2.0
"""Months of use in stock where no total is published: exchange stocks alone are a lower bound (an assumption)."""
EXCHANGES = ("LME", "SHFE", "exchange")
"""How a row of the table of covers says that it counts the stocks of exchanges alone."""


@dataclass(frozen=True)
class Piece:
    """One loss: a share of the world's output (0..1), months from the news to its start, and its length in months,
    `low` to `high` log-uniform where nobody announced one."""

    loss: float
    lag: float
    low: float
    high: float


@dataclass(frozen=True)
class Event:
    """What was reported of one metal in one month; rows of the same metal and month are one event.

    `news` is the month of the first report (12 * year + month - 1), `base` the month before it. `scored` says whether
    it meets the list's rule, `endogenous` whether a producer answered a low price by its own choice.
    """

    name: str
    metal: str
    news: int
    pieces: tuple[Piece, ...]
    endogenous: bool

    @property
    def base(self) -> int:
        """The month before the first report, whose price is the base."""
        return self.news - 1

    @property
    def month(self) -> str:
        """The month of the first report, YYYY-MM."""
        return f"{self.news // 12:04d}-{self.news % 12 + 1:02d}"


@dataclass(frozen=True)
class EventList:
    """Events by the rule, in order of metal and month; `news` has the months of all rows by metal, in the rule or not,
    so that a month can be called calm."""

    events: tuple[Event, ...]
    news: dict[str, tuple[int, ...]]


def read_events(source: str | Path | None = None) -> EventList:
    """A list of events: a file with the columns of `events_dev.csv`, or that shipped list.

    Raises InputError with every bad row, and for a list in which no event meets its own rule.
    """
    reader = Reader()
    rows = [_read(row) for row in table_rows(reader, source, SHIPPED, COLUMNS, key=KEY)]
    reader.check()
    counted = sorted((row for row in rows if row.in_rule), key=lambda row: (row.metal, row.news))
    events = [_joined(list(group)) for _, group in groupby(counted, key=lambda row: (row.metal, row.news))]
    if not events:
        raise InputError(f"{source or SHIPPED}: no row has in_rule yes, so there is nothing to score")
    metals = {row.metal for row in rows}
    return EventList(tuple(events), {m: tuple(sorted({row.news for row in rows if row.metal == m})) for m in metals})


def cover_of(event: Event) -> float:
    """Months of use held when the news came: the metal's total stocks where published, at the last year-end before
    (or the first there is), else the prior of two months."""
    known = _covers().get(event.metal)
    if not known:
        return COVER
    before = [year for year in known if 12 * (year + 1) <= event.news]
    return known[max(before) if before else min(known)]


@dataclass(frozen=True)
class _Line:
    """One row of a list."""

    name: str
    metal: str
    news: int
    piece: Piece
    in_rule: bool
    endogenous: bool


def _read(row: Row) -> _Line:
    loss = row.number("loss_share_of_world", harmless=0.5)
    if loss >= 1:
        row.fault("loss_share_of_world", f"{loss:g} must be a share of the world's output below 1, such as 0.05")
    low, high = _length(row)
    lag = row.number("start_lag_months")
    if lag > LONGEST:
        row.fault("start_lag_months", f"{lag:g} is more than {LONGEST:g} months")
    in_rule = row.values["in_rule"] == "yes"
    for column, amount in (("loss_share_of_world", loss), ("length_months", high)):
        if in_rule and amount == 0:
            row.fault(column, "is 0, so there is nothing to play; in_rule cannot be yes")
    return _Line(
        row.text("event"), row.text("metal"), month_of(row, "news_month"), Piece(loss, lag, low, high),
        in_rule, row.choice("endogenous", ("yes", "no")) == "yes",
    )  # fmt: skip


def _length(row: Row) -> tuple[float, float]:
    if row.values["length_months"] != OPEN:
        known = row.number("length_months")
        if known > LONGEST:
            row.fault("length_months", f"{known:g} is more than {LONGEST:g} months")
        return known, known
    text = f"{row.values['type']} {row.values['event']}".lower()
    for word, low, high in _lengths():
        if re.search(rf"\b{word}\b", text):
            return low, high
    words = ", ".join(word for word, _, _ in _lengths())
    row.fault("type", f"no length is known for this type; give length_months, or one of {words}")
    return 1.0, 1.0


def _joined(lines: Sequence[_Line]) -> Event:
    name = " + ".join(line.name for line in lines)
    endogenous = any(line.endogenous for line in lines)
    if sum(line.piece.loss for line in lines) >= 1:
        raise InputError(f"{name}: the losses of one metal and month add up to the whole world's output")
    return Event(name, lines[0].metal, lines[0].news, tuple(line.piece for line in lines), endogenous)


@cache
def _lengths() -> tuple[tuple[str, float, float], ...]:
    rows = _shipped("event_lengths")
    return tuple((row["word"], float(row["low_months"]), float(row["high_months"])) for row in rows)


@cache
def _covers() -> dict[str, dict[int, float]]:
    found: dict[str, dict[int, float]] = {}
    for row in _shipped("cover_dev"):
        if not any(word in row["basis"] for word in EXCHANGES):
            found.setdefault(row["metal"], {})[int(row["year"])] = float(row["cover_months"])
    return found


def _shipped(name: str) -> list[dict[str, str]]:
    with (TABLES / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
