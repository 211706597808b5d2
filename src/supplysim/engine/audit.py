"""Nothing is made from nothing: what came in equals what was used and what is still there, in every draw and month."""

from __future__ import annotations

import numpy as np

from supplysim.engine.market import Array
from supplysim.engine.month import Outcome
from supplysim.engine.stage import Chain
from supplysim.engine.state import State
from supplysim.errors import AuditError

TOLERANCE = 1e-12


def holdings(states: list[State]) -> list[Array]:
    """Tonnes in stock, under way and in strategic stockpiles, by stage, `(d,)` each."""
    return [s.stock.sum(axis=1) + s.in_transit().sum(axis=1) + s.strategic.sum(axis=1) for s in states]


def check(chain: Chain, before: list[Array], after: list[Array], outcomes: list[Outcome], month: int) -> float:
    """Largest imbalance of the month relative to what each stage holds and moves.

    Raises `AuditError` naming product, draw and month when it exceeds 1e-12, or when a stock is negative.
    """
    worst = 0.0
    for stage, held, holds, outcome in zip(chain.stages, before, after, outcomes, strict=True):
        shipped, used = outcome.flow.sum(axis=(1, 2)), outcome.used.sum(axis=1)
        gap = np.abs(holds - held - shipped + used) / np.maximum(np.maximum(held, holds) + shipped + used, 1e-300)
        worst = max(worst, float(gap.max(initial=0.0)))
        if worst > TOLERANCE or not np.isfinite(gap).all():
            draw = int(np.argmax(np.where(np.isfinite(gap), gap, np.inf)))
            raise AuditError(f"{stage.product}: mass off by {gap[draw]:.1e} in draw {draw}, month {month}")
        if (outcome.stock < 0).any() or (outcome.used < 0).any():
            draw = int(np.argmin(outcome.stock.min(axis=1)))
            raise AuditError(f"{stage.product}: negative stock in draw {draw}, month {month}")
    return worst
