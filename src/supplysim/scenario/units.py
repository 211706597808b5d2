"""Quantities: text with a unit to a number in the base unit of its dimension, and back.

Base units are tonnes of contained element, months, USD and fractions; dates are months since 0000-01. A year has 12
months and 365.25 days. Element suffixes (`t W/yr`, `tU`, `t U3O8`) are checked against the mineral and converted by
stoichiometry with IUPAC atomic weights (abridged, 2021): U 238.03, W 183.84, Sb 121.76, O 15.999. By the trade's
convention a bare `lb` of uranium is U3O8, an `mtu` of tungsten 10 kg of WO3, and an `oz` a troy ounce.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

DAYS_A_MONTH = 365.25 / 12
_NUMBER = r"[-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?"
_QUANTITY = re.compile(rf"({_NUMBER})\s*(.*)\Z", re.DOTALL)
_COMMA = re.compile(r"([-+]?\d+),(\d+)(\D.*)?\Z", re.DOTALL)
_DATE = re.compile(r"(\d{4})-(\d{2})(\.\d+)?\Z", re.ASCII)
_MASS = re.compile(r"(Mt|kt|t|kg|g|Mlb|klb|lb|oz|mtu)(?: ?([A-Z][A-Za-z0-9]*))?\Z")
_TONNES = {"Mt": 1e6, "kt": 1e3, "t": 1.0, "kg": 1e-3, "g": 1e-6, "oz": 31.1034768e-6}
_TONNES |= {"lb": 0.45359237e-3, "klb": 0.45359237, "Mlb": 453.59237, "mtu": 0.01}
_O, _U, _W, _SB = 15.999, 238.03, 183.84, 121.76
_CONTENT: Mapping[str, tuple[str, float]] = {
    "U": ("uranium", 1.0),
    "U3O8": ("uranium", 3 * _U / (3 * _U + 8 * _O)),
    "W": ("tungsten", 1.0),
    "WO3": ("tungsten", _W / (_W + 3 * _O)),
    "REO": ("rare_earths", 1.0),
    "Cu": ("copper", 1.0),
    "Au": ("gold", 1.0),
    "Sb": ("antimony", 1.0),
    "Sb2O3": ("antimony", 2 * _SB / (2 * _SB + 3 * _O)),
}
_USUAL = {("uranium", "lb"): "U3O8", ("uranium", "klb"): "U3O8", ("uranium", "Mlb"): "U3O8", ("tungsten", "mtu"): "WO3"}
_TIMES = {"yr": 12.0, "year": 12.0, "y": 12.0, "month": 1.0, "week": 7 / DAYS_A_MONTH, "day": 1 / DAYS_A_MONTH}
_DURATIONS = {"month": 1.0, "months": 1.0, "year": 12.0, "years": 12.0, "yr": 12.0}
_DURATIONS |= dict.fromkeys(("week", "weeks"), 7 / DAYS_A_MONTH)
_DURATIONS |= dict.fromkeys(("day", "days"), 1 / DAYS_A_MONTH)
_DAYS = {"day": 1.0, "days": 1.0, "hour": 1 / 24, "hours": 1 / 24, "week": 7.0, "weeks": 7.0}
_DAYS |= {"month": DAYS_A_MONTH, "months": DAYS_A_MONTH}
_MONEY = {"USD": 1.0, "k USD": 1e3, "m USD": 1e6, "bn USD": 1e9}
_GROWTH = {"%/yr": 0.01, "fraction/yr": 1.0}
_MONTHLY = {"/month": 1.0, "%/month": 0.01}


class UnitError(ValueError):
    """A text that is no quantity of the dimension asked for."""


@dataclass(frozen=True)
class Dimension:
    """`base` is the unit stored, `bare` says that a number without a unit is one, `examples` what errors propose."""

    name: str
    base: str
    examples: str
    units: Mapping[str, float]
    bare: bool = False


def _dimension(name: str, base: str, examples: str, units: Mapping[str, float], *, bare: bool = False) -> Dimension:
    return Dimension(name, base, examples, MappingProxyType(dict(units)), bare)


DIMENSIONS: Mapping[str, Dimension] = {
    dimension.name: dimension
    for dimension in (
        _dimension("rate", "t/yr", "t/yr, kt/yr, t/month", {}),
        _dimension("mass", "t", "t, kt, kg", {}),
        _dimension("price", "USD/t", "USD/t, USD/kg, USD/lb, USD/mtu", {}),
        _dimension("money", "USD", "USD, m USD, bn USD", _MONEY),
        _dimension("duration", "months", "months, years, weeks, days", _DURATIONS),
        _dimension("days", "days", "hours, days, weeks", _DAYS),
        _dimension("percent", "fraction", "%, fraction", {"%": 0.01, "fraction": 1.0}),
        _dimension("fraction", "", "a number from 0 to 1, %", {"%": 0.01, "fraction": 1.0}, bare=True),
        _dimension("multiple", "", "a number, x", {"x": 1.0}, bare=True),
        _dimension("growth", "fraction/yr", "%/yr", _GROWTH),
        _dimension("monthly", "/month", "/month, %/month", _MONTHLY),
        _dimension("number", "", "a plain number", {}, bare=True),
        _dimension("date", "", "YYYY-MM", {}),
    )
}


def read_quantity(value: object, dimension: Dimension, mineral: str = "") -> float:
    """The number in base units. Raises UnitError, saying which units are possible."""
    if dimension.name == "date":
        return _read_date(value)
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise UnitError(f"must be {_wanted(dimension)}, not {_kind(value)}")
    if not isinstance(value, str):
        return _bare(value, dimension)
    match = _QUANTITY.match(value.strip())
    if comma := _COMMA.match(value.strip()):
        raise UnitError(_without_comma(value, *comma.groups(default="")))
    if not match:
        raise UnitError(f"'{value[:60]}' is not {_wanted(dimension)}")
    unit = tidy_unit(match[2])
    if not unit:
        if dimension.bare:
            raise UnitError(f"'{value[:60]}' is text in quotes; leave the quotes off")
        return _bare(float(match[1]), dimension)
    factor = _factor(unit, dimension, mineral)
    if factor is None:
        raise UnitError(f"'{unit[:40]}' is not a unit here; possible: {dimension.examples}")
    return _finite(float(match[1]) / 100 if factor == 0.01 else float(match[1]) * factor)


def _without_comma(value: str, whole: str, part: str, unit: str) -> str:
    """What to write instead of a number with a comma, which may be meant for a point or for thousands."""
    meant = f"write {whole}.{part}{unit}" + (f" or {whole}{part}{unit}" if len(part) == 3 else "")
    return f"'{value[:60]}' has a comma, which no number has here; {meant[:160]}"


def _bare(value: float, dimension: Dimension) -> float:
    if not dimension.bare:
        raise UnitError(f"the number {value:g} needs a unit: {dimension.examples}")
    return _finite(float(value))


def _finite(value: float) -> float:
    if not math.isfinite(value):
        raise UnitError("is too large to be a number")
    return value


def _read_date(value: object) -> float:
    match = _DATE.match(value.strip()) if isinstance(value, str) else None
    if not match or not 1 <= int(match[2]) <= 12:
        shown = value[:40] if isinstance(value, str) else _kind(value)
        raise UnitError(f"'{shown}' is not a month; write YYYY-MM, for example 2027-03")
    return 12 * int(match[1]) + int(match[2]) - 1 + float(match[3] or 0)


def _wanted(dimension: Dimension) -> str:
    return "a number" if dimension.bare else f"a number with a unit ({dimension.examples})"


def _kind(value: object) -> str:
    names = {bool: "true or false", list: "a list", dict: "a map", int: "a number", float: "a number"}
    return names.get(type(value), "empty")


def tidy_unit(text: str) -> str:
    """One spelling of a unit: single spaces, `/` for `per`, none around it."""
    unit = re.sub(r"\bper\b", "/", " ".join(text.split()))
    unit = re.sub(r"\s*/\s*", "/", unit)
    return re.sub(r"\btonnes?\b", "t", unit)


def _factor(unit: str, dimension: Dimension, mineral: str) -> float | None:
    if dimension.name == "mass":
        return _tonnes(unit, mineral)
    if dimension.name == "rate":
        mass, _, time = unit.rpartition("/")
        tonnes = _tonnes(mass, mineral)
        return None if tonnes is None or time not in _TIMES else tonnes * 12.0 / _TIMES[time]
    if dimension.name == "price":
        money, _, mass = unit.partition("/")
        tonnes = _tonnes(mass, mineral)
        return None if tonnes is None or money not in _MONEY else _MONEY[money] / tonnes
    return dimension.units.get(unit)


def _tonnes(unit: str, mineral: str) -> float | None:
    """Tonnes of contained element in one `unit` of mass; None if it is no mass, or not one of this mineral."""
    match = _MASS.match(unit)
    if not match:
        return None
    content = match[2] or _USUAL.get((mineral, match[1]), "")
    if not content:
        known = match[1] != "mtu" and not (match[1].endswith("lb") and not mineral)
        return _TONNES[match[1]] if known else None
    owner, share = _CONTENT.get(content, ("", 0.0))
    if not owner or (mineral and owner != mineral):
        raise UnitError(f"'{unit[:40]}' does not measure {mineral or 'any mineral here'}; say t")
    return _TONNES[match[1]] * share


def write_quantity(value: float, dimension: Dimension) -> str | int | float:
    """The value in base units as the language writes it; reading it again gives exactly the same number."""
    if dimension.name == "date":
        year, month = divmod(math.floor(value), 12)
        part = value - math.floor(value)
        return f"{year:04d}-{month + 1:02d}" + (f"{part:.17f}".rstrip("0")[1:] if part else "")
    if dimension.bare:
        return int(value) if value.is_integer() and abs(value) < 1e15 else value
    percent = {"fraction": "%", "fraction/yr": "%/yr"}.get(dimension.base)
    if percent and float(_digits(value * 100)) / 100 == value:
        return f"{_digits(value * 100)} {percent}" if percent != "%" else f"{_digits(value * 100)}%"
    return f"{_digits(value)} {dimension.base}" if dimension.base[:1] != "/" else f"{_digits(value)}{dimension.base}"


def _digits(value: float) -> str:
    short = f"{value:.12g}"
    if float(short) == value:
        return short
    return repr(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
