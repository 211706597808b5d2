"""What the page says agrees with what a run computes."""

from __future__ import annotations

import json
from pathlib import Path
from threading import Event
from typing import Any

import numpy as np
import pytest

from supplysim.batch.execute import execute
from supplysim.report.names import dated
from supplysim.report.numbers import amount
from supplysim.results.result import Result
from supplysim.web import work
from supplysim.web.answer import about, answer, finite, look_ahead
from supplysim.web.desk import VARIANTS, Pieces
from supplysim.web.live import Live
from supplysim.web.parts import narrowed
from supplysim.web.why import why
from supplysim.web.work import Task, compute
from supplysim.world import catalog

PRODUCT = "rare_earths.separated"


@pytest.fixture
def both(halt: Path) -> tuple[Live, Result]:
    """A state of the page, computed in two pieces, and the run of the same scenario."""
    scenario = work.asked_for(str(halt), (), 18, 6)
    pieces: Pieces = {
        ("rare_earths", variant): tuple(
            compute(Task(narrowed(scenario, "rare_earths"), "rare_earths", variant, first, 3), Event())
            for first in (0, 3)
        )
        for variant in VARIANTS
    }
    return Live(scenario, catalog(), pieces, 6), execute(scenario)


def test_lines_and_flows_are_those_of_the_run(both: tuple[Live, Result]) -> None:
    live, result = both
    monthly, flows = result.monthly(), result.flows()
    for variant in VARIANTS:
        rows = monthly[(monthly["variant"] == variant) & (monthly["product"] == PRODUCT) & (monthly["region"] == "USA")]
        for quantity in ("price", "used", "unmet", "cover"):
            own = rows[rows["quantity"] == quantity]
            shown = live.series(variant, PRODUCT, "USA", quantity)
            np.testing.assert_allclose(shown, own[["p5", "p50", "p95"]].to_numpy().T, rtol=1e-6, atol=1e-9)
        links = flows[(flows["variant"] == variant) & (flows["product"] == PRODUCT) & (flows["year"] == 1)]
        trade = live.trade(variant, PRODUCT)
        for start, end, middle in zip(links["from"], links["to"], links["p50"], strict=True):
            assert trade[start, end][0] == pytest.approx(middle, rel=1e-6, abs=1e-9)


def test_the_headlines_are_those_of_the_run(both: tuple[Live, Result]) -> None:
    live, result = both
    rows = {(row.metric, row.product, row.region): row for row in result.rows()}
    assert live.rows
    for row in live.rows:
        assert row.scenario[1] == pytest.approx(rows[row.metric, row.product, row.region].scenario[1], rel=1e-6)


def test_the_reason_names_who_is_lost_and_what_it_costs(both: tuple[Live, Result]) -> None:
    live, _ = both
    found = answer(live, PRODUCT, "USA")
    before, after = (live.trade(variant, PRODUCT)["CHN", "USA"][0] for variant in VARIANTS)
    share = f"({100 * (1 - after / before):.0f} %)"
    assert found["why"].startswith("In 2026, the United States loses ")
    assert share in found["why"]
    assert "China" in found["why"]
    peak = live.series("scenario", PRODUCT, "USA", "price")[1]
    assert dated(live.start + int(np.argmax(peak))) in found["why"]


def test_an_answer_is_plain_json_with_every_figure(both: tuple[Live, Result]) -> None:
    document: dict[str, Any] = json.loads(json.dumps(finite(answer(both[0], "", "")), allow_nan=False))
    assert set(document["figures"]) == {"prices", "map", "stages", "shares", "stocks"}
    for figure in document["figures"].values():
        assert figure["data"]
        assert figure["alt"]
    trends = {tile["metric"]: tile["trend"] for tile in document["tiles"]}
    assert trends["short_share"] == "worse"
    assert trends["rival_share"] in ("lower", "higher", "same")


def test_a_scenario_is_looked_at_for_as_long_as_its_events_need(halt: Path) -> None:
    assert look_ahead(work.asked_for(str(halt), (), 120, 2)) == 36
    late = work.asked_for(str(halt), ("horizon.months=120", "events.halt.starts=2030-01"), 120, 2)
    assert look_ahead(late) == 120
    assert about(late, catalog(), ("rare_earths",))["look"] == 120


EVENT = """\
format: 1
title: Something happens
extends: baseline
scope: [antimony]
events:
  it: {starts: 2026-03, lasts: 6 months, product: antimony.metal, %s}
"""
ALL = "[CHN, VNM, TJK, ROW, RUS, EU27, BOL, TUR, IND, MMR]"


@pytest.mark.parametrize(
    ("event", "region", "words"),
    [
        (
            "kind: export_ban, from: CHN, to: USA, severity: 0.1%",
            "USA",
            "much as in the baseline; the price is at most",
        ),
        ("kind: export_ban, from: CHN, to: USA, severity: 0.1%", "KAZ", "Kazakhstan buys no antimony metal and oxide"),
        (f"kind: outage, region: {ALL}, severity: 90%", "USA", "of its usual purchases. Nobody else can step in. "),
        (
            "kind: demand_surge, region: USA, change: 60%",
            "USA",
            "In 2026, the United States needs more than it is offered. ",
        ),
    ],
)
def test_each_cause_has_words_of_its_own(tmp_path: Path, event: str, region: str, words: str) -> None:
    path = tmp_path / "it.yaml"
    path.write_text(EVENT % event, encoding="utf-8")
    scenario = work.asked_for(str(path), (), 18, 3)
    pieces: Pieces = {
        ("antimony", variant): (compute(Task(narrowed(scenario, "antimony"), "antimony", variant, 0, 3), Event()),)
        for variant in VARIANTS
    }
    live = Live(scenario, catalog(), pieces, 3)
    said = why(live, "antimony.metal", region)
    assert words in said
    if "of the need is short" in said:
        used, unmet, short, before = (
            live.series(variant, "antimony.metal", region, quantity)[1][:12]
            for variant, quantity in (
                ("scenario", "used"),
                ("scenario", "unmet"),
                ("scenario", "short"),
                ("baseline", "short"),
            )
        )
        lacks, needs = np.maximum(short - before, 0.0).sum(), used.sum() + unmet.sum()
        assert f"{amount(lacks, 't')} ({100 * lacks / needs:.0f} %) of the need is short" in said
    if "surge" in event:
        assert "China (+" in said, "nobody is lost: those who are there sell more"
        assert "Nobody else can step in" not in said


def test_a_deal_that_harms_nobody_is_told_as_a_change_of_suppliers(tmp_path: Path) -> None:
    path = tmp_path / "deal.yaml"
    path.write_text(
        "format: 1\ntitle: A deal\nextends: baseline\nscope: [antimony]\ncontracts:\n"
        "  deal: {kind: take_or_pay, product: antimony.metal, from: TJK, to: USA, volume: 3 kt/yr,\n"
        "         new_capacity: 3 kt/yr, starts: 2026-06}\n",
        encoding="utf-8",
    )
    scenario = work.asked_for(str(path), (), 36, 4)
    pieces: Pieces = {
        ("antimony", variant): (compute(Task(narrowed(scenario, "antimony"), "antimony", variant, 0, 4), Event()),)
        for variant in VARIANTS
    }
    found = answer(Live(scenario, catalog(), pieces, 4), "antimony.metal", "")
    assert found["region"] == "USA"
    assert "more from Tajikistan" in found["why"]
    assert "Nobody goes short" in found["why"]
    assert "loses" not in found["why"]
