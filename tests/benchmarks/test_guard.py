"""The engine is no more than a quarter slower than recorded, and a slowdown of 40 % would be noticed."""

from __future__ import annotations

import time

from benchmarks.guard import ALLOWED, RECORDED, ratio, slower, workload

from supplysim.engine.market import Solver


def test_the_engine_is_as_fast_as_recorded():
    measured = ratio()
    assert not slower(measured), f"{measured:.2f} x the yardstick, recorded were {RECORDED}"


def test_a_planted_slowdown_of_forty_percent_trips_the_guard(monkeypatch):
    """Every market takes as much longer as makes the whole run 40 % slower."""
    task = workload()
    task()
    start = time.process_time()
    task()
    whole = time.process_time() - start
    markets, plain = 13 * 6, Solver.solve
    base = ratio(task)
    monkeypatch.setattr(Solver, "solve", padded(plain, 0.4 * whole / markets))
    assert ratio(task) > ALLOWED * base


def padded(plain, seconds):
    """A solver that burns so many seconds of CPU more in every market."""

    def solve(solver, *prices):
        done = plain(solver, *prices)
        until = time.process_time() + seconds
        while time.process_time() < until:
            pass
        return done

    return solve
