"""What an answer hangs on, and when it goes wrong, asked of a finished run and of a sweep."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

HALT = """\
format: 1
title: China halts separated rare earths
scope: [rare_earths]
horizon: {start: 2026-01, months: 18}
events:
  halt:
    {kind: export_ban, product: rare_earths.separated, from: CHN, to: [USA, JPN], starts: 2026-04, lasts: 6 months}
draws: 96
"""
SWEPT = """
sweep:
  severity: {events.halt.severity: [50 %, 100 %]}
"""


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """A run and a sweep of the halt, made once."""
    from click.testing import CliRunner

    from supplysim.cli import cli

    where = tmp_path_factory.mktemp("runs")
    (where / "halt.yaml").write_text(HALT, encoding="utf-8")
    (where / "swept.yaml").write_text(HALT.replace("draws: 96", "draws: 40") + SWEPT, encoding="utf-8")
    for words in (["run", "halt.yaml", "--no-report"], ["sweep", "swept.yaml", "-j", "1"]):
        done = CliRunner().invoke(cli, [words[0], str(where / words[1]), *words[2:], "--results", str(where / "out")])
        assert done.exit_code == 0, done.output
    return {name: next((where / "out" / name).iterdir()) for name in ("halt", "swept")}


def test_the_answer_of_a_run_hangs_on_what_moves_it(supplysim, runs):
    done = supplysim("sensitivity", runs["halt"], "--json")
    said = json.loads(done.stdout)
    assert (said["n"], said["n_failed"]) == (96, 0)
    table = pd.read_csv(runs["halt"] / "drivers.csv")
    assert table["input"].iloc[-1] == "dummy"
    assert list(table["input"][:-1]) == [row["input"] for row in said["drivers"]]
    assert (runs["halt"] / "drivers.html").is_file()
    chain = ("minerals.rare_earths.", "minerals.heavy_rare_earths.")  # they share a plant: magnets with dysprosium
    assert all(path.startswith(chain) for path in table["input"][:-1] if path.startswith("minerals."))


def test_what_is_printed_is_what_the_document_says(supplysim, runs):
    said = json.loads(supplysim("sensitivity", runs["halt"], "--json").stdout)
    text = supplysim("sensitivity", runs["halt"]).stdout.splitlines()
    seen = [row for row in said["drivers"] if not row["below_noise"]]
    quiet = f"{len(said['drivers']) - len(seen)} of {len(said['drivers'])} inputs have no visible effect."
    assert text[1].startswith(quiet)
    rows = [line.split("  ")[0] for line in text if line.startswith(("minerals.", "model."))]
    assert rows == [row["input"] for row in said["drivers"]]
    for row, line in zip(said["drivers"], (line for line in text if line.startswith(("min", "mod"))), strict=True):
        assert f" {row['s1']['value']:.2f} ({row['s1']['low']:.2f} to {row['s1']['high']:.2f}) " in line
        assert line.endswith("no visible effect") is row["below_noise"]
    assert text[-1].startswith(f"A dummy input reaches {said['noise']:.3f} alone with 96 draws. ")


def test_shares_that_add_up_to_more_than_all_are_said_to_be_no_answer(supplysim, runs):
    """So few quasi-random draws of so many inputs make one look like another."""
    said = json.loads(supplysim("sensitivity", runs["halt"], "--json").stdout)
    together = sum(row["s1"]["value"] for row in said["drivers"] if not row["below_noise"])
    text = supplysim("sensitivity", runs["halt"]).stdout
    assert (f"come to {100 * together:.0f} %, more than all there is to explain" in text) is (together > 1.005)


def test_total_indices_stand_beside_and_correct_the_shares_alone(supplysim, runs):
    said = json.loads(supplysim("sensitivity", runs["halt"], "--design", "total", "--base", "16", "--json").stdout)
    table = pd.read_csv(runs["halt"] / "drivers.csv").set_index("input")
    for row in said["drivers"]:
        assert 0.0 <= row["st"]["low"] <= row["st"]["value"] <= row["st"]["high"]
        assert table.loc[row["input"], "st"] == pytest.approx(row["st"]["value"])
        assert row["below_noise"] or row["s1"]["low"] <= row["st"]["high"], "a part above its whole"
    most = max(said["drivers"], key=lambda row: row["st"]["value"])
    assert most["input"] == "minerals.rare_earths.separated.demand.elasticity"
    page = (runs["halt"] / "drivers.html").read_text(encoding="utf-8")
    assert "Each input with all others" in page
    assert f"has the largest total index, {most['st']['value']:.2f}" in page


def test_a_choice_of_a_sweep_stands_beside_natures_draws(supplysim, runs):
    metric = "peak_price_multiple rare_earths.separated JPN"
    said = json.loads(supplysim("sensitivity", runs["swept"], "--of", metric, "--json").stdout)
    assert said["drivers"][0]["input"] == "events.halt.severity"
    assert said["drivers"][0]["unit"] == "%"


def test_what_comes_true_and_what_a_cell_names_are_told_by_words(supplysim, tmp_path):
    """An event that may happen is a yes or no among the inputs, a list of exporters the text of its cell."""
    text = HALT.replace("starts:", "probability: 50 %, starts:").replace("rare_earths.separated", "tungsten.apt")
    text = text.replace("scope: [rare_earths]", "scope: [tungsten]").replace("draws: 96", "draws: 32")
    (tmp_path / "may.yaml").write_text(
        text + "\nsweep: {who: {events.halt.from: [CHN, [CHN, RUS]]}}\n", encoding="utf-8"
    )
    supplysim("sweep", "may.yaml", "-j", "1", "--results", "out")
    (folder,) = (tmp_path / "out" / "may").iterdir()
    metric = "peak_price_multiple tungsten.apt USA"
    said = json.loads(supplysim("sensitivity", folder, "--of", metric, "--json").stdout)
    rows = {row["input"]: row for row in said["drivers"]}
    assert said["drivers"][0]["input"] == "events.halt.probability.happens"
    assert rows["events.halt.from"]["below_noise"], "Russia sells the United States none"
    draws = pd.concat(pd.read_parquet(cell / "draws.parquet") for cell in sorted((folder / "cells").iterdir()))
    column = f"scenario|{metric.replace(' ', '|')}"
    level = float(draws[column].quantile(0.5))
    text = supplysim("discover", folder, f"{metric} > {level:.4f} x", "--boxes", "1").stdout
    assert "events.halt.probability.happens  yes" in text
    happened = draws["input|events.halt.probability.happens"] < 0.5
    assert not (draws[column] > level)[~happened].any()


@pytest.mark.parametrize(
    "words",
    [
        ("sensitivity", "."),
        ("discover", ".", "short_t > 3 t"),
        ("best", ".", "--by", "short_t"),
        ("compare", "."),
        ("export", ".", "--iamc", "x.csv"),
        ("report", "."),
    ],
    ids=lambda words: words[0],
)
def test_a_sweep_that_is_not_done_or_has_no_draws_is_not_asked(supplysim, runs, tmp_path, words):
    manifest = json.loads((runs["swept"] / "manifest.json").read_text(encoding="utf-8"))
    (tmp_path / "manifest.json").write_text(json.dumps({**manifest, "state": "running"}), encoding="utf-8")
    said = supplysim(*words, expect=2).stderr.splitlines()
    assert said[0] in (". is not finished", ". is not the folder of a finished sweep")
    (tmp_path / "manifest.json").write_text(json.dumps({**manifest, "cells": []}), encoding="utf-8")
    if words[0] not in ("export", "report", "compare"):
        assert "has draws\n" in (told := supplysim(*words, expect=2).stderr) or "has no draws\n" in told
    assert not [path for path in tmp_path.iterdir() if path.name != "manifest.json"]


def test_a_box_says_in_which_futures_the_price_runs_away(supplysim, runs):
    draws = pd.read_parquet(runs["halt"] / "draws.parquet")
    column = "peak_price_multiple|rare_earths.separated|JPN"
    level = float(draws[f"scenario|{column}"].quantile(0.6))
    condition = f"{column.replace('|', ' ')} > {level:.4f} x"
    said = json.loads(supplysim("discover", runs["halt"], condition, "--json").stdout)
    assert said["n_bad"] == int((draws[f"scenario|{column}"] > level).sum()) or abs(said["n_bad"] - 38) <= 1
    assert said["boxes"]
    boxes = pd.read_csv(runs["halt"] / "boxes.csv")
    assert boxes["coverage"].iloc[0] == pytest.approx(said["boxes"][0]["coverage"])
    assert Path(runs["halt"] / "peeling.csv").is_file()
    text = supplysim("discover", runs["halt"], condition).stdout
    assert "of the futures with peak price (inner band) of separated rare earths in Japan above" in text


def test_a_question_without_an_answer_is_told_in_one_line(supplysim, runs):
    for words, said in (
        (("discover", runs["halt"], "no_such_metric rare_earths.magnets USA > 10 %"), "is no metric"),
        (("discover", runs["halt"], "peak_price_multiple rare_earths.separated JPN > 900 x"), "runs from"),
        (("sensitivity", runs["halt"], "--of", "peak_price_multiple rare_earths.separated"), "say which region"),
        (("discover", runs["halt"], "short_t > 3 t", "--peel", "nan"), "no number that can be reckoned with"),
        (("sensitivity", runs["halt"], "--design", "total", "--base", "20"), "a power of two"),
    ):
        assert said in supplysim(*words, expect=2).stderr
