"""The cells of a sweep in the order of one metric, best first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from supplysim.engine.market import Array
from supplysim.errors import InputError
from supplysim.results.asked import find_key
from supplysim.results.folder import read_manifest, reading
from supplysim.results.metrics import Key
from supplysim.results.summary import Band, band

if TYPE_CHECKING:
    import pyarrow.parquet as pq

HIGH_IS_GOOD = frozenset((
    "n1_coverage", "effective_suppliers", "min_months_of_cover", "time_to_survive_months", "durability",
    "tariff_revenue_usd",
))  # fmt: skip
"""Metrics of which more is better; of all others less is."""


@dataclass(frozen=True)
class Ranked:
    """One cell: its number, label and settings by path, and the metric's quantiles over draws.

    `median` is infinite where the middle draw never reaches it; `n` counts draws with a number, `n_failed` failures.
    """

    cell: int
    label: str
    settings: Mapping[str, str]
    median: float
    band: Band
    n: int
    n_failed: int


def best_cells(folder: Path, text: str, *, worst: bool = False) -> tuple[Key, list[Ranked]]:
    """The cells of a finished sweep by the median of the metric that `text` names, best (or `worst`) first.

    Equal medians go by the worse end of the band, then by number. Cells without a number come last. Raises `InputError`
    where the folder is no finished sweep, or the text names no metric of it.
    """
    manifest = read_manifest(folder)
    if manifest.get("kind") != "sweep" or manifest.get("state") != "finished":
        raise InputError(f"{folder} is not the folder of a finished sweep")
    key, found = None, []
    for cell in manifest["cells"]:
        path = folder / "cells" / f"{cell['cell']:04d}" / "draws.parquet"
        drawn = cell["failed"] < cell["draws"]
        if drawn:
            key = key or _key(path, text)
        values = _values(path, key) if key and drawn else np.empty(0)
        known = values[~np.isnan(values)]
        how: Any = "nearest" if np.isinf(known).any() else "linear"
        median = float(np.quantile(known, 0.5, method=how)) if len(known) else float("nan")
        found.append(
            Ranked(cell["cell"], cell["label"], cell["settings"], median, band(values), len(known), cell["failed"])
        )
    if key is None:
        raise InputError(f"no cell of {folder} has draws")
    sign = -1.0 if (key.metric in HIGH_IS_GOOD) != worst else 1.0
    end = 0 if key.metric in HIGH_IS_GOOD else 2

    def order(row: Ranked) -> tuple[bool, float, float, int]:
        edge = row.band[end]
        return (row.n == 0, sign * row.median, sign * (np.inf if edge is None else edge), row.cell)

    return key, sorted(found, key=order)


def _key(path: Path, text: str) -> Key:
    with reading(path), _opened(path) as file:
        names = file.schema_arrow.names
    return find_key(text, [Key(*name.split("|")[1:]) for name in names if name.startswith("scenario|")])


def _values(path: Path, key: Key) -> Array:
    with reading(path), _opened(path) as file:
        name = f"scenario|{key.column()}"
        if name not in file.schema_arrow.names:
            return np.empty(0)
        return np.asarray(file.read(columns=[name])[name].to_numpy(), dtype=np.float64)


def _opened(path: Path) -> pq.ParquetFile:
    import pyarrow.parquet as pq

    return pq.ParquetFile(path)
