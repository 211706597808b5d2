# mypy: allow-untyped-defs, allow-untyped-calls
"""The dual of a market at given prices, for the compiled solver: what `Solver.point` computes."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from supplysim.engine.lanes import LANES, compiled, exponential, set_product, set_sum
from supplysim.engine.market import Array


class Spot(NamedTuple):
    """Prices, or steps of prices, or gradients: by seller, buyer and group, each `(n, LANES)`."""

    U: Array
    V: Array
    W: Array


class View(NamedTuple):
    """Flows and curvature by link, gradient, curvature and what is left unserved or stocked by node."""

    x: Array
    C: Array
    slope: Spot
    A: Array
    Dg: Array
    unmet: Array
    build: Array


@compiled
def spot(s, b, g):
    return Spot(np.zeros((s, LANES)), np.zeros((b, LANES)), np.zeros((g, LANES)))


@compiled
def look(data, ties, times, live, at, scratch, view):
    """The dual's gradient and curvature at the prices `at`, as `Solver.point` has them."""
    s, b, g = len(at.U), len(at.V), len(at.W)
    sigma, kappa = data.sigma[0], times[0]
    for i in range(s):
        for lane in range(LANES):
            scratch[i, lane] = -sigma[lane] * at.U[i, lane]
        set_product(scratch, s + i, data.eps, i, at.U, i)
    for j in range(b):
        k = 2 * s + 4 * j
        set_product(scratch, k, data.sigma, 0, at.V, j)
        for lane in range(LANES):
            scratch[k + 1, lane] = min(kappa * (at.V[j, lane] - data.vcap[j, lane]), 300.0)
        for lane in range(LANES):
            scratch[k + 2, lane] = -data.eta[j, lane] * at.V[j, lane]
        for lane in range(LANES):
            scratch[k + 3, lane] = -times[1] * (at.V[j, lane] - data.expected[j, lane])
    for h in range(g):
        for lane in range(LANES):
            scratch[2 * s + 4 * b + h, lane] = -sigma[lane] * at.W[h, lane]
    exponential(scratch)
    _flow(data, ties, scratch, view, s, b)
    _sellers(data, live, scratch[s : 2 * s], view)
    _buyers(data, times, scratch[2 * s : 2 * s + 4 * b], view)
    for h in range(g):
        total = np.zeros((1, LANES))
        for p in range(len(ties.kept)):
            if ties.under[h, p]:
                set_sum(total, 0, total, 0, view.x, p)
        view.slope.W[h] = data.limits[h] - total[0]


@compiled
def _flow(data, ties, scratch, view, s, b):
    """Flows and their curvature by link; sums of both by node."""
    sold, bought = view.slope.U, view.slope.V
    sold[:], bought[:], view.A[:], view.Dg[:] = 0.0, 0.0, 0.0, 0.0
    for p in range(len(ties.kept)):
        if ties.group[p] >= 0:
            continue
        i, j = ties.seller[p], ties.buyer[p]
        set_product(view.x, p, ties.q, p, scratch, i)
        set_product(view.x, p, view.x, p, scratch, 2 * s + 4 * j)
        for h in range(len(ties.under)):
            if ties.under[h, p]:
                set_product(view.x, p, view.x, p, scratch, 2 * s + 4 * b + h)
        set_product(view.C, p, view.x, p, data.sigma, 0)
        if ties.clipped:
            _clip(view.x[p], view.C[p], ties.low[p], ties.high[p])
        set_sum(sold, i, sold, i, view.x, p)
        set_sum(bought, j, bought, j, view.x, p)
        set_sum(view.A, i, view.A, i, view.C, p)
        set_sum(view.Dg, j, view.Dg, j, view.C, p)


@compiled
def _clip(x, C, low, high):
    """Flows between floor and ceiling; those at either do not answer to prices."""
    for lane in range(LANES):
        C[lane] = C[lane] if low[lane] < x[lane] < high[lane] else 0.0
        x[lane] = min(max(x[lane], low[lane]), high[lane])


@compiled
def _sellers(data, live, curve, view):
    for i in range(len(view.A)):
        S0, K, eps, slope, bend = data.S0[i], data.K[i], data.eps[i], view.slope.U[i], view.A[i]
        for lane in range(LANES):
            supply = S0[lane] * curve[i, lane]
            bend[lane] += eps[lane] * supply if supply < K[lane] else 0.0
            slope[lane] = (min(supply, K[lane]) - slope[lane]) * live[i, lane]


@compiled
def _buyers(data, times, curve, view):
    for j in range(len(view.Dg)):
        D0, eta, slope, give = data.D0[j], data.eta[j], view.slope.V[j], view.Dg[j]
        left, build = view.unmet[j], view.build[j]
        target, position, least, most = data.target[j], data.position[j], data.least[j], data.most[j]
        for lane in range(LANES):
            left[lane] = D0[lane] * curve[4 * j + 1, lane]
            demand = D0[lane] * curve[4 * j + 2, lane]
            wanted = target[lane] * curve[4 * j + 3, lane]
            add = (wanted - position[lane]) / times[2]
            inside = least[lane] < add < most[lane]
            give[lane] += times[0] * left[lane] + eta[lane] * demand
            give[lane] += times[1] / times[2] * wanted if inside else 0.0
            build[lane] = min(max(add, least[lane]), most[lane])
            gap = slope[lane] + left[lane] - demand - build[lane] - data.fixed[j, lane]
            slope[lane] = gap if D0[lane] > 0 else 0.0
