"""The pieces of an answer as the run that the report's figures draw."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any, cast

import numpy as np

from supplysim.engine.market import Array
from supplysim.report.source import Run
from supplysim.results.metrics import Key
from supplysim.results.quantiles import noisy
from supplysim.results.sorted import quantiles
from supplysim.results.summary import NOISY, QUANTILES, Row, join, summarise
from supplysim.results.trace import Trace
from supplysim.scenario import Scenario
from supplysim.web.desk import VARIANTS, Pieces
from supplysim.web.work import Piece
from supplysim.world import Catalog

NO_TABLE = cast(Any, None)
"""The tables of a run folder, which an answer in memory has not."""


class Live(Run):
    """A run in memory. Quantiles are taken when a figure asks for them, of what is shown alone."""

    def __init__(self, scenario: Scenario, catalog: Catalog, pieces: Pieces, draws: int) -> None:
        metrics: dict[str, dict[Key, Array]] = {prefix + variant: {} for variant in VARIANTS for prefix in ("", NOISY)}
        traces: dict[str, dict[str, Trace]] = {variant: {} for variant in VARIANTS}
        inputs: dict[str, Array] = {}
        for (_, variant), found in pieces.items():
            metrics[variant] |= join([{"": piece.metrics} for piece in found])[""]
            metrics[NOISY + variant] |= join([{"": piece.noisy} for piece in found])[""]
            traces[variant] |= _joined(found)
            inputs |= {k: np.concatenate([piece.inputs[k] for piece in found]) for k in found[0].inputs}
        super().__init__(
            manifest={"scenario": scenario.name, "title": scenario.title},
            scenario=scenario,
            catalog=catalog,
            rows=tuple(_rows(metrics)),
            draws=cast(Any, range(draws)),  # the figures ask only how many there are
            monthly=NO_TABLE,
            flows=NO_TABLE,
            contracts=NO_TABLE,
        )
        object.__setattr__(self, "traces", traces)
        object.__setattr__(self, "metrics", metrics)
        object.__setattr__(self, "inputs", inputs)

    traces: Mapping[str, Mapping[str, Trace]]
    metrics: Mapping[str, Mapping[Key, Array]]
    inputs: Mapping[str, Array]

    def sampled(self, path: str) -> Array | None:
        """What was drawn for a path."""
        return self.inputs.get(path)

    def series(self, variant: str, product: str, region: str, quantity: str) -> Array:
        """Quantiles by month, `(3, t)`."""
        found = self.traces[variant].get(product)
        if found is None or region not in found.regions:
            return np.zeros((3, len(self.months)))
        values = found.monthly[quantity][:, :, found.regions.index(region)]
        return np.nan_to_num(quantiles(values, QUANTILES, axis=1))

    def outer(self, variant: str, product: str, region: str, quantity: str) -> Array:
        """The outer band by month, `(2, t)`."""
        found = self.traces[variant].get(product)
        if found is None or region not in found.regions:
            return np.zeros((2, len(self.months)))
        values = noisy(found, quantity)[:, :, found.regions.index(region)]
        return np.nan_to_num(quantiles(values, (QUANTILES[0], QUANTILES[-1]), axis=1))

    def regions_with(self, variant: str, product: str, quantity: str) -> tuple[str, ...]:
        """Regions for which a quantity is ever other than zero."""
        found = self.traces[variant].get(product)
        if found is None:
            return ()
        ever = np.asarray(np.nan_to_num(found.monthly[quantity]).any(axis=(0, 1)))
        return tuple(region for region, shown in zip(found.regions, ever, strict=True) if shown)

    @cached_property
    def _trade(self) -> dict[tuple[str, str], dict[tuple[str, str], Array]]:
        return {
            (variant, product): dict(zip(found.links, np.median(found.flow, axis=1).T, strict=True))
            for variant, products in self.traces.items()
            for product, found in products.items()
        }


def _rows(metrics: Mapping[str, Mapping[Key, Array]]) -> list[Row]:
    return summarise(metrics) if metrics["scenario"] else []


def _joined(pieces: Sequence[Piece]) -> dict[str, Trace]:
    return {product: _together([piece.traces[product] for piece in pieces]) for product in pieces[0].traces}


def _together(parts: Sequence[Trace]) -> Trace:
    """Draws one after the other, over all the links that any part has."""
    if len(parts) == 1:
        return parts[0]
    first = parts[0]
    links = tuple(sorted({link for part in parts for link in part.links}))
    index = {link: k for k, link in enumerate(links)}
    flows = []
    for part in parts:
        flow = np.zeros((*part.flow.shape[:2], len(links)))
        flow[:, :, [index[link] for link in part.links]] = part.flow
        flows.append(flow)
    monthly = {name: np.concatenate([p.monthly[name] for p in parts], axis=1) for name in first.monthly}
    contracts = {name: np.concatenate([p.contracts[name] for p in parts], axis=1) for name in first.contracts}
    noise = {name: np.concatenate([p.noise[name] for p in parts], axis=1) for name in first.noise}
    return Trace(first.regions, monthly, links, np.concatenate(flows, axis=1), contracts, noise)
