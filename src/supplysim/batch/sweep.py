"""A sweep from its plan to its finished folder: what is missing is computed, what is there is left alone."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from supplysim.assembly import Inputs, assemble
from supplysim.batch.block import TRACED
from supplysim.batch.chunk import Done, Failure, run_chunk
from supplysim.batch.engine import ENGINES
from supplysim.batch.finish import condense, finish, traced_whole
from supplysim.batch.journal import Journal, Record
from supplysim.batch.plan import Chunk, Plan, plan_of
from supplysim.batch.progress import Progress
from supplysim.batch.sampling import sample
from supplysim.batch.store import SCENARIO, DamagedError, Kept, Store
from supplysim.batch.workers import Where, computed
from supplysim.errors import InputError, RunError
from supplysim.results.folder import read_manifest, reading
from supplysim.scenario import Scenario
from supplysim.scenario import load as load_scenario
from supplysim.world import World, load

CHECKED_CELLS = 64
"""Cells whose first draw is put together before anything runs, so that a wrong cell is told at once."""
PROBE = 64
"""Draws of the chunk that time and memory are estimated from."""

ROUNDS = 5
"""Times that files found damaged are computed again before the disk is given up."""
LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class Options:
    """How to go about it, which decides no bytes but the manifest's `command`, what was typed: where, which part of the
    chunks, and whether to stop at a failure."""

    where: Where = Where()  # noqa: RUF009 -- frozen
    part: tuple[int, int] = (1, 1)
    fail_fast: bool = False
    command: str = "supplysim sweep"


@dataclass(frozen=True)
class Status:
    """How far a sweep is, in draws; `cells` has one line each, `damaged` names what is computed again for that."""

    folder: Path
    state: str
    draws: int
    done: int
    failed: int
    cells: tuple[dict[str, Any], ...]
    failures: tuple[Failure, ...]
    damaged: tuple[str, ...] = ()

    @property
    def missing(self) -> int:
        return self.draws - self.done


def sweep(plan: Plan, results: Path, options: Options = Options(), progress: Progress | None = None) -> Status:
    """Compute what is missing of a sweep and write its folder; a finished one is found again.

    Every file is checked against its digest before anything is made of it; what does not match is logged as a warning
    and computed again. Raises `InputError` for a wrong cell, a folder of another engine or one in use, `RunError` where
    the disk is full or workers keep dying, or at the first failing draw with `fail_fast`.
    """
    store = Store(plan.folder(results))
    if not store.finished:
        head = store.head()
        plan = replace(plan, block=head.block) if head else plan
        world = load(plan.scenario.world)
        _check_cells(plan, world)
        for _ in range(ROUNDS):
            with store.open(plan, options.part, options.command) as journal:
                _compute(plan, world, store, journal, options, progress)
            if _settled(plan, store):
                break
        else:
            raise RunError(f"files in {store.folder} do not stay as they are written: is the disk broken?")
    elif store.chunks.exists():
        store.clear()
    return status(store.folder)


def _check_cells(plan: Plan, world: World) -> None:
    for number in range(min(plan.cells, CHECKED_CELLS)):
        scenario = plan.cell(number).scenario
        assemble(world, Inputs(scenario, sample(scenario, 0, 1), 1), "scenario")


def _settled(plan: Plan, store: Store) -> bool:
    """Finish the folder if all chunks are there; False where one that was whole is damaged now."""
    kept = store.kept()
    chunks = list(plan.chunks())
    if any(chunk not in kept.records for chunk in chunks):
        _tell(kept)
        return not kept.damaged
    try:
        _guarded(finish, plan, store, replace(kept, records={chunk: kept.records[chunk] for chunk in chunks}))
    except DamagedError as error:
        LOG.warning("%s: it is made again", error)
        return False
    return True


def _tell(kept: Kept) -> None:
    for text in kept.damaged:
        LOG.warning("%s: it is passed over, and its chunk computed again", text)


def _compute(
    plan: Plan, world: World, store: Store, journal: Journal, options: Options, progress: Progress | None
) -> None:
    k, n = options.part
    kept = store.kept()
    _tell(kept)
    known = dict(kept.records)
    mine = [chunk for number, chunk in enumerate(plan.chunks()) if number % n == k - 1]
    todo = [chunk for chunk in mine if chunk not in known]
    total, done = sum(chunk.count for chunk in mine), sum(chunk.count for chunk in mine if chunk in known)
    failed = sum(len(known[chunk].failures) for chunk in mine if chunk in known)
    if progress:
        progress(done, total, failed)
    lost = 0
    for result in computed(plan, world, todo, options.where) if todo else ():
        if result.lost:
            LOG.warning("cell %d, draws from %d: %s", result.chunk.cell, result.chunk.first, result.failures[0].error)
            lost += result.chunk.count
            continue
        known[result.chunk] = store.keep(result, journal)
        done, failed = done + result.chunk.count, failed + len(result.failures)
        if progress:
            progress(done, total, failed)
        if options.fail_fast and result.failures:
            first = result.failures[0]
            raise RunError(f"cell {first.cell}, draw {first.draw}: {first.error}")
        if result.chunk.traced and traced_whole(plan, result.chunk.cell, known):
            _condense(plan, store, journal, kept, result.chunk.cell, known)
    if lost:
        raise RunError(f"{lost} draws are left: the workers that computed them died, each time they were tried")


def _condense(plan: Plan, store: Store, journal: Journal, kept: Kept, cell: int, known: dict[Chunk, Record]) -> None:
    """Make a cell's traces into its tables, note these, and let the traces go."""
    if cell not in kept.condensed:
        try:
            journal.note(_guarded(condense, plan, store, cell, known))
        except DamagedError as error:
            LOG.warning("%s: it is computed again", error)
            return
    store.drop_traces(chunk for chunk in known if chunk.cell == cell)


def _guarded(step: Callable[..., Any], *arguments: Any) -> Any:
    """What the disk does not take or memory does not hold while a sweep is finished is a failed run, no wrong input."""
    try:
        return step(*arguments)
    except (InputError, OSError) as error:
        raise RunError(str(error)) from None
    except (MemoryError, ImportError) as error:
        raise RunError(f"this machine cannot finish it: {type(error).__name__}: {error}".removesuffix(": ")) from None


def reopened(folder: Path) -> Plan:
    """The plan of a sweep's folder. Raises `InputError` where there is none, or its inputs are not those any more."""
    if not (folder / SCENARIO).is_file():
        raise InputError(f"{folder} is not the folder of a sweep")
    store = Store(folder)
    store.check_scenario()
    scenario = replace(load_scenario(folder / SCENARIO), name=folder.parent.name)
    head = None if store.finished else store.head()
    plan = _begun(scenario, head.block if head else None, folder)
    if head is not None:
        _check_engine(head.supplysim, folder)
    elif store.finished:
        manifest = read_manifest(folder)
        if manifest.get("kind") != "sweep":
            raise InputError(f"{folder} is the folder of a run, not of a sweep")
        _check_engine(manifest["versions"]["supplysim"], folder)
    if plan.hash[:12] != folder.name:
        raise InputError(f"{folder} was begun from other inputs: its scenario or the world's tables have changed since")
    return plan


def _begun(scenario: Scenario, block: int | None, folder: Path) -> Plan:
    """The plan whose hash names the folder: that tells with which engine it was begun."""
    plans = [plan_of(scenario, block, engine) for engine in ENGINES if engine != "auto"]
    return next((plan for plan in plans if plan.hash[:12] == folder.name), plans[0])


def _check_engine(version: str, folder: Path) -> None:
    from supplysim import __version__

    if version != __version__:
        text = f"{folder} was begun by supplysim {version} and this is {__version__}"
        raise InputError(f"{text}: go on with that version, or sweep again, which makes a folder of its own")


def status(folder: Path) -> Status:
    """How far the sweep in a folder is. Raises `InputError` where it is not one."""
    store = Store(folder)
    if store.finished:
        return _finished(folder)
    plan = reopened(folder)
    kept = store.kept()
    wanted = set(plan.chunks())
    records = {chunk: record for chunk, record in kept.records.items() if chunk in wanted}
    cells: list[dict[str, Any]] = []
    for number, draws in enumerate(plan.draws):
        mine = [record for chunk, record in records.items() if chunk.cell == number]
        done, failed = sum(r.chunk.count for r in mine), sum(len(r.failures) for r in mine)
        cells.append({"cell": number, "label": plan.cell(number).label, "draws": draws, "done": done, "failed": failed})
    failures = tuple(sorted((f for r in records.values() for f in r.failures), key=lambda f: (f.cell, f.draw)))
    done = sum(record.chunk.count for record in records.values())
    return Status(folder, "unfinished", sum(plan.draws), done, len(failures), tuple(cells), failures, kept.damaged)


def _finished(folder: Path) -> Status:
    manifest = read_manifest(folder)
    if manifest.get("kind") != "sweep":
        raise InputError(f"{folder} is the folder of a run, not of a sweep")
    cells = tuple(
        {"cell": c["cell"], "label": c["label"], "draws": c["draws"], "done": c["draws"], "failed": c["failed"]}
        for c in manifest["cells"]
    )
    counts = manifest["counts"]
    return Status(folder, "finished", counts["draws"], counts["draws"], counts["failed"], cells, _failures(folder))


def _failures(folder: Path) -> tuple[Failure, ...]:
    import csv

    found = []
    for path in sorted((folder / "cells").glob("*/failures.csv")):
        with reading(path), path.open(encoding="utf-8", newline="") as handle:
            found += [Failure(int(row["cell"]), int(row["draw"]), row["error"]) for row in csv.DictReader(handle)]
    return tuple(found)


@dataclass(frozen=True)
class Estimate:
    """What a sweep will take, from one chunk that was computed and thrown away. Memory is a worker's peak, in bytes."""

    folder: Path
    cells: int
    draws: int
    chunks: int
    block: int
    probed: int
    seconds_a_draw: float
    seconds: float
    memory: int
    disk: int
    free: int


def estimate(plan: Plan, results: Path, jobs: int) -> Estimate:
    """Compute a chunk of the first cell and scale it up. Raises `InputError` for a wrong cell."""
    world = load(plan.scenario.world)
    _check_cells(plan, world)
    draws = sum(plan.draws)
    count = min(PROBE, plan.block, plan.draws[0])
    done: Done = run_chunk(plan, world, Chunk(0, 0, count))
    each = done.seconds / count
    kept = sum(min(n, TRACED) for n in plan.draws) * len(done.traces or b"") / count
    disk = int(len(done.table or b"") / count * draws * 2 + kept)
    there = next(path for path in (results, *results.absolute().parents) if path.exists())
    return Estimate(
        plan.folder(results), plan.cells, draws, sum(1 for _ in plan.chunks()), plan.block, count, each,
        each * draws / jobs, done.memory, disk, shutil.disk_usage(there).free,
    )  # fmt: skip
