"""Newton's step on a market's dual, by the Schur complement on the smaller side."""

from __future__ import annotations

import numpy as np

from supplysim.engine.convex import solve_each
from supplysim.engine.dual import Dual, Point
from supplysim.engine.market import Array


def direction(dual: Dual, p: Point, z: Array) -> Array:
    """Newton's step `(d, N)` from a point, by the Schur complement on the smaller side (on the buyers' with groups)."""
    (gU, gV, _), (A, Dg, _) = dual.prices(p.g), dual.prices(p.slope)
    ridge = 1e-12 * (A.max(axis=1, initial=0.0) + Dg.max(axis=1, initial=0.0))[:, None] + 1e-300
    A, Dg = A + ridge, Dg + ridge
    if dual.g:
        return _with_groups(dual, p, z, A, Dg)
    if dual.b <= dual.s:
        dV = _schur(p.C / A[:, :, None], p.C, Dg, -gV, -gU)
        dU = (np.matmul(p.C, dV[:, :, None])[:, :, 0] - gU) / A
    else:
        back = p.C.transpose(0, 2, 1)
        dU = _schur(back / Dg[:, :, None], back, A, -gU, -gV)
        dV = (np.matmul(back, dU[:, :, None])[:, :, 0] - gV) / Dg
    return np.concatenate([dU, dV], axis=1)


def _with_groups(dual: Dual, p: Point, z: Array, A: Array, Dg: Array) -> Array:
    """Eliminate the suppliers; buyers and binding groups are solved together, slack groups stay at zero."""
    groups, n, s, b = dual.under, len(A), dual.s, dual.b
    gU, rest = p.g[:, :s], p.g[:, s:]
    keep = (z > dual.reach[0])[:, s:] | (rest < 0)
    keep[:, :b] = True
    across = np.concatenate([p.C, -np.einsum("dsb,gsb->dsg", p.C, groups)], axis=2)
    full = np.zeros((n, b + dual.g, b + dual.g))
    cross = np.einsum("dsb,gsb->dbg", p.C, groups)
    full[:, np.arange(b), np.arange(b)] = Dg
    full[:, :b, b:] = -cross
    full[:, b:, :b] = -cross.transpose(0, 2, 1)
    full[:, b:, b:] = np.einsum("dsb,gsb,hsb->dgh", p.C, groups, groups)
    turned = (across / A[:, :, None]).transpose(0, 2, 1)
    full -= np.matmul(turned, across)
    right = -rest - np.matmul(turned, gU[:, :, None])[:, :, 0]
    full = np.where(keep[:, :, None] & keep[:, None, :], full, 0.0)
    diagonal = np.arange(b + dual.g)
    scale = Dg.max(axis=1)[:, None]
    full[:, diagonal, diagonal] += np.where(keep, 1e-12 * scale, scale)
    step = solve_each(full, np.where(keep, right, 0.0))
    return np.concatenate([(np.matmul(across, step[:, :, None])[:, :, 0] - gU) / A, step], axis=1)


def _schur(scaled: Array, C: Array, kept: Array, right_kept: Array, right_gone: Array) -> Array:
    """Solve for the side that is kept: `(kept - C' scaled) y = right_kept + scaled' right_gone`."""
    turned = scaled.transpose(0, 2, 1)
    matrix = -np.matmul(turned, C)
    diagonal = np.arange(kept.shape[1])
    matrix[:, diagonal, diagonal] += kept
    return solve_each(matrix, right_kept + np.matmul(turned, right_gone[:, :, None])[:, :, 0])
