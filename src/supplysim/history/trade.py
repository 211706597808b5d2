"""Yearly bilateral trade: reading and checking a table, and the matrices that everything else in this room uses."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from supplysim.engine.market import Array
from supplysim.errors import Fault, InputError
from supplysim.world.kit.repair import repair

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = ("hs92", "year", "exporter_iso3", "importer_iso3", "value_kusd", "quantity_t")
SHIPPED = Path(__file__).parent / "tables" / "trade_2005_2024.csv.gz"
SHOWN_FAULTS = 20


class Lines(NamedTuple):
    """The trade of one code in one year, a line a pair: positions in the code's countries, tonnes, value (kUSD)."""

    exporter: NDArray[np.intp]
    importer: NDArray[np.intp]
    tonnes: Array
    value: Array


@dataclass(frozen=True)
class Trade:
    """Checked and repaired trade.

    `countries` lists each code's countries; `lines` holds the trade by code and year, tonnes repaired; `repaired` of
    `count` lines had their tonnes replaced, which hold the fraction `repaired_value` of each code-year's value, on
    average over code-years.
    """

    countries: Mapping[str, tuple[str, ...]]
    lines: Mapping[tuple[str, int], Lines]
    repaired: int
    count: int
    repaired_value: float

    @property
    def codes(self) -> tuple[str, ...]:
        return tuple(self.countries)

    def years(self, code: str) -> list[int]:
        return sorted(year for other, year in self.lines if other == code)

    def tonnes(self, code: str, year: int) -> Array:
        """Tonnes `(exporters, importers)` over the code's countries."""
        lines = self.lines[code, year]
        size = len(self.countries[code])
        matrix = np.zeros((size, size))
        np.add.at(matrix, (lines.exporter, lines.importer), lines.tonnes)
        return matrix

    def unit_value(self, code: str, year: int, exporter: int | None = None) -> float:
        """Value over tonnes in kUSD a tonne, of one exporter's sales or of all trade."""
        lines = self.lines[code, year]
        mine = np.ones(len(lines.tonnes), bool) if exporter is None else lines.exporter == exporter
        return float(lines.value[mine].sum() / lines.tonnes[mine].sum())

    def pairs(self, years: int) -> Iterator[tuple[str, int, Array, Array]]:
        """Every code and year with its tonnes, and those `years` later."""
        for code, year in sorted(self.lines):
            if (code, year + years) in self.lines:
                yield code, year, self.tonnes(code, year), self.tonnes(code, year + years)


@cache
def shipped_trade() -> Trade:
    """The trade table that comes with the package: CEPII BACI, 2005 to 2024."""
    return read_trade(SHIPPED)


def read_trade(path: str | Path) -> Trade:
    """Read, check and repair a trade table, csv or csv.gz, with at least the columns of `COLUMNS`.

    Raises InputError with file and line for missing columns and for codes, years, values and tonnes that are not
    what they should be; tonnes may be empty (they are then taken from the value), all else may not.
    """
    frame = _read(Path(path))
    _check_columns(frame.columns, path)
    values = _check(frame, str(path))
    return _assemble(frame, values, str(path))


def _read(path: Path) -> pd.DataFrame:
    import pandas as pd

    if path.exists() and not (path.is_file() or path.is_fifo()):  # a shell's pipe may hold a table, a device has no end
        raise InputError(Fault("is a folder or a device, not a table", place=str(path)))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", pd.errors.ParserWarning)  # cells beyond the header are no detail
            # blank lines are kept until the end so that a row's position tells its line
            frame = pd.read_csv(path, dtype=str, keep_default_na=False, index_col=False, skip_blank_lines=False)
        frame = frame.fillna("")
        return frame[(frame != "").any(axis=1)]
    except FileNotFoundError:
        raise InputError(Fault("there is no such file", place=str(path))) from None
    except (OSError, EOFError, UnicodeDecodeError, pd.errors.ParserError, pd.errors.EmptyDataError, Warning) as error:
        raise InputError(Fault(f"not a readable csv or csv.gz table ({error})", place=str(path))) from None


def _check_columns(columns: Iterable[str], path: str | Path) -> None:
    missing = [column for column in COLUMNS if column not in set(columns)]
    if missing:
        message = f"missing column {', '.join(missing)}; a trade table has {', '.join(COLUMNS)}"
        raise InputError(Fault(message, place=f"{path}:1"))


def _check(frame: pd.DataFrame, path: str) -> dict[str, Any]:
    """The numeric columns as arrays; InputError with the first faults of the table."""
    import pandas as pd

    faults: list[Fault] = []

    def refuse(bad: NDArray[np.bool_], column: str, says: str) -> None:
        for row in np.flatnonzero(bad)[: SHOWN_FAULTS - len(faults)]:
            place = f"{path}:{frame.index[row] + 2}"
            faults.append(Fault(f"{column} {says}, got {frame[column].iloc[row]!r}", place=place))

    numbers = {}
    for column in ("year", "value_kusd", "quantity_t"):
        text = frame[column].str.strip()
        number = pd.to_numeric(text.where(text != "", "nan"), errors="coerce").to_numpy(dtype=np.float64)
        empty = (text == "").to_numpy() & (column == "quantity_t")
        refuse(~np.isfinite(number) & ~empty, column, "must be a number")
        refuse(number < 0, column, "must not be negative")
        numbers[column] = number
    year = numbers["year"]
    refuse(
        np.isfinite(year) & (year >= 0) & ((year % 1 != 0) | (year < 1900) | (year > 2200)), "year", "must be a year"
    )
    for column in ("hs92", "exporter_iso3", "importer_iso3"):
        refuse((frame[column].str.strip() == "").to_numpy(), column, "must not be empty")
    if not len(frame):
        faults.append(Fault("the table has no lines", place=path))
    if faults:
        raise InputError(faults)
    return numbers


def _assemble(frame: pd.DataFrame, numbers: Mapping[str, Array], path: str) -> Trade:
    codes = frame["hs92"].str.strip().to_numpy(dtype=str)
    exporter = frame["exporter_iso3"].str.strip().to_numpy(dtype=str)
    importer = frame["importer_iso3"].str.strip().to_numpy(dtype=str)
    year = numbers["year"].astype(int)
    countries: dict[str, tuple[str, ...]] = {}
    lines: dict[tuple[str, int], Lines] = {}
    repaired, shares = 0, []
    for code in np.unique(codes):
        of_code = codes == code
        names = np.unique(np.concatenate([exporter[of_code], importer[of_code]]))
        countries[str(code)] = tuple(str(name) for name in names)
        for when in np.unique(year[of_code]):
            rows = of_code & (year == when)
            mended = repair(numbers["value_kusd"][rows], numbers["quantity_t"][rows])
            if mended is None:
                raise InputError(Fault(f"code {code} has no line with value and tonnes in {when}", place=path))
            repaired += mended.replaced
            shares.append(mended.share)
            at = (np.searchsorted(names, exporter[rows]), np.searchsorted(names, importer[rows]))
            lines[str(code), int(when)] = Lines(*at, mended.tonnes, numbers["value_kusd"][rows])
    return Trade(countries, lines, repaired, len(frame), float(np.mean(shares)))
