from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from supplysim.errors import InputError
from supplysim.logistics import MONTH, Closure, Corridor, Leg, Plan, Stream, simulate

TWO_LEGS = Corridor(
    "c", "", (Leg("gate", "border", capacity=1.2e6, transit_days=2.0), Leg("way", "rail", transit_days=5.0))
)
CARGO = Stream("goods", (80_000.0,), 1000.0)
FERRY = Leg("boat", "ferry", capacity=1.2e6, service_days=4.0, hold_t=3000.0, patience_days=2.0, transit_days=1.0)


def test_the_same_seed_gives_the_same_numbers() -> None:
    first, second = (simulate(TWO_LEGS, [CARGO], Plan(replications=3, seed=5)) for _ in range(2))
    assert np.array_equal(first.transit_days["goods"], second.transit_days["goods"])
    assert np.array_equal(first.throughput_t, second.throughput_t)


def test_another_seed_gives_others() -> None:
    first, second = (simulate(TWO_LEGS, [CARGO], Plan(replications=3, seed=seed)) for seed in (5, 6))
    assert not np.array_equal(first.throughput_t, second.throughput_t)


def test_more_replications_leave_the_first_ones_alone() -> None:
    few, many = (simulate(TWO_LEGS, [CARGO], Plan(replications=n)) for n in (2, 4))
    assert np.array_equal(few.throughput_t, many.throughput_t[:2])


def test_a_closed_leg_stops_throughput_and_the_queue_drains_after_reopening() -> None:
    shut = Plan(months=18, replications=4, closures={"gate": (Closure(4 * MONTH, 7 * MONTH),)})
    result = simulate(TWO_LEGS, [CARGO], shut)
    monthly, queue = result.throughput_t.mean(axis=0), result.legs["gate"].queue_t
    assert (monthly[5:7] == 0).all()  # what had passed the gate arrived in month 4
    assert queue[6] == pytest.approx(3 * 80_000, rel=0.15)
    # 100,000 t a month pass, 80,000 come: three months of backlog need a year to drain.
    assert monthly[8:16] == pytest.approx(np.full(8, 100_000), rel=0.04)
    assert (np.diff(queue[7:17]) < 0).all()


def test_half_a_closure_halves_what_passes() -> None:
    plan = Plan(months=6, replications=4, closures={"gate": (Closure(0.0, np.inf, 0.5),)})
    passed = simulate(TWO_LEGS, [CARGO], plan).legs["gate"].passed_t
    assert passed == pytest.approx(np.full(6, 50_000), rel=0.05)


def test_a_leg_shut_for_good_lets_nobody_out() -> None:
    plan = Plan(replications=1, warm_up=0, closures={"gate": (Closure(-np.inf, np.inf),)})
    result = simulate(TWO_LEGS, [CARGO], plan)
    assert result.throughput_mt_year == 0
    assert result.transit_p50 == np.inf
    assert result.use == 1.0
    assert result.bottleneck == "gate"


def test_what_comes_beyond_capacity_waits() -> None:
    result = simulate(TWO_LEGS, [Stream("flood", (200_000.0,), 1000.0)], Plan(replications=3))
    assert result.throughput_mt_year == pytest.approx(1.2, rel=0.01)
    assert result.use == pytest.approx(1.0)
    assert (np.diff(result.legs["gate"].queue_t) > 0).all()


def test_a_ferry_takes_its_capacity_and_no_more() -> None:
    result = simulate(Corridor("sea", "", (FERRY,)), [Stream("flood", (200_000.0,), 1000.0)], Plan(replications=3))
    assert result.throughput_mt_year == pytest.approx(1.2, rel=0.02)


def test_a_ferry_with_weather_still_takes_its_capacity_in_an_average_year() -> None:
    stormy = Leg(
        "boat", "ferry", capacity=1.2e6, service_days=4.0, hold_t=3000.0, closed_share=(0.3,) * 12, spell_days=2
    )
    result = simulate(Corridor("sea", "", (stormy,)), [Stream("flood", (200_000.0,), 1000.0)], Plan(replications=12))
    assert result.throughput_mt_year == pytest.approx(1.2, rel=0.05)
    assert result.legs["boat"].open_share.mean() == pytest.approx(0.7, abs=0.05)


def test_a_lonely_lot_leaves_when_its_patience_ends() -> None:
    result = simulate(Corridor("sea", "", (FERRY,)), [Stream("rare", (20.0,), 10.0)], Plan(months=60, replications=2))
    assert result.transit(0.9) == pytest.approx(3.0, abs=0.01)  # two days of patience, one at sea


def test_cargo_for_a_weekly_line_waits_half_a_week() -> None:
    line = Corridor("line", "", (Leg("ship", "sea", departure_days=7.0, transit_days=10.0),))
    result = simulate(line, [Stream("boxes", (5000.0,), 100.0)], Plan(replications=10))
    assert result.transit_p50 == pytest.approx(13.5, abs=0.3)
    assert result.transit(1.0) <= 17.0
    assert result.transit(0.0) >= 10.0


def test_cargo_may_join_later_leave_earlier_and_pass_legs_by() -> None:
    days = {"a": 1.0, "b": 2.0, "c": 4.0, "d": 8.0}
    chain = Corridor("chain", "", tuple(Leg(name, "rail", transit_days=d) for name, d in days.items()))
    streams = [
        Stream("whole", (1e4,), 100.0),
        Stream("middle", (1e4,), 100.0, enters="b", leaves="c"),
        Stream("around", (1e4,), 100.0, skips=("b",)),
    ]
    result = simulate(chain, streams, Plan(months=2, replications=1))
    assert [result.transit(0.5, s.id) for s in streams] == pytest.approx([15.0, 6.0, 13.0])


legs = st.builds(
    lambda capacity, hold, days, share: Leg(
        "x", "ferry", capacity=capacity, hold_t=hold, service_days=4.0, patience_days=1.0, transit_days=days,
        closed_share=(share,) * 12, spell_days=2.0,
    ),
    st.floats(1e5, 2e6), st.sampled_from([0.0, 2500.0]), st.floats(0.0, 40.0), st.sampled_from([0.0, 0.4]),
)  # fmt: skip


@settings(max_examples=25)
@given(leg=legs, tonnes=st.floats(0.0, 2e5), severity=st.floats(0.0, 1.0), seed=st.integers(0, 2**32))
def test_no_tonne_is_made_or_lost(leg: Leg, tonnes: float, severity: float, seed: int) -> None:
    plan = Plan(months=3, replications=1, warm_up=1, seed=seed, closures={"x": (Closure(20.0, 50.0, severity),)})
    result = simulate(Corridor("c", "", (leg,)), [Stream("s", (tonnes,), 1000.0)], plan)
    assert result.entered_t == pytest.approx(result.left_t + result.inside_t)
    assert (result.inside_t >= 0).all()
    assert 0 <= result.use <= 1


def test_a_closure_of_an_unknown_leg_is_an_input_error() -> None:
    with pytest.raises(InputError, match="no leg 'bridge'; it has gate, way"):
        simulate(TWO_LEGS, [CARGO], Plan(closures={"bridge": (Closure(0, 1),)}))
