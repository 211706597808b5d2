"""Numbers as a table of the command line has them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from supplysim.cli.terminal import digits


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.0, "0"), (1.44e-74, "0"), (-2e-75, "0"), (0.0000123, "0.0000123"), (-0.1461, "-0.146"), (2353.6, "2,354"),
     (999.6, "1000"), (40.0, "40"), (1234567.0, "1,234,567")],
)  # fmt: skip
def test_numbers_have_three_digits_that_count(value: float, text: str) -> None:
    """Rounding of a solver was told as a shortage of 1.44e-74 t."""
    assert digits(value) == text


@given(st.floats(-1e12, 1e12))
def test_no_number_has_an_exponent_or_is_minus_nothing(value: float) -> None:
    assert "e" not in digits(value).lower()
    assert digits(value) not in ("-0", "-0.0")
    assert float(digits(value).replace(",", "")) == pytest.approx(value, rel=6e-3, abs=1e-9)
