"""From chunks to the finished folder, a stream over files: the same bytes whatever the chunks were."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from supplysim import __version__
from supplysim.batch import stored
from supplysim.batch.block import TRACED
from supplysim.batch.chunk import Failure
from supplysim.batch.journal import Record
from supplysim.batch.plan import Chunk, Plan
from supplysim.batch.store import TRACES, DamagedError, Kept, Store
from supplysim.results import folder as run_folder
from supplysim.results.columns import plain
from supplysim.results.csv_text import csv_text
from supplysim.results.durability import durability_table
from supplysim.results.metrics import Key
from supplysim.results.quantiles import TABLES
from supplysim.results.summary import Row, summarise
from supplysim.results.tables import summary_frame
from supplysim.scenario import Scenario

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

GROUP_BYTES = 64 * 2**20
"""Size of a row group of draws.parquet before compression: what is held while chunks are put together."""
FEW = 64
"""Chunks put together at a time: one of a single draw takes a hundred times the memory of its numbers."""
Records = Mapping[Chunk, Record]


def finish(plan: Plan, store: Store, kept: Kept) -> None:
    """Write every cell's folder, then the sweep's summary and manifest, and remove the chunks.

    May be cut off anywhere and done again. Raises `DamagedError` where a file is not the one that was written: nothing
    is finished then, and the chunk can be computed again.
    """
    import pandas as pd

    with _alone(store) as mine:
        if not mine or store.finished:
            return
        for stale in store.folder.rglob(".*.tmp"):
            stale.unlink(missing_ok=True)
        tables, about = [], []
        for number in range(plan.cells):
            of_cell = {chunk: record for chunk, record in kept.records.items() if chunk.cell == number}
            frame, facts = finish_cell(plan, store, number, replace(kept, records=of_cell))
            tables.append(frame)
            about.append(facts)
        summary = pd.concat(tables, ignore_index=True)
        run_folder.write_text(store.folder / "summary.csv", csv_text(summary))
        run_folder.write_parquet(store.folder / "summary.parquet", _with_axes(plan, summary, about), _about(plan))
        counts = {name: sum(facts[name] for facts in about) for name in ("draws", "ok", "failed")}
        manifest = _manifest(plan.scenario, kept, counts, plan)
        files = {store.name(path): run_folder.sha256_of(path) for path in _files(store)}
        for name, noted in kept.files.items():
            if files.get(name) not in noted:
                raise DamagedError(f"{name} is not as it was written")
        manifest |= {"kind": "sweep", "run": plan.hash, "cells": about, "files": files}
        run_folder.write_manifest(store.folder, manifest)
        store.clear()


def _with_axes(plan: Plan, summary: pd.DataFrame, about: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """The summary with a column `axis|PATH` for each path that the sweep sets, beside the cell's label.

    Values are numbers in base units where all cells have a number there, else texts as they were written.
    """
    import pandas as pd

    paths = list(dict.fromkeys(path for facts in about for path in facts["settings"]))
    columns: dict[str, Any] = {}
    for path in paths:
        values = [plan.cell(number).scenario.values.get(path) for number in range(plan.cells)]  # noqa: PD011
        numbers = all(isinstance(value, int | float) for value in values)
        texts = [facts["settings"].get(path, "") for facts in about]
        columns[f"axis|{path}"] = [float(value) for value in values] if numbers else texts  # type: ignore[arg-type]
    axes = pd.DataFrame(columns, index=range(plan.cells)).loc[summary["cell"]].reset_index(drop=True)
    return pd.concat([summary.iloc[:, :2], axes, summary.iloc[:, 2:]], axis=1)


def _about(plan: Plan) -> dict[str, str]:
    """Where a table comes from and what its columns are, for the metadata of its schema."""
    return {
        "run": plan.hash,
        "supplysim": __version__,
        "axis": "axis|PATH: what the cell sets; a number is in tonnes, months, USD, fractions or months since 0000-01",
        "unit": "of baseline_*, scenario_* and difference_* in a row: its column unit; p5, p50, p95 are quantiles "
        "over draws",
    }


@contextmanager
def _alone(store: Store) -> Iterator[bool]:
    """Whether this is the only process that finishes the folder, which it stays until the end."""
    try:
        import fcntl
    except ImportError:
        yield True
        return
    store.chunks.mkdir(parents=True, exist_ok=True)
    with (store.chunks / "finish.lock").open("w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            yield False
            return
        yield True


def _manifest(scenario: Scenario, kept: Kept, counts: Mapping[str, int], plan: Plan) -> dict[str, object]:
    """A manifest without where values depart from what the title's file says: every cell does, and says so itself."""
    made = run_folder.manifest_of(scenario, kept.command, counts, "finished", plan.engine)
    made.pop("departs", None)
    return made


def _files(store: Store) -> list[Path]:
    found = [path for path in store.folder.rglob("*") if path.is_file() and store.chunks not in path.parents]
    return sorted(path for path in found if path.name != run_folder.MANIFEST)


def finish_cell(plan: Plan, store: Store, number: int, kept: Kept) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Write a cell's folder; returns its rows of the sweep's summary and what the manifest says of it."""
    cell, where, records = plan.cell(number), store.cell(number), kept.records
    failures = sorted((f for record in records.values() for f in record.failures), key=lambda f: f.draw)
    draws = cell.scenario.draws
    counts = {"draws": draws, "ok": draws - len(failures), "failed": len(failures)}
    tables = {store.table(chunk): records[chunk].sha256[0] for chunk in sorted(records) if records[chunk].sha256[0]}
    rows: list[Row] = []
    if tables:
        if number not in kept.condensed:
            condense(plan, store, number, records)
        _merge(store, tables, where / "draws.parquet")
        rows = summary_rows(where / "draws.parquet")
    summary = summary_frame(rows).assign(n_failed=len(failures))
    run_folder.write_text(where / "summary.csv", csv_text(summary))
    run_folder.write_text(where / "durability.csv", csv_text(durability_table(rows)))
    if failures:
        run_folder.write_text(where / "failures.csv", csv_text(failures_frame(store.folder, failures)))
    manifest = _manifest(cell.scenario, kept, counts, plan)
    about = {"cell": number, "label": cell.label, "settings": dict(cell.settings), **left_to_numpy(records)}
    run_folder.write_manifest(where, {**manifest, **about})
    summary.insert(0, "cell", number)
    summary.insert(1, "label", cell.label)
    return summary, {**about, **counts}


def left_to_numpy(records: Records) -> dict[str, dict[str, str]]:
    """What a manifest says of products that the compiled engine left to NumPy, each with the reason; empty for none."""
    found = {product: why for record in records.values() for product, why in record.by_numpy.items()}
    return {"left_to_numpy": dict(sorted(found.items()))} if found else {}


def failures_frame(folder: Path, failures: Iterable[Failure]) -> pd.DataFrame:
    """Draws that failed: cell, draw, error, and the command that computes the draw alone."""
    import pandas as pd

    rows = [(f.cell, f.draw, f.error, again(folder, f)) for f in failures]
    return pd.DataFrame(rows, columns=["cell", "draw", "error", "alone"])


def again(folder: Path, failure: Failure) -> str:
    """The command that computes a draw alone."""
    return f"supplysim verify {folder.parent.name}/{folder.name} --cell {failure.cell} --draw {failure.draw}"


def _merge(store: Store, tables: Mapping[Path, str], target: Path) -> None:
    """Chunks' draws, each with its digest, in one file, in row groups whose size depends on the columns alone."""
    import pyarrow as pa

    schema = stored.decode(next(iter(tables)).read_bytes()).schema
    rows = max(GROUP_BYTES // (8 * len(schema)), 1)

    def groups() -> Iterator[pa.Table]:
        held: list[pa.Table] = []
        fresh: list[pa.Table] = []
        for path, digest in tables.items():
            table = stored.decode(store.checked(path, digest).read_bytes())
            fresh.append(table if table.schema == schema else table.cast(schema))
            if len(fresh) < FEW and sum(len(table) for table in fresh) < rows:
                continue
            held += fresh if len(fresh) < FEW else [pa.concat_tables(fresh).combine_chunks()]
            fresh = []
            while sum(len(table) for table in held) >= rows:
                whole = pa.concat_tables(held)
                yield whole.slice(0, rows).combine_chunks()
                held = [whole.slice(rows)]
        held += fresh
        if any(len(table) for table in held):
            yield pa.concat_tables(held).combine_chunks()

    _write_groups(target, schema, groups())


def _write_groups(target: Path, schema: pa.Schema, groups: Iterable[pa.Table]) -> None:
    import pyarrow.parquet as pq

    def write(path: Path) -> None:
        how = run_folder.encodings(schema)
        with pq.ParquetWriter(path, schema, compression="zstd", write_page_checksum=True, **how) as writer:
            for group in groups:
                writer.write_table(group, row_group_size=max(len(group), 1))

    run_folder.write_whole(target, write)


def summary_rows(path: Path) -> list[Row]:
    """The headline rows of a draws.parquet, read a few columns at a time."""
    import pyarrow.parquet as pq

    with pq.ParquetFile(path) as file:
        names = [name for name in file.schema_arrow.names if name.partition("|")[0] not in ("draw", "input")]
        known = set(names)
        variants = list(dict.fromkeys(name.partition("|")[0] for name in names))
        keys = list(dict.fromkeys(name.partition("|")[2] for name in names))
        step = max(GROUP_BYTES // (8 * len(variants) * max(file.metadata.num_rows, 1)), 1)
        rows: list[Row] = []
        for start in range(0, len(keys), step):
            part = keys[start : start + step]
            wanted = {variant: [key for key in part if f"{variant}|{key}" in known] for variant in variants}
            columns = [f"{variant}|{key}" for variant, found in wanted.items() for key in found]
            table = file.read(columns=columns, use_threads=False)
            rows += summarise({
                variant: {Key(*key.split("|")): table[f"{variant}|{key}"].to_numpy() for key in found}
                for variant, found in wanted.items()
            })  # fmt: skip
    return _in_order(rows)


def _in_order(rows: list[Row]) -> list[Row]:
    from supplysim.results.metrics import UNITS

    order = {metric: k for k, metric in enumerate(UNITS)}
    return sorted(rows, key=lambda row: (row.product, row.region, order[row.metric], row.contract))


def traced_whole(plan: Plan, number: int, records: Records) -> bool:
    """Whether all draws of a cell that keep their months are done."""
    done = sum(chunk.count for chunk in records if chunk.cell == number and chunk.traced)
    return done == min(TRACED, plan.draws[number])


def condense(plan: Plan, store: Store, number: int, records: Records) -> dict[str, str]:
    """Make a cell's traced chunks into its tables by month, link and contract; returns their SHA-256 by name.

    Raises `DamagedError` where a chunk's file is not the one that was written.
    """
    chunks = [chunk for chunk in sorted(records) if chunk.cell == number and records[chunk].sha256[1]]
    if not chunks:
        return {}
    start = plan.cell(number).scenario.start
    groups = _groups([store.checked(store.traces(chunk), records[chunk].sha256[1]) for chunk in chunks], start)
    targets = [store.cell(number) / name for name in TRACES]
    for target, found in zip(targets, groups, strict=True):
        filled = [group for group in found if len(group)] or found[:1]
        _write_groups(target, filled[0].schema, (group.cast(filled[0].schema) for group in filled))
    return {store.name(target): run_folder.sha256_of(target) for target in targets}


def _groups(paths: Sequence[Path], start: int) -> list[list[pa.Table]]:
    """Tables of quantiles for each of `TRACES`, by variant and product in their order."""
    import pyarrow as pa

    found: dict[str, dict[str, list[pa.Table]]] = {name: {} for name in TRACES}
    for shared in stored.read(paths):
        for name, tables in found.items():
            made = plain(TABLES[Path(name).stem]({shared.variants[0]: {shared.product: shared.trace}}, start))
            column = made.schema.field("variant")
            for variant in shared.variants:
                name_of = pa.repeat(pa.scalar(variant, column.type), len(made))
                tables.setdefault(variant, []).append(made.set_column(0, column, name_of))
    return [[table for of_variant in tables.values() for table in of_variant] for tables in found.values()]
