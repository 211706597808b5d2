"""The answer about supported flows, word for word."""

from __future__ import annotations

import re
from types import SimpleNamespace

import pandas as pd
import pytest

from supplysim.report import write_comparison
from supplysim.report.choice import Choice
from supplysim.report.figures.ties import ties
from supplysim.report.names import Names
from supplysim.report.numbers import amount, band_text
from supplysim.report.source import read_run
from supplysim.report.ties import over_runs, verdict, who_took_over
from supplysim.results.durability import Fate, Taker
from supplysim.world import catalog

from .conftest import finished

SUPPORTED = """\
format: 1
title: {title}
scope: [antimony]
consumers: [USA]
horizon: {{start: 2026-01, months: 42}}
draws: 4
contracts:
  deal: {{title: Tajik <antimony>, kind: take_or_pay, product: antimony.metal, from: TJK, to: USA, volume: 3 kt/yr,
    new_capacity: {built}, starts: 2026-02, support_ends: 2027-02}}
"""
CONTRACTS = {"deal": SimpleNamespace(from_="KAZ"), "sale": SimpleNamespace(from_="TJK")}
NONE = (None, None, None)


@pytest.fixture(scope="module")
def names():
    return Names(catalog())


@pytest.fixture(scope="module")
def ended(tmp_path_factory):
    """Two runs in which support ends two years and a half before the horizon does: without a new plant and with one."""
    folder = tmp_path_factory.mktemp("ended")
    return [
        finished(folder, name, SUPPORTED.format(title=title, built=built))
        for name, title, built in (("as-is", "No plant", "0 t/yr"), ("plant", "A new plant", "4 kt/yr"))
    ]


def fate(contract, product, stays, added=NONE, takers=()):
    return Fate(contract, product, "USA", "scenario", (4000.0,) * 3, (stays,) * 3, added, takers)


def test_a_flow_that_stays_is_a_partnership(names):
    said = verdict([fate("deal", "tungsten.apt", 0.8)], CONTRACTS, names)
    assert said.startswith("A lasting partnership: two years after support ends, of the supported flow 80.0")
    assert "ammonium paratungstate from Kazakhstan to the United States" in said


def test_a_flow_that_goes_was_an_attempt_and_says_to_whom(names):
    taker = Taker("CHN", (1000.0,) * 3)
    found = [fate("deal", "tungsten.apt", 0.2, takers=(taker,))]
    assert verdict(found, CONTRACTS, names).startswith("An influence attempt: ")
    assert "China 1.0" in who_took_over(found, CONTRACTS, names)


def test_a_flow_that_would_run_anyway_is_judged_by_what_was_added(names):
    found = [fate("deal", "uranium.concentrate", 0.9, (0.0,) * 3)]
    assert "of what support added only nothing of natural uranium" in verdict(found, CONTRACTS, names)
    assert "With or without support there still runs 90.0" in who_took_over(found, CONTRACTS, names)


def test_two_flows_may_have_two_answers(names):
    found = [fate("deal", "tungsten.apt", 0.8), fate("sale", "antimony.metal", 0.1)]
    assert verdict(found, CONTRACTS, names).startswith("Partly a lasting partnership, partly an influence attempt: ")
    assert verdict([], CONTRACTS, names) == ""


def test_over_runs_it_is_counted(names):
    found = [[fate("deal", "tungsten.apt", 0.8)], [fate("deal", "tungsten.apt", 0.2)]]
    said = over_runs(found, CONTRACTS, names)
    assert "lasts in 1 of 2 runs (20 to 80 %" in said


def test_the_figure_draws_and_lists_what_became_of_each_flow(ended):
    """As durability.csv has it, which has a line for each world and taker."""
    run = read_run(ended[1])
    figure = ties(run, Choice((), {}, {}, ()))
    lines = pd.read_csv(ended[1] / "durability.csv")
    (panel,), worlds = figure.panels, lines.drop_duplicates("variant").set_index("variant")
    assert [row[1] for row in panel.numbers.rows] == ["scenario", "baseline", "without contracts"]
    for row in panel.numbers.rows:
        world = worlds.loc[row[1].replace(" ", "_")]
        assert row[0] == "Tajik <antimony>"
        assert row[2] == amount(world["supported"], "t/yr") == "3.0 kt/yr"
        assert row[3] == band_text(tuple(world[["stays_p5", "stays_p50", "stays_p95"]]), "share")
    mine = lines[lines["variant"] == "scenario"]
    stays, *takers = panel.plot.traces
    assert stays["x"] == pytest.approx([100 * mine["stays_p50"].iloc[0]], rel=1e-3)
    assert [each["x"][0] for each in takers] == pytest.approx(list(100 * mine["tonnes_p50"] / 3000), rel=1e-3)
    assert stays["y"] == ["Tajik &lt;antimony&gt;<br>3.0 kt/yr under support"]
    assert panel.reading.startswith("An influence attempt: two years after support ends, of what support added only ")


def test_support_that_never_ends_has_no_figure(both):
    assert ties(both, Choice((), {}, {}, ())) is None


def test_runs_side_by_side_say_what_each_says_alone(ended, tmp_path):
    page = write_comparison(ended, tmp_path / "two.html").read_text(encoding="utf-8")
    section = page[page.index('id="ties"') :].partition("</section>")[0]
    cells = re.findall(r"<t[hd][^>]*>([^<]+)", section)
    rows = [cells[k : k + 9] for k in range(9, len(cells), 9)]
    for row, folder, label in zip(rows, ended, ("No plant", "A new plant"), strict=True):
        alone = ties(read_run(folder), Choice((), {}, {}, ())).panels[0].numbers.rows[0]
        assert row[0] == label
        assert row[1] == "Tajik &lt;antimony&gt;"
        assert row[4:7] == list(alone[2:5])
        assert row[7:9] == ["no", alone[5]]
    assert "lasts in 0 of 2 runs" in page
