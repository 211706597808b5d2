"""Published total indices come back, and holes are refused."""

from __future__ import annotations

import numpy as np
import pytest

from supplysim.decisions.sensitivity import sensitivity
from supplysim.decisions.total import checked, design, total_sensitivity, totals
from supplysim.errors import InputError


def test_ishigamis_total_indices():
    def ishigami(u):
        x = {name: np.pi * (2.0 * values - 1.0) for name, values in u.items()}
        return np.sin(x["x1"]) + 7.0 * np.sin(x["x2"]) ** 2 + 0.1 * x["x3"] ** 4 * np.sin(x["x1"])

    found = {row.input: row for row in total_sensitivity(ishigami, ("x1", "x2", "x3"), base=4096)}
    assert [found[x].s1.value for x in ("x1", "x2", "x3")] == pytest.approx([0.3139, 0.4424, 0.0], abs=0.01)
    assert [found[x].st.value for x in ("x1", "x2", "x3")] == pytest.approx([0.5576, 0.4424, 0.2437], abs=0.01)


def test_sobols_g_function():
    a = {"x1": 0.0, "x2": 1.0, "x3": 4.5, "x4": 9.0, "x5": 99.0, "x6": 99.0}

    def product(u):
        return np.prod([(np.abs(4.0 * u[name] - 2.0) + a[name]) / (1.0 + a[name]) for name in a], axis=0)

    found = total_sensitivity(product, tuple(a), base=4096)
    assert [row.input for row in found[:4]] == ["x1", "x2", "x3", "x4"]
    assert [row.st.value for row in found[:4]] == pytest.approx([0.7871, 0.2422, 0.0343, 0.0105], abs=0.01)
    assert [row.s1.value for row in found[:4]] == pytest.approx([0.7162, 0.1790, 0.0237, 0.0072], abs=0.01)
    assert all(row.st.low <= row.st.value <= row.st.high for row in found)


def test_an_input_that_does_nothing_has_an_index_of_nothing_and_no_interval():
    found = {row.input: row for row in total_sensitivity(lambda u: u["x1"], ("x1", "idle"), base=64)}
    assert found["idle"].st == (0.0, 0.0, 0.0)
    assert found["x1"].st.value == pytest.approx(1.0, abs=0.1)


def test_a_share_alone_above_all_that_an_input_does_is_chance():
    """Two inputs that go together in the draws look alike; total indices tell which of them it is."""
    x = np.linspace(0.0, 1.0, 200)
    given = sensitivity({"x1": x, "twin": x}, x)
    assert not any(driver.below_noise for driver in given.drivers)
    told = checked(given, total_sensitivity(lambda u: u["x1"], ("x1", "twin"), base=64))
    assert {driver.input: driver.below_noise for driver in told.drivers} == {"x1": False, "twin": True}


def test_an_output_that_nothing_moves_is_refused():
    with pytest.raises(InputError, match="nothing moves it"):
        totals(("x1",), np.ones(48), 16)


def test_a_base_that_is_no_power_of_two_and_a_hole_are_refused():
    with pytest.raises(InputError, match="power of two"):
        design(3, 100, 0)
    with pytest.raises(InputError, match="holes"):
        totals(("x1",), np.r_[np.nan, np.arange(47.0)], 16)
