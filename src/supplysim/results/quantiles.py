"""Traces of many draws become quantiles by month and node, and by year and link."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from supplysim.engine.market import Array
from supplysim.engine.stage import Index
from supplysim.results.sorted import quantiles
from supplysim.results.summary import NAMES, OUTER, QUANTILES
from supplysim.results.trace import QUANTITIES, Trace

if TYPE_CHECKING:
    import pandas as pd

Traces = Mapping[str, Mapping[str, Trace]]
"""Traces by variant and product."""


def join_traces(parts: Sequence[Traces]) -> dict[str, dict[str, Trace]]:
    """Blocks of draws put one after the other."""
    return {
        variant: {product: _joined([part[variant][product] for part in parts]) for product in found}
        for variant, found in parts[0].items()
    }


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


def monthly_frame(traces: Traces, start: int) -> pd.DataFrame:
    """Quantiles by variant, month, product, region and quantity; what is zero or empty throughout is left out.

    Prices have those of the outer band too, `outer_p5` and `outer_p95`.
    """
    import pandas as pd

    columns: dict[str, list[np.ndarray]] = {}
    for variant, found in traces.items():
        for product, trace in found.items():
            for quantity, unit in QUANTITIES.items():
                values = trace.monthly[quantity]
                keep = np.flatnonzero(np.nan_to_num(values).any(axis=(0, 1)))
                regions = np.array([trace.regions[k] for k in keep], dtype=object)
                names = {"variant": variant, "product": product, "quantity": quantity, "unit": unit}
                part = _monthly(names, regions, _bands(values[:, :, keep]), start) | _outer(trace, quantity, keep)
                for name, column in part.items():
                    columns.setdefault(name, []).append(column)
    return pd.DataFrame({name: np.concatenate(parts) for name, parts in columns.items()})


def _outer(trace: Trace, quantity: str, keep: Index) -> dict[str, Array]:
    """Columns of the outer band; empty for what is no price."""
    if quantity not in trace.noise:
        return dict.fromkeys(OUTER, np.full(len(trace.monthly[quantity]) * len(keep), np.nan))
    low, _, high = _bands(noisy(trace, quantity)[:, :, keep])
    return dict(zip(OUTER, (low.ravel(), high.ravel()), strict=True))


def noisy(trace: Trace, quantity: str) -> Array:
    """A monthly price with its market's noise, `(t, d, region)`."""
    return np.asarray(trace.monthly[quantity] * np.exp(trace.noise[quantity])[:, :, None])


def flow_frame(traces: Traces, start: int) -> pd.DataFrame:
    """Quantiles of tonnes by variant, year of the run, product and pair of regions; links never used are left out."""
    import pandas as pd

    frames = []
    for variant, found in traces.items():
        for product, trace in found.items():
            keep = [k for k in range(trace.flow.shape[2]) if trace.flow[:, :, k].any()]
            bands = _bands(trace.flow[:, :, keep])
            years = np.repeat(np.arange(trace.flow.shape[0]), len(keep))
            links = [trace.links[k] for k in keep] * trace.flow.shape[0]
            frame = pd.DataFrame({
                "variant": variant, "year": years + 1, "calendar_year": (start + years * 12) // 12,
                "from_month": _months(start, years * 12), "product": product,
                "from": [a for a, _ in links], "to": [b for _, b in links], "unit": "t",
            })  # fmt: skip
            frames.append(frame.assign(**dict(zip(NAMES, bands.reshape(3, -1), strict=True))))
    return pd.concat(frames, ignore_index=True)


def embodied_frame(traces: Traces, start: int) -> pd.DataFrame:
    """Quantiles of the share of what a consumer buys that has passed a stage in a region, by variant and year, and the
    median of its tonnes; what was never bought is left out. `tonnes` is of the product, not of the stage."""
    import pandas as pd

    columns = ["variant", "year", "from_month", "product", "stage", "origin", "region", "unit", *NAMES, "tonnes"]
    frames = []
    for variant, found in traces.items():
        for product, trace in found.items():
            keep = [k for k in range(trace.embodied.shape[2]) if trace.embodied[:, :, k].any()]
            tonnes, keys = trace.embodied[:, :, keep], [trace.passed[k] for k in keep]
            shares = tonnes / np.maximum(_whole(tonnes, keys), 1e-300)
            years = np.repeat(np.arange(len(tonnes)), len(keep))
            stages, origins, regions = ([key[k] for key in keys] * len(tonnes) for k in range(3))
            frame = pd.DataFrame({
                "variant": variant, "year": years + 1, "from_month": _months(start, years * 12), "product": product,
                "stage": stages, "origin": origins, "region": regions, "unit": "share",
            })  # fmt: skip
            bands = dict(zip(NAMES, _bands(shares).reshape(3, -1), strict=True))
            frames.append(frame.assign(**bands, tonnes=_bands(tonnes)[1].ravel()))
    return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=columns)


def _whole(tonnes: Array, keys: Sequence[tuple[str, str, str]]) -> Array:
    """All of a consumer's purchases beside each key's part of them, `(t, d, k)`; added up one by one."""
    whole: dict[tuple[str, str], Array] = {}
    for k, (stage, _, region) in enumerate(keys):
        whole[stage, region] = whole.get((stage, region), 0.0) + tonnes[:, :, k]
    parts = [whole[stage, region] for stage, _, region in keys]
    return np.stack(parts, axis=2) if parts else tonnes


def contract_frame(traces: Traces, start: int) -> pd.DataFrame:
    """Quantiles of monthly tonnes by variant and contract, on the links the contract runs on."""
    import pandas as pd

    columns = ["variant", "month", "contract", "product", "unit", *NAMES]
    frames = []
    for variant, found in traces.items():
        for product, trace in found.items():
            for name, flow in trace.contracts.items():
                frame = pd.DataFrame({
                    "variant": variant, "month": _months(start, np.arange(len(flow))), "contract": name,
                    "product": product, "unit": "t/month",
                })  # fmt: skip
                frames.append(frame.assign(**dict(zip(NAMES, quantiles(flow, QUANTILES, axis=1), strict=True))))
    return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=columns)


def dated(frame: pd.DataFrame, column: str) -> pd.DataFrame:
    """The frame with a column of months as dates, the first of each month; files keep them as YYYY-MM."""
    import pandas as pd

    return frame.assign(**{column: pd.to_datetime(frame[column], format="%Y-%m")})


def _bands(values: Array) -> Array:
    """Quantiles over the draw axis of `(t, d, k)`: `(3, t, k)`."""
    if not values.shape[2]:
        return np.empty((3, values.shape[0], 0))
    return quantiles(values, QUANTILES, axis=1)


def _monthly(names: Mapping[str, str], regions: np.ndarray, bands: Array, start: int) -> dict[str, np.ndarray]:
    """Columns of one quantity, a row a month and region."""
    months = bands.shape[1]
    same = {name: np.full(months * len(regions), text, dtype=object) for name, text in names.items()}
    by_month = np.array(_months(start, np.arange(months)), dtype=object)
    columns = {
        "variant": same["variant"], "month": np.repeat(by_month, len(regions)), "product": same["product"],
        "region": np.tile(regions, months), "quantity": same["quantity"], "unit": same["unit"],
    }  # fmt: skip
    return columns | dict(zip(NAMES, bands.reshape(3, -1), strict=True))


def _months(start: int, offsets: Index) -> list[str]:
    return [f"{(start + int(k)) // 12:04d}-{(start + int(k)) % 12 + 1:02d}" for k in offsets]
