from __future__ import annotations

import numpy as np
import pytest

from supplysim.errors import InputError
from supplysim.logistics import (
    MONTH,
    Closure,
    Corridor,
    CorridorResult,
    Leg,
    Plan,
    Stream,
    engine_inputs,
    room,
    simulate,
)


def way(days: float) -> CorridorResult:
    corridor = Corridor("way", "", (Leg("rail", "rail", transit_days=days),))
    return simulate(corridor, [Stream("ore", (1e4,), 500.0, "copper.refined")], Plan(months=3, replications=1))


@pytest.mark.parametrize(("days", "months"), [(5.0, 0), (10.0, 1), (30.4, 1), (37.0, 1), (40.0, 2), (80.0, 3)])
def test_lead_time_is_the_median_in_whole_months_a_quarter_forgiven(days: float, months: int) -> None:
    assert engine_inputs(way(days)).lead_months == months


def test_the_shipped_corridor_gives_three_months_with_a_wide_spread(middle_2024: CorridorResult) -> None:
    inputs = engine_inputs(middle_2024)
    assert inputs.lead_months == 3
    spread = list(inputs.lead_quantiles.values())
    assert spread == sorted(spread)
    assert spread[0] < 2 < 3.5 < spread[-1]


def test_each_product_has_its_own_lead_time(middle_2024: CorridorResult) -> None:
    assert engine_inputs(middle_2024, "copper.refined").lead_months == 1
    with pytest.raises(InputError, match=r"no gold\.dore was sent through trans_caspian"):
        engine_inputs(middle_2024, "gold.dore")


def test_minerals_may_send_what_other_freight_leaves(middle_2024: CorridorResult) -> None:
    cap = room(middle_2024)
    others = next(s for s in middle_2024.streams if not s.product).monthly_t[0]
    assert cap[:10].sum() == pytest.approx((6e6 / 12 * 0.9 / (1 - 1 / 6) - others) * 10, rel=0.15)
    assert 0 < cap[11] < cap[5] / 5  # December: all queue, and minerals keep their share alone


def test_no_limit_is_no_cap(russia: CorridorResult) -> None:
    assert np.isinf(engine_inputs(russia).cap_t).all()


def test_a_shut_leg_caps_at_nothing_while_it_is_shut() -> None:
    corridor = Corridor("c", "", (Leg("gate", "border"), Leg("port", "port", capacity=1.2e6)))
    cargo = [Stream("ore", (1e4,), 500.0, "copper.refined")]
    plan = Plan(months=4, replications=1, closures={"gate": (Closure(MONTH, 2 * MONTH),)})
    assert room(simulate(corridor, cargo, plan)) == pytest.approx([1e5, 0.0, 1e5, 1e5])


def test_nothing_sent_nothing_told() -> None:
    empty = simulate(Corridor("c", "", (Leg("a", "rail"),)), [], Plan(months=2, replications=3))
    assert empty.throughput_t.shape == (3, 2)
    assert engine_inputs(empty).lead_months is None
