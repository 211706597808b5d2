"""What a tonne costs: between the gate's price and the door's, whatever contracts leave of a supplier's capacity."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from supplysim.engine.policy import Cost, Offtake, Outage, PriceTerms

from .markets import months, number, small_stage, told


@settings(max_examples=60)
@given(seed=st.integers(0, 10**6), sigma=st.floats(0.5, 8.0), promised=st.floats(0.9, 1.2), lost=st.floats(0.0, 0.9))
def test_no_buyer_pays_more_than_its_own_markets_price(seed, sigma, promised, lost):
    """Floors that leave a supplier next to nothing, and another supplier that fails: the mean price a buyer pays stays
    at or below its door price, and every tonne's price lies between gate and door."""
    luck = np.random.default_rng(seed)
    s, b = luck.integers(2, 5, 2)
    q = luck.uniform(0.0, 10.0, (s, b)) * (luck.random((s, b)) < 0.7) + 0.01
    capacity = q.sum(axis=1) * luck.uniform(1.0, 1.3, s)
    parts = luck.dirichlet(np.ones(b))
    deals = [Offtake(0, j, number(promised * capacity[0] * parts[j]), months(1, 3)) for j in range(b)]
    halt = Outage(np.array([1]), months(1, severity=lost))
    run = told(small_stage(q, [*deals, halt], sigma=sigma, K=capacity[None, :]), months=4)
    flow, paid, door = run.of("flow"), np.exp(run.of("paid")), np.exp(run.of("spot"))
    mean = (flow * paid).sum(axis=1) / flow.sum(axis=1)
    assert (mean <= door * (1 + 1e-12)).all()
    gate = door[:, None] * (q / np.maximum(flow, 1e-300)) ** (
        1 / sigma
    )  # where no floor binds: U = V - ln(x / q) / sigma
    free = np.ones(flow.shape, dtype=bool)
    free[1:3, 0] = False
    low, high = np.minimum(gate, door[:, None]), np.maximum(gate, door[:, None])
    assert ((paid >= low * (1 - 1e-6)) & (paid <= high * (1 + 1e-6)))[free].all()


def test_a_supplier_with_next_to_nothing_left_sells_at_its_buyers_price():
    """99 of 100 t promised to one of two equal buyers: the gate's price runs away, as the price of nobody's tonne."""
    deal = Offtake(0, 0, number(99.0), months(0))
    stage = small_stage([[50.0, 50.0], [50.0, 50.0]], [deal], sigma=0.5, K=np.array([[100.0, 1000.0]]))
    run = told(stage, months=1)
    flow, paid, spot = run.of("flow")[0], run.of("paid")[0], run.of("spot")[0]
    gate = spot[1] - np.log(flow[0, 1] / 50.0) / 0.5
    assert gate > 5.0
    assert paid[0].tolist() == pytest.approx(spot.tolist())


def test_a_floor_under_a_fixed_price_pays_that_price():
    """Terms of x1.1 on every promised tonne, whatever the buyer's own market gives."""
    deal, terms = (
        Offtake(0, 0, number(80.0), months(0)),
        PriceTerms(0, 0, number(80.0), number(1.1), number(1.1), months(0)),
    )
    run = told(small_stage([[50.0], [50.0]], [deal, terms]), months=1)
    assert run.of("flow")[0, 0, 0] == pytest.approx(80.0)
    assert run.of("paid")[0, 0, 0] == pytest.approx(np.log(1.1))


def test_duty_comes_on_top():
    """A quarter of duty on one of two suppliers: what is paid over its gate price is the duty."""
    mask = np.array([[True], [False]])
    run = told(small_stage([[50.0], [50.0]], [Cost(mask, number(0.25), True, months(0))], sigma=2.0), months=1)
    flow, spot = run.of("flow")[0, :, 0], run.of("spot")[0, 0]
    gate = spot - np.log(1.25) - np.log(flow[0] / 50.0) / 2.0
    assert run.of("paid")[0, 0, 0] == pytest.approx(min(gate, spot) + np.log(1.25))
