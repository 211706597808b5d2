"""A finished run in memory, and the tables people ask it for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from supplysim.engine.market import Array
from supplysim.results.quantiles import Traces, contract_frame, embodied_frame, flow_frame, monthly_frame
from supplysim.results.summary import NAMES, OUTER, Band, Metrics, Row, summarise
from supplysim.results.tables import draws_frame, summary_frame
from supplysim.scenario import Scenario

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Result:
    """One scenario and its baseline over the same draws.

    `inputs` are the sampled values by path, `metrics` by variant and key over all draws, `traces` by variant and
    product over the first `traced` draws.
    """

    scenario: Scenario
    inputs: Mapping[str, Array]
    metrics: Metrics
    traces: Traces
    traced: int

    def rows(self) -> list[Row]:
        """The headline rows."""
        return self._rows

    @cached_property
    def _rows(self) -> list[Row]:
        return summarise(self.metrics)

    def summary(self) -> pd.DataFrame:
        """Headline metrics: 5 %, 50 % and 95 % quantiles of baseline, scenario and their difference, with units."""
        return summary_frame(self.rows())

    def draws(self) -> pd.DataFrame:
        """One row a draw: sampled inputs, then metrics by variant."""
        return draws_frame(self.metrics, self.inputs)

    def monthly(self) -> pd.DataFrame:
        """Quantiles by variant, month, product, region and quantity."""
        return monthly_frame(self.traces, self.scenario.start)

    def prices(self) -> pd.DataFrame:
        """Monthly prices as multiples of the base price: spot (or delivered, see `variety_cost`) and contract."""
        frame = self.monthly()
        return frame[frame["quantity"].isin(["price", "contract_price"])].reset_index(drop=True)

    def stocks(self) -> pd.DataFrame:
        """Monthly stocks in tonnes, industry's and strategic together."""
        frame = self.monthly()
        return frame[frame["quantity"] == "stock"].reset_index(drop=True)

    def flows(self) -> pd.DataFrame:
        """Tonnes by variant, year, product and pair of regions."""
        return flow_frame(self.traces, self.scenario.start)

    def embodied(self) -> pd.DataFrame:
        """Shares of what consumers buy by the region of the mines and plants it has passed, by variant and year."""
        return embodied_frame(self.traces, self.scenario.start)

    def contracts(self) -> pd.DataFrame:
        """Tonnes a month by variant on the links of each contract: what runs with it and what would run anyway."""
        return contract_frame(self.traces, self.scenario.start)


def document(scenario: Scenario, run: str, rows: Sequence[Row]) -> dict[str, Any]:
    """What `supplysim run --json` prints."""
    return {
        "scenario": scenario.name,
        "run": run,
        "horizon": {"start": f"{scenario.start // 12:04d}-{scenario.start % 12 + 1:02d}", "months": scenario.months},
        "draws": scenario.draws,
        "seed": scenario.seed,
        "metrics": [_metric(row) for row in rows],
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
        "without_contracts": _band(row.without_contracts),
        "contracts_effect": _band(row.contracts_effect),
    }


def _outer(band: Band | None) -> dict[str, float | None]:
    return {} if band is None else dict(zip(OUTER, (band[0], band[2]), strict=True))


def _band(band: Band) -> dict[str, float | None]:
    return dict(zip(NAMES, band, strict=True))
