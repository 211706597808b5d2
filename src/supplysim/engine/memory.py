"""What a month leaves behind: expectations, long-run demand, habit, new links, woken and new capacity."""

from __future__ import annotations

import numpy as np

from supplysim.engine.market import Array, Cleared
from supplysim.engine.policy import Levers
from supplysim.engine.stage import Rules, Stage
from supplysim.engine.state import State


def remember(stage: Stage, state: State, rules: Rules, levers: Levers, cleared: Cleared, month: int) -> None:
    """Carry the month's prices and flows into the state."""
    state.U, state.V, state.W = cleared.U, cleared.V, cleared.W
    state.expected = state.expected + rules.expectation_gain * (cleared.V - state.expected)
    state.contract = state.contract + (np.exp(cleared.V) - state.contract) / rules.contract_months
    pull = -(rules.long_run_multiple - 1.0) * stage.eta * cleared.V
    state.long_run = state.long_run + (pull - state.long_run) / rules.long_run_months
    _learn(stage, state, rules, cleared)
    _open_links(stage, state, rules, cleared)
    if rules.investment:
        _invest(stage, state, rules, levers, cleared, month)


def _learn(stage: Stage, state: State, rules: Rules, cleared: Cleared) -> None:
    """Habit: `ln q' = (1 - lam - mu) ln q + lam ln max(x, f q) + mu ln q*`, then rescaled to the base year's total."""
    lam, mu = rules.learning[:, :, None], rules.reversion[:, :, None]
    if not (lam.any() or mu.any()):
        return
    with np.errstate(divide="ignore"):
        seen = np.log(np.maximum(cleared.x, rules.floor * np.exp(state.log_q)))
        home = np.log(stage.q)
    log_q = (1.0 - lam - mu) * state.log_q + np.where(stage.q > 0, lam * seen + mu * home, 0.0)
    total = np.exp(log_q).sum(axis=(1, 2))
    state.log_q = log_q - np.log(total / stage.q.sum())[:, None, None]


def _open_links(stage: Stage, state: State, rules: Rules, cleared: Cleared) -> None:
    """Pairs that did not trade in the base year qualify while the buyer is short, or learn from what a contract ships.

    The reference grows towards its gravity estimate and never past it, unless shipments themselves exceed it.
    """
    scarce = (cleared.V > np.log(rules.scarce_above))[:, None, :]
    gap = np.where(scarce, np.maximum(stage.links - state.fresh, 0.0), 0.0) / rules.qualification
    lam, mu = rules.learning[:, :, None], rules.reversion[:, :, None]
    taught = lam * np.maximum(np.where(stage.q > 0, 0.0, cleared.x) - state.fresh, 0.0)
    state.fresh = state.fresh * (1.0 - mu) + gap + taught


def _invest(stage: Stage, state: State, rules: Rules, levers: Levers, cleared: Cleared, month: int) -> None:
    """Idle capacity wakes within half a year of high prices; new capacity is begun after a year of them."""
    high = cleared.U > np.log(rules.invest_above)
    state.awake = np.clip(state.awake + np.where(high, 1 / 6, np.where(cleared.U < 0, -1 / 12, 0.0)), 0.0, 1.0)
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


def reference(state: State) -> Array:
    """The flows that buyers are used to, `(d, s, b)`."""
    return np.asarray(np.exp(state.log_q) + state.fresh)
