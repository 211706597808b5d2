"""Takes a question, finds out what must be computed for it and has the workers compute it; the newest wins."""

from __future__ import annotations

import asyncio
import itertools
import multiprocessing
import os
from collections import OrderedDict
from collections.abc import Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from threading import Lock
from typing import Any

from supplysim.assembly.chain import Variant
from supplysim.errors import InputError, RunError
from supplysim.scenario import Scenario
from supplysim.web import work
from supplysim.web.asked import Asked
from supplysim.web.parts import key, narrowed
from supplysim.web.work import Failure, Outcome, Piece, Task

VARIANTS: tuple[Variant, ...] = ("baseline", "scenario")
MOST_WORKERS = 4
MOST_CLIENTS = 64
MOST_PIECES = 256
"""Pieces kept: about 1 MB each."""
SPLIT_FROM = 16
"""Draws from which a mineral's draws are split over the workers."""

Pieces = dict[tuple[str, Variant], tuple[Piece, ...]]
"""By mineral and variant, in the order of draws."""


class Superseded(Exception):  # noqa: N818 -- no mistake: a newer question of the same client has come
    """The client has asked something newer."""


class Desk:
    """A pool of warm workers and what they have found so far."""

    def __init__(self, workers: int = 0) -> None:
        self.workers = workers or max(1, min(os.cpu_count() or 1, MOST_WORKERS))
        self._context = multiprocessing.get_context("spawn")
        self._tickets = self._context.Array("q", MOST_CLIENTS, lock=False)
        self._slots: OrderedDict[str, int] = OrderedDict()
        self._found: OrderedDict[tuple[str, int, int], Piece] = OrderedDict()
        self._lock = Lock()
        self._pool: ProcessPoolExecutor | None = None

    def open(self) -> None:
        """Start the workers; they warm up while the page loads."""
        os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
        self._pool = ProcessPoolExecutor(
            self.workers, mp_context=self._context, initializer=work.start, initargs=(self._tickets,)
        )
        for k in range(self.workers):  # the pool starts a worker only when there is something to do
            self._pool.submit(work.ready, k)

    def close(self) -> None:
        """Stop the workers, whatever they are doing."""
        if self._pool is not None:
            processes = list((self._pool._processes or {}).values())
            self._pool.shutdown(wait=False, cancel_futures=True)
            for process in processes:
                process.terminate()
            for process in processes:
                process.join(5)
            self._pool = None

    async def ready(self) -> bool:
        """Whether a worker that is free now is warm."""
        return bool(await asyncio.wrap_future(self._submit(work.ready, 0)))

    async def pieces(self, asked: Asked, source: str, scenario: Scenario, minerals: Sequence[str]) -> Pieces:
        """Every piece of an answer, from memory or computed.

        Raises `Superseded` when a newer question of the same client has come, `InputError` or `RunError` as a run does.
        """
        slot = self._claim(asked)
        wanted = self._wanted(asked, scenario, minerals)
        tasks = {
            where: Task(source, asked.overrides, asked.months, asked.draws, mineral, variant, *where[1:], slot,
                        asked.ticket)
            for (mineral, variant), places in wanted.items()
            for where in places
            if where not in self._found
        }  # fmt: skip
        await self._compute(tasks)
        if not self._current(asked, slot):
            raise Superseded
        with self._lock:
            return {what: tuple(self._found[where] for where in places) for what, places in wanted.items()}

    def _wanted(
        self, asked: Asked, scenario: Scenario, minerals: Sequence[str]
    ) -> dict[tuple[str, Variant], list[tuple[str, int, int]]]:
        spans = self._spans(asked.draws)
        wanted: dict[tuple[str, Variant], list[tuple[str, int, int]]] = {}
        for mineral in minerals:
            own = narrowed(scenario, mineral)
            for variant in VARIANTS:
                name = f"{mineral} {key(own, variant)}"
                wanted[mineral, variant] = [(name, first, count) for first, count in spans]
        return wanted

    def _spans(self, draws: int) -> list[tuple[int, int]]:
        parts = self.workers if draws >= SPLIT_FROM else 1
        edges = [draws * k // parts for k in range(parts + 1)]
        return [(a, b - a) for a, b in itertools.pairwise(edges)]

    async def _compute(self, tasks: dict[tuple[str, int, int], Task]) -> None:
        futures = [self._submit(work.do, task) for task in tasks.values()]
        try:
            outcomes: list[Outcome] = await asyncio.gather(*(asyncio.wrap_future(f) for f in futures))
        except asyncio.CancelledError:
            for future in futures:
                future.cancel()
            raise
        except BrokenProcessPool:
            self.close()
            self.open()
            raise RunError("a worker of the page died and was started again; try once more") from None
        for where, outcome in zip(tasks, outcomes, strict=True):
            if outcome is None:
                raise Superseded
            if isinstance(outcome, Failure):
                raise InputError(outcome.faults) if outcome.faults else RunError(outcome.message)
            self._keep(where, outcome)

    async def do(self, function: Any, arguments: tuple[Any, ...]) -> Any:
        """Have a worker call a function of this package."""
        return await asyncio.wrap_future(self._submit(function, arguments))

    def _submit(self, function: Any, argument: Any) -> Future[Any]:
        if self._pool is None:
            raise RunError("the page is closing")
        return self._pool.submit(function, argument)

    def _keep(self, where: tuple[str, int, int], piece: Piece) -> None:
        with self._lock:
            self._found[where] = piece
            while len(self._found) > MOST_PIECES:
                self._found.popitem(last=False)

    def _claim(self, asked: Asked) -> int:
        """The client's slot, with this ticket as its latest. Raises `Superseded` for a ticket older than that."""
        with self._lock:
            if asked.client not in self._slots:
                free = len(self._slots)
                slot = free if free < MOST_CLIENTS else self._slots.popitem(last=False)[1]
                self._slots[asked.client] = slot
                self._tickets[slot] = 0
            self._slots.move_to_end(asked.client)
            slot = self._slots[asked.client]
            if asked.ticket < self._tickets[slot]:
                raise Superseded
            self._tickets[slot] = asked.ticket
            return slot

    def _current(self, asked: Asked, slot: int) -> bool:
        return self._slots.get(asked.client) == slot and self._tickets[slot] == asked.ticket
