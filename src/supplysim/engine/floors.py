"""Contracts' floors, cut to what can be kept."""

from __future__ import annotations

import numpy as np

from supplysim.engine.market import Array, Mask

FLOOR_SHARE = 0.999
"""Floors of a node are scaled to at most this share of what the node can make or take."""


def scale_floors(
    L: Array, can_make: Array, can_take: Array, groups: Mask | None = None, limits: Array | None = None
) -> Array:
    """Scale floors `(d, s, b)` down to what suppliers `(d, s)` can make, buyers `(d, b)` can take and caps allow.

    Force majeure is shared pro rata by a supplier's contracts; a buyer's contracts beyond its need likewise. A group
    cap (a quota, a corridor) beats the contracts under it.
    """
    promised = L.sum(axis=2)
    L = L * np.minimum(1.0, FLOOR_SHARE * can_make / np.maximum(promised, 1e-300))[:, :, None]
    due = L.sum(axis=1)
    L = L * np.minimum(1.0, FLOOR_SHARE * can_take / np.maximum(due, 1e-300))[:, None, :]
    if groups is not None and limits is not None:
        for k, group in enumerate(groups):
            inside = (L * group).sum(axis=(1, 2))
            share = np.minimum(1.0, FLOOR_SHARE * limits[:, k] / np.maximum(inside, 1e-200))
            L = np.where(group, L * share[:, None, None], L)
    return np.asarray(L)
