from __future__ import annotations

import numpy as np
import pytest

from supplysim.errors import InputError
from supplysim.logistics import bullwhip, orders_up_to, simulated_bullwhip, survive, time_to_survive

PUBLISHED = [(1, 5, 1.48), (2, 5, 2.12), (4, 10, 2.12), (4, 5, 3.88)]


@pytest.mark.parametrize(("lead_time", "window", "ratio"), PUBLISHED)
def test_orders_swing_more_than_demand_by_the_published_ratio(lead_time: int, window: int, ratio: float) -> None:
    assert bullwhip(lead_time, window) == pytest.approx(ratio, abs=0.005)
    assert simulated_bullwhip(lead_time, window, periods=200_000) == pytest.approx(ratio, rel=0.02)


def test_steady_demand_is_ordered_as_it_comes() -> None:
    assert orders_up_to(np.full((3, 12), 7.0), 4, 5) == pytest.approx(np.full((3, 7), 7.0))


def test_a_jump_in_demand_is_ordered_with_the_change_of_level() -> None:
    demand = np.array([10.0] * 5 + [15.0])
    assert orders_up_to(demand, lead_time=2, window=5)[-1] == pytest.approx(15 + 2 * 5 / 5)


def test_stock_of_120_survives_2_4_months_and_recovery_in_4_loses_80() -> None:
    result = survive(demand=100, stock=120, surviving_supply=50, time_to_recover=4)
    assert result.time_to_survive == pytest.approx(2.4)
    assert result.lost == pytest.approx(80)


def test_enough_supply_survives_for_ever() -> None:
    assert time_to_survive(100, 0, 100) == float("inf")


@pytest.mark.parametrize("bad", [(0, 5), (1, 0)])
def test_periods_below_one_are_refused(bad: tuple[int, int]) -> None:
    with pytest.raises(InputError, match="1 period or more"):
        bullwhip(*bad)


def test_negative_stock_is_refused() -> None:
    with pytest.raises(InputError, match="0 or more"):
        survive(1, -1, 0, 1)
