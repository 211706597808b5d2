"""A series beside the model as a drawing: in plain characters for a terminal, and as an offline page."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from supplysim.history.episodes_played import PlayedEpisode, PlayedSeries

WIDTH, HEIGHT = 64, 14
BAND, MEDIAN, SEEN = "░", "─", "●"


def lines(played: PlayedSeries, width: int = WIDTH, height: int = HEIGHT) -> list[str]:
    """The drawing, line by line: the band, its median and the figures seen over time, prices on a log scale.

    A figure for a year is a row of dots. `width` and `height` are those of the field in characters.
    """
    grid = np.full((height, width), " ")
    columns = np.linspace(0, width - 1, len(played.months)).round().astype(int)
    low, high = _range(played)

    def row(multiple: float) -> int:
        part = math.log(min(max(multiple, low), high) / low) / math.log(high / low)
        return round((height - 1) * (1 - part))

    for column, bottom, middle, top in zip(columns, *played.path, strict=True):
        grid[row(top) : row(bottom) + 1, column] = BAND
        grid[row(middle), column] = MEDIAN
    for seen, multiple in zip(played.times, played.observed.tolist(), strict=True):
        first, last = (columns[month - played.months[0]] for month in (seen.first, seen.last))
        grid[row(multiple), first : last + 1] = SEEN
    return [*_labelled(grid, low, high), _axis(played, width), f"{SEEN} seen  {MEDIAN} model  {BAND} 90 % of the draws"]


def page(played: PlayedEpisode) -> str:
    """An HTML page that needs no network: a panel a series, each figure with its source."""
    import plotly.graph_objects as go
    from plotly.subplots import make_subplots

    titles = [series.series.title for series in played.series]
    figure = make_subplots(rows=len(titles), cols=1, subplot_titles=titles, vertical_spacing=0.3 / len(titles) ** 1.5)
    for number, series in enumerate(played.series, start=1):
        for trace in _traces(series, legend=number == 1):
            figure.add_trace(go.Scatter(trace), row=number, col=1)
        figure.update_yaxes(type="log", title="multiple of the base", row=number, col=1)
    figure.update_layout(title=played.episode.title, height=380 * len(titles), template="plotly_white")
    return str(figure.to_html(include_plotlyjs=True, full_html=True, div_id=played.episode.name))


def _range(played: PlayedSeries) -> tuple[float, float]:
    """Lowest and highest multiple drawn; never below a hundredth."""
    values = np.concatenate([played.observed, *played.path])
    return max(float(values.min()), 0.01) * 0.95, float(values.max()) * 1.05


def _labelled(grid: Any, low: float, high: float) -> list[str]:
    """Rows with the scale at the top, the middle and the bottom."""
    rows = ["".join(cells) for cells in grid]
    label = {0: high, len(rows) // 2: (low * high) ** 0.5, len(rows) - 1: low}
    return [f"{f'x{label[k]:.2f}' if k in label else '':>7} │{row}" for k, row in enumerate(rows)]


def _axis(played: PlayedSeries, width: int) -> str:
    start, end = (f"{month // 12:04d}-{month % 12 + 1:02d}" for month in (played.months[0], played.months[-1]))
    return f"{'':>7} └{start}{end:─>{width - len(start)}}"


def _traces(played: PlayedSeries, *, legend: bool) -> list[dict[str, Any]]:
    months = [f"{month // 12:04d}-{month % 12 + 1:02d}-15" for month in played.months]
    edge = {"x": months, "mode": "lines", "line": {"width": 0}, "hoverinfo": "skip", "showlegend": False}
    band = {"y": played.path.high, "fill": "tonexty", "fillcolor": "rgba(18,80,123,0.16)"}
    return [
        {**edge, "y": played.path.low},
        {**edge, **band},
        {"x": months, "y": played.path.median, "mode": "lines", "name": "model, median and 90 % of the draws",
         "line": {"color": "#12507b"}, "showlegend": legend},
        {"x": [_day(seen.first, seen.last) for seen in played.times], "y": played.observed, "mode": "markers",
         "name": "seen", "marker": {"color": "#b8560f", "size": 9}, "showlegend": legend,
         "text": [f"{seen.when}: {seen.value:g} {played.series.unit}<br>{seen.source}" for seen in played.times]},
    ]  # fmt: skip


def _day(first: int, last: int) -> str:
    """The middle of a span of months."""
    middle, odd = divmod(first + last, 2)
    return f"{middle // 12:04d}-{middle % 12 + 1:02d}-{28 if odd else 15}"
