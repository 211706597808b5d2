"""Whether a sweep's folder still holds what its inputs give: files against their digests, draws computed again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from supplysim.batch import stored
from supplysim.batch.block import compute
from supplysim.batch.chunk import Done
from supplysim.batch.plan import Chunk, Plan
from supplysim.batch.progress import Progress
from supplysim.batch.store import Kept, Store
from supplysim.batch.sweep import reopened
from supplysim.batch.workers import Where, computed
from supplysim.errors import InputError
from supplysim.results.folder import MANIFEST, holds, is_whole, read_manifest
from supplysim.results.tables import draws_frame
from supplysim.world import load

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa


@dataclass(frozen=True)
class Verdict:
    """`damaged` names files that are missing or not those that were written, `different` the chunks whose draws came
    out otherwise when computed again."""

    files: int
    damaged: tuple[str, ...]
    chunks: int
    draws: int
    different: tuple[Chunk, ...]

    @property
    def good(self) -> bool:
        return not self.damaged and not self.different


def verify(
    folder: Path, *, everything: bool = False, where: Where = Where(), progress: Progress | None = None  # noqa: B008
) -> Verdict:  # fmt: skip
    """Check every file, and compute one chunk of each cell again (with `everything`, all chunks) to compare bytes.

    Raises `InputError` where the folder is not a sweep's, or not of this engine and these inputs.
    """
    plan, store = reopened(folder), Store(folder)
    kept = None if store.finished else store.kept()
    files, damaged = _files(store) if kept is None else _chunks(kept)
    there = list(plan.chunks()) if kept is None else sorted(kept.records)
    chosen = there if everything else _spread(plan, there)
    done, different = 0, []
    total = sum(chunk.count for chunk in chosen)
    for result in computed(plan, load(plan.scenario.world), chosen, where) if chosen else ():
        same = _same_rows(store, result) if kept is None else result.digests() == kept.records[result.chunk].sha256
        different += [] if same else [result.chunk]
        done += result.chunk.count
        if progress:
            progress(done, total)
    return Verdict(files, damaged, len(chosen), total, tuple(sorted(different)))


def _spread(plan: Plan, chunks: Sequence[Chunk]) -> list[Chunk]:
    """One chunk of each cell, another one in each."""
    chosen = []
    for cell in range(plan.cells):
        mine = [chunk for chunk in chunks if chunk.cell == cell]
        chosen += [mine[int(plan.hash[cell % 48 : cell % 48 + 12], 16) % len(mine)]] if mine else []
    return chosen


def _files(store: Store) -> tuple[int, tuple[str, ...]]:
    """How many files a finished sweep has, and the names of those that are not as written. Manifests vouch for
    themselves: what they say of when they were written is in no other file."""
    manifest = read_manifest(store.folder)
    damaged = [name for name, digest in manifest["files"].items() if not holds(store.folder / name, digest)]
    folders = [store.folder, *(store.cell(number) for number in range(len(manifest["cells"])))]
    damaged = [store.name(folder / MANIFEST) for folder in folders if not _vouches(folder)] + damaged
    return len(manifest["files"]) + len(folders), tuple(damaged)


def _vouches(folder: Path) -> bool:
    """Whether a folder's manifest is the one that was written."""
    try:
        return is_whole(read_manifest(folder))
    except InputError:
        return False


def _chunks(kept: Kept) -> tuple[int, tuple[str, ...]]:
    """How many files an unfinished sweep has, and what is wrong with them."""
    of_chunks = sum(bool(digest) for record in kept.records.values() for digest in record.sha256)
    return of_chunks + len(kept.files), kept.damaged


def _same_rows(store: Store, done: Done) -> bool:
    """Whether a chunk's draws are bit by bit those in the finished table."""
    import pyarrow.parquet as pq

    path, chunk = store.cell(done.chunk.cell) / "draws.parquet", done.chunk
    if done.table is None or not path.is_file():
        return done.table is None
    fresh = stored.decode(done.table)
    within = [("draw", ">=", chunk.first), ("draw", "<", chunk.first + chunk.count)]
    try:
        kept = pq.read_table(path, filters=within, partitioning=None)
    except (OSError, ValueError):  # damaged, which its digest tells
        return False
    return fresh.schema.names == kept.schema.names and all(
        _bits(fresh[name]) == _bits(kept[name]) for name in fresh.schema.names
    )


def _bits(column: pa.ChunkedArray) -> bytes:
    return bytes(column.to_numpy().tobytes())


def draw_alone(folder: Path, cell: int, draw: int) -> pd.DataFrame:
    """One draw of a cell computed by itself: its inputs and metrics, one row.

    Raises `InputError` where there is no such draw, and whatever the draw raises.
    """
    plan = reopened(folder)
    if not 0 <= cell < plan.cells:
        raise InputError(f"there is no cell {cell}; the last is {plan.cells - 1}")
    scenario = plan.cell(cell).scenario
    if not 0 <= draw < scenario.draws:
        raise InputError(f"there is no draw {draw}; the last of cell {cell} is {scenario.draws - 1}")
    block = compute(load(scenario.world), scenario, draw, 1, traced=False, engine=plan.engine)
    return draws_frame(block.metrics, block.inputs, draw)
