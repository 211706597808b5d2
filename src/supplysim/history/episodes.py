"""Scoring a run's prices against what an episode's prices did; the time axis may be months or years."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from supplysim.engine.market import Array
from supplysim.errors import InputError

if TYPE_CHECKING:
    import pandas as pd

CALM = 1.25
"""A price is back once it is below this multiple of its base and stays there."""


class PriceBand(NamedTuple):
    """p10, median and p90 of a price multiple (1 in the base period), over time."""

    low: Array
    median: Array
    high: Array


@dataclass(frozen=True)
class Score:
    """How well a band met a series: shares 0..1, the log error of the peak, and times to recover (inf if never)."""

    price_direction: float
    peak_abs_log_error: float
    band_coverage: float
    recovery_observed: float
    recovery_model: float


def direction_accuracy(predicted: ArrayLike, observed: ArrayLike) -> float:
    """Share of steps in which the predicted price moves the way the observed one does.

    Both are price multiples over the same time, the base period first. Steps in which nothing was observed to move
    are not counted; a prediction that stands still is wrong. NaN if nothing moved.
    """
    said, was = (np.sign(np.diff(np.log(_multiples(name, x)))) for name, x in _both(predicted, observed))
    moved = was != 0
    return float(np.mean(said[moved] == was[moved])) if moved.any() else float("nan")


def peak_error(predicted: ArrayLike, observed: ArrayLike) -> float:
    """Absolute log ratio of the highest predicted to the highest observed price, whenever each came."""
    said, was = (_multiples(name, x).max() for name, x in _both(predicted, observed))
    return float(abs(np.log(said / was)))


def band_coverage(band: PriceBand, observed: ArrayLike) -> float:
    """Share of periods after the base in which the observed price lies inside the band."""
    was = _multiples("observed", observed)
    low, high = _multiples("low", band.low), _multiples("high", band.high)
    if not len(low) == len(high) == len(was):
        raise ValueError(f"lengths differ: band {len(low)} and {len(high)}, observed {len(was)}")
    return float(np.mean((was[1:] >= low[1:]) & (was[1:] <= high[1:])))


def periods_to_recover(price: ArrayLike, calm: float = CALM) -> float:
    """Periods from the first one until the price is back below `calm` for good; 0 if never above, inf if never back."""
    high = _multiples("price", price) > calm
    if high[-1]:
        return float("inf")
    return float(np.flatnonzero(high)[-1] + 1) if high.any() else 0.0


def score(band: PriceBand, observed: ArrayLike) -> Score:
    """All four for one episode; the base period comes first in both."""
    return Score(
        direction_accuracy(band.median, observed),
        peak_error(band.median, observed),
        band_coverage(band, observed),
        periods_to_recover(observed),
        periods_to_recover(band.median),
    )


def score_run(prices: pd.DataFrame, observed: pd.DataFrame) -> Score:
    """Score a run's monthly price bands against an observed series.

    `prices` has the columns month, low, median, high (multiples of the base price), `observed` month and value (in any
    unit; its first month in common with the run is the base). Months are compared by equality; those only one side has
    are left out. InputError if fewer than two are in common.
    """
    _require(prices, ("month", "low", "median", "high"), "prices")
    _require(observed, ("month", "value"), "observed series")
    both = prices.merge(observed[["month", "value"]], on="month", how="inner").sort_values("month")
    if len(both) < 2:
        raise InputError("the run and the observed series have fewer than two months in common")
    base = both.iloc[0]
    columns = (both[name].to_numpy(dtype=np.float64) / base["median"] for name in PriceBand._fields)
    return score(PriceBand(*columns), both["value"].to_numpy(dtype=np.float64) / base["value"])


def _require(frame: pd.DataFrame, columns: tuple[str, ...], what: str) -> None:
    missing = [column for column in columns if column not in frame.columns]
    if missing:
        raise InputError(f"the {what} lacks the column {', '.join(missing)}")


def _both(predicted: ArrayLike, observed: ArrayLike) -> list[tuple[str, ArrayLike]]:
    if np.size(predicted) != np.size(observed):
        raise ValueError(f"lengths differ: predicted {np.size(predicted)}, observed {np.size(observed)}")
    return [("predicted", predicted), ("observed", observed)]


def _multiples(name: str, values: ArrayLike) -> Array:
    array = np.asarray(values, dtype=np.float64)
    if array.ndim != 1 or len(array) < 2:
        raise ValueError(f"{name} must list at least the base period and one more")
    if not np.isfinite(array).all() or (array <= 0).any():
        raise ValueError(f"{name} must hold positive prices")
    return array
