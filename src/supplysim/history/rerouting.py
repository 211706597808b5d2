"""How much of a lost supply do buyers replace? One estimator for the trade that was and for the trade the model gives.

A buyer `j` of the cutting exporter `e` loses `l = (x_ej - x'_ej) / m_j` of its imports and gains
`r = ((m'_j - x'_ej) - (m_j - x_ej)) / m_j` from others, `m` total imports. The share replaced is the slope of `r` on
`l` within cases, weighted by import share. Part of `l` is the buyer's own choice, so `l` is instrumented by
`z = x_ej / m_j * cut of e to everybody but j` (a leave-one-out shift-share instrument; Goldsmith-Pinkham, Sorkin and
Swift 2020, Am. Econ. Rev. 110). A rise of the others' purchases is no cut: there `z` is zero.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from supplysim.engine.market import Array
from supplysim.history.model import Elasticities, Prior, predict
from supplysim.history.shocks import Shock, cuts
from supplysim.history.trade import Trade

CUTS = (0.10, 0.25)
YEARS = (1, 2, 3)
INTERVAL = (0.1, 0.9)
BOOTSTRAPS = 1000
MOST = 3.0
"""Losses and gains beyond this multiple of a buyer's base-year imports are counted as this: they are entry or error."""
SLOPE_DRAWS = 9


@dataclass(frozen=True)
class Rerouting:
    """One row of the table: `observed` share of the lost supply replaced, with its interval over `n` cases."""

    years: int
    cut: float
    n: int
    observed: float
    low: float
    high: float
    model: float


def moments(shock: Shock, after: Array, most: float = MOST) -> Array:
    """A case's part in the pooled slope: covariances of the instrument with gains and with losses, `(..., 2)`.

    `after` is `(..., suppliers, buyers)` tonnes after the shock; the slope is the ratio of the sums over cases.
    """
    before, exporter = shock.before, shock.exporter
    bought = before.sum(axis=0)[:-1]
    had, has = before[exporter], after[..., exporter, :]
    loss = (had[:-1] - has[..., :-1]) / bought
    gain = (after.sum(axis=-2)[..., :-1] - has[..., :-1] - (bought - had[:-1])) / bought
    elsewhere, still = had.sum() - had[:-1], has.sum(axis=-1, keepdims=True) - has[..., :-1]
    kept = np.divide(still, elsewhere, out=np.ones_like(still), where=elsewhere > 0)
    instrument = had[:-1] / bought * np.clip(1 - kept, 0, 1)
    weight = bought / before.sum()
    centred = instrument - (weight * instrument).sum(axis=-1, keepdims=True) / weight.sum()
    both = np.stack([np.clip(gain, -most, most), np.clip(loss, -most, most)], axis=-1)
    return np.asarray(np.einsum("...b,...bk->...k", weight * centred, both))


def slope(parts: Array) -> Array:
    """Share replaced from the moments of cases `(cases, ..., 2)`, pooled over the first; NaN where buyers are alike."""
    return _ratio(parts.sum(axis=0))


def interval(parts: Array, seed: int = 0) -> tuple[float, float]:
    """80 % interval of the slope, by drawing whole cases with replacement."""
    rng = np.random.default_rng(seed)
    drawn = rng.integers(0, len(parts), (BOOTSTRAPS, len(parts)))
    low, high = np.quantile(_ratio(parts[drawn].sum(axis=1)), INTERVAL)
    return float(low), float(high)


def _ratio(sums: Array) -> Array:
    """Gains over losses, NaN where the instrument saw no difference between buyers."""
    gain, loss = sums[..., 0], sums[..., 1]
    ratio: Array = np.divide(gain, loss, out=np.full(loss.shape, np.nan), where=np.abs(loss) > 1e-12)
    return ratio


def with_buyers(shocks: Iterable[Shock]) -> list[Shock]:
    """The shocks that have at least two buyers to compare."""
    return [shock for shock in shocks if len(shock.buyers) > 1]


def model_slopes(shocks: Sequence[Shock], drawn: Elasticities) -> Array:
    """The slope that the market's flows give on the same cases, one for each draw."""
    predicted = predict(shocks, drawn)
    return slope(np.stack([moments(shock, p.flow) for shock, p in zip(shocks, predicted, strict=True)]))


def observed_parts(shocks: Sequence[Shock], most: float = MOST) -> Array:
    """The moments of the trade that was, `(cases, 2)`."""
    return np.stack([moments(shock, shock.after, most) for shock in shocks])


def table(trade: Trade, sigma: float | None = None, prior: Prior | None = None) -> list[Rerouting]:
    """Every cut and horizon; the model's slope is the median over the prior's sigmas, or at the one `sigma` given.

    Horizons without a case (a short table) are left out.
    """
    prior = prior or Prior()
    drawn = prior.substitution(SLOPE_DRAWS) if sigma is None else prior.at(sigma)
    return [row for cut in CUTS for years in YEARS if (row := _row(trade, (cut, years), drawn)) is not None]


def _row(trade: Trade, case: tuple[float, int], drawn: Elasticities) -> Rerouting | None:
    cut, years = case
    shocks = with_buyers(cuts(trade, cut, years))
    if not shocks:
        return None
    parts = observed_parts(shocks)
    model = float(np.median(model_slopes(shocks, drawn)))
    return Rerouting(years, cut, len(shocks), float(slope(parts)), *interval(parts), model)
