"""The best cells of a sweep, and what an operator's scripts read: exit codes, logs, the environment."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner

from supplysim.batch.plan import Plan
from supplysim.batch.sweep import Options, sweep
from supplysim.cli import cli
from supplysim.errors import InputError
from supplysim.results.best import best_cells
from supplysim.scenario import load

TEXT = """
format: 1
title: A ban on antimony
horizon: {start: 2026-01, months: 6}
scope: [antimony]
consumers: [USA]
events:
  halt: {kind: export_ban, product: antimony.metal, from: CHN, to: [USA, EU27], starts: 2026-02, lasts: 3 months,
         severity: 100%}
sweep:
  severity: {events.halt.severity: [100%, 20%, 60%]}
draws: 4
"""
METRIC = "unmet_demand_t antimony.metal USA"


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("scenario") / "ban.yaml"
    path.write_text(TEXT, encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def finished(file: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return sweep(Plan(load(file), 4), tmp_path_factory.mktemp("results")).folder


def test_the_mildest_ban_is_best_by_what_is_short(finished: Path) -> None:
    key, cells = best_cells(finished, METRIC)
    assert (key.metric, [cell.label for cell in cells]) == (
        "unmet_demand_t", ["severity=20%", "severity=60%", "severity=100%"]
    )  # fmt: skip
    assert [cell.cell for cell in best_cells(finished, METRIC, worst=True)[1]] == [0, 2, 1]
    draws = pd.read_parquet(finished / "cells/0001/draws.parquet")[f"scenario|{key.column()}"]
    assert (cells[0].median, cells[0].n) == (draws.median(), 4)


def test_more_months_to_survive_are_better(finished: Path) -> None:
    _, cells = best_cells(finished, "n1_coverage antimony.metal USA")
    assert [cell.median for cell in cells] == sorted((cell.median for cell in cells), reverse=True)


def test_a_misspelt_metric_is_told(finished: Path) -> None:
    with pytest.raises(InputError, match="did you mean 'n1_coverage'"):
        best_cells(finished, "n1_coverge antimony.metal USA")


def test_best_prints_a_table_and_json(finished: Path) -> None:
    said = CliRunner().invoke(cli, ["best", str(finished), "--by", METRIC, "--top", "2"])
    assert said.exit_code == 0
    assert [line.split()[2] for line in said.output.splitlines()[2:4]] == ["severity=20%", "severity=60%"]
    assert "1 more cells" in said.output
    document = json.loads(CliRunner().invoke(cli, ["best", str(finished), "--by", METRIC, "--json"]).output)
    assert document["cells"][0]["settings"] == {"events.halt.severity": "20%"}
    assert set(document["cells"][0]) >= {"p5", "p50", "p95", "n", "n_failed"}


def test_status_ends_with_three_while_work_is_left(file: Path, finished: Path, tmp_path: Path) -> None:
    half = sweep(Plan(load(file), 4), tmp_path, Options(part=(1, 2))).folder
    assert [CliRunner().invoke(cli, ["status", str(run)]).exit_code for run in (half, finished)] == [3, 0]


def test_log_lines_have_their_time_or_are_json(file: Path, tmp_path: Path) -> None:
    words = ["sweep", str(file), "--draws", "2", "--results"]
    plain = CliRunner().invoke(cli, [*words, str(tmp_path / "a")]).stderr.splitlines()
    assert plain[-1][:11].count("-") == 2
    assert "Z ban: 6 of 6 draws" in plain[-1]
    lines = CliRunner().invoke(cli, [*words, str(tmp_path / "b"), "--log-json"]).stderr.splitlines()
    last = [json.loads(line) for line in lines][-1]
    assert (last["level"], last["sweep"], last["done"], last["draws"], last["failed"]) == ("info", "ban", 6, 6, 0)


def test_defaults_of_options_come_from_the_environment(file: Path, tmp_path: Path) -> None:
    environment = {"SUPPLYSIM_SWEEP_DRAWS": "2", "SUPPLYSIM_SWEEP_RESULTS": str(tmp_path)}
    said = CliRunner().invoke(cli, ["sweep", str(file), "--json"], env=environment)
    document = json.loads(said.stdout)
    assert (document["draws"], Path(document["run"]).parents[1]) == (6, tmp_path)


def test_the_manifest_has_the_command_that_was_typed(file: Path, tmp_path: Path) -> None:
    from supplysim.cli import main

    words = ["sweep", str(file), "--draws", "2", "--results", str(tmp_path), "--block", "1"]
    with pytest.raises(SystemExit):
        main(words)
    (manifest,) = (json.loads(path.read_text(encoding="utf-8")) for path in (tmp_path / "ban").glob("*/manifest.json"))
    assert manifest["command"] == " ".join(["supplysim", *words])
