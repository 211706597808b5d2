"""Takes a question, finds out what must be computed for it and has threads compute it; the newest wins.

All of it happens on the event loop but the computing itself. A piece that two questions need is computed once, and work
that no question waits for any more ends before its next month: nobody's connection leaves work behind.
"""

from __future__ import annotations

import asyncio
import itertools
import os
from collections import OrderedDict
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from threading import Event
from typing import Any, TypeVar

from starlette.concurrency import run_in_threadpool

from supplysim.assembly.chain import Variant
from supplysim.errors import InputError, RunError
from supplysim.scenario import Scenario
from supplysim.web import work
from supplysim.web.asked import Asked
from supplysim.web.parts import key, mates, narrowed
from supplysim.web.work import Failure, Outcome, Piece, Task

VARIANTS: tuple[Variant, ...] = ("baseline", "scenario")
MOST_THREADS = 4
MOST_CLIENTS = 256
"""Clients whose newest ticket is remembered."""
MOST_KEPT = 128 * 2**20
"""Bytes of pieces that are kept for the next question."""
LEAST_APART = 50
"""Draws that are worth a thread of their own where the engine lets threads run side by side: what does not depend on
the number of draws is done once for each part, by Python, which lets one thread run at a time."""

Where = tuple[str, int, int, bool]
"""What decides a piece: the hash of all that acts on it, its first draw, their number, and whether months are kept."""
Pieces = dict[tuple[str, Variant], tuple[Piece, ...]]
"""By mineral and variant, in the order of draws."""
Found = TypeVar("Found")


class Superseded(Exception):  # noqa: N818 -- no mistake: a newer question of the same client has come
    """The client has asked something newer."""


class Busy(Exception):  # noqa: N818 -- no mistake either: as much is under way as may be
    """As much is under way as may be, or the page is closing; come again."""


@dataclass
class Job:
    """A piece under way, and how many questions wait for it."""

    outcome: asyncio.Future[Outcome]
    stop: Event
    wanted: int = 0


@dataclass
class Turn:
    """A client's newest question; `over` when a newer one has come."""

    ticket: int
    over: asyncio.Event = field(default_factory=asyncio.Event)


class Kept:
    """Pieces of the last questions, as many as `room` bytes hold; those not asked for longest go first."""

    def __init__(self, room: int = MOST_KEPT) -> None:
        self.room = room
        self.bytes = 0
        self._found: OrderedDict[Where, Piece] = OrderedDict()

    def get(self, where: Where) -> Piece | None:
        """The piece, if it is still there. One with its months serves whoever asks for one without."""
        for place in (where, (*where[:3], True)):
            if place in self._found:
                self._found.move_to_end(place)
                return self._found[place]
        return None

    def add(self, where: Where, piece: Piece) -> None:
        """Keep a piece, at the cost of the oldest."""
        if where not in self._found:
            self._found[where] = piece
            self.bytes += piece.bytes
        while self.bytes > self.room:
            self.bytes -= self._found.popitem(last=False)[1].bytes


class Desk:
    """A few threads, what they are at, and what they have found so far."""

    def __init__(self, threads: int = 0) -> None:
        self.threads = threads or max(1, min(os.cpu_count() or 1, MOST_THREADS))
        self.kept = Kept()
        self.jobs: dict[Where, Job] = {}
        self._turns: OrderedDict[str, Turn] = OrderedDict()
        self._pool: ThreadPoolExecutor | None = None
        self._report: Event | None = None

    def open(self) -> None:
        """Start the threads; one loads the world while the page loads."""
        self._pool = ThreadPoolExecutor(self.threads, thread_name_prefix="piece")
        self._pool.submit(work.start)

    def close(self) -> None:
        """Have all work end."""
        for stop in [self._report, *(job.stop for job in self.jobs.values())]:
            if stop is not None:
                stop.set()
        if self._pool is not None:
            self._pool.shutdown(wait=False, cancel_futures=True)
            self._pool = None

    def ready(self) -> bool:
        """Whether everything that is loaded on first use has been."""
        return work.warm.is_set()

    async def pieces(self, asked: Asked, scenario: Scenario, minerals: Sequence[str]) -> Pieces:
        """Every piece of an answer, from memory or computed.

        Raises `Superseded` when a newer question of the same client has come, `InputError` or `RunError` as a run does.
        """
        turn = self._turn(asked)
        wanted = await run_in_threadpool(self._wanted, asked, scenario, minerals)
        tasks = {where: task for parts in wanted.values() for where, task in parts.items()}
        kept = {where: piece for where in tasks if (piece := self.kept.get(where)) is not None}
        found = kept | await self._computed({k: task for k, task in tasks.items() if k not in kept}, turn)
        return {what: tuple(found[where] for where in parts) for what, parts in wanted.items()}

    def _wanted(
        self, asked: Asked, scenario: Scenario, minerals: Sequence[str]
    ) -> dict[tuple[str, Variant], dict[Where, Task]]:
        wanted: dict[tuple[str, Variant], dict[Where, Task]] = {}
        months_kept = not asked.everything
        for mineral in minerals:
            own = narrowed(scenario, mineral)
            for variant in VARIANTS:
                name = f"{' '.join(mates(own, mineral))} {key(own, variant)}"
                wanted[mineral, variant] = {
                    (name, *span, months_kept): Task(own, mineral, variant, *span, months_kept)
                    for span in self._spans(asked.draws)
                }
        return wanted

    def _spans(self, draws: int) -> list[tuple[int, int]]:
        parts = max(1, min(self.threads, draws // LEAST_APART)) if work.side_by_side() else 1
        edges = [draws * k // parts for k in range(parts + 1)]
        return [(a, b - a) for a, b in itertools.pairwise(edges)]

    async def _computed(self, tasks: dict[Where, Task], turn: Turn) -> dict[Where, Piece]:
        """The pieces, as soon as all are there; what only this question waits for ends with it."""
        over = asyncio.ensure_future(turn.over.wait())
        jobs: dict[Where, Job] = {}
        try:
            for where, task in tasks.items():
                jobs[where] = self._join(where, task)
            found: dict[Where, Piece] = {}
            for where, job in jobs.items():
                ends: tuple[asyncio.Future[Any], ...] = (job.outcome, over)
                await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
                if turn.over.is_set():
                    raise Superseded
                found[where] = _piece(job.outcome.result())
            return found
        finally:
            over.cancel()
            for where, job in jobs.items():
                self._leave(where, job)

    def _join(self, where: Where, task: Task) -> Job:
        """Wait for a piece with those who do already, or have it begun."""
        job = self.jobs.get(where)
        if job is None:
            stop = Event()
            job = self.jobs[where] = Job(self._submit(lambda: work.do(task, stop)), stop)
            job.outcome.add_done_callback(lambda outcome: self._ended(where, outcome))
        job.wanted += 1
        return job

    def _leave(self, where: Where, job: Job) -> None:
        """Wait no longer. The last to leave has the work ended."""
        job.wanted -= 1
        if not job.wanted and not job.outcome.done():
            job.stop.set()
            del self.jobs[where]
            job.outcome.cancel()

    def _ended(self, where: Where, outcome: asyncio.Future[Outcome]) -> None:
        if where in self.jobs and self.jobs[where].outcome is outcome:
            del self.jobs[where]
        if not outcome.cancelled() and outcome.exception() is None and isinstance(piece := outcome.result(), Piece):
            self.kept.add(where, piece)

    @property
    def reporting(self) -> bool:
        """Whether a report is being made."""
        return self._report is not None

    async def report(self, function: Callable[[Event], Found]) -> Found:
        """Have a thread of its own make a report, one at a time; `function` is given what stops it.

        Raises `Busy` while another one is made.
        """
        if self._report is not None:
            raise Busy
        stop, pool = Event(), ThreadPoolExecutor(1, thread_name_prefix="report")
        self._report = stop
        made = asyncio.wrap_future(pool.submit(function, stop))
        try:
            return await asyncio.shield(made)
        finally:
            stop.set()
            pool.shutdown(wait=False)
            made.add_done_callback(self._reported)

    def _reported(self, made: asyncio.Future[Found]) -> None:
        self._report = None
        with suppress(asyncio.CancelledError):
            made.exception()

    def _submit(self, function: Callable[[], Outcome]) -> asyncio.Future[Outcome]:
        if self._pool is None:
            raise Busy
        return asyncio.wrap_future(self._pool.submit(function))

    def _turn(self, asked: Asked) -> Turn:
        """The client's turn, with this ticket as its newest. Raises `Superseded` for a ticket older than that."""
        turn = self._turns.get(asked.client)
        if turn is not None and asked.ticket < turn.ticket:
            raise Superseded
        if turn is None or asked.ticket > turn.ticket:
            if turn is not None:
                turn.over.set()
            turn = self._turns[asked.client] = Turn(asked.ticket)
        self._turns.move_to_end(asked.client)
        while len(self._turns) > MOST_CLIENTS:
            self._turns.popitem(last=False)
        return turn


def _piece(outcome: Outcome) -> Piece:
    """What was found. Raises what kept it from being found."""
    if isinstance(outcome, Failure):
        raise InputError(outcome.faults) if outcome.faults else RunError(outcome.message)
    if outcome is None:
        raise Busy
    return outcome
