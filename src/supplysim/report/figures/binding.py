"""What binds and why: events in force, producers at their limit, stocks run down, by month."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from supplysim.engine.market import Mask
from supplysim.report.choice import Choice
from supplysim.report.figure import Figure, Panel, Plot
from supplysim.report.html import Table, esc
from supplysim.report.names import Names, listed, shortened
from supplysim.report.numbers import NONE
from supplysim.report.source import Run
from supplysim.report.timing import Span, goes_short, spans, stretches
from supplysim.results.ceiling import NEAR, ceiling_of
from supplysim.results.folder import month_name

AT_LIMIT = 0.995
"""Output over what capacity and feed allow from which a producer counts as at its limit."""
RUN_DOWN = 0.5
"""A stock counts as run down below this part of the baseline's cover in the same month."""
MOST = 7
PATTERNS = {
    "Event in force": "",
    "Price at its ceiling": "\\",
    "Producer at its limit": "/",
    "Stock run down": ".",
    "Users short": "x",
}
COLOURS = {
    "Event in force": "@event",
    "Price at its ceiling": "@s3",
    "Producer at its limit": "@scenario",
    "Stock run down": "@without",
    "Users short": "@rival",
}
VERBS = {
    "Event in force": "",
    "Price at its ceiling": ": rationed",
    "Producer at its limit": ": at limit",
    "Stock run down": ": stock low",
    "Users short": ": users short",
}
"""What each kind of bar is drawn and called as."""


@dataclass(frozen=True)
class Bar:
    """Something that binds in months `[first, last]` (since 0000-01)."""

    kind: str
    label: str
    first: int
    last: int
    remark: str = ""
    place: str = ""

    @property
    def named(self) -> str:
        """What a sentence calls it."""
        return self.place or self.label


def binding(run: Run, choice: Choice) -> Figure:
    """A timeline for each product."""
    names, events = Names(run.catalog), spans(run)
    note = (
        "What holds supply back, month by month, at the median over draws. A price at its ceiling means rationing. A "
        "producer is at its limit when it makes all that its capacity and its feed allow; a stock is run down below "
        "half of the baseline's months of cover; users are short when more than 5 % of what they would use at base "
        "prices is rationed or priced out that month."
    )
    panels = [_panel(run, product, choice.regions[product], events, names) for product in choice.products]
    return Figure("binding", "What binds, and why", note, panels)


def bars_of(run: Run, product: str, regions: tuple[str, ...], events: list[Span], names: Names) -> list[Bar]:
    """Everything that binds for a product: events, then producers, stocks and users by how long."""
    inside = [span for span in events if product in span.products and span.happens > 0]
    found = [Bar("Event in force", span.label, round(span.first[1]), round(span.last[1]), _remark(span), span.named)
             for span in inside]  # fmt: skip
    found += _longest(run, "Price at its ceiling", {r: _at_ceiling(run, product, r) for r in regions}, names)
    found += _longest(run, "Producer at its limit", _limits(run, product), names)
    found += _longest(run, "Stock run down", {r: _run_down(run, product, r) for r in regions}, names)
    return found + _longest(run, "Users short", {r: goes_short(run, product, r) for r in regions}, names)


def _remark(span: Span) -> str:
    chance = "" if span.happens > 0.995 else f"; happens in {100 * span.happens:.0f} % of draws"
    return f"{span.kind}, severity {100 * span.severity[1]:.0f} %{chance}; {span.text()}"


def _limits(run: Run, product: str) -> dict[str, Mask]:
    """Where a producer is at its limit in the scenario and was not in the baseline."""
    found = {}
    for region in run.regions_with("scenario", product, "utilisation"):
        use = run.series("scenario", product, region, "utilisation")[1]
        before = run.series("baseline", product, region, "utilisation")[1]
        found[region] = (use >= AT_LIMIT) & (before < AT_LIMIT)
    return found


def _at_ceiling(run: Run, product: str, region: str) -> Mask:
    return np.asarray(run.series("scenario", product, region, "price")[1] >= NEAR * ceiling_of(run.scenario))


def _run_down(run: Run, product: str, region: str) -> Mask:
    after, before = (run.series(v, product, region, "cover")[1] for v in ("scenario", "baseline"))
    return np.asarray((after < RUN_DOWN * before) & (before > 0.05))


def _longest(run: Run, kind: str, found: Mapping[str, Mask], names: Names) -> list[Bar]:
    most = sorted((r for r in found if found[r].any()), key=lambda r: (-int(found[r].sum()), r))[:MOST]
    return [
        Bar(kind, names.region(region), run.start + first, run.start + last, place=names.place(region))
        for region in most
        for first, last in stretches(found[region])
    ]


def _panel(run: Run, product: str, regions: tuple[str, ...], events: list[Span], names: Names) -> Panel:
    bars = bars_of(run, product, regions, events, names)
    reading = _reading(bars, names.goods(product))
    rows = [[bar.label, bar.kind, month_name(bar.first), month_name(bar.last), bar.remark] for bar in bars]
    numbers = Table(("What", "Kind", "From", "To", "Remark"), rows or [["nothing", NONE, NONE, NONE, ""]])
    lines = list(dict.fromkeys((bar.kind, bar.label) for bar in bars))
    plot = Plot(_traces(bars), _layout(run), 120 + 30 * len(lines), True) if bars else None
    return Panel(product, reading, f"A timeline. {reading}", numbers, plot)


def _traces(bars: list[Bar]) -> list[dict[str, Any]]:
    traces = []
    for kind, pattern in PATTERNS.items():
        group = [bar for bar in bars if bar.kind == kind]
        if group:
            traces.append({
                "type": "bar", "orientation": "h", "name": kind, "width": 0.62,
                "y": [_row(bar) for bar in group],
                "base": [month_name(bar.first) for bar in group],
                "x": [_milliseconds(bar) for bar in group],
                "customdata": [f"{month_name(bar.first)} to {month_name(bar.last)}" for bar in group],
                "hovertemplate": "%{customdata}<extra>%{fullData.name}</extra>",
                "marker": {"color": COLOURS[kind], "line": {"width": 0},
                           "pattern": {"shape": pattern, "fillmode": "overlay", "fgcolor": "@paper/0.6", "size": 6,
                                       "solidity": 0.3}},
            })  # fmt: skip
    return traces


def _row(bar: Bar) -> str:
    return esc(shortened(bar.label, 42)) + VERBS[bar.kind]


def _milliseconds(bar: Bar) -> int:
    first, end = (np.datetime64(month_name(month), "M") for month in (bar.first, bar.last + 1))
    return int((end.astype("datetime64[ms]") - first.astype("datetime64[ms]")).astype(int))


def _layout(run: Run) -> dict[str, Any]:
    return {
        "barmode": "overlay", "hovermode": "closest", "showlegend": False,
        "xaxis": {"type": "date", "range": [run.months[0], month_name(run.start + run.scenario.months)]},
        "yaxis": {"type": "category", "autorange": "reversed", "automargin": True, "showgrid": False},
        "margin": {"l": 20},
    }  # fmt: skip


def _reading(bars: list[Bar], goods: str) -> str:
    groups = {kind: list(dict.fromkeys(bar.named for bar in bars if bar.kind == kind)) for kind in PATTERNS}
    events, rationed, limits, stocks, short = (groups[kind] for kind in PATTERNS)
    parts = [f"price at its ceiling in {listed(rationed)}"] if rationed else []
    if limits:
        parts.append(f"producers newly at their limit: {listed(limits)}")
    if stocks:
        parts.append(f"stocks run down in {listed(stocks)}")
    if short:
        parts.append(f"users short in {listed(short)}")
    head = f"{listed(events)}" if events else f"No event touches {goods}"
    head = head[:1].upper() + head[1:]
    return f"{head}; {'; '.join(parts)}." if parts else f"{head}; nothing else binds at the median."
