"""Tables as Arrow columns, from NumPy arrays and names and back to them.

`pyarrow.array` and `to_numpy` import pandas wherever it is installed, which takes longer than simulating a draw; the
buffers and DLPack that are used here do not.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import pyarrow as pa


class Named(NamedTuple):
    """Names by row: `texts[k]` for each `k` of `places` `(row,)`."""

    texts: Sequence[str]
    places: NDArray[Any]


def named(texts: Sequence[str]) -> Named:
    """A name a row, each different one held once."""
    found = {text: k for k, text in enumerate(dict.fromkeys(texts))}
    return Named([*found], np.array([found[text] for text in texts], dtype=np.int32))


Columns = Mapping[str, "str | Named | NDArray[Any]"]
"""Columns by name: one name for all rows, names by row, or numbers."""


def table(*parts: Columns) -> pa.Table:
    """Parts with the same columns under one another, their names as dictionaries. A part has a column of numbers."""
    import pyarrow as pa

    rows = [next(len(c) for c in part.values() if isinstance(c, np.ndarray)) for part in parts]
    made = [
        _numbers(np.concatenate([part[name] for part in parts]))
        if isinstance(first, np.ndarray)
        else _names([_by_row(part[name], n) for part, n in zip(parts, rows, strict=True)])
        for name, first in parts[0].items()
    ]
    return pa.Table.from_arrays(made, names=[*parts[0]])


def _by_row(column: Any, rows: int) -> Named:
    return Named([column], np.zeros(rows, dtype=np.int32)) if isinstance(column, str) else column


def _numbers(values: NDArray[Any]) -> pa.Array:
    """NaN is no number."""
    import pyarrow as pa

    known = None
    if values.dtype.kind == "f" and (lost := np.isnan(values)).any():
        known = pa.py_buffer(np.packbits(~lost, bitorder="little"))
    flat = np.ascontiguousarray(values)
    return pa.Array.from_buffers(pa.from_numpy_dtype(flat.dtype), len(flat), [known, pa.py_buffer(flat)])


def _names(parts: Sequence[Named]) -> pa.DictionaryArray:
    import pyarrow as pa

    place = {text: k for k, text in enumerate(dict.fromkeys(text for part in parts for text in part.texts))}
    places = [np.array([place[text] for text in part.texts], dtype=np.int32)[part.places] for part in parts]
    texts = [text.encode() for text in place]
    ends = pa.py_buffer(np.cumsum([0, *map(len, texts)], dtype=np.int64))
    held = pa.Array.from_buffers(pa.large_string(), len(texts), [None, ends, pa.py_buffer(b"".join(texts))])
    return pa.DictionaryArray.from_arrays(_numbers(np.concatenate(places)), held)


def plain(found: pa.Table) -> pa.Table:
    """The table with its names as texts, row by row: as files have them."""
    import pyarrow as pa

    columns = [column.cast(text_type(column.type)) for column in found.columns]
    return pa.Table.from_arrays(columns, names=found.column_names)


def text_type(kind: pa.DataType) -> pa.DataType:
    """The type that a column of this type has as texts; numbers keep theirs."""
    import pyarrow as pa

    return kind.value_type if pa.types.is_dictionary(kind) else kind


def stored(schema: pa.Schema) -> dict[str, bytes]:
    """What tells readers of a Parquet file its Arrow schema, as Arrow's writer says it of the table that it is given:
    said by hand, a table whose names are dictionaries can be written as it is and is read as texts."""
    return {"ARROW:schema": b64encode(schema.serialize().to_pybytes())}


def read(path: Path) -> pa.Table:
    """A Parquet file of this package, its names as dictionaries. Raises `OSError` or `ValueError` as Arrow does."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    texts = [f.name for f in pq.read_schema(path) if pa.types.is_string(f.type) or pa.types.is_large_string(f.type)]
    with pq.ParquetFile(path, read_dictionary=texts) as file:
        return file.read(use_threads=False)


def array(column: pa.ChunkedArray) -> NDArray[Any]:
    """A column of numbers `(row,)`; NaN where there is none."""
    import pyarrow as pa

    whole = column.combine_chunks()
    bare = pa.Array.from_buffers(whole.type, len(whole), [None, whole.buffers()[1]], offset=whole.offset)
    found = np.from_dlpack(bare)
    if not whole.null_count:
        return found
    known = np.unpackbits(np.frombuffer(whole.buffers()[0], np.uint8), bitorder="little")
    return np.where(known[whole.offset : whole.offset + len(whole)], found, np.nan)


def by_row(column: pa.ChunkedArray) -> Named:
    """A column of names."""
    import pyarrow as pa

    whole = column.unify_dictionaries().combine_chunks() if pa.types.is_dictionary(column.type) else None
    if whole is None:
        return named([str(text) for text in column.to_pylist()])
    return Named([str(text) for text in whole.dictionary.to_pylist()], np.from_dlpack(whole.indices))


def values(column: pa.ChunkedArray) -> list[Any]:
    """A column as Python's numbers and texts; None where there is none."""
    import pyarrow as pa

    if pa.types.is_dictionary(column.type):
        texts, places = by_row(column)
        return [texts[k] for k in places.tolist()]
    if not pa.types.is_primitive(column.type):
        return list(column.to_pylist())
    found = array(column).tolist()
    return [None if x != x else x for x in found] if column.null_count else list(found)


def alike(found: pa.Table, by: Sequence[str]) -> dict[tuple[str, ...], slice]:
    """Rows that have the same names in the columns `by`, by these names; such rows follow one another."""
    if not len(found):
        return {}
    columns = [by_row(found[name]) for name in by]
    changes = np.any([np.diff(each.places) != 0 for each in columns], axis=0)
    begins = [0, *(np.flatnonzero(changes) + 1).tolist()]
    groups = {
        tuple(each.texts[each.places[a]] for each in columns): slice(a, b)
        for a, b in zip(begins, [*begins[1:], len(found)], strict=True)
    }
    if len(groups) < len(begins):
        raise ValueError(f"rows of equal {', '.join(by)} do not follow one another")
    return groups
