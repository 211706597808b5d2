"""Draws and headline rows as tables, and back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from supplysim.engine.market import Array
from supplysim.results.columns import Named, named, plain, table
from supplysim.results.metrics import UNITS
from supplysim.results.summary import NAMES, NOTHING, Band, Metrics, Row, complete

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa


def draws_frame(metrics: Metrics, inputs: Mapping[str, Array], first: int = 0) -> pd.DataFrame:
    """One row a draw: what was sampled, then each metric by variant (columns `variant|metric|product|region`)."""
    import pandas as pd

    return pd.DataFrame(_draws_columns(metrics, inputs, first))


def draws_table(metrics: Metrics, inputs: Mapping[str, Array], first: int = 0) -> pa.Table:
    """`draws_frame` for a file, where NaN is no number: a frame of thousands of columns takes long to make and turn."""
    return table(_draws_columns(metrics, inputs, first))


def _draws_columns(metrics: Metrics, inputs: Mapping[str, Array], first: int) -> dict[str, Array]:
    done = complete(metrics)
    count = len(next(iter(next(iter(done.values())).values())))
    columns: dict[str, Any] = {"draw": np.arange(first, first + count)}
    columns |= {f"input|{path}": values for path, values in sorted(inputs.items())}
    for variant, found in done.items():
        columns |= {f"{variant}|{key.column()}": values for key, values in found.items()}
    return columns


def long_frame(metrics: Metrics) -> pd.DataFrame:
    """One row a draw, variant and metric, with its unit: tidy data."""
    import pandas as pd

    parts = [
        pd.DataFrame({"draw": np.arange(len(values)), "variant": variant, **key._asdict(), "unit": UNITS[key.metric],
                      "value": values})
        for variant, found in complete(metrics).items()
        for key, values in found.items()
    ]  # fmt: skip
    return pd.concat(parts, ignore_index=True)


def summary_table(rows: Sequence[Row]) -> pa.Table:
    """summary.csv as a table: a band of three columns for each variant and each difference."""
    columns: dict[str, Named | Array] = {
        name: named([getattr(row, name) for row in rows])
        for name in ("metric", "mineral", "product", "region", "contract", "unit")
    }
    columns["n"] = np.array([row.n for row in rows], dtype=np.int64)
    for name in ("baseline", "scenario", "difference", "without_contracts", "contracts_effect"):
        if name in ("baseline", "scenario", "difference") or any(getattr(row, name) is not None for row in rows):
            columns |= _band_columns(name, [getattr(row, name) for row in rows])
    for name in dict.fromkeys(name for row in rows for name in row.outer):
        columns |= _band_columns(f"outer_{name}", [row.outer.get(name) for row in rows])
    return table(columns)


def _band_columns(name: str, bands: Sequence[Band | None]) -> dict[str, Array]:
    numbers = np.array([band or NOTHING for band in bands], dtype=float).reshape(-1, len(NAMES))
    return {f"{name}_{q}": numbers[:, k] for k, q in enumerate(NAMES)}


def summary_frame(rows: Sequence[Row]) -> pd.DataFrame:
    """`summary_table` for people."""
    return frame_of(summary_table(rows))


def frame_of(found: pa.Table) -> pd.DataFrame:
    """A table as a frame."""
    frame: pd.DataFrame = plain(found).to_pandas()
    return frame
