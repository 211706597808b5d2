"""The smallest value of convex functions within bounds, many at once; slow and sure where Newton alone fails.

The functions have a continuous gradient and kinks in it (capacities, floors, ceilings). `minimise` takes projected
Newton steps: a variable at a bound that pushes outwards leaves the system, and so does one that the step itself would
push out, which is what keeps two constraints that say the same from making it singular. Along a step the slope rises,
so it is bisected; a step ends at the first bound it meets. `descend` minimises over one variable after another by
bisection: it needs no curvature, no system and no step length, and goes downhill for ever.

Every draw is judged alone and every sum runs within it, so that its result does not depend on its company.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]
Rows = NDArray[np.intp]

LONGEST = 20.0
"""Largest change of a variable in one projected step."""
ENOUGH = 0.1
"""A step is long enough when the slope at its end is between -0.9 and this share of the slope it began with."""
HALVINGS = 60
RIDGE = 1e-10
"""Added to the system's diagonal once that is scaled to 1."""
LEAST_CURVATURE = 1e-14
"""Least curvature of a variable, of the function's scale."""
POLISHED = 1e-3
"""Steps go on from the tolerance to this share of it while each still halves the residual."""


class Function(Protocol):
    """Convex functions `(d,)` of `(d, N)` variables, each within `low` and `high`; `scale` is that of its gradient."""

    @property
    def low(self) -> Array: ...

    @property
    def high(self) -> Array: ...

    @property
    def scale(self) -> Array: ...

    def gradient(self, z: Array, rows: Rows) -> Array:
        """Gradients `(n, N)` of the functions `rows` at `z` `(n, N)`."""

    def curvature(self, z: Array, rows: Rows) -> Array:
        """Their second derivatives `(n, N, N)`."""

    def tolerance(self, z: Array, rows: Rows) -> Array:
        """Size of a gradient `(n,)` that counts as none."""


def minimise(f: Function, z: Array, rows: Rows, steps: int) -> tuple[Rows, NDArray[np.int64]]:
    """Minimise the functions `rows` from `z[rows]`, changing `z`; returns those left unsolved and the steps of each."""
    z[rows] = np.clip(z[rows], f.low[rows], f.high[rows])
    taken = np.zeros(len(z), dtype=np.int64)
    before = np.full(len(z), np.inf)
    stuck: list[int] = []
    for _ in range(steps):
        g = f.gradient(z[rows], rows)
        residual = np.abs(np.where(_held(f, z[rows], g, rows), 0.0, g)).max(axis=1, initial=0.0)
        tolerance = f.tolerance(z[rows], rows)
        small = (residual <= POLISHED * tolerance) | (residual > 0.5 * before[rows])
        before[rows] = np.where(residual <= tolerance, residual, np.inf)
        left = ~((residual <= tolerance) & small)
        rows, g = rows[left], g[left]
        if not len(rows):
            break
        here = z[rows]
        there = _along(f, here, g, _direction(f, here, g, rows), rows)
        moves = (there != here).any(axis=1)
        solved = residual[left] <= tolerance[left]
        stuck += rows[~moves & ~solved].tolist()
        z[rows], rows = there, rows[moves]
        taken[rows] += 1
    return np.sort(np.concatenate([rows, np.array(stuck, dtype=np.intp)])), taken


def descend(f: Function, z: Array, rows: Rows, blocks: Sequence[slice], sweeps: int) -> None:
    """Minimise over each block of variables in turn, changing `z`; the variables of a block do not meet each other."""
    here = np.clip(z[rows], f.low[rows], f.high[rows])
    for _ in range(sweeps):
        for block in blocks:
            low, high = f.low[rows, block].copy(), f.high[rows, block].copy()
            for _ in range(HALVINGS):
                middle = 0.5 * (low + high)
                here[:, block] = middle
                rising = f.gradient(here, rows)[:, block] > 0
                low, high = np.where(rising, low, middle), np.where(rising, middle, high)
            here[:, block] = 0.5 * (low + high)
    z[rows] = here


def solve_each(matrix: Array, right: Array) -> Array:
    """Solve `(n, N, N)` systems for `(n, N)` right sides; where one is singular its solution is not a number."""
    try:
        return np.asarray(np.linalg.solve(matrix, right[:, :, None])[:, :, 0])
    except np.linalg.LinAlgError:
        if len(matrix) == 1:
            return np.full_like(right, np.nan)
        return np.concatenate([solve_each(matrix[k : k + 1], right[k : k + 1]) for k in range(len(matrix))])


def _held(f: Function, z: Array, g: Array, rows: Rows) -> Mask:
    """Variables at a bound that the gradient pushes outwards."""
    return np.asarray(((z <= f.low[rows]) & (g > 0)) | ((z >= f.high[rows]) & (g < 0)))


def _direction(f: Function, z: Array, g: Array, rows: Rows) -> Array:
    """Newton's step in the variables that it does not push out of their bounds."""
    free = ~_held(f, z, g, rows)
    curvature = f.curvature(z, rows)
    steep = np.maximum(np.einsum("dii->di", curvature), LEAST_CURVATURE * f.scale[rows, None])
    step, open_rows = np.zeros_like(z), np.arange(len(z))
    while len(open_rows):
        k = open_rows
        step[k] = _newton(curvature[k], g[k], steep[k], free[k])
        out = free[k] & (((z[k] <= f.low[rows[k]]) & (step[k] < 0)) | ((z[k] >= f.high[rows[k]]) & (step[k] > 0)))
        free[k] &= ~out
        open_rows = k[out.any(axis=1)]
    none = ~step.any(axis=1)
    step[none] = np.where(_held(f, z, g, rows), 0.0, -g / steep)[none]
    longest = np.abs(step).max(axis=1)
    return np.asarray(step * np.minimum(1.0, LONGEST / np.maximum(longest, 1e-300))[:, None])


def _newton(curvature: Array, g: Array, steep: Array, free: Mask) -> Array:
    """The step of the free variables; straight downhill where the system gives none that goes down."""
    scale = np.where(free, 1.0 / np.sqrt(steep), 0.0)
    matrix = curvature * scale[:, :, None] * scale[:, None, :]
    places = np.arange(g.shape[1])
    matrix[:, places, places] += np.where(free, RIDGE, 1.0)
    step = -solve_each(matrix, g * scale) * scale
    down = np.isfinite(step).all(axis=1) & (_dot(g, step) < 0)
    return np.asarray(np.where(down[:, None], step, np.where(free, -g / steep, 0.0)))


def _along(f: Function, z: Array, g: Array, step: Array, rows: Rows) -> Array:
    """Where the step ends: at the first bound, or before, where the slope is nearly level."""
    low, high = f.low[rows], f.high[rows]
    with np.errstate(divide="ignore", invalid="ignore"):
        room = np.where(step < 0, (low - z) / step, np.where(step > 0, (high - z) / step, np.inf))
    first = room.argmin(axis=1)
    nearest = room[np.arange(len(z)), first]
    share, slope = np.minimum(1.0, nearest), np.abs(_dot(g, step))
    end = f.gradient(z + share[:, None] * step, rows)
    over = ~(_dot(end, step) <= ENOUGH * slope)  # true where the end overflowed
    there = z + share[:, None] * step
    hit = (nearest < 1.0) & ~over
    bound = np.where(step < 0, low, high)
    there[hit, first[hit]] = bound[hit, first[hit]]
    if over.any():
        k = np.flatnonzero(over)
        there[k] = z[k] + _level(f, z[k], step[k], rows[k], share[k], slope[k])[:, None] * step[k]
    return np.asarray(np.clip(there, low, high))


def _level(f: Function, z: Array, step: Array, rows: Rows, far: Array, slope: Array) -> Array:
    """The share of each step at whose end the slope is nearly level, by bisection."""
    near, share, left = np.zeros_like(far), 0.5 * far, np.arange(len(z))
    for _ in range(HALVINGS):
        k = left
        share[k] = 0.5 * (near[k] + far[k])
        s = _dot(f.gradient(z[k] + share[k, None] * step[k], rows[k]), step[k])
        high, low = ~(s <= ENOUGH * slope[k]), s < -(1.0 - ENOUGH) * slope[k]
        far[k], near[k] = np.where(high, share[k], far[k]), np.where(low, share[k], near[k])
        left = k[high | low]
        if not len(left):
            break
    return share


def _dot(g: Array, step: Array) -> Array:
    """Slopes `(n,)`; what does not move counts nothing, however steep."""
    with np.errstate(invalid="ignore"):
        return np.asarray(np.where(step != 0, g * step, 0.0).sum(axis=1))
