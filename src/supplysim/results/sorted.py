"""Quantiles by sorting: several times as fast as NumPy's along an axis, and the same to the last bit."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from supplysim.engine.market import Array


def quantiles(values: Array, shares: Sequence[float], axis: int = 0) -> Array:
    """`np.quantile` of an array along an axis: linear between the values of draws; `(shares, ...)`."""
    ordered = np.moveaxis(np.sort(values, axis=axis), axis, 0)
    if not np.isfinite(ordered[[0, -1]]).all():  # one that is no number, or none to interpolate to
        return np.asarray(np.quantile(values, shares, axis=axis))
    if len(ordered) == 1:  # every quantile of one draw
        return np.repeat(ordered + 0.0, len(shares), axis=0)
    places = np.asarray(shares) * (len(ordered) - 1)
    below = np.floor(places).astype(int)
    part = (places - below).reshape(-1, *[1] * (ordered.ndim - 1))
    low, high = ordered[below], ordered[np.minimum(below + 1, len(ordered) - 1)]
    gap = high - low
    return np.asarray(np.where(part >= 0.5, high - gap * (1.0 - part), low + gap * part))
