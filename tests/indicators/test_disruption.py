"""Prices after a loss, and how long stocks last, against closed forms and published cases."""

from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad

from supplysim import indicators


@pytest.mark.parametrize(
    ("loss", "eps", "eta", "price"), [(0.4, 0.1, 0.2, 5.489033), (0.6, 0.1, 0.3, 9.882118), (0.3, 0.2, 0.4, 1.812049)]
)
def test_price_of_one_market_after_a_loss(loss, eps, eta, price):
    """Closed form P = (1 - loss)^(-1/(eps + eta))."""
    assert indicators.price_response(loss, eps, eta).price == pytest.approx(price, abs=5e-7)


@given(st.floats(0, 0.95), st.floats(0, 2), st.floats(0.05, 2))
def test_supply_meets_demand_at_that_price(loss, eps, eta):
    price, quantity, _ = indicators.price_response(loss, eps, eta)
    assert (1 - loss) * price**eps == pytest.approx(quantity, rel=1e-9)


@pytest.mark.parametrize("eta", [0.2, 1.0, 1.7])
def test_buyers_lose_the_area_left_of_the_demand_curve(eta):
    price, _, loss = indicators.price_response(0.5, 0.3, eta)
    area, _ = quad(lambda p: p**-eta, 1, price)
    assert loss == pytest.approx(area, rel=1e-9)


def test_stock_of_120_survives_a_gap_of_50_for_2_4_months():
    """Simchi-Levi: demand 100 a month, stock 120, surviving surge 50 a month -> 2.4 months; recovery in 4 loses 80."""
    assert indicators.time_to_survive(120, 100, 50) == pytest.approx(2.4)
    assert indicators.lost_demand(120, 100, 50, 4) == pytest.approx(80)
    assert indicators.lost_demand(120, 100, 50, 2) == 0


def test_time_to_survive_by_region_and_mineral():
    stock = np.array([[10.0, 20.0], [0.0, 5.0]])
    months = indicators.time_to_survive(stock, np.array([10.0, 10.0]), np.array([[5.0, 0.0], [0.0, 12.0]]))
    assert months == pytest.approx(np.array([[2.0, 2.0], [0.0, np.inf]]))


def test_time_to_recover_counts_to_the_last_short_month():
    assert indicators.time_to_recover([40, 60, 80, 96, 100], 100) == 3
    assert indicators.time_to_recover([40, 96, 80, 96, 100], 100) == 3, "a relapse restarts the count"
    assert indicators.time_to_recover([100, 100], 100) == 0
    assert indicators.time_to_recover([40, 60, 80], 100) == np.inf


def test_time_to_recover_of_many_regions_at_once():
    supply = np.array([[4.0, 9.0, 10.0], [20.0, 20.0, 20.0]])
    assert indicators.time_to_recover(supply, np.array([10.0, 20.0]), 0.9) == pytest.approx([1, 0])


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: indicators.price_response(1.0, 0.1, 0.2), "loss must be below 1"),
        (lambda: indicators.price_response(0.2, 0.0, 0.0), "both zero"),
        (lambda: indicators.price_response(0.2, 0.1, -0.2), "demand_elasticity must not be negative"),
        (lambda: indicators.price_response([], 0.1, 0.2), "loss is empty"),
        (lambda: indicators.time_to_survive(-1, 1, 1), "stock must not be negative"),
        (lambda: indicators.time_to_survive(np.nan, 1, 1), "stock holds NaN"),
        (lambda: indicators.time_to_recover(1.0, 1.0), "supply must list months"),
    ],
)
def test_wrong_input_is_refused_with_a_clear_text(call, says):
    with pytest.raises(ValueError, match=re.escape(says)):
        call()
