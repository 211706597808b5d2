"""Whose mines and plants what a consumer buys has passed, stage by stage, however many borders lie between."""

from __future__ import annotations

from typing import Any

from supplysim.report.choice import Choice
from supplysim.report.figure import Figure, Panel, Plot, compact
from supplysim.report.figures.shares import NAMED, OTHERS, PATTERNS
from supplysim.report.html import Table, esc
from supplysim.report.names import VARIANTS, Names, in_year, listed
from supplysim.report.numbers import NONE
from supplysim.report.source import Run

Shares = dict[tuple[str, str], dict[str, float]]
"""Shares of origins by variant and stage."""
BARS = ("baseline", "scenario")


def origin(run: Run, choice: Choice) -> Figure | None:
    """Bars of origins for each stage; None where nothing shown is made of anything, or the run does not tell."""
    if run.embodied is None:
        return None
    names = Names(run.catalog)
    panels = [panel for product, region in choice.pairs() if (panel := _panel(run, choice, product, region, names))]
    note = (
        "Origin looked through: what is bought, by the region of each plant and mine behind it. Yards mix what lies in "
        "them, scrap counts where it is melted. Medians over draws, of the year in which flows differ most. An "
        "asterisk marks a rival named in the scenario."
    )
    return Figure("origin", "Whose mines and plants it has passed", note, panels) if panels else None


def passed(run: Run, product: str, region: str, year: int) -> Shares:
    """Median shares of a consumer's purchases in a year (from 0), by variant and stage, of each origin."""
    found: Shares = {}
    for variant, (stage, origin, buyer), share in run.passed(product):
        if buyer == region:
            found.setdefault((variant, stage), {})[origin] = float(share[year])
    return found


def _panel(run: Run, choice: Choice, product: str, region: str, names: Names) -> Panel | None:
    shares = passed(run, product, region, choice.year[product])
    order = [p.id for p in run.catalog.products.values()]
    stages = sorted({stage for _, stage in shares}, key=order.index)
    if len(stages) < 2:
        return None
    size: dict[str, float] = {}
    for found in shares.values():
        for name, share in found.items():
            size[name] = max(size.get(name, 0.0), share)
    named = sorted(size, key=lambda name: (-size[name], name))[:NAMED]
    reading = _reading(run, product, region, stages, shares, names, choice.year[product])
    numbers = _table(stages, shares, sorted(size, key=lambda name: (-size[name], name)), names)
    return Panel(f"{product}|{region}", reading, reading, numbers, _plot(run, stages, shares, named, names))


def _plot(run: Run, stages: list[str], shares: Shares, named: list[str], names: Names) -> Plot:
    rows = [(variant, stage) for stage in stages for variant in BARS]
    labels = [f"{esc(names.product(stage))}<br>{VARIANTS[variant].lower()}" for variant, stage in rows]
    traces: list[dict[str, Any]] = []
    for k, name in enumerate([*named, OTHERS]):
        found = [shares.get(row, {}) for row in rows]
        part = [sum(each.values()) - sum(each.get(n, 0.0) for n in named) if name == OTHERS else each.get(name, 0.0)
                for each in found]  # fmt: skip
        label = OTHERS if name == OTHERS else names.region(name) + ("*" if name in run.scenario.rivals else "")
        traces.append({
            "type": "bar", "orientation": "h", "y": labels, "x": compact([100 * share for share in part]),
            "name": esc(label),
            "marker": {"color": f"@s{k}", "line": {"color": "@paper", "width": 1},
                       "pattern": {"shape": PATTERNS[k], "fillmode": "overlay", "fgcolor": "@paper/0.35",
                                   "fgopacity": 1, "size": 7, "solidity": 0.25}},
            "hovertemplate": "%{y}: %{x:.1f} %<extra>%{fullData.name}</extra>",
        })  # fmt: skip
    layout = {
        "barmode": "stack", "hovermode": "closest", "margin": {"l": 20, "r": 26}, "legend": {"traceorder": "normal"},
        "xaxis": {"type": "linear", "range": [0, 100], "ticksuffix": " %"},
        "yaxis": {"type": "category", "autorange": "reversed", "automargin": True, "tickfont": {"size": 12}},
    }  # fmt: skip
    return Plot(traces, layout, 150 + 52 * len(rows), True)


def _reading(
    run: Run, product: str, region: str, stages: list[str], shares: Shares, names: Names, year: int
) -> str:  # fmt: skip
    told = []
    for stage in stages:
        found = shares.get(("scenario", stage), {})
        top = sorted(found, key=lambda name: -found[name])[:3]
        parts = [f"{names.place(name)} ({100 * found[name]:.0f} %)" for name in top if found[name] >= 0.005]
        if parts:
            told.append(f"{names.goods(stage)} made in {listed(parts)}")
    rival = run.row("embodied_rival_share", product, region)
    share = (
        f" {100 * (rival.scenario[1] or 0.0):.0f} % has passed a rival's mine or plant, over the run." if rival else ""
    )
    when, goods = in_year(run.years[year]), names.goods(product)
    head = f"In {when}, in the scenario, {names.place(region)} buys {goods} behind which stand"
    return f"{head} {listed(told) if told else 'no mines or plants'}.{share}"


def _table(stages: list[str], shares: Shares, order: list[str], names: Names) -> Table:
    headers = ("Stage", "Made in", *(VARIANTS[variant] for variant in BARS))
    rows = []
    for stage in stages:
        for name in order:
            found = [shares.get((variant, stage), {}).get(name, 0.0) for variant in BARS]
            if max(found) >= 0.0005:
                cells = [f"{100 * share:.1f} %" if share > 0 else NONE for share in found]
                rows.append([names.product(stage), names.region(name), *cells])
    return Table(headers, rows)
