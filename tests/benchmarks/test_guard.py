"""The engine does no more work than recorded, and half as much again would be noticed."""

from __future__ import annotations

from benchmarks.guard import CALLS, STEPS, Effort, effort

from supplysim.engine.market import Solver


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
