"""Concentration against published figures, and against what any measure of concentration must do."""

from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from supplysim import indicators

share_lists = st.lists(st.floats(0.001, 1.0), min_size=1, max_size=30).map(lambda x: np.array(x) / sum(x))


EU_2023 = {  # percent of world mine output, as far as the study lists countries at a decimal
    "tungsten": ([82.6, 6.4, 2.7, 1.4, 1.2, 1.1, 0.8, 0.7, 0.6, 0.6, 0.5, 0.4, 0.2, 0.2, 0.2], 0.688),
    "antimony": ([56.4, 20.3, 11.6, 2.9, 2.5, 2.2, 2.0, 0.9, 0.6, *[0.2] * 3, *[0.1] * 8], 0.375),
}


@pytest.mark.parametrize("mineral", EU_2023)
def test_mining_of_tungsten_and_antimony_is_as_concentrated_as_the_eu_study_says(mineral):
    """European Commission 2023, Study on the critical raw materials for the EU: global supply shares 2016-20.

    Shares have one decimal, so 0.0008 either way: half a digit of the largest share counts twice in its square.
    """
    percent, published = EU_2023[mineral]
    shares = np.array(percent) / 100
    assert indicators.hhi(shares) == pytest.approx(published, abs=0.0008)
    assert indicators.effective_suppliers(shares / shares.sum()) == pytest.approx(1 / published, rel=0.02)


def test_three_refiners_of_rare_earths_hold_98_percent():
    """IEA, Global Critical Minerals Outlook 2024 (as reported by SEAISI): China 92, Malaysia 5, with Australia 98 %."""
    others = [0.01, *[0.005] * 4]  # Australia about 1, the rest smaller
    assert indicators.top_share([*others, 0.05, 0.92], 3) == pytest.approx(0.98)


def test_the_three_largest_refiners_hold_86_percent_on_average():
    """IEA, Global Critical Minerals Outlook 2025: top-3 refining shares 2024; the mean of the six is 85.8 %.

    Only the sum of three is published: it is split unevenly here, and the rest spread over refiners that are smaller
    than the third, which must not change it.
    """
    top3 = {"lithium": 96.1, "rare earths": 97.0, "copper": 57.2, "cobalt": 88.7, "graphite": 98.2, "nickel": 77.8}
    found = []
    for percent in top3.values():
        leading = np.array([0.2, 0.5, 0.3]) * percent / 100
        small = np.full(12, (1 - percent / 100) / 12)
        found.append(indicators.top_share(np.concatenate([small, leading]), 3))
    assert found == pytest.approx([percent / 100 for percent in top3.values()])
    assert np.mean(found) == pytest.approx(0.858, abs=5e-4)


def test_n_minus_one_takes_the_largest_supplier_and_its_own_demand_away():
    """IEA: (supply - largest supplier) / (demand - largest supplier's own demand)."""
    assert indicators.n1_coverage([60, 25, 15], [40, 30, 30]) == pytest.approx(40 / 60)
    assert indicators.n1_coverage([60, 25, 15], [0, 50, 50]) == pytest.approx(0.4)


def test_n_minus_one_works_on_batches():
    both = indicators.n1_coverage([[60, 25, 15], [10, 80, 10]], [[40, 30, 30], [25, 50, 25]])
    assert both == pytest.approx([40 / 60, 20 / 50])


@given(share_lists)
def test_concentration_lies_between_equal_shares_and_monopoly(shares):
    assert 1 / len(shares) - 1e-12 <= indicators.hhi(shares) <= 1 + 1e-12
    assert 1 - 1e-9 <= indicators.effective_suppliers(shares) <= len(shares) + 1e-9


@given(share_lists, st.integers(1, 40))
def test_more_suppliers_counted_never_hold_less(shares, k):
    assert indicators.top_share(shares, k) <= indicators.top_share(shares, k + 1) + 1e-12
    assert indicators.top_share(shares, len(shares)) == pytest.approx(1)


@given(share_lists)
def test_a_merger_of_two_suppliers_raises_concentration(shares):
    merged = np.append(shares[2:], shares[:2].sum())
    assert indicators.hhi(merged) >= indicators.hhi(shares) - 1e-12


def test_exposure_of_a_buyer_to_a_corridor_is_its_share_of_what_it_buys():
    flows = [[30.0, 0.0], [70.0, 0.0]]
    through = [[[1.0, 1.0], [0.5, 0.5]]]  # all of the first supplier, half of the second
    assert indicators.corridor_exposure(flows, through) == pytest.approx(np.array([[0.65, 0.0]]))


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: indicators.hhi([]), "shares is empty"),
        (lambda: indicators.hhi([0.5, np.nan]), "NaN"),
        (lambda: indicators.hhi([0.5, np.inf]), "infinity"),
        (lambda: indicators.hhi([1.2, -0.2]), "must not be negative, got -0.2"),
        (lambda: indicators.hhi([60, 40]), "fractions of the whole, but they sum to 100"),
        (lambda: indicators.hhi(0.5), "must be a list"),
        (lambda: indicators.hhi(["a"]), "must be numbers"),
        (lambda: indicators.effective_suppliers([0.0, 0.0]), "all zero"),
        (lambda: indicators.top_share([1.0], 0), "k must be a whole number of at least 1"),
        (lambda: indicators.top_share([1.0], 1.5), "k must be a whole number"),
        (lambda: indicators.n1_coverage([1.0, 2.0], [1.0]), "lengths differ: supply 2, demand 1"),
        (lambda: indicators.n1_coverage([1.0, 2.0], [0.0, 9.0]), "only the largest supplier"),
        (lambda: indicators.n1_coverage([1.0, -2.0], [1.0, 9.0]), "supply must not be negative"),
        (lambda: indicators.corridor_exposure([[1.0]], [[[1.5]]]), "between 0 and 1"),
        (lambda: indicators.corridor_exposure([[1.0]], [[1.0]]), "must be (corridors, suppliers, buyers)"),
    ],
)
def test_wrong_input_is_refused_with_a_clear_text(call, says):
    with pytest.raises(ValueError, match=re.escape(says)):
        call()
