# mypy: allow-untyped-defs, allow-untyped-calls
"""A market for the compiled solver: nodes and open links of `LANES` draws side by side."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from supplysim.engine.lanes import LANES, Index, compiled, exponential, load
from supplysim.engine.market import Array, Mask


class Data(NamedTuple):
    """A market's nodes; first whole `(d, s)` and `(d, b)`, then for `LANES` draws `(s, LANES)` and `(b, LANES)`."""

    sigma: Array
    S0: Array
    K: Array
    eps: Array
    D0: Array
    eta: Array
    vcap: Array
    fixed: Array
    target: Array
    position: Array
    least: Array
    most: Array
    expected: Array
    limits: Array


class Ties(NamedTuple):
    """The open links, sorted by the side that Newton's step eliminates; `start` and `kept` index them by it.

    The last links of each eliminated supplier stand for the group caps it is under: `group` is the cap's number, -1
    for true links, whose ends are `seller` and `buyer`. `under[g, p]` says which true links are under a cap.
    """

    start: Index
    kept: Index
    seller: Index
    buyer: Index
    group: Index
    under: Mask
    clipped: bool
    q: Array
    low: Array
    high: Array


@compiled
def _rows(source, first, count):
    out = np.empty((source.shape[1], LANES))
    load(source, first, count, out)
    return out


@compiled
def gathered(nodes, first, count):
    """The nodes of `LANES` draws; those that cannot sell or buy are zero."""
    return Data(
        _rows(nodes.sigma, first, count), _rows(nodes.S0, first, count), _rows(nodes.K, first, count),
        _rows(nodes.eps, first, count), _rows(nodes.D0, first, count), _rows(nodes.eta, first, count),
        _rows(nodes.vcap, first, count), _rows(nodes.fixed, first, count), _rows(nodes.target, first, count),
        _rows(nodes.position, first, count), _rows(nodes.least, first, count), _rows(nodes.most, first, count),
        _rows(nodes.expected, first, count), _rows(nodes.limits, first, count),
    )  # fmt: skip


@compiled
def open_ties(q, T, L, H, groups, data, first, count, s, b):
    """Which links are open in any of the lanes, with their data; flows that cannot be are zero."""
    g = len(groups)
    used = np.zeros((s, b), dtype=np.bool_)
    for links in (q, L):
        for d in range(first, first + count) if len(links) > 1 else range(len(links)):
            open_links, flat = used.ravel(), links[d].ravel()
            for c in range(s * b):
                open_links[c] |= flat[c] > 0
    sellers_go = g > 0 or b <= s
    m = used.sum() + s * g
    start = np.zeros((s if sellers_go else b) + 1, dtype=np.int64)
    kept, seller, buyer = np.zeros(m, dtype=np.int64), np.zeros(m, dtype=np.int64), np.zeros(m, dtype=np.int64)
    group = np.full(m, -1)
    p = 0
    for gone in range(len(start) - 1):
        for stays in range(b if sellers_go else s):
            i, j = (gone, stays) if sellers_go else (stays, gone)
            if used[i, j]:
                kept[p], seller[p], buyer[p] = stays, i, j
                p += 1
        for k in range(g):
            if (groups[k, gone] & used[gone]).any():
                kept[p], seller[p], group[p] = b + k, gone, k
                p += 1
        start[gone + 1] = p
    ties = Ties(
        start, kept[:p], seller[:p], buyer[:p], group[:p], np.zeros((g, p), dtype=np.bool_), len(L) + len(H) > 0,
        np.zeros((p, LANES)), np.zeros((p, LANES)), np.full((p, LANES), np.inf),
    )  # fmt: skip
    _fill(q, T, L, H, groups, data, first, count, ties)
    return ties


@compiled
def _fill(q, T, L, H, groups, data, first, count, ties):
    for p in range(len(ties.kept)):
        i, j = ties.seller[p], ties.buyer[p]
        if ties.group[p] >= 0:
            continue
        for k in range(len(groups)):
            ties.under[k, p] = groups[k, i, j]
        for lane in range(LANES):
            d = first + min(lane, count - 1)
            able = data.K[i, lane] > 0 and data.D0[j, lane] > 0
            if len(L) > 0 and able:
                ties.low[p, lane] = L[d if len(L) > 1 else 0, i, j]
            if len(H) > 0:
                ties.high[p, lane] = H[d if len(H) > 1 else 0, i, j]
            if able and data.S0[i, lane] > 0 and ties.high[p, lane] > 0:
                ties.q[p, lane] = q[d if len(q) > 1 else 0, i, j]
    if len(T) > 0:
        factor = np.zeros_like(ties.q)
        for p in range(len(ties.kept)):
            if ties.group[p] < 0:
                for lane in range(LANES):
                    d = first + min(lane, count - 1) if len(T) > 1 else 0
                    factor[p, lane] = -data.sigma[0, lane] * T[d, ties.seller[p], ties.buyer[p]]
        exponential(factor)
        ties.q[:] *= factor
