"""A finished run in memory, and the tables people ask it for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from supplysim.engine.market import Array
from supplysim.results.durability import durability_document
from supplysim.results.quantiles import TABLES, Traces, dated
from supplysim.results.summary import NAMES, Band, Metrics, Row, summarise
from supplysim.results.tables import draws_frame, draws_table, frame_of, long_frame, summary_frame
from supplysim.scenario import Scenario

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa
    from xarray import Dataset


@dataclass(frozen=True)
class Result:
    """One scenario and its baseline over the same draws.

    `inputs` are the sampled values by path, `metrics` by variant and key over all draws, `traces` by variant and
    product over the first `traced` draws. `engine` computed them; `design` is the SHA-256 of inputs that were given in
    place of sampled ones, "" where there were none. `by_numpy` says why the compiled engine left a product to NumPy, by
    product; empty where it left none.
    """

    scenario: Scenario
    inputs: Mapping[str, Array]
    metrics: Metrics
    traces: Traces
    traced: int
    engine: str = "numpy"
    design: str = ""
    by_numpy: Mapping[str, str] = field(default_factory=dict)

    def rows(self) -> list[Row]:
        """The headline rows."""
        return self._rows

    @cached_property
    def _rows(self) -> list[Row]:
        return summarise(self.metrics)

    @cached_property
    def tables(self) -> Mapping[str, pa.Table]:
        """The tables that its folder holds as Parquet, by name, made once."""
        made = {"draws": draws_table(self.metrics, self.inputs)}
        return made | {name: make(self.traces, self.scenario.start) for name, make in TABLES.items()}

    def summary(self) -> pd.DataFrame:
        """Headline metrics: 5 %, 50 % and 95 % quantiles of baseline, scenario and their difference, with units."""
        return summary_frame(self.rows())

    def draws(self, *, long: bool = False) -> pd.DataFrame:
        """One row a draw: sampled inputs `input|PATH` in base units, then metrics `variant|metric|product|region`.

        `long` gives the metrics as tidy data, a row a draw, variant and metric, with columns `draw`, `variant`,
        `metric`, `product`, `region`, `contract`, `unit` and `value`.
        """
        return long_frame(self.metrics) if long else draws_frame(self.metrics, self.inputs)

    def monthly(self) -> pd.DataFrame:
        """Quantiles by variant, month (a date, the first of it), product, region and quantity."""
        return dated(frame_of(self.tables["monthly"]), "month")

    def prices(self) -> pd.DataFrame:
        """Monthly prices as multiples of the base price: spot (or delivered, see `variety_cost`) and contract."""
        frame = self.monthly()
        return frame[frame["quantity"].isin(["price", "contract_price"])].reset_index(drop=True)

    def stocks(self) -> pd.DataFrame:
        """Monthly stocks in tonnes, industry's and strategic together."""
        frame = self.monthly()
        return frame[frame["quantity"] == "stock"].reset_index(drop=True)

    def flows(self) -> pd.DataFrame:
        """Tonnes by variant, year of the run (`year`, from 1), product and pair of regions.

        `from_month` is the date of the year's first month and `calendar_year` the year which that lies in: the same
        twelve months where the run starts in January.
        """
        return dated(frame_of(self.tables["flows"]), "from_month")

    def embodied(self) -> pd.DataFrame:
        """Shares of what consumers buy by the region of the mines and plants it has passed, by variant and year."""
        return dated(frame_of(self.tables["embodied"]), "from_month")

    def contracts(self) -> pd.DataFrame:
        """Tonnes a month by variant on the links of each contract: what runs with it and what would run anyway."""
        return dated(frame_of(self.tables["contracts"]), "month")

    def to_xarray(self) -> Dataset:
        """What happened in the first `traced` draws as a lazy `xarray.Dataset`, computed when asked for.

        Dimensions are `variant`, `product`, `draw`, `month` (dates), `year` (the date each begins), `supplier` and
        `buyer` (regions). `flow` is in t by year, supplier and buyer (a last year may have fewer months), what is made
        in t a month by supplier, all else by buyer; each variable says its unit. NaN where a region has no part in a
        product. `input` has the drawn values by `path` and draw, in base units.

        Raises `ModuleNotFoundError` where xarray is not installed (`pip install "supplysim[modeler]"`).
        """
        from supplysim.results.cube import cube

        return cube(self.traces, {path: values[: self.traced] for path, values in self.inputs.items()},
                    self.scenario.start)  # fmt: skip


def document(scenario: Scenario, run: str, rows: Sequence[Row]) -> dict[str, Any]:
    """What `supplysim run --json` prints."""
    signed: Mapping[str, Any] = scenario.contracts
    return {
        "scenario": scenario.name,
        "run": run,
        "horizon": {"start": f"{scenario.start // 12:04d}-{scenario.start % 12 + 1:02d}", "months": scenario.months},
        "draws": scenario.draws,
        "seed": scenario.seed,
        "metrics": [_metric(row) for row in rows],
        "durability": durability_document(rows, {k: c.from_ for k, c in signed.items() if c.kind != "no_flow"}),
    }


def _metric(row: Row) -> dict[str, Any]:
    found: dict[str, Any] = {
        "metric": row.metric,
        "mineral": row.mineral,
        "product": row.product,
        "region": row.region,
        "unit": row.unit,
        **({"contract": row.contract} if row.contract else {}),
        "baseline": _band(row.baseline) | _outer(row.outer.get("baseline")),
        "scenario": _band(row.scenario) | _outer(row.outer.get("scenario")),
        "difference": _band(row.difference),
    }
    if row.without_contracts is None or row.contracts_effect is None:
        return found
    return {
        **found,
        "without_contracts": _band(row.without_contracts) | _outer(row.outer.get("without_contracts")),
        "contracts_effect": _band(row.contracts_effect),
    }


def _outer(band: Band | None) -> dict[str, float | None]:
    return {} if band is None else {f"outer_{name}": value for name, value in _band(band).items()}


def _band(band: Band) -> dict[str, float | None]:
    return dict(zip(NAMES, band, strict=True))
