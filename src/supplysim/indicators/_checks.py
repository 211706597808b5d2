"""What every measure asks of its inputs: numbers that are finite, not negative and not missing."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]


def numbers(name: str, values: ArrayLike, *, signed: bool = False) -> Array:
    """`values` as an array of finite floats (not negative unless `signed`); ValueError names what is wrong."""
    try:
        array = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError):
        raise ValueError(f"{name} must be numbers, got {values!r}") from None
    if array.size == 0:
        raise ValueError(f"{name} is empty")
    if not np.isfinite(array).all():
        raise ValueError(f"{name} holds NaN or infinity")
    if not signed and (array < 0).any():
        raise ValueError(f"{name} must not be negative, got {array.min():g}")
    return array


def vector(name: str, values: ArrayLike) -> Array:
    """As `numbers`, with at least one axis (the last one lists suppliers, regions or countries)."""
    array = numbers(name, values)
    if array.ndim == 0:
        raise ValueError(f"{name} must be a list, got the single number {array:g}")
    return array


def fractions(name: str, values: ArrayLike) -> Array:
    """As `numbers`, each between 0 and 1."""
    array = numbers(name, values)
    if (array > 1).any():
        raise ValueError(f"{name} must be a fraction between 0 and 1, got {array.max():g}")
    return array


def same_length(**arrays: Array) -> None:
    """ValueError unless all arrays list the same number of suppliers (last axis)."""
    lengths = {name: array.shape[-1] for name, array in arrays.items()}
    if len(set(lengths.values())) > 1:
        raise ValueError("lengths differ: " + ", ".join(f"{name} {length}" for name, length in lengths.items()))


def plain(values: Array) -> Array:
    """A number instead of an array without axes."""
    return values[()]
