"""A figure of the page: a title, and a panel for each product and consumer that the reader may pick."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from textwrap import wrap
from typing import Any

import numpy as np

from supplysim.engine.market import Array
from supplysim.report.html import Table, details, esc, prose, table
from supplysim.report.names import shortened
from supplysim.report.theme import STYLE

MOST_ROWS = 60
LINE = 14.0
"""Pixels of a line of small text."""
LETTERS, MOST_LINES = 38, 2
"""Letters of a line of a row's name, and its lines."""
MONTHS = "@months"
"""Stands for the list of months in a plot's data; the page holds it once."""


@dataclass(frozen=True)
class Plot:
    """Plotly traces and layout, with colours and months by name.

    `wide` ones scroll sideways on a phone; the height of `scaled` ones is for 1000 px of width and follows it.
    """

    traces: Sequence[dict[str, Any]]
    layout: dict[str, Any] = field(default_factory=dict)
    height: int = 360
    wide: bool = False
    scaled: bool = False


@dataclass(frozen=True)
class Panel:
    """One view of a figure: what it says, the drawing, its text alternative and its numbers.

    `key` is `product|region`, a product, or empty for a figure that is the same for all.
    """

    key: str
    reading: str
    alt: str
    numbers: Table
    plot: Plot | None = None


@dataclass(frozen=True)
class Figure:
    """All panels of one figure; `note` tells how to read it."""

    id: str
    title: str
    note: str
    panels: Sequence[Panel]

    def html(self, shown: Sequence[str]) -> str:
        """The figure with the panels of the keys `shown` visible and all others hidden."""
        parts = [self._panel(k, panel, panel.key in shown) for k, panel in enumerate(self.panels)]
        return (
            f'<section class="numbered" id="{self.id}"><h2>{esc(self.title)}</h2><p class="note">{prose(self.note)}</p>'
            + ("".join(parts) + "</section>")
        )

    def _panel(self, k: int, panel: Panel, visible: bool) -> str:
        name = f"{self.id}-{k}"
        hidden = "" if visible else " hidden"
        numbers = table(panel.numbers) if visible else f'<div data-numbers="{name}"></div>'
        drawing = ""
        if panel.plot:
            frame = 'class="frame wide" tabindex="0"' if panel.plot.wide else 'class="frame"'  # keys scroll it, too
            drawing = (
                f'<div {frame}><div class="plot" id="{name}" role="img" aria-label="{esc(panel.alt)}" '
                f'style="height:{panel.plot.height}px"></div></div>'
            )
        return (
            f'<figure data-key="{esc(panel.key)}"{hidden}><figcaption>{prose(panel.reading)}</figcaption>{drawing}'
            f"{_tools(name, drawn=panel.plot is not None)}{details('Show the numbers', numbers)}</figure>"
        )

    def numbers(self, shown: Sequence[str]) -> dict[str, str]:
        """Tables of the panels that are hidden at first, which the page's script puts in its place when they show."""
        return {f"{self.id}-{k}": table(panel.numbers) for k, panel in enumerate(self.panels) if panel.key not in shown}

    def plots(self) -> dict[str, Any]:
        """What the page's script draws, by the id of its place."""
        return {
            f"{self.id}-{k}": {
                "data": list(panel.plot.traces),
                "layout": panel.plot.layout,
                "scaled": panel.plot.scaled,
                "height": panel.plot.height,
            }
            for k, panel in enumerate(self.panels)
            if panel.plot
        }


def _tools(name: str, *, drawn: bool) -> str:
    """The figure's number, and buttons that save its picture and its table."""
    png = f'<button type="button" data-png="{name}">PNG</button>' if drawn else ""
    return f'<p class="tools">{png}<button type="button" data-csv="{name}">CSV</button></p>'


def tabled(months: int) -> range:
    """Which months a table shows: all, or every third of a long run (monthly.parquet has them all)."""
    return range(0, months, 1 if months <= MOST_ROWS else 3)


def row_label(title: str, below: str = "") -> str:
    """The name of a row as markup: its title on two short lines at most, and what stands below it."""
    lines = wrap(title, LETTERS) or [title]
    shown = lines if len(lines) <= MOST_LINES else [lines[0], shortened(" ".join(lines[1:]), LETTERS)]
    return "<br>".join(esc(line) for line in [*shown, *([below] if below else [])])


def month_axis(months: Sequence[str]) -> dict[str, Any]:
    """An axis from a run's first month to its last; of one month, that month alone in the middle of it."""
    if len(months) > 1:
        return {"type": "date", "range": [months[0], months[-1]]}
    year, month = (int(part) for part in months[0].split("-"))
    before, after = (12 * year + month - 2, 12 * year + month)
    ends = [f"{each // 12:04d}-{each % 12 + 1:02d}" for each in (before, after)]
    return {"type": "date", "range": ends, "tickvals": [months[0]], "ticktext": [months[0]]}


def compact(values: Array | Sequence[float], digits: int = 4) -> list[float]:
    """Numbers to four figures that count: as exact as a line on a screen can be."""
    found = np.asarray(values, dtype=float)
    size = np.floor(np.log10(np.where(found == 0, 1.0, np.abs(found))))
    return [round(float(x), int(digits - 1 - s)) for x, s in zip(found, size, strict=True)]


def end_labels(
    ends: Sequence[tuple[str, float, str]], month: str, top: float, pixels: float, axes: str = ""
) -> list[dict[str, Any]]:
    """Names of lines at their ends, right of the last month, a line's height apart from one another.

    `ends` are name, last value and colour; an axis that goes from 0 to `top` is `pixels` high.
    """
    placed: list[dict[str, Any]] = []
    free = -1e9
    for name, value, colour in sorted(ends, key=lambda end: end[1]):
        wanted = value / max(top, 1e-300) * pixels
        free = max(wanted, free + LINE)
        placed.append({
            "text": name, "x": month, "y": value, "xref": f"x{axes}", "yref": f"y{axes}", "xanchor": "left",
            "yanchor": "middle", "xshift": 5, "yshift": round(free - wanted), "showarrow": False,
            "font": {"color": colour, "size": 11},
        })  # fmt: skip
    return placed


def fan(bands: Array, variant: str, name: str, axes: str = "", *, legend: bool = True) -> list[dict[str, Any]]:
    """A median line and, around it, the band from 5 % to 95 %; `axes` is `""` or a number such as `2`."""
    low, middle, high = bands
    style = STYLE[variant]
    drawn = "lines" if len(middle) > 1 else "markers"  # a single month is a point
    common = {"x": MONTHS, "type": "scatter", "mode": drawn, "xaxis": f"x{axes}", "yaxis": f"y{axes}"}
    edge = {**common, "line": {"width": 0}, "hoverinfo": "skip", "showlegend": False}
    shade = f"{style['color']}/0.16"
    band = [] if len(middle) == 1 or np.allclose(low, high) else [
        {**edge, "y": compact(low)},
        {**edge, "y": compact(high), "fill": "tonexty", "fillcolor": shade},
    ]  # fmt: skip
    line = {**common, "y": compact(middle), "name": name, "line": style, "showlegend": legend, "legendgroup": variant}
    return [*band, line]
