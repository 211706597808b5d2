"""The outer band: as wide as the table says, the same for the same draw whatever runs beside it."""

from __future__ import annotations

import numpy as np
import pytest

from supplysim.results.noise import OTHER, Noise, agreed, class_of, classes, noise_of, walks

PLAIN = Noise({1: 0.1, 4: 0.2}, autocorrelation=0.0, tail=5.0, tense=2.0)


def test_spread_meets_the_table_and_stays_after_its_end():
    assert PLAIN.spread(6) == pytest.approx([0.1, 0.1 * 2**0.5, 0.1 * 3**0.5, 0.2, 0.2, 0.2])


@pytest.mark.parametrize("name", ["exchange", "minor"])
def test_simulated_changes_have_the_spread_learned(name):
    noise = classes()[name]
    walk = walks(noise, 36, np.arange(4000), (1, "copper.refined"))
    at = np.array(sorted(noise.sd)) - 1
    assert walk.std(axis=1)[at] == pytest.approx([noise.sd[k] for k in sorted(noise.sd)], rel=0.05)
    assert abs(walk.mean(axis=1)[at]).max() < 0.03
    monthly = np.diff(walk[:3], axis=0)
    assert np.corrcoef(monthly)[0, 1] == pytest.approx(noise.autocorrelation, abs=0.06)


def test_tails_are_fat():
    changes = walks(PLAIN, 1, np.arange(20000), (0, "x"))[0] / 0.1
    assert (abs(changes) > 3).mean() > 2 * 0.0027


def test_a_draw_has_its_noise_whatever_is_beside_it_and_however_long_the_run():
    whole = walks(PLAIN, 4, np.arange(20), (3, "x"))
    assert (walks(PLAIN, 4, np.array([17, 5]), (3, "x")) == whole[:, [17, 5]]).all()
    longer = walks(PLAIN, 6, np.arange(20), (3, "x"))
    assert longer[:4] == pytest.approx(whole)
    assert (walks(PLAIN, 4, np.arange(20), (4, "x")) != whole).all()
    assert (walks(PLAIN, 4, np.arange(20), (3, "y")) != whole).all()


def test_months_of_an_event_are_wilder():
    tense = np.array([[False], [True], [False]])
    calm, wild = (walks(PLAIN, 3, np.arange(5), (0, "x"), mask) for mask in (None, tense))
    assert (wild[0] == calm[0]).all()
    steps = [np.diff(w / (PLAIN.spread(3) / np.sqrt([1, 2, 3]))[:, None], axis=0) for w in (calm, wild)]
    assert steps[1][0] == pytest.approx(2.0 * steps[0][0])
    assert steps[1][1] == pytest.approx(steps[0][1])


def test_smoothing_by_hand():
    assert agreed(np.array([[1.0], [1.0]]), 1.0, 4.0)[:, 0].tolist() == [0.25, 0.4375]


def test_classes_of_markets():
    assert class_of("copper") == "exchange"
    assert class_of("uranium") == class_of("unobtainium") == OTHER
    assert noise_of("tungsten").sd[12] > noise_of("gold").sd[12]
