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
flows `q` as reference. `Solver` finds it by Newton's method on the smaller Schur complement. The line search needs no
values of `Phi`: along a line a convex function has a rising slope, so a step is good as long as the slope at its end
is not steeply uphill, and the slope comes free with the next gradient.

Prices are bounded, so that the dual always has a smallest value: none falls below `exp(-PRICE_BOUND)` of the base
price, where a seller makes only what is asked for; none rises above what already stops all trade (`Dual.bounds`).
Draws that plain steps do not clear are minimised within these bounds by `convex`.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]
Rows = NDArray[np.intp]

SAFE_EXPONENT = 300.0
"""No `exp` of more than this, or of its double where numbers are added up, is taken."""
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


def elasticity_at(eta: Array, V: Array, curvature: float) -> Array:
    """Minus the slope of log demand in the log price."""
    if not curvature:
        return eta
    return np.asarray(eta * (1.0 + curvature * np.maximum(np.expm1(np.minimum(V, SAFE_EXPONENT)), 0.0)))


@dataclass(frozen=True)
class StockDemand:
    """What buyers add to or take from stock at a price: model.md section 4.

    All arrays `(d, b)` in tonnes (months of rebuilding and release are scalars): target stock at the expected price,
    stock position (on hand and under way beyond the usual pipeline), stock on hand, expected log price. Of the target
    the share `answering` answers to the price with the elasticity `response`; the rest is held at any. Goods are
    wanted under way for `lead` months of what is used beyond that at base prices, or less of them where less is used.
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
    lead: Array = field(default_factory=lambda: np.zeros((1, 1)))

    def take(self, rows: Rows) -> StockDemand:
        """The same for the draws `rows` alone."""
        target, position, held = (take(a, rows) for a in (self.target, self.position, self.held))
        expected, most = take(self.expected, rows), take(self.max_build, rows)
        times = (self.response, self.release_time, self.rebuild_time)
        answering, lead = take(self.answering, rows), take(self.lead, rows)
        return StockDemand(target, position, held, expected, most, *times, answering, lead)

    @cached_property
    def _parts(self) -> tuple[Array, Array, Array]:
        """What does not hang on the price: the target's two shares, and the most that is released."""
        return self.target * self.answering, self.target * (1.0 - self.answering), -self.held / self.release_time

    def at(self, V: Array, beyond: Array, bend: Array) -> tuple[Array, Array]:
        """Stock demand and its slope (never positive) at log prices `V`, both `(d, b)`.

        `beyond` is what is used there beyond the use at base prices, `bend` (never positive) its slope, both `(d, b)`.
        """
        priced, at_any, low = self._parts
        answering, high = priced * np.exp(-self.response * (V - self.expected)), self.max_build
        build = (answering + at_any + self.lead * beyond - self.position) / self.rebuild_time
        inside = (build > low) & (build < high)
        slope = (self.lead * bend - self.response * answering) / self.rebuild_time
        return np.clip(build, low, high), np.where(inside, slope, 0.0)


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
                changes[each.name] = take(value, rows)
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


def take(values: Array, rows: Rows) -> Array:
    return np.asarray(values[rows]) if len(values) > 1 else values
