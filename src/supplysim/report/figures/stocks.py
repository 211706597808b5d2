"""Stocks in months of cover."""

from __future__ import annotations

import numpy as np

from supplysim.report.choice import Choice
from supplysim.report.figure import Figure, Panel, Plot, end_labels, fan, month_axis, tabled
from supplysim.report.html import Table
from supplysim.report.names import SHORT, VARIANTS, Names, dated
from supplysim.report.numbers import amount, band_text
from supplysim.report.source import Run
from supplysim.report.theme import STYLE


def stocks(run: Run, choice: Choice) -> Figure:
    """Industry's and government's stocks together, as months of use at base prices."""
    names = Names(run.catalog)
    note = (
        "Stocks of industry and government together, in months of what users would use at base prices. "
        "When they are low, the next loss of supply reaches users at once."
    )
    panels = [_panel(run, product, region, names) for product, region in choice.pairs()]
    return Figure("stocks", "Stocks and months of cover", note, panels)


def _panel(run: Run, product: str, region: str, names: Names) -> Panel:
    cover = {v: run.series(v, product, region, "cover") for v in run.variants}
    tonnes = run.series("scenario", product, region, "stock")
    lines = [
        fan(bands if v == "scenario" else np.broadcast_to(bands[1], bands.shape), v, VARIANTS[v])
        for v, bands in sorted(cover.items())
    ]
    low = run.highest(-cover["scenario"][1])
    least, start = cover["scenario"][:, low], cover["scenario"][1][0]
    reading = (
        f"Stocks of {names.goods(product)} in {names.place(region)} start at {amount(float(start), 'months')} of use "
        f"and are lowest in {dated(run.start + low)}: {band_text(_band(least), 'months')}."
    )
    note = {"text": amount(float(least[1]), "months"), "x": run.months[low], "y": float(least[1]), "ax": 0, "ay": -34,
            "arrowcolor": "@scenario", "font": {"color": "@scenario", "size": 13}}  # fmt: skip
    top = 1.06 * max(float(bands.max()) if v == "scenario" else float(bands[1].max()) for v, bands in cover.items())
    ends = [(SHORT[v], float(bands[1][-1]), str(STYLE[v]["color"])) for v, bands in cover.items()]
    layout = {
        "yaxis": {"range": [0, top], "title": {"text": "months of use"}}, "showlegend": False,
        "annotations": [*([note] if least[1] < 0.9 * start else []), *end_labels(ends, run.months[-1], top, 236.0)],
        "margin": {"r": 84}, "xaxis": month_axis(run.months),
    }  # fmt: skip
    rows = [
        [month, *(band_text(_band(cover[v][:, k], v), "") for v in run.variants), band_text(_band(tonnes[:, k]), "")]
        for k, month in enumerate(run.months)
        if k in tabled(len(run.months))
    ]
    headers = ("Month", *(f"{VARIANTS[v]} (months)" for v in run.variants), f"Scenario ({names.unit(product)})")
    traces = [trace for line in lines for trace in line]
    return Panel(f"{product}|{region}", reading, reading, Table(headers, rows), Plot(traces, layout, 320))


def _band(values: np.ndarray, variant: str = "scenario") -> tuple[float, float, float]:
    low, middle, high = (float(x) for x in values)
    return (low, middle, high) if variant == "scenario" else (middle, middle, middle)
