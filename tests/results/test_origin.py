"""Origin looked through in runs: beside the base year, beside direct purchases, and whatever draws stand beside."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from supplysim.assembly.nodes import Node
from supplysim.batch.block import compute
from supplysim.indicators.origin import embodied
from supplysim.results.metrics import Key, _net_reliance
from supplysim.results.quantiles import embodied_table
from supplysim.results.tables import frame_of
from supplysim.scenario import load
from supplysim.world import load as load_world

CALM = ["scope=[uranium]", "horizon.months=13", "model.growth=off", "draws=3", "consumers=[USA, CHN]"]


@pytest.fixture(scope="module")
def world():
    return load_world()


@pytest.fixture(scope="module")
def block(world):
    return compute(world, load("baseline", CALM), 0, 3, traced=True)


def test_a_calm_year_has_the_origins_of_the_base_year(world, block):
    frame = frame_of(embodied_table(block.traces, 2026 * 12))
    frame = frame[(frame["variant"] == "scenario") & (frame["year"] == 1)]
    base = {(r.stage, r.origin, r.region): r.share for r in embodied(world.base, "uranium")
            if r.product == "uranium.enriched"}  # fmt: skip
    found = {(r.stage, r.origin, r.region): r.p50 for r in frame[frame["product"] == "uranium.enriched"].itertuples()}
    assert {key: base[key] for key in found} == pytest.approx(found, abs=0.01)
    total = frame.groupby(["product", "stage", "region"])["p50"].sum()
    assert total.tolist() == pytest.approx([1.0] * len(total), abs=0.01)


def test_who_buys_from_a_rival_has_it_embodied(block):
    found = block.metrics["scenario"]
    for key, direct in found.items():
        if key.metric == "rival_share":
            assert (found[key._replace(metric="embodied_rival_share")] >= direct - 1e-9).all(), key
    mined = Key("embodied_hhi", "uranium.enriched", "USA")
    assert (found[mined] < found[mined._replace(metric="supplier_hhi")]).all(), "more mines than enrichers"


def test_a_draw_has_the_same_origins_alone(world, block):
    alone = compute(world, load("baseline", CALM), 2, 1, traced=True)
    for variant, traces in alone.traces.items():
        for product, trace in traces.items():
            beside = block.traces[variant][product]
            assert trace.passed == beside.passed
            assert trace.embodied.tobytes() == beside.embodied[:, 2:3].tobytes()


def test_net_reliance_of_a_year_worked_out_by_hand():
    """The US makes 50, buys 60 abroad, sells 20, lays up 5 for good and draws its stocks down by 10: 45 of 95."""
    nodes = SimpleNamespace(
        suppliers=(Node("USA", "mine"), Node("CHN", "mine")),
        buyers=(Node("USA", "use"), Node("USA", "stock_change"), Node("CHN", "use")),
    )  # fmt: skip
    flow = np.array([[[[30.0, 0.0, 20.0], [55.0, 5.0, 100.0]]]])
    stage = SimpleNamespace(cover=np.array([[1.0, 0.0, 0.0]]), D0=np.array([[25.0, 0.0, 9.0]]), stockpiles=())
    history = SimpleNamespace(flow=flow, carried=np.array([[[15.0, 0.0, 50.0]]]))
    assert _net_reliance(nodes, stage, history, "USA", 0) == pytest.approx([45 / 95])
