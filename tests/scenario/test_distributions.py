"""Distributions draw what their parameters say."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from supplysim.scenario import Scenario
from supplysim.scenario.distributions import (
    Constant,
    Discrete,
    Distribution,
    Lognormal,
    Normal,
    Pert,
    Triangular,
    Uniform,
    lognormal_between,
    normal_between,
    uniform_between,
)

U = np.linspace(0.001, 0.999, 201)
MEDIANS = [Uniform(2, 5), Triangular(1, 2, 5), Triangular(1, 4, 5), Normal(3, 2, low=0), Lognormal(12, 0.5, high=20)]
SCALABLE = [Uniform(2, 5), Triangular(1, 2, 5), Pert(1, 2, 5), Normal(3, 2, low=0), Lognormal(12, 0.5)]


@pytest.mark.parametrize(
    ("own", "theirs"),
    [
        (Uniform(2, 5), stats.uniform(2, 3)),
        (Triangular(1, 2, 5), stats.triang(0.25, 1, 4)),
        (Pert(1, 2, 5), stats.beta(2, 4, 1, 4)),
        (Normal(3, 2), stats.norm(3, 2)),
        (Normal(3, 2, low=0), stats.truncnorm(-1.5, np.inf, 3, 2)),
        (Lognormal(12, 0.5), stats.lognorm(0.5, 0, 12)),
    ],
)
def test_quantiles_agree_with_scipy(own: Distribution, theirs: object) -> None:
    np.testing.assert_allclose(own.ppf(U), theirs.ppf(U), rtol=1e-9)  # type: ignore[attr-defined]


@pytest.mark.parametrize("own", MEDIANS)
def test_the_central_value_is_the_median(own: Distribution) -> None:
    assert own.central == pytest.approx(float(own.ppf(np.array(0.5))))


def test_p10_and_p90_are_the_quantiles_asked_for() -> None:
    ends = np.array([0.1, 0.9])
    for made in (Normal(*normal_between(2, 6)), Lognormal(*lognormal_between(2, 6)), Uniform(*uniform_between(2, 6))):
        np.testing.assert_allclose(made.ppf(ends), [2, 6])


def test_a_discrete_draw_follows_its_weights() -> None:
    die = Discrete((3.0, 1.0, 2.0), (1.0, 2.0, 1.0))

    assert die.ppf(np.array([0.0, 0.49, 0.51, 0.74, 0.76, 0.9999])).tolist() == [1, 1, 2, 2, 3, 3]
    assert die.central == 1
    assert die.support == (1, 3)


def test_a_constant_keeps_the_shape_of_what_it_is_asked() -> None:
    assert Constant(4.0).ppf(np.zeros((2, 3))).tolist() == [[4.0] * 3] * 2


@given(
    st.floats(0.1, 10),
    st.sampled_from(SCALABLE),
)
def test_scaling_scales_every_quantile(factor: float, own: Distribution) -> None:
    np.testing.assert_allclose(own.scaled(factor).ppf(U), factor * own.ppf(U), rtol=1e-9)


def test_no_draw_leaves_the_support() -> None:
    for own in (Normal(3, 2, low=0, high=4), Lognormal(12, 0.5, high=20)):
        drawn = own.ppf(np.linspace(0, 1, 101))
        assert own.support[0] <= drawn.min() <= drawn.max() <= own.support[1]


DELAY = (
    "contracts: {c: {kind: option, product: copper.refined, from: KAZ, to: USA, volume: 1 kt/yr, "
    "starts: 2028-01, delay: %s}}"
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{dist: constant, value: 2 years}", Constant(24.0)),
        ("{dist: uniform, low: 1 months, high: 3 months}", Uniform(1.0, 3.0)),
        ("{dist: triangular, low: 0 months, mode: 1 months, high: 1 years}", Triangular(0.0, 1.0, 12.0)),
        ("{dist: pert, low: 0 months, mode: 1 months, high: 1 years}", Pert(0.0, 1.0, 12.0)),
        ("{dist: normal, mean: 6 months, sd: 2 months, low: 0 months}", Normal(6.0, 2.0, low=0.0)),
        ("{dist: lognormal, median: 6 months, sigma: 0.5}", Lognormal(6.0, 0.5)),
        ("{dist: discrete, values: [0 months, 1 years], weights: [3, 1]}", Discrete((0.0, 12.0), (3.0, 1.0))),
        ("{dist: discrete, values: [0 months, 1 years]}", Discrete((0.0, 12.0), (1.0, 1.0))),
    ],
)
def test_a_field_may_hold_a_distribution(read: Callable[..., Scenario], text: str, expected: Distribution) -> None:
    scenario = read(DELAY % text)

    assert scenario.uncertain["contracts.c.delay"] == expected
    assert scenario.values["contracts.c.delay"] == pytest.approx(expected.central)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{dist: uniform, low: 3 months, high: 1 months}", "1 months must exceed low (3 months, line 3)"),
        ("{dist: lognormal, p10: 8 months, p90: 5 months}", "5 months must exceed p10 (8 months, line 3)"),
        ("{dist: uniform, low: 3 months}", "uniform needs low and high or p10 and p90"),
        ("{dist: unifrom, low: 1 months, high: 3 months}", "did you mean 'uniform'"),
        ("{dist: uniform, lo: 1 months, high: 3 months}", "uniform has no 'lo'; did you mean 'low'"),
        ("{dist: uniform, low: 1, high: 3 months}", "needs a unit: months"),
        ("{dist: lognormal, p10: 0 months, p90: 3 months}", "must be greater than 0 in a lognormal"),
        ("{dist: normal, mean: 6 months, sd: 2 months}", "cut the distribution with low:"),
        ("{dist: uniform, low: -1 months, high: 3 months}", "draws must be at least 0 months"),
        ("{dist: normal, mean: 6 months, sd: 0 months, low: 0 months}", "3:152: contracts.c.delay.sd: must be greater"),
        ("{dist: lognormal, median: 6 months, sigma: 0}", "sigma: must be greater than 0"),
        ("{dist: discrete, values: 3 months}", "values: must be a list of values"),
        ("{dist: discrete, values: []}", "values: must be a list of values"),
        ("{dist: discrete, values: [1 months, 2 months], weights: [-1, 2]}", "weights: must be 0 or more, and not"),
        ("{dist: discrete, values: [1 months, 2 months], weights: [0, 0]}", "weights: must be 0 or more, and not"),
        ("{dist: discrete, values: [1 months], weights: [1, 2]}", "2 weights for 1 values"),
        ("{dist: triangular, low: 1 months, mode: 9 months, high: 3 months}", "must lie between low and high"),
    ],
)
def test_a_distribution_that_is_none_is_refused(faults: Callable[..., list[str]], text: str, words: str) -> None:
    found = faults(DELAY % text)

    assert len(found) == 1
    assert words in found[0]
