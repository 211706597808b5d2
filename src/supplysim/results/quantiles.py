"""Traces of many draws become quantiles by month and node, and by year and link."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from supplysim.engine.market import Array
from supplysim.engine.stage import Index
from supplysim.results.columns import Columns, Named, named, table
from supplysim.results.sorted import quantiles
from supplysim.results.summary import NAMES, OUTER, QUANTILES
from supplysim.results.trace import QUANTITIES, Trace

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

Traces = Mapping[str, Mapping[str, Trace]]
"""Traces by variant and product."""


def join_traces(parts: Sequence[Traces]) -> dict[str, dict[str, Trace]]:
    """Blocks of draws put one after the other; what variants share in every block they share in the whole."""
    done: dict[tuple[int, ...], Trace] = {}

    def joined(variant: str, product: str) -> Trace:
        mine = [part[variant][product] for part in parts]
        key = tuple(map(id, mine))
        if key not in done:
            done[key] = _joined(mine)
        return done[key]

    return {variant: {product: joined(variant, product) for product in found} for variant, found in parts[0].items()}


def _joined(parts: Sequence[Trace]) -> Trace:
    monthly = {name: np.concatenate([p.monthly[name] for p in parts], axis=1) for name in parts[0].monthly}
    contracts = {name: np.concatenate([p.contracts[name] for p in parts], axis=1) for name in parts[0].contracts}
    flow = np.concatenate([p.flow for p in parts], axis=1)
    noise = {name: np.concatenate([p.noise[name] for p in parts], axis=1) for name in parts[0].noise}
    embodied = np.concatenate([p.embodied for p in parts], axis=1)
    return Trace(parts[0].regions, monthly, parts[0].links, flow, contracts, noise, parts[0].passed, embodied)


def first_traces(traces: Traces, count: int) -> dict[str, dict[str, Trace]]:
    """The traces of the first `count` draws alone."""
    return {
        variant: {product: _cut(trace, count) for product, trace in found.items()} for variant, found in traces.items()
    }


def _cut(trace: Trace, count: int) -> Trace:
    monthly = {name: values[:, :count] for name, values in trace.monthly.items()}
    contracts = {name: flow[:, :count] for name, flow in trace.contracts.items()}
    noise = {name: walk[:, :count] for name, walk in trace.noise.items()}
    flow, embodied = trace.flow[:, :count], trace.embodied[:, :count]
    return Trace(trace.regions, monthly, trace.links, flow, contracts, noise, trace.passed, embodied)


def monthly_table(traces: Traces, start: int) -> pa.Table:
    """Quantiles by variant, month, product, region and quantity; what is zero or empty throughout is left out.

    Prices have those of the outer band too, `outer_p5` and `outer_p95`.
    """
    return table(*(
        _monthly(trace, {"variant": variant, "product": product, "quantity": quantity, "unit": unit}, start)
        for variant, found in traces.items()
        for product, trace in found.items()
        for quantity, unit in QUANTITIES.items()
    ))  # fmt: skip


def _monthly(trace: Trace, same: Mapping[str, str], start: int) -> Columns:
    """Columns of one quantity, a row a month and region."""
    values = trace.monthly[same["quantity"]]
    keep = np.flatnonzero(np.nan_to_num(values).any(axis=(0, 1)))
    months = len(values)
    by_month = Named(_months(start, months), np.repeat(np.arange(months), len(keep)))
    regions = Named([trace.regions[k] for k in keep], np.tile(np.arange(len(keep)), months))
    return {
        "variant": same["variant"], "month": by_month, "product": same["product"], "region": regions,
        "quantity": same["quantity"], "unit": same["unit"],
        **_quantiles(values[:, :, keep]), **_outer(trace, same["quantity"], keep),
    }  # fmt: skip


def _outer(trace: Trace, quantity: str, keep: Index) -> dict[str, Array]:
    """Columns of the outer band; empty for what is no price."""
    if quantity not in trace.noise:
        return dict.fromkeys(OUTER, np.full(len(trace.monthly[quantity]) * len(keep), np.nan))
    low, _, high = _bands(noisy(trace, quantity)[:, :, keep])
    return dict(zip(OUTER, (low.ravel(), high.ravel()), strict=True))


def noisy(trace: Trace, quantity: str) -> Array:
    """A monthly price with its market's noise, `(t, d, region)`."""
    return np.asarray(trace.monthly[quantity] * np.exp(trace.noise[quantity])[:, :, None])


def flow_table(traces: Traces, start: int) -> pa.Table:
    """Quantiles of tonnes by variant, year of the run, product and pair of regions; links never used are left out."""
    return table(*(
        _flows(variant, product, trace, start) for variant, found in traces.items() for product, trace in found.items()
    ))  # fmt: skip


def _flows(variant: str, product: str, trace: Trace, start: int) -> Columns:
    keep = np.flatnonzero(trace.flow.any(axis=(0, 1)))
    links, years = [trace.links[k] for k in keep], np.repeat(np.arange(len(trace.flow)), len(keep))
    return {
        "variant": variant, "year": years + 1, "calendar_year": (start + years * 12) // 12,
        "from_month": _year_begins(start, len(trace.flow), len(keep)), "product": product,
        **_repeated({"from": [a for a, _ in links], "to": [b for _, b in links]}, len(trace.flow)), "unit": "t",
        **_quantiles(trace.flow[:, :, keep]),
    }  # fmt: skip


def embodied_table(traces: Traces, start: int) -> pa.Table:
    """Quantiles of the share of what a consumer buys that has passed a stage in a region, by variant and year, and the
    median of its tonnes; what was never bought is left out. `tonnes` is of the product, not of the stage."""
    return table(*(
        _embodied(variant, product, trace, start)
        for variant, found in traces.items()
        for product, trace in found.items()
    ))  # fmt: skip


def _embodied(variant: str, product: str, trace: Trace, start: int) -> Columns:
    keep = np.flatnonzero(trace.embodied.any(axis=(0, 1)))
    tonnes, keys = trace.embodied[:, :, keep], [trace.passed[k] for k in keep]
    passed = {name: [key[k] for key in keys] for k, name in enumerate(("stage", "origin", "region"))}
    return {
        "variant": variant, "year": np.repeat(np.arange(len(tonnes)), len(keep)) + 1,
        "from_month": _year_begins(start, len(tonnes), len(keep)), "product": product,
        **_repeated(passed, len(tonnes)), "unit": "share",
        **_quantiles(tonnes / np.maximum(_whole(tonnes, keys), 1e-300)), "tonnes": _bands(tonnes)[1].ravel(),
    }  # fmt: skip


def _year_begins(start: int, years: int, rows: int) -> Named:
    """The month that each of `years` years begins with, in as many rows."""
    return Named(_months(start, 12 * years)[::12], np.repeat(np.arange(years), rows))


def _repeated(names: Mapping[str, Sequence[str]], times: int) -> dict[str, Named]:
    """Columns of names over and over."""
    found = {name: named(texts) for name, texts in names.items()}
    return {name: Named(texts, np.tile(places, times)) for name, (texts, places) in found.items()}


def _whole(tonnes: Array, keys: Sequence[tuple[str, str, str]]) -> Array:
    """All of a consumer's purchases beside each key's part of them, `(t, d, k)`; added up one by one."""
    whole: dict[tuple[str, str], Array] = {}
    for k, (stage, _, region) in enumerate(keys):
        whole[stage, region] = whole.get((stage, region), 0.0) + tonnes[:, :, k]
    parts = [whole[stage, region] for stage, _, region in keys]
    return np.stack(parts, axis=2) if parts else tonnes


def contract_table(traces: Traces, start: int) -> pa.Table:
    """Quantiles of monthly tonnes by variant and contract, on the links the contract runs on."""
    parts = [
        _contract((variant, product, name), flow, start)
        for variant, found in traces.items()
        for product, trace in found.items()
        for name, flow in trace.contracts.items()
    ]
    return table(*(parts or [_contract(("", "", ""), np.empty((0, 1)), start)]))


def _contract(names: tuple[str, str, str], flow: Array, start: int) -> Columns:
    variant, product, contract = names
    return {
        "variant": variant, "month": named(_months(start, len(flow))), "contract": contract,
        "product": product, "unit": "t/month", **_quantiles(flow[:, :, None]),
    }  # fmt: skip


TABLES = {"monthly": monthly_table, "flows": flow_table, "contracts": contract_table, "embodied": embodied_table}
"""What a run's folder holds of its traces."""


def dated(frame: pd.DataFrame, column: str) -> pd.DataFrame:
    """The frame with a column of months as dates, the first of each month; files keep them as YYYY-MM."""
    import pandas as pd

    return frame.assign(**{column: pd.to_datetime(frame[column], format="%Y-%m")})


def _quantiles(values: Array) -> dict[str, Array]:
    """Columns of quantiles over the draw axis of `(t, d, k)`, a row for each time and `k`."""
    return dict(zip(NAMES, _bands(values).reshape(3, -1), strict=True))


def _bands(values: Array) -> Array:
    """Quantiles over the draw axis of `(t, d, k)`: `(3, t, k)`."""
    if not values.shape[2]:
        return np.empty((3, values.shape[0], 0))
    return quantiles(values, QUANTILES, axis=1)


@lru_cache
def _months(start: int, count: int) -> tuple[str, ...]:
    """So many months from `start` on, as YYYY-MM."""
    return tuple(f"{month // 12:04d}-{month % 12 + 1:02d}" for month in range(start, start + count))
