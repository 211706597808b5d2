"""Who supplies a consumer, year by year, and how concentrated that is."""

from __future__ import annotations

from typing import Any

import numpy as np

from supplysim.engine.market import Array
from supplysim.report.choice import Choice
from supplysim.report.figure import Figure, Panel, Plot, compact
from supplysim.report.html import Table, esc
from supplysim.report.names import VARIANTS, Names, in_year, listed
from supplysim.report.numbers import NONE, plain
from supplysim.report.source import Run
from supplysim.report.theme import STYLE

NAMED = 5
"""Suppliers shown by name; the others are one."""
OTHERS = "Others"
PATTERNS = ("", "/", "x", ".", "\\", "-")
BARS = ("scenario", "baseline")


def shares(run: Run, choice: Choice) -> Figure:
    """Shares of each supplier by year in the scenario and the baseline, with the concentration index above."""
    names = Names(run.catalog)
    note = (
        "Shares of what the consumer buys, by origin, home supply included. The Herfindahl-Hirschman index (HHI) is "
        "the sum of squared shares: 1 is a single supplier, and above 0.25 a market counts as highly concentrated. "
        "Both are of median flows. An asterisk marks a rival named in the scenario."
    )
    panels = [_panel(run, product, region, names) for product, region in choice.pairs()]
    return Figure("shares", "Who supplies, and how concentrated that is", note, panels)


def origins(run: Run, variant: str, product: str, region: str) -> dict[str, Array]:
    """Each supplier's share of a consumer's purchases by year."""
    bought = {a: flow for (a, b), flow in run.trade(variant, product).items() if b == region}
    total = sum(bought.values(), np.zeros(len(run.years)))
    return {a: flow / np.maximum(total, 1e-300) for a, flow in bought.items()}


def hhi(parts: dict[str, Array]) -> Array:
    """Sum of squared shares by year."""
    return np.asarray(sum((share**2 for share in parts.values()), np.zeros(1)))


def _panel(run: Run, product: str, region: str, names: Names) -> Panel:
    parts = {v: origins(run, v, product, region) for v in run.variants}
    size = {a: max(float(np.max(p.get(a, 0.0))) for p in parts.values()) for p in parts.values() for a in p}
    largest = sorted(size, key=lambda a: (-size[a], a))[:NAMED]
    order = [*largest, *([OTHERS] if len(size) > NAMED else [])]
    grouped = {v: _grouped(found, largest, len(run.years)) for v, found in parts.items()}
    concentration = {v: hhi(found) for v, found in parts.items()}
    year = run.highest(np.abs(concentration["scenario"] - concentration["baseline"]), 12)
    reading = _reading(run, product, region, grouped, concentration, year, names)
    return Panel(
        f"{product}|{region}", reading, reading, _table(run, order, grouped, concentration, names),
        Plot([*_lines(run, concentration), *_bars(run, order, grouped, names)], _layout(), 620),
    )  # fmt: skip


def _grouped(found: dict[str, Array], largest: list[str], years: int) -> dict[str, Array]:
    zero = np.zeros(years)
    rest = sum((share for a, share in found.items() if a not in largest), zero)
    return {**{a: found.get(a, zero) for a in largest}, OTHERS: rest}


def _label(run: Run, supplier: str, names: Names) -> str:
    return names.region(supplier) + ("*" if supplier in run.scenario.rivals else "")


def _lines(run: Run, concentration: dict[str, Array]) -> list[dict[str, Any]]:
    return [
        {"type": "scatter", "mode": "lines+markers", "x": run.years, "y": compact(values), "name": VARIANTS[v],
         "line": STYLE[v], "marker": {"size": 6, "color": STYLE[v]["color"]}, "legend": "legend2"}
        for v, values in concentration.items()
    ]  # fmt: skip


def _bars(
    run: Run, order: list[str], grouped: dict[str, dict[str, Array]], names: Names
) -> list[dict[str, Any]]:  # fmt: skip
    traces = []
    for row, variant in enumerate(BARS):
        for k, supplier in enumerate(order):
            share = grouped[variant][supplier]
            code = supplier if supplier != OTHERS else "others"
            traces.append({
                "type": "bar", "x": run.years, "y": compact(100 * share), "name": esc(_label(run, supplier, names)),
                "xaxis": f"x{row + 2}", "yaxis": f"y{row + 2}", "showlegend": row == 0, "legendgroup": supplier,
                "marker": {"color": f"@s{k}", "line": {"color": "@paper", "width": 1},
                           "pattern": {"shape": PATTERNS[k], "fillmode": "overlay", "fgcolor": "@paper/0.35",
                                       "fgopacity": 1, "size": 7,
                                       "solidity": 0.25}},
                "text": [f"{code} {100 * s:.0f}" if s >= 0.1 else "" for s in share], "textposition": "inside",
                "insidetextanchor": "middle", "textangle": 0, "textfont": {"color": "@paper", "size": 11},
                "hovertemplate": "%{x}: %{y:.1f} %<extra>%{fullData.name}</extra>",
            })  # fmt: skip
    return traces


def _layout() -> dict[str, Any]:
    def head(text: str, y: float) -> dict[str, Any]:
        return {"text": text, "xref": "paper", "yref": "paper", "x": 0, "y": y, "showarrow": False, "xanchor": "left",
                "yanchor": "bottom", "font": {"color": "@ink", "size": 13}}  # fmt: skip

    axis = {"type": "category", "fixedrange": True}
    percent = {"range": [0, 100], "ticksuffix": " %", "tickvals": [0, 50, 100]}
    return {
        "uniformtext": {"minsize": 9, "mode": "hide"}, "barmode": "stack", "bargap": 0.12,
        "annotations": [head("HHI", 1.0), head("Shares in the scenario", 0.69), head("Shares in the baseline", 0.29)],
        "xaxis": {**axis, "anchor": "y", "showticklabels": False}, "yaxis": {"domain": [0.78, 1], "range": [0, 1.05]},
        "xaxis2": {**axis, "anchor": "y2"}, "yaxis2": {**percent, "domain": [0.4, 0.68]},
        "xaxis3": {**axis, "anchor": "y3"}, "yaxis3": {**percent, "domain": [0.0, 0.28]},
        "legend2": {"orientation": "h", "y": 1.05, "yanchor": "bottom", "x": 0.06},
        "legend": {"y": -0.08, "yanchor": "top"}, "margin": {"b": 90, "t": 56},
    }  # fmt: skip


def _reading(
    run: Run, product: str, region: str, grouped: dict[str, dict[str, Array]],
    concentration: dict[str, Array], year: int, names: Names,
) -> str:  # fmt: skip
    def leading(variant: str) -> str:
        found = {a: s[year] for a, s in grouped[variant].items() if a != OTHERS}
        top = sorted(found, key=lambda a: -found[a])[:3]
        return listed(
            [f"{'home' if a == region else names.place(a)} ({100 * found[a]:.0f} %)" for a in top if found[a] >= 0.005]
        )

    before, after = concentration["baseline"][year], concentration["scenario"][year]
    head = f"{in_year(run.years[year])}, {names.place(region)} buys {names.goods(product)} from {leading('scenario')}"
    if abs(after - before) < 0.005:
        return f"In {head}; concentration stays as in the baseline (HHI {plain(after)})."
    return (
        f"In {head}, against {leading('baseline')} in the baseline; "
        f"the HHI {'falls' if after < before else 'rises'} from {plain(before)} to {plain(after)}."
    )


def _table(
    run: Run, order: list[str], grouped: dict[str, dict[str, Array]], concentration: dict[str, Array], names: Names
) -> Table:
    rows = []
    for supplier in order:
        for variant in run.variants:
            share = grouped[variant][supplier]
            label = supplier if supplier == OTHERS else _label(run, supplier, names)
            rows.append([label, VARIANTS[variant], *(f"{100 * s:.1f} %" if s > 0 else NONE for s in share)])
    rows += [["HHI", VARIANTS[v], *(plain(float(x)) for x in values)] for v, values in concentration.items()]
    return Table(("Supplier", "Variant", *run.years), rows)
