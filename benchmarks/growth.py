"""`python -m benchmarks.growth [--write-docs]`: what a draw and a chunk of a sweep cost, and 10^8 draws at that rate.

Measures real chunks of the compiled engine (or NumPy's, where there is none): what a worker needs to compute one and to
make it a file, what the driver needs to put one on disk and in its journal, to check it and merge it. Writes
benchmarks/out/growth.json, which `--write-docs` makes the tables of docs/performance.md from.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from benchmarks import worlds
from benchmarks.goals import cpu
from benchmarks.machine import machine
from benchmarks.page import PAGE, fill
from supplysim.batch.block import TRACED, compute, spans
from supplysim.batch.chunk import run_chunk
from supplysim.batch.finish import finish_cell
from supplysim.batch.journal import Record
from supplysim.batch.plan import Chunk, Plan
from supplysim.batch.store import Store
from supplysim.scenario import load

OUT = Path(__file__).parent / "out" / "growth.json"
BLOCK = 512
CHUNKS = 6
FEW = 2
"""Chunks of the smaller of two merges, whose difference is what a chunk costs."""
DRAWS = 10**8
WORKERS = (16, 64, 256)
SWEEPS = {
    "whole world, 120 months": ("horizon.months=120",),
    "tungsten, 24 months": ("horizon.months=24", "scope=[tungsten]"),
}
BEGIN, END = "<!-- benchmarks: growth -->", "<!-- end of growth -->"


@dataclass(frozen=True)
class Cost:
    """Seconds: `draw` and `file` (a chunk) of a worker; `kept` (wall) and `merged` (a chunk) of the driver; bytes a
    draw in the chunk's file and in the finished table; `columns` of either."""

    name: str
    columns: int
    draw: float
    file: float
    kept: float
    merged: float
    chunk_bytes: float
    table_bytes: float

    def hours(self, workers: int) -> float:
        """What so many draws take, by the formula of the page."""
        shared = DRAWS * (self.draw + self.file / BLOCK) / workers
        return shared / 3600 + self.driver_hours()

    def driver_hours(self) -> float:
        """The part of it that one process needs, however many workers there are."""
        return DRAWS / BLOCK * (self.kept + self.merged) / 3600


def least(task: Callable[[], object]) -> float:
    """CPU seconds of a task that is done a few times: what disturbs it only adds."""
    return min(cpu(task) for _ in range(3))


def measured(name: str, settings: tuple[str, ...]) -> Cost:
    """The costs of one sweep."""
    scenario = load("baseline", [*settings, f"draws={TRACED + CHUNKS * BLOCK}"])
    world, plan = worlds.shipped(), Plan(scenario, BLOCK, "numpy" if worlds.NOT_COMPILED else "compiled")
    chunks = [Chunk(0, TRACED + k * BLOCK, BLOCK) for k in range(CHUNKS)]
    run_chunk(plan, world, Chunk(0, TRACED, 2))  # imports are paid once
    pieces = spans(chunks[0].first, BLOCK, plan.engine)
    draw = least(lambda: [compute(world, scenario, *piece, traced=False, engine=plan.engine) for piece in pieces])
    with tempfile.TemporaryDirectory() as folder:
        store, records, kept = Store(Path(folder)), {}, []
        with store.open(plan) as journal:
            done = None
            whole = least(lambda: run_chunk(plan, world, chunks[0]))
            for chunk in chunks:
                done = run_chunk(plan, world, chunk)
                began = time.perf_counter()
                records[chunk] = store.keep(done, journal)
                kept.append(time.perf_counter() - began)
        merge = _merging(plan, store, records)
        few, all_of = (least(lambda count=count: merge(count)) for count in (FEW, CHUNKS))  # type: ignore[misc]
        table = store.cell(0) / "draws.parquet"
        import pyarrow.parquet as pq

        return Cost(
            name, len(pq.read_schema(table)), draw / BLOCK, max(whole - draw, 0.0), sorted(kept)[CHUNKS // 2],
            (all_of - few) / (CHUNKS - FEW), len(done.table or b"") / BLOCK if done else 0.0,
            table.stat().st_size / (CHUNKS * BLOCK),
        )  # fmt: skip


def _merging(plan: Plan, store: Store, records: dict[Chunk, Record]) -> Callable[[int], object]:
    """A task that puts the first so many chunks together, and their summary."""
    from supplysim.batch.store import Kept

    def merge(count: int) -> object:
        some = dict(list(records.items())[:count])
        return finish_cell(plan, store, 0, Kept(some, frozenset({0}), {}, "", ()))

    return merge


def tables(document: dict[str, Any]) -> str:
    """What was measured and what follows, as two Markdown tables."""
    costs = [Cost(**row) for row in document["rows"]]
    about = document["machine"]
    rows = [
        f"| {c.name} ({c.columns:,} columns) | {c.draw * 1e3:.3g} ms | {c.file * 1e3:.3g} ms | {c.kept * 1e3:.3g} ms "
        f"| {c.merged * 1e3:.3g} ms | {c.chunk_bytes / 1e3:.3g} kB, then {c.table_bytes / 1e3:.3g} kB |"
        for c in costs
    ]
    ahead = [
        f"| {c.name} | " + " | ".join(f"{c.hours(n):.3g} h" for n in WORKERS) + f" | {c.driver_hours():.3g} h |"
        for c in costs
    ]
    return (
        f"Measured on {about['cores']} cores of {about['cpu']}, {BLOCK} draws a chunk, compiled engine: "
        f"{'yes' if about['compiled'] else 'no'}.\n\n"
        "| | c, a draw | e, a chunk | t, a chunk (wall) | m, a chunk | a draw on disk |\n|---|---|---|---|---|---|\n"
        + "\n".join(rows)
        + f"\n\nSo {DRAWS:,} draws ({DRAWS // BLOCK:,} chunks) are, by the formula and not by a run:\n\n"
        "| 10^8 draws | " + " | ".join(f"{n} workers" for n in WORKERS) + " | of which the driver alone |\n"
        "|---|---|---|---|---|\n" + "\n".join(ahead)
    )


def write_docs(document: dict[str, Any]) -> None:
    """Put the tables into docs/performance.md. Raises `ValueError` for results of another CPU than this one."""
    fill(PAGE, BEGIN, END, tables(document), document["machine"])


def main() -> None:
    """Measure, print and write; or put the last figures into the page."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.growth", description=__doc__)
    parser.add_argument("--write-docs", action="store_true", help="put the last results into docs/performance.md")
    if parser.parse_args().write_docs:
        write_docs(json.loads(OUT.read_text(encoding="utf-8")))
        return
    found = {"machine": machine(), "rows": [asdict(measured(name, settings)) for name, settings in SWEEPS.items()]}
    OUT.parent.mkdir(exist_ok=True)
    OUT.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    print(tables(found))


if __name__ == "__main__":
    main()
