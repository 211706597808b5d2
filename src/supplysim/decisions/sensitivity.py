"""What an answer hangs on, from the draws that a run already has.

* First-order index: the share of the answer's variance that an input explains alone, `Var(E[Y|X]) / Var(Y)`, from
  means within classes of the input (Plischke, Borgonovo and Smith, European Journal of Operational Research 226,
  2013), with the variance that classes of pure noise have taken off (Kelley's epsilon squared).
* Rank correlation (Spearman): which way the answer moves.
* Kolmogorov-Smirnov distance between the inputs of bad draws and of all others: what puts a draw among the bad ones
  (regional sensitivity analysis; Hornberger and Spear, Journal of Environmental Management 12, 1981).

Each has a bootstrap interval. Beside them stands a dummy input that nothing depends on: what explains no more than the
dummy does has no visible effect.
"""

from __future__ import annotations

from dataclasses import dataclass
from statistics import NormalDist
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from supplysim.decisions.table import Table, table_of
from supplysim.engine.market import Array
from supplysim.errors import InputError

if TYPE_CHECKING:
    import pandas as pd

Rows = NDArray[np.intp]

RESAMPLES = 100
DUMMIES = 100
BAND = (0.05, 0.95)
WORST = 0.9
"""Where nobody says what a bad draw is: the highest tenth of the output."""
FEWEST_CLASSES, MOST_CLASSES = 4, 64
FINER = 4
"""Places at which the distance is read, for each class of the first-order index."""
RISK = 0.05
"""Chance that any of the inputs is called visible though none is."""


class Estimate(NamedTuple):
    """A number with its bootstrap interval (5 % and 95 %)."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Driver:
    """What one input does to the answer. `s1` 0..1, `rank` -1..1, `ks` 0..1 (None where no draw, or every one, is bad).

    `direction` is "rises", "falls" or "" where no direction shows; `below_noise` says that `s1`, `ks` and `rank` all
    lie within what a dummy input reaches, which means no visible effect.
    """

    input: str
    s1: Estimate
    rank: Estimate
    ks: Estimate | None
    direction: str
    below_noise: bool


@dataclass(frozen=True)
class Sensitivity:
    """All inputs, the strongest first; `noise` is the first-order index and `ks_noise` the distance that a dummy
    input stays below; `n` draws counted, `n_failed` left out, `n_bad` bad ones."""

    drivers: tuple[Driver, ...]
    noise: float
    ks_noise: float
    n: int
    n_failed: int
    n_bad: int

    def frame(self) -> pd.DataFrame:
        """The inputs as a table, the strongest first: first-order index, rank correlation and distance of bad draws
        with their intervals, direction, and whether the effect lies below the dummy's."""
        import pandas as pd

        rows = [
            {"input": d.input, "s1": d.s1.value, "s1_lo": d.s1.low, "s1_hi": d.s1.high, "rank": d.rank.value,
             "rank_lo": d.rank.low, "rank_hi": d.rank.high, "ks": d.ks.value if d.ks else None,
             "ks_lo": d.ks.low if d.ks else None, "ks_hi": d.ks.high if d.ks else None, "direction": d.direction,
             "below_noise": d.below_noise, "n": self.n, "n_failed": self.n_failed}
            for d in self.drivers
        ]  # fmt: skip
        return pd.DataFrame(rows)

    def visible(self) -> tuple[Driver, ...]:
        """The inputs whose effect stands above the dummy's."""
        return tuple(driver for driver in self.drivers if not driver.below_noise)


def sensitivity(inputs: Any, output: Any, *, bad: Any = None, seed: int = 0) -> Sensitivity:
    """How much of `output` `(n,)` each of the `inputs` explains: a frame, a mapping of columns or an array `(n, k)`.

    `bad` `(n,)` marks the draws that went wrong; the highest tenth of the output where it is not given. Draws without
    an output (NaN) are counted as failed and left out. The same inputs and `seed` give the same numbers.

    Raises `InputError` for columns of other lengths, values that are not finite, fewer than 30 draws, or an output
    that is the same in all of them.
    """
    table, y = table_of(inputs, output)
    if np.ptp(y) == 0:
        raise InputError("the output is the same in every draw: nothing moves it")
    wrong = y >= np.quantile(y, WORST) if bad is None else _marks(bad, table)
    random = np.random.default_rng(seed)
    n = len(y)
    draws = random.integers(0, n, (RESAMPLES, n))
    weights = np.stack([np.ones(n), *(np.bincount(row, minlength=n).astype(float) for row in draws)], axis=1)
    noise, ks_noise = _dummy(y, wrong, len(table.names), random)
    ranks = np.stack([ranked(column) for column in table.data.T], axis=1)
    rho = _rank_correlations(ranks, ranked(y), weights)
    found = [_driver(table, k, y, wrong, weights, rho[:, k], (noise, ks_noise)) for k in range(len(table.names))]
    order = sorted(found, key=lambda driver: (-driver.s1.value, -abs(driver.rank.value), driver.input))
    return Sensitivity(tuple(order), noise, ks_noise, n, table.n_failed, int(wrong.sum()))


def _marks(bad: Any, table: Table) -> NDArray[np.bool_]:
    marks = np.asarray(bad)
    if marks.shape != table.kept.shape:
        raise InputError("bad must mark one row a draw, as the output does")
    return np.asarray(marks[table.kept], dtype=bool)


def _driver(
    table: Table, k: int, y: Array, wrong: NDArray[np.bool_], weights: Array, rho: Array, floor: tuple[float, float]
) -> Driver:
    x = table.data[:, k]
    order = np.argsort(x, kind="stable")
    fine, coarse = classes(x[order])
    drawn, y, wrong = weights[order], y[order], wrong[order]
    s1 = _estimate(np.maximum(explained(fine, coarse, y, drawn), 0.0))
    both = 0 < wrong.sum() < len(wrong)
    ks = _estimate(distance(fine, wrong, drawn)) if both else None
    rank = _estimate(rho, -1.0)
    far = NormalDist().inv_cdf(1.0 - 0.5 * RISK / len(table.names)) / np.sqrt(len(y) - 1.0)
    direction = "" if rank.low <= 0.0 <= rank.high else "rises" if rank.value > 0 else "falls"
    below = bool(s1.value <= floor[0] and (ks is None or ks.value <= floor[1]) and abs(rank.value) <= far)
    return Driver(table.names[k], s1, rank, ks, "" if below else direction, below)


def _estimate(values: Array, least: float = 0.0) -> Estimate:
    """The value of the sample itself, which comes first, and the band of its resamples, laid around the value: what
    resamples repeat makes them look more alike than the sample is, so their mean lies too high."""
    low, high = np.quantile(values[1:] - values[1:].mean() + values[0], BAND)
    return Estimate(float(values[0]), float(np.clip(low, least, values[0])), float(np.clip(high, values[0], 1.0)))


def classes(x: Array) -> tuple[Rows, Rows]:
    """Where each class of a sorted column begins, and which of these begin a wider class: single values if they are
    few, else classes of equal size. The wide ones are for means, the fine ones for the distance."""
    most = int(np.clip(2.0 * len(x) ** (1.0 / 3.0), FEWEST_CLASSES, MOST_CLASSES))
    first = np.concatenate([[0], np.flatnonzero(np.diff(x) > 0) + 1])
    if len(first) <= most:
        return first, np.arange(len(first))
    ideal = (np.arange(FINER * most) * len(x)) // (FINER * most)
    fine = np.unique(first[np.searchsorted(first, ideal, side="right") - 1])  # equal values stay in one class
    return fine, np.arange(len(fine)) if len(fine) <= most else np.arange(0, len(fine), FINER)


def explained(fine: Rows, coarse: Rows, y: Array, weights: Array) -> Array:
    """Share of the variance of `y` `(n,)` between classes, for each column of `weights` `(n, r)`; unbiased, so that it
    is 0 on average, and may be negative, where classes do not matter (Kelley's epsilon squared)."""
    size = np.add.reduceat(np.add.reduceat(weights, fine), coarse)
    total = np.add.reduceat(np.add.reduceat(weights * y[:, None], fine), coarse)
    n, mean = weights.sum(axis=0), y @ weights / weights.sum(axis=0)
    whole = np.maximum(y**2 @ weights - n * mean**2, 1e-300)
    between = (total**2 / np.maximum(size, 1e-300)).sum(axis=0) - n * mean**2
    within = (whole - between) / np.maximum(n - (size > 0).sum(axis=0), 1.0)
    return np.asarray(1.0 - within * (n - 1.0) / whole)


def distance(fine: Rows, wrong: NDArray[np.bool_], weights: Array) -> Array:
    """Kolmogorov-Smirnov distance between bad and other draws, read where classes of a sorted column end, for each
    column of `weights` `(n, r)`."""
    all_of, bad = np.add.reduceat(weights, fine), np.add.reduceat(weights * wrong[:, None], fine)
    count, rest = (np.maximum(part.sum(axis=0), 1e-300) for part in (bad, all_of - bad))
    return np.asarray(np.abs(np.cumsum(bad / count - (all_of - bad) / rest, axis=0)).max(axis=0))


def ranked(values: Array) -> Array:
    """Ranks from 0, ties at their mean."""
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    return np.asarray((ends - (counts + 1) / 2.0)[inverse])


def _rank_correlations(x: Array, y: Array, weights: Array) -> Array:
    """Pearson's correlation of ranks `(r, k)` for each column of weights: the ranks are those of the whole sample."""
    n = weights.sum(axis=0)[:, None]
    x, y, drawn = x - x.mean(axis=0), y - y.mean(), weights.T
    mx, my = drawn @ x / n, (drawn @ y)[:, None] / n
    cross = drawn @ (x * y[:, None]) / n - mx * my
    spread = np.maximum(drawn @ x**2 / n - mx**2, 0.0) * np.maximum((drawn @ y**2)[:, None] / n - my**2, 0.0)
    return np.where(spread > 0, cross / np.sqrt(np.maximum(spread, 1e-300)), 0.0)


def _dummy(y: Array, wrong: NDArray[np.bool_], inputs: int, random: np.random.Generator) -> tuple[float, float]:
    """What inputs that nothing depends on reach: at most `RISK` that the largest of so many lies above."""
    one = np.ones((len(y), 1))
    both = 0 < wrong.sum() < len(wrong)
    place = np.arange(len(y), dtype=float)
    s1, ks = np.zeros(DUMMIES), np.zeros(DUMMIES)
    fine, coarse = classes(place)
    for k in range(DUMMIES):
        order = random.permutation(len(y))
        s1[k] = explained(fine, coarse, y[order], one)[0]
        ks[k] = distance(fine, wrong[order], one)[0] if both else 0.0
    far = NormalDist().inv_cdf(1.0 - RISK / max(inputs, 1))
    return tuple(float(max(v.mean() + far * v.std(), v.max())) for v in (s1, ks))  # type: ignore[return-value]
