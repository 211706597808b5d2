"""The choice of engine."""

from __future__ import annotations

from pathlib import Path

import pytest

from supplysim.batch import engine
from supplysim.batch.engine import engine_for
from supplysim.batch.execute import execute, saving
from supplysim.batch.plan import Plan
from supplysim.batch.sweep import sweep
from supplysim.engine.native import months
from supplysim.engine.native.library import library
from supplysim.errors import InputError
from supplysim.results.folder import read_manifest, run_hash
from supplysim.scenario import load


def test_auto_takes_the_compiled_month_wherever_it_is(monkeypatch):
    monkeypatch.setattr(engine, "library", lambda: Path("month.so"))
    assert [engine_for(asked) for asked in engine.ENGINES] == ["compiled", "numpy", "compiled"]


def test_without_it_numpy_does_the_work_and_asking_for_it_says_why_not(monkeypatch):
    monkeypatch.setattr(engine, "library", lambda: None)
    assert engine_for("auto") == "numpy"
    with pytest.raises(InputError, match="without a C\\+\\+ compiler"):
        engine_for("compiled")


def test_an_install_says_which_engine_it_has(monkeypatch):
    monkeypatch.setattr(engine, "library", lambda: Path("month.so"))
    monkeypatch.setattr(engine, "level", lambda: "avx2")
    assert engine.described() == "engine: compiled (avx2), NumPy as its reference"
    monkeypatch.setattr(engine, "library", lambda: None)
    assert engine.described().startswith("engine: NumPy (no compiled engine here")


def test_runs_of_two_engines_are_two_runs():
    scenario = load("baseline")
    assert run_hash(scenario) == run_hash(scenario, "numpy") != run_hash(scenario, "compiled")


@pytest.mark.skipif(library() is None, reason="no compiled engine here")
def test_a_manifest_says_what_the_compiled_month_left_to_numpy_and_why(monkeypatch, tmp_path):
    scenario = load("baseline", ["scope=[tungsten]", "draws=2", "horizon.months=2"])
    why = "Rules.kappa is not in the compiled month"
    left = dict.fromkeys(("tungsten.concentrate", "tungsten.apt"), why)
    monkeypatch.setattr(months, "RULE_FIELDS", months.RULE_FIELDS - {"kappa"})
    with saving(execute(scenario, engine="compiled"), tmp_path / "run", "supplysim run baseline") as (folder, _):
        pass
    assert read_manifest(folder)["left_to_numpy"] == left
    swept = sweep(Plan(scenario, 1, engine="compiled"), tmp_path / "sweep").folder
    assert read_manifest(swept)["cells"][0]["left_to_numpy"] == left
    monkeypatch.undo()
    with saving(execute(scenario, engine="compiled"), tmp_path / "again", "supplysim run baseline") as (folder, _):
        pass
    assert "left_to_numpy" not in read_manifest(folder)
