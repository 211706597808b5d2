"""A price at the model's ceiling is told as such: where demand goes unserved, the number is no market's."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from supplysim.engine.market import Array
from supplysim.results.summary import Band
from supplysim.scenario import Scenario

NEAR = 0.97
"""Part of the ceiling from which a price counts as at it: the market clears a little below and above it."""
BINDS = 0.05
"""Share of draws from which the ceiling is said to bind."""
SEEN = 5.6
"""The largest rise within twelve months in 21 monthly series of prices since 1990 (World Bank Pink Sheet, IMF)."""
PRICES = ("peak_price_multiple",)
"""Metrics that are a price in one month, so that the ceiling can hold them."""


def ceiling_of(scenario: Scenario) -> float:
    """The scenario's price ceiling, a multiple of the base price."""
    return float(scenario.values["model.price_ceiling"])


def at_ceiling(price: float | None, ceiling: float) -> bool:
    """Whether a price (a multiple of the base price) is the ceiling's rather than a market's."""
    return price is not None and price >= NEAR * ceiling


def share_at_ceiling(prices: Array | Sequence[float], ceiling: float) -> float:
    """Share of draws, or of months, whose price is at the ceiling; NaN for none."""
    known = np.asarray(prices, dtype=float)
    return float((known >= NEAR * ceiling).mean()) if known.size else float("nan")


def told_at_ceiling(ceiling: float) -> str:
    """The words for it: `at the model's ceiling (20 x)`."""
    return f"at the model's ceiling ({ceiling:g} x)"


def told_rationing(ceiling: float) -> str:
    """What it means where the ceiling binds in some draws: `in a twentieth of the draws or more it is at ...`."""
    return (
        f"in a twentieth of the draws or more it is {told_at_ceiling(ceiling)}, where it only rations what is left "
        f"(since 1990 no metal's has risen by more than {SEEN:g} x in a year)"
    )


def or_ceiling(text: str, metric: str, band: Band | None, ceiling: float) -> str:
    """A band's text, or the words for the ceiling where it is a price's and its median is there."""
    held = metric in PRICES and band is not None and at_ceiling(band[1], ceiling)
    return told_at_ceiling(ceiling) if held else text


def binds(band: Band | None, ceiling: float) -> bool:
    """Whether the ceiling binds in a twentieth of the draws or more: the 95 % quantile of a peak price is at it."""
    return band is not None and at_ceiling(band[2], ceiling)
