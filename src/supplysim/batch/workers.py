"""Where chunks are computed: in this process, in worker processes on this machine, or on a Dask cluster.

Every chunk runs the same function and comes back as bytes, so that only one process writes to the folder and workers
need not share a disk with it. At most `AHEAD` chunks a worker are under way, so that memory does not grow.
"""

from __future__ import annotations

import logging
import pickle
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache, partial
from importlib import import_module
from itertools import islice
from typing import Any, TypeVar, cast

from supplysim import __version__
from supplysim.batch.chunk import Done, Failure, run_chunk
from supplysim.batch.plan import Chunk, Plan
from supplysim.errors import InputError, RunError
from supplysim.world import World

Item = TypeVar("Item")
Outcome = TypeVar("Outcome")

AHEAD = 2
"""Chunks under way for each worker: one at work, one waiting."""
ATTEMPTS = 3
"""Times a chunk may take its worker down before it is given up."""
LOST = "the scheduler was lost; start it again, or go on without it"
WAIT = 60.0
"""Seconds to wait for a scheduler and its first worker."""


ENVIRONMENT = {
    **dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1"),
    **dict.fromkeys(("MALLOC_TRIM_THRESHOLD_", "MALLOC_MMAP_THRESHOLD_"), str(2**29)),
}
"""Of local workers: one BLAS thread each, and memory kept for the next array, since giving blocks of it back to the
system month by month costs up to 40 % of the time."""


@dataclass(frozen=True)
class Where:
    """`jobs` processes on this machine (1: this one), or the workers of the scheduler at an address."""

    jobs: int = 1
    scheduler: str | None = None


def computed(plan: Plan, world: World, chunks: Sequence[Chunk], where: Where) -> Iterator[Done]:
    """Compute chunks, each given back when it is done, in whatever order.

    Raises `InputError` where the scheduler cannot be reached or its workers have another engine, `RunError` where it is
    lost.
    """
    if where.scheduler is None and where.jobs == 1:
        for chunk in chunks:
            yield run_chunk(plan, world, chunk)
    else:
        with _client(where) as client:
            try:
                yield from _distributed(client, plan, world, chunks)
            except OSError:  # of Dask's connections
                raise RunError(LOST) from None


def mapped(work: Callable[[Item], Outcome], items: Sequence[Item], where: Where) -> Iterator[Outcome]:
    """`work` of each item, in their order, in this process or on workers.

    Raises what `work` raises, and `InputError` where the scheduler cannot be reached.
    """
    if where.scheduler is None and where.jobs == 1:
        yield from map(work, items)
        return
    with _client(where) as client:
        for future in client.map(partial(_packed, work), items, pure=False):
            yield cast("Outcome", pickle.loads(future.result()))  # noqa: S301 -- our own worker's
            future.release()


def _packed(work: Callable[[Item], Outcome], item: Item) -> bytes:
    """As bytes, because Dask takes dictionaries apart on the way and forgets what their keys were."""
    return pickle.dumps(work(item))


@contextmanager
def _client(where: Where) -> Iterator[Any]:
    dask, distributed = _untyped("dask"), _untyped("distributed")
    # A worker that dies takes only its chunk with it: the chunk is computed again, up to ATTEMPTS times.
    settings: dict[str, Any] = {
        "distributed.nanny.pre-spawn-environ": ENVIRONMENT,
        "distributed.scheduler.allowed-failures": ATTEMPTS - 1,
                                "distributed.admin.large-graph-warning-threshold": "1GB"}  # fmt: skip
    with dask.config.set(settings):
        if where.scheduler is None:
            with _cluster(where.jobs) as cluster, distributed.Client(cluster) as client:
                yield client
            return
        try:
            for name in ("distributed", "distributed.client"):  # a lost scheduler is told in one line
                logging.getLogger(name).setLevel(logging.CRITICAL)
            client = distributed.Client(where.scheduler, timeout=WAIT, set_as_default=False)
            client.wait_for_workers(1, timeout=WAIT)
        except (OSError, TimeoutError, ValueError) as error:
            raise InputError(f"no scheduler with workers at {where.scheduler}: {error}") from None
        with client:
            yield client


def _cluster(jobs: int) -> Any:
    """Worker processes on this machine. Raises `RunError` where it starts none, such as without shared memory."""
    distributed = _untyped("distributed")
    try:
        return distributed.LocalCluster(
            n_workers=jobs, threads_per_worker=1, processes=True, host="127.0.0.1", memory_limit=None,
            dashboard_address="127.0.0.1:0", silence_logs="CRITICAL",  # any free port: sweeps may run side by side
        )  # fmt: skip
    except (OSError, RuntimeError) as error:
        reason: BaseException = error
        while deeper := reason.__cause__ or reason.__context__:
            reason = deeper
        raise RunError(f"this machine starts no worker processes ({reason}); do without them: -j 1") from None


def _distributed(client: Any, plan: Plan, world: World, chunks: Sequence[Chunk]) -> Iterator[Done]:
    job = _send(client, plan, world)
    waiting, running = iter(chunks), {}
    lost: Counter[Chunk] = Counter()

    def submit(chunk: Chunk) -> Any:
        future = client.submit(remote, job, chunk, pure=False, retries=0)
        running[future.key] = chunk
        return future

    slots = AHEAD * max(sum(client.nthreads().values()), 1)
    first = [submit(chunk) for chunk in islice(waiting, slots)]
    queue = _untyped("distributed").as_completed(first, loop=client.loop)
    for future in queue:
        if client.status != "running":
            raise RunError(LOST)
        chunk = running.pop(future.key)
        error = future.exception() if future.status != "finished" else None
        if error is None:
            yield future.result()
        elif isinstance(error, RunError | InputError):
            raise error
        else:
            lost[chunk] += 1
            if lost[chunk] < ATTEMPTS and not isinstance(error, _untyped("distributed").KilledWorker):
                queue.add(submit(chunk))
                continue
            yield _given_up(chunk, error)
        future.release()
        slots = AHEAD * max(sum(client.nthreads().values()), 1)
        for after in islice(waiting, max(slots - len(running), 0)):
            queue.add(submit(after))


def _untyped(name: str) -> Any:
    """A module without type hints, imported when it is needed: Dask takes half a second."""
    return import_module(name)


def _given_up(chunk: Chunk, error: BaseException) -> Done:
    text = f"its worker died {ATTEMPTS} times ({type(error).__name__}: {error})"
    draws = range(chunk.first, chunk.first + chunk.count)
    return Done(chunk, tuple(Failure(chunk.cell, draw, text) for draw in draws), None, None, 0.0, lost=True)


def _send(client: Any, plan: Plan, world: World) -> str:
    """Give the sweep to every worker, those to come included; returns the name it has there."""
    cloudpickle = _untyped("cloudpickle")

    class Job(_untyped("distributed").WorkerPlugin):  # type: ignore[misc]
        """Puts the pickled sweep into a worker's memory."""

        def __init__(self, job: str, version: str, content: bytes) -> None:
            self.job, self.version, self.content = job, version, content

        def setup(self, worker: Any) -> None:  # noqa: ARG002 -- Dask's signature
            from supplysim.batch import workers

            workers.JOBS[self.job] = (self.version, self.content)

    client.register_plugin(Job(plan.hash, __version__, cloudpickle.dumps((plan, world))), name=f"supplysim-{plan.hash}")
    return plan.hash


JOBS: dict[str, tuple[str, bytes]] = {}
"""On a worker: the sweeps it was given, by name: the version of their engine and their pickle."""


@lru_cache(maxsize=2)
def _job(name: str) -> tuple[Plan, World]:
    version, content = JOBS[name]
    if version != __version__:
        raise InputError(f"a worker has supplysim {__version__}, the sweep {version}: install the same on both")
    return cast("tuple[Plan, World]", pickle.loads(content))  # noqa: S301 -- sent by the sweep's own process


def remote(job: str, chunk: Chunk) -> Done:
    """Compute a chunk of a sweep that this worker was given. Raises `InputError` where the engines differ."""
    plan, world = _job(job)
    return run_chunk(plan, world, chunk)
