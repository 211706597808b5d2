"""Run as a program: sweeps a scenario in children that are killed at random moments, until one of them finishes.

`python lives.py FILE RESULTS SEED` prints the folder and how many lives it took. Lives get longer, so that a busy
machine comes to an end too; should fewer than ten be enough, another sweep with shorter lives is made. Everything is
imported once and each life is a fork, so that a dozen of them take a few seconds.
"""

from __future__ import annotations

import os
import random
import signal
import sys
import time
from pathlib import Path

import pandas  # noqa: F401 -- paid for once, not in every life
import pyarrow.parquet  # noqa: F401
from scipy.stats import qmc  # noqa: F401

from supplysim.batch.plan import Plan
from supplysim.batch.sweep import sweep
from supplysim.scenario import load

ENOUGH = 10
"""Kills in one sweep."""
FIRST, LONGER = 0.5, 1.08
"""Longest first life in seconds, about what a life needs before its first chunk, and by what each next is longer."""


def live(plan: Plan, results: Path, seconds: float) -> bool:
    """One life, killed after some seconds; whether it came to its end before."""
    child = os.fork()
    if child == 0:
        sweep(plan, results)
        os._exit(0)
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if os.waitpid(child, os.WNOHANG)[0]:
            return True
        time.sleep(0.002)
    os.kill(child, signal.SIGKILL)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def until_done(plan: Plan, results: Path, chance: random.Random, longest: float) -> int:
    """Lives until one finishes, each as long as chance has it; returns how many were killed."""
    killed = 0
    while not live(plan, results, chance.uniform(0.0, longest * LONGER**killed)):
        killed += 1
    return killed


def main() -> None:
    """Sweeps until one of them took enough lives."""
    file, results, seed = sys.argv[1:]
    chance, plan = random.Random(int(seed)), Plan(load(file), 2)
    for attempt in range(8):
        where = Path(results) / str(attempt)
        killed = until_done(plan, where, chance, FIRST / 2**attempt)
        if killed >= ENOUGH:
            sys.stdout.write(f"{plan.folder(where)}\n{killed}\n")
            return


if __name__ == "__main__":
    main()
