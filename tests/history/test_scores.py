"""Scores of distributions, against closed forms."""

from __future__ import annotations

from statistics import NormalDist

import numpy as np
import pytest

from supplysim.history.scores import crps, inside, pit, winkler

UNIT = NormalDist()
SAMPLE = np.array([UNIT.inv_cdf((k + 0.5) / 4000) for k in range(4000)])


def gaussian_crps(y):
    """Gneiting and Raftery (2007), equation 21, for mean 0 and standard deviation 1."""
    return y * (2 * UNIT.cdf(y) - 1) + 2 * UNIT.pdf(y) - 1 / np.sqrt(np.pi)


@pytest.mark.parametrize("y", [-2.0, -0.3, 0.0, 1.0, 3.0])
def test_crps_of_a_normal_distribution(y):
    assert crps(SAMPLE, y) == pytest.approx(gaussian_crps(y), abs=1e-3)


def test_crps_of_two_members_by_hand():
    """Members 0 and 2 seen at 1: mean distance 1, half the distance between them 1."""
    assert crps(np.array([0.0, 2.0]), 1.0) == 0.0
    assert crps(np.array([0.0, 2.0]), 5.0) == pytest.approx(4.0 - 1.0)


def test_crps_of_a_point_is_the_absolute_error():
    assert crps(np.full(10, 2.0), 5.0) == 3.0


def test_crps_has_no_bias_from_the_size_of_the_sample():
    rng = np.random.default_rng(1)
    small = crps(rng.normal(size=(3, 40000)), np.zeros(40000)).mean()
    assert small == pytest.approx(gaussian_crps(0.0), abs=0.01)


def test_crps_wants_two_members():
    with pytest.raises(ValueError, match="two members"):
        crps(np.zeros((1, 3)), np.zeros(3))


def test_pit_is_the_share_below_with_ties_counted_half():
    assert pit(np.array([1.0, 2.0, 2.0, 4.0]), 2.0) == 0.5
    assert pit(SAMPLE, 1.0) == pytest.approx(UNIT.cdf(1.0), abs=1e-3)


def test_winkler_is_the_width_and_twenty_times_the_miss():
    z = UNIT.inv_cdf(0.95)
    assert winkler(SAMPLE, 0.0) == pytest.approx(2 * z, abs=1e-2)
    assert winkler(SAMPLE, z + 0.1) == pytest.approx(2 * z + 20 * 0.1, abs=2e-2)


def test_inside_the_central_interval():
    assert inside(np.array([0.04, 0.05, 0.5, 0.96]), 0.9).tolist() == [False, True, True, False]


def test_a_wrong_mean_and_a_wrong_width_both_cost():
    seen = np.random.default_rng(2).normal(size=500)
    members = np.random.default_rng(3).normal(size=(400, 500))
    right = crps(members, seen).mean()
    assert crps(members + 0.5, seen).mean() > right
    assert crps(members * 0.3, seen).mean() > right
    assert crps(members * 3.0, seen).mean() > right
