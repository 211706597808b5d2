"""Stocks against the published storage model: they need not equal it, but must calm prices and give them memory."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

from supplysim.engine.market import Array
from supplysim.engine.policy import Levers
from supplysim.engine.profile import Profile
from supplysim.engine.run import simulate

from .markets import chain_of, months, small_stage

MONTHS, DRAWS = 240, 60


@dataclass(frozen=True)
class Harvest:
    """Each month's crop `(t, d)` comes to market whatever the price."""

    crop: Array
    profile: Profile

    def apply(self, levers: Levers, level: Array) -> None:
        levers.S0[:, 0] = self.crop[levers.month] * level


def prices(cover: float) -> Array:
    crop = np.random.default_rng(11).normal(1.0, 0.05, (MONTHS, DRAWS))
    stage = small_stage([[1.0]], [Harvest(crop, months(0))], cover=cover, eps=0.0, eta=0.2, cap=1000.0)
    history = simulate(chain_of(stage, months=MONTHS, draws=DRAWS))[0]
    return np.exp(history.monthly["spot"][:, :, 0])


def test_without_storage_the_price_is_the_harvest_raised_to_minus_five():
    """Demand elasticity -0.2, harvest N(1, 0.05^2): mean 1.039, standard deviation 0.270."""
    price = prices(cover=0.0)
    assert price.mean() == pytest.approx(1.039, abs=0.01)
    assert price.std() == pytest.approx(0.270, abs=0.015)
    assert abs(autocorrelation(price)) < 0.03


def test_stocks_cut_the_spread_of_prices_and_give_them_memory():
    """Competitive storage has a standard deviation of 0.221 and a first autocorrelation of 0.178."""
    stored, bare = prices(cover=0.5), prices(cover=0.0)
    assert stored.std() < 0.221 < bare.std()
    assert autocorrelation(stored) > 0.178


def autocorrelation(price: Array) -> float:
    """First autocorrelation of the price over time, over all draws."""
    gap = price - price.mean()
    return float((gap[1:] * gap[:-1]).mean() / gap.var())
