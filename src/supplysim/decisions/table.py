"""A table of inputs and one output, draw by draw, whatever it comes from: checked once for all that read it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from supplysim.engine.market import Array
from supplysim.errors import InputError

FEWEST = 30
"""Draws below which neither a share of variance nor a box says anything."""


@dataclass(frozen=True)
class Table:
    """Inputs `(n, k)` with their names, for the draws that have an output; `n_failed` draws have none.

    Texts and switches are numbered in `levels` (the names of the numbers, by column); every other column is a number.
    """

    names: tuple[str, ...]
    data: Array
    levels: Mapping[int, tuple[str, ...]]
    kept: Array
    n_failed: int

    def __len__(self) -> int:
        return len(self.data)


def table_of(inputs: Any, output: Any) -> tuple[Table, Array]:
    """Inputs (a frame, a mapping of columns, or an array `(n, k)`) and `output` `(n,)`, without the draws that failed.

    A draw has failed where its output is NaN. Raises `InputError` where columns and output differ in length, an input
    is not finite, nothing varies, or fewer than `FEWEST` draws are left.
    """
    columns = _columns(inputs)
    y = np.asarray(output, dtype=float)
    odd = [name for name, column in columns.items() if len(column) != len(y)]
    if y.ndim != 1 or odd or not columns:
        raise InputError(f"inputs and output must have one row a draw: {odd[0] if odd else 'output'} does not match")
    kept = ~np.isnan(y)
    if np.isinf(y).any():
        raise InputError(
            f"the output is infinite (never reached) in {int(np.isinf(y).sum())} of {len(y)} draws; "
            "ask for a metric that has a number in every draw, such as short_share"
        )
    if kept.sum() < FEWEST:
        raise InputError(f"{int(kept.sum())} draws have an output; {FEWEST} are the fewest that say anything")
    values, levels = np.empty((int(kept.sum()), len(columns))), dict[int, tuple[str, ...]]()
    for k, (name, column) in enumerate(columns.items()):
        values[:, k], named = _numbers(name, column[kept])
        levels |= {k: named} if named else {}
    return Table(tuple(columns), values, levels, kept, int((~kept).sum())), y[kept]


def _columns(inputs: Any) -> dict[str, Any]:
    if hasattr(inputs, "columns"):
        return {str(name): inputs[name].to_numpy() for name in inputs.columns}
    if isinstance(inputs, Mapping):
        return {str(name): np.asarray(column) for name, column in inputs.items()}
    array = np.asarray(inputs)
    return {f"x{k + 1}": array[:, k] for k in range(array.shape[1])} if array.ndim == 2 else {}


def _numbers(name: str, column: Any) -> tuple[Array, tuple[str, ...]]:
    """A column as numbers, with the names of its levels where it holds texts or switches."""
    if column.dtype.kind in "fiu":
        numbers = column.astype(float)
        if not np.isfinite(numbers).all():
            raise InputError(f"the input {name} is not a finite number in every draw")
        return numbers, ()
    found, numbers = np.unique(column.astype(str), return_inverse=True)
    return numbers.astype(float), tuple(found.tolist())
