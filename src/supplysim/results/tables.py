"""Draws and headline rows as tables, and back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from supplysim.engine.market import Array
from supplysim.results.metrics import UNITS, Key
from supplysim.results.summary import NAMES, Metrics, Row, complete

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa


def draws_frame(metrics: Metrics, inputs: Mapping[str, Array], first: int = 0) -> pd.DataFrame:
    """One row a draw: what was sampled, then each metric by variant (columns `variant|metric|product|region`)."""
    import pandas as pd

    return pd.DataFrame(_draws_columns(metrics, inputs, first))


def draws_table(metrics: Metrics, inputs: Mapping[str, Array], first: int = 0) -> pa.Table:
    """`draws_frame` for a file, where NaN is no number: a frame of thousands of columns takes long to make and turn."""
    import pyarrow as pa

    columns = _draws_columns(metrics, inputs, first)
    return pa.table({name: pa.array(values, from_pandas=True) for name, values in columns.items()})


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


def metrics_of(frame: pd.DataFrame) -> dict[str, dict[Key, Array]]:
    """The metrics of a draws.parquet, by variant and key."""
    found: dict[str, dict[Key, Array]] = {}
    for column in frame.columns:
        variant, _, rest = str(column).partition("|")
        if variant not in ("draw", "input"):
            found.setdefault(variant, {})[Key(*rest.split("|"))] = frame[column].to_numpy()
    return found


def summary_frame(rows: Sequence[Row]) -> pd.DataFrame:
    """summary.csv as a table: a band of three columns for each variant and each difference."""
    import pandas as pd

    def flat(row: Row) -> dict[str, object]:
        plain = {k: v for k, v in vars(row).items() if not isinstance(v, tuple | dict) and v is not None}
        for name in ("baseline", "scenario", "difference", "without_contracts", "contracts_effect"):
            if (values := getattr(row, name)) is not None:
                plain |= {f"{name}_{q}": value for q, value in zip(NAMES, values, strict=True)}
        for name, ends in row.outer.items():
            plain |= {f"outer_{name}_{q}": value for q, value in zip(NAMES, ends, strict=True)}
        return plain

    return pd.DataFrame([flat(row) for row in rows])
