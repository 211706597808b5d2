"""Numbers as people read them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from supplysim.report.numbers import NEVER, NONE, amount, band_text, middle_text, range_text


@pytest.mark.parametrize(
    ("band", "unit", "text"),
    [
        ((2930.0, 4112.0, 5640.0), "t", "4.1 kt (2.9 to 5.6)"),
        ((0.084, 0.132, 0.174), "share", "13.2 % (8.4 to 17.4)"),
        ((2.84, 3.84, 5.69), "x base price", "3.8 \u00d7 base price (2.8 to 5.7)"),
        ((0.0, 0.0, 0.0), "t", "0 t"),
        ((0.0, 2.0, None), "months", "2 months (0 to never)"),
        ((3.0, None, None), "months", "never (3 to never)"),
        ((1.0, 3.0, 4.05), "months", "3 months (1 to 4)"),
        ((0.0, 0.5, 2.0), "months", "0.5 months (0 to 2.0)"),
        ((0.0, 0.0, 0.05), "months", "0 months"),
        ((-627212.0, 75864.0, 512905.0), "USD", "75.9 k USD (-627.2 to 512.9)"),
        ((0.3, 0.71, 1.02), "months", "0.7 months (0.3 to 1.0)"),
        ((0.01, 0.02, 0.04), "months", "0.02 months (0.01 to 0.04)"),
        ((None, None, None), "share", NONE),
        ((8.1e9, 8.2e9, 9e9), "USD", "8.2 bn USD (8.1 to 9.0)"),
        ((-0.00001, 0.0, 0.0), "share", "0 %"),
    ],
)
def test_a_band_reads_as_one_would_say_it(band, unit, text):
    assert band_text(band, unit) == text


def test_a_difference_has_its_sign_and_shares_differ_by_points():
    assert band_text((-0.02, 0.031, 0.04), "share", signed=True) == "+3.1 points (-2.0 to +4.0)"


def test_the_parts_of_a_band_are_written_as_in_the_whole():
    band = (2930.0, 4112.0, 5640.0)
    assert middle_text(band, "t") == "4.1 kt"
    assert range_text(band, "t") == "2.9 to 5.6 kt"
    assert range_text((1.0, 1.0, 1.0), "t") == ""
    assert range_text((3.0, None, None), "months") == f"3 to {NEVER}"


@given(st.floats(-1e15, 1e15, allow_nan=False), st.sampled_from(["t", "share", "USD", "months", "", "t/yr"]))
def test_a_number_never_reads_as_minus_nothing(value, unit):
    text = amount(value, unit)
    assert not text.startswith("-0 ")
    assert text != "-0"
    assert "nan" not in text


def test_a_median_that_is_rounding_gives_no_scale():
    assert band_text((0.0, 2e-10, 5.119), "t") == "0 t (0 to 5.1)"
    assert band_text((0.0, 0.0004, 0.0021), "t") == "0.0004 t (0 to 0.0021)"
