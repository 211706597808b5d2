"""Instability by country and region."""

from __future__ import annotations

import pytest

from supplysim.indicators.governance import country_instability, region_instability


def test_instability_is_the_indicator_turned_round():
    """World Bank WGI 2010: Australia 0.8889 -> 0.3222 in GeoPolRisk's scale, China -0.6571 -> 0.6314."""
    assert country_instability("AUS", 2010) == pytest.approx(0.3222, abs=1e-4)
    assert country_instability("CHN", 2010) == pytest.approx(0.6314, abs=1e-4)


def test_a_region_is_the_mean_of_its_countries():
    pair = [country_instability("DEU"), country_instability("FRA")]
    assert region_instability(["DEU", "FRA", "XXX"]) == (pytest.approx(sum(pair) / 2), True)


def test_a_region_without_data_takes_the_mean_of_all_and_says_so():
    value, found = region_instability(["XXX"])
    assert not found
    assert 0.3 < value < 0.7


def test_a_year_outside_the_table_is_an_error():
    with pytest.raises(ValueError, match="no governance data for 1999"):
        region_instability(["DEU"], 1999)
