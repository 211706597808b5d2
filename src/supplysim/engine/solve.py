"""`solve_market`: the market of `market.py` for people who have arrays and want an answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from supplysim.engine.floors import scale_floors
from supplysim.engine.market import NO_CAP, Array, Cleared, Market, demand_at
from supplysim.engine.solver import Solver

SLACK = 1e-9
"""A seller may make this share more than it can sell: rounding."""
SURPLUS = 1e-7
"""Share of the market's total by which what is made may exceed what is taken, where neither side has an elasticity."""


class MarketSolution(NamedTuple):
    """A cleared market; the leading axes are those of `base_flow`.

    `flow` (..., supplier, buyer) in the unit of `base_flow`; `log_supplier_price` (..., supplier) and
    `log_buyer_price` (..., buyer) are natural logs relative to the base year; `unmet` (..., buyer) is demand that the
    price ceiling leaves unserved; `iterations` (...) counts Newton steps.
    """

    flow: Array
    log_supplier_price: Array
    log_buyer_price: Array
    unmet: Array
    iterations: NDArray[np.int64]


def solve_market(
    base_flow: ArrayLike,
    *,
    sigma: ArrayLike,
    supply_elasticity: ArrayLike,
    demand_elasticity: ArrayLike,
    capacity: ArrayLike | None = None,
    log_cost: ArrayLike | None = None,
    lower: ArrayLike | None = None,
    upper: ArrayLike | None = None,
    quotas: Sequence[tuple[ArrayLike, ArrayLike]] | None = None,
    supply_scale: ArrayLike | None = None,
    demand_scale: ArrayLike | None = None,
    price_cap: ArrayLike | None = None,
) -> MarketSolution:
    """Clear one market, for one draw or a batch of them.

    `base_flow` (..., supplier, buyer) holds the base year's flows, domestic sales included. `sigma` broadcasts to the
    batch; `supply_elasticity`, `capacity` (flow unit) and `supply_scale` to (..., supplier); `demand_elasticity`,
    `demand_scale` and `price_cap` (multiple of the base price above which demand goes unmet) to (..., buyer);
    `log_cost` (log of delivered cost over its base-year value), `lower` and `upper` (flow unit) to
    (..., supplier, buyer). `quotas` is a list of (mask (supplier, buyer), limit (...)): the flows under the mask sum
    to at most the limit, and groups may overlap. Floors that a supplier cannot make, or a buyer cannot take, are
    scaled down.

    The formula is that of `supplysim.engine.market`. Raises `ValueError` for arrays of the wrong shape, sign or
    finiteness, and for a market that no prices clear: a seller without supply elasticity who makes more than may be
    bought of it, or a sigma of 0. Every other market has a solution; prices end at the bounds `market` states.

    >>> solution = solve_market([[40, 10], [10, 40]], sigma=5, supply_elasticity=0.2, demand_elasticity=0.3)
    >>> solution.flow.tolist(), solution.iterations.tolist()
    ([[40.0, 10.0], [10.0, 40.0]], 0)
    """
    flow = _checked("base_flow", base_flow)
    if flow.ndim < 2:
        raise ValueError(f"base_flow must be (..., supplier, buyer); it has shape {flow.shape}")
    given = _Given(np.broadcast_shapes(flow.shape[:-2], np.shape(sigma)), *flow.shape[-2:])
    q = given.links("base_flow", flow)
    K = np.full(q.shape[:2], np.inf) if capacity is None else given.sellers("capacity", capacity)
    S0 = q.sum(axis=2) * (1.0 if supply_scale is None else given.sellers("supply_scale", supply_scale))
    D0 = q.sum(axis=1) * (1.0 if demand_scale is None else given.buyers("demand_scale", demand_scale))
    groups, limits = given.caps(quotas)
    floors = None if lower is None else given.links("lower", lower)
    market = Market(
        q=q,
        sigma=given.draws("sigma", sigma),
        S0=S0,
        K=K,
        eps=given.sellers("supply_elasticity", supply_elasticity),
        D0=D0,
        eta=given.buyers("demand_elasticity", demand_elasticity),
        vcap=np.log(given.buyers("price_cap", NO_CAP if price_cap is None else price_cap)),
        T=None if log_cost is None else given.links("log_cost", log_cost, low=-np.inf),
        L=None if floors is None else scale_floors(floors, np.minimum(K, S0), D0, groups, limits),
        H=None if upper is None else given.links("upper", upper),
        groups=groups,
        limits=limits,
    )
    return _cleared(market, given.batch)


@dataclass(frozen=True)
class _Given:
    """Arrays as people give them, checked and spread over a batch of so many suppliers and buyers."""

    batch: tuple[int, ...]
    s: int
    b: int

    def draws(self, name: str, values: ArrayLike) -> Array:
        """`(d,)`, as the others raising `ValueError` by the name given."""
        return self._spread(name, values, ())

    def sellers(self, name: str, values: ArrayLike) -> Array:
        """`(d, s)`."""
        return self._spread(name, values, (self.s,))

    def buyers(self, name: str, values: ArrayLike) -> Array:
        """`(d, b)`."""
        return self._spread(name, values, (self.b,))

    def links(self, name: str, values: ArrayLike, low: float = 0.0) -> Array:
        """`(d, s, b)`."""
        return self._spread(name, values, (self.s, self.b), low)

    def caps(
        self, quotas: Sequence[tuple[ArrayLike, ArrayLike]] | None
    ) -> tuple[NDArray[np.bool_] | None, Array | None]:
        """Masks `(g, s, b)` and limits `(d, g)`."""
        if not quotas:
            return None, None
        masks = [np.asarray(mask, dtype=bool) for mask, _ in quotas]
        for mask in masks:
            if mask.shape != (self.s, self.b):
                raise ValueError(f"a quota's mask has shape {mask.shape}; it must be ({self.s}, {self.b})")
        return np.stack(masks), np.stack([self.draws("quota limit", limit) for _, limit in quotas], axis=1)

    def _spread(self, name: str, values: ArrayLike, tail: tuple[int, ...], low: float = 0.0) -> Array:
        array, n = _checked(name, values, low), int(np.prod(self.batch, dtype=int))
        try:
            return np.broadcast_to(array, (*self.batch, *tail)).reshape(n, *tail)
        except ValueError:
            expected = " x ".join(str(k) for k in (*self.batch, *tail)) or "a single number"
            raise ValueError(f"{name} has shape {array.shape}, which does not broadcast to {expected}") from None


def _cleared(market: Market, batch: tuple[int, ...]) -> MarketSolution:
    """The market's solution with the batch's own axes in front."""
    _refuse_what_cannot_clear(market)
    solver = Solver(market)
    n, s, b = market.q.shape
    done = solver.solve(np.zeros((n, s)), np.zeros((n, b)), np.zeros((n, solver.dual.g)))
    _refuse_what_did_not(market, done)
    flow, prices = done.x.reshape(*batch, s, b), (done.U.reshape(*batch, s), done.V.reshape(*batch, b))
    return MarketSolution(flow, *prices, done.unmet.reshape(*batch, b), done.iterations.reshape(batch))


def _refuse_what_cannot_clear(m: Market) -> None:
    """Raise `ValueError` where a seller makes the same at any price, and more than bans and caps let it sell."""
    if (m.sigma <= 0).any():
        raise ValueError("sigma must be above 0: at 0 nobody changes suppliers, whatever the price")
    makes = np.where(m.eps == 0, np.minimum(m.K, m.S0), 0.0)
    links = (m.q > 0) & (m.D0 > 0)[:, None, :]
    most = np.where(links, np.inf if m.H is None else m.H, 0.0)
    room = most.sum(axis=2)
    if m.groups is not None and m.limits is not None:
        for group, limit in zip(m.groups, m.limits.T, strict=True):
            room = np.minimum(room, limit[:, None] + np.where(group, 0.0, most).sum(axis=2))
    if (stuck := np.argwhere(makes > room * (1 + SLACK))).size:
        d, s = stuck[0]
        raise ValueError(
            f"supplier {s} makes {makes[d, s]:g} at any price (supply_elasticity 0), and bans and quotas let it sell "
            f"{room[d, s]:g}: give it an elasticity above 0, or less capacity"
        )


def _refuse_what_did_not(m: Market, done: Cleared) -> None:
    """Raise `ValueError` where several sellers without elasticity together make more than their buyers can take."""
    total = SURPLUS * m.D0.sum(axis=1, keepdims=True)
    over = np.minimum(m.K, m.S0) - done.x.sum(axis=2)
    taken = done.x.sum(axis=1) - demand_at(m.D0, m.eta, done.V)
    if (stuck := np.argwhere((m.eps == 0) & (over > total) & (done.U < 0))).size:
        raise ValueError(
            f"supplier {stuck[0][1]} makes more at any price (supply_elasticity 0) than buyers can take within bans "
            "and quotas: give sellers or buyers an elasticity above 0"
        )
    if (stuck := np.argwhere((m.eta == 0) & (taken > total) & (m.D0 > 0))).size:
        raise ValueError(
            f"buyer {stuck[0][1]} takes the same at any price (demand_elasticity 0), and sellers make more: give one "
            "of them an elasticity above 0"
        )


def _checked(name: str, values: ArrayLike, low: float = 0.0) -> Array:
    array = np.asarray(values, dtype=float)
    if np.isnan(array).any() or (array < low).any():
        raise ValueError(f"{name} must hold numbers >= {low:g}" if np.isfinite(low) else f"{name} must hold numbers")
    return array
