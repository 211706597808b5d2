"""The page of a screen: who hurts whom, the worst losses, pairs, and where time overturns concentration."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from supplysim.decisions.contingency import Contingency
from supplysim.decisions.screen import Row, Screen
from supplysim.decisions.screen_files import covered_text, set_option
from supplysim.report.decisions.parts import page_of, percent
from supplysim.report.figure import Figure, Panel, Plot, compact
from supplysim.report.html import Table, esc
from supplysim.report.names import Names, listed
from supplysim.report.numbers import NONE, amount, band_text
from supplysim.world import catalog

WORST, SHOWN_FAMILIES, SHOWN_PAIRS = 15, 24, 20
MOST_OF_ALL = 0.9
FELT = 0.01
"""A loss that leaves no consumer short of this share of its need costs nobody much."""
CARRIED = 0.5
"""Share of lost purchases that stocks made up for, from which the matrix says so with a dot."""


def screen_page(screen: Screen) -> str:
    """The page as HTML."""
    names = Names(catalog(screen.scenario.world))
    kicker = f"{screen.scenario.title or screen.scenario.name} · {len(screen.rows)} losses, one at a time"
    figures = [_worst(screen, names), _matrix(screen, names), _ranks(screen, names), *_pairs(screen, names)]
    return page_of(kicker, "What can fail, and what it would cost", sentences(screen, names), figures)


def sentences(screen: Screen, names: Names) -> list[str]:
    """The worst loss, how few losses make most of all, and what pairs add."""
    first = screen.rows[0]
    who = names.places(screen.consumers)
    said = [f"For the users of {who}, the costliest single loss is {words(first.contingency, names)}: "
            f"{_usd(first)} of base-price need goes without; {names.place(first.consumer)} loses most of it, "
            f"in {names.goods(first.product)}."]  # fmt: skip
    losses = np.maximum([row.mean_loss for row in screen.rows], 0.0)
    if losses.sum() > 0:
        many = int(np.searchsorted(np.cumsum(losses), MOST_OF_ALL * losses.sum()) + 1)
        quiet = sum((row.short_share[1] or 0.0) < FELT for row in screen.rows)
        said.append(f"{many} of {len(screen.rows)} losses make {percent(MOST_OF_ALL)} of the sum; {quiet} leave nobody "
                    f"{percent(FELT)} short.")  # fmt: skip
    sure = [pair for pair in screen.pairs if pair.low > 0]
    if sure:
        worst = max(sure, key=lambda pair: pair.interaction)
        more = amount(worst.interaction, "USD")
        said.append(f"Two at once cost more than their sum in {len(sure)} of {len(screen.pairs)} pairs, most of all "
                    f"{words(worst.a, names)} with {words(worst.b, names)}: {more} more.")  # fmt: skip
    if not any(row.likelihood is not None for row in screen.rows):
        said.append("Losses are given that it happens: the scenario states no likelihoods.")
    return said


def words(contingency: Contingency, names: Names, text: str = "") -> str:
    """A contingency (or another `text` about it) inside a sentence, with products by name."""
    text = text or contingency.words()
    for product in contingency.products:
        text = text.replace(product, names.goods(product))
    return text


def short(contingency: Contingency, names: Names) -> str:
    """What fails, without severity and length."""
    return words(contingency, names, contingency.name)


def _usd(row: Row) -> str:
    low, middle, high = (float(x) for x in np.quantile(row.loss, (0.05, 0.5, 0.95)))
    return band_text((low, middle, high), "USD")


def _families(screen: Screen) -> list[Row]:
    """Each thing that can fail, at its worst, the costliest first."""
    found: dict[str, Row] = {}
    for row in screen.rows:
        found.setdefault(row.contingency.family, row)
    return list(found.values())


def _worst(screen: Screen, names: Names) -> Figure:
    rows = _families(screen)[:WORST]
    note = (
        "Mean loss over the screen's months: what final users wanted at base prices and went without, at base prices. "
        "Beside each bar: months until less than 95 % of need is served, and months from then until it is again."
    )
    labels = [esc(_wrapped(words(row.contingency, names))) for row in rows]
    labels = [label.replace("\n", "<br>") for label in labels]
    trace: dict[str, Any] = {
        "type": "bar", "orientation": "h", "x": compact([row.mean_loss for row in rows]), "y": labels,
        "text": [f"{amount(row.mean_loss, 'USD')} · holds {_month(row.time_to_survive[1])}, "
                 f"short {_month(row.time_to_recover[1])}" for row in rows],
        "textposition": "outside", "cliponaxis": False, "showlegend": False, "hoverinfo": "skip",
        "marker": {"color": "@scenario"},
    }  # fmt: skip
    top = max((row.mean_loss for row in rows), default=1.0)
    layout = {
        "xaxis": {"type": "linear", "range": [0, 2.1 * top], "title": {"text": "USD"}},
        "yaxis": {"type": "category", "autorange": "reversed", "automargin": True, "showgrid": False},
        "margin": {"l": 20, "t": 10}, "bargap": 0.3, "hovermode": "closest",
    }  # fmt: skip
    headers = ("Loss", "Costs", "Hits most", "Short there", "Covered by", "To reproduce")
    cells = [
        [words(row.contingency, names), _usd(row), f"{names.region(row.consumer)}, {names.goods(row.product)}",
         band_text(row.short_share, "share"), covered_text(row) or NONE,
         " ".join(set_option(text) for text in row.contingency.settings)]
        for row in screen.rows[:100]
    ]  # fmt: skip
    reading = f"The {len(rows)} costliest of {len(_families(screen))} things that can fail, each at its worst."
    panel = Panel("", reading, reading, Table(headers, cells), Plot([trace], layout, 90 + 46 * len(rows), True))
    return Figure("worst", "The costliest losses", note, [panel])


def _month(value: float | None) -> str:
    return "to the end" if value is None else f"{value:.0f} months"


def _wrapped(text: str) -> str:
    head, comma, tail = text.rpartition(", ")
    return f"{head}\n{tail}" if comma else text


def _matrix(screen: Screen, names: Names) -> Figure:
    rows = _families(screen)[:SHOWN_FAMILIES]
    places = sorted({place for row in rows for place, loss in row.by_place.items() if loss > 0})
    values = [[max(row.by_place.get(place, 0.0), 0.0) for place in places] for row in rows]
    text = [
        ["•" if row.cover and row.cover.stock > CARRIED and place == (row.product, row.consumer) else ""
         for place in places]
        for row in rows
    ]  # fmt: skip
    labels = [esc(short(row.contingency, names)) for row in rows]
    trace = {
        "type": "heatmap", "z": [compact(np.log10(1.0 + np.array(each))) for each in values], "y": labels,
        "x": [f"{esc(region)}<br>{esc(names.goods(product))}" for product, region in places], "text": text,
        "texttemplate": "%{text}", "colorscale": [[0, "@paper"], [0.55, "@faint"], [1, "@scenario"]],
        "showscale": True, "colorbar": {"title": {"text": "USD"}, "tickvals": [6, 7, 8, 9, 10],
                                        "ticktext": ["1 m", "10 m", "100 m", "1 bn", "10 bn"], "thickness": 12},
        "zmin": 5, "xgap": 2, "ygap": 2, "hoverinfo": "skip",
    }  # fmt: skip
    layout = {
        "xaxis": {"type": "category", "side": "top", "tickangle": -60, "automargin": True, "showgrid": False},
        "yaxis": {"type": "category", "autorange": "reversed", "automargin": True, "showgrid": False},
        "margin": {"l": 20, "t": 150}, "hovermode": "closest",
    }  # fmt: skip
    note = (
        "Rows: who fails, at its worst. Columns: who goes without what. The darker, the dearer, by powers of ten; a "
        "dot where stocks carried most of it."
    )
    reading = "Who hurts whom: one row a loss, one column a consumer and a product."
    cells = [[labels[i], *(amount(v, "USD") if v >= 1 else NONE for v in each)] for i, each in enumerate(values)]
    heads = ["Loss", *(f"{names.region(region)}, {names.goods(product)}" for product, region in places)]
    panel = Panel("", reading, reading, Table(heads, cells), Plot([trace], layout, 220 + 24 * len(rows), True))
    return Figure("matrix", "Who hurts whom", note, [panel])


def _ranks(screen: Screen, names: Names) -> Figure:
    closed = screen.rank_closed_form()
    order = {row.contingency.id: k for k, row in enumerate(screen.rows, 1)}
    moved = sorted(screen.rows[:60], key=lambda r: -(closed[r.contingency.id] - order[r.contingency.id]))[:3]
    moved.sort(key=lambda r: order[r.contingency.id])  # so that their labels lie above, beside and below
    dots = {
        "type": "scatter", "mode": "markers", "x": [closed[row.contingency.id] for row in screen.rows],
        "y": list(range(1, len(screen.rows) + 1)), "marker": {"size": 6, "color": "@scenario/0.5"},
        "showlegend": False, "hoverinfo": "skip",
    }  # fmt: skip
    told = {
        "type": "scatter", "mode": "markers+text", "x": [closed[row.contingency.id] for row in moved],
        "y": [order[row.contingency.id] for row in moved],
        "text": [esc(short(row.contingency, names)) for row in moved],
        "textposition": ["top left", "middle left", "bottom left"], "marker": {"size": 9, "color": "@event"},
        "showlegend": False, "hoverinfo": "skip",
    }  # fmt: skip
    line = {"type": "scatter", "mode": "lines", "x": [1, len(screen.rows)], "y": [1, len(screen.rows)],
            "line": {"color": "@faint", "dash": "dot"}, "showlegend": False, "hoverinfo": "skip"}  # fmt: skip
    layout = {
        "xaxis": {"title": {"text": "rank without time (closed form)"}, "autorange": "reversed"},
        "yaxis": {"title": {"text": "rank by simulation", "standoff": 12}, "autorange": "reversed"},
        "hovermode": "closest", "margin": {"t": 10, "b": 60},
    }  # fmt: skip
    note = (
        "Left of the line: worse in time than concentration says, because stocks are thin or new suppliers slow; right "
        "of it: carried by stocks, other suppliers or recovery. The worst loss has rank 1."
    )
    reading = f"Time makes most of {listed([short(row.contingency, names) for row in moved[:2]])}."
    cells = [[words(row.contingency, names), str(order[row.contingency.id]), str(closed[row.contingency.id])]
             for row in screen.rows[:60]]  # fmt: skip
    panel = Panel("", reading, reading, Table(("Loss", "Rank by simulation", "Rank by closed form"), cells),
                  Plot([line, dots, told], layout, 460, True))  # fmt: skip
    return Figure("ranks", "Where time overturns concentration", note, [panel])


def _pairs(screen: Screen, names: Names) -> Sequence[Figure]:
    if not screen.pairs:
        return []
    cells = [
        [words(p.a, names), words(p.b, names), amount(p.loss_ab, "USD"),
         band_text((p.low, p.interaction, p.high), "USD", signed=True)]
        for p in screen.pairs[:SHOWN_PAIRS]
    ]  # fmt: skip
    more = sum(p.low > 0 for p in screen.pairs)
    less = sum(p.high < 0 for p in screen.pairs)
    reading = f"Of {len(screen.pairs)} pairs {more} cost more together than one by one, {less} less."
    note = "What both cost beyond the sum of each alone, over the same draws, with nine of ten draws. Equal is no news."
    rows = screen.pairs[:WORST]
    trace: dict[str, Any] = {
        "type": "scatter", "mode": "markers", "x": compact([p.interaction for p in rows]),
        "y": [f"{esc(short(p.a, names))} +<br>{esc(short(p.b, names))}" for p in rows],
        "error_x": {"type": "data", "symmetric": False, "array": compact([p.high - p.interaction for p in rows]),
                    "arrayminus": compact([p.interaction - p.low for p in rows]), "color": "@soft", "thickness": 1.5},
        "marker": {"size": 9, "color": ["@event" if p.low > 0 else "@scenario" for p in rows]}, "showlegend": False,
        "hoverinfo": "skip",
    }  # fmt: skip
    layout = {
        "xaxis": {"type": "linear", "zeroline": True, "title": {"text": "USD beyond the sum"}},
        "yaxis": {"type": "category", "autorange": "reversed", "automargin": True},
        "margin": {"l": 20, "t": 10, "b": 50}, "hovermode": "closest",
    }  # fmt: skip
    panel = Panel("", reading, reading, Table(("One", "Other", "Both", "Beyond the sum"), cells),
                  Plot([trace], layout, 90 + 46 * len(rows), True))  # fmt: skip
    return [Figure("pairs", "Two at once", note, [panel])]
