"""The compiled solver and the NumPy solver clear the same markets at the same flows and prices."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, reject, settings
from hypothesis import strategies as st

from supplysim.engine.floors import scale_floors
from supplysim.engine.market import Market, Solver, StockDemand
from supplysim.errors import SolverError

pytest.importorskip("numba")
from supplysim.engine.compiled import solve
from supplysim.engine.lanes import LANES, exponential


@st.composite
def markets(draw):
    """Any market: dead suppliers, one buyer or one supplier, floors, ceilings, caps, stocks, tariffs."""
    n, s, b = draw(st.integers(1, 40)), draw(st.integers(1, 6)), draw(st.integers(1, 6))
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    q = np.broadcast_to(random.lognormal(0, 2, (s, b)) * (random.random((s, b)) < 0.7), (n, s, b)).copy()
    q[:, random.integers(s), :] += 0.1
    q[:, :, random.integers(b)] += 0.1
    S0, D0 = q.sum(axis=2), q.sum(axis=1)
    K = S0 * random.choice([0.0, 0.5, 1.1, np.inf], (n, s), p=[0.1, 0.2, 0.6, 0.1])
    more: dict[str, object] = {}
    if draw(st.booleans()):
        groups = random.random((draw(st.integers(1, 3)), s, b)) < 0.4
        more["groups"] = groups
        usual = [np.maximum((q * group).sum(axis=(1, 2)), 0.02 * D0.sum(axis=1)) for group in groups]
        more["limits"] = np.stack([most * random.uniform(0.3, 1.3, n) for most in usual], axis=1)
    if draw(st.booleans()):
        more["H"] = np.where(random.random(q.shape) < 0.2, random.choice([0.0, 0.5], q.shape) * q, np.inf)
    if draw(st.booleans()):
        floor = q * random.uniform(0, 1.5, q.shape) * (random.random(q.shape) < 0.2)
        floor = np.minimum(floor, more.get("H", np.inf))
        more["L"] = scale_floors(floor, np.minimum(S0, K), D0, more.get("groups"), more.get("limits"))
    if draw(st.booleans()):
        more["T"] = random.uniform(-0.3, 0.6, q.shape)
    if draw(st.booleans()):
        held = 2 * D0 * random.uniform(0.3, 1.2, D0.shape)
        more["stock"] = StockDemand(2 * D0, held, held, random.uniform(-0.1, 0.1, D0.shape), D0, 2.0, 3.0, 2.0)
    if draw(st.booleans()):
        more["F"] = 0.05 * D0 * random.uniform(-1, 1, D0.shape)
    return Market(
        q=q, sigma=random.uniform(1, 8, n), S0=S0, K=K, eps=random.uniform(0.05, 0.4, (n, s)), D0=D0,
        eta=random.uniform(0.05, 0.5, (n, b)), vcap=np.full((n, b), np.log(20.0)), **more,
    )  # fmt: skip


def cleared(market):
    """By NumPy; caps and floors drawn at random can leave a market that nobody can clear."""
    try:
        return Solver(market).solve(*start(market))
    except SolverError:
        reject()


def start(market):
    n, s, b = market.q.shape
    return np.zeros((n, s)), np.zeros((n, b)), np.zeros((n, 0 if market.groups is None else len(market.groups)))


@settings(max_examples=120, deadline=None)
@given(markets())
def test_both_solvers_agree(market):
    theirs = cleared(market)
    ours = solve(market, *start(market))
    scale = market.D0.sum(axis=1)
    np.testing.assert_array_less(np.abs(ours.x - theirs.x).max(axis=(1, 2)), 1e-9 * scale)
    np.testing.assert_array_less(np.abs(ours.unmet - theirs.unmet).max(axis=1), 1e-9 * scale)
    np.testing.assert_array_less(np.abs(ours.build - theirs.build).max(axis=1), 1e-9 * scale)
    bought = theirs.x.sum(axis=1) > 1e-6 * scale[:, None]
    np.testing.assert_allclose(ours.V[bought], theirs.V[bought], rtol=1e-9, atol=1e-9)


@settings(max_examples=30, deadline=None)
@given(markets())
def test_a_draw_gets_the_same_bytes_whatever_its_lane(market):
    cleared(market)
    together = solve(market, *start(market))
    for d in (0, len(market.q) // 2, len(market.q) - 1):
        alone = solve(market.take(np.array([d])), *(part[d : d + 1] for part in start(market)))
        assert alone.x[0].tobytes() == together.x[d].tobytes()
        assert alone.V[0].tobytes() == together.V[d].tobytes()


def test_the_base_year_takes_no_step():
    q = np.random.default_rng(1).lognormal(0, 2, (3, 4, 5))
    S0, D0 = q.sum(axis=2), q.sum(axis=1)
    market = Market(q, np.full(3, 4.0), S0, S0 * 1.2, 0.1 + 0 * S0, D0, 0.2 + 0 * D0, np.full(D0.shape, 3.0))
    done = solve(market, *start(market))
    assert done.iterations.tolist() == [0, 0, 0]
    np.testing.assert_array_equal(done.x, q)


def test_the_exponential_is_exact_to_four_units_in_the_last_place():
    x = np.concatenate([np.linspace(-700, 700, 6 * LANES), np.linspace(-1, 1, 6 * LANES)]).reshape(-1, LANES)
    values = x.copy()
    exponential(values)
    np.testing.assert_allclose(values, np.exp(x), rtol=4 * np.finfo(float).eps)
