"""A chunk of draws as bytes: a pure function of plan, world and indices, whatever process computes it."""

from __future__ import annotations

import hashlib
import io
import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from supplysim.batch.block import Block, compute, spans
from supplysim.batch.plan import Chunk, Plan
from supplysim.errors import RunError
from supplysim.results.quantiles import join_traces
from supplysim.results.summary import join
from supplysim.results.tables import draws_table
from supplysim.results.trace import Trace
from supplysim.world import World

if TYPE_CHECKING:
    import pyarrow as pa

Traces = dict[str, dict[str, Trace]]


@dataclass(frozen=True)
class Failure:
    """A draw that could not be computed."""

    cell: int
    draw: int
    error: str


@dataclass(frozen=True)
class Done:
    """A computed chunk: `table` and `traces` are Parquet files as bytes, None where every draw failed."""

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
    traces = _traces_table(join_traces([block.traces for block in blocks])) if blocks[0].traces else None
    return encode(table), None if traces is None else encode(traces)


def encode(table: pa.Table) -> bytes:
    """A table as the bytes of a Parquet file: the same for the same table."""
    import pyarrow.parquet as pq

    buffer = io.BytesIO()
    pq.write_table(table, buffer, **parquet_options(table.schema))
    return buffer.getvalue()


def parquet_options(schema: pa.Schema) -> dict[str, Any]:
    """zstd everywhere, byte-stream split for numbers, dictionaries for names."""
    import pyarrow as pa

    floats = [field.name for field in schema if pa.types.is_floating(field.type)]
    names = [field.name for field in schema if pa.types.is_string(field.type) or pa.types.is_large_string(field.type)]
    return {
        "compression": "zstd", "use_byte_stream_split": floats, "use_dictionary": names, "write_page_checksum": True,
    }  # fmt: skip


def _traces_table(traces: Traces) -> pa.Table:
    """A row a draw and a column for each `variant|product|quantity`, holding months x regions one after the other."""
    import pyarrow as pa

    columns: dict[str, Any] = {}
    places: dict[str, dict[str, Any]] = {}
    for variant, found in traces.items():
        for product, trace in found.items():
            places[f"{variant}|{product}"] = {"regions": trace.regions, "links": trace.links, "passed": trace.passed}
            for name, values in _parts(trace).items():
                flat = np.ascontiguousarray(np.moveaxis(values, 1, 0)).reshape(-1)
                columns[f"{variant}|{product}|{name}"] = pa.FixedSizeListArray.from_arrays(
                    pa.array(flat), flat.size // values.shape[1]
                )
    return pa.table(columns, metadata={"places": json.dumps(places)})


def decode_trace(tables: Sequence[pa.Table], variant: str, product: str) -> Trace:
    """One product's trace in one variant out of traces' tables that follow each other."""
    places = json.loads(tables[0].schema.metadata[b"places"])[f"{variant}|{product}"]
    regions, links = tuple(places["regions"]), tuple((a, b) for a, b in places["links"])
    arrays: dict[str, np.ndarray[Any, np.dtype[np.float64]]] = {}
    start = f"{variant}|{product}|"
    for column in tables[0].column_names:
        if column.startswith(start):
            rows = [table[column].combine_chunks() for table in tables]
            flat = np.concatenate([row.flatten().to_numpy().reshape(len(row), -1) for row in rows])
            arrays[column.removeprefix(start)] = flat.T
    months = {key.removeprefix("monthly."): v for key, v in arrays.items() if key.startswith("monthly.")}
    return Trace(
        regions=regions,
        monthly={key: _unfolded(values, len(regions)) for key, values in months.items()},
        links=links,
        flow=_unfolded(arrays["flow"], len(links)),
        contracts={key.removeprefix("contract."): v for key, v in arrays.items() if key.startswith("contract.")},
        noise={key.removeprefix("noise."): v for key, v in arrays.items() if key.startswith("noise.")},
        passed=tuple((stage, origin, region) for stage, origin, region in places["passed"]),
        embodied=_unfolded(arrays["embodied"], len(places["passed"])) if places["passed"] else np.empty((0, 0, 0)),
    )


def _unfolded(values: np.ndarray[Any, np.dtype[np.float64]], places: int) -> np.ndarray[Any, np.dtype[np.float64]]:
    """`(time * place, d)` as `(time, d, place)`."""
    return np.ascontiguousarray(np.moveaxis(values.reshape(-1, places, values.shape[1]), 1, 2))


def _parts(trace: Trace) -> dict[str, np.ndarray[Any, np.dtype[np.float64]]]:
    """A trace's arrays by name, each with its draws along axis 1."""
    monthly = {f"monthly.{name}": values for name, values in trace.monthly.items()}
    contracts = {f"contract.{name}": flow for name, flow in trace.contracts.items()}
    noise = {f"noise.{name}": walk for name, walk in trace.noise.items()}
    embodied = {"embodied": trace.embodied} if trace.passed else {}
    return monthly | {"flow": trace.flow} | contracts | noise | embodied
