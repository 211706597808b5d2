"""Quantities say their unit, and come back exactly as they were."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from supplysim.scenario.units import DIMENSIONS, UnitError, read_quantity, write_quantity


@pytest.mark.parametrize(
    ("text", "dimension", "mineral", "value"),
    [
        ("12000 t/yr", "rate", "", 12_000),
        ("12 kt / year", "rate", "", 12_000),
        ("1 kt per month", "rate", "", 12_000),
        ("5 tU/yr", "rate", "uranium", 5),
        ("5 t W/yr", "rate", "tungsten", 5),
        ("100 t WO3/yr", "rate", "tungsten", 79.297),
        ("1 Mlb/yr", "rate", "uranium", 384.65),
        ("3 kt", "mass", "", 3_000),
        ("250 USD/mtu", "price", "tungsten", 31_527),
        ("85 USD/lb", "price", "uranium", 220_980),
        ("4 USD/lb", "price", "copper", 8_818.49),
        ("2000 USD/oz", "price", "gold", 64_301_493),
        ("1.1 bn USD", "money", "", 1.1e9),
        ("2 years", "duration", "", 24),
        ("1 week", "duration", "", 7 * 12 / 365.25),
        ("18 months", "duration", "", 18),
        ("36 hours", "days", "", 1.5),
        ("25%", "percent", "", 0.25),
        ("-5 %", "percent", "", -0.05),
        ("2.5 %/yr", "growth", "", 0.025),
        ("20%", "fraction", "", 0.2),
        (0.2, "fraction", "", 0.2),
        ("1.5x", "multiple", "", 1.5),
        (1.5, "multiple", "", 1.5),
        ("2027-03", "date", "", 12 * 2027 + 2),
    ],
)
def test_a_quantity_becomes_its_number_in_base_units(text: object, dimension: str, mineral: str, value: float) -> None:
    assert read_quantity(text, DIMENSIONS[dimension], mineral) == pytest.approx(value, rel=1e-4)


@pytest.mark.parametrize(
    ("text", "dimension", "mineral", "words"),
    [
        (12_000, "rate", "", "needs a unit: t/yr, kt/yr, t/month"),
        ("12000", "rate", "", "needs a unit"),
        ("12 furlongs", "rate", "", "'furlongs' is not a unit here; possible: t/yr"),
        ("12 t", "rate", "", "is not a unit here"),
        ("12 t W/yr", "rate", "uranium", "does not measure uranium"),
        ("250 USD/mtu", "price", "copper", "is not a unit here"),
        ("5", "number", "", "is text in quotes"),
        ("about 5 months", "duration", "", "is not a number with a unit"),
        (25, "percent", "", "needs a unit: %, fraction"),
        (True, "number", "", "not true or false"),
        ([1], "number", "", "not a list"),
        (float("inf"), "number", "", "too large"),
        ("2027", "date", "", "write YYYY-MM"),
        ("2027-13", "date", "", "is not a month"),
        ("2027-03-01", "date", "", "is not a month"),
        (2027, "date", "", "is not a month"),
    ],
)
def test_what_is_no_quantity_is_told_which_units_are_possible(
    text: object, dimension: str, mineral: str, words: str
) -> None:
    with pytest.raises(UnitError) as caught:
        read_quantity(text, DIMENSIONS[dimension], mineral)

    assert words in str(caught.value)


@given(st.sampled_from(sorted(DIMENSIONS)), st.floats(0, 1e12))
def test_a_written_quantity_is_read_back_to_the_last_bit(name: str, value: float) -> None:
    dimension = DIMENSIONS[name]
    value = value % 30_000 + 12_000 if name == "date" else value

    assert read_quantity(write_quantity(value, dimension), dimension) == value
