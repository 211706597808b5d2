"""Run as a program: sweeps a scenario in children that are killed at random moments, until one of them finishes.

`python lives.py FILE RESULTS SEED` prints how many were killed. Everything is imported once and each life is a fork,
so that a dozen of them take a few seconds.
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

LIFE = 0.9
"""Longest life in seconds: three times what a life needs before its first chunk."""


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


def main() -> None:
    """Lives until one finishes, each as long as chance has it."""
    file, results, seed = sys.argv[1:]
    chance = random.Random(int(seed))
    plan = Plan(load(file), 2)
    killed = 0
    while not live(plan, Path(results), chance.uniform(0.0, LIFE)):
        killed += 1
    sys.stdout.write(f"{killed}\n")


if __name__ == "__main__":
    main()
