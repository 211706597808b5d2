"""Headline metrics, on numbers small enough to check by hand."""

from __future__ import annotations

import numpy as np

from supplysim.results.metrics import Key, survival
from supplysim.results.summary import band, bands, complete, join


def test_a_region_that_is_served_throughout_survives_for_ever_and_needs_no_recovery():
    served = np.ones((10, 1))
    survive, recover = survival(served, np.array([2.0]))
    assert survive.tolist() == [np.inf]
    assert recover.tolist() == [0.0]


def test_survival_counts_from_the_event_and_recovery_from_the_first_shortfall():
    """Event in month 2, short in months 4 to 6, served from month 7: survives 2 months, recovers after 3."""
    served = np.ones((12, 1))
    served[4:7] = 0.5
    survive, recover = survival(served, np.array([2.0]))
    assert survive.tolist() == [2.0]
    assert recover.tolist() == [3.0]


def test_one_good_month_is_no_recovery():
    """Short in 3, good in 4, short in 5, good from 6 on: recovered in month 6, three months after the breach."""
    served = np.ones((12, 1))
    served[[3, 5]] = 0.9
    assert survival(served, np.array([0.0]))[1].tolist() == [3.0]


def test_a_shortfall_that_lasts_to_the_end_is_never_recovered():
    served = np.ones((6, 1))
    served[3:] = 0.2
    assert survival(served, np.array([0.0]))[1].tolist() == [np.inf]


def test_without_events_there_is_nothing_to_survive():
    assert np.isnan(survival(np.ones((4, 2)), None)[0]).all()


def test_bands_are_quantiles_over_draws_that_have_a_number():
    assert band(np.array([1.0, 2.0, 3.0, np.nan])) == (1.1, 2.0, 2.9)
    assert band(np.array([np.nan])) == (None, None, None)


def test_a_band_is_open_where_the_moment_never_comes():
    low, middle, high = band(np.array([1.0, 2.0, 3.0, np.inf, np.inf]))
    assert (low, middle, high) == (1.0, 3.0, None)


def test_durability_is_the_share_of_the_supported_flow_that_runs_on():
    key = Key("supported_flow", "tungsten.concentrate", "USA", "deal")
    later = key._replace(metric="flow_after_support")
    metrics = {
        "scenario": {key: np.array([100.0, 0.0]), later: np.array([40.0, 3.0])},
        "baseline": {key: np.array([1.0, 1.0]), later: np.array([10.0, 10.0])},
    }
    done = complete(metrics)
    durability = key._replace(metric="durability")
    assert done["scenario"][durability][0] == 0.4
    assert done["baseline"][durability][0] == 0.1
    assert np.isnan(done["scenario"][durability][1]), "a contract that never happened has no durability"
    assert key not in done["scenario"]


def test_blocks_of_draws_are_put_one_after_the_other():
    key = Key("unmet_demand_t", "copper.refined", "USA")
    parts = [{"baseline": {key: np.array([1.0])}}, {"baseline": {key: np.array([2.0, 3.0])}}]
    assert join(parts)["baseline"][key].tolist() == [1.0, 2.0, 3.0]


def test_many_bands_at_once_are_those_of_each():
    rng = np.random.default_rng(1)
    arrays = [rng.lognormal(size=9) for _ in range(5)]
    arrays += [np.array([1.0, np.nan, *rng.normal(size=7)]), np.array([np.inf] * 5 + [1.0] * 4), np.full(9, np.nan)]
    assert bands(arrays) == [band(values) for values in arrays]
