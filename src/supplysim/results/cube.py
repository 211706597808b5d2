"""Traces as one labelled, lazy array a quantity: dimensions instead of columns."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from supplysim.engine.market import Array
from supplysim.results.quantiles import Traces
from supplysim.results.trace import QUANTITIES, Trace

if TYPE_CHECKING:
    from xarray import Dataset

OF_SUPPLIERS = ("made", "utilisation")
"""Quantities of those who make a product; all others are of those who buy it."""


def cube(traces: Traces, inputs: Mapping[str, Array], start: int) -> Dataset:
    """Every quantity over variant, product, draw, time and region, each block of it made when it is asked for."""
    import xarray

    variants = list(traces)
    products = list(dict.fromkeys(product for found in traces.values() for product in found))
    regions = sorted({region for found in traces.values() for trace in found.values() for region in trace.regions})
    one = next(iter(next(iter(traces.values())).values()))
    months, draws = one.monthly["made"].shape[:2]
    rows = [[traces[variant][product] for product in products] for variant in variants]
    n = len(regions)
    quantities = {
        name: (("variant", "product", "draw", "month", "supplier" if name in OF_SUPPLIERS else "buyer"),
               _lazy(rows, _spread(name, regions), (draws, months, n)), {"units": unit})
        for name, unit in QUANTITIES.items()
    }  # fmt: skip
    flow = _lazy(rows, lambda trace: _matrix(trace, regions), (draws, len(one.flow), n, n))
    drawn = np.array(list(inputs.values())).reshape(len(inputs), draws)
    return xarray.Dataset(
        {**quantities, "flow": (("variant", "product", "draw", "year", "supplier", "buyer"), flow, {"units": "t"}),
         "input": (("path", "draw"), drawn)},
        coords={
            "variant": variants, "product": products, "draw": np.arange(draws), "supplier": regions, "buyer": regions,
            "month": _dates(start, np.arange(months)), "year": _dates(start, 12 * np.arange(len(one.flow))),
            "path": list(inputs),
        },
    )  # fmt: skip


def _lazy(rows: Sequence[Sequence[Trace]], make: Callable[[Trace], Array], shape: tuple[int, ...]) -> Any:
    """Blocks of one variant and product `shape` each, `(variant, product, *shape)`."""
    from dask.array import from_delayed, stack
    from dask.delayed import delayed

    def block(trace: Trace) -> Any:
        return from_delayed(delayed(make, pure=False)(trace), shape, float)  # type: ignore[no-untyped-call]

    return stack([stack([block(trace) for trace in row]) for row in rows])  # type: ignore[no-untyped-call]


def _spread(quantity: str, regions: Sequence[str]) -> Callable[[Trace], Array]:
    """A quantity `(draw, month, region)` over all regions."""

    def make(trace: Trace) -> Array:
        values = trace.monthly[quantity]
        out = np.full((values.shape[1], values.shape[0], len(regions)), np.nan)
        out[:, :, [regions.index(region) for region in trace.regions]] = values.swapaxes(0, 1)
        return out

    return make


def _matrix(trace: Trace, regions: Sequence[str]) -> Array:
    """Flows `(draw, year, supplier, buyer)` over all regions."""
    years, draws = trace.flow.shape[:2]
    out = np.full((draws, years, len(regions), len(regions)), np.nan)
    for k, (origin, destination) in enumerate(trace.links):
        out[:, :, regions.index(origin), regions.index(destination)] = trace.flow[:, :, k].T
    return out


def _dates(start: int, offsets: Any) -> Any:
    return (np.datetime64("0000-01", "M") + start + offsets).astype("datetime64[ns]")
