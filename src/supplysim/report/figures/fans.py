"""Price and supply by month, with the draws' band."""

from __future__ import annotations

from typing import Any

import numpy as np

from supplysim.engine.market import Array
from supplysim.report.choice import Choice
from supplysim.report.figure import Figure, Panel, Plot, end_labels, fan, month_axis, tabled
from supplysim.report.html import Table, esc
from supplysim.report.names import SHORT, VARIANTS, Names, dated, shortened
from supplysim.report.numbers import TIMES, band_text, plain
from supplysim.report.source import Run
from supplysim.report.theme import STYLE
from supplysim.report.timing import Span, spans
from supplysim.results.ceiling import at_ceiling, ceiling_of, told_at_ceiling
from supplysim.results.folder import month_name
from supplysim.results.summary import Band


def fans(run: Run, choice: Choice) -> Figure:
    """A fan of the spot price over one of supply, for every product and consumer."""
    names, events = Names(run.catalog), spans(run)
    panels = [_panel(run, product, region, names, events) for product, region in choice.pairs()]
    note = (
        "Above, the spot price as a multiple of the base year's, with what firms pay on average under contracts "
        "(thin line): spot overshoots. Below, what users get each month against what they would use at base prices. "
        "Lines are medians over draws, shades go from the 5 % to the 95 % quantile of the scenario's draws. The price "
        "has two: the dark inner band is what is not known of the parameters; the light outer band adds the noise that "
        "such a market has in calm months, and is the one to read a price by."
    )
    return Figure("prices", "Price and supply, month by month", note, panels)


def _panel(run: Run, product: str, region: str, names: Names, events: list[Span]) -> Panel:
    touching = [span for span in events if product in span.products and span.happens > 0]
    price = {v: run.series(v, product, region, "price") for v in run.variants}
    outer = {v: run.outer(v, product, region, "price") for v in run.variants}
    used = {v: run.series(v, product, region, "used") for v in run.variants}
    paid = run.series("scenario", product, region, "contract_price")[1]
    peak = run.highest(price["scenario"][1])
    reading = _reading(run, price, outer, used, peak, names.place(region), names.goods(product))
    needed = used["baseline"][1] + run.series("baseline", product, region, "unmet")[1]
    rows = _rows(run, price, outer, used)
    headers = ("Month", *(f"Price, {VARIANTS[v].lower()} ({TIMES} base)" for v in run.variants),
               *(f"Used, {VARIANTS[v].lower()} (t/month)" for v in run.variants))  # fmt: skip
    layout = _layout(run, touching, price, peak, names.unit(product)) | _axes(run, price, outer, paid, used, needed)
    layout["annotations"] = [*layout["annotations"], *layout.pop("labels")]
    plot = Plot(
        [*_noise(price, outer), *_prices(price, paid), *_supply(used, needed)],
        layout,
        540,
    )
    return Panel(f"{product}|{region}", reading, reading, Table(headers, rows), plot)


def _prices(price: dict[str, Array], paid: Array) -> list[dict[str, Any]]:
    flat = np.broadcast_to(paid, (3, len(paid)))
    thin = {**fan(flat, "scenario", "Paid under contracts")[0], "line": {"color": "@scenario", "width": 1.1}}
    thin["legendgroup"] = "paid"
    lines = [
        fan(bands if v == "scenario" else np.broadcast_to(bands[1], bands.shape), v, VARIANTS[v])
        for v, bands in sorted(price.items())
    ]
    return [trace for line in lines for trace in line] + [thin]


def _noise(price: dict[str, Array], outer: dict[str, Array]) -> list[dict[str, Any]]:
    """The scenario's outer band, without a line of its own."""
    low, high = outer["scenario"]
    edges = fan(np.stack([low, price["scenario"][1], high]), "scenario", "Outer band")[:-1]
    return [{**edge, **({"fillcolor": "@scenario/0.08"} if "fillcolor" in edge else {})} for edge in edges]


def _supply(used: dict[str, Array], needed: Array) -> list[dict[str, Any]]:
    traces = []
    for variant, bands in sorted(used.items()):
        shown = bands if variant == "scenario" else np.broadcast_to(bands[1], bands.shape)
        traces += fan(shown, variant, VARIANTS[variant], "2", legend=False)
    line = fan(np.broadcast_to(needed, (3, len(needed))), "baseline", "Need at base prices", "2")[0]
    return [{**line, "line": {"color": "@ink", "width": 1, "dash": "longdashdot"}, "legendgroup": "need"}, *traces]


def _layout(run: Run, events: list[Span], price: dict[str, Array], peak: int, unit: str) -> dict[str, Any]:
    top = price["scenario"][1][peak]
    whole = dict.fromkeys((round(s.first[1]), round(s.full[1]) + 1, round(s.last[1]) + 1) for s in events[:6])
    marks = [
        {
            "type": "rect", "xref": "x", "yref": "paper", "y0": 0, "y1": 1, "layer": "below", "line": {"width": 0},
            "x0": month_name(first), "x1": month_name(last), "fillcolor": f"@event/{depth}",
        }
        for begin, eases, end in whole
        for first, last, depth in ((begin, eases, 0.13), (eases, end, 0.05))
        if last > first
    ]  # fmt: skip
    notes: list[dict[str, Any]] = [
        {"text": f"Spot price, {TIMES} base", "xref": "paper", "yref": "paper", "x": 0, "y": 1.0, "showarrow": False,
         "xanchor": "left", "yanchor": "bottom", "font": {"color": "@ink", "size": 13}},
        {"text": f"Supply used, {esc(unit)} a month", "xref": "paper", "yref": "paper", "x": 0, "y": 0.42,
         "showarrow": False, "xanchor": "left", "yanchor": "bottom", "font": {"color": "@ink", "size": 13}},
    ]  # fmt: skip
    if top >= 1.1:
        ceiling = ceiling_of(run.scenario)
        peaks = told_at_ceiling(ceiling) if at_ceiling(float(top), ceiling) else f"peak {plain(float(top))}{TIMES}"
        notes.append({"text": peaks, "x": run.months[peak], "y": float(top),
                      "ax": 34, "ay": -16,
                      "arrowcolor": "@scenario", "font": {"color": "@scenario", "size": 13}})  # fmt: skip
    if events:
        first = events[0]
        label = f"{len(events)} events in force" if len(events) > 1 else esc(shortened(first.label, 40))
        notes.append({"text": label, "x": month_name(round(first.first[1])), "xanchor": "left", "yref": "paper",
                      "y": 0.525, "yanchor": "middle", "showarrow": False,
                      "font": {"color": "@soft", "size": 11}})  # fmt: skip
        notes += [
            {"text": "recovery", "x": month_name(eases), "xanchor": "left", "yref": "paper", "y": 0.49,
             "yanchor": "middle", "showarrow": False, "font": {"color": "@soft", "size": 11}}
            for _, eases, end in list(whole)[:1] if end > eases + 2
        ]  # fmt: skip
    return {
        "shapes": marks, "annotations": notes, "showlegend": False, "margin": {"t": 40, "r": 104},
        "xaxis": {"anchor": "y", "domain": [0, 1], "matches": "x2", "showticklabels": False},
        "xaxis2": {"anchor": "y2", "domain": [0, 1], **month_axis(run.months)},
    }  # fmt: skip


def _axes(
    run: Run, price: dict[str, Array], outer: dict[str, Array], paid: Array, used: dict[str, Array], needed: Array
) -> dict[str, Any]:
    """Both axes from zero, and the lines' names at their ends."""
    tops = (
        1.06 * max(float(np.max(each)) for each in (outer["scenario"], *price.values(), paid)),
        1.06 * max(float(np.max(each)) for each in (needed, used["scenario"], *(bands[1] for bands in used.values()))),
    )
    last = run.months[-1]
    lines = [(SHORT[v], float(bands[1][-1]), str(STYLE[v]["color"])) for v, bands in price.items()]
    prices = end_labels([*lines, ("Contract price", float(paid[-1]), "@scenario")], last, tops[0], 190.0)
    lines = [(SHORT[v], float(bands[1][-1]), str(STYLE[v]["color"])) for v, bands in used.items()]
    supply = end_labels([*lines, ("Need", float(needed[-1]), "@ink")], last, tops[1], 175.0, "2")
    return {
        "yaxis": {"domain": [0.55, 1], "range": [0, tops[0]]}, "yaxis2": {"domain": [0, 0.41], "range": [0, tops[1]]},
        "labels": [*prices, *supply],
    }  # fmt: skip


def _reading(
    run: Run,
    price: dict[str, Array],
    outer: dict[str, Array],
    used: dict[str, Array],
    peak: int,
    place: str,
    goods: str,
) -> str:
    top = price["scenario"][:, peak]
    if top[1] < 1.05:
        return f"The price of {goods} in {place} stays within 5 % of the base year's at the median."
    lost = 1.0 - used["scenario"][1] / np.maximum(used["baseline"][1], 1e-300)
    worst = run.highest(lost)
    at, part = dated(run.start + worst), f"{100 * lost[worst]:.0f} %"
    less = f"; in the worst month ({at}) users get {part} less than in the baseline"
    return (
        f"The median price of {goods} in {place} is highest in {dated(run.start + peak)}, "
        f"{_multiple(top, outer['scenario'][:, peak], ceiling_of(run.scenario))}"
        f"{less if lost[worst] >= 0.005 else ''}."
    )


def _multiple(inner: Array, outer: Array, ceiling: float) -> str:
    if at_ceiling(float(inner[1]), ceiling):
        return told_at_ceiling(ceiling)
    low, middle, high = (plain(float(x)) for x in inner)
    ends = [plain(float(x)) for x in outer]
    bands = f" (outer band {ends[0]} to {ends[1]}, inner band {low} to {high})" if ends[0] != ends[1] else ""
    return f"at {middle} times the base price{bands}"


def _rows(run: Run, price: dict[str, Array], outer: dict[str, Array], used: dict[str, Array]) -> list[list[str]]:
    return [
        [
            month,
            *(_price_cell(price[v][:, k], outer[v][:, k], v) for v in run.variants),
            *(_cell(used[v][:, k], v) for v in run.variants),
        ]
        for k, month in enumerate(run.months)
        if k in tabled(len(run.months))
    ]


def _price_cell(bands: Array, outer: Array, variant: str) -> str:
    """The ends of a month's outer band, and the price in its inner one."""
    if variant != "scenario":
        return _cell(bands, variant)
    low, high = (plain(float(x)) for x in outer)
    return f"outer band {low} to {high}, inner band {_cell(bands, variant)}" if low != high else _cell(bands, variant)


def _cell(bands: Array, variant: str) -> str:
    low, middle, high = (float(x) for x in bands)
    band: Band = (low, middle, high) if variant == "scenario" else (middle, middle, middle)
    return band_text(band, "")
