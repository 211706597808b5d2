"""What a month leaves behind: expectations, long-run demand, habit, new links, woken and new capacity."""

from __future__ import annotations

import numpy as np

from supplysim.engine.market import Cleared
from supplysim.engine.policy import Levers
from supplysim.engine.stage import Rules, Stage
from supplysim.engine.state import State

TURN = 0.5
"""A change of prices is like the one before it when they differ by at most this share of it, at every node."""
ROUNDING = 1e-9
"""A log price below zero by less than this is the base price's. A supplier that was woken for a contract stands just
there, and rounding must not tell whether its capacity goes to sleep again."""


def remember(stage: Stage, state: State, rules: Rules, levers: Levers, cleared: Cleared, month: int) -> None:
    """Carry the month's prices and flows into the state."""
    _look_ahead(state, cleared)
    state.U, state.V, state.W = cleared.U, cleared.V, cleared.W
    # Once a crisis is over nobody expects its price again: a yard filled against its return is speculation, not cover.
    expected = state.expected + rules.expectation_gain * (cleared.V - state.expected)
    state.expected = np.minimum(expected, np.maximum(cleared.V, 0.0))
    state.agreed = state.agreed + (np.exp(cleared.V) - state.agreed) / stage.tenor
    pull = -(rules.long_run_multiple - 1.0) * stage.eta * cleared.V
    state.long_run = state.long_run + (pull - state.long_run) / rules.long_run_months
    _learn(stage, state, rules, levers, cleared)
    _open_links(stage, state, rules, levers, cleared)
    if rules.investment:
        _invest(stage, state, rules, levers, cleared, month)


def _learn(stage: Stage, state: State, rules: Rules, levers: Levers, cleared: Cleared) -> None:
    """Habit: `ln q' = (1 - lam - mu) ln q + lam ln max(x, f q) + mu ln q*`, then rescaled to the base year's totals.

    Each buyer's ties are rescaled to what it bought in the base year: habit is about from whom, not how much.
    """
    fixed = rules.learning.size == rules.reversion.size == 1  # a draw of zero among others takes the same way as they
    if (fixed and not (rules.learning.any() or rules.reversion.any())) or not stage.q.any():
        return
    ties, n = stage.ties, len(cleared.x)
    before = state.log_q.reshape(n, -1)[:, ties.place]
    bought = np.maximum(cleared.x.reshape(n, -1)[:, ties.place] / levers.grown[:, ties.buyer], 1e-300)
    seen = np.maximum(np.log(bought), np.log(rules.floor) + before)
    learned = before + rules.learning * (seen - before) + rules.reversion * (ties.home - before)
    flows = np.exp(learned)
    excess = np.repeat(np.add.reduceat(flows, ties.first, axis=1) / ties.bought, ties.number, axis=1)
    state.log_q, state.usual = np.full_like(state.log_q, -np.inf), np.zeros_like(state.usual)
    state.log_q.reshape(n, -1)[:, ties.place] = learned - np.log(excess)
    state.usual.reshape(n, -1)[:, ties.place] = flows / excess


def _look_ahead(state: State, cleared: Cleared) -> None:
    """Where next month's search for prices begins: on the line through the last two months, in draws where the last
    change was much like the one before it."""
    change = (cleared.U - state.U, cleared.V - state.V)
    size = np.maximum(*(np.abs(new).max(axis=1, initial=0.0) for new in change))
    turn = np.maximum(*(np.abs(n - o).max(axis=1, initial=0.0) for n, o in zip(change, state.change, strict=True)))
    steady = (turn <= TURN * size)[:, None]
    state.ahead = (
        np.where(steady, cleared.U + change[0], cleared.U),
        np.where(steady, cleared.V + change[1], cleared.V),
    )
    state.change = change


def _open_links(stage: Stage, state: State, rules: Rules, levers: Levers, cleared: Cleared) -> None:
    """Pairs that did not trade in the base year qualify while the buyer is short, or learn from what a contract ships.

    The reference grows towards its gravity estimate and never past it, or towards what a contract ships where that is
    more; a part of the estimate needs no qualification. Nobody qualifies a supplier that a ban shuts out.
    """
    scarce = (cleared.V > np.log(rules.scarce_above))[:, None, :]
    if levers.allowed is not None:
        scarce = scarce & (levers.allowed > 0)
    promised = [a for a in (levers.option, levers.floor) if a is not None]
    if not (promised or scarce.any() or state.fresh.any()):
        return
    gap = np.where(scarce, np.maximum(stage.links - state.fresh, 0.0), 0.0) / rules.qualification
    lam, mu = rules.learning[:, :, None], rules.reversion[:, :, None]
    shipped = np.where(stage.q > 0, 0.0, np.minimum(cleared.x, sum(promised, np.zeros(1))))
    grown = state.fresh * (1.0 - mu) + gap + lam * np.maximum(shipped - state.fresh, 0.0)
    state.fresh = np.maximum(grown, np.where(scarce, rules.at_once * stage.links, 0.0))


def _invest(stage: Stage, state: State, rules: Rules, levers: Levers, cleared: Cleared, month: int) -> None:
    """Idle capacity wakes within half a year of high prices; new capacity is begun after a year of them."""
    high = cleared.U > np.log(rules.invest_above)
    state.awake = np.clip(state.awake + np.where(high, 1 / 6, np.where(cleared.U < -ROUNDING, -1 / 12, 0.0)), 0.0, 1.0)
    state.tight = np.where(high, state.tight + 1.0, 0.0)
    begin = state.tight >= rules.invest_after
    state.tight = np.where(begin, 0.0, state.tight)
    size = np.where(begin, rules.invest_share * np.minimum(levers.K, stage.S0), 0.0)
    length = len(state.coming)
    for i, months in enumerate(stage.build_lead):
        state.coming[(month + months) % length, :, i] += size[:, i]
    slot = (month + 1) % length
    state.built = state.built + state.coming[slot]
    state.coming[slot] = 0.0
