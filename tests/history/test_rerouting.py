"""The estimator finds what was put in, the shipped history is what the page says, and the model can miss it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from supplysim.history.model import Prior
from supplysim.history.rerouting import interval, model_slopes, moments, observed_parts, slope, table, with_buyers
from supplysim.history.shocks import Shock, cuts
from supplysim.history.trade import read_trade

PROTOTYPE = {  # (cut, years): interval
    (0.10, 1): (0.06, 0.83),
    (0.10, 2): (0.34, 0.89),
    (0.10, 3): (0.49, 0.95),
    (0.25, 1): (0.44, 1.02),
    (0.25, 2): (0.29, 0.79),
    (0.25, 3): (0.34, 0.85),
}


def replaced(share, kept=0.5, own_choice=(0.0, 0.0, 0.0, 0.0)):
    """A cut in which every buyer buys `share` of its loss elsewhere; `own_choice` is bought from others instead of
    the exporter, freely."""
    before = np.array([[40.0, 30, 20, 10, 0], [10, 20, 30, 40, 0]])
    lost = (1 - kept) * before[0]
    moved = np.array([*own_choice, 0.0])
    after = np.stack([before[0] - lost - moved, before[1] + share * lost + moved])
    return Shock("260300", "AAA", 2019, 1, 0, ("V", "X", "Y", "Z"), before, after)


@given(st.floats(0, 1.2), st.floats(0.1, 0.9))
def test_the_share_put_in_is_the_share_found(share, kept):
    assert slope(observed_parts([replaced(share, kept)])) == pytest.approx(share, abs=1e-9)


def test_a_buyers_own_turn_to_others_is_not_taken_for_rerouting():
    """Ordinary least squares would see each own choice as a loss replaced in full; over many cases with choices at
    random the instrument does not."""
    rng = np.random.default_rng(1)
    cases = [replaced(0.3, own_choice=rng.normal(0, 4, 4)) for _ in range(400)]
    found = slope(observed_parts(cases))
    before, after = np.stack([c.before for c in cases]), np.stack([c.after for c in cases])
    loss = ((before - after)[:, 0, :4] / before.sum(axis=1)[:, :4]).ravel()
    gain = ((after - before)[:, 1, :4] / before.sum(axis=1)[:, :4]).ravel()
    ordinary = np.polyfit(loss, gain, 1)[0]
    assert ordinary > 0.45
    assert found == pytest.approx(0.3, abs=0.1)
    low, high = interval(observed_parts(cases))
    assert low < found < high
    assert high - low < 0.3


def test_growth_that_all_buyers_share_changes_nothing():
    case = replaced(0.4)
    grown = case.after.copy()
    grown[1] += 0.3 * case.before.sum(axis=0)
    assert slope(moments(case, grown)[None]) == pytest.approx(0.4)


def test_a_buyer_that_multiplies_its_imports_counts_up_to_the_limit():
    case = replaced(0.4)
    mad = case.after.copy()
    mad[1, 0] += 1e6
    capped, madder = mad.copy(), mad.copy()
    madder[1, 0] += 1e9
    assert slope(moments(case, capped)[None]) == pytest.approx(slope(moments(case, madder)[None]))


def test_the_interval_is_the_same_every_time():
    parts = observed_parts([replaced(share) for share in (0.1, 0.4, 0.9)])
    assert interval(parts) == interval(parts)


@pytest.mark.parametrize("row", range(6))
def test_history_agrees_with_the_prototypes_intervals(card, row):
    """Re-routing after supply cuts 2005-2024: 80 % intervals of the prototype, on a sample of its own."""
    found = card.rerouting[row]
    low, high = PROTOTYPE[found.cut, found.years]
    assert found.low < high
    assert low < found.high
    assert found.n > 90


@pytest.fixture(scope="module")
def one_year(shipped):
    return with_buyers(cuts(shipped, 0.1, 1))


def test_the_models_slope_rises_with_sigma(one_year):
    """Prototype: sigma 0.3 -> 0.20, 1 -> 0.40, 2 -> 0.53, 4 -> 0.67, 8 -> 0.79 on more codes; here a fifth less."""
    found = np.array([model_slopes(one_year, Prior().at(sigma))[0] for sigma in (0.3, 1, 2, 4, 8)])
    assert (np.diff(found) > 0).all()
    assert found / [0.20, 0.40, 0.53, 0.67, 0.79] == pytest.approx(0.8, abs=0.05)


def test_more_elastic_demand_means_less_rerouting(one_year):
    """Prototype: eta 0.6 instead of 0.25 lowers the slope at sigma 2 from 0.53 to 0.37."""
    stiff, soft = (model_slopes(one_year, Prior(demand=eta).at(2))[0] for eta in (0.25, 0.6))
    assert soft / stiff == pytest.approx(0.37 / 0.53, abs=0.05)


def test_nobody_re_routes_without_substitution(one_year):
    assert model_slopes(one_year, Prior().at(0)) == pytest.approx(0, abs=1e-9)


def test_a_table_without_shocks_has_no_rows(write, flows):
    calm = flows("260300", 2019, {("AAA", "XXX"): 5}) + flows("260300", 2020, {("AAA", "XXX"): 5})
    assert table(read_trade(write(calm))) == []
