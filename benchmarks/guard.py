"""Whether the engine has become slower: its CPU time against a yardstick of the same nature in the same process."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np

from benchmarks import worlds

RECORDED = 9.95
"""Engine over yardstick when it was last recorded: `python -c "from benchmarks.guard import ratio; print(ratio())"`."""
ALLOWED = 1.25
"""How much more than recorded fails."""
PAIRS = 7
"""Yardstick and engine take turns this often; the least time of each counts, as neighbours only ever add."""

Task = Callable[[], object]


def yardstick() -> object:
    """What the engine does most, without the engine: small matrix products and solves, exponentials, short calls."""
    random = np.random.default_rng(0)
    flows, prices = random.random((64, 15, 17)), random.random((64, 15))
    ones, total = np.ones(17), 0.0
    for _ in range(60):
        scaled = flows * np.exp(-prices)[:, :, None]
        matrix = np.matmul(scaled, flows.transpose(0, 2, 1)) + 20.0 * np.eye(15)
        step = np.linalg.solve(matrix, prices[:, :, None])[:, :, 0]
        total += float(np.abs(step).max(axis=1).sum() + np.matmul(scaled, ones).sum())
        total += sum(float(np.where(row > 0.5, row, 0.0).max()) for row in prices)
    return total


def workload() -> Task:
    """A fixed piece of engine work: the whole world under stress, 64 draws, 6 months, by NumPy."""
    world = worlds.assembled("combined-stress", 6, 64)
    return lambda: worlds.run(world, "numpy")


def ratio(work: Task | None = None) -> float:
    """Least CPU time of the engine's work over that of the yardstick, taken in turns."""
    task = work or workload()
    least = [float("inf"), float("inf")]
    for _ in range(PAIRS):
        for k, each in enumerate((yardstick, task)):
            start = time.process_time()
            each()
            least[k] = min(least[k], time.process_time() - start)
    return least[1] / least[0]


def slower(measured: float, recorded: float = RECORDED) -> bool:
    """Whether a ratio means that the engine has become slower than allowed."""
    return measured > ALLOWED * recorded
