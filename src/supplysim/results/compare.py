"""Runs side by side: what differs in their inputs, and what that does, draw by draw.

Runs with the same seed and sampler share their draws path by path, so that a difference is taken within each draw and
most of the spread that the draws have in common drops out of it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from supplysim.engine.market import Array
from supplysim.errors import InputError
from supplysim.results.folder import read_manifest, reading
from supplysim.results.metrics import UNITS, Key
from supplysim.results.summary import NOISY, Band, band
from supplysim.scenario import Scenario
from supplysim.scenario import load as load_scenario
from supplysim.scenario.compare import differences

if TYPE_CHECKING:
    import pyarrow.parquet as pq

Z95 = 1.959963984540054
"""Two-sided 95 % quantile of the normal distribution."""
OUTER = ("base_outer", "other_outer")
"""What a contrast of prices has of the outer band."""
NOT_INPUTS = ("title", "question", "sources", "source", "note")


@dataclass(frozen=True)
class Run:
    """A finished run, or one cell of a finished sweep: its folder, name, scenario, draws that failed, and the digest
    of an own design ("" for sampled draws)."""

    folder: Path
    label: str
    scenario: Scenario
    n_failed: int
    design: str = ""

    @property
    def draws(self) -> Path:
        return self.folder / "draws.parquet"


@dataclass(frozen=True)
class Contrast:
    """One metric of run `other` less that of run `base` (numbers of runs).

    `mean` is of the difference and `low` to `high` its 95 % confidence interval, from the standard error over draws
    (for Sobol and Latin hypercube draws, which are evener than independent ones, it is wider than need be). `median`
    is of the difference too, and `median_low` to `median_high` its 95 % interval from ranks. `band` has
    the quantiles of the difference over draws, None unless `paired`. Of a price all this is of the inner band, the
    model's own; `base_outer` and `other_outer` are what each run has with its market's noise. `n` counts draws that
    both runs have a finite number for, `n_failed` those that failed in either.
    """

    base: int
    other: int
    metric: str
    product: str
    region: str
    contract: str
    unit: str
    base_mean: float
    other_mean: float
    mean: float
    low: float
    high: float
    base_median: float
    other_median: float
    median: float
    median_low: float
    median_high: float
    band: Band
    n: int
    n_failed: int
    paired: bool
    base_outer: Band | None = None
    other_outer: Band | None = None


def find_runs(paths: Sequence[Path]) -> list[Run]:
    """The runs in folders of runs and sweeps, a sweep's cells one by one. Raises `InputError` where one is not done."""
    runs: list[Run] = []
    for path in paths:
        manifest = read_manifest(path)
        if manifest.get("state") != "finished":
            raise InputError(f"{path} is not finished")
        if manifest.get("kind") == "sweep":
            runs += [find_run(path / "cells" / f"{cell['cell']:04d}") for cell in manifest["cells"]]
        else:
            runs.append(find_run(path))
    if len(runs) < 2:
        raise InputError("give two runs or more, or a sweep of two cells or more")
    return runs


def find_run(folder: Path) -> Run:
    """The run, or the cell of a sweep, in a folder. Raises `InputError` where there is none that has finished."""
    manifest = read_manifest(folder)
    if manifest.get("state") != "finished":
        raise InputError(f"{folder} is not finished")
    if not (folder / "draws.parquet").is_file():
        raise InputError(f"{folder} has no draws to compare")
    name = str(manifest.get("label") or f"{manifest['scenario']} {str(manifest['run'])[:12]}")
    return Run(folder, name, load_scenario(folder / "scenario.yaml"), int(manifest["counts"]["failed"]),
               str(manifest.get("design", "")))  # fmt: skip


def differing_inputs(runs: Sequence[Run] | Sequence[Side]) -> dict[str, list[Any]]:
    """Each path whose value is not the same in all runs, with its value in each."""
    base, *others = [run.scenario for run in runs]
    found: dict[str, list[Any]] = {}
    for k, other in enumerate(others, 1):
        for difference in differences(base, other):
            if difference.path.rpartition(".")[2] not in NOT_INPUTS and not difference.path.startswith("sources"):
                found.setdefault(difference.path, [difference.first] * len(runs))[k] = difference.second
    return found


def uneven(runs: Sequence[Run]) -> str:
    """What is to be said of runs that count different times; "" where all count the same months."""
    spans = sorted({run.scenario.counted for run in runs})
    if len(spans) == 1:
        return ""
    return f"The runs count {spans[0]} to {spans[-1]} months: what is summed over the horizon is not of equal times."


@dataclass(frozen=True)
class Side:
    """One side of a comparison: what was run, draws that failed, the names of its columns and how to read one.

    `design` is the digest of an own design, "" for sampled draws.
    """

    scenario: Scenario
    n_failed: int
    names: Sequence[str]
    column: Callable[[str], Array]
    design: str = ""


def contrasts(runs: Sequence[Run], metrics: Sequence[str] | None = None) -> list[Contrast]:
    """Every run against the first, for the metrics asked for (all of them if None) that both have."""

    found: list[Contrast] = []
    with _opened(runs[0]) as base:
        for k, run in enumerate(runs[1:], 1):
            with _opened(run) as other:
                found += between(_side(runs[0], base), _side(run, other), k, metrics)
    return found


def side_of(run: Run) -> Side:
    """A saved run with its draws in memory."""
    import pyarrow.parquet as pq

    with reading(run.draws) as path:
        table = pq.read_table(path, partitioning=None)
    return Side(run.scenario, run.n_failed, table.schema.names, lambda name: table[name].to_numpy(), run.design)


def _opened(run: Run) -> pq.ParquetFile:
    import pyarrow.parquet as pq

    with reading(run.draws) as path:
        return pq.ParquetFile(path)


def _side(run: Run, file: pq.ParquetFile) -> Side:
    def column(name: str) -> Array:
        with reading(run.draws):
            return np.asarray(file.read(columns=[name])[name].to_numpy())

    return Side(run.scenario, run.n_failed, file.schema_arrow.names, column, run.design)


def between(first: Side, second: Side, number: int = 1, metrics: Sequence[str] | None = None) -> list[Contrast]:
    """The second side, run `number`, less the first, draw by draw where both have the same draws."""
    paired = _same_draws(first, second)
    places, failed = _meet(first, second, paired)
    known = set(second.names)
    rows = []
    for column in (name for name in first.names if name.startswith("scenario|") and name in known):
        key = Key(*column.split("|")[1:])
        if metrics is None or key.metric in metrics:
            a, b = (side.column(column)[rows_of] for side, rows_of in zip((first, second), places, strict=True))
            facts = difference_of(a, b, paired=paired)
            outer = [band(side.column(NOISY + column)) if NOISY + column in side.names and facts["n"] > 1 else None
                     for side in (first, second)]  # fmt: skip
            rows.append(Contrast(0, number, key.metric, key.product, key.region, key.contract, UNITS[key.metric],
                                 **facts, n_failed=failed, paired=paired, base_outer=outer[0],
                                 other_outer=outer[1]))  # fmt: skip
    order = {metric: k for k, metric in enumerate(UNITS)}
    return sorted(rows, key=lambda row: (row.product, row.region, order[row.metric], row.contract))


def _same_draws(first: Side, second: Side) -> bool:
    """Whether two sides drew the same numbers: a Latin hypercube's depend on how many there are, an own design's on
    the design."""
    a, b = first.scenario, second.scenario
    same = a.seed == b.seed and a.sampler == b.sampler and first.design == second.design
    return same and (a.sampler != "lhs" or a.draws == b.draws)


def _meet(first: Side, second: Side, paired: bool) -> tuple[tuple[Any, Any], int]:
    """Rows of either side to take, and how many draws failed in either."""
    if not paired:
        return (slice(None), slice(None)), first.n_failed + second.n_failed
    a, b = (side.column("draw") for side in (first, second))
    common, at_a, at_b = np.intersect1d(a, b, assume_unique=True, return_indices=True)
    return (at_a, at_b), min(first.scenario.draws, second.scenario.draws) - len(common)


def difference_of(a: Array, b: Array, *, paired: bool) -> Mapping[str, Any]:
    """Mean of `b - a`, its 95 % interval, quantiles over draws and `n`; of independent draws where not `paired`."""
    if paired:
        keep = np.isfinite(a) & np.isfinite(b)
        a, b = a[keep], b[keep]
        gap = b - a
        error = _standard_error(gap)
    else:
        a, b = a[np.isfinite(a)], b[np.isfinite(b)]
        gap = np.empty(0)
        error = float(np.hypot(_standard_error(a), _standard_error(b)))
    means = [float(values.mean()) if len(values) else float("nan") for values in (a, b)]
    mean = means[1] - means[0]
    return {
        "base_mean": means[0], "other_mean": means[1], "mean": mean, "low": mean - Z95 * error,
        "high": mean + Z95 * error, **_medians(a, b, gap if paired else None), "band": band(gap),
        "n": min(len(a), len(b)),
    }  # fmt: skip


def _medians(a: Array, b: Array, gap: Array | None) -> Mapping[str, float]:
    """Medians and that of the difference; of independent draws its interval is that of two medians together."""
    (first, second), nan = ((float(np.median(v)) if len(v) else float("nan") for v in (a, b)), float("nan"))
    if gap is not None:
        middle = float(np.median(gap)) if len(gap) else nan
        low, high = median_interval(gap)
    else:
        middle = second - first
        ends = [median_interval(values) for values in (a, b)]
        below = float(np.hypot(second - ends[1][0], ends[0][1] - first))
        above = float(np.hypot(ends[1][1] - second, first - ends[0][0]))
        low, high = middle - below, middle + above
    return {"base_median": first, "other_median": second, "median": middle, "median_low": low, "median_high": high}


def median_interval(values: Array) -> tuple[float, float]:
    """The 95 % confidence interval of a median from ranks: the values numbered `n/2 -+ 1.96 sqrt(n)/2` in order.

    Conover (1999), Practical Nonparametric Statistics, section 3.2; all values where there are few.
    """
    n = len(values)
    if not n:
        return float("nan"), float("nan")
    half = Z95 * np.sqrt(n) / 2
    ranked = np.sort(values)
    first, last = max(int(np.floor(n / 2 - half)), 1), min(int(np.ceil(n / 2 + 1 + half)), n)
    return float(ranked[first - 1]), float(ranked[last - 1])


def _standard_error(values: Array) -> float:
    return float(values.std(ddof=1) / np.sqrt(len(values))) if len(values) > 1 else float("nan")
