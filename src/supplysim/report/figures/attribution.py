"""What each contract and project adds: one panel a product and consumer, from a run's attribution."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from supplysim.report.choice import Choice
from supplysim.report.figure import Figure, Panel, Plot, compact
from supplysim.report.html import Table, esc
from supplysim.report.names import Names, listed, own_name, shortened
from supplysim.report.numbers import NONE, amount, band_text
from supplysim.report.source import Run
from supplysim.results.metrics import UNITS
from supplysim.results.summary import NAMES, Band

Document = Mapping[str, Any]
Rows = Sequence[Mapping[str, Any]]
SHOWN_METRIC = "short_t"
MOST_DEALS = 12


def shared_out(run: Run, choice: Choice) -> Figure | None:
    """The figure of a run's page; None where `supplysim attribute` was not run on it."""
    return None if run.attribution is None else attribution(run.attribution, Names(run.catalog), choice.pairs())


def attribution(found: Document, names: Names, pairs: Sequence[tuple[str, str]] | None = None) -> Figure | None:
    """A panel for each product and consumer whose shortage the deals move; None where they move none.

    `found` is an attribution.json; `pairs` are the products and consumers to show, all that are moved unless given.
    """
    moved = {(row["product"], row["region"]): _band(row["effect"]) for row in found["total"]
             if row["metric"] == SHOWN_METRIC and any(abs(x or 0.0) > 0.5 for x in row["effect"].values())}  # fmt: skip
    ranked = sorted(moved, key=lambda pair: -max(abs(x or 0.0) for x in moved[pair]))
    shown = [pair for pair in ranked if pairs is None or pair in pairs]
    if not shown:
        return None
    note = (
        "By how much each contract or project changes the shortage: the mean over all orders in which they could be "
        "signed (Shapley value; the bars add up to what all of them do), and, as a cross, what is lost when that one "
        "alone is left out. Left is less shortage. Bars end at the median, whiskers hold nine of ten draws."
    )
    return Figure(
        "attribution", "What each deal adds", note, [_panel(found, *pair, moved[pair], names) for pair in shown]
    )


def _panel(found: Document, product: str, region: str, total: Band, names: Names) -> Panel:
    own = [row for row in found["contracts"] if (row["product"], row["region"]) == (product, region)]
    deals = sorted((row for row in own if row["metric"] == SHOWN_METRIC),
                   key=lambda row: -abs(row["shapley"]["p50"] or 0.0))[:MOST_DEALS]  # fmt: skip
    reading = _reading(deals, total, names.goods(product), names.place(region))
    headers = ("Deal", "Metric", "Adds (Shapley)", "Error of sampling", "Left out alone", "Cost", "USD a point less")
    return Panel(f"{product}|{region}", reading, reading, Table(headers, _rows(own)), _plot(deals))


def _reading(deals: Rows, total: Band, goods: str, place: str) -> str:
    less = [row for row in deals if (row["shapley"]["p50"] or 0.0) < -0.5][:2]
    head = f"All deals together change the shortage of {goods} in {place} by {band_text(total, 't', signed=True)}"
    if not less:
        return f"{head}; no single one makes it smaller."
    parts = [f"{row['title']} {amount(row['shapley']['p50'], 't')}" for row in less]
    return f"{head}; most of what makes it smaller is {listed(parts)}."


def _rows(own: Rows) -> list[list[str]]:
    return [
        [
            str(row["title"]), own_name(row["metric"]), band_text(_band(row["shapley"]), _unit(row), signed=True),
            NONE if row["shapley_error"] is None else amount(row["shapley_error"], _unit(row)),
            band_text(_band(row["leave_one_out"]), _unit(row), signed=True),
            NONE if row["cost_usd"] is None else amount(row["cost_usd"], "USD"),
            NONE if row["usd_per_point"] is None else amount(row["usd_per_point"], "USD"),
        ]
        for row in own
    ]  # fmt: skip


def _unit(row: Mapping[str, Any]) -> str:
    return str(UNITS[row["metric"]])


def _band(named: Mapping[str, float | None]) -> Band:
    low, middle, high = (named[name] for name in NAMES)
    return (low, middle, high)


def _plot(deals: Rows) -> Plot:
    labels = [esc(shortened(row["title"], 44)) for row in deals]
    low, middle, high = (np.array([row["shapley"][name] or 0.0 for row in deals]) for name in NAMES)
    alone = [row["leave_one_out"]["p50"] or 0.0 for row in deals]
    traces: list[dict[str, Any]] = [
        {"type": "bar", "orientation": "h", "y": labels, "x": compact(middle), "name": "Adds (Shapley value)",
         "marker": {"color": "@scenario"},
         "error_x": {"type": "data", "symmetric": False, "array": compact(high - middle),
                     "arrayminus": compact(middle - low), "color": "@ink", "thickness": 1.5, "width": 5}},
        {"type": "scatter", "mode": "markers", "y": labels, "x": compact(alone), "name": "Left out alone",
         "marker": {"symbol": "x-thin", "size": 11, "line": {"width": 2.5, "color": "@without"}, "color": "@without"}},
    ]  # fmt: skip
    layout = {
        "xaxis": {"type": "linear", "zeroline": True, "title": {"text": "change of the shortage over the horizon, t"}},
        "yaxis": {"type": "category", "autorange": "reversed", "automargin": True, "tickfont": {"size": 12}},
        "hovermode": "closest", "margin": {"l": 20},
    }  # fmt: skip
    return Plot(traces, layout, 140 + 34 * len(deals), True)
