"""What a loss of supply means: the price that clears one market, and the months stocks last."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from supplysim.indicators._checks import Array, fractions, numbers, plain


class PriceResponse(NamedTuple):
    """One market after a loss: price multiple, quantity over the base, buyers' loss over base-year spending."""

    price: Array
    quantity: Array
    buyers_loss: Array


def price_response(loss: ArrayLike, supply_elasticity: ArrayLike, demand_elasticity: ArrayLike) -> PriceResponse:
    """The price that clears one market with constant elasticities after the fraction `loss` of supply is gone.

    `(1 - loss) P^eps = P^-eta`, so `P = (1 - loss)^(-1 / (eps + eta))`, quantity `P^-eta`; the buyers' loss is the
    fall of their surplus, the integral of demand from 1 to `P`. The market model without trade links that the US
    Geological Survey puts on mineral disruptions (Nassar et al. 2024, OFR 2024-1057). Elasticities are given
    positive, arrays broadcast; ValueError where both are zero, or all supply is lost.
    """
    gone = fractions("loss", loss)
    eps, eta = numbers("supply_elasticity", supply_elasticity), numbers("demand_elasticity", demand_elasticity)
    if (gone >= 1).any():
        raise ValueError("loss must be below 1: without any supply there is no price")
    if (eps + eta <= 0).any():
        raise ValueError("supply and demand elasticity are both zero: no price clears the market")
    log_price = -np.log1p(-gone) / (eps + eta)
    # the integral (P^(1-eta) - 1) / (1 - eta), whose limit at eta = 1 is ln P
    away = np.where(eta == 1, 1.0, 1 - eta)
    buyers_loss = np.where(eta == 1, log_price, np.expm1(away * log_price) / away)
    return PriceResponse(plain(np.exp(log_price)), plain(np.exp(-eta * log_price)), plain(buyers_loss))


def time_to_survive(stock: ArrayLike, demand: ArrayLike, surviving_supply: ArrayLike) -> Array:
    """Months that `stock` covers the gap between `demand` and `surviving_supply` (both a month), by region and mineral.

    Simchi-Levi et al. 2015, Interfaces 45(5). Arrays broadcast, for example `(regions, minerals)`; all in one unit.
    Infinite where supply covers demand. ValueError where a number is negative or missing.
    """
    held, used = numbers("stock", stock), numbers("demand", demand)
    gap = used - numbers("surviving_supply", surviving_supply)
    held, gap = np.broadcast_arrays(held, gap)
    return plain(np.divide(held, gap, out=np.full(gap.shape, np.inf), where=gap > 0))


def lost_demand(stock: ArrayLike, demand: ArrayLike, surviving_supply: ArrayLike, recovery: ArrayLike) -> Array:
    """What goes without when full supply is back after `recovery` months and stocks last shorter than that.

    `(recovery - time to survive) * (demand - surviving supply)`, in the unit of `stock`; nothing where stocks last. The
    lost volume of Simchi-Levi et al. 2015, Interfaces 45(5). `demand` and `surviving_supply` are a month's, arrays
    broadcast as in `time_to_survive`. ValueError where a number is negative or missing.

    >>> float(lost_demand(stock=120, demand=100, surviving_supply=50, recovery=4))
    80.0
    """
    months = np.maximum(numbers("recovery", recovery) - time_to_survive(stock, demand, surviving_supply), 0.0)
    gap = np.maximum(numbers("demand", demand) - numbers("surviving_supply", surviving_supply), 0.0)
    return plain(np.asarray(months * gap))


def time_to_recover(supply: ArrayLike, reference: ArrayLike, share: float = 0.95) -> Array:
    """Months until supply is back at `share` of `reference` for good; 0 if it never fell, infinite if it never returns.

    `supply` `(..., months)` starts with the first month of the disruption; `reference` is a number or has the same
    leading axes as `supply`. "For good" looks to the end of the months given: a relapse restarts the count. After
    Simchi-Levi et al. 2015, Interfaces 45(5), whose recovery is to full supply. ValueError where `supply` lists no
    months, a number is negative or missing, or `share` lies outside 0 to 1.
    """
    path = numbers("supply", supply)
    if path.ndim == 0:
        raise ValueError("supply must list months")
    target = float(fractions("share", share)) * numbers("reference", reference)
    short = path < target[..., None]
    months = path.shape[-1]
    last_short = months - np.argmax(short[..., ::-1], axis=-1)
    recovered = np.where(short.any(axis=-1), last_short, 0)
    return plain(np.where(short[..., -1], np.inf, recovered))
