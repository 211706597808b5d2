"""Sums over one side of a market's links that come out the same whatever draws stand beside a draw."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def over_buyers(x: Array) -> Array:
    """Sums `(d, s)` of `(d, s, b)`: by matrix products, which cost a fraction of `sum` along short axes, and which add
    up a draw in the same order whatever the draws beside it."""
    return np.asarray(np.matmul(np.ascontiguousarray(x), np.ones(x.shape[2])))


def over_suppliers(x: Array) -> Array:
    """Sums `(d, b)` of `(d, s, b)`."""
    return np.asarray(np.matmul(np.ones((1, x.shape[1])), np.ascontiguousarray(x))[:, 0])
