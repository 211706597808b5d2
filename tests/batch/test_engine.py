"""The choice of engine, and that both engines give the same results on shipped scenarios."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from supplysim.batch import engine
from supplysim.batch.block import compute
from supplysim.batch.engine import PAYS_FROM, engine_for
from supplysim.batch.plan import plan_of
from supplysim.batch.sweep import Options, reopened, sweep
from supplysim.errors import InputError
from supplysim.results.folder import run_hash
from supplysim.scenario import load
from supplysim.world import load as load_world


@pytest.mark.parametrize("name", ["china-ree-halt-with-c5", "combined-stress", "two-bloc-world"])
def test_both_engines_agree_on_shipped_scenarios(name):
    pytest.importorskip("numba")
    scenario = replace(load(name), months=30, draws=3)
    world = load_world(scenario.world)
    plain, fast = (compute(world, scenario, 0, 3, traced=False, engine=which) for which in ("numpy", "numba"))
    for variant, metrics in plain.metrics.items():
        for key, values in metrics.items():
            scale = 1.0 if key.metric != "unmet_demand_t" else max(float(np.nanmax(np.abs(values))), 1.0)
            np.testing.assert_allclose(
                fast.metrics[variant][key], values, rtol=1e-9, atol=1e-9 * scale, err_msg=f"{variant} {key}"
            )


def test_auto_takes_numba_where_a_run_is_long(monkeypatch):
    short, long = (replace(load("baseline"), months=10, draws=draws) for draws in (1, PAYS_FROM // 10))
    monkeypatch.setattr(engine, "find_spec", lambda _: object())
    assert (engine_for("auto", short), engine_for("auto", long), engine_for("numpy", long)) == (
        "numpy",
        "numba",
        "numpy",
    )
    monkeypatch.setattr(engine, "find_spec", lambda _: None)
    assert engine_for("auto", long) == "numpy"
    with pytest.raises(InputError, match=r"supplysim\[fast\]"):
        engine_for("numba", long)


def test_runs_of_two_engines_are_two_runs():
    scenario = load("baseline")
    assert run_hash(scenario) == run_hash(scenario, "numpy") != run_hash(scenario, "numba")


def test_a_sweep_by_numba_is_found_again_gone_on_with_and_verified(halt, tmp_path):
    """Its bytes differ from NumPy's in the last bits, so it has a folder of its own, whose name tells the engine."""
    pytest.importorskip("numba")
    scenario = load(halt)
    half = sweep(plan_of(scenario, 2, "numba"), tmp_path, Options(part=(1, 2)))
    assert half.state == "unfinished"
    plan = reopened(half.folder)
    assert plan.engine == "numba"
    done = sweep(plan, tmp_path)
    assert done.state == "finished"
    assert reopened(done.folder).engine == "numba"
    assert done.folder != sweep(plan_of(scenario), tmp_path).folder
    whole = sweep(plan_of(scenario, 64, "numba"), tmp_path / "other").folder
    assert (whole / "cells/0000/draws.parquet").read_bytes() == (done.folder / "cells/0000/draws.parquet").read_bytes()
