"""The commands, as a user types them."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
import yaml
from click.testing import CliRunner

from supplysim.assembly.beyond import Taken
from supplysim.cli.backtest import backtest, calibrate
from supplysim.errors import InputError
from supplysim.history.ceiling_card import Met
from supplysim.history.episodes_table import monthly_episodes
from supplysim.history.year_2025 import Checked, Outer, Published
from supplysim.history.yearly import episodes

BEFORE = {("AAA", "XXX"): 30, ("AAA", "YYY"): 20, ("AAA", "ZZZ"): 10, ("BBB", "XXX"): 20, ("BBB", "YYY"): 20}


@pytest.fixture
def table(write, flows):
    lines, matrix = [], BEFORE
    for year in range(2015, 2020):
        lines += flows("990000", year, matrix)
        matrix = {pair: tonnes * (0.6 if pair[0] == "AAA" else 1.05) for pair, tonnes in matrix.items()}
    return str(write(lines))


def invoke(command, *arguments):
    found = CliRunner().invoke(command, list(arguments), catch_exceptions=False)
    assert found.exit_code == 0, found.output
    return found.output


def test_backtest_prints_tables_or_one_document(table):
    assert "Share of the lost supply" in invoke(backtest, "--trade", table)
    document = json.loads(invoke(backtest, "--trade", table, "--json"))
    assert len(document["cases"]) == 4


def test_sigma_changes_the_model_and_nothing_else(table):
    low, high = (json.loads(invoke(backtest, "--trade", table, "--json", "--sigma", sigma)) for sigma in ("0.5", "9"))
    for weak, strong in zip(low["totals"]["rerouting"], high["totals"]["rerouting"], strict=True):
        assert weak["model"] < strong["model"]
        assert weak["observed"] == strong["observed"]


def test_the_page_can_be_written(table, tmp_path):
    invoke(backtest, "--trade", table, "--write-docs", str(tmp_path / "page.md"))
    assert (tmp_path / "page.md").read_text(encoding="utf-8").startswith("# What the model gets right")


def test_a_yearly_episode_by_its_name():
    assert "rare-earth export quota" in invoke(backtest, "rare-earths-2010-yearly")
    document = json.loads(invoke(backtest, "rare-earths-2010-yearly", "--json"))
    assert document["years"] == [2010, 2011, 2012, 2013]


def test_a_monthly_episode_prints_tables_and_a_drawing_and_writes_a_page(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    text = invoke(backtest, "magnets-2025")
    assert "Chinese exports of rare-earth magnets" in text
    assert "●" in text
    assert "What the model lacks here" in text
    assert (tmp_path / "results" / "backtest" / "magnets-2025.html").is_file()


def test_a_monthly_episode_is_a_document_and_its_page_goes_where_it_is_told(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    found = CliRunner().invoke(backtest, ["magnets-2025", "--json"], catch_exceptions=False)
    assert json.loads(found.stdout)["episode"] == "magnets-2025"
    assert list(tmp_path.iterdir()) == [], "no file where only a document is asked for"
    invoke(backtest, "magnets-2025", "-o", "here.html")
    assert (tmp_path / "here.html").is_file()


@pytest.fixture
def cards(monkeypatch):
    """The cards of the whole model, one row each, without the minutes that they take."""
    row = Published("antimony.metal", "USA", "metal", 10.0, 25.0, "USD/lb", "somewhere", "antimony.concentrate", 100.0,
                    90.0, "")  # fmt: skip
    seen = [Checked(row, 2.0, 2.4, 2.6, Outer(0.5, 3.0, 0.6, 0.1, 0.1), 1.0, 0.5)]
    met = [Met("china-ree-halt", "rare_earths.magnets", "KOR", 0.25, Taken(0.6, 0.5, 0))]
    monkeypatch.setattr("supplysim.history.year_2025.play", lambda: seen)
    monkeypatch.setattr("supplysim.history.ceiling_card.play", lambda: met)


@pytest.mark.parametrize(
    ("name", "title", "cells"),
    [
        ("prices-2025", "Mean price of 2025 over that of 2024",
         ["antimony.metal", "10 to 25 USD/lb", "2.50", "2.40 [2.00, 2.60]", "yes", "[0.50, 3.00]", "0.60"]),
        ("ceiling", "Draws in which the highest price is at the ceiling",
         ["china-ree-halt", "rare_earths.magnets KOR 25%"]),
    ],
)  # fmt: skip
def test_a_card_of_the_whole_model_is_a_table_or_a_document(cards, name, title, cells):
    text = invoke(backtest, name)
    assert title in text
    row = next(line for line in text.splitlines() if line.split()[:1] == cells[:1])
    assert all(cell in row for cell in cells)
    (said,) = json.loads(invoke(backtest, name, "--json"))
    assert {"product", "region"} <= set(said)
    with pytest.raises(InputError, match=f"{name} goes with --json alone"):
        CliRunner().invoke(backtest, [name, "--sigma", "2"], catch_exceptions=False)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["magnets"], "no episode 'magnets'; there are rare-earths-2010, .*uranium-niger-2023"),
        (["magnets-2025", "-o", "chart.png"], "chart.png: a chart is written as .html"),
        (["magnets-2025", "--trade", "mine.csv"], "brings its own world"),
        (["magnets-2025", "--sigma", "-1"], "sigma must be between 0 and 100"),
        (["uranium-niger-2023", "-o", "x.html"], "this one is yearly"),
        (["-o", "x.html"], "name one"),
        (["--events", "events_dev", "--episode", "a.yaml", "--observed", "b.csv"], "--events goes with --prices"),
    ],
)
def test_what_does_not_go_together_is_refused(arguments, says):
    with pytest.raises(InputError, match=says):
        CliRunner().invoke(backtest, arguments, catch_exceptions=False)


def test_the_help_names_every_episode():
    text = invoke(backtest, "--help")
    assert all(episode.name in text for episode in (*episodes(), *monthly_episodes()))


def test_the_commands_load_no_heavy_library_before_they_run():
    heavy = "{'pandas', 'scipy', 'rich'} & set(sys.modules)"
    code = f"import sys, supplysim.cli.backtest, supplysim.cli.indicators; print({heavy})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def test_a_wrong_table_is_an_input_error_with_its_line(write):
    path = str(write([("990000", 2019, "AAA", "XXX", -1, 2)]))
    with pytest.raises(InputError, match=r"trade\.csv:2: value_kusd must not be negative"):
        CliRunner().invoke(backtest, ["--trade", path], catch_exceptions=False)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["261100", "--code", "5"], "--code 5: 261100 is a code of the shipped table itself"),
        (["261100", "--product", "tungsten.apt"], "--product names what -o writes"),
        (["261100", "--product", "a.b\nevents: {}", "-o", "x.yaml"], "must read mineral.stage"),
    ],
)
def test_an_option_of_calibrate_that_would_say_nothing_is_refused(arguments, says):
    with pytest.raises(InputError, match=says):
        CliRunner().invoke(calibrate, arguments, catch_exceptions=False)


def test_files_that_cannot_be_written_are_said_in_one_line(table, tmp_path, monkeypatch):
    monkeypatch.setattr("supplysim.history.report.page", lambda _: "the whole page takes a minute")
    (tmp_path / "file").write_text("", encoding="utf-8")
    where = str(tmp_path / "file" / "out")
    for command, arguments in (
        (backtest, ["--trade", table, "--write-docs", where]),
        (backtest, ["magnets-2025", "-o", f"{where}.html"]),
        (calibrate, [table, "-o", where, "--product", "cobalt.refined"]),
    ):
        with pytest.raises(InputError, match=r"cannot write .*file.out"):
            CliRunner().invoke(command, arguments, catch_exceptions=False)


def test_calibrate_prints_a_table_or_a_document_and_writes_a_scenario(table, tmp_path):
    output = str(tmp_path / "fitted.yaml")
    text = invoke(calibrate, table, "--split", "2018", "-o", output, "--product", "cobalt.refined")
    assert "flow error, out of sample" in text
    assert (
        "sigma"
        in yaml.safe_load((tmp_path / "fitted.yaml").read_text(encoding="utf-8"))["minerals"]["cobalt"]["refined"][
            "trade"
        ]
    )
    document = json.loads(invoke(calibrate, table, "--json"))
    assert {"fitted", "prior", "fitted_out", "prior_out"} <= set(document)
