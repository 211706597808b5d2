"""Stocks against delays: the bullwhip of an order-up-to policy, and how long a stock survives a loss of supply."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from supplysim.errors import InputError


def bullwhip(lead_time: int, window: int) -> float:
    """Variance of orders over variance of demand under an order-up-to policy with a moving-average forecast.

    1 + 2 L/p + 2 (L/p)^2 for a total lead time of L periods, a window of p and independent demand (Chen, Drezner, Ryan
    and Simchi-Levi 2000, a lower bound that independent demand attains). Raises InputError for periods below 1.
    """
    _need_periods(lead_time, window)
    ratio = lead_time / window
    return 1 + 2 * ratio + 2 * ratio**2


def orders_up_to(demand: np.ndarray, lead_time: int, window: int) -> np.ndarray:
    """Orders placed each period for `demand` (..., period); shape (..., period - window).

    At the end of a period the stock position is raised to L times the mean of the last p demands, so that the order is
    that period's demand plus what the level rose by. Orders may be negative: goods are sent back, as in the formula.
    """
    _need_periods(lead_time, window)
    if demand.shape[-1] <= window:
        raise InputError(f"a window of {window} needs more than {window} periods of demand")
    total = np.cumsum(demand, axis=-1)
    total = np.concatenate([np.zeros((*demand.shape[:-1], 1)), total], axis=-1)
    level = lead_time * (total[..., window:] - total[..., :-window]) / window
    return np.asarray(demand[..., window:] + np.diff(level, axis=-1))


def simulated_bullwhip(lead_time: int, window: int, *, periods: int = 20_000, seed: int = 0) -> float:
    """The ratio measured on a simulated run of independent normal demand."""
    demand = np.random.default_rng(np.random.SeedSequence([seed, lead_time, window])).normal(100.0, 10.0, periods)
    return float(np.var(orders_up_to(demand, lead_time, window)) / np.var(demand[window:]))


@dataclass(frozen=True)
class Survival:
    """`time_to_survive` in the time unit of demand (infinity if supply suffices), `lost` demand until recovery."""

    time_to_survive: float
    lost: float


def survive(demand: float, stock: float, surviving_supply: float, time_to_recover: float) -> Survival:
    """How long `stock` fills the gap between `demand` and `surviving_supply`, and what is lost until recovery.

    Time to survive and time to recover after Simchi-Levi et al. 2014. Raises InputError for figures below 0.
    """
    if min(demand, stock, surviving_supply, time_to_recover) < 0:
        raise InputError("demand, stock, supply and time to recover must be 0 or more")
    gap = demand - surviving_supply
    if gap <= 0:
        return Survival(float("inf"), 0.0)
    lasts = stock / gap
    return Survival(lasts, max(0.0, time_to_recover - lasts) * gap)


def time_to_survive(demand: float, stock: float, surviving_supply: float = 0.0) -> float:
    """Stock over the gap between demand and surviving supply; infinity if there is none."""
    return survive(demand, stock, surviving_supply, 0.0).time_to_survive


def _need_periods(lead_time: int, window: int) -> None:
    if lead_time < 1 or window < 1:
        raise InputError("lead time and window must be 1 period or more")
