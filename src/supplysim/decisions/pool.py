"""Work shared among processes of this machine, given back in order: how many there are changes no byte."""

from __future__ import annotations

import os
import pickle
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from supplysim.batch.workers import ENVIRONMENT

Compute = Callable[[Sequence[Any]], Iterator[Any]]


@contextmanager
def sharing(make: Callable[[], Callable[[Any], Any]], jobs: int) -> Iterator[Compute]:
    """A map over tasks. `make` makes what computes one task, once in every process (in this one for a single job)."""
    if jobs == 1:
        work = make()
        yield lambda tasks: map(work, tasks)
        return
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import get_context

    import cloudpickle

    content = cloudpickle.dumps(make)
    with ProcessPoolExecutor(jobs, get_context("spawn"), initializer=_begin, initargs=(content,)) as pool:
        yield lambda tasks: pool.map(_compute, tasks, chunksize=max(1, min(4, len(tasks) // (4 * jobs))))


_work: list[Callable[[Any], Any]] = []
"""In a process of its own: what computes a task."""


def _begin(content: bytes) -> None:
    os.environ |= ENVIRONMENT
    _work[:] = [pickle.loads(content)()]  # noqa: S301 -- sent by the process that began this one


def _compute(task: Any) -> Any:
    return _work[0](task)
