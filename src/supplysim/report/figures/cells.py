"""A sweep's cells at one look: a heat map of two axes, and all axes and answers as parallel coordinates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from supplysim.report.choice import Choice
from supplysim.report.figure import Figure, Panel, Plot
from supplysim.report.html import Table, esc
from supplysim.report.names import METRICS, Names, own_name
from supplysim.report.numbers import NONE, amount, middle_text
from supplysim.results.metrics import UNITS, Key
from supplysim.results.summary import Band

ANSWER = "short_share"
BESIDE = ("short_share", "peak_price_multiple", "supply_cost_usd")
"""Metrics that stand beside the axes in the parallel coordinates."""


class Cells(NamedTuple):
    """What each run sets by path, as it was written, and its bands by key."""

    settings: Sequence[Mapping[str, str]]
    bands: Sequence[Mapping[Key, Band]]

    def axes(self) -> list[str]:
        """Paths that take more than one value, those with most values first."""
        paths = dict.fromkeys(path for each in self.settings for path in each)
        count = {path: len({each.get(path) for each in self.settings}) for path in paths}
        return sorted((path for path in paths if count[path] > 1), key=lambda path: -count[path])

    def levels(self, path: str) -> list[str]:
        """An axis's values in the order of the cells."""
        return list(dict.fromkeys(each.get(path, NONE) for each in self.settings))

    def median(self, k: int, key: Key) -> float | None:
        """A run's median of a metric."""
        band = self.bands[k].get(key)
        return None if band is None else band[1]


def cells(found: Cells, choice: Choice, names: Names) -> list[Figure]:
    """The figures of a sweep; none where nothing that is set differs."""
    axes = found.axes()
    if not axes:
        return []
    return [*([_heat(found, axes[0], axes[1], choice, names)] if len(axes) > 1 else []),
            _parallel(found, axes, choice, names)]  # fmt: skip


def _heat(found: Cells, across: str, down: str, choice: Choice, names: Names) -> Figure:
    note = f"Median {METRICS[ANSWER].lower()} in each combination; the mean over what else is swept. Darker is more."
    panels = [_heat_panel(found, across, down, product, region, names) for product, region in choice.pairs()]
    return Figure("cells", "Two choices against each other", note, panels)


def _heat_panel(found: Cells, across: str, down: str, product: str, region: str, names: Names) -> Panel:
    key, x, y = Key(ANSWER, product, region), found.levels(across), found.levels(down)
    grid: list[list[list[float]]] = [[[] for _ in x] for _ in y]
    for k, each in enumerate(found.settings):
        value = found.median(k, key)
        if value is not None:
            grid[y.index(each.get(down, NONE))][x.index(each.get(across, NONE))].append(value)
    values = [[float(np.mean(cell)) if cell else None for cell in row] for row in grid]
    text = [[NONE if v is None else amount(v, UNITS[ANSWER]) for v in row] for row in values]
    trace: dict[str, Any] = {
        "type": "heatmap", "x": [esc(v) for v in x], "y": [esc(v) for v in y], "z": values, "text": text,
        "texttemplate": "%{text}", "showscale": False, "xgap": 3, "ygap": 3, "hoverinfo": "skip",
        "colorscale": [[0, "@scenario/0.08"], [1, "@scenario/0.7"]],
    }  # fmt: skip
    layout = {
        "xaxis": {"type": "category", "title": {"text": esc(across)}, "showgrid": False},
        "yaxis": {"type": "category", "title": {"text": esc(down), "standoff": 12}, "automargin": True,
                  "autorange": "reversed", "showgrid": False},
        "margin": {"t": 10, "b": 60}, "hovermode": "closest",
    }  # fmt: skip
    known = [(v, x[j], y[i]) for i, row in enumerate(values) for j, v in enumerate(row) if v is not None]
    reading = f"{names.product(product)} for {names.place(region)}"
    if known:
        least = min(known)
        reading += f": least is short with {across} at {least[1]} and {down} at {least[2]}."
    table = Table((down, *x), [[y[i], *row] for i, row in enumerate(text)])
    return Panel(f"{product}|{region}", reading, reading, table, Plot([trace], layout, 130 + 44 * len(y), True))


def _parallel(found: Cells, axes: Sequence[str], choice: Choice, names: Names) -> Figure:
    note = "One line a cell: what it sets on the left, what comes of it on the right; the darker, the less is short."
    panels = [_lines(found, axes, product, region, names) for product, region in choice.pairs()]
    return Figure("coordinates", "Every cell, from choice to answer", note, panels)


def _lines(found: Cells, axes: Sequence[str], product: str, region: str, names: Names) -> Panel:
    keys = [Key(metric, product, region) for metric in BESIDE]
    heads = [*(esc(path).replace(".", ".<br>") for path in axes), *(own_name(key.metric) for key in keys)]
    count = len(found.settings)
    columns = [_placed([found.levels(path).index(each.get(path, NONE)) for each in found.settings]) for path in axes]
    answers = [[found.median(k, key) or 0.0 for k in range(count)] for key in keys]
    columns += [_placed(values) for values in answers]
    order = np.argsort(np.argsort(answers[0], kind="stable"), kind="stable")
    traces = [
        {"type": "scatter", "mode": "lines", "x": heads, "y": [round(float(column[k]), 4) for column in columns],
         "line": {"color": f"@scenario/{0.9 - 0.75 * float(order[k]) / max(count - 1, 1):.2f}", "width": 2},
         "showlegend": False, "hoverinfo": "skip"}
        for k in range(count)
    ]  # fmt: skip
    marks = [
        {"x": head, "y": spot, "text": esc(label), "showarrow": False, "xanchor": "left", "xshift": 6,
         "font": {"size": 11}, "bgcolor": "@paper/0.85"}
        for head, spots in zip(heads, _labels(found, axes, answers, columns, keys), strict=True)
        for spot, label in spots
    ]  # fmt: skip
    layout = {
        "xaxis": {"type": "category", "side": "top", "showgrid": True, "automargin": True},
        "yaxis": {"visible": False, "range": [-0.06, 1.06]}, "annotations": marks, "hovermode": "closest",
        "margin": {"l": 30, "r": 110, "t": 90, "b": 20},
    }  # fmt: skip
    rows = [
        [*(each.get(path, NONE) for path in axes),
         *(middle_text(found.bands[k].get(key), UNITS[key.metric]) for key in keys)]
        for k, each in enumerate(found.settings)
    ]  # fmt: skip
    reading = f"{count} cells, {names.goods(product)} for {names.place(region)}."
    table = Table((*axes, *(own_name(key.metric) for key in keys)), rows)
    return Panel(f"{product}|{region}", reading, reading, table, Plot(traces, layout, 420, True))


def _placed(values: Sequence[float]) -> Any:
    """Values between 0 and 1 from the lowest to the highest."""
    found = np.asarray(values, dtype=float)
    return (found - found.min()) / max(float(np.ptp(found)), 1e-300)


def _labels(
    found: Cells, axes: Sequence[str], answers: Sequence[Sequence[float]], columns: Sequence[Any], keys: Sequence[Key]
) -> list[list[tuple[float, str]]]:
    """What stands at which height of each axis: every level of a choice, the ends of an answer."""
    told = []
    for path, column in zip(axes, columns, strict=False):
        spots = {each.get(path, NONE): float(column[k]) for k, each in enumerate(found.settings)}
        told.append([(spot, label) for label, spot in spots.items()])
    for values, key in zip(answers, keys, strict=True):
        ends = [(0.0, min(values)), (1.0, max(values))] if min(values) < max(values) else [(0.0, min(values))]
        told.append([(spot, amount(value, UNITS[key.metric])) for spot, value in ends])
    return told
