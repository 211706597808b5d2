# mypy: allow-untyped-defs, allow-untyped-calls
"""What a month does to every link, compiled: habit, and what is bought and spent. A draw at a time, links in a row."""

from __future__ import annotations

import numpy as np

from supplysim.engine.lanes import compiled, exponential, logarithm
from supplysim.engine.market import Array
from supplysim.engine.stage import Ties


def learn(
    log_q: Array, ties: Ties, flow: Array, grown: Array, pace: tuple[Array, Array], floor: float
) -> tuple[Array, Array]:
    """Next month's `log_q` and the same in tonnes, `(d, s, b)`: the equations of `memory.py`.

    `pace` is how fast links are learned and how fast they are forgotten, `(d, 1)`.
    """
    n = len(flow)
    lam, mu = (np.broadcast_to(each, (n, 1)).copy() for each in pace)
    out = (np.full(log_q.shape, -np.inf), np.zeros(log_q.shape))
    _learn(log_q, np.ascontiguousarray(flow), np.ascontiguousarray(grown), *ties, lam, mu, float(np.log(floor)), *out)
    return out


@compiled
def _learn(log_q, flow, grown, place, buyer, home, first, number, base, lam, mu, log_floor, new_log, new):
    seen = np.empty(len(place))
    flows = np.empty(len(place))
    for d in range(len(flow)):
        old, x, growth = log_q[d].ravel(), flow[d].ravel(), grown[d]
        for p in range(len(place)):
            seen[p] = max(x[place[p]] / growth[buyer[p]], 1e-300)
        logarithm(seen)
        for p in range(len(place)):
            before = old[place[p]]
            most = max(seen[p], log_floor + before)
            seen[p] = before + lam[d, 0] * (most - before) + mu[d, 0] * (home[p] - before)
            flows[p] = seen[p]
        exponential(flows)
        to_log, to = new_log[d].ravel(), new[d].ravel()
        for k in range(len(first)):
            total = 0.0
            for p in range(first[k], first[k] + number[k]):
                total += flows[p]
            excess = total / base[k]
            shift = np.log(excess)
            for p in range(first[k], first[k] + number[k]):
                to_log[place[p]] = seen[p] - shift
                to[place[p]] = flows[p] / excess
