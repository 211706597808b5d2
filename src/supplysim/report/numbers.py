"""Numbers as people read them: two or three figures, a unit, a band."""

from __future__ import annotations

import math

from supplysim.results.summary import BOTH_BANDS, Band

NEVER = "never"
ROUNDING = 1e-4
"""Part of a band's larger end below which its median is nothing and gives no scale."""
NONE = "\u2013"
"""An en dash, where there is no number."""
TIMES = "\u00d7"
"""The multiplication sign."""
SCALES = {
    "t": ((1e6, "Mt"), (1e3, "kt"), (1.0, "t")),
    "t/yr": ((1e6, "Mt/yr"), (1e3, "kt/yr"), (1.0, "t/yr")),
    "t/month": ((1e6, "Mt/month"), (1e3, "kt/month"), (1.0, "t/month")),
    "USD": ((1e12, "tn USD"), (1e9, "bn USD"), (1e6, "m USD"), (1e3, "k USD"), (1.0, "USD")),
    "share": ((0.01, "%"),),
    "x base price": ((1.0, f"{TIMES} base price"),),
    "0..1": ((1.0, ""),),
}
"""Scale and name of a unit, largest first."""


def band_text(band: Band | None, unit: str, *, signed: bool = False) -> str:
    """`4.1 kt (2.9 to 5.6)`: the median with its 5 % and 95 % quantiles; without a band where there is none."""
    if band is None or band == (None, None, None):
        return NONE
    low, middle, high, name = _written(band, unit, signed=signed)
    named = middle if middle == NEVER else f"{middle} {'month' if middle == '1' and name == 'months' else name}".strip()
    return named if low == middle == high else f"{named} ({low} to {high})"


def middle_text(band: Band | None, unit: str) -> str:
    """The median with its unit, as `band_text` has it."""
    return band_text(band, unit).partition(" (")[0]


def range_text(band: Band | None, unit: str) -> str:
    """`2.9 to 5.6 kt`: the 5 % and 95 % quantiles; empty where they are the median."""
    if band is None or band == (None, None, None):
        return ""
    low, middle, high, name = _written(band, unit)
    return "" if low == middle == high else f"{low} to {high} {name if high != NEVER else ''}".strip()


def both_bands(outer: str, inner: Band) -> str:
    """What stands under a price's number, both bands by name: the outer one's range, the inner one with its median."""
    return f"{BOTH_BANDS[0]} {outer}; {BOTH_BANDS[1]} {band_text(inner, '')}"


def amount(value: float, unit: str) -> str:
    """One number with its unit."""
    return band_text((value, value, value), unit)


def plain(value: float) -> str:
    """A bare number with two or three figures that count."""
    return band_text((value, value, value), "")


def _written(band: Band, unit: str, *, signed: bool = False) -> tuple[str, str, str, str]:
    """The three quantiles and the unit's name, scaled and with as many decimals as suit the median."""
    known = [abs(value) for value in band if value is not None]
    most, middling = max(known, default=0.0), abs(band[1] or 0.0)
    size = middling if middling > ROUNDING * most else most
    scales = SCALES.get(unit, ((1.0, unit),))
    scale, name = next((pair for pair in scales if size >= pair[0]), scales[-1])
    name = "points" if signed and unit == "share" else name
    decimals = _decimals(size / scale, [value / scale for value in known], name)
    low, middle, high = (_text(None if value is None else value / scale, decimals, signed) for value in band)
    return low, middle, high, name


def _decimals(size: float, known: list[float], name: str) -> int:
    mass = name in ("t", "t/yr", "t/month")
    months = name == "months" and (min(known, default=1.0) == 0 or min(known) > 0.5)
    near = 0.05 if months else 0.0  # a quantile between two draws' whole months is told as the nearer one
    whole = (mass or name == "months") and all(abs(value - round(value)) <= near for value in known)
    if mass and 0 < size < 0.01:
        return min(math.ceil(-math.log10(size)), 9)  # the smallest minerals are traded by the kilogram
    if name == "months" and size >= 0.1 and not whole:
        return 1
    coarse = 10.0 if mass else 100.0
    return 0 if whole or size >= coarse else 1 if size >= 1.0 else 2


def _text(value: float | None, decimals: int, signed: bool) -> str:
    if value is None:
        return NEVER
    text = f"{value:,.{decimals}f}"
    if not text.strip("-0.,"):
        return "0"
    return f"+{text}" if signed and value > 0 else text
