"""The report's figures, cut down to what a page that follows a slider has room and time for."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from functools import partial
from typing import Any

from supplysim.report.choice import Choice
from supplysim.report.figure import Figure, Panel
from supplysim.report.figures.fans import fans
from supplysim.report.figures.sankey import sankey
from supplysim.report.figures.shares import shares
from supplysim.report.figures.stocks import stocks
from supplysim.report.figures.world_map import after_alone, world_map
from supplysim.web.asked import FIGURES
from supplysim.web.live import Live

Drawing = dict[str, Any]


def figures(run: Live, choice: Choice, wanted: Collection[str] = ()) -> dict[str, Drawing]:
    """The page's figures by their place: Plotly traces and layout, what each says, and its text alternative.

    Those `wanted`, or all where none is named: a page that follows a slider asks for what can be seen.
    """
    return {name: DRAWN[name](run, choice) for name in FIGURES if not wanted or name in wanted}


def _whole(run: Live, choice: Choice, build: Callable[[Any, Choice], Figure], height: int) -> Drawing:
    panel = build(run, choice).panels[0]
    plot = panel.plot
    return _drawing(panel, list(plot.traces) if plot else [], plot.layout if plot else {}, height)


def _map(run: Live, choice: Choice) -> Drawing:
    """The scenario's map alone, on the whole of the place: its lines say what became of the baseline's flows."""
    panel = world_map(run, choice).panels[0]
    if panel.plot is None:
        return _drawing(panel, [], {}, 0)
    own = after_alone(panel.plot)
    return _drawing(panel, list(own.traces), own.layout, 430) | {"alt": f"A world map. {panel.reading}"}


def _stages(run: Live, choice: Choice) -> Drawing:
    """The scenario's diagram alone."""
    panel = sankey(run, choice).panels[0]
    if panel.plot is None:
        return _drawing(panel, [], {}, 0)
    own = {**panel.plot.traces[1], "domain": {"x": [0, 1], "y": [0, 0.94]}}
    notes = [{**note, "y": 0.955} for note in panel.plot.layout["annotations"] if note["y"] == 0.41]
    layout = {**panel.plot.layout, "annotations": notes, "margin": {"l": 4, "r": 4, "t": 8, "b": 6}}
    return _drawing(panel, [own], layout, 430) | {"alt": f"A flow diagram. {panel.reading}"}


DRAWN: Mapping[str, Callable[[Live, Choice], Drawing]] = {
    "prices": partial(_whole, build=fans, height=420),
    "map": _map,
    "stages": _stages,
    "shares": partial(_whole, build=shares, height=520),
    "stocks": partial(_whole, build=stocks, height=260),
}


def _drawing(panel: Panel, traces: list[dict[str, Any]], layout: dict[str, Any], height: int) -> Drawing:
    return {"data": traces, "layout": layout, "height": height, "reading": panel.reading, "alt": panel.alt}
