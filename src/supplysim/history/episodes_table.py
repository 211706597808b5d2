"""Episodes that the whole model is run on, and what was seen in them: two tables with a source in every row."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from itertools import groupby
from pathlib import Path

from supplysim.errors import InputError

TABLES = Path(__file__).parent / "tables"


@dataclass(frozen=True)
class Observation:
    """One published figure: `first` and `last` are the months it stands for (12 * year + month - 1), last included."""

    first: int
    last: int
    value: float
    confidence: str
    source: str
    note: str

    @property
    def when(self) -> str:
        """The time the figure stands for: a year, a month or a span of months."""
        if self.first % 12 == 0 and self.last - self.first == 11:
            return str(self.first // 12)
        return _month(self.first) if self.first == self.last else f"{_month(self.first)} to {_month(self.last)}"


@dataclass(frozen=True)
class Series:
    """Figures of one kind in order of time.

    `quantity` is price (spot), contract_price or exports, of `product`, at or out of `regions` (exports: to the regions
    in `to`, or to all; of several products, apart by spaces, that one customs code holds); `observations` may begin
    before the run does: earlier ones tell the drift.
    """

    name: str
    title: str
    quantity: str
    product: str
    regions: tuple[str, ...]
    unit: str
    observations: tuple[Observation, ...]
    to: tuple[str, ...] = ()

    @property
    def products(self) -> tuple[str, ...]:
        """The products whose exports the figures add up; of a price, one."""
        return tuple(self.product.split())

    @property
    def is_price(self) -> bool:
        """Whether the figures are prices."""
        return self.quantity != "exports"


@dataclass(frozen=True)
class MonthlyEpisode:
    """An episode: the shipped scenario of its name, what was seen, and which mechanism the model lacks for it."""

    name: str
    title: str
    source: str
    lacking: str
    series: tuple[Series, ...]


@cache
def monthly_episodes() -> tuple[MonthlyEpisode, ...]:
    """The episodes that come with the package."""
    seen = {name: _series(list(rows)) for name, rows in groupby(_rows("monthly_observed"), lambda row: row["episode"])}
    return tuple(
        MonthlyEpisode(row["episode"], row["title"], row["source"], row["lacking"], seen[row["episode"]])
        for row in _rows("monthly_episodes")
    )


def monthly_named(name: str) -> MonthlyEpisode:
    """An episode by its name; InputError with the names there are."""
    known = {episode.name: episode for episode in monthly_episodes()}
    if name not in known:
        raise InputError(f"no episode {name!r}; there are {', '.join(known)}")
    return known[name]


def _rows(table: str) -> list[dict[str, str]]:
    with (TABLES / f"{table}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _series(rows: list[dict[str, str]]) -> tuple[Series, ...]:
    found = []
    for name, group in groupby(rows, lambda row: row["series"]):
        mine = list(group)
        head = mine[0]
        found.append(
            Series(
                name,
                head["title"],
                head["quantity"],
                head["product"],
                tuple(head["regions"].split()),
                head["unit"],
                tuple(_observation(row) for row in mine),
            )
        )
    return tuple(found)


def _observation(row: dict[str, str]) -> Observation:
    return Observation(
        _number(row["first"]),
        _number(row["last"]),
        float(row["value"]),
        row["confidence"],
        row["source"],
        row["note"],
    )


def _number(month: str) -> int:
    year, _, of_year = month.partition("-")
    return 12 * int(year) + int(of_year) - 1


def _month(number: int) -> str:
    return f"{number // 12:04d}-{number % 12 + 1:02d}"
