"""Monthly prices of minerals: the World Bank's, which come with the package, or a user's own table."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from supplysim.engine.market import Array
from supplysim.errors import InputError
from supplysim.world.tables import Reader, Row

TABLES = Path(__file__).parent / "tables"
SHIPPED = "prices_worldbank"
COLUMNS = ("mineral", "month", "value")
YEARS = (1800, 2200)


@dataclass(frozen=True)
class Prices:
    """Log prices by mineral: `log[mineral][k]` is that of month `first[mineral] + k` (12 * year + month - 1), NaN where
    the table has none."""

    first: Mapping[str, int]
    log: Mapping[str, Array]

    def path(self, mineral: str, base: int, months: int) -> Array:
        """Log price of the months after `base` over that of `base`, `(months,)`; NaN where either is not known."""
        at = self._at(mineral, np.arange(base, base + months + 1))
        return np.asarray(at[1:] - at[0])

    def known(self, mineral: str) -> NDArray[np.int64]:
        """The months with a price."""
        return self.first[mineral] + np.flatnonzero(np.isfinite(self.log[mineral]))

    def _at(self, mineral: str, months: NDArray[np.int64]) -> Array:
        if mineral not in self.log:
            return np.full(len(months), np.nan)
        series, place = self.log[mineral], months - self.first[mineral]
        inside = (place >= 0) & (place < len(series))
        return np.where(inside, series[np.clip(place, 0, len(series) - 1)], np.nan)


def read_prices(source: str | Path | None = None) -> Prices:
    """A table with the columns mineral, month (YYYY-MM) and value (any unit, the same for a mineral), others ignored.

    Without a file the shipped World Bank series. Raises InputError with every bad row.
    """
    reader = Reader()
    found: dict[str, dict[int, float]] = {}
    for row in table_rows(reader, source, SHIPPED, COLUMNS):
        mine = found.setdefault(row.text("mineral"), {})
        month = month_of(row, "month")
        if month in mine:
            row.fault("month", f"{row.values['month']} of {row.values['mineral']} is there twice")
        mine[month] = row.number("value", above=True)
    reader.check()
    if not found:
        raise InputError(f"{source}: no prices")
    return Prices({name: min(mine) for name, mine in found.items()}, {name: _series(m) for name, m in found.items()})


def table_rows(
    reader: Reader, source: str | Path | None, shipped: str, columns: Iterable[str], key: Sequence[str] = ()
) -> list[Row]:
    """Rows of a user's CSV file, of a shipped table by its name, or of the one named `shipped`."""
    path = Path(source) if source is not None else TABLES / f"{shipped}.csv"
    if not path.is_file() and str(source) == path.name == path.stem and (TABLES / f"{source}.csv").is_file():
        path = TABLES / f"{source}.csv"
    if not path.exists():
        raise InputError(f"{path}: no such file")
    return reader.rows(path, tuple(columns), others=True, key=key)


def month_of(row: Row, column: str) -> int:
    """A cell YYYY-MM as 12 * year + month - 1."""
    year, dash, of_year = row.values[column].partition("-")
    if dash and len(year) == 4 and len(of_year) == 2 and (year + of_year).isascii() and (year + of_year).isdigit():
        number = 12 * int(year) + int(of_year) - 1
        if 1 <= int(of_year) <= 12 and YEARS[0] <= int(year) < YEARS[1]:
            return number
    row.fault(column, f"{row.values[column]!r} is not a month; write it like 2014-01")
    return 12 * YEARS[0]


def calm_months(prices: Prices, mineral: str, news: Iterable[int], after: int = 12) -> NDArray[np.bool_]:
    """For each month of a mineral's series whether no event was news in it or in the `after - 1` months before."""
    first, calm = prices.first[mineral], np.ones(len(prices.log[mineral]), dtype=bool)
    for month in news:
        calm[max(month - first, 0) : max(month - first + after, 0)] = False
    return calm


def _series(found: Mapping[int, float]) -> Array:
    first = min(found)
    out = np.full(max(found) - first + 1, np.nan)
    out[[month - first for month in found]] = np.log(list(found.values()))
    return out
