"""Newton's step on a market's dual, by the Schur complement on the smaller side."""

from __future__ import annotations

import numpy as np

from supplysim.engine.convex import solve_each
from supplysim.engine.dual import Dual, Point, Prices
from supplysim.engine.market import Array


def direction(dual: Dual, p: Point, W: Array) -> Prices:
    """Newton's step from a point, by the Schur complement on the smaller side (on the buyers' with groups)."""
    ridge = 1e-12 * (p.A.max(axis=1, initial=0.0) + p.Dg.max(axis=1, initial=0.0))[:, None] + 1e-300
    A, Dg = p.A + ridge, p.Dg + ridge
    if dual.g:
        return _with_groups(dual, p, W, A, Dg)
    if dual.b <= dual.s:
        dV = _schur(p.C / A[:, :, None], p.C, Dg, -p.gV, -p.gU)
        return (-p.gU + np.matmul(p.C, dV[:, :, None])[:, :, 0]) / A, dV, W * 0.0
    back = p.C.transpose(0, 2, 1)
    dU = _schur(back / Dg[:, :, None], back, A, -p.gU, -p.gV)
    return dU, (-p.gV + np.matmul(back, dU[:, :, None])[:, :, 0]) / Dg, W * 0.0


def _with_groups(dual: Dual, p: Point, W: Array, A: Array, Dg: Array) -> Prices:
    """Eliminate the suppliers; buyers and binding groups are solved together, slack groups stay at zero."""
    groups, n, b = dual.under, len(A), dual.b
    binding = (W > 0) | (p.gW < 0)
    across = np.concatenate([p.C, -np.einsum("dsb,gsb->dsg", p.C, groups)], axis=2)
    full = np.zeros((n, b + dual.g, b + dual.g))
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
    diagonal = np.arange(b + dual.g)
    scale = Dg.max(axis=1)[:, None]
    full[:, diagonal, diagonal] += np.where(keep, 1e-12 * scale, scale)
    step = solve_each(full, np.where(keep, right, 0.0))
    dU = (-p.gU + np.matmul(across, step[:, :, None])[:, :, 0]) / A
    return dU, step[:, :b], step[:, b:]


def _schur(scaled: Array, C: Array, kept: Array, right_kept: Array, right_gone: Array) -> Array:
    """Solve for the side that is kept: `(kept - C' scaled) y = right_kept + scaled' right_gone`."""
    turned = scaled.transpose(0, 2, 1)
    matrix = -np.matmul(turned, C)
    diagonal = np.arange(kept.shape[1])
    matrix[:, diagonal, diagonal] += kept
    return solve_each(matrix, right_kept + np.matmul(turned, right_gone[:, :, None])[:, :, 0])
