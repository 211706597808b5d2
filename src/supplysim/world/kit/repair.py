"""Tonnes that cannot be right: unit errors and gaps of the trade table, replaced by value over the usual unit value."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from supplysim.engine.market import Array

FARTHEST = 4.0
"""A unit value off the code-year's median by more than this factor is taken for an error of the tonnes."""


class Repaired(NamedTuple):
    """Tonnes of each line, how many of them were replaced, and the fraction of the value those lines hold."""

    tonnes: Array
    replaced: int
    share: float


def weighted_median(values: Array, weights: Array) -> float:
    """The value at which half of the weight lies at or below."""
    order = np.argsort(values, kind="stable")
    below = np.cumsum(weights[order])
    return float(values[order][np.searchsorted(below, below[-1] / 2)])


def repair(value: Array, tonnes: Array) -> Repaired | None:
    """Replace missing and implausible tonnes of one code in one year.

    `value` (kUSD) and `tonnes` (NaN where unknown) by line. Where a line's unit value is off the value-weighted median
    by more than `FARTHEST` times, its tonnes become value over median: the value is the better measured of the two.
    None if no line has both.
    """
    usable = np.isfinite(tonnes) & (tonnes > 0) & (value > 0)
    if not usable.any():
        return None
    unit = np.divide(value, tonnes, out=np.full(value.shape, np.nan), where=usable)
    usual = weighted_median(unit[usable], value[usable])
    with np.errstate(invalid="ignore"):
        wrong = ~usable | (unit > FARTHEST * usual) | (unit < usual / FARTHEST)
    return Repaired(np.where(wrong, value / usual, tonnes), int(wrong.sum()), float(value[wrong].sum() / value.sum()))
