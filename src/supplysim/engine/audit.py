"""Nothing is made from nothing: what came in equals what was used and what is still there, in every draw and month."""

from __future__ import annotations

import numpy as np

from supplysim.engine.market import Array
from supplysim.engine.month import Outcome
from supplysim.engine.stage import Chain, Stage
from supplysim.engine.state import State
from supplysim.errors import AuditError

TOLERANCE = 1e-12


def holdings(states: list[State]) -> list[Array]:
    """Tonnes in stock, under way, in strategic stockpiles and kept outside the market, by stage, `(d,)` each."""
    return [
        s.stock.sum(axis=1) + s.in_transit().sum(axis=1) + s.strategic.sum(axis=1) + s.kept.sum(axis=1) for s in states
    ]


def check(chain: Chain, before: list[Array], after: list[Array], outcomes: list[Outcome], month: int) -> float:
    """Largest imbalance of the month relative to what each stage holds and moves.

    Raises `AuditError` naming product, draw and month when it exceeds 1e-12: for a stage whose stocks do not change by
    what came in less what was used, for a plant that makes other than each of its inputs times its yield, and for a
    negative stock.
    """
    worst = 0.0
    for stage, held, holds, outcome in zip(chain.stages, before, after, outcomes, strict=True):
        shipped, used = outcome.made.sum(axis=1), outcome.used.sum(axis=1)
        scale = np.maximum(held, holds) + shipped + used
        gaps = [_relative(holds - held - shipped + used, scale)]
        gaps += [_processing(stage, i, outcomes[k], outcome) for i, k in enumerate(stage.inputs)]
        for gap in gaps:
            if not np.isfinite(gap).all() or gap.max(initial=0.0) > TOLERANCE:
                draw = int(np.argmax(np.where(np.isfinite(gap), gap, np.inf)))
                raise AuditError(f"{stage.product}: mass off by {gap[draw]:.1e} in draw {draw}, month {month}")
            worst = max(worst, float(gap.max(initial=0.0)))
        least = np.minimum(outcome.stock, np.minimum(outcome.used, outcome.reserve)).min(axis=1, initial=0.0)
        if (least < 0).any():
            draw = int(np.argmin(least))
            raise AuditError(f"{stage.product}: a stock of {least[draw]:.1e} t in draw {draw}, month {month}")
    return worst


def _processing(stage: Stage, i: int, source: Outcome, outcome: Outcome) -> Array:
    """Output of plants against what they took of their input `i` from their yards, `(d,)`."""
    fed = stage.fed_by[i] >= 0
    due = source.used[:, stage.fed_by[i, fed]] * stage.yields[i, fed]
    made = outcome.made[:, fed]
    return _relative(np.abs(made - due).sum(axis=1), made.sum(axis=1) + due.sum(axis=1))


def _relative(gap: Array, scale: Array) -> Array:
    return np.asarray(np.abs(gap) / np.maximum(scale, 1e-300))
