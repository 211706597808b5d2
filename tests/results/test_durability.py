"""What becomes of supported flows, on numbers small enough to check by hand."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from supplysim.assembly.nodes import Node
from supplysim.results.csv_text import csv_text
from supplysim.results.durability import durability_document, durability_table, fates, read_fates
from supplysim.results.metrics import Key, _taken_over
from supplysim.results.summary import summarise

KEY = Key("supported_flow", "tungsten.apt", "USA", "deal")


def rows(without=(0.0, 0.0)):
    """100 t a month under support and 30 after; China then buys 480 t a year more, Korea 3, and the US 840 less."""
    taken = {"CHN": 480.0, "KOR": 3.0, "JPN": 60.0, "EU27": 240.0, "USA": -840.0}
    one = np.ones(4)
    scenario = {KEY: 100 * one, KEY._replace(metric="flow_after_support"): 30 * one}
    scenario |= {Key("taken_over_t", KEY.product, region, "deal"): tonnes * one for region, tonnes in taken.items()}
    other = {KEY: without[0] * one, KEY._replace(metric="flow_after_support"): without[1] * one}
    other |= {key: 0 * one for key in scenario if key.metric == "taken_over_t"}
    return summarise({"baseline": other, "scenario": scenario, "without_contracts": other})


def test_three_takers_are_named_and_crumbs_are_not():
    (fate,) = [each for each in fates(rows()) if each.variant == "scenario"]
    assert (fate.supported[1], fate.stays[1], fate.added[1]) == (1200.0, pytest.approx(0.3), pytest.approx(0.3))
    assert [(taker.region, taker.tonnes[1]) for taker in fate.takers] == [("CHN", 480), ("EU27", 240), ("JPN", 60)]
    assert not fate.lasting


def test_what_would_run_anyway_is_no_merit_of_support():
    """80 of the 100 ran without the contracts, and 25 of the 30: support added 20, and 5 of that is left."""
    (fate,) = [each for each in fates(rows((80.0, 25.0))) if each.variant == "scenario"]
    assert fate.added[1] == pytest.approx(0.25)
    (fate,) = [each for each in fates(rows((100.0, 30.0))) if each.variant == "scenario"]
    assert fate.added[1] is None, "nothing was added"


def test_the_table_is_read_back_as_it_was_written(tmp_path):
    path = tmp_path / "durability.csv"
    path.write_text(csv_text(durability_table(rows())), encoding="utf-8")
    back = {fate.variant: fate for fate in read_fates(path)}
    for fate in fates(rows()):
        assert back[fate.variant].stays == pytest.approx(fate.stays)
        assert back[fate.variant].takers == fate.takers
    assert read_fates(tmp_path / "none.csv") == []


def test_the_document_names_seller_and_takers():
    document = durability_document(rows(), {"deal": "KAZ"})
    found = next(each for each in document if each["variant"] == "scenario")
    assert (found["from"], found["to"], found["lasting"]) == ("KAZ", "USA", False)
    assert [taker["region"] for taker in found["takers"]] == ["CHN", "EU27", "JPN"]


def test_takers_are_read_from_what_the_supplier_sells():
    """Support ends in month 12: 10 t a month to the US until then, to China after."""
    nodes = SimpleNamespace(buyers=(Node("USA", "use"), Node("CHN", "use")), able=np.ones((1, 2), dtype=bool))
    american = np.where(np.arange(48)[:, None] < 12, 10.0, 0.0) * np.ones((48, 2))
    history = SimpleNamespace(watched={(0, 0): american, (0, 1): 10.0 - american})
    taken = _taken_over(nodes, history, 0, np.array([12.0]))
    assert taken["USA"].tolist() == [-120.0, -120.0]
    assert taken["CHN"].tolist() == [120.0, 120.0]
