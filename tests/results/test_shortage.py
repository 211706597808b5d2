"""Short, adapted and displaced, on a market solved by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from tests.engine.markets import chain_of, months, number, small_stage

from supplysim.assembly.nodes import Node, Nodes
from supplysim.engine.policy import Outage
from supplysim.engine.run import simulate
from supplysim.results.metrics import Question, _counted, _of_region
from supplysim.results.shortage import shortage
from supplysim.world.base import STOCK_CHANGE

FIRST = np.array([0], dtype=np.intp)
PRICE = 0.5**-4
"""Half the supply of 100 t a month is lost: 100 P^-0.25 = 50."""


@pytest.fixture(scope="module")
def told():
    stage = small_stage([[100.0]], [Outage(FIRST, months(2, 14, severity=0.5))], K=number(100)[:, None])
    nodes = Nodes("ore.metal", (Node("AAA", "mine"),), (Node("BBB", "use"),), stage.q, np.array([100.0]),
                  np.zeros(1), np.zeros(1), np.ones((1, 1), dtype=bool))  # fmt: skip
    history = simulate(chain_of(stage, months=36, draws=2, long_run_multiple=2.5))[0]
    asked = Question(("BBB",), (), False, number(2), {"ore.metal": 10.0}, {}, {})
    return history, nodes, dict(_of_region(nodes, history, FIRST, "BBB", asked))


def test_the_worst_month_is_the_first_of_the_halt(told):
    _, _, found = told
    assert found["worst_month_short_share"] == pytest.approx(0.5)
    assert found["worst_month"].tolist() == [2.0, 2.0]


def test_short_and_adapted_make_up_the_whole_gap(told):
    history, nodes, found = told
    short, adapted = shortage(nodes, history)
    gap = history.monthly["reference"] - history.monthly["used"]
    np.testing.assert_allclose(short + adapted, np.maximum(gap, 0.0), atol=1e-9)
    assert found["unmet_demand_t"] == pytest.approx(found["short_t"] + found["adapted_t"] + found["displaced_t"])
    assert (found["displaced_t"] == 0).all()
    assert found["short_usd"] == pytest.approx(10.0 * found["short_t"])


def test_the_long_run_takes_its_part_of_the_gap_month_by_month(told):
    """Month 3: one of 24 steps towards 1.5 times the short run's elasticity has left, the rest of 50 t is short."""
    history, nodes, _ = told
    short, adapted = (each[3, 0, 0] for each in shortage(nodes, history))
    left = 100 * -np.expm1(-1.5 * 0.25 * np.log(PRICE) / 24)
    assert adapted == pytest.approx(left, rel=1e-3)
    assert short == pytest.approx(50 - left, rel=1e-3)


def test_nobody_is_short_after_the_halt_while_those_who_left_come_back(told):
    history, nodes, found = told
    short, adapted = shortage(nodes, history)
    assert (history.delivered[14:] <= 1.0).all()
    assert short[14:].max() < 1e-9
    assert (adapted[14:] > 0).all()
    assert found["time_to_recover_months"].tolist() == [12.0, 12.0], "told from price and rationing, not from who left"


def test_the_worst_year_does_not_depend_on_how_long_one_looks(told):
    _, _, found = told
    whole = found["short_share"][0] * 36
    assert found["worst_year_short_share"][0] == pytest.approx(whole / 12)


def test_metrics_count_from_the_month_that_the_scenario_says(told):
    """History before month 12 is shown and not counted: two of twelve months of the halt are left, and no event."""
    history, nodes, whole = told
    asked = Question(("BBB",), (), False, number(2), {"ore.metal": 10.0}, {}, {}, counted_from=12)
    found = dict(_of_region(nodes, _counted(history, 12), FIRST, "BBB", asked))
    short, _ = shortage(nodes, history)
    np.testing.assert_allclose(found["short_t"], short[12:, :, 0].sum(axis=0))
    assert found["short_t"][0] < whole["short_t"][0] / 4
    assert found["worst_month"].tolist() == [12.0, 12.0], "months are counted from the start of the run"
    assert found["time_to_survive_months"].tolist() == [0.0, 0.0]
    assert found["time_to_recover_months"].tolist() == [2.0, 2.0]


def test_what_went_into_stock_is_nobodys_need_and_never_short(told):
    history, nodes, _ = told
    residual = replace(nodes, buyers=(Node("BBB", STOCK_CHANGE),))
    assert nodes.buyers[0].needs
    for each in shortage(residual, history):
        assert not each.any()
