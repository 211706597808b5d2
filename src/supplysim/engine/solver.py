"""The prices that clear a market: plain Newton steps, and slower ways for the draws that these do not clear."""

from __future__ import annotations

from dataclasses import replace
from typing import NoReturn

import numpy as np
from numpy.typing import NDArray

from supplysim.engine.convex import descend, minimise
from supplysim.engine.dual import Dual, Point
from supplysim.engine.market import Array, Cleared, Market, Mask, Rows
from supplysim.engine.newton import direction
from supplysim.errors import SolverError

LAST_STEP = 1e-8
"""Largest change of a log price in the last step of a solved draw."""
QUADRATIC = 1e-6
"""A full Newton step this short that ends in a small residual crossed no kink: the next is of the order of `kappa`
times its square, and need not be taken."""
NEXT_STEP = 1e-11
"""Nor need it be taken at the start, or after such a step, unless some node asks for more than this: its own residual
over its own slope, so that a small buyer's price is as sharp as a large one's."""
SMALL = 1e-9
"""A slope below this share of the market's total is that of a node that nothing hangs on."""
FLAT = 5e-14
"""Residual at which only rounding is left: prices that still move are those of nodes that nothing hangs on."""
STEP_CAP = 2.0
"""Largest change of a log price in one step."""
MAX_ITERATIONS = 60
"""Plain steps after which a draw is handed to projected ones."""
OVERSHOOT = 0.5
"""A step is shortened while the slope at its end exceeds this share of the slope it started with."""
PROJECTED = 100
"""Projected steps after which a draw is led up from a smaller `sigma` and smaller elasticities."""
LADDER = (1e-3, 3e-3, 1e-2, 3e-2, 0.1, 0.2, 0.35, 0.5, 0.7, 0.85, 1.0)
"""Rungs: shares of `sigma`, and of elasticities as long as they stay above 1."""
SWEEPS, ROUNDS = 20, 500
"""What that leaves is minimised price by price, so many times over, with projected steps in between; the last resort.
"""


class Solver:
    """Newton's method on one market; made anew whenever the market's data change."""

    def __init__(self, market: Market, draws: Rows | None = None) -> None:
        """`draws` are the numbers of the market's draws, for messages; counted from 0 unless given."""
        self.dual = Dual(market)
        self.draws = np.arange(self.dual.n) if draws is None else draws

    def solve(self, U: Array, V: Array, W: Array) -> Cleared:
        """Clear the market from the starting prices given; each draw stops on its own.

        Draws that plain steps do not clear are minimised within the bounds of prices. Raises `SolverError` naming the
        first draw that does not clear even then: one with numbers in it that are none.
        """
        n, s, b = self.dual.n, self.dual.s, self.dual.b
        low, high = self.dual.reach
        z = np.clip(np.concatenate([U, V, W], axis=1), low, high)
        out = Cleared(
            np.empty((n, s, b)), *self.dual.prices(z), np.empty((n, b)), np.empty((n, b)), np.zeros(n, dtype=np.int64)
        )
        with np.errstate(over="ignore", invalid="ignore"):
            left = self._newton(out, z, np.arange(n))
            if len(left):
                self._surely(out, z, left)
        U, V, W = (np.ascontiguousarray(part) for part in self.dual.prices(z))
        return out._replace(U=U, V=V, W=W)

    def _surely(self, out: Cleared, z: Array, rows: Rows) -> None:
        """Clear the draws `rows` from the base year's prices within the bounds of prices, by ever slower ways."""
        dual = self.dual
        z[rows] = 0.0
        if not np.isfinite(first := dual.gradient(z[rows], rows)).all():
            self._refuse(rows[~np.isfinite(first).all(axis=1)])
        left, steps = minimise(dual, z, rows, PROJECTED)
        if len(left):
            left, more = self._led_up(z, left)
            steps += more
        for _ in range(ROUNDS if len(left) else 0):
            descend(dual, z, left, dual.blocks, SWEEPS)
            left, more = minimise(dual, z, left, PROJECTED)
            steps += more
            if not len(left):
                break
        if len(left):
            self._refuse(left)
        out.iterations[rows] += steps[rows]
        _store(out, rows, dual.of(rows).point(z[rows]), np.ones(len(rows), bool))

    def _led_up(self, z: Array, rows: Rows) -> tuple[Rows, NDArray[np.int64]]:
        """Continuation: the market with a small `sigma` and small elasticities leads to the one wanted."""
        steps = np.zeros(self.dual.n, dtype=np.int64)
        z[rows] = 0.0
        for share in LADDER:
            m = self.dual.m
            easier = replace(
                m,
                sigma=np.where(m.sigma > 1, share * m.sigma, m.sigma),
                eps=np.where(m.eps > 1, np.maximum(1.0, share * m.eps), m.eps),
                eta=np.where(m.eta > 1, np.maximum(1.0, share * m.eta), m.eta),
            )
            left, more = minimise(Dual(easier), z, rows, PROJECTED)
            steps += more
        return left, steps

    def _refuse(self, rows: Rows) -> NoReturn:
        raise SolverError(f"draw {self.draws[rows[0]]} did not clear")

    def _newton(self, out: Cleared, z: Array, rows: Rows) -> Rows:
        """Iterate on the draws `rows` from the prices `z`, writing each into `out` and `z` as it is solved; returns
        those left unsolved."""
        here, step = z[rows], np.zeros((len(rows), z.shape[1]))
        slope, moved, full = np.zeros(len(rows)), np.zeros(len(rows)), np.ones(len(rows), bool)
        residual = np.full(len(rows), np.inf)
        for began in range(MAX_ITERATIONS):
            dual = self.dual.of(rows)
            there = np.clip(here + step, *dual.reach)
            p = dual.point(there)
            downhill = _dot(p.g, step) <= OVERSHOOT * np.abs(slope)  # false where the trial overflowed
            taken = downhill | (moved <= LAST_STEP)
            here = there if taken.all() else np.where(taken[:, None], there, here)
            missed = np.abs(dual.missed(p, here))
            was, residual = residual, missed.max(axis=1, initial=0.0)
            near = (moved <= QUADRATIC) & full
            if near.any():  # how far the node that is furthest from clear would move by itself
                moves = missed / np.maximum(p.slope, SMALL * dual.total[:, None])
                near &= moves.max(axis=1, initial=0.0) <= NEXT_STEP
            settled = ((moved <= LAST_STEP) & (began > 0)) | near | (was <= FLAT * dual.total)
            done = taken & (residual <= dual.tolerated(here)) & settled
            if done.any():
                z[rows[done]] = here[done]
                _store(out, rows[done], p, done)
            keep = ~done
            if not keep.any():
                return rows[:0]
            if done.any():
                rows, taken, slope, residual = rows[keep], taken[keep], slope[keep], residual[keep]
                here, step, p = here[keep], step[keep], Point(*(field[keep] for field in p))
            out.iterations[rows] += 1
            step, slope = self._next_step(p, here, rows, taken, step, slope)
            moved, full = np.abs(step).max(axis=1, initial=0.0), taken
        z[rows] = here
        return rows

    def _next_step(
        self, p: Point, here: Array, rows: Rows, taken: Mask, old: Array, slope: Array
    ) -> tuple[Array, Array]:
        """A new Newton step where the last one was taken, a quarter of it where it overshot; and the slope along it."""
        dual = self.dual.of(rows)
        new = direction(dual, p, here)
        scale = np.minimum(1.0, STEP_CAP / np.maximum(np.abs(new).max(axis=1, initial=0.0), 1e-300))
        new = np.clip(here + new * scale[:, None], *dual.reach) - here
        if taken.all():
            return new, _dot(p.g, new)
        return np.where(taken[:, None], new, 0.25 * old), np.where(taken, _dot(p.g, new), slope)


def _store(out: Cleared, rows: Rows, p: Point, done: Mask) -> None:
    out.x[rows], out.unmet[rows], out.build[rows] = p.x[done], p.unmet[done], p.build[done]


def _dot(gradient: Array, step: Array) -> Array:
    return np.asarray(np.einsum("dn,dn->d", gradient, step))
