from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from supplysim.logistics import Closure, Leg
from supplysim.logistics.gate import Gate, storms

closures = st.lists(
    st.builds(lambda a, length, s: Closure(a, a + length, s), st.floats(-50, 50), st.floats(0, 30), st.floats(0, 1)),
    max_size=6,
)


@given(closures, st.floats(-60, 90), st.floats(0.01, 40))
def test_work_done_is_the_speed_over_time(shut: list[Closure], day: float, work: float) -> None:
    gate = Gate(shut)
    start = gate.opens(day)
    end = gate.finishes(start, work)
    assert end >= start >= day
    assert gate.worked(end) - gate.worked(start) == pytest.approx(work)


def test_work_is_put_down_while_shut_and_taken_up_again() -> None:
    gate = Gate([Closure(10.0, 20.0)])
    assert gate.opens(12.0) == 20.0
    assert gate.finishes(8.0, 5.0) == 23.0
    assert gate.finishes(8.0, 2.0) == 10.0  # done just in time, not when it opens again


def test_closures_on_top_of_each_other_multiply() -> None:
    gate = Gate([Closure(0.0, 10.0, 0.5), Closure(0.0, 10.0, 0.5)])
    assert gate.finishes(0.0, 1.0) == 4.0


def test_shut_for_good() -> None:
    gate = Gate([Closure(5.0, np.inf)])
    assert gate.finishes(4.0, 2.0) == np.inf
    assert gate.opens(6.0) == np.inf


def test_weather_shuts_the_share_it_should_for_as_long_as_it_should() -> None:
    leg = Leg("boat", "ferry", closed_share=(0.1,) * 10 + (0.5,) * 2, spell_days=3.0)
    spells = storms(leg, (0, 365 * 400), 0, np.random.default_rng(1))
    lengths = np.array([s.end_day - s.start_day for s in spells])
    winter = sum(s.end_day - s.start_day for s in spells if s.start_day % 365 > 304)
    assert lengths.mean() == pytest.approx(3.0, rel=0.05)
    assert lengths.sum() / (365 * 400) == pytest.approx(1 / 6, rel=0.05)
    assert winter / (61 * 400) == pytest.approx(0.5, rel=0.1)


@given(closures, st.lists(st.floats(-60, 90), max_size=8))
def test_many_days_open_as_each_does(shut: list[Closure], days: list[float]) -> None:
    gate = Gate([*shut, Closure(40.0, np.inf)] if len(shut) == 2 else shut)
    assert gate.all_open(np.array(days, dtype=float)).tolist() == [gate.opens(day) for day in days]
