"""Traces of draws become quantiles, contracts' flows among them."""

from __future__ import annotations

import numpy as np
import pytest

from supplysim.results.quantiles import contract_table, join_traces
from supplysim.results.tables import frame_of
from supplysim.results.trace import QUANTITIES, Trace


def a_trace(flow: np.ndarray) -> Trace:
    """One region and no links, with a contract's flow `(t, d)`."""
    months, draws = flow.shape
    nothing = np.zeros((months, draws, 1))
    return Trace(("USA",), dict.fromkeys(QUANTITIES, nothing), (), np.zeros((1, draws, 0)), {"offtake": flow})


def test_a_contracts_flow_has_a_row_a_month():
    flow = np.arange(12.0).reshape(3, 4)
    frame = frame_of(contract_table({"scenario": {"tungsten.apt": a_trace(flow)}}, 12 * 2026))
    assert frame["month"].tolist() == ["2026-01", "2026-02", "2026-03"]
    assert frame["p50"].to_numpy() == pytest.approx(np.median(flow, axis=1))
    assert set(frame["contract"]) == {"offtake"}
    assert set(frame["unit"]) == {"t/month"}


def test_without_contracts_the_table_is_empty_but_has_its_columns():
    bare = Trace(("USA",), {}, (), np.zeros((1, 2, 0)), {})
    frame = frame_of(contract_table({"scenario": {"tungsten.apt": bare}}, 0))
    assert len(frame) == 0
    assert {"variant", "month", "contract", "p5", "p50", "p95"} <= set(frame.columns)


def test_blocks_of_draws_are_put_side_by_side():
    first, second = np.zeros((3, 2)), np.ones((3, 5))
    joined = join_traces([{"scenario": {"x.y": a_trace(first)}}, {"scenario": {"x.y": a_trace(second)}}])
    assert joined["scenario"]["x.y"].contracts["offtake"].tolist() == np.hstack([first, second]).tolist()
