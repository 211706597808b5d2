"""`python -m benchmarks.driver [--chunks N]`: what the driver of a sweep costs when the chunks themselves cost nothing.

Every chunk has one draw and gives back the bytes of a real one, so that seconds, memory and files are the driver's own:
a task handed out, a file written and read again, a line of the journal, the merge. Prints what a chunk costs.
"""

from __future__ import annotations

import argparse
import json
import resource
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from benchmarks.machine import machine
from supplysim.batch import sweep as sweeps
from supplysim.batch.chunk import Done, run_chunk
from supplysim.batch.plan import Chunk, Plan
from supplysim.batch.stored import decode, encode
from supplysim.batch.workers import Where
from supplysim.scenario import load
from supplysim.world import World

OUT = Path(__file__).parent / "out" / "driver.json"
SMALL = ("scope=[gallium]", "horizon.months=1")


def idle(plan: Plan, world: World, chunks: Sequence[Chunk], where: Where) -> Iterator[Done]:  # noqa: ARG001
    """Chunks that cost nothing: those that keep months are computed, all others are a copy of one with its number."""
    model: pa.Table | None = None
    for chunk in chunks:
        if chunk.traced or model is None:
            done = run_chunk(plan, world, chunk)
            yield done
            if not chunk.traced or chunk.first == 255:
                model = decode(done.table or b"")
            continue
        table = model.set_column(0, model.schema.field(0), pa.array([chunk.first], model.schema.field(0).type))
        yield Done(chunk, (), encode(table), None, 0.0)


def measured(chunks: int) -> dict[str, Any]:
    """Seconds and MB of a sweep of so many chunks that compute nothing."""
    scenario = load("baseline", [*SMALL, f"draws={chunks}", "sampler=random"])
    sweeps.computed = idle  # type: ignore[attr-defined]
    with tempfile.TemporaryDirectory() as folder:
        began, cpu = time.perf_counter(), time.process_time()
        status = sweeps.sweep(Plan(scenario, 1), Path(folder))
        wall, cpu = time.perf_counter() - began, time.process_time() - cpu
        size = sum(path.stat().st_size for path in Path(folder).rglob("*") if path.is_file())
    return {
        "machine": machine(), "chunks": chunks, "state": status.state, "wall_s": wall, "cpu_s": cpu,
        "cpu_ms_a_chunk": 1e3 * cpu / chunks, "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "folder_mb": size / 2**20,
    }  # fmt: skip


def main() -> None:
    """Measure and write benchmarks/out/driver.json."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.driver", description=__doc__)
    parser.add_argument("--chunks", type=int, default=20_000)
    found = measured(parser.parse_args().chunks)
    OUT.parent.mkdir(exist_ok=True)
    OUT.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    print(json.dumps({k: v for k, v in found.items() if k != "machine"}, indent=2))


if __name__ == "__main__":
    main()
