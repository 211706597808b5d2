"""The page about the futures in which it goes wrong: one box a figure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from supplysim.decisions.discover import Box, Levels, Limit
from supplysim.decisions.draws import Draws
from supplysim.report.decisions.parts import asked_text, names_of, page_of, percent
from supplysim.report.figure import Figure, Panel, Plot, compact
from supplysim.report.html import Table, esc
from supplysim.report.names import Names, own_name, sentence
from supplysim.report.numbers import NONE
from supplysim.results.asked import SIGNS, Condition
from supplysim.results.metrics import Key

MOST_POINTS = 2000


def what_text(condition: Condition, names: Names) -> str:
    """What a bad future is, such as `short share of magnets in the United States above 10 %`."""
    return f"{asked_text(condition.key, names)} {SIGNS[condition.sign]} {condition.text}"


def sentences(condition: Condition, boxes: Sequence[Box], draws: Draws, share: float, names: Names) -> list[str]:
    """One sentence a box, and how often it goes wrong at all."""
    what = what_text(condition, names)
    labels = {path: names.input(path) for path in draws.inputs}
    said = [box.sentence(what, draws.units, labels) for box in boxes]
    often = f"{percent(share)} of all draws have {what}."
    return [*said, often] if said else [f"No box of inputs separates the futures with {what}.", often]


def discover_page(condition: Condition, boxes: Sequence[Box], draws: Draws, bad: NDArray[np.bool_]) -> str:
    """The page as HTML."""
    names = names_of(draws)
    kicker = f"{draws.scenario.title or draws.scenario.name} · {len(bad)} draws"
    said = sentences(condition, boxes, draws, float(bad.mean()), names)
    figures = [_figure(k, box, condition, draws, bad, names) for k, box in enumerate(boxes, 1)]
    return page_of(kicker, sentence(f"When {what_text(condition, names)}"), said, figures)


def limit_rows(box: Box, draws: Draws, names: Names) -> list[list[str]]:
    """A row for each limit: input, from, to, unit, quasi-p, how often it comes back."""
    return [
        [
            names.input(path),
            limit.text(draws.units.get(path, "")),
            f"{box.quasi_p[path]:.2g}",
            percent(box.kept[path]),
        ]
        for path, limit in box.limits.items()
    ]


def _figure(number: int, box: Box, condition: Condition, draws: Draws, bad: NDArray[np.bool_], names: Names) -> Figure:
    note = (
        "Coverage is the share of bad futures that the box holds, density the share of bad ones in it. Left: every box "
        "on the way; middle: the limits on the range that was drawn; right: the two strongest "
        "inputs, or one and the answer, draw by draw."
    )
    reading = f"The box holds {percent(box.coverage)} of the bad futures; {percent(box.density)} of it is bad."
    table = Table(("Input", "In the box", "Chance could do it (quasi-p)", "Limited again in resamples"),
                  limit_rows(box, draws, names))  # fmt: skip
    traces = [*_way(box), *_ranges(box, draws, names), *_scatter(box, draws, condition.key, bad)]
    layout = {
        "grid": {"rows": 1, "columns": 3, "pattern": "independent"}, "hovermode": "closest", "showlegend": False,
        "xaxis": {"title": {"text": "coverage"}, "range": [0, 1.05], "tickformat": ".0%", "domain": [0, 0.24]},
        "yaxis": {"title": {"text": "density", "standoff": 12}, "range": [0, 1.05], "tickformat": ".0%"},
        "xaxis2": {"range": [-0.02, 1.02], "tickvals": [0, 1], "ticktext": ["lowest", "highest"],
                   "domain": [0.48, 0.66]},
        "yaxis2": {"type": "category", "autorange": "reversed", "anchor": "x2", "showgrid": False},
        "xaxis3": {"domain": [0.78, 1.0], "title": {"text": _label(box, 0, draws, condition.key, names)}},
        "yaxis3": {"anchor": "x3", "title": {"text": _label(box, 1, draws, condition.key, names), "standoff": 12}},
        "margin": {"t": 10, "b": 60, "l": 60},
    }  # fmt: skip
    panel = Panel("", reading, reading, table, Plot(traces, layout, 380, True))
    return Figure(f"box-{number}", f"Box {number}", note, [panel])


def _way(box: Box) -> list[dict[str, Any]]:
    common = {"type": "scatter", "hoverinfo": "skip"}
    line = {**common, "mode": "lines+markers", "x": compact([s.coverage for s in box.peeling]),
            "y": compact([s.density for s in box.peeling]), "line": {"color": "@faint"},
            "marker": {"size": 5}}  # fmt: skip
    chosen = {**common, "mode": "markers+text", "x": [box.coverage], "y": [box.density], "text": ["this box"],
              "textposition": "bottom left", "marker": {"size": 13, "color": "@scenario"}}  # fmt: skip
    return [line, chosen]


def _ranges(box: Box, draws: Draws, names: Names) -> list[dict[str, Any]]:
    traces = []
    for path, limit in box.limits.items():
        inside = limit.text(draws.units.get(path, ""))
        label = f"{esc(names.input(path)).replace(', ', '<br>', 1)}<br><b>{esc(inside)}</b>"
        low, high = _share_of_range(draws.inputs[path], limit)
        common = {"type": "scatter", "mode": "lines", "xaxis": "x2", "yaxis": "y2", "y": [label, label]}
        traces += [
            {**common, "x": [0, 1], "line": {"color": "@line", "width": 12}, "hoverinfo": "skip"},
            {**common, "x": [low, high], "line": {"color": "@scenario", "width": 12}, "hoverinfo": "skip"},
        ]
    return traces


def _share_of_range(values: NDArray[Any], limit: Limit | Levels) -> tuple[float, float]:
    """Where a limit lies between the lowest and the highest draw, 0..1; by the share of levels for texts."""
    if limit.levels:
        return 0.0, len(limit.levels) / max(len(np.unique(values)), 1)
    low, high = float(np.min(values)), float(np.max(values))
    size = max(high - low, 1e-300)
    return (0.0 if limit.low is None else (limit.low - low) / size), (
        1.0 if limit.high is None else (limit.high - low) / size
    )


def _scatter(box: Box, draws: Draws, key: Key, bad: NDArray[np.bool_]) -> list[dict[str, Any]]:
    paths = list(box.limits)[:2]
    axes = [draws.inputs[path][:MOST_POINTS] for path in paths]
    axes = axes if len(axes) == 2 else [axes[0], draws.outputs[key][:MOST_POINTS]]
    traces = []
    for marked, color, size in ((False, "@faint", 4), (True, "@event", 6)):
        rows = np.flatnonzero(bad[:MOST_POINTS] == marked)
        x, y = ([v if isinstance(v, str) else float(f"{v:.4g}") for v in axis[rows].tolist()] for axis in axes)
        traces.append({"type": "scatter", "mode": "markers", "x": x, "y": y, "xaxis": "x3", "yaxis": "y3",
                       "marker": {"size": size, "color": color}, "hoverinfo": "skip"})  # fmt: skip
    return traces


def _label(box: Box, k: int, draws: Draws, key: Key, names: Names) -> str:
    paths = list(box.limits)
    if k >= len(paths):
        return esc(own_name(key.metric)) if k else NONE
    unit = draws.units.get(paths[k], "")
    return esc(names.input(paths[k]) + (f" ({unit})" if unit else ""))
