"""What a run folder holds, read once for the whole page."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from supplysim.engine.market import Array
from supplysim.errors import InputError
from supplysim.results.folder import month_name, read_manifest
from supplysim.results.result import Result
from supplysim.results.summary import NAMES, OUTER, Band, Row
from supplysim.scenario import Scenario
from supplysim.world import Catalog

if TYPE_CHECKING:
    import pandas as pd

VARIANTS = ("baseline", "scenario", "without_contracts")
NOTHING: Band = (None, None, None)
MOST_DEPARTING = 4


@dataclass(frozen=True)
class Run:
    """One run: its manifest, scenario and tables as they lie in the folder, and the world's names.

    Nothing here depends on when or where it was run, so that equal runs make equal pages.
    """

    manifest: Mapping[str, Any]
    scenario: Scenario
    catalog: Catalog
    rows: tuple[Row, ...]
    draws: pd.DataFrame
    monthly: pd.DataFrame
    flows: pd.DataFrame
    contracts: pd.DataFrame
    attribution: Mapping[str, Any] | None = None
    embodied: pd.DataFrame | None = None

    @property
    def name(self) -> str:
        """The scenario's name."""
        return str(self.manifest["scenario"])

    @property
    def title(self) -> str:
        """The scenario's title, or its name where it has none."""
        return str(self.manifest["title"]) or self.name

    @property
    def departs(self) -> str:
        """In words, what the title was not written for; empty where the run is its file's."""
        found = self.manifest.get("departs")
        return departs_text(str(found["from"]), found["values"]) if found else ""

    @property
    def start(self) -> int:
        """The first month, since 0000-01."""
        return self.scenario.start

    @cached_property
    def months(self) -> list[str]:
        """Every month as YYYY-MM."""
        return [month_name(self.start + k) for k in range(self.scenario.months)]

    @cached_property
    def years(self) -> list[str]:
        """Each year of the run by the month it starts in, or by the calendar year where that is the same."""
        firsts = self.months[::12]
        return [first[:4] if first.endswith("-01") else f"from {first}" for first in firsts]

    @property
    def variants(self) -> tuple[str, ...]:
        """Variants that were run, in the order in which they are shown."""
        without = any(row.without_contracts is not None for row in self.rows)
        return ("baseline", "without_contracts", "scenario") if without else ("baseline", "scenario")

    @cached_property
    def _index(self) -> dict[tuple[str, str, str, str], Row]:
        return {(row.metric, row.product, row.region, row.contract): row for row in self.rows}

    def row(self, metric: str, product: str, region: str, contract: str = "") -> Row | None:
        """One headline row, None where the run has none."""
        return self._index.get((metric, product, region, contract))

    def sampled(self, path: str) -> Array | None:
        """What was drawn for a path, one number a draw; None where it was not drawn."""
        column = f"input|{path}"
        return self.draws[column].to_numpy() if column in self.draws else None

    def metric(self, variant: str, metric: str, product: str, region: str) -> Array | None:
        """A headline metric by draw."""
        column = f"{variant}|{metric}|{product}|{region}"
        return self.draws[column].to_numpy() if column in self.draws else None

    @cached_property
    def _blocks(self) -> dict[tuple[str, str, str], tuple[tuple[str, ...], Array]]:
        """Months of each variant, product and quantity, `(t, region, 3)`: the file has them in that order."""
        frame = self.monthly
        values, regions = frame[list(NAMES)].to_numpy(), frame["region"].to_numpy()
        found: dict[tuple[str, str, str], tuple[tuple[str, ...], Array]] = {}
        names = ["variant", "product", "quantity"]
        groups: Any = frame.groupby(names, sort=False).indices
        for (variant, product, quantity), rows in groups.items():
            block = values[rows].reshape(len(self.months), -1, 3)
            found[variant, product, quantity] = (tuple(regions[rows[: block.shape[1]]]), block)
        return found

    def series(self, variant: str, product: str, region: str, quantity: str) -> Array:
        """5 %, 50 % and 95 % quantiles by month, `(3, t)`; zeros where the folder leaves out what is always zero."""
        regions, block = self._blocks.get((variant, product, quantity), ((), np.empty(0)))
        if region not in regions:
            return np.zeros((3, len(self.months)))
        return np.asarray(block[:, regions.index(region)].T)

    def outer(self, variant: str, product: str, region: str, quantity: str) -> Array:
        """Ends of a price's outer band by month, `(2, t)`: the model with its market's noise."""
        frame = self.monthly
        mine = (frame["variant"] == variant) & (frame["product"] == product) & (frame["region"] == region)
        found = frame.loc[mine & (frame["quantity"] == quantity), list(OUTER)].to_numpy(dtype=float).T
        return found if found.size else np.zeros((2, len(self.months)))

    def regions_with(self, variant: str, product: str, quantity: str) -> tuple[str, ...]:
        """Regions for which a quantity is ever other than zero."""
        return self._blocks.get((variant, product, quantity), ((), None))[0]

    @cached_property
    def _trade(self) -> dict[tuple[str, str], dict[tuple[str, str], Array]]:
        found: dict[tuple[str, str], dict[tuple[str, str], Array]] = {}
        columns = [self.flows[name].to_numpy() for name in ("variant", "product", "from", "to", "year")]
        middle = self.flows["p50"].to_numpy()
        for k, (variant, product, a, b, year) in enumerate(zip(*columns, strict=True)):
            links = found.setdefault((variant, product), {})
            links.setdefault((a, b), np.zeros(len(self.years)))[int(year) - 1] = middle[k]
        return found

    def trade(self, variant: str, product: str) -> dict[tuple[str, str], Array]:
        """Median tonnes by year for each pair of regions, domestic sales included."""
        return self._trade.get((variant, product), {})


def run_of(result: Result, manifest: Mapping[str, Any]) -> Run:
    """A run in memory, as `read_run` would read it from its folder."""
    from supplysim.results.quantiles import contract_frame, embodied_frame, flow_frame, monthly_frame
    from supplysim.world import catalog

    traces, start = result.traces, result.scenario.start
    return Run(
        manifest=manifest,
        scenario=result.scenario,
        catalog=catalog(result.scenario.world),
        rows=tuple(result.rows()),
        draws=result.draws(),
        monthly=monthly_frame(traces, start),
        flows=flow_frame(traces, start),
        contracts=contract_frame(traces, start),
        embodied=embodied_frame(traces, start),
    )


def departs_text(file: str, values: Sequence[str]) -> str:
    """What of a run is not in the file that its title was written in."""
    more = f" and {len(values) - MOST_DEPARTING} more" if len(values) > MOST_DEPARTING else ""
    return f"Not as in {file}, where the title was written: {'; '.join(values[:MOST_DEPARTING])}{more}."


def read_run(folder: Path, manifest: Mapping[str, Any] | None = None) -> Run:
    """Read a run folder, and its manifest unless one is given.

    Raises `InputError` naming the file that is missing or cannot be read.
    """
    from supplysim.scenario import load
    from supplysim.world import catalog

    known = read_manifest(folder) if manifest is None else manifest
    scenario = load(str(_file(folder, "scenario.yaml")))
    return Run(
        manifest=known,
        scenario=scenario,
        catalog=catalog(scenario.world),
        rows=_rows(_file(folder, "summary.csv")),
        draws=_table(folder, "draws"),
        monthly=_table(folder, "monthly"),
        flows=_table(folder, "flows"),
        contracts=_table(folder, "contracts"),
        attribution=_attribution(folder / "attribution.json"),
        embodied=_table(folder, "embodied") if (folder / "embodied.parquet").is_file() else None,
    )


def _file(folder: Path, name: str) -> Path:
    path = folder / name
    if not path.is_file():
        raise InputError(f"{folder} is not the folder of a finished run: it has no {name}")
    return path


def _table(folder: Path, name: str) -> pd.DataFrame:
    import pandas as pd

    path = _file(folder, f"{name}.parquet")
    try:
        return pd.read_parquet(path)
    except (OSError, ValueError) as error:
        raise InputError(f"{path} cannot be read: {error}") from None


def _attribution(path: Path) -> Mapping[str, Any] | None:
    """What `supplysim attribute` left beside the run, if it did."""
    if not path.is_file():
        return None
    try:
        return dict(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError) as error:
        raise InputError(f"{path} cannot be read: {error}") from None


def _rows(path: Path) -> tuple[Row, ...]:
    """summary.csv as rows again."""
    import pandas as pd

    frame = pd.read_csv(path, dtype={"contract": str}, keep_default_na=True).fillna({"contract": ""})
    columns = {str(name): frame[name].tolist() for name in frame.columns}
    without = "contracts_effect_p50" in columns

    def band(name: str, k: int) -> Band:
        low, middle, high = (columns[f"{name}_{q}"][k] for q in NAMES)
        return (_number(low), _number(middle), _number(high))

    def outer(name: str, k: int) -> Band | None:
        found = band(f"outer_{name}", k) if f"outer_{name}_p50" in columns else NOTHING
        return None if found == NOTHING else found

    return tuple(
        Row(
            columns["metric"][k], columns["mineral"][k], columns["product"][k], columns["region"][k],
            columns["contract"][k], columns["unit"][k], band("baseline", k), band("scenario", k),
            band("difference", k), band("without_contracts", k) if without else None,
            band("contracts_effect", k) if without else None, int(columns["n"][k]),
            {name: found for name in VARIANTS if (found := outer(name, k)) is not None},
        )
        for k in range(len(frame))
    )  # fmt: skip


def _number(value: float) -> float | None:
    return None if value != value else float(value)
