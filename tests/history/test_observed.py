"""A modeler's own episode: read with its faults told in place, and judged by the code that judges the shipped ones."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from supplysim.cli.backtest import backtest
from supplysim.errors import InputError
from supplysim.history.episode_run import export_links, run_episode
from supplysim.history.episodes_monthly import play_own
from supplysim.history.episodes_report import baselines
from supplysim.history.observed import read_observed
from supplysim.scenario import load

SCENARIO = """\
format: 1
title: China stops half of its tungsten
scope: [tungsten]
consumers: [USA]
horizon: {start: 2024-01, months: 18}
events:
  stop: {kind: export_ban, product: tungsten.apt, from: CHN, to: others, starts: 2024-07, lasts: 6 months,
         severity: 50 %}
draws: 6
"""
HEADER = "quantity,product,regions,to,first,last,value,source\n"
ROWS = """\
price,tungsten.apt,USA,,2024-01,2024-06,100,mine
price,tungsten.apt,USA,,2024-09,,130,mine
price,tungsten.apt,USA,,2025,,120,mine
exports,tungsten.apt,CHN,,2024-06,,10,mine
exports,tungsten.apt,CHN,,2024-08,,5,mine
exports,tungsten.apt,CHN,USA,2024-06,,4,mine
exports,tungsten.apt,CHN,USA,2024-08,,3,mine
contract_price,tungsten.apt,USA,,2024-06,,100,mine
contract_price,tungsten.apt,USA,,2024-12,,105,mine
"""


@pytest.fixture
def files(tmp_path):
    """A scenario and a writer of tables of figures."""
    scenario = tmp_path / "mine.yaml"
    scenario.write_text(SCENARIO, encoding="utf-8")

    def write(rows=ROWS, header=HEADER):
        path = tmp_path / "seen.csv"
        path.write_text(header + rows, encoding="utf-8")
        return str(scenario), str(path)

    return write


def test_years_months_spans_prices_contracts_and_exports(files):
    scenario, observed = files(ROWS.replace("2025,,120", "2024-10,2025-03,120"))
    played = {series.series.name: series for series in play_own(scenario, observed).series}
    spot = played["price tungsten.apt USA"]
    assert [seen.when for seen in spot.times] == ["2024-01 to 2024-06", "2024-09", "2024-10 to 2025-03"]
    assert spot.observed == pytest.approx([1.0, 1.3, 1.2])
    assert spot.noisy is not None
    assert played["contract_price tungsten.apt USA"].noisy is not None
    assert set(played) == {
        "price tungsten.apt USA", "contract_price tungsten.apt USA", "exports tungsten.apt CHN",
        "exports tungsten.apt CHN to USA",
    }  # fmt: skip


def test_exports_are_the_tonnes_that_leave_month_by_month(files):
    """A ban of half of what is customary: exports of August are half of June's, and so are those to one buyer."""
    scenario, observed = files()
    loaded = load(scenario)
    series = read_observed(observed, loaded)
    wide, one = (s for s in sorted(series, key=lambda s: len(s.to)) if not s.is_price)
    run = run_episode(loaded, series)
    flows, calm = (run.traces[variant]["tungsten.apt"].contracts for variant in ("scenario", "baseline"))
    for each in (wide, one):
        assert flows[each.name][:6] == pytest.approx(calm[each.name][:6])
        assert (flows[each.name][7] <= 0.55 * flows[each.name][5]).all()
    assert (flows[one.name] < 0.9 * flows[wide.name]).all()


def test_exports_of_several_products_that_one_code_holds_are_added_up(files):
    """Half of one product stopped, all of the other free: the mean of both, by tonnes."""
    row = "exports,tungsten.apt tungsten.concentrate,CHN,,{},,{},\n"
    scenario, observed = files(row.format("2024-06", 10) + row.format("2024-08", 5))
    loaded = load(scenario)
    (both,) = read_observed(observed, loaded)
    run = run_episode(loaded, [both])
    parts = [run.traces["scenario"][product].contracts[both.name] for product in both.products]
    (played,) = play_own(scenario, observed).series
    assert min(part[5].min() for part in parts) > 0
    np.testing.assert_allclose(played.model.median[1], np.median(sum(parts)[7] / sum(parts)[5]))


def test_a_table_that_is_not_there_or_empty_is_told(files):
    scenario, observed = files()
    loaded = load(scenario)
    with pytest.raises(InputError, match=r"nowhere\.csv: no such file"):
        read_observed("nowhere.csv", loaded)
    _, observed = files(rows="")
    with pytest.raises(InputError, match=r"\.csv: no figures"):
        read_observed(observed, loaded)


def test_tonnes_of_different_things_are_not_added_up(files):
    """The tonnes of magnets are of the rare earths in them, which a customs code of oxides does not hold."""
    row = "exports,rare_earths.separated rare_earths.magnets,CHN,,2024-06,,10,\n"
    scenario, observed = files(row)
    Path(scenario).write_text(SCENARIO.replace("scope: [tungsten]", "scope: [tungsten, rare_earths]"))
    with pytest.raises(InputError, match=r"product: adds up t REO of rare_earths.separated and t REO contained of"):
        play_own(scenario, observed)


def test_a_contract_price_has_the_noise_of_its_products_terms(files):
    """All of it at spot: the contract price is spot, noise and all; under long contracts it is calmer."""

    def width(*settings: str) -> float:
        scenario, observed = files("".join(line for line in ROWS.splitlines(keepends=True) if "contract" in line))
        text = SCENARIO + "minerals: {tungsten: {apt: {trade: {" + ", ".join(settings) + "}}}}\n"
        Path(scenario).write_text(text)
        (played,) = play_own(scenario, observed).series
        return float(np.log(played.noisy.band.high[1] / played.noisy.band.low[1]))

    assert width("term_share: 0 %") > 2 * width("term_share: 100 %", "tenor: 24 months")


def test_what_stays_at_home_is_no_export(files):
    from supplysim.assembly.nodes import nodes_of
    from supplysim.world import load as load_world

    scenario, observed = files()
    loaded = load(scenario)
    nodes = nodes_of(load_world(), loaded)["tungsten.apt"]
    (wide,) = [s for s in read_observed(observed, loaded) if not s.is_price and not s.to]
    links = export_links(nodes, wide)
    assert links
    assert all(nodes.suppliers[s].region == "CHN" != nodes.buyers[b].region for s, b in links)


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ("cost,tungsten.apt,USA,,2024-01,,1,", r"seen\.csv:2:1: quantity: 'cost' is not known"),
        ("price,tungsten.apt,XXX,,2024-01,,1,", r"seen\.csv:2:20: regions: 'XXX' is not a region"),
        (
            "exports,tungsten.apt copper.refined,CHN,,2024-01,,1,",
            r"seen\.csv:2:9: product: 'copper.refined' is not known",
        ),
        (
            "price,tungsten.apt tungsten.concentrate,USA,,2024-01,,1,",
            "'tungsten.apt tungsten.concentrate' is not known",
        ),
        ("price,copper.refined,USA,,2024-01,,1,", r"seen\.csv:2:7: product: 'copper.refined' is not known"),
        ("exports,tungsten.apt,GBR,,2024-01,,1,", "GBR makes no tungsten.apt"),
        ("price,tungsten.apt,USA,,2024-1,,1,", "'2024-1' is not a month"),
        ("price,tungsten.apt,USA,,2024-03,2024-02,1,", "lies before first"),
        ("price,tungsten.apt,USA,,2024-03,,-1,", "value: -1 must be above 0"),
        ("price,tungsten.apt,USA,,2024-09,,1,", "no figure between the run's start and the first event"),
        ("price,tungsten.apt,USA,,2024-03,,1,", "no figure after the first event"),
        ("price,tungsten.apt,USA,,2024-03,,1,\nprice,tungsten.apt,USA,,2024-03,,2,", r"seen\.csv:3:1: the same row as"),
    ],
)
def test_a_bad_row_is_told_with_its_place(files, row, says):
    scenario, observed = files(row + "\n")
    with pytest.raises(InputError, match=says):
        play_own(scenario, observed)


def test_a_folder_is_no_table_of_figures(files, tmp_path):
    with pytest.raises(InputError, match="is a folder, not a table"):
        play_own(files()[0], tmp_path)


def test_an_own_episode_without_earlier_figures_is_compared_with_no_change_alone(files):
    """No figure before the base, no drift: the model and no change are judged on all, and nothing is printed as nan."""
    played = play_own(*files())
    found = baselines([played])
    assert [row[0] for row in found.rows] == ["model", "no change"]
    assert f"same {sum(series.score.moves for series in played.series)} figures" in found.title
    only = [row for row in ROWS.splitlines(keepends=True) if row.startswith("exports")]
    assert "nan" not in str(baselines([play_own(*files("".join(only)))]).rows)


def test_what_never_leaves_is_no_export(files):
    """Japanese APT stays at home in the base year: there are no exports to compare with."""
    scenario, observed = files("exports,tungsten.apt,JPN,,2024-06,,10,\n")
    with pytest.raises(InputError, match=r"regions: no tungsten.apt leaves JPN in the base year"):
        play_own(scenario, observed)


def test_a_scenario_without_events_is_no_episode(files, tmp_path):
    _, observed = files()
    calm = tmp_path / "calm.yaml"
    calm.write_text(
        "format: 1\ntitle: Calm\nscope: [tungsten]\nhorizon: {start: 2024-01, months: 6}\n", encoding="utf-8"
    )
    with pytest.raises(InputError, match="no events"):
        play_own(calm, observed)


def test_the_command_prints_a_document_or_tables_and_a_chart(files, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    scenario, observed = files()
    done = CliRunner().invoke(
        backtest, ["--episode", scenario, "--observed", observed, "--json"], catch_exceptions=False
    )
    document = json.loads(done.stdout)
    assert document["episode"] == "mine"
    assert {series["quantity"] for series in document["series"]} == {"price", "contract_price", "exports"}
    assert np.isfinite(document["totals"]["crps_against_no_change"])
    text = CliRunner().invoke(backtest, ["--episode", scenario, "--observed", observed], catch_exceptions=False).output
    assert "without events" in text
    assert (tmp_path / "results" / "backtest" / "mine.html").is_file()


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--episode", "x.yaml"], "belong together"),
        (["--observed", "x.csv"], "belong together"),
        (["--episode", "x.yaml", "--observed", "x.csv", "--sigma", "2"], "goes with"),
    ],
)
def test_what_does_not_go_together_is_refused(arguments, says):
    with pytest.raises(InputError, match=says):
        CliRunner().invoke(backtest, arguments, catch_exceptions=False)
