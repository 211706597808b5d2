"""kill -9 of a sweep at -j 2, driver or worker, at random moments, until it has ended; then another one."""

from __future__ import annotations

import random
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import psutil
from tests.stress.sweeps import bytes_of, only_folder, scenario_file, started

from supplysim.batch.engine import engine_for
from supplysim.batch.plan import Plan
from supplysim.batch.sweep import sweep
from supplysim.scenario import load

COUNT = 60
DRAWS = 60
LONGEST = 14.0
"""Seconds within which a kill falls, counted from a driver's start; about what a sweep takes on two quiet cores."""


def until_ended(file: Path, results: Path, chance: random.Random, killed: Counter[str], most: int) -> None:
    """Lives of a sweep, killed at random until there were `most` kills in all; the last one lives to its end."""
    while True:
        with started("sweep", file, "-j", 2, "--block", 1, "--results", results) as driver:
            while killed.total() < most and driver.poll() is None:
                until = time.monotonic() + chance.uniform(0.0, LONGEST)
                while time.monotonic() < until and driver.poll() is None:
                    time.sleep(0.005)
                if driver.poll() is None and kill_one(driver.pid, chance, killed) == "driver":
                    break
            if driver.poll() is None and killed.total() >= most:
                driver.communicate()
            if driver.wait() == 0:
                return


def kill_one(driver: int, chance: random.Random, killed: Counter[str]) -> str:
    """Kill the driver or one of its workers; which one it was."""
    try:
        workers = [child for child in psutil.Process(driver).children(recursive=True)
                   if "spawn_main" in " ".join(child.cmdline())]  # fmt: skip
        who = "worker" if workers and chance.random() < 0.6 else "driver"
        (chance.choice(workers) if who == "worker" else psutil.Process(driver)).kill()
    except psutil.NoSuchProcess:
        return "nobody"
    killed[who] += 1
    return who


def run(count: int, seed: int) -> bool:
    """Kill so many times; say how many sweeps that took and whether each has the bytes of one left alone."""
    chance, killed, same, sweeps = random.Random(seed), Counter[str](), 0, 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        file = scenario_file(folder, DRAWS)
        wanted = bytes_of(sweep(Plan(load(file), 64, engine_for("auto")), folder / "alone").folder)
        while killed.total() < count:
            results = folder / str(sweeps)
            until_ended(file, results, chance, killed, count)
            sweeps += 1
            same += bytes_of(only_folder(results)) == wanted
    kills = ", ".join(f"{number} of a {who}" for who, number in sorted(killed.items()))
    sys.stdout.write(f"{killed.total()} kills ({kills}) in {sweeps} sweeps: {same} of {sweeps} with the same bytes\n")
    return same == sweeps
