"""The engine does no more work than recorded, and half as much again would be noticed."""

from __future__ import annotations

import pytest
from benchmarks import worlds
from benchmarks.guard import (
    ALLOWED,
    CALLS,
    COMPILED_STEPS,
    FOLDER_MB,
    NEVER,
    PAGE_MB,
    STEPS,
    Effort,
    compiled_steps,
    effort,
    imported,
    run_folder,
)

from supplysim.engine.solver import Solver


def test_the_engine_works_no_more_than_recorded():
    found = effort()
    assert not found.beyond(), f"{found}; recorded were {STEPS} steps and {CALLS} calls"


def test_a_market_solved_twice_trips_the_guard(monkeypatch):
    plain = Solver.solve

    def twice(solver, *prices):
        first = plain(solver, *prices)
        return first._replace(iterations=first.iterations + plain(solver, *prices).iterations)

    monkeypatch.setattr(Solver, "solve", twice)
    found = effort(draws=2, months=2)
    assert found.beyond()
    assert found.steps > 1.25 * STEPS
    assert found.calls > 1.25 * CALLS


def test_effort_counts_work_and_not_draws():
    assert effort(draws=8, months=2).calls < 1.1 * effort(draws=2, months=2).calls
    assert not Effort(STEPS, CALLS).beyond()


@pytest.mark.skipif(bool(worlds.NOT_COMPILED), reason="no compiled engine here")
def test_the_compiled_month_takes_no_more_steps_than_recorded_and_fewer_than_numpy():
    found = compiled_steps()
    assert found <= ALLOWED * COMPILED_STEPS
    assert found < STEPS


def test_a_run_without_a_page_imports_nothing_that_it_has_no_use_for(tmp_path):
    few = ("--set", "scope=[gallium]", "--set", "horizon.months=2", "--draws", "2", "--results", str(tmp_path))
    found = imported("run", "baseline", *few, "--no-report", "--json")
    assert {"supplysim.engine.run", "pyarrow"} <= found
    assert not found.intersection(NEVER)


def test_a_run_leaves_no_larger_a_folder_than_recorded(tmp_path):
    page, folder = run_folder(tmp_path)
    assert page < ALLOWED * PAGE_MB
    assert folder < ALLOWED * FOLDER_MB
