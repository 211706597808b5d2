"""The convex dual of one market as a value, written from docs/model.md without a line of the engine's.

    Phi(U, V, W) = sum_sb X(V_b - U_s - T_sb - W_sb) + sum_s P(U_s) + sum_b (R - D - B)(V_b) - F_b V_b + sum_g Q_g W_g

`X`, `P`, `R`, `D` and `B` are what flows, supply, unmet demand, demand and stock building sum up to over the price, in
closed form (demand above its base price by quadrature), so that the gradient of `Phi` is what the market is short of or
has too much of. All in NumPy's longest floats: of a value no more than the square root of its last digit reaches its
minimiser.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from supplysim.engine.market import Market, StockDemand

Long = NDArray[np.longdouble]

NODES, WEIGHTS = (a.astype(np.longdouble) for a in np.polynomial.legendre.leggauss(40))
LEAST, MOST = -700.0, 3000.0
"""No log price, and no rent, lies beyond these."""
STEEP = 500.0
"""Nor where a quantity would be `exp` of more than this."""
BEYOND = 100.0
"""A log price that no buyer's reaches."""


@dataclass(frozen=True)
class Build:
    """What buyers `(b,)` add to stock.

    That is `clip((I (a exp(-theta (V - E)) + 1 - a) + lead more(V) - position) / months, low, high)`, with `more` what
    they use beyond the use at base prices, and `more_summed` that over the price from 0.
    """

    target: Long
    answering: Long
    position: Long
    expected: Long
    low: Long
    high: Long
    theta: float
    months: float
    lead: Long
    more: Callable[[Long], Long]
    more_summed: Callable[[Long], Long]

    @classmethod
    def of(cls, stock: StockDemand, more: Callable[[Long], Long], more_summed: Callable[[Long], Long]) -> Build:
        """That of a market of one draw."""
        target, position, held, expected, high = (
            a[0].astype(np.longdouble)
            for a in (stock.target, stock.position, stock.held, stock.expected, stock.max_build)
        )
        answering, lead = (
            np.broadcast_to(a[0], target.shape).astype(np.longdouble) for a in (stock.answering, stock.lead)
        )
        low, times = -held / stock.release_time, (stock.response, stock.rebuild_time)
        return cls(target, answering, position, expected, low, high, *times, lead, more, more_summed)

    def at(self, V: Long) -> Long:
        """At log prices `V`."""
        return np.clip(self._unbound(V), self.low, self.high)

    def _unbound(self, V: Long) -> Long:
        priced = self.answering * np.exp(-self.theta * (V - self.expected))
        cargo = self.lead * self.more(V) - self.position
        return np.asarray((self.target * (priced + 1 - self.answering) + cargo) / self.months)

    def summed(self, V: Long) -> Long:
        """Over log prices from 0 to `V`."""
        return self._rising(V) - self._rising(0 * V)

    def _rising(self, V: Long) -> Long:
        most, least = self.ends
        v = np.clip(V, most, least)
        priced = self.target * self.answering * np.exp(-self.theta * (v - self.expected)) / -self.theta
        cargo = self.lead * self.more_summed(v)
        inside = (priced + (self.target * (1 - self.answering) - self.position) * v + cargo) / self.months
        return inside + self.high * np.minimum(V - most, 0) + self.low * np.maximum(V - least, 0)

    @cached_property
    def ends(self) -> tuple[Long, Long]:
        """The log prices at which the most is built and the most released."""
        return self._price_of(self.high), self._price_of(self.low)

    def _price_of(self, build: Long) -> Long:
        """The log price at which this much is built, by bisection: it falls as the price rises."""
        low, high = np.full_like(build, -BEYOND), np.full_like(build, BEYOND)
        for _ in range(80):
            middle = (low + high) / 2
            above = self._unbound(middle) > build
            low, high = np.where(above, middle, low), np.where(above, high, middle)
        return high


class Dual:
    """The dual of one draw of a market, at prices `z = (U, V, W)` within `low` and `high`."""

    def __init__(self, market: Market, draw: int) -> None:
        m = market.take(np.array([draw]))
        self.q, self.K, self.S, self.eps, self.D, self.eta, self.cap, self.sigma = (
            a[0].astype(np.longdouble) for a in (m.q, m.K, m.S0, m.eps, m.D0, m.eta, m.vcap, m.sigma)
        )
        links, buyers = self.q.shape, self.D.shape
        self.T, self.L, self.H, self.F = (
            np.full(shape, rest, np.longdouble) if a is None else a[0].astype(np.longdouble)
            for a, shape, rest in ((m.T, links, 0), (m.L, links, 0), (m.H, links, np.inf), (m.F, buyers, 0))
        )
        self.G = np.zeros((0, *links)) if m.groups is None else m.groups.astype(float)
        self.Q = np.zeros(0) if m.limits is None else m.limits[0]
        self.build = (
            None
            if m.stock is None
            else Build.of(m.stock, lambda V: self._demand(V) - self.D, lambda V: self._demand_summed(V) - self.D * V)
        )
        self.kappa, self.c, self.total = m.kappa, m.curvature, self.D.sum()
        self.ends = (links[0], sum(links))
        steepest = self.eta.max() if m.stock is None else max(self.eta.max(), m.stock.response)
        self.low = np.r_[np.full(links[0], LEAST), np.full(links[1], max(LEAST, -STEEP / steepest)), 0 * self.Q]
        self.high = np.r_[np.minimum(MOST, STEEP / self.eps), self.cap + 0.2, MOST + 0 * self.Q]

    def value(self, z: Long) -> np.longdouble:
        """`Phi`; infinite where a trial step overflows."""
        U, V, W = np.split(z, self.ends)
        with np.errstate(over="ignore", invalid="ignore"):
            unmet = self.D * np.exp(self.kappa * (V - self.cap)) / self.kappa
            buyers = unmet - self._demand_summed(V) - self.F * V
            if self.build is not None:
                buyers = buyers - self.build.summed(V)
            whole = self._flows_summed(self._apart(z)).sum() + self._supply_summed(U).sum() + buyers.sum() + self.Q @ W
        return np.longdouble(np.inf) if np.isnan(whole) else whole

    def gradient(self, z: Long) -> Long:
        """Supply less sales, purchases less demand, and the room under the caps; in tonnes."""
        U, V, _ = np.split(z, self.ends)
        x = self.flows(z)
        with np.errstate(over="ignore"):
            supply = np.minimum(self.K, self.S * np.exp(self.eps * U))
            asked = self._demand(V) - self.D * np.exp(self.kappa * (V - self.cap)) + self.F
        if self.build is not None:
            asked = asked + self.build.at(V)
        return np.r_[supply - x.sum(axis=1), x.sum(axis=0) - asked, self.Q - np.tensordot(self.G, x, 2)]

    def flows(self, z: Long) -> Long:
        """`(s, b)`."""
        with np.errstate(over="ignore"):
            return np.clip(np.where(self.q > 0, self.q * np.exp(self.sigma * self._apart(z)), 0), self.L, self.H)

    def left(self, z: Long) -> float:
        """By how much the market does not clear, of its total; a price at a bound may be pushed outwards."""
        g = self.gradient(z)
        held = ((z <= self.low) & (g > 0)) | ((z >= self.high) & (g < 0))
        return float(np.abs(np.where(held, 0, g)).max() / self.total)

    def slopes(self, z: Long) -> Long:
        """About how steeply each gradient rises with its own price, of the total; for the scale of steps."""
        U, V, _ = np.split(z, self.ends)
        x, price_cap = self.flows(z), self.kappa * self.D * np.exp(self.kappa * (V - self.cap))
        sold = self.sigma * x.sum(axis=1) + self.eps * np.minimum(self.K, self.S * np.exp(self.eps * U))
        bought = self.sigma * x.sum(axis=0) + self.eta * self._demand(V) + price_cap
        return np.r_[sold, bought, self.sigma * np.tensordot(self.G, x, 2)] / self.total

    def _apart(self, z: Long) -> Long:
        """A buyer's price less a seller's, cost and rents `(s, b)`."""
        U, V, W = np.split(z, self.ends)
        return np.asarray(V - U[:, None] - self.T - np.tensordot(W, self.G, 1))

    def _flows_summed(self, e: Long) -> Long:
        """`q exp(sigma e)` summed over `e`, flat beyond where it meets its floor and its ceiling."""
        some = (self.q > 0) & (self.H > 0)
        with np.errstate(divide="ignore"):
            q = np.where(some, self.q, 1)
            floor, ceiling = np.log(self.L / q) / self.sigma, np.log(np.where(some, self.H, 1) / q) / self.sigma
        inside = np.clip(e, floor, ceiling)
        below = np.where(e < inside, self.L * (e - inside), 0)
        above = np.where(e > inside, self.H * (e - inside), 0)
        return np.where(some, q * np.exp(self.sigma * inside) / self.sigma + below + above, self.L * e)

    def _supply_summed(self, U: Long) -> Long:
        with np.errstate(divide="ignore"):
            below = np.minimum(U, np.log(self.K / self.S) / self.eps)
        return self.S * np.exp(self.eps * below) / self.eps + np.where(U > below, self.K * (U - below), 0)

    def _demand(self, V: Long) -> Long:
        return self.D * np.exp(-self.eta * np.where(V > 0, (1 - self.c) * V + self.c * np.expm1(V), V))

    def _demand_summed(self, V: Long) -> Long:
        """From 0 to `V`."""
        down, half = np.minimum(V, 0), np.maximum(V, 0) / 2
        above = half * (self._demand(half * (NODES[:, None] + 1)) * WEIGHTS[:, None]).sum(axis=0)
        return above - np.expm1(-self.eta * down) * self.D / self.eta
