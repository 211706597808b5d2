"""Tonnes that cannot be right."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from supplysim.world.kit.repair import FARTHEST, repair, weighted_median


def test_the_weighted_median_is_where_half_of_the_value_lies():
    assert weighted_median(np.array([3.0, 1.0, 2.0]), np.array([1.0, 1.0, 10.0])) == 2.0
    assert weighted_median(np.array([5.0]), np.array([1.0])) == 5.0


def test_kilograms_taken_for_tonnes_are_found_and_replaced():
    value, tonnes = np.array([100.0, 50.0, 40.0]), np.array([10.0, 5.0, 4000.0])
    mended = repair(value, tonnes)
    assert mended.tonnes == pytest.approx([10, 5, 4])
    assert mended.replaced == 1
    assert mended.share == pytest.approx(40 / 190)


def test_a_unit_value_four_times_the_median_is_kept_and_a_higher_one_is_not():
    value = np.array([100.0, 4.0, 4.1])
    assert repair(value, np.array([100.0, 1.0, 1.0])).tonnes == pytest.approx([100, 1, 4.1])


def test_a_code_year_without_any_tonnes_cannot_be_mended():
    assert repair(np.array([1.0, 2.0]), np.array([np.nan, 0.0])) is None


lines = st.lists(
    st.tuples(st.floats(0.001, 1e6), st.one_of(st.floats(0.001, 1e6), st.just(float("nan")))), min_size=1, max_size=40
).filter(lambda rows: any(np.isfinite(tonnes) for _, tonnes in rows))


@given(lines)
def test_repaired_unit_values_lie_within_the_limit_and_right_lines_are_untouched(rows):
    value, tonnes = np.array(rows).T
    mended = repair(value, tonnes)
    unit = value / mended.tonnes
    usual = np.isfinite(tonnes)
    median = weighted_median((value / tonnes)[usual], value[usual])
    assert (unit <= FARTHEST * median * 1.0001).all()
    assert (unit >= median / FARTHEST / 1.0001).all()
    assert (mended.tonnes != tonnes).sum() <= mended.replaced + np.isnan(tonnes).sum()
