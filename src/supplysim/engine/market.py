"""One market of one product in one month, for many draws at once.

Suppliers `s` sell to buyers `b`; batches of draws `d` lead every array. Prices are natural logs relative to the base
year: `U` at the supplier's gate, `V` at the buyer's door. The market clears where

    x_sb  = clip(q_sb exp(sigma (V_b - U_s - T_sb - sum_g W_g)), L_sb, H_sb)          flow
    sum_b x_sb         = min(K_s, S0_s exp(eps_s U_s))                                supply
    sum_s x_sb + r_b   = D0_b exp(-eta_b h(V_b)) + B_b(V_b) + F_b                     demand, stock building, fixed
    h(V) = V, and (1 - c) V + c (e^V - 1) for V > 0                                   c curvature: 0 constant elasticity
    r_b   = D0_b exp(kappa (V_b - Vcap_b))                                            unmet demand
    sum_(sb in g) x_sb <= Q_g,   W_g >= 0,   W_g = 0 where the cap is slack           group caps

which is the stationary point of one convex dual `Phi(U, V, W)`: unbalanced entropic optimal transport with the base
flows `q` as reference. `solve` finds it by Newton's method on the smaller Schur complement. The line search needs no
values of `Phi`: along a line a convex function has a rising slope, so a step is good as long as the slope at its end
is not steeply uphill, and the slope comes free with the next gradient.

Prices are bounded, so that the dual always has a smallest value: none falls below `exp(-PRICE_BOUND)` of the base
price, where a seller makes only what is asked for; none rises above what already stops all trade (`Solver.bounds`).
Draws that plain steps do not clear are minimised within these bounds by `convex`.
"""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass, field, fields, replace
from functools import cached_property
from typing import NamedTuple, NoReturn

import numpy as np
from numpy.typing import NDArray

from supplysim.engine.convex import descend, minimise, solve_each
from supplysim.engine.sums import over_buyers, over_suppliers
from supplysim.errors import SolverError

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]
Rows = NDArray[np.intp]

RESIDUAL = 1e-10
"""Largest node residual, relative to the market's total, at which a draw counts as solved."""
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
PRICE_BOUND = 700.0
"""No log price falls below minus this: `exp(-700)` is the least of a price that can still be multiplied by tonnes."""
NO_TRADE = 1e-3
"""Share of a seller's capacity, or of a cap, that flows are below at the roof of its price."""
SAFE_EXPONENT = 300.0
NO_CAP = 1e4
"""Price multiple at which demand goes unmet when no ceiling is asked for; far above any cleared price."""
CEILING_SHARPNESS = 60.0


def demand_at(D0: Array, eta: Array, V: Array, curvature: float = 0.0) -> Array:
    """What users ask for at log prices `V`: `D0 exp(-eta h(V))`, elasticity `eta` up to the base price.

    Above it the elasticity is `eta (1 - c + c e^V)`: constant with a `curvature` c of 0, proportional to the price (a
    semi-logarithmic demand curve) with 1.
    """
    if curvature:
        V = V + curvature * np.maximum(np.expm1(np.minimum(V, SAFE_EXPONENT)) - V, 0.0) * (V > 0)
    return np.asarray(D0 * np.exp(-eta * V))


def _elasticity(eta: Array, V: Array, curvature: float) -> Array:
    """Minus the slope of log demand in the log price."""
    if not curvature:
        return eta
    return np.asarray(eta * (1.0 + curvature * np.maximum(np.expm1(np.minimum(V, SAFE_EXPONENT)), 0.0)))


@dataclass(frozen=True)
class StockDemand:
    """What buyers add to or take from stock at a price: model.md section 4.

    All arrays `(d, b)` in tonnes (months of rebuilding and release are scalars): target stock at the expected price,
    stock position (on hand and under way beyond the usual pipeline), stock on hand, expected log price. Of the target
    the share `answering` answers to the price with the elasticity `response`; the rest is held at any.
    """

    target: Array
    position: Array
    held: Array
    expected: Array
    max_build: Array
    response: float
    release_time: float
    rebuild_time: float
    answering: Array = field(default_factory=lambda: np.ones((1, 1)))

    def take(self, rows: Rows) -> StockDemand:
        """The same for the draws `rows` alone."""
        target, position, held = (_take(a, rows) for a in (self.target, self.position, self.held))
        expected, most = _take(self.expected, rows), _take(self.max_build, rows)
        times = (self.response, self.release_time, self.rebuild_time)
        return StockDemand(target, position, held, expected, most, *times, _take(self.answering, rows))

    @cached_property
    def _parts(self) -> tuple[Array, Array, Array]:
        """What does not hang on the price: the target's two shares, and the most that is released."""
        return self.target * self.answering, self.target * (1.0 - self.answering), -self.held / self.release_time

    def at(self, V: Array) -> tuple[Array, Array]:
        """Stock demand and its slope (never positive) at log prices `V`, both `(d, b)`."""
        priced, at_any, low = self._parts
        answering, high = priced * np.exp(-self.response * (V - self.expected)), self.max_build
        build = (answering + at_any - self.position) / self.rebuild_time
        inside = (build > low) & (build < high)
        return np.clip(build, low, high), np.where(inside, -self.response / self.rebuild_time * answering, 0.0)


@dataclass(frozen=True)
class Market:
    """The data of one market: `q`, `T`, `L`, `H` are `(d, s, b)`, supplier arrays `(d, s)`, buyer arrays `(d, b)`.

    `T`, `L` and `H` may be None (no cost change, no floors, no ceilings). `groups` is a `(g, s, b)` mask with caps
    `limits` `(d, g)`; `curvature` that of `demand_at`. Any `d` axis may have length 1 where all draws share the values.
    """

    q: Array
    sigma: Array
    S0: Array
    K: Array
    eps: Array
    D0: Array
    eta: Array
    vcap: Array
    kappa: float = CEILING_SHARPNESS
    T: Array | None = None
    L: Array | None = None
    H: Array | None = None
    F: Array | None = None
    stock: StockDemand | None = None
    groups: Mask | None = None
    limits: Array | None = None
    curvature: float = 0.0

    def take(self, rows: Rows) -> Market:
        """The same market for the draws `rows` alone."""
        changes: dict[str, object] = {"stock": None if self.stock is None else self.stock.take(rows)}
        for each in fields(self):
            value = getattr(self, each.name)
            if isinstance(value, np.ndarray) and each.name != "groups":
                changes[each.name] = _take(value, rows)
        return replace(self, **changes)  # type: ignore[arg-type]


class Cleared(NamedTuple):
    """A solved market: flows `(d, s, b)`, log prices `(d, s)`, `(d, b)`, `(d, g)`, unmet, stock building, steps."""

    x: Array
    U: Array
    V: Array
    W: Array
    unmet: Array
    build: Array
    iterations: NDArray[np.int64]


class _Point(NamedTuple):
    """Flows, gradient and curvature of the dual at one set of prices."""

    x: Array
    gU: Array
    gV: Array
    gW: Array
    A: Array
    C: Array
    Dg: Array
    unmet: Array
    build: Array


class Solver:
    """Newton's method on one market; made anew whenever the market's data change."""

    def __init__(self, market: Market, draws: Rows | None = None) -> None:
        """`draws` are the numbers of the market's draws, for messages; counted from 0 unless given."""
        self.m = market
        shape = np.broadcast_shapes(market.q.shape, (*market.sigma.shape, 1, 1))
        self.n, self.s, self.b = shape
        self.draws = np.arange(self.n) if draws is None else draws
        self.sigma = np.broadcast_to(market.sigma, (self.n,)).reshape(-1, 1)
        reference = market.q if market.T is None else market.q * np.exp(-self.sigma[:, :, None] * market.T)
        if market.H is not None:
            reference = np.where(market.H > 0, reference, 0.0)
        reference = reference * ((market.K > 0) & (market.S0 > 0))[:, :, None] * (market.D0 > 0)[:, None, :]
        floors = None if market.L is None else market.L * (market.K > 0)[:, :, None] * (market.D0 > 0)[:, None, :]
        if market.groups is not None and market.limits is not None and (market.limits <= 0).any():
            shut = np.einsum("dg,gsb->dsb", market.limits <= 0, market.groups)  # a cap of nothing is a ban
            reference = np.where(shut, 0.0, reference)
            floors = None if floors is None else np.where(shut, 0.0, floors)
        self.reference, self.L = np.broadcast_to(reference, shape), floors
        self.g = 0 if market.groups is None else len(market.groups)
        self.under = np.zeros((0, self.s, self.b)) if market.groups is None else market.groups.astype(float)
        self.total = np.broadcast_to(market.D0.sum(axis=1), (self.n,)) + 1e-300
        self.vmax = np.broadcast_to(market.vcap + 3.0 / market.kappa, (self.n, self.b))
        open_links = self.reference > 0 if self.L is None else (self.reference > 0) | (self.L > 0)
        self.live = np.asarray(open_links.any(axis=2))
        self.part: tuple[Rows, Solver] | None = None

    def _of(self, rows: Rows) -> Solver:
        """The solver of the draws `rows` alone; kept, because the next point is mostly one of the same draws."""
        if self.part is None or self.part[0] is not rows:
            part = self
            if len(rows) < self.n:
                part = copy(self)
                part.m, part.n, part.sigma, part.reference = (
                    self.m.take(rows),
                    len(rows),
                    self.sigma[rows],
                    self.reference[rows],
                )
                part.L, part.live = None if self.L is None else _take(self.L, rows), self.live[rows]
            self.part = (rows, part)
        return self.part[1]

    def point(self, U: Array, V: Array, W: Array, rows: Rows) -> _Point:
        """Evaluate the dual's gradient and curvature for the draws `rows` at `(U, V, W)` of the same length."""
        return self._of(rows)._point(U, V, W)

    def _point(self, U: Array, V: Array, W: Array) -> _Point:
        m, sigma = self.m, self.sigma
        rent = None if m.groups is None else sigma[:, :, None] * np.einsum("dg,gsb->dsb", W, self.under)
        x = _flows(self.reference, sigma * U, sigma * V, rent)
        C = sigma[:, :, None] * x
        if self.L is not None:
            C = np.where(x > self.L, C, 0.0)
            x = np.maximum(x, self.L)
        if m.H is not None:
            C = np.where(x < m.H, C, 0.0)
            x = np.minimum(x, m.H)
        sold, bought = over_buyers(x), over_suppliers(x)
        # Always the sums of C itself: a draw without limits may share its block with one that has them.
        supply = m.S0 * np.exp(m.eps * U)
        A = np.where(supply < m.K, m.eps * supply, 0.0) + over_buyers(C)
        gU = np.where(self.live, np.minimum(supply, m.K) - sold, 0.0)
        unmet = m.D0 * np.exp(np.minimum(m.kappa * (V - m.vcap), 300.0))
        asked = demand_at(m.D0, m.eta, V, m.curvature)
        Dg = over_suppliers(C) + m.kappa * unmet + _elasticity(m.eta, V, m.curvature) * asked
        gV = bought + unmet - asked
        build = np.zeros_like(gV)
        if m.stock is not None:
            build, slope = m.stock.at(V)
            gV, Dg = gV - build, Dg - slope
        if m.F is not None:
            gV = gV - m.F
        gV = np.where(m.D0 > 0, gV, 0.0)
        gW = np.zeros_like(W)
        if m.groups is not None and m.limits is not None:
            gW = m.limits - np.einsum("dsb,gsb->dg", x, self.under)
        return _Point(x, gU, gV, gW, A, C, Dg, unmet, build)

    def direction(self, p: _Point, W: Array) -> tuple[Array, Array, Array]:
        """Newton's step from a point, by the Schur complement on the smaller side (on the buyers' with groups)."""
        ridge = 1e-12 * (p.A.max(axis=1, initial=0.0) + p.Dg.max(axis=1, initial=0.0))[:, None] + 1e-300
        A, Dg = p.A + ridge, p.Dg + ridge
        if self.g:
            return self._direction_with_groups(p, W, A, Dg)
        if self.b <= self.s:
            dV = _schur(p.C / A[:, :, None], p.C, Dg, -p.gV, -p.gU)
            return (-p.gU + np.matmul(p.C, dV[:, :, None])[:, :, 0]) / A, dV, W * 0.0
        back = p.C.transpose(0, 2, 1)
        dU = _schur(back / Dg[:, :, None], back, A, -p.gU, -p.gV)
        return dU, (-p.gV + np.matmul(back, dU[:, :, None])[:, :, 0]) / Dg, W * 0.0

    def _direction_with_groups(self, p: _Point, W: Array, A: Array, Dg: Array) -> tuple[Array, Array, Array]:
        """Eliminate the suppliers; buyers and binding groups are solved together, slack groups stay at zero."""
        groups, n, b = self.under, len(A), self.b
        binding = (W > 0) | (p.gW < 0)
        across = np.concatenate([p.C, -np.einsum("dsb,gsb->dsg", p.C, groups)], axis=2)
        full = np.zeros((n, b + self.g, b + self.g))
        full[:, np.arange(b), np.arange(b)] = Dg
        cross = np.einsum("dsb,gsb->dbg", p.C, groups)
        full[:, :b, b:] = -cross
        full[:, b:, :b] = -cross.transpose(0, 2, 1)
        full[:, b:, b:] = np.einsum("dsb,gsb,hsb->dgh", p.C, groups, groups)
        full -= np.matmul((across / A[:, :, None]).transpose(0, 2, 1), across)
        right = np.concatenate([-p.gV, -p.gW], axis=1)
        right += np.matmul((across / A[:, :, None]).transpose(0, 2, 1), -p.gU[:, :, None])[:, :, 0]
        keep = np.concatenate([np.ones((n, b), bool), binding], axis=1)
        full = np.where(keep[:, :, None] & keep[:, None, :], full, 0.0)
        diagonal = np.arange(b + self.g)
        scale = Dg.max(axis=1)[:, None]
        full[:, diagonal, diagonal] += np.where(keep, 1e-12 * scale, scale)
        step = solve_each(full, np.where(keep, right, 0.0))
        dU = (-p.gU + np.matmul(across, step[:, :, None])[:, :, 0]) / A
        return dU, step[:, :b], step[:, b:]

    def solve(self, U: Array, V: Array, W: Array) -> Cleared:
        """Clear the market from the starting prices given; each draw stops on its own.

        Draws that plain steps do not clear are minimised within the bounds of prices. Raises `SolverError` naming the
        first draw that does not clear even then: one with numbers in it that are none.
        """
        out = Cleared(
            np.empty((self.n, self.s, self.b)), U.copy(), np.minimum(V, self.vmax), W.copy(),
            np.empty((self.n, self.b)), np.empty((self.n, self.b)), np.zeros(self.n, dtype=np.int64),
        )  # fmt: skip
        with np.errstate(over="ignore", invalid="ignore"):
            left = self._newton(out, np.arange(self.n))
            if len(left):
                self._surely(out, left)
        return out

    def bounds(self) -> tuple[Array, Array]:
        """The least and the largest `(U, V, W)`, side by side `(d, s + b + g)`.

        Demand goes unmet before `V` reaches its roof. A seller whose price stands at its roof sells less than a
        thousandth of its capacity beyond its floors, and so lies above its market; a cap's rent likewise.
        """
        m, n = self.m, self.n
        top = self.vmax.max(axis=1, initial=0.0)
        if m.T is not None:
            top = top - np.where(self.reference > 0, m.T, 0.0).min(axis=(1, 2), initial=0.0)
        makes = np.broadcast_to(np.minimum(m.K, m.S0), (n, self.s))
        spare = over_buyers(np.broadcast_to(m.q, self.reference.shape)) / np.maximum(NO_TRADE * makes, 1e-300)
        roof = top[:, None] + np.log(np.maximum(spare, 1.0)) / self.sigma
        roof = np.where(np.isinf(m.K), np.minimum(roof, 2.0 * SAFE_EXPONENT / np.maximum(m.eps, 1e-300)), roof)
        high = [np.where(self.live, np.maximum(roof, 0.0), 0.0), self.vmax]
        if m.groups is not None and m.limits is not None:
            spare = np.einsum("dsb,gsb->dg", np.broadcast_to(m.q, self.reference.shape), self.under)
            spare = spare / np.maximum(NO_TRADE * m.limits, 1e-300)
            high.append(top[:, None] + PRICE_BOUND + np.log(np.maximum(spare, 1.0)) / self.sigma)
        low = np.full((n, self.s + self.b + self.g), -PRICE_BOUND)
        steepest = np.maximum(m.eta, 1e-300) if m.stock is None else np.maximum(m.eta, m.stock.response)
        low[:, self.s : self.s + self.b] = np.maximum(-PRICE_BOUND, -2.0 * SAFE_EXPONENT / steepest)
        low[:, self.s + self.b :] = 0.0
        return low, np.concatenate(high, axis=1)

    def dual(self) -> _Dual:
        """The dual of all draws as a convex function of all prices, for `convex`."""
        return _Dual(self)

    def _surely(self, out: Cleared, rows: Rows) -> None:
        """Clear the draws `rows` from the base year's prices within the bounds of prices, by ever slower ways."""
        dual, z = self.dual(), np.zeros((self.n, self.s + self.b + self.g))
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
        self._store(out, rows, self.point(*prices, rows), prices, np.ones(len(rows), bool))

    def _led_up(self, z: Array, rows: Rows) -> tuple[Rows, NDArray[np.int64]]:
        """Continuation: the market with a small `sigma` and small elasticities leads to the one wanted."""
        steps = np.zeros(self.n, dtype=np.int64)
        z[rows] = 0.0
        for share in LADDER:
            m = self.m
            easier = replace(
                m,
                sigma=np.where(m.sigma > 1, share * m.sigma, m.sigma),
                eps=np.where(m.eps > 1, np.maximum(1.0, share * m.eps), m.eps),
                eta=np.where(m.eta > 1, np.maximum(1.0, share * m.eta), m.eta),
            )
            left, more = minimise(Solver(easier).dual(), z, rows, PROJECTED)
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
            here = (U + step[0], np.minimum(V + step[1], self.vmax[rows]), np.maximum(W + step[2], 0.0))
            p = self.point(*here, rows)
            downhill = _dot(p, step) <= OVERSHOOT * np.abs(slope)  # false where the trial overflowed
            taken = downhill | (moved <= LAST_STEP)
            U, V, W = here if taken.all() else _mixed(taken, here, (U, V, W))
            was, residual = residual, self._residual(p, W)
            near = (moved <= QUADRATIC) & full
            if near.any():
                near &= self._next(p, W, rows) <= NEXT_STEP
            settled = ((moved <= LAST_STEP) & (began > 0)) | near | (was <= FLAT * self.total[rows])
            done = taken & (residual <= self._tolerance(U, V, rows)) & settled
            if done.any():
                self._store(out, rows[done], p, (U, V, W), done)
            keep = ~done
            if not keep.any():
                return rows[keep]
            if done.any():
                rows, taken, slope, residual = rows[keep], taken[keep], slope[keep], residual[keep]
                U, V, W = U[keep], V[keep], W[keep]
                step = (step[0][keep], step[1][keep], step[2][keep])
                p = _Point(*(field[keep] for field in p))
            out.iterations[rows] += 1
            step, slope, moved = self._next_step(p, (U, V, W), rows, taken, step, slope)
            full = taken
        out.U[rows], out.V[rows], out.W[rows] = U, V, W
        return rows

    def _next_step(self, p: _Point, here: tuple[Array, Array, Array], rows: Rows, taken: Mask,
                   old: tuple[Array, Array, Array], slope: Array,
                   ) -> tuple[tuple[Array, Array, Array], Array, Array]:  # fmt: skip
        """A new Newton step where the last one was taken, a quarter of it where it overshot."""
        _, V, W = here
        new = self.direction(p, W)
        longest = np.max([np.abs(part).max(axis=1, initial=0.0) for part in new], axis=0)
        scale = np.minimum(1.0, STEP_CAP / np.maximum(longest, 1e-300))[:, None]
        new = (
            new[0] * scale,
            np.minimum(V + new[1] * scale, self.vmax[rows]) - V,
            np.maximum(W + new[2] * scale, 0.0) - W,
        )
        step = new if taken.all() else _mixed(taken, new, (0.25 * old[0], 0.25 * old[1], 0.25 * old[2]))
        slope = np.where(taken, _dot(p, new), slope)
        moved = np.max([np.abs(part).max(axis=1, initial=0.0) for part in step], axis=0)
        return step, slope, moved

    def _tolerance(self, U: Array, V: Array, rows: Rows) -> Array:
        """`RESIDUAL`, or what rounding in `sigma (V - U)` leaves where that is more."""
        size = np.maximum(np.abs(U).max(axis=1, initial=0.0), np.abs(V).max(axis=1, initial=0.0))
        rounding = 8.0 * np.finfo(float).eps * self.sigma[rows, 0] * size
        return np.asarray(np.maximum(RESIDUAL, rounding) * self.total[rows])

    def _residual(self, p: _Point, W: Array) -> Array:
        nodes = np.maximum(np.abs(p.gU).max(axis=1, initial=0.0), np.abs(p.gV).max(axis=1, initial=0.0))
        if not self.g:
            return np.asarray(nodes)
        return np.asarray(np.maximum(nodes, np.abs(_binding(p, W)).max(axis=1, initial=0.0)))

    def _next(self, p: _Point, W: Array, rows: Rows) -> Array:
        """How far the node that is furthest from clear would move by itself, `(n,)`."""
        total = self.total[rows][:, None]
        nodes = [(p.gU, p.A), (p.gV, p.Dg), *([(_binding(p, W), total)] if self.g else [])]
        moves = [(np.abs(g) / np.maximum(slope, SMALL * total)).max(axis=1, initial=0.0) for g, slope in nodes]
        return np.asarray(np.max(moves, axis=0))

    @staticmethod
    def _store(out: Cleared, rows: Rows, p: _Point, prices: tuple[Array, Array, Array], done: Mask) -> None:
        out.x[rows], out.unmet[rows], out.build[rows] = p.x[done], p.unmet[done], p.build[done]
        out.U[rows], out.V[rows], out.W[rows] = (part[done] for part in prices)


class _Dual:
    """The dual of a solver's draws as a convex function of all prices side by side, for `convex`."""

    def __init__(self, solver: Solver) -> None:
        self.solver, self.scale = solver, solver.total
        self.low, self.high = solver.bounds()
        self.ends = (solver.s, solver.s + solver.b)
        caps = [slice(k, k + 1) for k in range(self.ends[1], self.low.shape[1])]
        self.blocks = [slice(0, self.ends[0]), slice(*self.ends), *caps]

    def prices(self, z: Array) -> tuple[Array, Array, Array]:
        """`U`, `V` and `W`."""
        U, V, W = np.split(z, self.ends, axis=1)
        return U, V, W

    def gradient(self, z: Array, rows: Rows) -> Array:
        p = self.solver.point(*self.prices(z), rows)
        return np.concatenate([p.gU, p.gV, p.gW], axis=1)

    def curvature(self, z: Array, rows: Rows) -> Array:
        p, groups = self.solver.point(*self.prices(z), rows), self.solver.under
        (s, v), n = self.ends, len(z)
        H = np.zeros((n, z.shape[1], z.shape[1]))
        H[:, np.arange(s), np.arange(s)], H[:, np.arange(s, v), np.arange(s, v)] = p.A, p.Dg
        H[:, :s, s:v] = -p.C
        H[:, :s, v:] = np.einsum("dsb,gsb->dsg", p.C, groups)
        H[:, s:v, v:] = -np.einsum("dsb,gsb->dbg", p.C, groups)
        H[:, v:, v:] = np.einsum("dsb,gsb,hsb->dgh", p.C, groups, groups)
        upper = np.triu(np.ones(H.shape[1:], bool), 1)
        return np.where(upper, H, H.transpose(0, 2, 1))

    def tolerance(self, z: Array, rows: Rows) -> Array:
        return self.solver._tolerance(*self.prices(z)[:2], rows)


def _flows(reference: Array, low: Array, high: Array, rent: Array | None = None) -> Array:
    """`reference_sb exp(high_b - low_s - rent_sb)` from `(d, s)` and `(d, b)`: by factors, unless they could overflow.

    Each draw is judged alone, so that its flows do not depend on the draws beside it.
    """
    most = np.maximum(np.abs(low).max(axis=1, initial=0.0), np.abs(high).max(axis=1, initial=0.0))
    flows = np.asarray(reference * np.exp(-low)[:, :, None] * np.exp(high)[:, None, :])
    if rent is not None:
        flows *= np.exp(-rent)
    if (far := most >= SAFE_EXPONENT).any():
        exponent = high[far][:, None, :] - low[far][:, :, None] - (0.0 if rent is None else rent[far])
        flows[far] = reference[far] * np.exp(np.minimum(exponent, 2.0 * SAFE_EXPONENT))
    return flows


def _take(values: Array, rows: Rows) -> Array:
    return np.asarray(values[rows]) if len(values) > 1 else values


def _dot(p: _Point, step: tuple[Array, Array, Array]) -> Array:
    parts = zip((p.gU, p.gV, p.gW), step, strict=True)
    return np.asarray(sum(np.einsum("dn,dn->d", gradient, move) for gradient, move in parts))


def _binding(p: _Point, W: Array) -> Array:
    """By how much caps miss their limits; a slack one does not."""
    return np.where(W > 0, p.gW, np.minimum(p.gW, 0.0))


def _mixed(
    new: Mask, there: tuple[Array, Array, Array], here: tuple[Array, Array, Array]
) -> tuple[Array, Array, Array]:
    """`there` in the draws that are `new`, else `here`."""
    mixed = [np.where(new[:, None], there[k], here[k]) for k in range(3)]
    return mixed[0], mixed[1], mixed[2]


def _schur(scaled: Array, C: Array, kept: Array, right_kept: Array, right_gone: Array) -> Array:
    """Solve for the side that is kept: `(kept - C' scaled) y = right_kept + scaled' right_gone`."""
    turned = scaled.transpose(0, 2, 1)
    matrix = -np.matmul(turned, C)
    diagonal = np.arange(kept.shape[1])
    matrix[:, diagonal, diagonal] += kept
    return solve_each(matrix, right_kept + np.matmul(turned, right_gone[:, :, None])[:, :, 0])
