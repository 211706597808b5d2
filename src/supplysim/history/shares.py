"""From whom do exposed buyers buy a year after a cut? Shares of the *other* suppliers, against buyers' own old shares.

An exposed buyer took at least `EXPOSED` of its imports from the exporter that cut. Its shares of the suppliers that are
left, seen a year later, are compared with the model's and with persistence (its own shares of them before), by

* total variation, half the sum of absolute differences: the part of its purchases that is put at the wrong supplier,
* cross-entropy, `-sum p ln q`, in which a supplier that nobody expected costs most. Ties without earlier trade would
  cost infinitely, so either rule is mixed with the suppliers' world shares, with the weight the model gives new links,
* recall of its three largest suppliers.

Intervals draw whole cases.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from supplysim.engine.market import Array
from supplysim.history.model import Elasticities, predict
from supplysim.history.shocks import Shock
from supplysim.scenario.schema.model import NewLinks

EXPOSED = 0.05
"""Least share of a buyer's imports that came from the exporter."""
NOBODY = 1e-4
"""What is left for suppliers without any trade before, shared out evenly."""
TOP = 3
INTERVAL = (0.1, 0.9)
RESAMPLES = 1000
MEASURES = ("total_variation", "cross_entropy", "top3_recall")


class Compared(NamedTuple):
    """One measure: the model's mean over buyers, persistence's, and their difference with its 80 % interval."""

    model: float
    persistence: float
    difference: float
    low: float
    high: float


@dataclass(frozen=True)
class Shares:
    """All exposed buyers: their number, the part of their purchases over ties without earlier trade, and measures."""

    n: int
    new_ties: float
    measures: dict[str, Compared]

    def as_dict(self) -> dict[str, object]:
        """The part of the card's document."""
        return {"n": self.n, "new_ties": self.new_ties, **{k: v._asdict() for k, v in self.measures.items()}}


def gravity_weight() -> float:
    """The weight of world shares for pairs without earlier trade, as the model ships it."""
    return float(NewLinks.model_fields["gravity"].default)


def share_card(shocks: Sequence[Shock], drawn: Elasticities, gravity: float | None = None) -> Shares | None:
    """Every exposed buyer of every case; None where there is none. `gravity` defaults to the model's own."""
    weight = gravity_weight() if gravity is None else gravity
    rows = [
        np.array(found).reshape(-1, 7)
        for shock, predicted in zip(shocks, predict(shocks, drawn), strict=True)
        if (found := _buyers(shock, predicted.flow.mean(axis=0), weight))
    ]
    if not rows:
        return None
    every = np.concatenate(rows)
    rng = np.random.default_rng(0)
    picks = rng.integers(0, len(rows), (RESAMPLES, len(rows)))
    sums, counts = np.array([case.sum(axis=0) for case in rows]), np.array([len(case) for case in rows])
    means = sums[picks].sum(axis=1) / counts[picks].sum(axis=1)[:, None]
    return Shares(len(every), float(every[:, 6].mean()), {
        name: _compared(every[:, 2 * k], every[:, 2 * k + 1], means[:, 2 * k] - means[:, 2 * k + 1])
        for k, name in enumerate(MEASURES)
    })  # fmt: skip


class Weighed(NamedTuple):
    """Cross-entropy of the model with a weight on world shares: on the half of the codes by which the weight is chosen,
    and on the half by which it is judged."""

    weight: float
    chosen_by: float
    judged_by: float


WEIGHTS = (0.0, 0.02, 0.05, 0.075, 0.1)
"""Up to a tenth: what ties without earlier trade were seen to carry a year later."""


def weigh_gravity(shocks: Sequence[Shock], drawn: Elasticities) -> list[Weighed]:
    """Every weight on either half of the codes, every other one in order; none where a half has no exposed buyer."""
    codes = sorted({shock.code for shock in shocks})
    halves = [[shock for shock in shocks if shock.code in codes[k::2]] for k in (0, 1)]
    found = [[share_card(half, drawn, weight) for half in halves] for weight in WEIGHTS]
    return [
        Weighed(weight, *(half.measures["cross_entropy"].model for half in pair if half is not None))
        for weight, pair in zip(WEIGHTS, found, strict=True)
        if None not in pair
    ]


def _compared(model: Array, persistence: Array, gaps: Array) -> Compared:
    low, high = np.quantile(gaps, INTERVAL)
    mine, theirs = float(model.mean()), float(persistence.mean())
    return Compared(mine, theirs, mine - theirs, float(low), float(high))


def _buyers(shock: Shock, flow: Array, weight: float) -> list[tuple[float, ...]]:
    """For each exposed buyer: each measure of the model and of persistence, and its new ties' part."""
    others = np.arange(len(shock.before)) != shock.exporter
    world = shock.before[others].sum(axis=1)
    found = []
    for buyer in range(len(shock.buyers)):
        before, after = shock.before[:, buyer], shock.after[others, buyer]
        exposed = before[shock.exporter] >= EXPOSED * before.sum()
        if exposed and before[others].sum() > 0 and after.sum() > 0:
            seen, model, old = (_shares(x) for x in (after, flow[others, buyer], before[others]))
            row: list[float] = [total_variation(seen, model), total_variation(seen, old)]
            row += [cross_entropy(seen, mixed(q, _shares(world), weight)) for q in (model, old)]
            row += [top_recall(seen, model), top_recall(seen, old), float(seen[before[others] == 0].sum())]
            found.append(tuple(row))
    return found


def _shares(tonnes: Array) -> Array:
    return np.asarray(tonnes / max(float(tonnes.sum()), 1e-300))


def total_variation(p: Array, q: Array) -> float:
    """Half the sum of absolute differences of two share vectors: 0 if alike, 1 if nothing is in common."""
    return float(0.5 * np.abs(p - q).sum())


def mixed(q: Array, world: Array, weight: float) -> Array:
    """Shares with a weight on the suppliers' world shares, and a trace on everybody."""
    return np.asarray((1.0 - NOBODY) * ((1.0 - weight) * q + weight * world) + NOBODY / len(q))


def cross_entropy(p: Array, q: Array) -> float:
    """`-sum p ln q` in nats; lowest, and the entropy of `p`, where `q` is `p`."""
    return float(-(p[p > 0] * np.log(q[p > 0])).sum())


def top_recall(p: Array, q: Array, top: int = TOP) -> float:
    """Part of the largest suppliers by `p`, of those that sold anything, that are also among the largest by `q`."""
    largest = [set(np.argsort(-x, kind="stable")[: min(top, int((x > 0).sum()))].tolist()) for x in (p, q)]
    return len(largest[0] & largest[1]) / max(len(largest[0]), 1)
