"""Scores of a forecast that is a distribution, each proper: the better distribution scores lower.

CRPS and PIT: Gneiting and Raftery (2007), J. Am. Stat. Assoc. 102; the estimator from a sample without its bias:
Ferro (2014), Q. J. R. Meteorol. Soc. 140; the interval score: Winkler (1972), J. Am. Stat. Assoc. 67.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from supplysim.engine.market import Array, Mask


def crps(sample: Array, observed: ArrayLike) -> Array:
    """Continuous ranked probability score of samples `(n, ...)` for observations `(...)`, in their unit.

    `E|X - y| - E|X - X'| / 2`, both means over the sample, the second over pairs of different members.
    """
    n = len(sample)
    if n < 2:
        raise ValueError("a sample needs two members or more")
    ranked = np.sort(sample, axis=0)
    weight = (2.0 * np.arange(1, n + 1) - n - 1).reshape(-1, *[1] * (ranked.ndim - 1))
    between = (weight * ranked).sum(axis=0) / (n * (n - 1))
    return np.asarray(np.abs(ranked - np.asarray(observed)).mean(axis=0) - between)


def pit(sample: Array, observed: ArrayLike) -> Array:
    """Probability integral transform: the sample's share at or below the observation, a tie counted half, `(...)`."""
    seen = np.asarray(observed)
    return np.asarray((sample < seen).mean(axis=0) + 0.5 * (sample == seen).mean(axis=0))


def winkler(sample: Array, observed: ArrayLike, coverage: float = 0.9) -> Array:
    """Score of the central interval with the nominal coverage: its width, and `2 / (1 - coverage)` times any miss."""
    seen, tail = np.asarray(observed), (1.0 - coverage) / 2.0
    low, high = np.quantile(sample, (tail, 1.0 - tail), axis=0)
    miss = np.maximum(low - seen, 0.0) + np.maximum(seen - high, 0.0)
    return np.asarray(high - low + miss / tail)


def inside(values: Array, coverage: float) -> Mask:
    """Whether PIT values lie inside the central interval with the nominal coverage."""
    return np.asarray(np.abs(values - 0.5) <= coverage / 2.0)
