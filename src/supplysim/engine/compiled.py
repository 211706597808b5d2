# mypy: allow-untyped-defs, allow-untyped-calls
"""The market's solver compiled by numba: the equations and stopping rules of `market.py` on open links alone.

`LANES` draws go side by side (see `lanes.py`); links that are shut in all of them are left out. Worth its start-up of
some seconds for many draws. Equal to the NumPy solver within the tolerance at which both stop.
"""

from __future__ import annotations

import numpy as np

from supplysim.engine.lanes import (
    LANES,
    add_product,
    compiled,
    eliminate,
    load,
    save,
    set_product,
    set_sum,
    solve_definite,
    substitute,
)  # fmt: skip
from supplysim.engine.market import (
    FLAT,
    LAST_STEP,
    MAX_ITERATIONS,
    OVERSHOOT,
    RESIDUAL,
    SAFE_EXPONENT,
    STEP_CAP,
    Array,
    Cleared,
    Market,
    Rows,
    Solver,
)  # fmt: skip
from supplysim.engine.slopes import View, look, spot
from supplysim.engine.ties import Data, gathered, open_ties

EPSILON = float(np.finfo(float).eps)


def solve(market: Market, U: Array, V: Array, W: Array, draws: Rows | None = None) -> Cleared:
    """Clear the market as `Solver(market, draws).solve(U, V, W)` does; draws that do not clear are handed to it.

    Raises `SolverError` as it does.
    """
    (n, s), b = U.shape, V.shape[1]
    out = Cleared(
        np.zeros((n, s, b)), np.array(U), np.array(V), np.array(W), np.empty((n, b)), np.empty((n, b)),
        np.zeros(n, dtype=np.int64),
    )  # fmt: skip
    links = tuple(_plain(a, (s, b)) for a in (market.q, market.T, market.L, market.H))
    groups = np.zeros((0, s, b), dtype=np.bool_) if market.groups is None else np.ascontiguousarray(market.groups)
    times = _times(market)
    solved = np.zeros(n, dtype=np.bool_)
    _solve_all(*links, groups, _nodes(market, b), times, *out, solved)  # type: ignore[call-arg]
    if not solved.all():
        left = np.flatnonzero(~solved)
        again = Solver(market.take(left), left if draws is None else draws[left]).solve(U[left], V[left], W[left])
        for whole, part in zip(out, again, strict=True):
            whole[left] = part
    return out


def _plain(array: Array | None, tail: tuple[int, ...]) -> Array:
    """The array contiguous and writable, as the compiled code knows it; empty where there is none."""
    return np.zeros((0, *tail)) if array is None else np.require(array, dtype=float, requirements=["C", "W"])


def _nodes(market: Market, b: int) -> Data:
    stock, zero = market.stock, np.zeros((1, b))
    held = (zero,) * 5
    if stock is not None:
        held = (stock.target, stock.position, -stock.held / stock.release_time, stock.max_build, stock.expected)
    fixed = zero if market.F is None else market.F
    limits = np.zeros((1, 0)) if market.limits is None else market.limits
    arrays = (market.sigma.reshape(-1, 1), market.S0, market.K, market.eps, market.D0, market.eta, market.vcap, fixed)
    return Data(*(_plain(array, ()) for array in (*arrays, *held, limits)))


def _times(market: Market) -> Array:
    """Sharpness of the ceiling, response of stocks to price and the time over which they are rebuilt."""
    stock = market.stock
    return np.array([market.kappa, *((0.0, 1.0) if stock is None else (stock.response, stock.rebuild_time))])


@compiled
def _solve_all(q, T, L, H, groups, nodes, times, x, U, V, W, unmet, build, iterations, solved):
    n, s, b = x.shape
    g = len(groups)
    for first in range(0, n, LANES):
        count = min(LANES, n - first)
        data = gathered(nodes, first, count)
        ties = open_ties(q, T, L, H, groups, data, first, count, s, b)
        view = View(
            np.zeros((len(ties.kept), LANES)), np.zeros((len(ties.kept), LANES)), spot(s, b, g),
            np.empty((s, LANES)), np.empty((b, LANES)), np.empty((b, LANES)), np.empty((b, LANES)),
        )  # fmt: skip
        here = spot(s, b, g)
        load(U, first, count, here.U)
        load(V, first, count, here.V)
        load(W, first, count, here.W)
        steps = np.zeros(LANES, dtype=np.int64)
        done = _newton(data, ties, times, here, view, steps)
        save(here.U, first, count, U)
        save(here.V, first, count, V)
        save(here.W, first, count, W)
        save(view.unmet, first, count, unmet)
        save(view.build, first, count, build)
        for lane in range(count):
            iterations[first + lane] = steps[lane]
            solved[first + lane] = done[lane]
            for p in range(len(ties.kept)):
                if ties.group[p] < 0:
                    x[first + lane, ties.seller[p], ties.buyer[p]] = view.x[p, lane]


@compiled
def _newton(data, ties, times, here, view, steps):
    """Bring `here` to the market's prices and `view` to what holds there; returns the lanes that cleared."""
    s, b, g = len(here.U), len(here.V), len(here.W)
    trial, move, new = spot(s, b, g), spot(s, b, g), spot(s, b, g)
    vmax, total, live = data.vcap + 3.0 / times[0], np.zeros(LANES), np.zeros((s, LANES))
    for lane in range(LANES):
        for j in range(b):
            here.V[j, lane] = min(here.V[j, lane], vmax[j, lane])
            total[lane] += data.D0[j, lane]
        for p in range(len(ties.kept)):
            if ties.q[p, lane] > 0 or ties.low[p, lane] > 0:
                live[ties.seller[p], lane] = 1.0
    slope, moved, done, failed = np.zeros(LANES), np.zeros(LANES), np.zeros(LANES, np.bool_), np.zeros(LANES, np.bool_)
    scratch = np.empty((2 * s + 4 * b + g, LANES))
    m = b + g if g > 0 else min(s, b)
    matrix, right, scaled = np.empty((m * m, LANES)), np.empty((m, LANES)), np.empty(ties.q.shape)
    for _ in range(MAX_ITERATIONS):
        _advance(here, move, vmax, trial)
        look(data, ties, times, live, trial, scratch, view)
        taken = _dot(view.slope, move) <= OVERSHOOT * np.abs(slope)
        for lane in range(LANES):
            taken[lane] |= moved[lane] <= LAST_STEP
        _settle(trial, taken, here)
        residual, size = _residual(view.slope, here)
        for lane in range(LANES):
            tolerance = max(RESIDUAL, 8.0 * EPSILON * data.sigma[0, lane] * size[lane]) * (total[lane] + 1e-300)
            settled = moved[lane] <= LAST_STEP or residual[lane] <= FLAT * (total[lane] + 1e-300)
            done[lane] |= taken[lane] and residual[lane] <= tolerance and settled
            failed[lane] |= not data.sigma[0, lane] * size[lane] < SAFE_EXPONENT
            steps[lane] += not done[lane]
        if (done | failed).all():
            break
        _direct(ties, here.W, view, new, matrix, right, scaled)
        _bound(here, new, vmax)
        downhill = _dot(view.slope, new)
        for lane in range(LANES):
            if taken[lane]:
                slope[lane] = downhill[lane]
        moved = _next_move(new, taken, done | failed, move)
    return done & ~failed


@compiled
def _advance(here, move, vmax, trial):
    for i in range(len(trial.U)):
        set_sum(trial.U, i, here.U, i, move.U, i)
    for j in range(len(trial.V)):
        for lane in range(LANES):
            trial.V[j, lane] = min(here.V[j, lane] + move.V[j, lane], vmax[j, lane])
    for k in range(len(trial.W)):
        for lane in range(LANES):
            trial.W[k, lane] = max(here.W[k, lane] + move.W[k, lane], 0.0)


@compiled
def _dot(slope, move):
    total = np.zeros((1, LANES))
    for gradient, step in ((slope.U, move.U), (slope.V, move.V), (slope.W, move.W)):
        for i in range(len(step)):
            add_product(total, 0, gradient, i, step, i)
    return total[0]


@compiled
def _settle(trial, taken, here):
    for new, old in ((trial.U, here.U), (trial.V, here.V), (trial.W, here.W)):
        for i in range(len(old)):
            for lane in range(LANES):
                old[i, lane] = new[i, lane] if taken[lane] else old[i, lane]


@compiled
def _residual(slope, here):
    """Largest gradient over nodes and caps, and largest log price."""
    worst, size = np.zeros(LANES), np.zeros(LANES)
    for gradient, price in ((slope.U, here.U), (slope.V, here.V)):
        for i in range(len(price)):
            for lane in range(LANES):
                worst[lane] = max(worst[lane], abs(gradient[i, lane]))
                size[lane] = max(size[lane], abs(price[i, lane]))
    for k in range(len(here.W)):
        for lane in range(LANES):
            over = slope.W[k, lane]
            worst[lane] = max(worst[lane], abs(over) if here.W[k, lane] > 0 else -min(over, 0.0))
    return worst, size


@compiled
def _direct(ties, W, view, new, matrix, right, scaled):
    """Newton's step from the point in `view`: the smaller side stays, or buyers and binding caps if there are any."""
    s, b, g = len(view.A), len(view.Dg), len(W)
    ridge, top = np.zeros(LANES), np.zeros(LANES)
    for lane in range(LANES):
        for i in range(s):
            ridge[lane] = max(ridge[lane], view.A[i, lane])
        for j in range(b):
            top[lane] = max(top[lane], view.Dg[j, lane])
        ridge[lane] = 1e-12 * (ridge[lane] + top[lane]) + 1e-300
    A, Dg = view.A + ridge, view.Dg + ridge
    sellers_go = g > 0 or b <= s
    gone, stays = (A, Dg) if sellers_go else (Dg, A)
    known, rest = (view.slope.U, view.slope.V) if sellers_go else (view.slope.V, view.slope.U)
    matrix[:] = 0.0
    for k in range(len(stays)):
        matrix[k * len(right) + k] = stays[k]
        right[k] = -rest[k]
    if g > 0:
        _cap_rows(ties, W, view, top + ridge, matrix, right, b)
    eliminate(ties.start, ties.kept, view.C, gone, known, matrix, right, scaled)
    solve_definite(matrix, right)
    out = new.U if sellers_go else new.V
    substitute(ties.start, ties.kept, view.C, gone, known, right, out)
    (new.V if sellers_go else new.U)[:] = right[: len(stays)]
    for k in range(g):
        new.W[k] = right[b + k]


@compiled
def _cap_rows(ties, W, view, scale, matrix, right, b):
    """Rows of binding caps in the Newton system; a slack cap's row says that its price does not move."""
    g = len(W)
    on = np.zeros((g, LANES))
    for k in range(g):
        for lane in range(LANES):
            on[k, lane] = 1.0 if (W[k, lane] > 0 or view.slope.W[k, lane] < 0) else 0.0
            matrix[(b + k) * (b + g + 1), lane] += 1e-12 * scale[lane] if on[k, lane] > 0 else scale[lane]
            right[b + k, lane] = -view.slope.W[k, lane] * on[k, lane]
    for j in range(b):
        matrix[j * (b + g + 1)] += 1e-12 * scale
    for p in range(len(ties.kept)):
        h = ties.group[p]
        if h >= 0:
            view.C[p] = 0.0
            for other in range(p - 1, -1, -1):
                if ties.seller[other] != ties.seller[p]:
                    break
                if ties.group[other] < 0 and ties.under[h, other]:
                    view.C[p] -= view.C[other] * on[h]
            continue
        for k in range(g):
            if ties.under[k, p]:
                matrix[(b + k) * (b + g) + ties.buyer[p]] -= view.C[p] * on[k]
                for h in range(k + 1):
                    if ties.under[h, p]:
                        matrix[(b + k) * (b + g) + b + h] += view.C[p] * on[k] * on[h]


@compiled
def _bound(here, new, vmax):
    """Shorten steps of more than `STEP_CAP`, and end them at the ceiling and at a rent of zero."""
    longest = np.zeros(LANES)
    for step in (new.U, new.V, new.W):
        for i in range(len(step)):
            for lane in range(LANES):
                longest[lane] = max(longest[lane], abs(step[i, lane]))
    scale = np.empty((1, LANES))
    scale[0] = np.minimum(1.0, STEP_CAP / np.maximum(longest, 1e-300))
    for i in range(len(new.U)):
        set_product(new.U, i, new.U, i, scale, 0)
    for j in range(len(new.V)):
        for lane in range(LANES):
            new.V[j, lane] = min(here.V[j, lane] + new.V[j, lane] * scale[0, lane], vmax[j, lane]) - here.V[j, lane]
    for k in range(len(new.W)):
        for lane in range(LANES):
            new.W[k, lane] = max(here.W[k, lane] + new.W[k, lane] * scale[0, lane], 0.0) - here.W[k, lane]


@compiled
def _next_move(new, taken, still, move):
    """The next move: the new step where the last was taken, a quarter of the last where it overshot, none if done."""
    moved = np.zeros(LANES)
    for step, last in ((new.U, move.U), (new.V, move.V), (new.W, move.W)):
        for i in range(len(step)):
            for lane in range(LANES):
                value = 0.0 if still[lane] else step[i, lane] if taken[lane] else 0.25 * last[i, lane]
                last[i, lane] = value
                moved[lane] = max(moved[lane], abs(value))
    return moved
