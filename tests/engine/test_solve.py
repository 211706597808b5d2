"""One market against published and closed-form answers (docs/validation.md, market equilibrium)."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize

from supplysim.engine import solve_market


def test_the_base_year_is_its_own_solution_without_a_single_step():
    flow = np.random.default_rng(1).uniform(0, 9, (5, 4, 3))
    solution = solve_market(flow, sigma=3, supply_elasticity=0.1, demand_elasticity=0.2)
    assert solution.iterations.tolist() == [0] * 5
    np.testing.assert_array_equal(solution.flow, flow)
    assert not solution.log_buyer_price.any()
    assert not solution.log_supplier_price.any()


def test_transport_limit_is_dantzigs_least_cost():
    """Dantzig's problem, `trnsport` of the GAMS library: least cost 153.675; the slack buyer takes 50 at no cost."""
    cost = np.hstack([0.09 * np.array([[2.5, 1.7, 1.8], [2.5, 1.8, 1.4]]), np.zeros((2, 1))])
    supply, demand = np.array([350.0, 600.0]), np.array([325.0, 300.0, 275.0, 50.0])
    seed = np.outer(supply, demand) / demand.sum()
    totals = []
    for sigma in (20, 200, 2000):
        flow = solve_market(seed, sigma=sigma, supply_elasticity=0, demand_elasticity=0, log_cost=cost).flow
        totals.append((flow * cost).sum())
    assert totals[0] > totals[1] > totals[2]
    assert totals[2] == pytest.approx(153.675, abs=1e-3)


def test_no_elasticity_is_iterative_proportional_fitting():
    """The 4 x 4 table fitted to rows 150, 300, 400, 150 and columns 200, 300, 400, 100."""
    seed = np.array([[40, 30, 20, 10], [35, 50, 100, 75], [30, 80, 70, 120], [20, 30, 40, 50]], float)
    rows, columns = np.array([150, 300, 400, 150]), np.array([200, 300, 400, 100])
    flow = solve_market(
        seed,
        sigma=1,
        supply_elasticity=0,
        demand_elasticity=0,
        supply_scale=rows / seed.sum(axis=1),
        demand_scale=columns / seed.sum(axis=0),
    ).flow
    expected = [
        [64.55851, 46.23246, 35.38430, 3.82473],
        [49.96792, 68.15935, 156.49855, 25.37418],
        [56.72194, 144.42823, 145.08248, 53.76735],
        [28.75163, 41.17996, 63.03467, 17.03374],
    ]
    np.testing.assert_allclose(flow, expected, atol=6e-6)


def test_unbalanced_optimal_transport_is_the_same_problem():
    """POT's `sinkhorn_unbalanced` with reg 1/sigma, reg_m (1/eps, 1/eta), reference q, Kullback-Leibler."""
    unbalanced = pytest.importorskip("ot.unbalanced")
    random = np.random.default_rng(4)
    q, cost = random.uniform(1, 5, (4, 3)), random.uniform(0, 0.5, (4, 3))
    sigma, eps, eta = 3.0, 0.4, 0.6
    ours = solve_market(q, sigma=sigma, supply_elasticity=eps, demand_elasticity=eta, log_cost=cost).flow
    theirs = unbalanced.sinkhorn_unbalanced(
        q.sum(axis=1), q.sum(axis=0), cost, reg=1 / sigma, reg_m=(1 / eps, 1 / eta), c=q, reg_type="kl",
        method="sinkhorn", numItermax=200_000, stopThr=1e-16,
    )  # fmt: skip
    np.testing.assert_allclose(ours, theirs, rtol=1e-12)


def test_two_by_two_tariff():
    cost = np.array([[0, np.log(1.25)], [0, 0]])
    s = solve_market([[40, 10], [10, 40]], sigma=5, supply_elasticity=0.2, demand_elasticity=0.3, log_cost=cost)
    np.testing.assert_allclose(s.flow, [[43.741502, 5.690850], [6.850057, 43.515874]], atol=1e-6)
    np.testing.assert_allclose(np.exp(s.log_supplier_price), [0.944510, 1.037133], atol=1e-6)
    np.testing.assert_allclose(np.exp(s.log_buyer_price), [0.961553, 1.054756], atol=1e-6)


@pytest.mark.parametrize(
    ("sigma", "price", "flow"),
    [(2, 6.697508, 56.523108), (5, 6.431550, 57.214395), (50, 6.268309, 57.657378), (5000, 6.25, 57.7)],
)
def test_outage_of_the_larger_of_two_suppliers(sigma, price, flow):
    s = solve_market([[60.0], [40.0]], sigma=sigma, supply_elasticity=0.2, demand_elasticity=0.3, capacity=[0, 1e9])
    tolerance = 1e-6 if sigma < 100 else 3e-2
    assert np.exp(s.log_buyer_price[0]) == pytest.approx(price, abs=tolerance)
    assert s.flow.sum() == pytest.approx(flow, abs=tolerance)


@pytest.mark.parametrize(
    ("loss", "eps", "eta", "price"), [(0.4, 0.1, 0.2, 5.489033), (0.6, 0.1, 0.3, 9.882118), (0.3, 0.2, 0.4, 1.812049)]
)
def test_one_market_in_closed_form(loss, eps, eta, price):
    """P = (1 - loss)^(-1/(eps + eta)): supply scaled down along the whole curve, no substitution involved."""
    s = solve_market([[1.0]], sigma=1e6, supply_elasticity=eps, demand_elasticity=eta, supply_scale=1 - loss)
    assert np.exp(s.log_buyer_price[0]) == pytest.approx(price, rel=2e-5)


@pytest.mark.parametrize(("cap", "low", "high"), [(3, 2.990, 2.998), (10, 9.93, 9.97)])
def test_a_price_ceiling_is_a_ceiling(cap, low, high):
    flow = np.array([[60.0, 30.0], [40.0, 10.0], [5.0, 2.0]])
    s = solve_market(
        flow, sigma=3, supply_elasticity=0.1, demand_elasticity=0.1, capacity=[0, 0, 1], price_cap=cap
    )  # fmt: skip
    assert low <= np.exp(s.log_buyer_price).max() <= high
    assert (s.unmet > 0).all()


def dual(z, q, sigma, eps, eta, cost, mask, limit):
    """Phi(U, V, W) written out, for a generic bound-constrained minimiser."""
    n, m = q.shape
    U, V, W = z[:n], z[n : n + m], z[n + m]
    x = q * np.exp(sigma * (V[None, :] - U[:, None] - cost - W * mask))
    S, D = q.sum(axis=1), q.sum(axis=0)
    value = x.sum() / sigma + (S * np.exp(eps * U)).sum() / eps + (D * np.exp(-eta * V)).sum() / eta + limit * W
    gradient = np.concatenate(
        [S * np.exp(eps * U) - x.sum(axis=1), x.sum(axis=0) - D * np.exp(-eta * V), [limit - (x * mask).sum()]]
    )
    return value, gradient


def test_an_export_quota_of_forty_percent_agrees_with_a_generic_minimiser():
    q = np.array([[50.0, 30.0, 20.0], [10.0, 20.0, 5.0], [5.0, 5.0, 30.0]])
    mask = np.zeros((3, 3), bool)
    mask[0, 1:] = True
    limit = 0.6 * q[mask].sum()
    ours = solve_market(q, sigma=3, supply_elasticity=0.2, demand_elasticity=0.3, quotas=[(mask, limit)])
    bounds = [(None, None)] * 6 + [(0, None)]
    theirs = minimize(
        dual, np.zeros(7), args=(q, 3, 0.2, 0.3, np.zeros((3, 3)), mask, limit), jac=True, bounds=bounds,
        method="L-BFGS-B", options={"ftol": 1e-16, "gtol": 1e-11, "maxiter": 5000},
    )  # fmt: skip
    np.testing.assert_allclose(ours.log_buyer_price, theirs.x[3:6], atol=1e-6)
    assert ours.flow[mask].sum() == pytest.approx(limit, rel=1e-9)


def test_two_overlapping_quotas_hold_together():
    q = np.array([[50.0, 30.0, 20.0], [30.0, 20.0, 25.0]])
    exports, imports = np.zeros((2, 3), bool), np.zeros((2, 3), bool)
    exports[0, 1:], imports[:, 2] = True, True
    s = solve_market(
        q, sigma=4, supply_elasticity=0.2, demand_elasticity=0.3, quotas=[(exports, 20.0), (imports, 22.0)]
    )  # fmt: skip
    assert s.flow[exports].sum() == pytest.approx(20.0, rel=1e-9)
    assert s.flow[imports].sum() == pytest.approx(22.0, rel=1e-9)


def test_a_quota_above_the_flow_changes_nothing():
    q = np.array([[50.0, 30.0], [30.0, 20.0]])
    s = solve_market(q, sigma=4, supply_elasticity=0.2, demand_elasticity=0.3, quotas=[([[0, 1], [0, 0]], 31.0)])
    np.testing.assert_array_equal(s.flow, q)


def test_a_floor_is_delivered_and_a_promise_beyond_capacity_is_shared():
    q = np.array([[5.0, 45.0], [45.0, 5.0]])
    s = solve_market(q, sigma=3, supply_elasticity=0.2, demand_elasticity=0.3, lower=[[20, 0], [0, 0]])
    assert s.flow[0, 0] == pytest.approx(20.0)
    both = solve_market(
        q, sigma=3, supply_elasticity=0.2, demand_elasticity=0.3, lower=[[40, 40], [0, 0]], capacity=[30, 99]
    )
    assert both.flow[0].sum() <= 30 * (1 + 1e-9)
    assert both.flow[0, 0] >= 14.9


@st.composite
def markets(draw):
    n, m = draw(st.integers(1, 5)), draw(st.integers(1, 5))
    seed = draw(st.integers(0, 2**32 - 1))
    random = np.random.default_rng(seed)
    q = random.lognormal(0, 2, (n, m)) * (random.random((n, m)) < 0.8)
    q[random.integers(n), :] += 0.1
    q[:, random.integers(m)] += 0.1
    return q, random


@settings(max_examples=60)
@given(markets())
def test_taking_capacity_away_never_lowers_a_price(market):
    q, random = market
    n = len(q)
    elasticities = {"supply_elasticity": random.uniform(0.05, 0.5), "demand_elasticity": random.uniform(0.05, 0.5)}
    before = q.sum(axis=1) * random.uniform(0.3, 1.5, n)
    after = before * np.where(random.random(n) < 0.5, random.uniform(0, 1, n), 1.0)
    common = {"sigma": random.uniform(1, 8), "price_cap": 20.0, **elasticities}
    full = solve_market(q, capacity=before, **common)
    cut = solve_market(q, capacity=after, **common)
    assert (cut.log_buyer_price >= full.log_buyer_price - 1e-7).all()


@settings(max_examples=40)
@given(markets())
def test_a_draw_gets_the_same_bytes_whatever_its_block_mates(market):
    q, random = market
    n, (s, b) = 7, q.shape
    capacity = q.sum(axis=1) * random.uniform(0, 1.2, (n, s))
    cost = random.uniform(-0.3, 0.6, (n, s, b))
    batch = np.broadcast_to(q, (n, s, b))
    arguments = {"sigma": 3.0, "supply_elasticity": 0.1, "demand_elasticity": 0.2, "price_cap": 20}
    together = solve_market(batch, capacity=capacity, log_cost=cost, **arguments)
    for d in range(n):
        alone = solve_market(batch[d : d + 1], capacity=capacity[d], log_cost=cost[d], **arguments)
        assert alone.flow[0].tobytes() == together.flow[d].tobytes()
        assert alone.log_buyer_price[0].tobytes() == together.log_buyer_price[d].tobytes()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"base_flow": [1.0, 2.0]}, "supplier, buyer"),
        ({"base_flow": [[1.0, -2.0]]}, "base_flow"),
        ({"capacity": [1.0, 2.0, 3.0]}, "capacity has shape"),
        ({"sigma": float("nan")}, "sigma"),
        ({"quotas": [([[True]], 1.0)]}, "mask"),
    ],
)
def test_wrong_arrays_are_refused_by_name(change, words):
    arguments = {"base_flow": [[1.0, 2.0]], "sigma": 2.0, "supply_elasticity": 0.1, "demand_elasticity": 0.1, **change}
    with pytest.raises(ValueError, match=words):
        solve_market(arguments.pop("base_flow"), **arguments)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"sigma": 0.0}, "sigma must be above 0"),
        ({"upper": [[30, 5], [99, 99]]}, "supplier 0 makes 50 at any price .* let it sell 35"),
        ({"quotas": [([[1, 1], [0, 0]], 40.0)]}, "let it sell 40"),
        ({"upper": [[40, 10], [10, 30]]}, "supplier 1 makes 50"),
        ({"quotas": [([[1, 1], [1, 1]], 70.0)]}, "supplier . makes more at any price"),
        ({"demand_elasticity": 0.0, "demand_scale": 0.5}, "makes more|takes the same"),
    ],
)
def test_what_no_price_can_clear_is_refused_with_the_reason(change, words):
    arguments = {"sigma": 3.0, "supply_elasticity": 0.0, "demand_elasticity": 0.3, **change}
    with pytest.raises(ValueError, match=words):
        solve_market([[40, 10], [10, 40]], **arguments)
