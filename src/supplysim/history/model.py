"""The engine's market put on historical shocks: the cutting exporter keeps what it was seen to keep, no more."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import NamedTuple

import numpy as np

from supplysim.engine import solve_market
from supplysim.engine.market import NO_CAP, Array
from supplysim.errors import InputError
from supplysim.history.shocks import Shock

SMALLEST_SIGMA = 0.1
"""The smallest substitution put to the solver; at 0 the market is its limit of fixed shares, which needs no solver."""


class Elasticities(NamedTuple):
    """What the market is solved with, a value a draw: substitution, supply and demand elasticity (both positive)."""

    sigma: Array
    supply: Array
    demand: Array


@dataclass(frozen=True)
class Prior:
    """What is believed before any data, the same for every code, exporter and year (model.md section 6).

    All lognormal. `sigma` is given by p10 and p90 (2 within months, 8 after a year), the short-run elasticities of
    supply and demand by median and `spread`, their coefficient of variation.
    """

    sigma_p10: float = 2.0
    sigma_p90: float = 8.0
    supply: float = 0.2
    demand: float = 0.25
    spread: float = 0.8

    @property
    def sigma(self) -> float:
        """The median of sigma."""
        return float(np.sqrt(self.sigma_p10 * self.sigma_p90))

    def substitution(self, draws: int) -> Elasticities:
        """Sigma alone drawn: the quantiles in the middle of `draws` equal slices; the others at their medians."""
        spread = np.log(self.sigma_p90 / self.sigma_p10) / (2 * NormalDist().inv_cdf(0.9))
        sigma = self.sigma * np.exp(spread * _normal_slices(draws))
        return Elasticities(sigma, np.full(draws, self.supply), np.full(draws, self.demand))

    def draw(self, draws: int, sigma: float | None = None, seed: int = 0) -> Elasticities:
        """All three drawn, each from equal slices in its own random order; or `sigma` held where it is given."""
        rng = np.random.default_rng(seed)
        spread = np.sqrt(np.log1p(self.spread**2))
        drawn = self.substitution(draws).sigma if sigma is None else np.full(draws, float(sigma))
        supply, demand = (np.exp(spread * rng.permutation(_normal_slices(draws))) for _ in range(2))
        return Elasticities(drawn, self.supply * supply, self.demand * demand)

    def at(self, sigma: float) -> Elasticities:
        """One draw: this sigma, and the medians of the others."""
        return Elasticities(np.array([float(sigma)]), np.array([self.supply]), np.array([self.demand]))


def _normal_slices(draws: int) -> Array:
    return np.array([NormalDist().inv_cdf((k + 0.5) / draws) for k in range(draws)])


class Predicted(NamedTuple):
    """One shock as the market has it: flows `(draws, suppliers, buyers)`, log supplier prices `(draws, suppliers)`."""

    flow: Array
    log_price: Array

    @property
    def log_unit_value(self) -> Array:
        """Log of value over tonnes, `(draws,)`: what all buyers pay to all suppliers, relative to the year before."""
        sold = self.flow.sum(axis=2)
        return np.asarray(np.log((sold * np.exp(self.log_price)).sum(axis=1) / sold.sum(axis=1)))


def predict(shocks: Sequence[Shock], drawn: Elasticities) -> list[Predicted]:
    """Every shock's market for every draw. A sigma of 0 is the limit in which nobody re-routes.

    Raises InputError for a sigma that is negative, or so near 0 that the prices run away.
    """
    sigmas = drawn.sigma
    wrong = ~(np.isfinite(sigmas) & ((sigmas == 0) | (sigmas >= SMALLEST_SIGMA)))
    if wrong.any():
        raise InputError(f"sigma must be 0 or at least {SMALLEST_SIGMA}, got {sigmas[wrong][0]:g}")
    if not shocks:
        return []
    if (sigmas == 0).all():
        return [_fixed_shares(shock, drawn.demand) for shock in shocks]
    return _cleared(shocks, drawn)


def _cleared(shocks: Sequence[Shock], drawn: Elasticities) -> list[Predicted]:
    """All markets in one batch, padded with suppliers and buyers that have no trade."""
    suppliers = max(shock.before.shape[0] for shock in shocks)
    buyers = max(shock.before.shape[1] for shock in shocks)
    flow = np.zeros((len(shocks), suppliers, buyers))
    capacity = np.zeros((len(shocks), suppliers))
    for case, shock in enumerate(shocks):
        s, b = shock.before.shape
        flow[case, :s, :b] = shock.before / shock.before.sum()
        capacity[case, :s] = np.inf
        capacity[case, shock.exporter] = shock.kept * flow[case, shock.exporter].sum()
    solved = solve_market(
        np.broadcast_to(flow, (len(drawn.sigma), *flow.shape)),
        sigma=drawn.sigma[:, None] * np.ones(len(shocks)),
        supply_elasticity=drawn.supply[:, None, None],
        demand_elasticity=drawn.demand[:, None, None],
        capacity=capacity,
    )
    return [
        _unpad(shock, solved.flow[:, case], solved.log_supplier_price[:, case]) for case, shock in enumerate(shocks)
    ]


def _unpad(shock: Shock, flow: Array, log_price: Array) -> Predicted:
    s, b = shock.before.shape
    return Predicted(flow[:, :s, :b] * shock.before.sum(), log_price[:, :s])


def _fixed_shares(shock: Shock, demand: Array) -> Predicted:
    """Every buyer loses its share of the cut, gains nothing, and pays until its demand has fallen as far.

    The price of a supplier is the mean of its buyers' prices, weighted by what they buy from it.
    """
    flow = shock.before.copy()
    flow[shock.exporter] *= shock.kept
    had, has = shock.before.sum(axis=0), flow.sum(axis=0)
    left = np.divide(has, had, out=np.ones_like(has), where=had > 0)
    paid = np.exp(np.minimum(-np.log(np.maximum(left, 1e-300)) / demand[:, None], np.log(NO_CAP)))
    sold = flow.sum(axis=1)
    got = np.divide(paid @ flow.T, sold, out=np.ones((len(demand), len(sold))), where=sold > 0)
    return Predicted(np.broadcast_to(flow, (len(demand), *flow.shape)), np.log(got))
