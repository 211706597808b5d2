"""Runs on the same axes, month by month."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from supplysim.engine.market import Array
from supplysim.report.choice import Choice
from supplysim.report.figure import Figure, Panel, Plot, compact, end_labels, month_axis, tabled
from supplysim.report.html import Table, esc
from supplysim.report.names import Names, dated, sentence, shortened, telling
from supplysim.report.numbers import TIMES, plain
from supplysim.results.ceiling import at_ceiling, ceiling_of, told_at_ceiling
from supplysim.results.compare import Run
from supplysim.results.folder import reading

QUANTITIES = ("price", "used")
MOST_NAMED = 3
"""Runs that the sentence tells one by one; of more, the dearest and the cheapest."""
MOST = 6
"""Runs drawn as lines; more would not be told apart."""
DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot")

Lines = dict[tuple[str, str, str], tuple[list[str], Array]]
"""Months and medians by product, region and quantity."""


def together(runs: Sequence[Run], labels: Sequence[str], choice: Choice, names: Names) -> Figure:
    """The spot price over what users get, a line for each run, for every product and consumer."""
    read = [lines_of(run.folder, choice) for run in runs[:MOST]]
    more = f" The first {MOST} of {len(runs)} runs are drawn." if len(runs) > MOST else ""
    note = f"Medians over draws of each run's scenario, on the same axes.{more}"
    ceilings = [ceiling_of(run.scenario) for run in runs]
    panels = [_panel(read, labels, ceilings, product, region, names) for product, region in choice.pairs()]
    return Figure("months", "Month by month, run by run", note, panels)


def lines_of(folder: Path, choice: Choice) -> Lines:
    """A run's monthly medians of what is drawn; what the file leaves out is always zero."""
    import pyarrow.parquet as pq

    wanted = [("variant", "==", "scenario"), ("product", "in", list(choice.products)),
              ("quantity", "in", list(QUANTITIES))]  # fmt: skip
    with reading(folder / "monthly.parquet") as path:
        frame = pq.read_table(path, filters=wanted).to_pandas()
    groups: Any = frame.groupby(["product", "region", "quantity"], sort=False, observed=True)
    return {key: ([str(m)[:7] for m in rows["month"]], rows["p50"].to_numpy(dtype=float)) for key, rows in groups}


def _panel(
    read: list[Lines], labels: Sequence[str], ceilings: list[float], product: str, region: str, names: Names
) -> Panel:
    apart = telling(labels)
    found = [[lines.get((product, region, quantity), ([], np.zeros(0))) for quantity in QUANTITIES] for lines in read]
    tops = [1.06 * max((float(run[k][1].max()) for run in found if len(run[k][1])), default=1.0) for k in (0, 1)]
    drawn = [months for run in found for months, _ in run if months]
    begin, last = min((m[0] for m in drawn), default=""), max((m[-1] for m in drawn), default="")
    traces, ends = [], ([], [])  # type: tuple[list[dict[str, Any]], tuple[list[Any], list[Any]]]
    for n, run in enumerate(found):
        for k, axes in enumerate(("", "2")):
            months, values = run[k]
            if len(values):
                traces.append({
                    "type": "scatter", "mode": "lines", "x": months, "y": compact(values), "xaxis": f"x{axes}",
                    "yaxis": f"y{axes}", "name": esc(labels[n]), "showlegend": False,
                    "line": {"color": f"@s{n}", "dash": DASHES[n], "width": 2.2},
                })  # fmt: skip
                ends[k].append((esc(f"{n + 1}. {shortened(apart[n], 24)}"), float(values[-1]), f"@s{n}"))
    notes = [
        *end_labels(ends[0], last, tops[0], 190.0), *end_labels(ends[1], last, tops[1], 175.0, "2"),
        _head(f"Spot price, {TIMES} base", 1.0), _head(f"Supply used, {esc(names.unit(product))} a month", 0.42),
    ]  # fmt: skip
    layout = {
        "annotations": notes, "margin": {"t": 40, "r": 176}, "showlegend": False,
        "xaxis": {"anchor": "y", "domain": [0, 1], "matches": "x2", "showticklabels": False},
        "xaxis2": {"anchor": "y2", "domain": [0, 1], **(month_axis(sorted({begin, last})) if last else {})},
        "yaxis": {"domain": [0.55, 1], "range": [0, tops[0]]}, "yaxis2": {"domain": [0, 0.41], "range": [0, tops[1]]},
    }  # fmt: skip
    reading = _reading(found, labels, ceilings, names.goods(product), names.place(region))
    return Panel(f"{product}|{region}", reading, reading, _table(found, labels), Plot(traces, layout, 540))


def _head(text: str, y: float) -> dict[str, Any]:
    return {"text": text, "xref": "paper", "yref": "paper", "x": 0, "y": y, "showarrow": False, "xanchor": "left",
            "yanchor": "bottom", "font": {"color": "@ink", "size": 13}}  # fmt: skip


def _reading(
    found: list[list[tuple[list[str], Array]]], labels: Sequence[str], ceilings: list[float], goods: str, place: str
) -> str:
    tops: list[tuple[float, str, str]] = []
    for label, ceiling, ((months, price), _) in zip(labels, ceilings, found, strict=False):
        if len(price):
            top = int(np.argmax(price))
            year, month = (int(part) for part in months[top].split("-"))
            most, when = float(price[top]), dated(12 * year + month - 1)
            told = told_at_ceiling(ceiling) if at_ceiling(most, ceiling) else f"at {plain(most)} times the base price"
            tops.append((most, label, f"{when}, {told}"))
    if not tops:
        return sentence(f"{place} uses no {goods}.")
    head = f"The median price of {goods} in {place} is highest in"
    if len(tops) > 1 and len({told for *_, told in tops}) == 1:
        return f"{head} {tops[0][2]}, in every run."
    if len(tops) > MOST_NAMED:
        (_, dear, high), (_, cheap, low) = max(tops), min(tops)
        return (
            f"The median price of {goods} in {place} rises furthest in “{dear}”, to its highest in {high}, and least "
            f"in “{cheap}”, to its highest in {low}."
        )
    return f"{head} {'; in '.join(f'{told} (“{label}”)' for _, label, told in tops)}."


def _table(found: list[list[tuple[list[str], Array]]], labels: Sequence[str]) -> Table:
    months = sorted({month for run in found for month in run[0][0]})
    headers = ["Month", *(f"{what}, {label}" for what in (f"Price ({TIMES} base)", "Used (t/month)")
                          for label in labels[: len(found)])]  # fmt: skip
    values = [dict(zip(*run[k], strict=True)) for k in (0, 1) for run in found]
    rows = [[months[t], *(plain(float(each[months[t]])) if months[t] in each else "" for each in values)]
            for t in tabled(len(months))]  # fmt: skip
    return Table(headers, rows or [["none", *([""] * (len(headers) - 1))]])
