"""The world's flows of a product before and after."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from supplysim.engine.market import Array
from supplysim.report.atlas import EAST, NORTH, SOUTH, WEST, land, lane, place_labels, project
from supplysim.report.choice import Choice
from supplysim.report.figure import Figure, Panel, Plot
from supplysim.report.html import Table, esc
from supplysim.report.names import Names, in_year
from supplysim.report.numbers import amount
from supplysim.report.source import Run

MOST = 26
"""Flows drawn on a map; the rest are in the table."""
CHANGED = 0.1
"""A flow is drawn as changed when it differs from the baseline by more than this part of the larger of the two."""
GONE = 0.02
SMALLEST = 0.005
"""Flows below this part of the largest are in the table only."""


WIDEST = 5
"""Flows whose tonnes are written on the map."""
LABELS = 8
"""Regions that are named before tonnes are."""
LEAST = 1e-4
"""Share of the largest flow below which one is left out, whatever the mineral's size."""


@dataclass(frozen=True)
class Link:
    """A flow between two regions in the year shown, t, in the baseline and in the scenario."""

    origin: str
    destination: str
    before: float
    after: float

    @property
    def state(self) -> str:
        """What became of it: kept, less, stopped or more."""
        top = max(self.before, self.after)
        if self.after < GONE * self.before:
            return "stopped"
        if abs(self.after - self.before) <= CHANGED * top:
            return "kept"
        return "more" if self.after > self.before else "less"


LOOKS = {
    "kept": {"color": "@base/0.75", "dash": "solid"},
    "more": {"color": "@new/0.95", "dash": "solid"},
    "less": {"color": "@lost/0.95", "dash": "dash"},
    "stopped": {"color": "@rival/0.9", "dash": "dot"},
}
SAID = {"kept": "about as before", "more": "more than before", "less": "less than before", "stopped": "stopped"}


def world_map(run: Run, choice: Choice) -> Figure:
    """Two maps for each product: the baseline's flows and the scenario's, in the year in which they differ most."""
    names = Names(run.catalog)
    note = (
        "Trade between regions in the year in which the scenario differs most from the baseline, medians over draws. "
        "The wider the line, the larger the flow; the widest have their tonnes. Arrows show the direction. Lines go "
        "the shorter way round the globe and are no routes; one that leaves the map at an edge comes in at the other."
    )
    return Figure("map", "The flows, before and after", note, [_panel(run, choice, p, names) for p in choice.products])


def after_alone(plot: Plot) -> Plot:
    """The scenario's map alone, on the whole of the place: its lines say what became of the baseline's flows."""
    own = [{**trace, "xaxis": "x", "yaxis": "y"} for trace in plot.traces if trace.get("xaxis") == "x2"]
    layout = {k: v for k, v in plot.layout.items() if k not in ("xaxis2", "yaxis2", "annotations")}
    layout |= {"yaxis": {**plot.layout["yaxis"], "domain": [0, 1]}, "margin": {"l": 0, "r": 0, "t": 4, "b": 34}}
    return replace(plot, traces=own, layout=layout)


def links_of(run: Run, product: str, year: int) -> list[Link]:
    """Trade between different regions in one year, the largest first."""
    before, after = run.trade("baseline", product), run.trade("scenario", product)
    zero = np.zeros(len(run.years))
    found = [
        Link(a, b, float(before.get((a, b), zero)[year]), float(after.get((a, b), zero)[year]))
        for a, b in sorted({*before, *after})
        if a != b
    ]
    return sorted(found, key=lambda link: -max(link.before, link.after))


def _panel(run: Run, choice: Choice, product: str, names: Names) -> Panel:
    year = choice.year[product]
    every = links_of(run, product, year)
    largest = max((max(link.before, link.after) for link in every), default=0.0)
    links = [link for link in every if max(link.before, link.after) > LEAST * largest]
    drawn = _drawn(links, run.scenario.consumers)
    reading = _reading(run, links, product, year, names)
    rows = [
        [f"{names.region(k.origin)} to {names.region(k.destination)}", amount(k.before, "t"), amount(k.after, "t"),
         SAID[k.state]]
        for k in links[:60]
    ]  # fmt: skip
    headers = ("Flow", f"Baseline, {run.years[year]}", f"Scenario, {run.years[year]}", "Change")
    where = {r: (float(region.lon), float(region.lat)) for r, region in run.catalog.regions.items()}
    scale = max((max(k.before, k.after) for k in drawn), default=1.0)
    traces = [*_map(drawn, "before", where, scale, names), *_map(drawn, "after", where, scale, names)]
    layout = _layout(run.years[year])
    return Panel(
        product,
        reading,
        f"Two world maps. {reading}",
        Table(headers, rows),
        Plot(traces, layout, 1000, scaled=True),
    )


def _drawn(links: list[Link], consumers: tuple[str, ...]) -> list[Link]:
    """The largest flows, and every consumer's largest."""
    floor = SMALLEST * max((max(link.before, link.after) for link in links), default=0.0)
    links = [link for link in links if max(link.before, link.after) >= floor]
    to_consumers = [link for link in links if link.destination in consumers]
    return list(dict.fromkeys([*to_consumers[:14], *links[:MOST]]))[:MOST]


def _map(
    links: list[Link], side: str, where: dict[str, Any], scale: float, names: Names
) -> list[dict[str, Any]]:  # fmt: skip
    axes = {"xaxis": "x", "yaxis": "y"} if side == "before" else {"xaxis": "x2", "yaxis": "y2"}
    traces: list[dict[str, Any]] = [ground(axes)]
    legend: set[str] = set()
    for link in sorted(links, key=lambda k: k.after if side == "after" else k.before):
        traces += _flow(link, side, where, scale, axes, names, legend)
    size = {link: link.before if side == "before" else link.after for link in links}
    told = {link: amount(tonnes, "t") for link, tonnes in size.items() if tonnes > 0}
    return [*traces, *places(links, _widest(told, size), where, axes, names)]


def ground(axes: dict[str, str]) -> dict[str, Any]:
    """The land that flows are drawn over."""
    return {"type": "scatter", "mode": "lines", "x": "@landx", "y": "@landy", "fill": "toself", "fillcolor": "@land",
            "line": {"color": "@coast", "width": 0.6}, "hoverinfo": "skip", "showlegend": False, **axes}  # fmt: skip


def _flow(
    link: Link, side: str, where: dict[str, Any], scale: float, axes: dict[str, str], names: Names, legend: set[str]
) -> list[dict[str, Any]]:  # fmt: skip
    size = link.before if side == "before" or link.state == "stopped" else link.after
    if side == "before" and link.before <= LEAST * scale:
        return []
    state = "kept" if side == "before" else link.state
    width = 0.8 + 7.0 * float(np.sqrt(size / scale)) if state != "stopped" else 1.6
    shown = link.after if side == "after" else link.before
    text = f"{named(link, names)}: {amount(shown, 't')}"
    first = side == "after" and state not in legend
    if side == "after":
        legend.add(state)
    return arrow(link, (state, SAID[state]), width, text, where, axes, legend=first)


def named(link: Link, names: Names) -> str:
    """From whom to whom, as markup."""
    return f"{esc(names.region(link.origin))} to {esc(names.region(link.destination))}"


def arrow(
    link: Link, state: tuple[str, str], width: float, text: str, where: dict[str, Any], axes: dict[str, str],
    *, legend: bool,
) -> list[dict[str, Any]]:  # fmt: skip
    """A flow's line and the head of its arrow; `state` is how it looks and what the legend calls that."""
    kind, called = state
    look, way = LOOKS[kind], lane(where[link.origin], where[link.destination])
    line = {
        "type": "scatter", "mode": "lines", "x": _drawn_as(way.x), "y": _drawn_as(way.y), "text": text,
        "hoverinfo": "text", "line": {**look, "width": round(width, 1)}, "name": called, "legendgroup": kind,
        "narrow": {"line": {"width": round(width / 2, 1)}},
        "showlegend": legend, **axes,
    }  # fmt: skip
    head = {
        "type": "scatter", "mode": "markers", "x": [round(way.arrow[0], 3)], "y": [round(way.arrow[1], 3)],
        "hoverinfo": "skip", "showlegend": False, "legendgroup": kind, "narrow": {"marker": {"size": 3 + width / 2}},
        "marker": {"symbol": "x-thin" if kind == "stopped" else "triangle-up", "size": 6 + width,
                   "angle": 0 if kind == "stopped" else round(way.arrow[2]),
                   "color": look["color"], "line": {"width": 2 if kind == "stopped" else 0, "color": look["color"]}},
        **axes,
    }  # fmt: skip
    return [line, head]


def _drawn_as(values: Array) -> list[float | None]:
    return [None if value != value else round(value, 3) for value in values.tolist()]


def places(
    links: list[Link], told: dict[Link, str], where: dict[str, Any], axes: dict[str, str], names: Names
) -> list[dict[str, Any]]:  # fmt: skip
    """Dots and names of the regions that flows join, and what is written on some of the flows."""
    weight: dict[str, float] = {}
    for link in links:
        for region in (link.origin, link.destination):
            weight[region] = weight.get(region, 0.0) + max(link.before, link.after)
    order = sorted(weight, key=lambda r: (-weight[r], r))
    at = {r: _point(*where[r]) for r in order}
    sizes = [(text, *lane(where[k.origin], where[k.destination]).middle, 0.04) for k, text in told.items()]
    regions = [(names.region(r), *at[r], 0.03) for r in order]
    found = place_labels([*regions[:LABELS], *sizes, *regions[LABELS:]])
    tonnes, code = {text for text, *_ in sizes}, {names.region(r): r for r in order}
    called = [each for each in found if each[0] not in tonnes]
    dots = {
        "type": "scatter", "mode": "markers", "x": [round(at[r][0], 3) for r in order],
        "y": [round(at[r][1], 3) for r in order], "text": [esc(names.region(r)) for r in order], "hoverinfo": "text",
        "marker": {"size": 7, "color": "@ink", "line": {"color": "@paper", "width": 1.5}}, "showlegend": False, **axes,
    }  # fmt: skip
    texts = [
        _texts(called, "@ink", axes, [code[text] for text, *_ in called]),
        _texts([each for each in found if each[0] in tonnes], "@scenario", axes),
    ]
    return [dots, *texts]


def _point(lon: float, lat: float) -> tuple[float, float]:
    x, y = project(np.array(lon), np.array(lat))
    return float(x), float(y)


def _widest(told: dict[Link, str], size: dict[Link, float]) -> dict[Link, str]:
    """What is written on the widest lines."""
    return {link: told[link] for link in sorted(told, key=lambda link: -size[link])[:WIDEST]}


def _texts(
    found: list[tuple[str, float, float]], colour: str, axes: dict[str, str], short: list[str] | None = None
) -> dict[str, Any]:
    """Labels on a map; `short` are those that a phone has room for."""
    narrow: dict[str, Any] = {"textfont": {"size": 9, "color": colour}}
    return {
        "type": "scatter", "mode": "text", "x": [round(x, 3) for _, x, _ in found],
        "y": [round(y, 3) for _, _, y in found], "text": [esc(name) for name, _, _ in found],
        "textfont": {"size": 12, "color": colour, "shadow": "auto"}, "hoverinfo": "skip", "showlegend": False,
        "narrow": {**narrow, **({"text": short} if short else {})}, **axes,
    }  # fmt: skip


def _layout(year: str) -> dict[str, Any]:
    def head(text: str, y: float) -> dict[str, Any]:
        return {"text": text, "xref": "paper", "yref": "paper", "x": 0, "y": y, "showarrow": False, "xanchor": "left",
                "yanchor": "bottom", "font": {"color": "@ink", "size": 14}}  # fmt: skip

    bare = {"visible": False, "fixedrange": True}
    return {
        "hovermode": "closest", "margin": {"l": 0, "r": 0, "t": 28, "b": 34},
        "annotations": [head(f"Baseline, {year}", 0.985), head(f"Scenario, {year}", 0.465)],
        "xaxis": {**bare, "range": [WEST, EAST], "anchor": "y"},
        "yaxis": {**bare, "range": [SOUTH, NORTH], "domain": [0.52, 1], "scaleanchor": "x"},
        "xaxis2": {**bare, "range": [WEST, EAST], "anchor": "y2"},
        "yaxis2": {**bare, "range": [SOUTH, NORTH], "domain": [0, 0.48], "scaleanchor": "x2"},
        "legend": {"y": -0.01, "yanchor": "top", "x": 0.5, "xanchor": "center"},
    }  # fmt: skip


def _reading(run: Run, links: list[Link], product: str, year: int, names: Names) -> str:
    before, after = sum(k.before for k in links), sum(k.after for k in links)
    start = (
        f"In {in_year(run.years[year])}, {amount(after, 't')} of {names.goods(product)} crosses borders between "
        f"regions, against {amount(before, 't')} in the baseline."
    )
    floor = 0.005 * max(before, after)
    most = sorted((k for k in links if abs(k.after - k.before) > floor), key=lambda k: k.after - k.before)
    parts = []
    if most and most[0].after < most[0].before:
        parts.append(f"The largest loss is {_route(most[0], names)}")
    if most and most[-1].after > most[-1].before:
        parts.append(f"{'the' if parts else 'The'} largest gain {_route(most[-1], names)}")
    return f"{start} {', '.join(parts)}." if parts else f"{start} No flow changes notably."


def _route(link: Link, names: Names) -> str:
    change = link.after - link.before
    return (
        f"{names.place(link.origin)} to {names.place(link.destination)} "
        f"({'+' if change > 0 else '-'}{amount(abs(change), 't')})"
    )


def atlas_data() -> dict[str, list[float | None]]:
    """The outline of land, which every map shares."""
    x, y = land()
    return {"@landx": x, "@landy": y}
