"""A piece is what a run computes, and ends when nobody waits for it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from threading import Event
from typing import Any

import numpy as np
import pytest

from supplysim.batch.block import compute as block
from supplysim.errors import SolverError
from supplysim.web import work
from supplysim.web.parts import narrowed
from supplysim.web.work import METRICS, Failure, Piece, Task, compute, do
from supplysim.world import load as load_world


def task(source: Path, variant: str = "scenario", *overrides: str, first: int = 0, count: int = 4) -> Task:
    scenario = narrowed(work.asked_for(str(source), overrides, 12, 8), "rare_earths")
    return Task(scenario, "rare_earths", variant, first, count)  # type: ignore[arg-type]


@pytest.mark.parametrize("variant", ["baseline", "scenario"])
def test_a_piece_has_the_numbers_of_a_run(halt: Path, variant: str) -> None:
    scenario = work.asked_for(str(halt), (), 12, 8)
    whole = block(load_world(), scenario, 0, 8, traced=True)
    parts = [compute(task(halt, variant, first=first), Event()) for first in (0, 4)]
    for key, values in whole.metrics[variant].items():
        if key.metric in METRICS:
            found = np.concatenate([part.metrics[key] for part in parts])
            # a shortage of next to nothing is the difference of flows that either engine has to 1e-10
            np.testing.assert_allclose(found, values, rtol=1e-8, atol=1e-10)
    for product, trace in whole.traces[variant].items():
        prices = np.concatenate([part.traces[product].monthly["price"] for part in parts], axis=1)
        np.testing.assert_allclose(prices, trace.monthly["price"], rtol=1e-9)


def test_a_task_ends_in_the_month_in_which_nobody_waits_for_it_any_more(
    halt: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, stop, plain = [], Event(), work.simulate

    def simulate(chain: Any, watch: Any, engine: str, month_begins: Any) -> Any:
        def told(month: int) -> None:
            begun.append(month)
            if month == 3:
                stop.set()
            month_begins(month)

        return plain(chain, watch, "numpy", told)

    monkeypatch.setattr(work, "simulate", simulate)
    assert do(task(halt), stop) is None
    assert begun == [0, 1, 2, 3]
    assert do(task(halt), stop) is None
    assert begun == [0, 1, 2, 3]
    assert isinstance(do(task(halt), Event()), Piece)


def test_a_piece_without_months_has_the_same_metrics_and_costs_little(halt: Path) -> None:
    whole, slim = (compute(replace(task(halt), months_kept=kept), Event()) for kept in (True, False))
    assert whole.metrics.keys() == slim.metrics.keys()
    assert all(values.tobytes() == slim.metrics[key].tobytes() for key, values in whole.metrics.items())
    assert 0 < slim.bytes < whole.bytes / 10


def test_a_report_may_be_stopped_before_its_draws_are_done(halt: Path, tmp_path: Path) -> None:
    stop = Event()
    stop.set()
    with pytest.raises(work.Stopped):
        work.report(str(halt), (), tmp_path / "results", stop)
    assert not (tmp_path / "results").exists()


def test_a_failed_run_comes_back_in_words(halt: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object) -> None:
        raise SolverError("draw 2 did not clear")

    monkeypatch.setattr(work, "simulate", fails)
    assert do(task(halt), Event()) == Failure(message="The run failed: draw 2 did not clear")


def test_a_fault_that_the_world_alone_can_tell_comes_back_with_its_place(tmp_path: Path) -> None:
    path = tmp_path / "greedy.yaml"
    path.write_text(
        "format: 1\ntitle: x\ncontracts:\n"
        "  greedy: {kind: take_or_pay, product: tungsten.concentrate, from: RUS, to: USA, volume: 900 kt/yr,\n"
        "           starts: 2027-01}\n",
        encoding="utf-8",
    )
    scenario = narrowed(work.asked_for(str(path), (), 24, 2), "tungsten")
    found = do(Task(scenario, "tungsten", "scenario", 0, 2), Event())
    assert isinstance(found, Failure)
    assert "more than RUS can ever make" in found.faults[0].message
    assert "greedy.yaml:4" in found.faults[0].place


def test_a_short_look_ahead_leaves_a_year_of_what_is_counted(halt: Path) -> None:
    scenario = work.asked_for("in-force", (), 12, 2)
    assert scenario.report_from is not None
    assert scenario.months == scenario.report_from - scenario.start + 12
    assert work.asked_for(str(halt), (), 12, 2).months == 12
