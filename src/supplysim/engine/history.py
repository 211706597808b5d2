"""What a run leaves of each stage: what people ask for, month by month."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from supplysim.engine.market import Array
from supplysim.engine.month import Outcome
from supplysim.engine.stage import Chain, Stage
from supplysim.engine.sums import over_suppliers

MONTHLY = ("reference", "used", "short", "adapted", "rationed", "stock", "reserve", "spot", "contract")
"""Outcomes kept for every month and buyer."""


@dataclass
class History:
    """What one stage did. `monthly[name]` is `(t, d, b)` for the names in `MONTHLY`; `made` and `limit` (what capacity
    and feed allow) `(t, d, s)`.

    `flow` `(year, d, s, b)` sums tonnes by year of the run; `delivered` `(t, d, b)` is the flow-weighted delivered
    price over base; `spend` and `duty` `(d, b)` are in base-price tonnes, from the month `counted_from` on; `watched`
    holds `(t, d)` flows by link.
    """

    made: Array
    limit: Array
    flow: Array
    delivered: Array
    spend: Array
    duty: Array
    monthly: dict[str, Array]
    watched: dict[tuple[int, int], Array] = field(default_factory=dict)
    iterations: float = 0.0
    counted_from: int = 0

    def keep(self, outcome: Outcome, month: int) -> None:
        """Add one month's outcome."""
        for name in MONTHLY:
            self.monthly[name][month] = getattr(outcome, name)
        self.made[month] = outcome.made
        self.limit[month] = outcome.limit
        self.flow[month // 12] += outcome.flow
        paid, bought = np.exp(outcome.paid), over_suppliers(outcome.flow)
        spent = over_suppliers(outcome.flow * paid)
        price = np.exp(outcome.spot)
        self.delivered[month] = np.where(bought > 0, spent / np.maximum(bought, 1e-300), price)
        counted = month >= self.counted_from
        if counted:
            self.spend += spent
        if counted and outcome.duty is not None:
            self.duty += over_suppliers(outcome.flow * paid * -np.expm1(-outcome.duty))
        for link, flows in self.watched.items():
            flows[month] = outcome.flow[:, link[0], link[1]]
        self.iterations += float(outcome.iterations.mean()) / len(self.made)


def blank(stage: Stage, chain: Chain, watch: Sequence[tuple[int, int]]) -> History:
    """The history of a stage before its first month."""
    (s, b), d, t = stage.q.shape, chain.draws, chain.months
    return History(
        made=np.zeros((t, d, s)),
        limit=np.zeros((t, d, s)),
        flow=np.zeros(((t + 11) // 12, d, s, b)),
        delivered=np.zeros((t, d, b)),
        spend=np.zeros((d, b)),
        duty=np.zeros((d, b)),
        monthly={name: np.zeros((t, d, b)) for name in MONTHLY},
        watched={link: np.zeros((t, d)) for link in watch},
        counted_from=chain.counted_from,
    )
