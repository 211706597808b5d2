"""Draws and traces of a chunk as bytes, until a cell's tables are made of them.

Draws are one Arrow stream. Traces are one after the other: each is one product in the variants that share it, so that
what happened once is written once, and many chunks are read product by product, with no more than one product's months
in memory. Their file begins with where each is.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np

from supplysim.engine.market import Array
from supplysim.results.trace import Trace

if TYPE_CHECKING:
    import pyarrow as pa

Traces = Mapping[str, Mapping[str, Trace]]
"""Traces by variant and product."""


@dataclass(frozen=True)
class Shared:
    """A product's trace and the variants in which just this happened."""

    product: str
    variants: tuple[str, ...]
    trace: Trace


def encode(table: pa.Table) -> bytes:
    """A table as the bytes of an Arrow stream, the same for the same table: of thousands of columns it is written and
    read in a hundredth of the time that Parquet takes. No thread is started for it."""
    import pyarrow as pa

    sink = pa.BufferOutputStream()
    options = pa.ipc.IpcWriteOptions(compression="lz4", use_threads=False)
    with pa.ipc.new_stream(sink, table.schema, options=options) as writer:
        writer.write_table(table)
    return bytes(sink.getvalue())


def decode(source: bytes | BinaryIO) -> pa.Table:
    """The table again, from bytes or from where a file stands."""
    import pyarrow as pa

    return pa.ipc.open_stream(source, options=pa.ipc.IpcReadOptions(use_threads=False)).read_all()


def encoded(traces: Traces) -> bytes:
    """Traces as bytes, the same for the same traces: where each is, then each."""
    streams = [(shared, encode(_table(shared.trace))) for shared in _apart(traces)]
    starts = np.cumsum([0, *(len(stream) for _, stream in streams)]).tolist()
    places = [(shared.product, shared.variants, at) for (shared, _), at in zip(streams, starts, strict=False)]
    head = json.dumps(places).encode()
    return b"".join((len(head).to_bytes(8, "little"), head, *(stream for _, stream in streams)))


def read(paths: Sequence[Path]) -> Iterator[Shared]:
    """Traces of chunks that follow each other, put together product by product; what variants have in common in all of
    the chunks is read once."""
    with ExitStack() as opened:
        files = [opened.enter_context(path.open("rb")) for path in paths]
        places = [_places(file) for file in files]
        for product in dict.fromkeys(product for product, _ in places[0]):
            alike: dict[tuple[int, ...], list[str]] = {}
            for variant in (variant for found, variant in places[0] if found == product):
                alike.setdefault(tuple(where[product, variant] for where in places), []).append(variant)
            for starts, variants in alike.items():
                tables = [_at(file, start) for file, start in zip(files, starts, strict=True)]
                yield Shared(product, tuple(variants), _trace(tables))


def _places(file: BinaryIO) -> dict[tuple[str, str], int]:
    """Where in a file the trace of each product in each variant begins."""
    length = int.from_bytes(file.read(8), "little")
    found = json.loads(file.read(length))
    return {(product, variant): 8 + length + at for product, variants, at in found for variant in variants}


def _at(file: BinaryIO, start: int) -> pa.Table:
    file.seek(start)
    return decode(file)


def _apart(traces: Traces) -> list[Shared]:
    """Each trace with all variants that have it."""
    found: dict[tuple[str, int], list[str]] = {}
    for variant, by_product in traces.items():
        for product, trace in by_product.items():
            found.setdefault((product, id(trace)), []).append(variant)
    return [Shared(product, tuple(variants), traces[variants[0]][product]) for (product, _), variants in found.items()]


def _table(trace: Trace) -> pa.Table:
    """A row a draw and a column a quantity, holding months x regions one after the other."""
    import pyarrow as pa

    columns = {}
    for name, values in _parts(trace).items():
        flat = np.ascontiguousarray(np.moveaxis(values, 1, 0)).reshape(-1)
        columns[name] = pa.FixedSizeListArray.from_arrays(pa.array(flat), flat.size // values.shape[1])
    about = {"regions": trace.regions, "links": trace.links, "passed": trace.passed}
    return pa.table(columns, metadata={"about": json.dumps(about)})


def _trace(tables: Sequence[pa.Table]) -> Trace:
    """What `_table` made of a product in chunks that follow each other."""
    about: dict[str, Any] = json.loads(tables[0].schema.metadata[b"about"])
    regions, links = tuple(about["regions"]), tuple((a, b) for a, b in about["links"])
    arrays: dict[str, Array] = {}
    for name in tables[0].column_names:
        rows = [table[name].combine_chunks() for table in tables]
        arrays[name] = np.concatenate([row.flatten().to_numpy().reshape(len(row), -1) for row in rows]).T

    def named(kind: str) -> dict[str, Array]:
        return {name.removeprefix(kind): values for name, values in arrays.items() if name.startswith(kind)}

    return Trace(
        regions=regions,
        monthly={key: _unfolded(values, len(regions)) for key, values in named("monthly.").items()},
        links=links,
        flow=_unfolded(arrays["flow"], len(links)),
        contracts=named("contract."),
        noise=named("noise."),
        passed=tuple((stage, origin, region) for stage, origin, region in about["passed"]),
        embodied=_unfolded(arrays["embodied"], len(about["passed"])) if about["passed"] else np.empty((0, 0, 0)),
    )


def _unfolded(values: Array, places: int) -> Array:
    """`(time * place, d)` as `(time, d, place)`."""
    return np.ascontiguousarray(np.moveaxis(values.reshape(-1, places, values.shape[1]), 1, 2))


def _parts(trace: Trace) -> dict[str, Array]:
    """A trace's arrays by name, each with its draws along axis 1."""
    monthly = {f"monthly.{name}": values for name, values in trace.monthly.items()}
    contracts = {f"contract.{name}": flow for name, flow in trace.contracts.items()}
    noise = {f"noise.{name}": walk for name, walk in trace.noise.items()}
    embodied = {"embodied": trace.embodied} if trace.passed else {}
    return monthly | {"flow": trace.flow} | contracts | noise | embodied
