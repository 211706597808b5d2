"""`supplysim attribute` from the command line: one document, a table, a page, and clear words for what cannot be."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from supplysim.cli import cli
from supplysim.report.source import read_run

DEALS = """format: 1
title: Deals under a halt
extends: baseline
scope: [antimony]
horizon: {start: 2026-01, months: 18}
draws: 2
consumers: [USA]
events:
  halt: {kind: export_ban, product: antimony.metal, from: CHN, to: [USA], starts: 2026-07, lasts: 8 months}
contracts:
  deal: {kind: take_or_pay, product: antimony.metal, from: TJK, to: USA, volume: 3 kt/yr, new_capacity: 3 kt/yr,
         starts: 2026-03, ramp: 1 month}
projects:
  mine: {product: antimony.concentrate, region: TJK, size: 4 kt/yr, starts: 2026-02, ramp: 1 month}
"""


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    where = tmp_path_factory.mktemp("deals")
    (where / "deals.yaml").write_text(DEALS, encoding="utf-8")
    return where


def said(place, *words):
    return CliRunner().invoke(cli, [words[0], str(place / "deals.yaml"), *words[1:], "--results", str(place / "out")])


def test_the_document_has_a_share_for_every_deal_and_metric(place):
    done = said(place, "attribute", "--json")
    assert done.exit_code == 0, done.output
    found = json.loads(done.stdout)
    assert found["consumers"] == ["USA"]
    for metric in found["metrics"]:
        rows = [r for r in found["contracts"] if r["metric"] == metric and r["product"] == "antimony.metal"]
        assert {(r["id"], r["kind"]) for r in rows} == {("deal", "contract"), ("mine", "project")}
        assert set(rows[0]["shapley"]) == set(rows[0]["leave_one_out"]) == {"p5", "p50", "p95"}
    assert all(r["cost_usd"] is None and r["usd_per_point"] is None for r in found["contracts"])


def test_the_table_says_what_all_do_and_what_each_adds_and_the_report_shows_it(place):
    done = said(place, "attribute")
    assert "antimony.metal for USA: all deals together" in done.stdout
    assert "4 coalitions (exact)" in done.stdout
    assert said(place, "run").exit_code == 0
    (folder,) = (place / "out" / "deals").iterdir()
    assert "What each deal adds" in (folder / "report.html").read_text(encoding="utf-8")
    assert "What each deal adds" in (folder / "attribution.html").read_text(encoding="utf-8")
    assert read_run(folder).attribution["scenario"] == "deals"


def test_shares_of_all_orders_are_the_exact_ones_and_are_said_to_be_sampled(place, monkeypatch):
    """Of two deals there are two orders; sampling them takes both."""
    exact = json.loads(said(place, "attribute", "--json").stdout)["contracts"]
    monkeypatch.setattr("supplysim.decisions.attribute.EXACT", 1)
    done = said(place, "attribute")
    assert "coalitions (sampled orders, errors in attribution.json)" in done.stdout
    sampled = json.loads(said(place, "attribute", "--json").stdout)["contracts"]
    for ours, theirs in zip(sampled, exact, strict=True):
        assert (ours["id"], ours["metric"], ours["product"]) == (theirs["id"], theirs["metric"], theirs["product"])
        assert ours["shapley"] == pytest.approx(theirs["shapley"])
        assert ours["leave_one_out"] == theirs["leave_one_out"]


def test_deals_that_move_nobody_are_said_to_move_nobody(place):
    idle = ("--set", "contracts.deal.realised=0", "--set", "projects.mine.realised=0")
    text = said(place, "attribute", *idle).stdout
    assert text.startswith("No contract or project moves short_t of any consumer.\n\nShortage over the horizon, 2 ")
    page = (Path(text.split()[-1]) / "attribution.html").read_text(encoding="utf-8")
    assert "No contract or project moves the shortage of any consumer." in page


def test_a_metric_that_is_not_shared_out_is_refused(place):
    done = said(place, "attribute", "--metric", "durability")
    assert done.exit_code == 2
    assert "no such metric" in done.output
