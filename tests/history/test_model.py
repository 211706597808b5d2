"""The market on a shock: the exporter is held to what it sold, and the limits of sigma are what they should be."""

from __future__ import annotations

import numpy as np
import pytest

from supplysim.errors import InputError
from supplysim.history.model import Elasticities, Prior, predict
from supplysim.history.shocks import Shock

BEFORE = np.array([[30.0, 20, 10, 0], [20, 20, 0, 0], [0, 0, 40, 0]])


def shock(kept=0.5, before=BEFORE):
    after = before.copy()
    after[0] *= kept
    return Shock("260300", "AAA", 2019, 1, 0, ("XXX", "YYY", "ZZZ"), before, after)


def drawn(*sigmas, supply=0.2, demand=0.25):
    return Elasticities(np.array(sigmas, float), np.full(len(sigmas), supply), np.full(len(sigmas), demand))


def test_the_exporter_sells_what_it_was_seen_to_sell():
    (found,) = predict([shock(0.4)], drawn(1, 4, 8))
    assert found.flow[:, 0].sum(axis=1) == pytest.approx(24)
    assert (found.flow[:, 1:].sum(axis=(1, 2)) > 80).all(), "the others step in"
    assert (found.log_unit_value > 0).all()


def test_without_substitution_every_buyer_loses_its_part():
    (found,) = predict([shock(0.5)], drawn(0))
    assert found.flow[0] == pytest.approx(shock(0.5).after)
    # X keeps 35 of 50: its price is (50 / 35)^(1 / 0.25), and so on; value over tonnes weighs them
    had, has = np.array([50.0, 40, 50]), np.array([35.0, 30, 45])
    assert np.exp(found.log_unit_value[0]) == pytest.approx((has * (had / has) ** 4).sum() / has.sum())


def test_a_small_sigma_is_near_that_limit():
    near, limit = predict([shock(0.9)], drawn(0.1))[0], predict([shock(0.9)], drawn(0))[0]
    assert near.flow == pytest.approx(limit.flow, abs=1.0)


def test_with_perfect_substitution_all_buyers_pay_the_same_and_lose_alike():
    dense = BEFORE + 5.0
    (found,) = predict([shock(0.5, dense)], drawn(200))
    bought = found.flow[0].sum(axis=0)[:3] / dense.sum(axis=0)[:3]
    assert bought == pytest.approx(bought.mean(), abs=0.01)


def test_shocks_of_different_size_do_not_disturb_each_other():
    wide = np.pad(BEFORE, [(0, 2), (0, 0)])
    wide[3, 1], wide[4, 2] = 7, 3
    alone = predict([shock(0.5)], drawn(2, 4))[0]
    together = predict([shock(0.2, wide), shock(0.5)], drawn(2, 4))[1]
    assert together.flow == pytest.approx(alone.flow, rel=1e-9)


def test_nothing_to_predict_is_nothing_predicted():
    assert predict([], drawn(4)) == []


@pytest.mark.parametrize("sigma", [-1.0, 0.05, float("nan"), float("inf")])
def test_a_sigma_without_meaning_is_refused(sigma):
    with pytest.raises(InputError, match="sigma must be 0 or at least"):
        predict([shock()], drawn(sigma))


def test_the_prior_draws_what_it_says():
    draws = Prior().draw(500)
    assert np.quantile(draws.sigma, [0.1, 0.5, 0.9]) == pytest.approx([2, 4, 8], rel=0.01)
    assert np.median(draws.supply) == pytest.approx(0.2, rel=0.01)
    assert draws.demand.std() / draws.demand.mean() == pytest.approx(0.8, rel=0.06)
    assert abs(np.corrcoef(draws.sigma, draws.demand)[0, 1]) < 0.1
    assert (Prior().draw(8, sigma=3).sigma == 3).all()
    assert np.array_equal(Prior().draw(8).demand, Prior().draw(8).demand)
