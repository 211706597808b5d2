"""The convex dual of a market's draws: flows, gradient and curvature at given prices, and the bounds of these.

Formulas and symbols are those of `market`.
"""

from __future__ import annotations

from copy import copy
from functools import cached_property
from typing import NamedTuple

import numpy as np

from supplysim.engine.market import SAFE_EXPONENT, Array, Market, Rows, demand_at, elasticity_at, take
from supplysim.engine.sums import over_buyers, over_suppliers

RESIDUAL = 1e-10
"""Largest node residual, relative to the market's total, at which a draw counts as solved."""
PRICE_BOUND = 700.0
"""No log price falls below minus this: `exp(-700)` is the least of a price that can still be multiplied by tonnes."""
NO_TRADE = 1e-3
"""Share of a seller's capacity, or of a cap, that flows are below at the roof of its price."""


class Point(NamedTuple):
    """Flows, gradient and curvature of the dual at one set of prices.

    `g` and `slope` `(d, N)` are the gradient and its slope in each price alone; a cap's slope is the market's total.
    `C` `(d, s, b)` is what flows change with their prices.
    """

    x: Array
    g: Array
    slope: Array
    C: Array
    unmet: Array
    build: Array


class Dual:
    """The dual of a market's draws as a convex function of all prices `(U, V, W)`; with these side by side `(d, N)` it
    is a `convex.Function`."""

    def __init__(self, market: Market) -> None:
        self.m = market
        shape = np.broadcast_shapes(market.q.shape, (*market.sigma.shape, 1, 1))
        self.n, self.s, self.b = shape
        self.sigma = np.broadcast_to(market.sigma, (self.n,)).reshape(-1, 1)
        reference = market.q if market.T is None else market.q * np.exp(-self.sigma[:, :, None] * market.T)
        if market.H is not None:
            reference = np.where(market.H > 0, reference, 0.0)
        reference = reference * ((market.K > 0) & (market.S0 > 0))[:, :, None] * (market.D0 > 0)[:, None, :]
        floors = None if market.L is None else market.L * (market.K > 0)[:, :, None] * (market.D0 > 0)[:, None, :]
        if market.groups is not None and market.limits is not None and (market.limits <= 0).any():
            shut = np.einsum("dg,gsb->dsb", market.limits <= 0, market.groups)  # a cap of nothing is a ban
            reference = np.where(shut, 0.0, reference)
            floors = None if floors is None else np.where(shut, 0.0, floors)
        self.reference, self.L = np.broadcast_to(reference, shape), floors
        self.g = 0 if market.groups is None else len(market.groups)
        self.under = np.zeros((0, self.s, self.b)) if market.groups is None else market.groups.astype(float)
        self.total = np.broadcast_to(market.D0.sum(axis=1), (self.n,)) + 1e-300
        self.vmax = np.broadcast_to(market.vcap + 3.0 / market.kappa, (self.n, self.b))
        self.reach = self._reach()
        open_links = self.reference > 0 if self.L is None else (self.reference > 0) | (self.L > 0)
        self.live = np.asarray(open_links.any(axis=2))
        self.ends = (self.s, self.s + self.b)
        self.part: tuple[Rows, Dual] | None = None

    def _reach(self) -> tuple[Array, Array]:
        """How far plain steps go, `(d, N)` either way: a buyer's price ends at its roof, a cap's rent at zero."""
        low = np.full((self.n, self.s + self.b + self.g), -np.inf)
        low[:, self.s + self.b :] = 0.0
        high = np.full_like(low, np.inf)
        high[:, self.s : self.s + self.b] = self.vmax
        return low, high

    def of(self, rows: Rows) -> Dual:
        """The dual of the draws `rows` alone; kept, because the next point is mostly one of the same draws."""
        if self.part is None or self.part[0] is not rows:
            part = self
            if len(rows) < self.n:
                part = copy(self)
                part.m, part.n = self.m.take(rows), len(rows)
                part.sigma, part.reference = self.sigma[rows], self.reference[rows]
                part.L, part.live = None if self.L is None else take(self.L, rows), self.live[rows]
                part.total, part.reach = self.total[rows], (self.reach[0][rows], self.reach[1][rows])
            self.part = (rows, part)
        return self.part[1]

    def point(self, z: Array) -> Point:
        """The dual's gradient and curvature at prices `(d, N)`."""
        U, V, W = self.prices(z)
        m, sigma = self.m, self.sigma
        rent = None if m.groups is None else sigma[:, :, None] * np.einsum("dg,gsb->dsb", W, self.under)
        x = _flows(self.reference, sigma * U, sigma * V, rent)
        C = sigma[:, :, None] * x
        if self.L is not None:
            C = np.where(x > self.L, C, 0.0)
            x = np.maximum(x, self.L)
        if m.H is not None:
            C = np.where(x < m.H, C, 0.0)
            x = np.minimum(x, m.H)
        sold, bought = over_buyers(x), over_suppliers(x)
        # Always the sums of C itself: a draw without limits may share its block with one that has them.
        supply = m.S0 * np.exp(m.eps * U)
        A = np.where(supply < m.K, m.eps * supply, 0.0) + over_buyers(C)
        gU = np.where(self.live, np.minimum(supply, m.K) - sold, 0.0)
        unmet = m.D0 * np.exp(np.minimum(m.kappa * (V - m.vcap), 300.0))
        asked = demand_at(m.D0, m.eta, V, m.curvature)
        bend = elasticity_at(m.eta, V, m.curvature) * asked
        Dg = over_suppliers(C) + m.kappa * unmet + bend
        gV = bought + unmet - asked
        build = np.zeros_like(gV)
        if m.stock is not None:
            build, slope = m.stock.at(V, asked - m.D0, -bend)
            gV, Dg = gV - build, Dg - slope
        if m.F is not None:
            gV = gV - m.F
        gV = np.where(m.D0 > 0, gV, 0.0)
        gradients, slopes = [gU, gV], [A, Dg]
        if m.groups is not None and m.limits is not None:
            gradients.append(m.limits - np.einsum("dsb,gsb->dg", x, self.under))
            slopes.append(np.broadcast_to(self.total[:, None], W.shape))
        return Point(x, np.concatenate(gradients, axis=1), np.concatenate(slopes, axis=1), C, unmet, build)

    def missed(self, p: Point, z: Array) -> Array:
        """By how much nodes and caps miss what they should sum to, `(d, N)`; a slack cap misses nothing."""
        if not self.g:
            return p.g
        return np.where(z > self.reach[0], p.g, np.minimum(p.g, 0.0))

    @property
    def scale(self) -> Array:
        """That of the gradient: the market's total."""
        return self.total

    @property
    def low(self) -> Array:
        """The least of prices."""
        return self.bounds[0]

    @property
    def high(self) -> Array:
        """The largest."""
        return self.bounds[1]

    @property
    def blocks(self) -> list[slice]:
        """Prices that do not meet each other: sellers', buyers', and each cap's alone."""
        caps = [slice(k, k + 1) for k in range(self.ends[1], self.ends[1] + self.g)]
        return [slice(0, self.ends[0]), slice(*self.ends), *caps]

    @cached_property
    def bounds(self) -> tuple[Array, Array]:
        """The least and the largest `(U, V, W)`, side by side `(d, s + b + g)`.

        Demand goes unmet before `V` reaches its roof. A seller whose price stands at its roof sells less than a
        thousandth of its capacity beyond its floors, and so lies above its market; a cap's rent likewise.
        """
        m, n = self.m, self.n
        top = self.vmax.max(axis=1, initial=0.0)
        if m.T is not None:
            top = top - np.where(self.reference > 0, m.T, 0.0).min(axis=(1, 2), initial=0.0)
        makes = np.broadcast_to(np.minimum(m.K, m.S0), (n, self.s))
        spare = over_buyers(np.broadcast_to(m.q, self.reference.shape)) / np.maximum(NO_TRADE * makes, 1e-300)
        roof = top[:, None] + np.log(np.maximum(spare, 1.0)) / self.sigma
        roof = np.where(np.isinf(m.K), np.minimum(roof, 2.0 * SAFE_EXPONENT / np.maximum(m.eps, 1e-300)), roof)
        high = [np.where(self.live, np.maximum(roof, 0.0), 0.0), self.vmax]
        if m.groups is not None and m.limits is not None:
            spare = np.einsum("dsb,gsb->dg", np.broadcast_to(m.q, self.reference.shape), self.under)
            spare = spare / np.maximum(NO_TRADE * m.limits, 1e-300)
            high.append(top[:, None] + PRICE_BOUND + np.log(np.maximum(spare, 1.0)) / self.sigma)
        low = np.full((n, self.s + self.b + self.g), -PRICE_BOUND)
        steepest = np.maximum(m.eta, 1e-300) if m.stock is None else np.maximum(m.eta, m.stock.response)
        low[:, self.s : self.s + self.b] = np.maximum(-PRICE_BOUND, -2.0 * SAFE_EXPONENT / steepest)
        low[:, self.s + self.b :] = 0.0
        return low, np.concatenate(high, axis=1)

    def prices(self, z: Array) -> tuple[Array, Array, Array]:
        """`U`, `V` and `W`."""
        s, v = self.ends
        return z[:, :s], z[:, s:v], z[:, v:]

    def gradient(self, z: Array, rows: Rows) -> Array:
        return self.of(rows).point(z).g

    def curvature(self, z: Array, rows: Rows) -> Array:
        p, groups = self.of(rows).point(z), self.under
        (s, v), n, nodes = self.ends, len(z), np.arange(self.ends[1])
        H = np.zeros((n, z.shape[1], z.shape[1]))
        H[:, nodes, nodes] = p.slope[:, :v]
        H[:, :s, s:v] = -p.C
        H[:, :s, v:] = np.einsum("dsb,gsb->dsg", p.C, groups)
        H[:, s:v, v:] = -np.einsum("dsb,gsb->dbg", p.C, groups)
        H[:, v:, v:] = np.einsum("dsb,gsb,hsb->dgh", p.C, groups, groups)
        upper = np.triu(np.ones(H.shape[1:], bool), 1)
        return np.where(upper, H, H.transpose(0, 2, 1))

    def tolerance(self, z: Array, rows: Rows) -> Array:
        return self.of(rows).tolerated(z)

    def tolerated(self, z: Array) -> Array:
        """Residual at which draws count as solved: `RESIDUAL`, or what rounding in `sigma (V - U)` leaves if more."""
        size = np.abs(z[:, : self.ends[1]]).max(axis=1, initial=0.0)
        rounding = 8.0 * np.finfo(float).eps * self.sigma[:, 0] * size
        return np.asarray(np.maximum(RESIDUAL, rounding) * self.total)


def _flows(reference: Array, low: Array, high: Array, rent: Array | None = None) -> Array:
    """`reference_sb exp(high_b - low_s - rent_sb)` from `(d, s)` and `(d, b)`: by factors, unless they could overflow.

    Each draw is judged alone, so that its flows do not depend on the draws beside it.
    """
    most = np.maximum(np.abs(low).max(axis=1, initial=0.0), np.abs(high).max(axis=1, initial=0.0))
    flows = np.asarray(reference * np.exp(-low)[:, :, None] * np.exp(high)[:, None, :])
    if rent is not None:
        flows *= np.exp(-rent)
    if (far := most >= SAFE_EXPONENT).any():
        exponent = high[far][:, None, :] - low[far][:, :, None] - (0.0 if rent is None else rent[far])
        flows[far] = reference[far] * np.exp(np.minimum(exponent, 2.0 * SAFE_EXPONENT))
    return flows
