"""A worker's piece is what a run computes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from supplysim.batch.block import compute as block
from supplysim.web import work
from supplysim.web.work import METRICS, Failure, Piece, Task, compute, do
from supplysim.world import load as load_world


def task(source: Path, variant: str = "scenario", *overrides: str, first: int = 0, count: int = 4) -> Task:
    return Task(str(source), overrides, 12, 8, "rare_earths", variant, first, count, 0, 0)  # type: ignore[arg-type]


@pytest.mark.parametrize("variant", ["baseline", "scenario"])
def test_a_piece_has_the_numbers_of_a_run(halt: Path, variant: str) -> None:
    scenario = work.asked_for(str(halt), (), 12, 8)
    whole = block(load_world(), scenario, 0, 8, traced=True)
    parts = [compute(task(halt, variant, first=first)) for first in (0, 4)]
    for key, values in whole.metrics[variant].items():
        if key.metric in METRICS:
            found = np.concatenate([part.metrics[key] for part in parts])
            np.testing.assert_allclose(found, values, rtol=1e-9, atol=1e-12)
    for product, trace in whole.traces[variant].items():
        prices = np.concatenate([part.traces[product].monthly["price"] for part in parts], axis=1)
        np.testing.assert_allclose(prices, trace.monthly["price"], rtol=1e-9)


def test_a_superseded_task_is_not_begun(halt: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(work, "_tickets", [1])
    assert do(task(halt)) is None
    monkeypatch.setattr(work, "_tickets", [0])
    assert isinstance(do(task(halt)), Piece)


def test_a_fault_comes_back_as_the_command_line_tells_it(halt: Path) -> None:
    found = do(task(halt, "scenario", "events.halt.starts=2031-01"))
    assert isinstance(found, Failure)
    assert [fault.place for fault in found.faults] == ["--set"]
    assert "after the horizon" in found.faults[0].message
