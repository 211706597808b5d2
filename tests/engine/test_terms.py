"""The market's terms in the price: demand that bends, stocks of which a part answers. Slopes, convexity, limits."""

from __future__ import annotations

import numpy as np
import pytest
from tests.engine.markets import months, number, small_stage, told
from tests.stress.markets import start

from supplysim.engine.dual import Dual
from supplysim.engine.market import Market, StockDemand, demand_at
from supplysim.engine.policy import Ban, Delay, Outage
from supplysim.engine.profile import Profile
from supplysim.engine.solver import Solver

V = np.linspace(-2, 3, 41)[None, :]


def test_demand_without_curvature_has_one_elasticity():
    np.testing.assert_array_equal(demand_at(np.array([[100.0]]), np.array([[0.3]]), V), 100 * np.exp(-0.3 * V))


@pytest.mark.parametrize(
    ("curvature", "price", "h"), [(0.5, 4.0, 0.5 * np.log(4) + 0.5 * 3), (1.0, 4.0, 3.0), (1.0, 0.5, np.log(0.5))]
)
def test_demand_that_bends(curvature, price, h):
    """At four times the price: ln 4 by half and 3 by half; below the base price as without curvature."""
    found = demand_at(np.array([[100.0]]), np.array([[0.3]]), np.log(np.array([[price]])), curvature)
    assert found[0, 0] == pytest.approx(100 * np.exp(-0.3 * h))


@pytest.mark.parametrize("curvature", [0.0, 0.5, 1.0])
def test_slopes_are_those_of_finite_differences_and_the_dual_is_convex(curvature):
    random = np.random.default_rng(5)
    q = random.uniform(1, 5, (1, 3, 2))
    used = q.sum(axis=1)
    stock = StockDemand(
        4 * used,
        3.5 * used,
        9 * used,
        used * 0.0,
        9 * used,
        2.0,
        3.0,
        2.0,
        np.array([[0.4, 1.0]]),
        np.array([[0.0, 2.0]]),
    )
    market = Market(
        q, np.array([3.0]), q.sum(axis=2), q.sum(axis=2) * 1.4, np.full((1, 3), 0.2), used, np.full((1, 2), 0.3),
        np.full((1, 2), np.log(20)), stock=stock, curvature=curvature, groups=np.ones((1, 3, 2), bool),
        limits=np.array([[9.0]]),
    )  # fmt: skip
    dual, row = Dual(market), np.array([0])
    for _ in range(20):
        z = np.append(random.normal(0, 0.6, 5), random.uniform(0, 0.5))[None, :]
        slopes = dual.curvature(z, row)[0]
        steps = 1e-6 * np.eye(6)
        seen = [(dual.gradient(z + h, row) - dual.gradient(z - h, row))[0] / 2e-6 for h in steps]
        np.testing.assert_allclose(slopes, seen, rtol=1e-5, atol=1e-5 * np.abs(slopes).max())
        assert np.linalg.eigvalsh(slopes).min() > -1e-12 * np.abs(slopes).max()


def test_only_the_part_of_a_target_that_answers_is_sold_at_high_prices():
    """12 months of cover of which 3 answer: however dear, the target stays above 9 months; at base prices it is 12."""
    cover, used = 12.0, np.array([[10.0]])
    stock = StockDemand(
        cover * used, cover * used, cover * used, 0 * used, used, 2.0, 1.0, 1.0, np.array([[3 / cover]])
    )
    none = np.zeros((1, 1))
    assert stock.at(none, none, none)[0].item() == 0.0
    dear, _ = stock.at(np.full((1, 1), 9.0), none, none)
    assert dear.item() == pytest.approx(-30.0, rel=1e-6)


@pytest.mark.parametrize(
    "rules", [{"curvature": 0.5}, {"responding": 3.0}, {"cargo_follows": True}, {"curvature": 1.0, "responding": 1.0}]
)
def test_the_base_year_repeats_itself(rules):
    run = told(small_stage([[60.0, 20.0], [20.0, 40.0]], cover=7.0), months=6, **rules)
    np.testing.assert_array_equal(run.price(), 1.0)


def test_a_halt_costs_less_where_demand_bends_and_more_where_less_stock_answers():
    q = [[60.0], [40.0]]

    def peak(**rules: float) -> float:
        halt = Outage(np.array([0]), Profile(np.array([0.0]), np.array([9.0]), severity=number(0.5)))
        return float(
            told(small_stage(q, [halt], cover=12.0, K=np.array([[60.0, 40.0]])), months=9, **rules).price().max()
        )

    plain = peak()
    assert peak(curvature=0.5) < plain < peak(responding=2.0)


def test_taking_capacity_away_never_lowers_a_price_where_demand_bends():
    random = np.random.default_rng(8)
    q = random.lognormal(0, 1, (40, 4, 3))
    made, used = q.sum(axis=2), q.sum(axis=1)
    answering, full = random.uniform(0.1, 1, used.shape), made * random.uniform(0.4, 1.3, made.shape)
    lead = random.integers(0, 4, used.shape) * 1.0
    stock = StockDemand(6 * used, 5.5 * used, 5 * used, 0 * used, used, 2.0, 3.0, 2.0, answering, lead)

    def prices(K: np.ndarray) -> np.ndarray:
        market = Market(
            q, np.full(40, 3.0), made, K, np.full(made.shape, 0.1), used, np.full(used.shape, 0.2),
            np.full(used.shape, np.log(20)), stock=stock, curvature=0.5,
        )  # fmt: skip
        return Solver(market).solve(*start(market)).V

    assert (prices(full * random.uniform(0, 1, full.shape)) >= prices(full) - 1e-7).all()


def test_goods_ordered_in_days_of_plenty_are_used_when_supply_is_cut_for_good():
    """Sixty of a hundred tonnes remain, two months are on the way, nobody holds a yard, and gaps close by halves.

    What is bought is used and cargo: 60 = D + (2 (D - 100) + 200 - yard - cargo) / 2, so that 80 t are used at first,
    while 100 arrive, then 75, 71.25 and 68.4375; in the end 60, with 120 on the way and nothing in the yard. With cargo
    as if prices were those of the base year 60 are used from the first month on, and the 80 t too many stand in the
    yard for ever.
    """
    cut = small_stage([[100.0]], lead=2, eps=0.0, K=np.array([[60.0]]))
    follows, stays = (told(cut, months=40, cargo_follows=way) for way in (True, False))
    np.testing.assert_allclose(follows.of("used")[:4, 0], [80.0, 75.0, 71.25, 68.4375], rtol=1e-9)
    np.testing.assert_allclose(follows.price()[:, 0], (follows.of("used")[:, 0] / 100) ** -4.0, rtol=1e-9)
    assert follows.of("used")[-1, 0] == pytest.approx(60.0, rel=1e-3)
    assert follows.of("stock")[-1, 0] == pytest.approx(0.0, abs=0.1)
    np.testing.assert_allclose(stays.of("used"), 60.0)
    np.testing.assert_allclose(stays.of("stock")[1:], 80.0)


def test_a_longer_way_is_not_filled_for_use_that_its_price_has_ended():
    """Two months of cover, goods that come two months later, seventy of a hundred tonnes let through.

    The new pipeline asks for all that is in the yard. At base-year use: D + 100 exp(-2 V) = 70. At the day's use the
    pipeline is 2 D: D + 100 exp(-2 V) + D - 100 = 70.
    """
    whole, held = np.ones((1, 1), bool), Profile(np.array([0.0]), np.array([99.0]), severity=number(0.3))
    wait = [Delay(whole, number(2.0), months(0)), Ban(whole, held)]
    late = small_stage([[100.0]], wait, cover=2.0)
    follows, stays = (np.log(told(late, months=1, cargo_follows=way).price()[0, 0]) for way in (True, False))
    assert 2 * np.exp(-follows / 4) + np.exp(-2 * follows) == pytest.approx(1.7, rel=1e-9)
    assert np.exp(-stays / 4) + np.exp(-2 * stays) == pytest.approx(0.7, rel=1e-9)
    assert np.exp(follows) < 2.8 < 4.4 < np.exp(stays)
