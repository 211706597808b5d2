"""Draws: a stream for every path, the same for every cell and scenario, and more of them without changing the first."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from supplysim.batch import sampling
from supplysim.batch.sampling import sample
from supplysim.errors import InputError
from supplysim.scenario import Scenario, cells, load

PRIOR = "minerals.antimony.metal.trade.sigma"
SAMPLERS = ("random", "lhs", "sobol")


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_a_draw_is_the_same_in_any_block(scenario: Scenario, sampler: str) -> None:
    scenario = replace(scenario, sampler=sampler, draws=9000)
    whole = sample(scenario, 0, 9000)

    @settings(max_examples=30)
    @given(first=st.integers(0, 8999), count=st.integers(1, 5000))
    def check(first: int, count: int) -> None:
        count = min(count, 9000 - first)
        part = sample(scenario, first, count)
        for path, values in whole.items():
            assert part[path].tobytes() == values[first : first + count].tobytes()

    check()


@pytest.mark.parametrize("sampler", ["random", "sobol"])
def test_twice_as_many_draws_begin_with_the_first(scenario: Scenario, sampler: str) -> None:
    few = sample(replace(scenario, sampler=sampler, draws=500), 0, 500)
    more = sample(replace(scenario, sampler=sampler, draws=1000), 0, 1000)
    for path, values in few.items():
        assert np.array_equal(values, more[path][:500])


def test_a_hypercube_has_no_draws_beyond_its_last(scenario: Scenario) -> None:
    with pytest.raises(InputError, match="exactly 24 draws"):
        sample(replace(scenario, sampler="lhs"), 20, 5)


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_another_uncertain_value_changes_no_other(file: object, scenario: Scenario, sampler: str) -> None:
    wider = load(
        str(file),
        [
            "minerals.antimony.metal.supply.CHN.capacity={dist: uniform, low: 1 kt/yr, high: 90 kt/yr}",
            "events.halt.lasts={dist: uniform, low: 2 months, high: 4 months}",
        ],
    )
    before = sample(replace(scenario, sampler=sampler), 0, 24)
    after = sample(replace(wider, sampler=sampler), 0, 24)
    assert set(after) - set(before) == {"minerals.antimony.metal.supply.CHN.capacity", "events.halt.lasts"}
    for path, values in before.items():
        assert np.array_equal(values, after[path]), path


def test_cells_share_their_draws(scenario: Scenario) -> None:
    first, second = (cell.scenario for cell in cells(scenario))
    a, b = sample(first, 0, 24), sample(second, 0, 24)
    assert a.keys() == b.keys()
    assert all(np.array_equal(a[path], b[path]) for path in a)


def test_another_seed_gives_other_draws(scenario: Scenario) -> None:
    a, b = sample(scenario, 0, 24), sample(replace(scenario, seed=8), 0, 24)
    assert not any(np.array_equal(a[path], b[path]) for path in a)


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_draws_are_uniform_and_independent(scenario: Scenario, sampler: str) -> None:
    scenario = replace(scenario, sampler=sampler, draws=4096)
    drawn = np.stack(list(sampling._uniform(sampling._design(scenario), 0, 4096).values()))
    assert drawn.min() > 0
    assert drawn.max() < 1
    assert np.abs(drawn.mean(axis=1) - 0.5).max() < 4 / np.sqrt(12 * 4096)
    # five standard errors of a correlation of independent draws
    assert np.abs(np.corrcoef(drawn) - np.eye(len(drawn))).max() < 5 / np.sqrt(4096)


@pytest.mark.parametrize("sampler", ["lhs", "sobol"])
def test_strata_hold_one_draw_each(scenario: Scenario, sampler: str) -> None:
    scenario = replace(scenario, sampler=sampler, draws=256)
    for path, values in sampling._uniform(sampling._design(scenario), 0, 256).items():
        assert sorted(np.floor(values * 256).astype(int).tolist()) == list(range(256)), path


def test_sobol_is_far_more_accurate_than_chance(scenario: Scenario) -> None:
    def error(sampler: str) -> float:
        means = [
            np.mean(sample(replace(scenario, sampler=sampler, seed=seed, draws=1024), 0, 1024)[PRIOR])
            for seed in range(8)
        ]
        return float(np.std(means))

    assert error("sobol") < error("random") / 5


def test_a_chance_below_one_is_drawn(scenario: Scenario) -> None:
    luck = sample(replace(scenario, draws=1024), 0, 1024)["events.halt.probability.happens"]
    assert np.mean(luck < 0.8) == pytest.approx(0.8, abs=0.01)
