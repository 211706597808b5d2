"""Trade shocks chosen by rule, never by how well a model does on them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from supplysim.engine.market import Array
from supplysim.history.trade import Trade

MIN_SHARE = 0.10
"""An exporter counts from this share of a code's world tonnes on."""
MIN_BUYER = 0.002
"""A buyer counts from this share of world imports on."""
MIN_SUPPLIER = 0.001
"""Suppliers below this share of world exports are put together as one."""
CARD_CUT = 0.30
CARD_IMPORTERS = 3
CARD_OTHERS = 0.10


@dataclass(frozen=True)
class Shock:
    """One exporter's cut in one code, from `year` to `year + years`.

    `before` and `after` are tonnes `(suppliers, buyers)`: the buyers that count, then all others as one; suppliers
    that count, then all others as one. `exporter` is the position of the cutting supplier, `buyers` names the buyers
    that count (one fewer than columns); the exporter itself is not a buyer that counts.
    """

    code: str
    name: str
    year: int
    years: int
    exporter: int
    buyers: tuple[str, ...]
    before: Array
    after: Array

    @property
    def kept(self) -> float:
        """What is left of the exporter's total, as a fraction."""
        return float(self.after[self.exporter].sum() / self.before[self.exporter].sum())


def cuts(trade: Trade, cut: float, years: int) -> Iterator[Shock]:
    """Every exporter with at least a tenth of world tonnes whose total falls by `cut` (a fraction) within `years`."""
    for code, year, before, after in trade.pairs(years):
        had, has = before.sum(axis=1), after.sum(axis=1)
        for exporter in np.flatnonzero((had >= MIN_SHARE * had.sum()) & (has <= (1 - cut) * had)):
            yield shock_of(trade, (code, year, years), int(exporter), before, after)


def card_cases(trade: Trade) -> Iterator[Shock]:
    """The cases of the card: a large exporter with three importers or more cuts its total by 30 % within a year.

    Years in which the other exporters' total fell by more than a tenth are left out: that is a fall of demand.
    """
    for code, year, before, after in trade.pairs(1):
        had, has = before.sum(axis=1), after.sum(axis=1)
        large = (had >= MIN_SHARE * had.sum()) & (has <= (1 - CARD_CUT) * had)
        wide = (before > 0).sum(axis=1) >= CARD_IMPORTERS
        steady = (has.sum() - has) >= (1 - CARD_OTHERS) * (had.sum() - had)
        for exporter in np.flatnonzero(large & wide & steady):
            yield shock_of(trade, (code, year, 1), int(exporter), before, after)


def calm_years(trade: Trade) -> Iterator[tuple[Array, Array]]:
    """Totals of the buyers that count before and after, for code-years in which no large exporter cut by a tenth."""
    for _, _, before, after in trade.pairs(1):
        had, has = before.sum(axis=1), after.sum(axis=1)
        if not ((had >= MIN_SHARE * had.sum()) & (has <= (1 - MIN_SHARE) * had)).any():
            bought = before.sum(axis=0)
            counts = bought >= MIN_BUYER * bought.sum()
            yield bought[counts], after.sum(axis=0)[counts]


def shock_of(trade: Trade, when: tuple[str, int, int], exporter: int, before: Array, after: Array) -> Shock:
    """Put the small suppliers and the small buyers together and keep the rest apart."""
    code, year, years = when
    names = trade.countries[code]
    bought, sold = before.sum(axis=0), before.sum(axis=1)
    buyers = bought >= MIN_BUYER * bought.sum()
    buyers[exporter] = False
    suppliers = sold >= MIN_SUPPLIER * sold.sum()
    return Shock(
        code,
        names[exporter],
        year,
        years,
        int(suppliers[:exporter].sum()),
        tuple(names[buyer] for buyer in np.flatnonzero(buyers)),
        gather(before, suppliers, buyers),
        gather(after, suppliers, buyers),
    )


def gather(flow: Array, suppliers: NDArray[np.bool_], buyers: NDArray[np.bool_]) -> Array:
    """Flows with the suppliers and buyers that do not count put together, last on their axis."""
    columns = np.column_stack([flow[:, buyers], flow[:, ~buyers].sum(axis=1)])
    return np.vstack([columns[suppliers], columns[~suppliers].sum(axis=0)])
