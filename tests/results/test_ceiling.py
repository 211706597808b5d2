"""A price at the model's ceiling is told in words, because its number is the model's own."""

from __future__ import annotations

import numpy as np
import pytest

from supplysim.results.ceiling import at_ceiling, binds, or_ceiling, share_at_ceiling, told_rationing


@pytest.mark.parametrize(("price", "held"), [(19.61, True), (19.4, True), (19.39, False), (1.0, False), (None, False)])
def test_from_97_per_cent_on_a_price_is_at_the_ceiling(price, held):
    assert at_ceiling(price, 20.0) is held


def test_a_peak_at_the_ceiling_is_told_as_such_and_another_number_as_it_is():
    band = (17.5, 19.61, 19.79)
    assert or_ceiling("19.61 (17.50 to 19.79)", "peak_price_multiple", band, 20.0) == "at the model's ceiling (20 x)"
    assert or_ceiling("19.61 t", "short_t", band, 20.0) == "19.61 t"
    assert or_ceiling("12.0 (9.0 to 19.6)", "peak_price_multiple", (9.0, 12.0, 19.6), 20.0) == "12.0 (9.0 to 19.6)"


def test_the_share_of_draws_at_the_ceiling_counts_them():
    assert share_at_ceiling(np.array([1.0, 19.5, 20.1, 5.0]), 20.0) == 0.5
    assert np.isnan(share_at_ceiling([], 20.0))


@pytest.mark.parametrize(("band", "held"), [((1.0, 4.0, 19.5), True), ((1.0, 4.0, 12.0), False), (None, False)])
def test_the_ceiling_binds_where_the_95_per_cent_quantile_is_at_it(band, held):
    assert binds(band, 20.0) is held


def test_what_no_price_has_done_is_said_with_it():
    told = told_rationing(20.0)
    assert told.startswith("in a twentieth of the draws or more it is at the model's ceiling (20 x)")
    assert "5.6 x in a year" in told
