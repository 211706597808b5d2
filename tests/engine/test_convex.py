"""A market always has a solution: the cases that once had none, thousands at random, and an independent optimiser."""

from __future__ import annotations

import numpy as np
import pytest
from tests.stress.dual import Dual
from tests.stress.markets import KINDS, NEAR, Told, batch, batches, start, tell

from supplysim import solve_market
from supplysim.engine.convex import descend, minimise, solve_each
from supplysim.engine.dual import PRICE_BOUND
from supplysim.engine.market import Market
from supplysim.engine.solver import Solver

TWO = [[40.0, 10.0], [10.0, 40.0]]
FIRST = [[1, 1], [0, 0]]


@pytest.mark.parametrize("capacity", [28.0, 28.5, 29.0, 29.5, 30.0, 30.0001])
def test_a_quota_and_a_capacity_that_say_nearly_the_same(capacity):
    s = solve_market(
        TWO, sigma=5, supply_elasticity=0.2, demand_elasticity=0.3, capacity=[capacity, np.inf], quotas=[(FIRST, 30)]
    )
    assert s.flow[0].sum() == pytest.approx(min(capacity, 30.0), rel=1e-9)
    assert s.flow.sum(axis=0) == pytest.approx(50 * np.exp(-0.3 * s.log_buyer_price), rel=1e-9)


def test_of_two_quotas_on_the_same_links_the_tighter_binds():
    quotas = [(FIRST, 30), (FIRST, 30.0001)]
    s = solve_market(TWO, sigma=5, supply_elasticity=0.2, demand_elasticity=0.3, quotas=quotas)
    one = solve_market(TWO, sigma=5, supply_elasticity=0.2, demand_elasticity=0.3, quotas=quotas[:1])
    assert s.flow[0].sum() == pytest.approx(30.0, rel=1e-9)
    np.testing.assert_allclose(s.flow, one.flow, atol=1e-8)


def test_a_ban_that_leaves_a_millionth_reaches_a_price_of_e_to_minus_691():
    """1e-6 exp(0) = exp(0.02 U) where the ban holds all links of a seller: U = ln(1e-6) / 0.02."""
    left = [[40e-6, 10e-6], [np.inf, np.inf]]
    s = solve_market(TWO, sigma=5, supply_elasticity=0.02, demand_elasticity=0.3, upper=left)
    assert s.flow[0] == pytest.approx(left[0], rel=1e-9)
    assert s.log_supplier_price[0] == pytest.approx(np.log(1e-6) / 0.02, rel=1e-4)


def test_a_seller_nobody_may_buy_from_sells_what_is_allowed_at_the_least_of_prices():
    left = [[40e-6, 10e-6], [np.inf, np.inf]]
    s = solve_market(TWO, sigma=5, supply_elasticity=0.01, demand_elasticity=0.3, upper=left)
    assert s.flow[0] == pytest.approx(left[0], rel=1e-9)
    assert s.log_supplier_price[0] == -PRICE_BOUND


def test_next_to_no_capacity_and_next_to_no_substitution():
    s = solve_market(
        TWO, sigma=0.0377, supply_elasticity=0.2, demand_elasticity=0.3, capacity=[1e-12, np.inf], price_cap=1e6
    )
    assert s.flow[0].sum() < 1e-8
    assert s.flow[1] == pytest.approx(50 * np.exp(-0.3 * s.log_buyer_price), rel=1e-8)


def test_two_thousand_markets_have_a_solution_and_solvers_of_two_other_families_find_the_same_flows():
    found = Told()
    for _, market in batches(2000, seed=7):
        tell(found, market, compare=1)
    assert found.markets == 2000
    assert found.unsolved == 0
    assert found.residual < 2e-10
    assert [len(apart) for apart in found.apart.values()] == [32, 32]
    assert max(map(max, found.apart.values())) < NEAR
    assert found.well


@pytest.mark.parametrize("kind", KINDS)
def test_the_optimiser_s_gradient_is_the_slope_of_its_value(kind):
    """By central differences, a few steps away from the base year."""
    random = np.random.default_rng(5)
    for _ in range(20):
        dual = Dual(batch(random, 1, kind), 0)
        z = np.clip(random.normal(0, 0.3, len(dual.low)), dual.low, None).astype(np.longdouble)
        steps = 1e-5 * np.eye(len(z))
        rise = [(dual.value(z + step) - dual.value(z - step)) / 2e-5 for step in steps]
        np.testing.assert_allclose(dual.gradient(z) / dual.total, rise / dual.total, atol=1e-6)


def test_a_draw_that_needs_projected_steps_gets_the_same_bytes_in_any_company():
    market = batch(np.random.default_rng(3), 12, "wild")
    while market.groups is None or len(market.groups) < 2:
        market = batch(np.random.default_rng(int(market.q.shape[1] * 7 + market.q.shape[2])), 12, "wild")
    together = Solver(market).solve(*start(market))
    for rows in ([0, 5], [5, 11, 3], [7], *([d] for d in range(12))):
        part = market.take(np.array(rows))
        for whole, alone in zip(together, Solver(part).solve(*start(part)), strict=True):
            assert whole[rows].tobytes() == alone.tobytes()


def test_price_by_price_and_projected_steps_find_what_plain_steps_find():
    """The last resort alone, and projected steps alone, on a market that plain steps clear as well."""
    q = np.array([TWO, TWO])
    market = Market(
        q, np.array([1.0, 2.0]), q.sum(axis=2), np.array([[20.0, np.inf], [np.inf, 35.0]]), np.full((2, 2), 0.4),
        q.sum(axis=1), np.full((2, 2), 0.6), np.full((2, 2), np.log(20.0)),
    )  # fmt: skip
    rows, whole = np.arange(2), Solver(market)
    plain, dual = whole.solve(*start(market)), whole.dual
    slow, quick = np.zeros_like(dual.low), np.zeros_like(dual.low)
    with np.errstate(over="ignore", invalid="ignore"):
        descend(dual, slow, rows, dual.blocks, 60)
        left, _ = minimise(dual, quick, rows, 100)
    assert not len(left)
    for z in (slow, quick):
        np.testing.assert_allclose(dual.prices(z)[1], plain.V, atol=1e-6)


def test_a_singular_system_spoils_no_other():
    matrix = np.stack([np.eye(2), np.zeros((2, 2)), 2 * np.eye(2)])
    found = solve_each(matrix, np.ones((3, 2)))
    assert np.isnan(found[1]).all()
    np.testing.assert_array_equal(found[[0, 2]], [[1, 1], [0.5, 0.5]])
