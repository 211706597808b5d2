"""Reconciling: trade gives the pattern, totals give the size, and confidence decides who gives way."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from supplysim.errors import InputError
from supplysim.world.balance import LOOSENESS, Side, reconcile
from supplysim.world.records import Fact, Trade


def fact(confidence: str) -> Fact:
    return Fact(confidence, "made for a test", "", "table.csv:2")


def side(region: str, amount: float, confidence: str = "A", *, fixed: bool = False) -> Side:
    return Side(region, "use", amount, fact(confidence), fixed)


def trade(origin: str, destination: str, flow: float, *, known: bool = False) -> Trade:
    return Trade("x.y", origin, destination, flow, known, fact("A"))


def test_figures_that_add_up_are_left_alone() -> None:
    flow = reconcile(
        [side("A", 60), side("B", 40)], [side("A", 30), side("C", 70)], [trade("A", "C", 30), trade("B", "C", 40)]
    )
    np.testing.assert_allclose(flow, [[30, 30], [0, 40]], rtol=1e-9)


def test_the_weaker_figure_gives_way() -> None:
    """Made 100 (a publisher's table), used 120 (an assumption): use falls to what is made, nearly."""
    flow = reconcile([side("A", 100, "A")], [side("A", 120, "R")], [])
    assert flow.sum() == pytest.approx(100, rel=0.01)
    turned = reconcile([side("A", 100, "R")], [side("A", 120, "A")], [])
    assert turned.sum() == pytest.approx(120, rel=0.01)


def test_a_mismatch_is_shared_in_logs_by_confidence() -> None:
    """One seller, one buyer, pattern q = sqrt(100 x 120): ln x is the mean of the three, weighted by confidence."""
    flow = reconcile([side("A", 100, "B")], [side("A", 120, "C")], [])
    weights = np.array([1.0, 1.0 / LOOSENESS["B"], 1.0 / LOOSENESS["C"]])
    logs = np.log([np.sqrt(100 * 120), 100, 120])
    assert np.log(flow.sum()) == pytest.approx(weights @ logs / weights.sum(), abs=1e-9)


def test_exports_beyond_output_are_cut_to_output() -> None:
    """A hub that makes 10 and reports exports of 90 sells 10."""
    flow = reconcile([side("HUB", 10), side("B", 90)], [side("C", 100)], [trade("HUB", "C", 90), trade("B", "C", 90)])
    np.testing.assert_allclose(flow[:, 0], [10, 90], rtol=1e-6)


def test_a_known_flow_is_held_while_the_rest_moves() -> None:
    flow = reconcile(
        [side("A", 100, "R"), side("B", 50, "A")],
        [side("C", 60, "A"), side("D", 120, "A")],
        [trade("A", "C", 12.5, known=True), trade("A", "D", 90), trade("B", "C", 40), trade("B", "D", 10)],
    )
    assert flow[0, 0] == 12.5


def test_known_sales_beyond_what_plants_can_make_are_refused() -> None:
    with pytest.raises(InputError, match=r"table\.csv:2:1: known trade of 80 t exceeds the 50 t"):
        reconcile([side("A", 50, fixed=True)], [side("B", 100)], [trade("A", "B", 80, known=True)])


def test_figures_worlds_apart_are_refused_rather_than_bent() -> None:
    with pytest.raises(InputError, match="too far apart"):
        reconcile([side("A", 1)], [side("A", 1e15)], [])


def test_a_seller_without_recorded_trade_sells_to_all_by_size() -> None:
    flow = reconcile([side("A", 90)], [side("B", 30), side("C", 60)], [])
    np.testing.assert_allclose(flow, [[30, 60]], rtol=1e-9)


amounts = st.floats(1.0, 5.0)


@settings(max_examples=40)
@given(
    made=st.lists(st.tuples(amounts, st.sampled_from(list(LOOSENESS)), st.booleans()), min_size=1, max_size=6),
    used=st.lists(st.tuples(amounts, st.sampled_from(list(LOOSENESS))), min_size=1, max_size=6),
    links=st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5), amounts), max_size=12),
)
def test_whatever_the_figures_fixed_sellers_sell_exactly_what_they_make(
    made: list[tuple[float, str, bool]], used: list[tuple[float, str]], links: list[tuple[int, int, float]]
) -> None:
    suppliers = [side(f"S{i}", amount, conf, fixed=fixed) for i, (amount, conf, fixed) in enumerate(made)]
    buyers = [side(f"B{j}", amount, conf) for j, (amount, conf) in enumerate(used)]
    rows = [trade(f"S{i}", f"B{j}", flow) for i, j, flow in links if i < len(made) and j < len(used)]
    flow = reconcile(suppliers, buyers, rows)
    assert (flow >= 0).all()
    assert np.isfinite(flow).all()
    for supplier, sold in zip(suppliers, flow.sum(axis=1), strict=True):
        assert not supplier.fixed or sold == pytest.approx(supplier.amount, rel=1e-12)
