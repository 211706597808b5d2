"""What a run leaves of each stage: what people ask for, month by month."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from supplysim.engine.market import Array
from supplysim.engine.month import Outcome
from supplysim.engine.stage import Chain, Index, Stage
from supplysim.engine.sums import over_suppliers

MONTHLY = ("reference", "used", "short", "adapted", "rationed", "stock", "reserve", "spot", "contract")
"""Outcomes kept for every month and those buyers whose months are asked for."""


@dataclass
class History:
    """What one stage did. `monthly[name]` is `(t, d, k)` for the names in `MONTHLY` and the buyers whose months are
    kept, `buyers` `(k,)` in their order, all unless told otherwise; `made` and `limit` (what capacity and feed allow)
    `(t, d, s)`.

    `delivered` `(t, d, k)` is the flow-weighted delivered price over base. `flow` `(year, d, s, b)` sums tonnes by year
    of the run, and `carried` `(year, d, b)` is what each buyer holds when the year ends, its share of strategic stocks
    included. `spend` and `duty` `(d, b)` are in base-price tonnes, from the month `counted_from` on; `watched` holds
    `(t, d)` flows by link.
    """

    made: Array
    limit: Array
    flow: Array
    carried: Array
    delivered: Array
    spend: Array
    duty: Array
    monthly: dict[str, Array]
    buyers: Index
    watched: dict[tuple[int, int], Array] = field(default_factory=dict)
    iterations: float = 0.0
    counted_from: int = 0

    def of(self, name: str, buyers: Index) -> Array:
        """One of `MONTHLY`, or `delivered`, of some buyers whose months are kept, `(t, d, buyer)`."""
        values = self.delivered if name == "delivered" else self.monthly[name]
        return values[:, :, np.searchsorted(self.buyers, buyers)]

    def keep(self, outcome: Outcome, month: int) -> None:
        """Add one month's outcome."""
        for name in MONTHLY:
            self.monthly[name][month] = getattr(outcome, name)[:, self.buyers]
        self.made[month] = outcome.made
        self.limit[month] = outcome.limit
        self.flow[month // 12] += outcome.flow
        self.carried[month // 12] = outcome.stock + outcome.reserve
        paid, bought = np.exp(outcome.paid), over_suppliers(outcome.flow)
        spent = over_suppliers(outcome.flow * paid)
        price = np.exp(outcome.spot)
        self.delivered[month] = np.where(bought > 0, spent / np.maximum(bought, 1e-300), price)[:, self.buyers]
        counted = month >= self.counted_from
        if counted:
            self.spend += spent
        if counted and outcome.duty is not None:
            self.duty += over_suppliers(outcome.flow * paid * -np.expm1(-outcome.duty))
        for link, flows in self.watched.items():
            flows[month] = outcome.flow[:, link[0], link[1]]
        self.iterations += float(outcome.iterations.mean()) / len(self.made)


def blank(stage: Stage, chain: Chain, watch: Sequence[tuple[int, int]], buyers: Index | None = None) -> History:
    """The history of a stage before its first month; `buyers`, in their order, are those whose months are kept."""
    (s, b), d, t = stage.q.shape, chain.draws, chain.months
    kept = np.arange(b) if buyers is None else buyers
    return History(
        made=np.zeros((t, d, s)),
        limit=np.zeros((t, d, s)),
        flow=np.zeros(((t + 11) // 12, d, s, b)),
        carried=np.zeros(((t + 11) // 12, d, b)),
        delivered=np.zeros((t, d, len(kept))),
        spend=np.zeros((d, b)),
        duty=np.zeros((d, b)),
        monthly={name: np.zeros((t, d, len(kept))) for name in MONTHLY},
        buyers=kept,
        watched={link: np.zeros((t, d)) for link in watch},
        counted_from=chain.counted_from,
    )
