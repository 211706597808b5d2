"""How a stage's market is put together from its state and the month's levers, and cleared."""

from __future__ import annotations

import numpy as np

from supplysim.engine.market import Array, Cleared, Market, Mask, Solver, StockDemand, scale_floors
from supplysim.engine.memory import reference
from supplysim.engine.policy import Levers
from supplysim.engine.stage import Rules, Stage
from supplysim.engine.state import State, usual_pipeline

SHORT = 1e-6
"""Share of demand left unserved last month from which a strategic stockpile counts its buyers as short."""
NEED_SHARE = 0.9
"""A stockpile covers at most this share of a month's need, so that a market remains."""


def stockpile_transfer(stage: Stage, state: State, levers: Levers, wanted: Array) -> Array:
    """Tonnes to move into (positive) or out of strategic stockpiles this month, by buyer `(d, b)`."""
    into = np.zeros_like(wanted)
    short = state.unmet > SHORT * wanted
    for p, pile in enumerate(stage.stockpiles):
        held, member = state.strategic[:, p], pile.share > 0
        price = np.where(member, state.V, -np.inf).max(axis=1)
        tight = (price > np.log(pile.release_above)) | (short & member).any(axis=1)
        calm = ~tight & (price < np.log(pile.refill_below))
        need = NEED_SHARE * (wanted * member).sum(axis=1)
        out = np.where(tight, np.minimum(np.minimum(held, pile.initial / pile.release_over), need), 0.0)
        fill = np.where(calm, np.clip(pile.target - held, 0.0, pile.target / pile.refill_over), 0.0)
        into += (fill - out)[:, None] * pile.share
        if levers.release is not None:
            asked = np.where(member, levers.release, 0.0)
            left = (held - out)[:, None] * pile.share
            into -= np.minimum(np.minimum(asked, left), NEED_SHARE * wanted)
    return into


def clear(
    stage: Stage, state: State, rules: Rules, levers: Levers, wanted: Array, transfer: Array
) -> tuple[Cleared, Array]:
    """Clear the market from last month's prices; returns it with the log delivered price of each link `(d, s, b)`.

    Flows that exceed a supplier's capacity by the solver's tolerance are cut back to it: flows are the only truth.
    """
    flows = reference(state)
    if levers.option is not None:
        flows = flows + levers.option
    groups = np.stack([mask for mask, _ in levers.caps]) if levers.caps else None
    limits = np.stack([limit for _, limit in levers.caps], axis=1) if levers.caps else None
    market = Market(
        q=flows, sigma=stage.sigma, S0=levers.S0, K=levers.K, eps=stage.eps, D0=wanted, eta=stage.eta,
        vcap=levers.vcap, kappa=rules.kappa, T=levers.cost, H=levers.ceiling, F=transfer,
        L=_floors(levers, wanted, transfer, groups, limits), groups=groups, limits=limits,
        stock=_stock_demand(stage, state, rules, levers, wanted),
    )  # fmt: skip
    cleared = _solve(market, state, rules.compiled)
    sold = cleared.x.sum(axis=2)
    flow = cleared.x * np.minimum(1.0, levers.K / np.maximum(sold, 1e-300))[:, :, None]
    paid = np.broadcast_to(cleared.U[:, :, None], flow.shape)
    if levers.cost is not None:
        paid = paid + levers.cost
    if groups is not None:
        paid = paid + np.einsum("dg,gsb->dsb", cleared.W, groups.astype(float))
    return cleared._replace(x=flow), paid


def _solve(market: Market, state: State, compiled: bool) -> Cleared:
    if not compiled:
        return Solver(market).solve(state.U, state.V, state.W)
    from supplysim.engine.compiled import solve

    return solve(market, state.U, state.V, state.W)


def _floors(levers: Levers, wanted: Array, transfer: Array, groups: Mask | None, limits: Array | None) -> Array | None:
    """Contract floors within bans and caps, and within what either side can make or take."""
    if levers.floor is None:
        return None
    floor = levers.floor if levers.ceiling is None else np.minimum(levers.floor, levers.ceiling)
    return scale_floors(floor, np.minimum(levers.K, levers.S0), np.maximum(wanted + transfer, 0.0), groups, limits)


def _stock_demand(stage: Stage, state: State, rules: Rules, levers: Levers, wanted: Array) -> StockDemand:
    growth = wanted / np.maximum(stage.D0, 1e-300)
    position = state.stock + state.in_transit() - usual_pipeline(stage) * growth
    return StockDemand(
        target=(stage.cover + levers.eager) * wanted,
        position=position,
        held=state.stock,
        expected=state.expected,
        max_build=rules.max_build * wanted,
        response=rules.response,
        release_time=rules.release_time,
        rebuild_time=rules.rebuild_time,
    )
