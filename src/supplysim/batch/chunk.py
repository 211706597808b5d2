"""A chunk of draws as bytes: a pure function of plan, world and indices, whatever process computes it."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from supplysim.batch import stored
from supplysim.batch.block import Block, compute, spans
from supplysim.batch.plan import Chunk, Plan
from supplysim.errors import RunError
from supplysim.results.quantiles import join_traces
from supplysim.results.summary import join
from supplysim.results.tables import draws_table
from supplysim.world import World


@dataclass(frozen=True)
class Failure:
    """A draw that could not be computed."""

    cell: int
    draw: int
    error: str


@dataclass(frozen=True)
class Done:
    """A computed chunk: `table` and `traces` are files (see `stored`) as bytes, None where every draw
    failed."""

    chunk: Chunk
    failures: tuple[Failure, ...]
    table: bytes | None
    traces: bytes | None
    seconds: float
    memory: int = 0
    lost: bool = False
    """Whether nothing was computed, because the workers that tried died: no failure of the draws."""
    by_numpy: Mapping[str, str] = field(default_factory=dict)
    """Why the compiled engine left a product to NumPy, by product."""

    def digests(self) -> tuple[str, str]:
        """SHA-256 of either file, "" where there is none."""
        table, traces = (hashlib.sha256(file).hexdigest() if file else "" for file in (self.table, self.traces))
        return table, traces


MACHINE = (MemoryError, OSError, ImportError)
"""What the machine lacks: the fault of no draw, so never recorded as one's failure."""


def run_chunk(plan: Plan, world: World, chunk: Chunk) -> Done:
    """Compute a chunk. A draw that fails is recorded with its error and left out; the others go on.

    Raises `RunError` where the machine cannot compute even one draw, such as for want of memory.
    """
    began = time.perf_counter()
    blocks, failures = _salvaged(world, plan, chunk, chunk.first, chunk.count)
    table, traces = _encoded(blocks) if blocks else (None, None)
    by_numpy = {product: why for block in blocks for product, why in block.by_numpy.items()}
    seconds = time.perf_counter() - began
    return Done(chunk, tuple(failures), table, traces, seconds, peak_memory(), by_numpy=by_numpy)


def _salvaged(world: World, plan: Plan, chunk: Chunk, first: int, count: int) -> tuple[list[Block], list[Failure]]:
    """Blocks of all draws that can be computed; where some draw fails, halves are tried until it stands alone."""
    try:
        scenario = plan.cell(chunk.cell).scenario
        pieces = spans(first, count, plan.engine)
        return [compute(world, scenario, *piece, traced=chunk.traced, engine=plan.engine) for piece in pieces], []
    except Exception as error:  # whatever stops one draw must not stop the sweep
        if count == 1 and isinstance(error, MACHINE):
            text = f"{type(error).__name__}: {error}".removesuffix(": ")
            raise RunError(f"this machine cannot compute cell {chunk.cell}, draw {first}: {text}") from None
        if count == 1:
            return [], [Failure(chunk.cell, first, f"{type(error).__name__}: {error}")]
    half = count // 2
    left, lost = _salvaged(world, plan, chunk, first, half)
    right, more = _salvaged(world, plan, chunk, first + half, count - half)
    return left + right, lost + more


def peak_memory() -> int:
    """Most memory this process has held, in bytes; 0 where the system does not tell."""
    try:
        import resource
    except ImportError:
        return 0
    import sys

    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def _encoded(blocks: Sequence[Block]) -> tuple[bytes, bytes | None]:
    import pyarrow as pa

    inputs = {path: np.concatenate([block.inputs[path] for block in blocks]) for path in blocks[0].inputs}
    draw = np.concatenate([np.arange(block.first, block.first + block.count) for block in blocks])
    table = draws_table(join([block.metrics for block in blocks]), inputs).set_column(0, "draw", pa.array(draw))
    traces = stored.encoded(join_traces([block.traces for block in blocks])) if blocks[0].traces else None
    return stored.encode(table), traces
