"""Published indices come back, noise is called noise, and a draw that failed is counted."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from supplysim.decisions.sensitivity import sensitivity
from supplysim.errors import InputError

ISHIGAMI = {"x1": 0.3139, "x2": 0.4424, "x3": 0.0}
SOBOL_G = [0.7162, 0.1790, 0.0237, 0.0072]


def ishigami(n, seed=1):
    x = np.random.default_rng(seed).uniform(-np.pi, np.pi, (n, 3))
    return x, np.sin(x[:, 0]) + 7.0 * np.sin(x[:, 1]) ** 2 + 0.1 * x[:, 2] ** 4 * np.sin(x[:, 0])


def test_ishigamis_first_order_indices_come_back_from_given_draws():
    found = {d.input: d for d in sensitivity(*ishigami(20_000)).drivers}
    for name, s1 in ISHIGAMI.items():
        assert found[name].s1.value == pytest.approx(s1, abs=0.015)
        assert found[name].s1.low - 0.01 <= s1 <= found[name].s1.high + 0.01


def test_sobols_g_function_ranks_its_inputs_and_leaves_the_rest_in_the_noise():
    a = np.array([0.0, 1.0, 4.5, 9.0, 99.0, 99.0, 99.0, 99.0])
    x = np.random.default_rng(2).random((20_000, 8))
    y = np.prod((np.abs(4.0 * x - 2.0) + a) / (1.0 + a), axis=1)
    found = sensitivity(x, y)
    assert [d.input for d in found.drivers[:3]] == ["x1", "x2", "x3"]
    for driver, s1 in zip(found.drivers[:3], SOBOL_G, strict=False):
        assert driver.s1.value == pytest.approx(s1, abs=0.02)
    assert all(d.below_noise for d in found.drivers if d.input in ("x5", "x6", "x7", "x8"))


def test_an_input_that_nothing_depends_on_is_no_visible_effect_and_never_negative():
    random = np.random.default_rng(3)
    x = random.random((200, 20))
    found = sensitivity(x, 3.0 * x[:, 4] + 0.1 * random.standard_normal(200))
    assert [d.input for d in found.visible()] == ["x5"]
    assert found.drivers[0].direction == "rises"
    assert all(d.s1.value >= 0.0 for d in found.drivers)


def test_the_distance_sees_what_makes_a_draw_bad_where_the_mean_does_not():
    x = np.random.default_rng(4).random((4_000, 3))
    y = np.where(x[:, 0] > 0.9, 1.0, 0.0) + 1e-3 * x[:, 2]
    found = {d.input: d for d in sensitivity(x, y, bad=y > 0.5).drivers}
    assert found["x1"].ks is not None
    assert found["x1"].ks.value == pytest.approx(1.0, abs=0.01)
    assert found["x2"].below_noise


def test_choices_are_inputs_as_well_as_draws():
    random = np.random.default_rng(5)
    choice = random.choice(["ban", "quota", "none"], 900)
    frame = pd.DataFrame({"policy": choice, "sigma": random.random(900)})
    y = pd.Series(choice).map({"ban": 2.0, "quota": 1.0, "none": 0.0}).to_numpy() + 0.1 * random.random(900)
    found = sensitivity(frame, y)
    assert found.drivers[0].input == "policy"
    assert found.drivers[0].s1.value > 0.98


def test_failed_draws_are_left_out_and_counted():
    x, y = ishigami(500)
    y[:40] = np.nan
    found = sensitivity(x, y)
    assert (found.n, found.n_failed) == (460, 40)


def test_the_same_table_and_seed_give_the_same_numbers():
    x, y = ishigami(300)
    assert sensitivity(x, y, seed=7) == sensitivity(x, y, seed=7)


@pytest.mark.parametrize(("x", "y", "words"), [
    (np.ones((50, 2)), np.arange(49.0), "one row a draw"),
    (np.full((50, 2), np.inf), np.arange(50.0), "not a finite number"),
    (np.ones((50, 2)), np.ones(50), "the same in every draw"),
    (np.ones((12, 2)), np.arange(12.0), "30 are the fewest"),
    (np.ones((50, 2)), np.r_[np.inf, np.arange(49.0)], "never reached"),
])  # fmt: skip
def test_a_table_that_says_nothing_is_refused_in_one_line(x, y, words):
    with pytest.raises(InputError, match=words):
        sensitivity(x, y)
