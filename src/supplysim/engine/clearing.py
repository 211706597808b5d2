"""How a stage's market is put together from its state and the month's levers, and cleared."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from supplysim.engine.floors import scale_floors
from supplysim.engine.market import (
    Array,
    Cleared,
    Market,
    Mask,
    Rows,
    StockDemand,
)
from supplysim.engine.policy import NO_LIMIT, Levers, Term
from supplysim.engine.solver import Solver
from supplysim.engine.stage import Rules, Stage
from supplysim.engine.state import State
from supplysim.engine.sums import over_buyers, over_suppliers
from supplysim.errors import SolverError

SHORT = 1e-6
"""Share of demand left unserved last month from which a strategic stockpile counts its buyers as short."""
NEED_SHARE = 0.9
"""A stockpile covers at most this share of a month's need, so that a market remains."""
NOTHING = 1e-9
"""A group cap below this share of the market's demand closes its links."""


def stockpile_transfer(stage: Stage, state: State, levers: Levers, wanted: Array) -> Array:
    """Tonnes to move into (positive) or out of strategic stockpiles this month, by buyer `(d, b)`.

    A stockpile releases by its rule and by the month's events together, up to what it holds and what its buyers need;
    it buys only in months in which it neither releases nor is asked to.
    """
    into = np.zeros_like(wanted)
    short = state.unmet > SHORT * wanted
    for p, pile in enumerate(stage.stockpiles):
        held, member = state.strategic[:, p], pile.share > 0
        price = np.where(member, state.V, -np.inf).max(axis=1)
        tight = (price > np.log(pile.release_above)) | (short & member).any(axis=1)
        rate = np.where(tight, np.maximum(pile.initial, pile.target) / pile.release_over, 0.0)
        asked = rate[:, None] * pile.share
        if levers.release is not None:
            asked = asked + np.where(member, levers.release, 0.0)
        out = np.minimum(asked, NEED_SHARE * wanted)
        out *= np.minimum(1.0, held / np.maximum(out.sum(axis=1), 1e-300))[:, None]
        calm = ~asked.any(axis=1) & (price < np.log(pile.refill_below))
        fill = np.where(calm, np.clip(pile.target - held, 0.0, pile.target / pile.refill_over), 0.0)
        into += fill[:, None] * pile.share - out
    return into


def kept_out(state: State, levers: Levers, wanted: Array, transfer: Array) -> Array:
    """Tonnes that purchases buy (positive) or sell back this month, `(d, b)`.

    What is sold back leaves room for a market, as releases from stockpiles do (`transfer`, `(d, b)`).
    """
    due = (0.0 if levers.kept is None else levers.kept) - (state.kept + state.owed)
    room = np.maximum(NEED_SHARE * wanted - np.maximum(-transfer, 0.0), 0.0)
    return np.asarray(np.maximum(due, -np.minimum(room, state.kept)))


def clear(
    stage: Stage, state: State, rules: Rules, levers: Levers, wanted: Array, transfer: Array
) -> tuple[Cleared, Array]:
    """Clear the market from last month's prices; returns it with the log delivered price of each link `(d, s, b)`.

    Flows that exceed a supplier's capacity by the solver's tolerance are cut back to it: flows are the only truth.
    """
    flows = reference(stage, state, levers)
    limits = _limits(levers, wanted)
    open_caps = _open_caps(limits, wanted)
    ceiling = _ceiling(stage, state, levers, limits, open_caps)
    groups = np.stack([cap.links for cap in levers.caps]) if levers.caps else np.zeros((0, *flows.shape[1:]), bool)
    floor = _floors(levers, ceiling, groups, limits, wanted, transfer)
    ties, able = flows if ceiling is None else np.minimum(flows, ceiling), levers.K > 0
    ties = ties if able.all() else ties * able[:, :, None]
    market = Market(
        q=flows, sigma=stage.sigma, S0=_woken(levers, floor), K=levers.K, eps=stage.eps, D0=wanted, eta=stage.eta,
        vcap=levers.vcap, kappa=rules.kappa, T=levers.cost, L=floor, H=ceiling,
        F=transfer, stock=_stock_demand(stage, state, rules, levers, wanted, ties),
        curvature=rules.curvature,
    )  # fmt: skip
    try:
        cleared = _solve(market, state, groups, limits, open_caps)
    except SolverError as error:
        raise SolverError(f"{stage.product}: {error}") from None
    sold = over_buyers(cleared.x)
    flow = cleared.x * np.minimum(1.0, levers.K / np.maximum(sold, 1e-300))[:, :, None]
    return cleared._replace(x=flow), _agreed(_paid(market, cleared, groups), flow, levers.terms)


def reference(stage: Stage, state: State, levers: Levers) -> Array:
    """The flows that buyers are used to, `(d, s, b)`: habit grown with demand, new capacity, new ties and options.

    A link without base-year trade that has both been learned and is optioned counts by the larger.
    """
    flows = state.usual * levers.grown[:, None, :]
    if levers.added.any():
        flows = flows + levers.added[:, :, None] * stage.spread
    if levers.option is None:
        return flows + state.fresh if state.fresh.any() else flows
    return flows + np.where(stage.q > 0, levers.option, np.maximum(levers.option, state.fresh))


def _limits(levers: Levers, wanted: Array) -> Array:
    """Group caps in tonnes `(d, g)`."""
    limits = [c.limit + c.of_demand * wanted[:, c.links.any(axis=0)].sum(axis=1) for c in levers.caps]
    return np.stack(limits, axis=1) if limits else np.zeros((levers.draws, 0))


def _open_caps(limits: Array, wanted: Array) -> Mask:
    """Which caps are group caps this month `(d, g)`: not those at rest, nor those that leave nothing (a ban)."""
    return np.asarray((limits < NO_LIMIT / 2) & (limits > NOTHING * wanted.sum(axis=1, keepdims=True)))


def _ceiling(stage: Stage, state: State, levers: Levers, limits: Array, open_caps: Mask) -> Array | None:
    """What bans, and caps that leave nothing, allow on each link, `(d, s, b)`."""
    shut = (limits < NO_LIMIT / 2) & ~open_caps
    if levers.allowed is None and not stage.effects:  # whether other draws are under a ban must not change a bit
        return None
    ceiling = np.full(levers.shape, np.inf)
    if levers.allowed is not None:
        option, floor = (np.zeros(1) if a is None else a for a in (levers.option, levers.floor))
        usual = np.maximum(np.maximum(stage.q, state.fresh) + option, floor)
        ceiling = np.where(np.isinf(levers.allowed), np.inf, np.minimum(levers.allowed, 1.0) * usual)
    for g, cap in enumerate(levers.caps):
        rows = shut[:, g]
        ceiling[rows] = np.where(cap.links, 0.0, ceiling[rows])
    return ceiling


def _floors(
    levers: Levers, ceiling: Array | None, groups: Mask, limits: Array, wanted: Array, transfer: Array
) -> Array | None:
    """Contract floors within bans and caps and within what either side can make or take."""
    if levers.floor is None:
        return None
    floor = levers.floor if ceiling is None else np.minimum(levers.floor, ceiling)
    return scale_floors(floor, levers.K, np.maximum(wanted + transfer, 0.0), groups, limits)


def _woken(levers: Levers, floor: Array | None) -> Array:
    """Supply at base prices: idle capacity works for contracts that ask for more than is made otherwise."""
    return levers.S0 if floor is None else np.maximum(levers.S0, np.minimum(levers.K, floor.sum(axis=2)))


def _stock_demand(stage: Stage, state: State, rules: Rules, levers: Levers, wanted: Array, ties: Array) -> StockDemand:
    """Stocks on hand and under way, less what is normally under way to a buyer over the ties that are open now.

    What purchases have bought and not yet got is not the buyer's. Cargo that is later than what is ordered today is
    not counted on. Of a long cover only the months of it that answer to prices do.
    """
    lead = lead_times(stage, levers)
    months = over_suppliers(ties * lead) / np.maximum(over_suppliers(ties), 1e-300)
    return StockDemand(
        target=(stage.cover + levers.eager) * wanted,
        position=state.stock + state.due_within(lead.max(axis=(-2, -1), initial=0)) - wanted * months - state.owed,
        # what arrives now can all be used now
        held=np.maximum(state.stock + rules.release_time * state.under_way[0] - state.owed, 0.0),
        expected=state.expected,
        max_build=rules.max_build * wanted,
        response=rules.response,
        release_time=rules.release_time,
        rebuild_time=rules.rebuild_time,
        answering=np.minimum(1.0, rules.responding / np.maximum(stage.cover, 1e-300)),
        lead=months * rules.cargo_follows,
    )


def lead_times(stage: Stage, levers: Levers) -> NDArray[np.int64]:
    """Months on the way for what is shipped this month, `(s, b)` or `(d, s, b)`."""
    return stage.lead if levers.late is None else np.maximum(stage.lead + levers.late, 0)


def _solve(market: Market, state: State, groups: Mask, limits: Array, open_caps: Mask) -> Cleared:
    """Clear the draws, those together that have the same caps at work; a draw's company does not change its result.

    The search begins where the last months' prices point.
    """
    n, g = open_caps.shape
    start = state.W if state.W.shape == (n, g) else np.zeros((n, g))
    U, V = state.ahead
    if not open_caps.any():
        return Solver(market, np.arange(n)).solve(U, V, start[:, :0])._replace(W=np.zeros((n, g)))
    out = Cleared(
        np.empty((n, *market.q.shape[1:])), np.empty_like(state.U), np.empty_like(state.V), np.zeros((n, g)),
        np.empty_like(state.V), np.empty_like(state.V), np.zeros(n, dtype=np.int64),
    )  # fmt: skip
    for alike, on in _alike(open_caps):
        rows = np.repeat(alike, 2) if len(alike) == 1 < n else alike  # alone it would be added up in another order
        part = market if len(alike) == n else market.take(rows)
        if on.any():
            part = replace(part, groups=groups[on], limits=limits[rows][:, on])
        done = Solver(part, rows).solve(U[rows], V[rows], start[np.ix_(rows, on)])
        for whole, found in zip(out, done._replace(W=_widened(done.W, on)), strict=True):
            whole[rows] = found
    return out


def _alike(open_caps: Mask) -> Iterator[tuple[Rows, Mask]]:
    """Draws by the caps at work in them."""
    patterns, which = np.unique(open_caps, axis=0, return_inverse=True)
    for k, pattern in enumerate(patterns):
        yield np.flatnonzero(which.ravel() == k), pattern


def _widened(W: Array, on: Mask) -> Array:
    wide = np.zeros((len(W), len(on)))
    wide[:, on] = W
    return wide


def _agreed(paid: Array, flow: Array, terms: list[Term]) -> Array:
    """Log delivered prices where contracts set some of them; a link's price is the mean over its tonnes."""
    if not terms:
        return paid
    paid = np.broadcast_to(paid, flow.shape).copy()
    for term in terms:
        spot = np.exp(paid[:, term.supplier, term.buyer])
        share = np.minimum(1.0, term.volume / np.maximum(flow[:, term.supplier, term.buyer], 1e-300))
        agreed = share * np.clip(spot, term.low, term.high) + (1.0 - share) * spot
        paid[:, term.supplier, term.buyer] = np.log(agreed)
    return paid


def _paid(market: Market, cleared: Cleared, groups: Mask) -> Array:
    """Log delivered price `(d, s, b)`: the gate's, at most the door's, with cost and the rent of caps.

    A gate price above what the buyer's own market gives is the shadow price of a capacity that is all promised, or of
    a habit; nobody pays it. Where a contract holds a flow up, the buyer pays its own market's price, within the
    contract's terms. Where a ban holds it down, the licence is worth what the buyer would give for the last tonne.
    """
    door = np.broadcast_to(cleared.V[:, None, :], cleared.x.shape)
    paid = np.minimum(cleared.U[:, :, None], door)
    if market.T is not None:
        paid = paid + market.T
    if len(groups):
        paid = paid + np.einsum("dg,gsb->dsb", cleared.W, groups.astype(float))
    if market.L is not None:
        paid = np.where((cleared.x > 0) & (cleared.x <= market.L), door, paid)
    if market.H is not None:
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            rent = door - np.log(cleared.x / market.q) / np.reshape(market.sigma, (-1, 1, 1))
        held = (cleared.x > 0) & (cleared.x >= market.H) & (market.q > 0)
        paid = np.where(held, np.maximum(paid, rent), paid)
    return paid
