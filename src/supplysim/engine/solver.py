"""The prices that clear a market: plain Newton steps, and slower ways for the draws that these do not clear."""

from __future__ import annotations

from dataclasses import replace
from typing import NoReturn

import numpy as np
from numpy.typing import NDArray

from supplysim.engine.convex import descend, minimise
from supplysim.engine.dual import Dual, Point, Prices
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
        out = Cleared(
            np.empty((n, s, b)), U.copy(), np.minimum(V, self.dual.vmax), W.copy(),
            np.empty((n, b)), np.empty((n, b)), np.zeros(n, dtype=np.int64),
        )  # fmt: skip
        with np.errstate(over="ignore", invalid="ignore"):
            left = self._newton(out, np.arange(n))
            if len(left):
                self._surely(out, left)
        return out

    def _surely(self, out: Cleared, rows: Rows) -> None:
        """Clear the draws `rows` from the base year's prices within the bounds of prices, by ever slower ways."""
        dual, z = self.dual, np.zeros((self.dual.n, self.dual.s + self.dual.b + self.dual.g))
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
        prices = dual.prices(z[rows])
        self._store(out, rows, self.dual.point(*prices, rows), prices, np.ones(len(rows), bool))

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

    def _newton(self, out: Cleared, rows: Rows) -> Rows:
        """Iterate on the draws `rows`, writing each into `out` as it is solved; returns those left unsolved."""
        U, V, W = out.U[rows], out.V[rows], out.W[rows]
        step = (np.zeros_like(U), np.zeros_like(V), np.zeros_like(W))
        slope, moved, full = np.zeros(len(rows)), np.zeros(len(rows)), np.ones(len(rows), bool)
        residual = np.full(len(rows), np.inf)
        for began in range(MAX_ITERATIONS):
            here = (U + step[0], np.minimum(V + step[1], self.dual.vmax[rows]), np.maximum(W + step[2], 0.0))
            p = self.dual.point(*here, rows)
            downhill = _dot(p, step) <= OVERSHOOT * np.abs(slope)  # false where the trial overflowed
            taken = downhill | (moved <= LAST_STEP)
            U, V, W = here if taken.all() else _mixed(taken, here, (U, V, W))
            was, residual = residual, self._residual(p, W)
            near = (moved <= QUADRATIC) & full
            if near.any():
                near &= self._next(p, W, rows) <= NEXT_STEP
            settled = ((moved <= LAST_STEP) & (began > 0)) | near | (was <= FLAT * self.dual.total[rows])
            done = taken & (residual <= self.dual.tolerated(U, V, rows)) & settled
            if done.any():
                self._store(out, rows[done], p, (U, V, W), done)
            keep = ~done
            if not keep.any():
                return rows[keep]
            if done.any():
                rows, taken, slope, residual = rows[keep], taken[keep], slope[keep], residual[keep]
                U, V, W = U[keep], V[keep], W[keep]
                step = (step[0][keep], step[1][keep], step[2][keep])
                p = Point(*(field[keep] for field in p))
            out.iterations[rows] += 1
            step, slope, moved = self._next_step(p, (U, V, W), rows, taken, step, slope)
            full = taken
        out.U[rows], out.V[rows], out.W[rows] = U, V, W
        return rows

    def _next_step(self, p: Point, here: Prices, rows: Rows, taken: Mask,
                   old: Prices, slope: Array,
                   ) -> tuple[Prices, Array, Array]:  # fmt: skip
        """A new Newton step where the last one was taken, a quarter of it where it overshot."""
        _, V, W = here
        new = direction(self.dual, p, W)
        longest = np.max([np.abs(part).max(axis=1, initial=0.0) for part in new], axis=0)
        scale = np.minimum(1.0, STEP_CAP / np.maximum(longest, 1e-300))[:, None]
        new = (
            new[0] * scale,
            np.minimum(V + new[1] * scale, self.dual.vmax[rows]) - V,
            np.maximum(W + new[2] * scale, 0.0) - W,
        )
        step = new if taken.all() else _mixed(taken, new, (0.25 * old[0], 0.25 * old[1], 0.25 * old[2]))
        slope = np.where(taken, _dot(p, new), slope)
        moved = np.max([np.abs(part).max(axis=1, initial=0.0) for part in step], axis=0)
        return step, slope, moved

    def _residual(self, p: Point, W: Array) -> Array:
        nodes = np.maximum(np.abs(p.gU).max(axis=1, initial=0.0), np.abs(p.gV).max(axis=1, initial=0.0))
        if not self.dual.g:
            return np.asarray(nodes)
        return np.asarray(np.maximum(nodes, np.abs(_binding(p, W)).max(axis=1, initial=0.0)))

    def _next(self, p: Point, W: Array, rows: Rows) -> Array:
        """How far the node that is furthest from clear would move by itself, `(n,)`."""
        total = self.dual.total[rows][:, None]
        nodes = [(p.gU, p.A), (p.gV, p.Dg), *([(_binding(p, W), total)] if self.dual.g else [])]
        moves = [(np.abs(g) / np.maximum(slope, SMALL * total)).max(axis=1, initial=0.0) for g, slope in nodes]
        return np.asarray(np.max(moves, axis=0))

    @staticmethod
    def _store(out: Cleared, rows: Rows, p: Point, prices: Prices, done: Mask) -> None:
        out.x[rows], out.unmet[rows], out.build[rows] = p.x[done], p.unmet[done], p.build[done]
        out.U[rows], out.V[rows], out.W[rows] = (part[done] for part in prices)


def _dot(p: Point, step: Prices) -> Array:
    parts = zip((p.gU, p.gV, p.gW), step, strict=True)
    return np.asarray(sum(np.einsum("dn,dn->d", gradient, move) for gradient, move in parts))


def _binding(p: Point, W: Array) -> Array:
    """By how much caps miss their limits; a slack one does not."""
    return np.where(W > 0, p.gW, np.minimum(p.gW, 0.0))


def _mixed(new: Mask, there: Prices, here: Prices) -> Prices:
    """`there` in the draws that are `new`, else `here`."""
    mixed = [np.where(new[:, None], there[k], here[k]) for k in range(3)]
    return mixed[0], mixed[1], mixed[2]
