"""The desk: a piece is computed once for all who wait for it, and ends when nobody does."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from tests.loop import run
from tests.patience import HANG

from supplysim.errors import InputError, RunError
from supplysim.web import work
from supplysim.web.asked import Asked
from supplysim.web.desk import Busy, Desk, Kept, Superseded
from supplysim.web.work import Failure, Piece, Task


@pytest.fixture
def pieces(halt: Path) -> Callable[..., Any]:
    """Ask a desk for the pieces of a small scenario."""
    scenario = work.asked_for(str(halt), (), 12, 4)

    def ask(desk: Desk, **asked: Any) -> Any:
        return desk.pieces(Asked("halt", {}, draws=4, months=12, **asked), scenario, ("rare_earths",))

    return ask


@pytest.fixture
def desk(monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    """An open desk of two threads."""
    monkeypatch.setattr(work, "start", lambda: None)
    opened = Desk(threads=2)
    opened.open()
    yield opened
    opened.close()


class Slow:
    """Stands in for the computing: each task takes until it is stopped, or let go."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, outcome: Any = None) -> None:
        self.begun: list[Task] = []
        self.stopped: list[Task] = []
        self.let_go = Event()
        self.outcome = outcome or Piece({}, {}, {}, {})
        monkeypatch.setattr(work, "do", self.do)

    def do(self, task: Task, stop: Event) -> Any:
        self.begun.append(task)
        while not self.let_go.wait(0.005):
            if stop.is_set():
                self.stopped.append(task)
                return None
        return self.outcome


async def until(met: Callable[[], bool]) -> None:
    """Wait until something holds."""
    async with asyncio.timeout(HANG):
        while not met():
            await asyncio.sleep(0.005)


def test_what_two_ask_for_is_computed_once_and_kept(desk: Desk, pieces: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    slow = Slow(monkeypatch)

    async def story() -> None:
        asking = [asyncio.ensure_future(pieces(desk, client=name)) for name in ("a", "b")]
        await until(lambda: len(desk.jobs) == 2 and all(job.wanted == 2 for job in desk.jobs.values()))
        slow.let_go.set()
        first, second = await asyncio.gather(*asking)
        assert first == second == await pieces(desk)

    run(story())
    assert sorted(task.variant for task in slow.begun) == ["baseline", "scenario"]
    assert not desk.jobs


def test_work_ends_with_the_last_who_waits_for_it(desk: Desk, pieces: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    slow = Slow(monkeypatch)

    async def story() -> None:
        first, second = (asyncio.ensure_future(pieces(desk, client=name)) for name in ("a", "b"))
        await until(lambda: len(slow.begun) == 2 and all(job.wanted == 2 for job in desk.jobs.values()))
        first.cancel()
        await asyncio.gather(first, return_exceptions=True)
        assert not slow.stopped
        second.cancel()
        await until(lambda: len(slow.stopped) == 2)
        assert not desk.jobs

    run(story())


def test_a_newer_question_ends_the_work_of_the_older_one(
    desk: Desk, pieces: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow = Slow(monkeypatch)

    async def story() -> None:
        older = asyncio.ensure_future(pieces(desk, ticket=1))
        await until(lambda: len(slow.begun) == 2)
        newer = asyncio.ensure_future(pieces(desk, ticket=2, everything=True))
        with pytest.raises(Superseded):
            await older
        await until(lambda: len(slow.begun) == 4)
        assert len(slow.stopped) == 2
        slow.let_go.set()
        assert await newer
        with pytest.raises(Superseded):
            await pieces(desk, ticket=1)

    run(story())


@pytest.mark.parametrize(
    ("outcome", "error"), [(Failure(InputError("no").faults), InputError), (Failure(message="no"), RunError)]
)
def test_what_went_wrong_is_told(
    desk: Desk, pieces: Any, monkeypatch: pytest.MonkeyPatch, outcome: Failure, error: type[Exception]
) -> None:
    Slow(monkeypatch, outcome).let_go.set()
    with pytest.raises(error, match="no"):
        run(pieces(desk))


def test_one_report_at_a_time_and_it_is_told_to_stop_when_nobody_waits(desk: Desk) -> None:
    told: list[Event] = []

    def make(stop: Event) -> str:
        told.append(stop)
        stop.wait(HANG)
        return "a report"

    async def story() -> None:
        first = asyncio.ensure_future(desk.report(make))
        await until(lambda: bool(told))
        with pytest.raises(Busy):
            await desk.report(make)
        first.cancel()
        await asyncio.gather(first, return_exceptions=True)
        assert told[0].is_set()
        await until(lambda: not desk.reporting)
        assert await desk.report(lambda _: "another") == "another"

    run(story())


def test_a_closed_desk_takes_nothing(desk: Desk, pieces: Any) -> None:
    desk.close()
    with pytest.raises(Busy):
        run(pieces(desk))


def test_pieces_are_kept_within_their_room_and_the_oldest_go(halt: Path) -> None:
    scenario = work.asked_for(str(halt), (), 12, 4)
    piece = work.compute(Task(scenario, "rare_earths", "baseline", 0, 2), Event())
    kept = Kept(room=3 * piece.bytes)
    for k in range(4):
        kept.add((f"{k}", 0, 2, True), piece)
        assert kept.get(("0", 0, 2, False)) is piece  # one with its months serves who wants none
    assert kept.bytes == 3 * piece.bytes
    assert kept.get(("1", 0, 2, True)) is None
    assert kept.get(("0", 0, 2, True)) is piece  # asked for in between
