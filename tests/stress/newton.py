"""A second Newton solver of one market, written from the equations without a line of the engine's: slow, dense, sure.

Projected semismooth Newton on the dual, one market at a time: variables at a bound whose gradient points outwards leave
the system, so do those that the step would push out; along the step the slope is bisected. Where that fails `sigma` and
the elasticities are led up from small values.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from supplysim.engine.market import Array, Market

LEAST = -700.0
LEADS = (1e-3, 3e-3, 1e-2, 3e-2, 0.1, 0.2, 0.35, 0.5, 0.7, 0.85, 1.0)


@dataclass
class One:
    """One draw of a market, as plain arrays without the draw's axis."""

    m: Market
    sigma: float
    eps: Array
    eta: Array

    @classmethod
    def of(cls, market: Market, draw: int) -> One:
        m = market.take(np.array([draw]))
        return cls(m, float(m.sigma[0]), m.eps[0], m.eta[0])

    def __post_init__(self) -> None:
        m = self.m
        self.q, self.K, self.S, self.D, self.cap = m.q[0], m.K[0], m.S0[0], m.D0[0], m.vcap[0]
        self.T, self.L = (np.zeros_like(self.q) if a is None else a[0] for a in (m.T, m.L))
        self.H = np.full_like(self.q, np.inf) if m.H is None else m.H[0]
        self.F = np.zeros_like(self.D) if m.F is None else m.F[0]
        self.G = np.zeros((0, self.q.size)) if m.groups is None else m.groups.reshape(len(m.groups), -1).astype(float)
        self.Q = np.zeros(0) if m.limits is None else m.limits[0]
        n, b = self.q.shape
        roof = (
            self.cap.max()
            + 1
            - self.T.min()
            + np.log(1e4 * self.q.sum() / min(self.K.min(), self.S.min())) / self.sigma
        )
        self.low = np.r_[np.full(n + b, LEAST), np.zeros(len(self.Q))]
        self.high = np.r_[np.full(n, max(roof, 1.0)), self.cap + 3 / m.kappa, np.full(len(self.Q), 2000.0 + abs(roof))]

    def at(self, z: Array) -> tuple[Array, Array, Array]:
        """Gradient, flows and curvature."""
        (n, b), m = self.q.shape, self.m
        U, V, W = z[:n], z[n : n + b], z[n + b :]
        e = self.sigma * (V[None] - U[:, None] - self.T - (W @ self.G).reshape(n, b))
        raw = np.where(self.q > 0, self.q * np.exp(np.minimum(e, 500)), 0.0)
        x = np.clip(raw, self.L, self.H)
        C = np.where((raw > self.L) & (raw < self.H), self.sigma * x, 0.0)
        sold = self.S * np.exp(np.minimum(self.eps * U, 500))
        c, up = m.curvature, np.maximum(V, 0.0)
        h, slope = V + c * (np.expm1(up) - up), 1 + c * np.expm1(up)
        asked = self.D * np.exp(np.minimum(-self.eta * h, 500))
        unmet = self.D * np.exp(np.minimum(m.kappa * (V - self.cap), 300))
        extra, bend = np.zeros(b), np.zeros(b)
        if m.stock is not None:
            falls = -self.eta * slope * asked
            extra, bend = (a[0] for a in m.stock.at(np.maximum(V, -200.0)[None], (asked - self.D)[None], falls[None]))
        g = np.r_[
            np.minimum(sold, self.K) - x.sum(1),
            x.sum(0) + unmet - asked - extra - self.F,
            self.Q - self.G @ x.ravel(),
        ]
        J = np.vstack([np.repeat(-np.eye(n), b, axis=1), np.tile(np.eye(b), n), -self.G])  # of the exponent in z
        curve = (J * C.ravel()) @ J.T
        curve += np.diag(
            np.r_[
                np.where(sold < self.K, self.eps * sold, 0),
                m.kappa * unmet + self.eta * slope * asked - bend,
                0 * self.Q,
            ]
        )
        return g, x, curve

    def newton(self, z: Array, tolerance: float, steps: int) -> tuple[Array, float]:
        """Prices and residual of the total."""
        z, total = np.clip(z, self.low, self.high), self.D.sum()
        for _ in range(steps):
            g, _, curve = self.at(z)
            free = ~(((z <= self.low) & (g > 0)) | ((z >= self.high) & (g < 0)))
            residual = np.abs(g[free]).max(initial=0) / total
            if residual <= tolerance:
                break
            d, steep = np.zeros_like(z), np.maximum(np.diag(curve), 1e-14 * total)
            while free.any():
                scale = 1 / np.sqrt(steep[free])
                A = curve[np.ix_(free, free)] * scale[:, None] * scale + 1e-11 * np.eye(free.sum())
                d[:] = 0
                d[free] = -np.linalg.solve(A, g[free] * scale) * scale
                if not g @ d < 0:
                    d[free] = (-g / steep)[free]
                out = free & (((z <= self.low) & (d < 0)) | ((z >= self.high) & (d > 0)))
                if not out.any():
                    break
                free &= ~out
            z = self.along(z, g, d * min(1.0, 30 / max(np.abs(d).max(), 1e-300)))
        return z, residual

    def along(self, z: Array, g: Array, d: Array) -> Array:
        """The end of a step: at the first bound, or where the slope is nearly level."""
        with np.errstate(divide="ignore", invalid="ignore"):
            room = np.where(d < 0, (self.low - z) / d, np.where(d > 0, (self.high - z) / d, np.inf))
        far, near = min(1.0, room.min()), 0.0
        if self.at(z + far * d)[0] @ d <= 0.2 * abs(g @ d):
            there = z + far * d
            there[room <= far] = np.where(d < 0, self.low, self.high)[room <= far]
            return np.clip(there, self.low, self.high)
        for _ in range(70):
            middle = 0.5 * (near + far)
            slope = self.at(z + middle * d)[0] @ d
            if abs(slope) <= 0.2 * abs(g @ d):
                break
            near, far = (near, middle) if slope > 0 else (middle, far)
        return z + middle * d


def flows(market: Market, draw: int) -> tuple[Array, float]:
    """Flows `(s, b)` of one draw and the residual they leave, of the total."""
    one = One.of(market, draw)
    z = np.zeros_like(one.low)
    z, residual = one.newton(z, 1e-13, 80)
    if residual > 1e-10:
        for share in LEADS:
            led = replace(
                one,
                sigma=one.sigma * share if one.sigma > 1 else one.sigma,
                eps=np.where(one.eps > 1, np.maximum(1, share * one.eps), one.eps),
                eta=np.where(one.eta > 1, np.maximum(1, share * one.eta), one.eta),
            )
            z, residual = led.newton(z if share > LEADS[0] else 0 * z, 1e-13 if share == 1 else 1e-7, 200)
    return one.at(z)[1], residual
