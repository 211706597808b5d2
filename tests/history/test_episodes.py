"""Scores of a price path against what was seen."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from supplysim.errors import InputError
from supplysim.history.episodes import (
    PriceBand,
    band_coverage,
    direction_accuracy,
    peak_error,
    periods_to_recover,
    score,
    score_run,
)

SEEN = [1.0, 2.0, 4.0, 3.0, 1.2]


def test_direction_counts_the_steps_that_go_the_right_way():
    assert direction_accuracy([1, 1.5, 1.4, 1.3, 1.2], SEEN) == pytest.approx(3 / 4)
    assert direction_accuracy(SEEN, SEEN) == 1
    assert direction_accuracy([1, 1, 1, 1, 1], SEEN) == 0, "standing still is wrong where something moved"


def test_steps_without_movement_are_not_counted():
    assert direction_accuracy([1, 2, 3], [1, 1, 2]) == 1
    assert math.isnan(direction_accuracy([1, 2], [1, 1]))


def test_the_peak_is_compared_whenever_it_comes():
    assert peak_error([1, 8, 1, 1, 1], SEEN) == pytest.approx(math.log(2))
    assert peak_error([1, 1, 1, 2, 1], SEEN) == pytest.approx(math.log(2))


def test_coverage_leaves_the_base_period_out():
    band = PriceBand(np.array([1, 1.5, 3, 3.5, 1]), np.array([1, 2, 4, 4, 1.1]), np.array([1, 2.5, 5, 4.5, 1.5]))
    assert band_coverage(band, SEEN) == pytest.approx(3 / 4)


def test_recovery_is_for_good():
    assert periods_to_recover(SEEN) == 4
    assert periods_to_recover([1, 2, 1, 2, 1]) == 4
    assert periods_to_recover([1, 1.1, 1.2]) == 0
    assert periods_to_recover([1, 2, 2]) == math.inf


def test_the_rare_earth_episode_by_hand():
    """Unit value of HS 284690 from China: 21.7, 106.3, 71.0, 23.9 USD/kg in 2010 to 2013."""
    seen = np.array([21.7, 106.3, 71.0, 23.9]) / 21.7
    model = PriceBand(np.array([1, 2, 1.5, 1]), np.array([1, 3, 2, 1.5]), np.array([1, 6, 5, 1.05]))
    found = score(model, seen)
    assert found.price_direction == 1
    assert found.peak_abs_log_error == pytest.approx(math.log(106.3 / 21.7 / 3))
    assert found.band_coverage == pytest.approx(2 / 3)
    assert (found.recovery_observed, found.recovery_model) == (3, math.inf)


paths = st.lists(st.floats(0.1, 50), min_size=2, max_size=30).map(lambda x: np.array([1.0, *x]))


@given(paths)
def test_a_perfect_forecast_scores_perfectly(path):
    found = score(PriceBand(path, path, path), path)
    assert found.peak_abs_log_error == 0
    assert found.band_coverage == 1
    assert found.price_direction == 1 or math.isnan(found.price_direction)
    assert found.recovery_observed == found.recovery_model


def frames():
    months = pd.period_range("2010-01", periods=5, freq="M").astype(str)
    run = pd.DataFrame({"month": months, "low": 0.9, "median": [1, 2, 4, 3, 1.2], "high": [1.1, 3, 5, 4, 2]})
    return run, pd.DataFrame({"month": months, "value": np.array(SEEN) * 91})


def test_a_runs_months_are_matched_to_the_series_whatever_its_unit():
    run, seen = frames()
    assert score_run(run, seen).peak_abs_log_error == pytest.approx(0)
    later = score_run(run, seen.iloc[1:].sample(frac=1, random_state=0))
    assert later.peak_abs_log_error == pytest.approx(0)
    assert later.price_direction == 1


def test_a_series_that_does_not_fit_the_run_is_refused():
    run, seen = frames()
    with pytest.raises(InputError, match="fewer than two months in common"):
        score_run(run, seen.assign(month="1999-01"))
    with pytest.raises(InputError, match="observed series lacks the column value"):
        score_run(run, seen[["month"]])
    with pytest.raises(InputError, match="prices lacks the column low, high"):
        score_run(run[["month", "median"]], seen)


def test_wrong_prices_are_refused():
    with pytest.raises(ValueError, match="lengths differ"):
        direction_accuracy([1, 2], [1, 2, 3])
    with pytest.raises(ValueError, match="must hold positive prices"):
        peak_error([1, 0], [1, 2])
    with pytest.raises(ValueError, match="at least the base period"):
        periods_to_recover([1])
    with pytest.raises(ValueError, match="lengths differ"):
        band_coverage(PriceBand(np.ones(2), np.ones(2), np.ones(2)), SEEN)
