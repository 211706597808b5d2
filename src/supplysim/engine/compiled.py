"""The market's solver compiled by numba: the equations and the stopping rules of `market.py`, one draw at a time.

Worth its start-up (a second or two) for many draws. Equal to the NumPy solver within the tolerance both stop at.
"""

from __future__ import annotations

import numba
import numpy as np
from numpy.typing import NDArray

from supplysim.engine.market import (
    LAST_STEP, MAX_ITERATIONS, OVERSHOOT, RESIDUAL, SAFE_EXPONENT, STEP_CAP, Array, Cleared, Market, Solver,
)  # fmt: skip

EPSILON = float(np.finfo(float).eps)
NONE3 = np.zeros((0, 0, 0))


def solve(market: Market, U: Array, V: Array, W: Array, draws: NDArray[np.intp] | None = None) -> Cleared:
    """Clear the market as `Solver(market).solve(U, V, W)` does; draws that do not clear are handed to it.

    `draws` are the numbers of the market's draws, for messages. Raises `SolverError` as it does.
    """
    solver = Solver(market, draws)
    n, s, b = solver.n, solver.s, solver.b
    out = Cleared(
        np.empty((n, s, b)), U.copy(), np.minimum(V, solver.vmax), W.copy(), np.empty((n, b)), np.zeros((n, b)),
        np.zeros(n, dtype=np.int64),
    )  # fmt: skip
    solved = np.zeros(n, dtype=np.bool_)
    _solve_all(*_arguments(market, solver), out.x, out.U, out.V, out.W, out.unmet, out.build, out.iterations, solved)
    left = np.flatnonzero(~solved)
    if len(left):
        rest = Solver(market.take(left), solver.draws[left]).solve(U[left], V[left], W[left])
        for whole, part in zip(out, rest, strict=True):
            whole[left] = part
    return out


def _arguments(market: Market, solver: Solver) -> tuple[object, ...]:
    """The market as plain contiguous arrays, every one with its full draw axis (or empty where there is none)."""
    n, s, b = solver.n, solver.s, solver.b

    def full(array: Array | None, *tail: int) -> Array:
        return np.zeros((0, *tail)) if array is None else np.ascontiguousarray(np.broadcast_to(array, (n, *tail)))

    stock = market.stock
    parts = (None,) * 5 if stock is None else (stock.target, stock.position, stock.held, stock.expected, stock.max_build)
    times = np.zeros(3) if stock is None else np.array([stock.response, stock.release_time, stock.rebuild_time])
    groups = np.zeros((0, s, b)) if market.groups is None else market.groups.astype(float)
    return (
        np.ascontiguousarray(solver.reference), np.ascontiguousarray(solver.sigma[:, 0]), full(market.S0, s),
        full(market.K, s), full(market.eps, s), full(market.D0, b), full(market.eta, b), full(market.vcap, b),
        float(market.kappa), np.ascontiguousarray(solver.vmax), full(solver.L, s, b), full(market.H, s, b),
        full(market.F, b), *(full(part, b) for part in parts), times, groups, full(market.limits, len(groups)),
        np.ascontiguousarray(solver.total),
    )  # fmt: skip


@numba.njit(cache=True, error_model="numpy", fastmath={"contract", "reassoc", "nsz"})
def _solve_all(
    q, sigma, S0, K, eps, D0, eta, vcap, kappa, vmax, L, H, F, target, position, held, expected, most, times, groups,
    limits, total, x_out, U_out, V_out, W_out, unmet_out, build_out, iterations, solved,
):  # fmt: skip
    n, s, b = q.shape
    g = len(groups)
    x, C = np.empty((s, b)), np.empty((s, b))
    gU, gV, gW, A, Dg = np.empty(s), np.empty(b), np.empty(g), np.empty(s), np.empty(b)
    unmet, build = np.empty(b), np.empty(b)
    live = np.empty(s, dtype=np.bool_)
    U, V, W = np.empty(s), np.empty(b), np.empty(g)
    tU, tV, tW = np.empty(s), np.empty(b), np.empty(g)
    dU, dV, dW = np.empty(s), np.empty(b), np.empty(g)
    size = max(min(s, b), b + g if g else 0)
    matrix, right = np.empty((size, size)), np.empty(size)
    across, column = np.empty((s, b + g)), np.empty(s)
    has_l, has_h, has_f, has_stock = len(L) > 0, len(H) > 0, len(F) > 0, len(target) > 0
    for d in range(n):
        for i in range(s):
            U[i] = U_out[d, i]
            dU[i] = 0.0
            live[i] = False
            for j in range(b):
                if q[d, i, j] > 0 or (has_l and L[d, i, j] > 0):
                    live[i] = True
        for j in range(b):
            V[j] = V_out[d, j]
            dV[j] = 0.0
        for k in range(g):
            W[k] = W_out[d, k]
            dW[k] = 0.0
        slope, moved = 0.0, 0.0
        for _ in range(MAX_ITERATIONS):
            for i in range(s):
                tU[i] = U[i] + dU[i]
            for j in range(b):
                tV[j] = min(V[j] + dV[j], vmax[d, j])
            for k in range(g):
                tW[k] = max(W[k] + dW[k], 0.0)
            # the point: flows, gradient, curvature
            largest = 0.0
            for i in range(s):
                largest = max(largest, abs(sigma[d] * tU[i]))
            for j in range(b):
                largest = max(largest, abs(sigma[d] * tV[j]))
            safe = largest < SAFE_EXPONENT
            for j in range(b):
                dV_pull = np.exp(sigma[d] * tV[j]) if safe else 0.0
                right_hand = dV_pull
                gV[j] = 0.0
                Dg[j] = 0.0
                build[j] = right_hand  # holds the pull until the flows are made
            for i in range(s):
                push = np.exp(-sigma[d] * tU[i]) if safe else 0.0
                sold, bend = 0.0, 0.0
                for j in range(b):
                    reference = q[d, i, j]
                    if reference > 0:
                        if safe:
                            flow = reference * push * build[j]
                        else:
                            flow = reference * np.exp(sigma[d] * (tV[j] - tU[i]))
                        for k in range(g):
                            if groups[k, i, j] > 0 and tW[k] > 0:
                                flow *= np.exp(-sigma[d] * tW[k])
                    else:
                        flow = 0.0
                    curve = sigma[d] * flow
                    if has_l and flow <= L[d, i, j]:
                        flow = L[d, i, j]
                        curve = 0.0
                    if has_h and flow >= H[d, i, j]:
                        flow = H[d, i, j]
                        curve = 0.0
                    x[i, j] = flow
                    C[i, j] = curve
                    sold += flow
                    bend += curve
                    gV[j] += flow
                    Dg[j] += curve
                supply = S0[d, i] * np.exp(eps[d, i] * tU[i])
                A[i] = bend + (eps[d, i] * supply if supply < K[d, i] else 0.0)
                gU[i] = min(supply, K[d, i]) - sold if live[i] else 0.0
            for j in range(b):
                left = D0[d, j] * np.exp(min(kappa * (tV[j] - vcap[d, j]), 300.0))
                demand = D0[d, j] * np.exp(-eta[d, j] * tV[j])
                unmet[j] = left
                gV[j] += left - demand
                Dg[j] += kappa * left + eta[d, j] * demand
                build[j] = 0.0
                if has_stock:
                    wanted = target[d, j] * np.exp(-times[0] * (tV[j] - expected[d, j]))
                    add = (wanted - position[d, j]) / times[2]
                    low, high = -held[d, j] / times[1], most[d, j]
                    if low < add < high:
                        Dg[j] += times[0] / times[2] * wanted
                    build[j] = min(max(add, low), high)
                    gV[j] -= build[j]
                if has_f:
                    gV[j] -= F[d, j]
                if D0[d, j] <= 0:
                    gV[j] = 0.0
            for k in range(g):
                total_flow = 0.0
                for i in range(s):
                    for j in range(b):
                        if groups[k, i, j] > 0:
                            total_flow += x[i, j]
                gW[k] = limits[d, k] - total_flow
            # was the step good?
            end = 0.0
            for i in range(s):
                end += gU[i] * dU[i]
            for j in range(b):
                end += gV[j] * dV[j]
            for k in range(g):
                end += gW[k] * dW[k]
            taken = end <= OVERSHOOT * abs(slope) or moved <= LAST_STEP
            if taken:
                worst, size_of = 0.0, 0.0
                for i in range(s):
                    U[i] = tU[i]
                    worst = max(worst, abs(gU[i]))
                    size_of = max(size_of, abs(U[i]))
                for j in range(b):
                    V[j] = tV[j]
                    worst = max(worst, abs(gV[j]))
                    size_of = max(size_of, abs(V[j]))
                for k in range(g):
                    W[k] = tW[k]
                    worst = max(worst, abs(gW[k]) if W[k] > 0 else max(-gW[k], 0.0))
                tolerance = max(RESIDUAL, 8.0 * EPSILON * sigma[d] * size_of) * total[d]
                if worst <= tolerance and moved <= LAST_STEP:
                    solved[d] = True
                    for i in range(s):
                        U_out[d, i] = U[i]
                        for j in range(b):
                            x_out[d, i, j] = x[i, j]
                    for j in range(b):
                        V_out[d, j] = V[j]
                        unmet_out[d, j] = unmet[j]
                        build_out[d, j] = build[j]
                    for k in range(g):
                        W_out[d, k] = W[k]
                    break
                iterations[d] += 1
                if g:
                    _direction_with_groups(C, A, Dg, gU, gV, gW, W, groups, across, matrix, right, dU, dV, dW)
                else:
                    _direction(C, A, Dg, gU, gV, matrix, right, column, dU, dV)
                longest = 0.0
                for i in range(s):
                    longest = max(longest, abs(dU[i]))
                for j in range(b):
                    longest = max(longest, abs(dV[j]))
                scale = min(1.0, STEP_CAP / max(longest, 1e-300))
                slope, moved = 0.0, 0.0
                for i in range(s):
                    dU[i] *= scale
                    slope += gU[i] * dU[i]
                    moved = max(moved, abs(dU[i]))
                for j in range(b):
                    dV[j] = min(V[j] + dV[j] * scale, vmax[d, j]) - V[j]
                    slope += gV[j] * dV[j]
                    moved = max(moved, abs(dV[j]))
                for k in range(g):
                    dW[k] = max(W[k] + dW[k] * scale, 0.0) - W[k]
                    slope += gW[k] * dW[k]
                    moved = max(moved, abs(dW[k]))
            else:
                iterations[d] += 1
                moved *= 0.25
                for i in range(s):
                    dU[i] *= 0.25
                for j in range(b):
                    dV[j] *= 0.25
                for k in range(g):
                    dW[k] *= 0.25


@numba.njit(cache=True, error_model="numpy", fastmath={"contract", "reassoc", "nsz"})
def _direction(C, A, Dg, gU, gV, matrix, right, column, dU, dV):  # fmt: skip
    """Newton's step by the Schur complement on the smaller side; `matrix` and `right` are scratch."""
    s, b = C.shape
    ridge = 1e-12 * (A.max() + Dg.max()) + 1e-300
    if b <= s:
        for j in range(b):
            right[j] = -gV[j]
            for h in range(j + 1):
                matrix[j, h] = 0.0
            matrix[j, j] = Dg[j] + ridge
        for i in range(s):
            inverse = 1.0 / (A[i] + ridge)
            for j in range(b):
                c = C[i, j] * inverse
                if c != 0.0:
                    right[j] -= c * gU[i]
                    for h in range(j + 1):
                        matrix[j, h] -= c * C[i, h]
        _cholesky(matrix, right, b)
        for j in range(b):
            dV[j] = right[j]
        for i in range(s):
            total = -gU[i]
            for j in range(b):
                total += C[i, j] * dV[j]
            dU[i] = total / (A[i] + ridge)
        return
    for i in range(s):
        right[i] = -gU[i]
        for h in range(i + 1):
            matrix[i, h] = 0.0
        matrix[i, i] = A[i] + ridge
    for j in range(b):
        inverse = 1.0 / (Dg[j] + ridge)
        for h in range(s):
            column[h] = C[h, j]
        for i in range(s):
            c = column[i] * inverse
            if c != 0.0:
                right[i] -= c * gV[j]
                for h in range(i + 1):
                    matrix[i, h] -= c * column[h]
    _cholesky(matrix, right, s)
    for i in range(s):
        dU[i] = right[i]
    for j in range(b):
        total = -gV[j]
        for i in range(s):
            total += C[i, j] * dU[i]
        dV[j] = total / (Dg[j] + ridge)


@numba.njit(cache=True, error_model="numpy", fastmath={"contract", "reassoc", "nsz"})
def _direction_with_groups(C, A, Dg, gU, gV, gW, W, groups, across, matrix, right, dU, dV, dW):  # fmt: skip
    """Newton's step with binding group caps: suppliers eliminated, slack groups held at zero."""
    s, b = C.shape
    g = len(groups)
    ridge = 1e-12 * (A.max() + Dg.max()) + 1e-300
    m = b + g
    matrix[:m, :m] = 0.0
    for i in range(s):
        for j in range(b):
            across[i, j] = C[i, j]
        for k in range(g):
            across[i, b + k] = 0.0
            if W[k] > 0 or gW[k] < 0:
                for j in range(b):
                    if groups[k, i, j] > 0:
                        across[i, b + k] -= C[i, j]
                        matrix[b + k, j] -= C[i, j]
                        for h in range(k + 1):
                            if groups[h, i, j] > 0 and (W[h] > 0 or gW[h] < 0):
                                matrix[b + k, b + h] += C[i, j]
    for j in range(b):
        matrix[j, j] = Dg[j] + ridge
        right[j] = -gV[j]
    for k in range(g):
        right[b + k] = -gW[k] if (W[k] > 0 or gW[k] < 0) else 0.0
    for i in range(s):
        inverse = 1.0 / (A[i] + ridge)
        for j in range(m):
            c = across[i, j] * inverse
            if c != 0.0:
                right[j] -= c * gU[i]
                for h in range(j + 1):
                    matrix[j, h] -= c * across[i, h]
    top = Dg.max() + ridge
    for k in range(g):
        matrix[b + k, b + k] += 1e-12 * top if (W[k] > 0 or gW[k] < 0) else top
    for j in range(b):
        matrix[j, j] += 1e-12 * top
    _cholesky(matrix, right, m)
    for j in range(b):
        dV[j] = right[j]
    for k in range(g):
        dW[k] = right[b + k]
    for i in range(s):
        total = -gU[i]
        for j in range(m):
            total += across[i, j] * right[j]
        dU[i] = total / (A[i] + ridge)


@numba.njit(cache=True, error_model="numpy", fastmath={"contract", "reassoc", "nsz"})
def _cholesky(matrix, right, m):  # fmt: skip
    """Solve the positive definite system whose lower triangle is in `matrix`, overwriting both; pivots stay positive."""
    top = 0.0
    for j in range(m):
        top = max(top, matrix[j, j])
    for j in range(m):
        for h in range(j):
            total = matrix[j, h]
            for k in range(h):
                total -= matrix[j, k] * matrix[h, k]
            matrix[j, h] = total / matrix[h, h]
        total = matrix[j, j]
        for k in range(j):
            total -= matrix[j, k] * matrix[j, k]
        matrix[j, j] = np.sqrt(max(total, 1e-16 * top + 1e-300))
    for j in range(m):
        total = right[j]
        for k in range(j):
            total -= matrix[j, k] * right[k]
        right[j] = total / matrix[j, j]
    for j in range(m - 1, -1, -1):
        total = right[j]
        for k in range(j + 1, m):
            total -= matrix[k, j] * right[k]
        right[j] = total / matrix[j, j]
