"""Shares of other suppliers: measures by hand, and a case in which nobody but the cutter changes."""

from __future__ import annotations

import numpy as np
import pytest

from supplysim.history.model import Prior
from supplysim.history.shares import cross_entropy, mixed, share_card, top_recall, total_variation
from supplysim.history.shocks import Shock

P, Q = np.array([0.5, 0.5, 0.0]), np.array([0.5, 0.25, 0.25])


def shock(after):
    """Three suppliers, two buyers that count and the rest; the first supplier cuts."""
    before = np.array([[40.0, 5, 10], [40, 60, 20], [20, 35, 0]])
    return Shock("990000", "AAA", 2019, 1, 0, ("XXX", "YYY"), before, np.array(after, dtype=float))


def test_measures_by_hand():
    assert total_variation(P, Q) == 0.25
    assert total_variation(P, P) == 0.0
    assert cross_entropy(P, Q) == pytest.approx(-0.5 * np.log(0.5) - 0.5 * np.log(0.25))
    assert cross_entropy(P, Q) > cross_entropy(P, P) == pytest.approx(np.log(2))
    assert top_recall(np.array([0.4, 0.3, 0.2, 0.1]), np.array([0.1, 0.2, 0.3, 0.4])) == pytest.approx(2 / 3)
    assert top_recall(P, Q) == 1.0
    assert mixed(P, Q, 0.1).sum() == pytest.approx(1.0)
    assert (mixed(P, P, 0.0) > 0).all()


def test_old_shares_are_right_where_nothing_changes_but_the_cut():
    found = share_card([shock([[20, 2, 5], [40, 60, 20], [20, 35, 0]])], Prior().draw(4))
    assert found.n == 2
    assert found.measures["total_variation"].persistence == pytest.approx(0.0)
    assert found.measures["total_variation"].model < 0.02
    assert found.measures["top3_recall"].model == 1.0
    assert found.new_ties == 0.0


def test_a_buyer_that_bought_little_from_the_cutter_does_not_count():
    quiet = shock([[20, 2, 5], [40, 60, 20], [20, 35, 0]])
    quiet.before[0, 1] = 1.0
    assert share_card([quiet], Prior().draw(4)).n == 1
    assert share_card([], Prior().draw(4)) is None


def test_a_weight_on_world_shares_helps_where_ties_are_new():
    moved = shock([[20, 0, 5], [0, 60, 20], [60, 35, 0]])
    moved.before[2, 0] = 0.0
    low, high = (share_card([moved], Prior().draw(4), gravity=w).measures["cross_entropy"].model for w in (0.0, 0.1))
    assert high < low
    assert share_card([moved], Prior().draw(4)).new_ties > 0.4
