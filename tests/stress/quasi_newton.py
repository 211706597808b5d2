"""An optimiser of another family: SciPy's L-BFGS-B on the value of a market's dual, which sees no second derivative.

It minimises in rounds, each within a box about the last point that grows as long as the value falls: a first step into
`exp(sigma ...)` is otherwise one too far. A round sees differences from the value that it begins with, in double
precision of their own, and prices in the scale of their slopes.
"""

from __future__ import annotations

import numpy as np
from scipy.optimize import minimize
from tests.stress.dual import Dual, Long

from supplysim.engine.market import Array, Market

ROUNDS = 80
SETTLED = 1e-10
"""Largest change of a flow in the last round, of the total."""
CLEAR = 1e-9
"""Residual, of the total, above which another round follows."""
OPTIONS = {"maxiter": 3000, "maxfun": 4000, "maxcor": 30, "ftol": 0.0, "gtol": 1e-15}


def flows(market: Market, draw: int) -> tuple[Array, float]:
    """Flows `(s, b)` of one draw and the residual they leave, of the total."""
    dual = Dual(market, draw)
    z = np.zeros_like(dual.low)
    box, x = 0.5 / dual.sigma, dual.flows(z)
    for _ in range(ROUNDS):
        low, high = np.maximum(dual.low, z - box), np.minimum(dual.high, z + box)
        z, fell = _round(dual, z, low, high)
        was, x = x, dual.flows(z)
        settled = np.abs(x - was).max() <= SETTLED * dual.total
        inside = ((z > low) | (low == dual.low)) & ((z < high) | (high == dual.high))
        if settled and inside.all() and dual.left(z) <= CLEAR:
            break
        box = 2 * box if fell else box / 8
    return x.astype(float), dual.left(z)


def _round(dual: Dual, z: Long, low: Long, high: Long) -> tuple[Long, bool]:
    """The end of a minimisation between two bounds, and whether the value fell."""
    scale = 1 / np.sqrt(np.maximum(dual.slopes(z), 1e-8))
    begun = dual.value(z)

    def fall(y: Array) -> tuple[float, Array]:
        there = z + y * scale
        gradient = dual.gradient(there) * scale / dual.total
        return float((dual.value(there) - begun) / dual.total), gradient.astype(float)

    bounds = np.stack([(low - z) / scale, (high - z) / scale], axis=1).astype(float)
    found = minimize(fall, np.zeros(len(z)), jac=True, method="L-BFGS-B", bounds=bounds, options=OPTIONS)
    inside = np.clip(z + found.x * scale, low, high)
    end = np.where(found.x <= bounds[:, 0], low, np.where(found.x >= bounds[:, 1], high, inside))
    return end, bool(found.fun < 0)
