"""One month of the whole chain: events, markets from upstream to downstream, arrivals, processing, stocks, memory.

Order (model.md section 4): what the effects ask for; then for each stage its demand (plants ask of every input for
what they planned at last month's price of their product, over the yield), its market, its arrivals and use; then
expectations, habit and investment. A plant can make no more than the scarcest of its inputs on hand allows, so a stage
is cleared after its inputs.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from supplysim.engine.clearing import clear, kept_out, lead_times, stockpile_transfer
from supplysim.engine.corridor import Corridors
from supplysim.engine.market import Array, demand_at
from supplysim.engine.memory import remember
from supplysim.engine.policy import Levers, Quota
from supplysim.engine.stage import Chain, Stage
from supplysim.engine.state import State
from supplysim.engine.sums import over_buyers, over_suppliers

EMPTY = 1e-3
"""A yard that holds no more than this share of what its plant plans to use in a month is empty."""
DUST = 1e-9
"""A yard from which a plant could make less than this share of its capacity is empty: what rounding leaves there opens
no link. Not of base-year output, of which a new plant has none."""
SAME = 1e-6
"""Inputs that differ by less than this share of a month's base-year output, in what can be made of them, are scarce
alike: what rounding leaves in two empty yards must not tell which of them is short."""
LEAST_WORTH = np.log(2.0)
"""Up to twice the base price a plant always buys: base prices are means of a year and of several qualities, and what is
paid for most ores and concentrates moves with the metal's price. It also keeps the base year exact."""
REMAINS = 0.05
"""Share of base-year purchases that plants waiting for another input still ask for beyond what they may take out of
their yard, so that a market remains."""


class Outcome(NamedTuple):
    """What happened in one stage in one month, in tonnes and log prices over the base year.

    `(d, s, b)`: `flow`, `paid` (log delivered price, cost and rent included), `duty` (log duty, or None).
    `(d, s)`: `made`, `limit` (the most that capacity and feed allow). `(d, b)`: `reference` (demand at base prices),
    `used`, `short` (given up for this month's price, or asked for at it and not there), `adapted` (demand that past
    prices have driven away for long), `rationed` (left unserved at the ceiling or for want of arrivals), `stock`,
    `reserve` (strategic), `spot`, `contract` (what is paid on average under contracts and at spot, a multiple).

    A user's `reference` is `used + short + adapted`, unless low prices make it want more. A plant adapts nothing: it is
    short of what its plan, up to the reference, lacks while its yard is empty; other input that it does not ask for is
    displaced, because its product is made elsewhere.
    """

    flow: Array
    paid: Array
    duty: Array | None
    made: Array
    limit: Array
    reference: Array
    used: Array
    short: Array
    adapted: Array
    rationed: Array
    stock: Array
    reserve: Array
    spot: Array
    contract: Array
    iterations: NDArray[np.int64]


def step(chain: Chain, states: list[State], month: int) -> list[Outcome]:
    """Advance every stage by one month, changing `states`; returns the month's outcomes in the chain's order."""
    levers = [_levers(chain, k, states, month) for k in range(len(chain.stages))]
    outcomes: list[Outcome] = []
    demand = [_demand(chain, k, levers, states) for k in range(len(chain.stages))]
    for k, stage in enumerate(chain.stages):
        state, lever, wanted = states[k], levers[k], demand[k]
        transfer = stockpile_transfer(stage, state, lever, wanted)
        hoard = kept_out(state, lever, wanted, transfer)
        _bound_by_inputs(stage, states, lever)
        _bound_by_worth(chain, k, states, lever)
        cleared, paid = clear(stage, state, chain.rules, lever, wanted, transfer + hoard)
        made = over_buyers(cleared.x)
        _draw_inputs(stage, states, outcomes, made)
        _ship(stage, state, lever, cleared.x)
        asked = demand_at(wanted, stage.eta, cleared.V, chain.rules.curvature)
        used, late = _use(stage, state, np.maximum(asked - cleared.unmet, 0.0), transfer, hoard)
        short, adapted = _missed(stage, lever.D0, wanted, asked, used)
        state.made, state.unmet = made, cleared.unmet + late
        remember(stage, state, chain.rules, lever, cleared, month)
        outcomes.append(
            Outcome(
                cleared.x, paid, lever.duty, made, lever.K, lever.D0, used, short, adapted, state.unmet,
                state.stock, _reserve(stage, state), cleared.V, _contract_price(stage, state), cleared.iterations,
            )
        )  # fmt: skip
    return outcomes


def _levers(chain: Chain, k: int, states: list[State], month: int) -> Levers:
    """Base-year data of a stage with growth, what was built and what this month's effects ask for."""
    stage, state, n = chain.stages[k], states[k], chain.draws
    s, b = stage.q.shape
    trend, growth = stage.supply_growth(month, chain.rules.rebuild_time), np.exp(stage.growth * month)
    idle = np.where(np.isfinite(stage.K), np.maximum(stage.K - stage.S0, 0.0), 0.0) * trend
    levers = Levers(
        draws=n,
        month=month,
        q=stage.q,
        K=np.broadcast_to(stage.K * trend, (n, s)) + state.built,
        S0=np.broadcast_to(stage.S0 * trend, (n, s)) + state.built + state.awake * idle,
        D0=np.broadcast_to(stage.D0 * growth, (n, b)).copy(),
        vcap=np.broadcast_to(stage.vcap, (n, b)).copy(),
        eager=np.zeros((n, b)),
        grown=np.broadcast_to(growth, (n, b)),
        added=state.built,
    )
    if stage.host_stage >= 0:
        _follow_host(chain, stage, states[stage.host_stage], levers)
    for effect in stage.effects:
        level = effect.profile.at(month)
        if level.any() or isinstance(effect, Quota | Corridors):
            effect.apply(levers, np.broadcast_to(level, (n,)))
    return levers


def _follow_host(chain: Chain, stage: Stage, state: State, lever: Levers) -> None:
    """One capacity moves a by-product or joint product with its host, as far as the host was made last month."""
    fed, last, host = stage.host >= 0, max(lever.month - 1, 0), chain.stages[stage.host_stage]
    usual = host.q.sum(axis=1) * host.supply_growth(last, chain.rules.rebuild_time)
    place = stage.host[fed]  # a supplier of the host that made nothing in the base year is nobody's host
    ratio = state.made[:, place] / usual[:, place]
    lever.S0[:, fed] *= ratio
    lever.K[:, fed] *= ratio


def _demand(chain: Chain, k: int, levers: list[Levers], states: list[State]) -> Array:
    """Reference demand `(d, b)`: users' as it is, plants' from what they plan to make at last month's price."""
    stage = chain.stages[k]
    wanted = levers[k].D0 * np.exp(states[k].long_run)
    for j in np.flatnonzero(stage.makes >= 0):
        m, i = int(stage.output_stage[j]), int(stage.makes[j])
        made = chain.stages[m]
        eps = np.broadcast_to(made.eps, levers[m].K.shape)[:, i]
        plan = np.minimum(levers[m].K[:, i], levers[m].S0[:, i] * np.exp(eps * states[m].U[:, i]))
        own = made.inputs.index(k)
        wanted[:, j] = plan / made.yields[own, i]
        if len(made.inputs) > 1:
            idle = states[k].stock[:, j] / chain.rules.release_time + states[k].under_way[0][:, j]
            least = idle + REMAINS * stage.D0[:, j]
            wanted[:, j] = np.minimum(wanted[:, j], np.maximum(_matched(made, own, i, states, states[m].made), least))
    return wanted


def _matched(stage: Stage, own: int, i: int, states: list[State], made: Array) -> Array:
    """The part of its input `own` for which plant `i` had all others last month, used or in the yard, `(d,)` in tonnes;
    no limit where that input is itself the scarcest.

    Without this a plant that lacks one input would go on buying all others at any price. The scarcest is asked for as
    planned, so that plants take up work again when it comes back.
    """
    fed = [a for a in range(len(stage.inputs)) if stage.fed_by[a, i] >= 0]
    left = {a: states[stage.inputs[a]].stock[:, stage.fed_by[a, i]] * stage.yields[a, i] for a in fed}
    least = np.min([*left.values()], axis=0)
    return np.where(left[own] <= least + SAME * stage.q[i].sum(), np.inf, (made[:, i] + least) / stage.yields[own, i])


def _bound_by_inputs(stage: Stage, states: list[State], lever: Levers) -> None:
    """Plants make at most what the scarcest of the inputs in their yard allows."""
    for k, fed_by, yields in zip(stage.inputs, stage.fed_by, stage.yields, strict=True):
        fed = fed_by >= 0
        allows = states[k].stock[:, fed_by[fed]] * yields[fed]
        allows = np.where(allows > DUST * lever.K[:, fed], allows, 0.0)
        lever.K[:, fed] = np.minimum(lever.K[:, fed], allows)


def _bound_by_worth(chain: Chain, k: int, states: list[State], lever: Levers) -> None:
    """No plant pays more for an input than all that its product brings, at what its customers paid last month."""
    stage = chain.stages[k]
    worth = np.broadcast_to(stage.worth, stage.makes.shape)
    for j in np.flatnonzero(np.isfinite(worth) & (stage.makes >= 0)):
        m, i = int(stage.output_stage[j]), int(stage.makes[j])
        brings = (states[m].V * chain.stages[m].customers[i]).sum(axis=1)
        lever.vcap[:, j] = np.minimum(lever.vcap[:, j], np.maximum(worth[j] + brings, LEAST_WORTH))


def _draw_inputs(stage: Stage, states: list[State], outcomes: list[Outcome], made: Array) -> None:
    """Take what the plants used out of their yards, and write it into the outcomes of the stages they bought from.

    Until then `outcome.short` holds what a plant plans to use; it lacks the rest of it where its yard is empty.
    """
    for k, fed_by, yields in zip(stage.inputs, stage.fed_by, stage.yields, strict=True):
        stock, outcome = states[k].stock, outcomes[k]
        for i in np.flatnonzero(fed_by >= 0):
            j = fed_by[i]
            used = np.minimum(made[:, i] / yields[i], stock[:, j])
            stock[:, j] -= used
            outcome.used[:, j] = used
            plan = outcome.short[:, j]
            empty = stock[:, j] <= EMPTY * plan
            outcome.short[:, j] = np.where(empty, np.maximum(plan - used, 0.0), 0.0)


def _ship(stage: Stage, state: State, lever: Levers, flow: Array) -> None:
    """Put the month's flows under way; each arrives after its link's lead time and this month's delays."""
    lead = lead_times(stage, lever)
    beyond = int(lead.max(initial=0)) + 1 - len(state.under_way)
    if beyond > 0:
        state.under_way = np.concatenate([state.under_way, np.zeros((beyond, *state.stock.shape))])
    for months in np.unique(lead):
        state.under_way[months] += over_suppliers(flow * (lead == months))


def _use(stage: Stage, state: State, asked: Array, transfer: Array, hoard: Array) -> tuple[Array, Array]:
    """Receive this month's arrivals and use what is asked for, as far as it is there; `(used, asked but not there)`.

    Plants use nothing yet: what they take from their yard is known when the stage they make is cleared, and nothing of
    it is moved into a strategic stockpile (`transfer`) or out of the market for good (`hoard`).
    """
    hand = state.stock + state.under_way[0] + np.maximum(-transfer, 0.0) + np.maximum(-hoard, 0.0)
    state.under_way = np.concatenate([state.under_way[1:], np.zeros((1, *hand.shape))])
    user = stage.makes < 0
    used = np.where(user, np.minimum(asked, hand), 0.0)
    left = np.maximum(hand - asked, 0.0)
    saved = np.minimum(np.maximum(transfer, 0.0), left)
    owed = state.owed + np.maximum(hoard, 0.0)  # bought in the market, perhaps still on its way
    bought = np.minimum(owed, left - saved)
    moved = saved - np.maximum(-transfer, 0.0)
    for p, pile in enumerate(stage.stockpiles):
        holds = state.strategic[:, p] + (moved * (pile.share > 0)).sum(axis=1)
        state.strategic[:, p] = np.maximum(holds, 0.0)  # an empty stockpile may be short of nothing by rounding
    state.owed, state.kept = owed - bought, state.kept + bought - np.maximum(-hoard, 0.0)
    state.stock = np.maximum(hand - used - saved - bought, 0.0)  # rounding may leave a denormal below nothing
    return used, np.where(user, asked - used, 0.0)


def _missed(stage: Stage, reference: Array, wanted: Array, asked: Array, used: Array) -> tuple[Array, Array]:
    """What users are short of and what they do not want any more, `(d, b)`; for plants, their plan up to the reference.

    Below the base price users ask for more than they want at it: that is no shortage, and takes back what they gave up.
    """
    user, most = stage.makes < 0, np.maximum(wanted, asked)
    short = np.where(user, most - used, np.minimum(wanted, reference))
    return short, np.where(user, np.maximum(reference - most, 0.0), 0.0)


def _contract_price(stage: Stage, state: State) -> Array:
    """What a buyer pays on average, a multiple of the base price: contracts in force, and spot for all else."""
    return stage.term_share * state.agreed + (1.0 - stage.term_share) * np.exp(state.V)


def _reserve(stage: Stage, state: State) -> Array:
    reserve = np.zeros_like(state.stock)
    for p, pile in enumerate(stage.stockpiles):
        reserve += state.strategic[:, p, None] * pile.share
    return reserve
