"""What is to be kept small: a measure of a loss that differs from draw to draw."""

from __future__ import annotations

from typing import Literal

import numpy as np

from supplysim.engine.market import Array

Measure = Literal["mean", "p95", "worst 5 %", "regret"]
MEASURES: tuple[Measure, ...] = ("mean", "p95", "worst 5 %", "regret")
TAIL = 0.05
"""The share of draws that `worst 5 %` averages over, and that lie above `p95`."""


def cvar(losses: Array, tail: float = TAIL, weights: Array | None = None) -> float:
    """The mean of the worst `tail` of `losses` `(n,)`: conditional value at risk.

    Rockafellar and Uryasev, Journal of Risk 2 (2000), equation 9: the least `a + E[(loss - a)+] / tail` over `a`; a
    draw on the edge counts with the share of it that lies in the tail. `weights` sum to 1.
    """
    weight = np.full(len(losses), 1.0 / len(losses)) if weights is None else weights
    order = np.argsort(-losses, kind="stable")
    inside = np.diff(np.minimum(np.cumsum(weight[order]), tail), prepend=0.0)
    return float(losses[order] @ inside / max(tail, 1e-300))


def value_at_risk(losses: Array, tail: float = TAIL, weights: Array | None = None) -> float:
    """The smallest loss that no more than `tail` of the draws exceed."""
    weight = np.full(len(losses), 1.0 / len(losses)) if weights is None else weights
    order = np.argsort(losses, kind="stable")
    reached = np.cumsum(weight[order]) >= 1.0 - tail - 1e-12
    return float(losses[order][int(np.argmax(reached))])


def measured(losses: Array, measure: Measure, best: Array | float = 0.0, weights: Array | None = None) -> float:
    """A measure of `losses` `(n,)`; `best` is what each draw could have cost at least, which regret is counted from."""
    if measure == "mean":
        return float(losses.mean() if weights is None else losses @ weights)
    if measure == "p95":
        return value_at_risk(losses, TAIL, weights)
    return cvar(losses - best if measure == "regret" else losses, TAIL, weights)
