"""The page of a portfolio: what to buy first, what more money buys, and how sure that is."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from supplysim.decisions.optimise import Answer, Optimised, Step, avoided_cost
from supplysim.decisions.optimise_files import cost_of, taken
from supplysim.report.decisions.parts import page_of, percent
from supplysim.report.figure import Figure, Panel, Plot, compact
from supplysim.report.html import Table, details, esc, table
from supplysim.report.names import Names, listed
from supplysim.report.numbers import NONE, amount, band_text
from supplysim.world import catalog

MEASURED = {
    "worst 5 %": "the mean loss of the worst 5 % of futures", "mean": "the mean loss",
    "p95": "the loss that one future in twenty exceeds", "regret": "the regret in the worst 5 % of futures",
}  # fmt: skip


def optimise_page(found: Optimised) -> str:
    """The page as HTML."""
    names = Names(catalog(found.scenario.world))
    kicker = (
        f"{found.scenario.title or found.scenario.name} · {len(found.choose.options)} options, {found.draws} draws, "
        f"{found.evaluations} portfolios simulated"
    )
    title = found.scenario.question or "What to sign, build and store"
    figures = [_curve(found), _frontier(found), _grid(found), *_alternatives(found)]
    return page_of(kicker, title, sentences(found, names), figures, _options(found))


def title_of(found: Optimised, option: str) -> str:
    """An option's title, or its id."""
    return next(each.title or each.id for each in found.choose.options if each.id == option)


def sentences(found: Optimised, names: Names) -> list[str]:
    """The largest budget's answer in three figures, how sure it is, and what changes with the money."""
    answer = found.answers[-1]
    measure, who = MEASURED[found.choose.measure], names.places(found.consumers)
    if not answer.steps:
        return [f"Nothing that {amount(answer.best.budget, 'USD')} buys lowers {measure} for {who}."]
    best = answer.best
    spent = cost_of(found, best.levels)
    first = answer.steps[0]
    said = [
        f"With {amount(best.budget, 'USD')}, {measure} of {who} falls from {amount(found.nothing, 'USD')} to "
        f"{amount(best.loss, 'USD')} ({amount(answer.fresh, 'USD')} on draws the choice never saw), for "
        f"{amount(spent, 'USD')} spent.",
        f"First comes {title_of(found, first.option)} ({_level(found, first)}), then "
        f"{listed([title_of(found, step.option) for step in answer.steps[1:6]])}."
        if len(answer.steps) > 1 else f"All of it is {title_of(found, first.option)} ({_level(found, first)}).",
        f"The same portfolio is chosen in {percent(answer.same)} of bootstraps; the gap to the bound is "
        f"{percent(best.gap)}.",
    ]  # fmt: skip
    always = set.intersection(
        *(set(taken(found.choose, each.best.levels)) for each in found.answers[1:] or found.answers)
    )
    if always and len(found.answers) > 1:
        said.append(
            f"Taken with every budget but the smallest: {listed([title_of(found, o) for o in sorted(always)])}."
        )
    if any(sum(costs) < 0 for costs in found.costs):
        said.append(
            "Some options pay for themselves at these prices (their cost is below 0): their rank means nothing."
        )
    return said


def _level(found: Optimised, step: Step) -> str:
    option = next(each for each in found.choose.options if each.id == step.option)
    return option.label(step.level)


def _curve(found: Optimised) -> Figure:
    panels = [_curve_of(found, found.answers[-1])]
    note = (
        "One step an option, in the order of choice; each is what the option avoids after those before it. Width: the "
        "loss it avoids; height: dollars spent for each tonne of shortage avoided in the worst futures."
    )
    return Figure("insurance", "The insurance curve", note, panels)


def _curve_of(found: Optimised, answer: Answer) -> Panel:
    edges, heights, labels = [0.0], list[float](), list[str]()
    for step in answer.steps:
        edges.append(edges[-1] + max(step.loss_before - step.loss_after, 0.0))
        heights.append(avoided_cost(step) or 0.0)
        labels.append(title_of(found, step.option))
    bars: dict[str, Any] = {
        "type": "bar", "x": compact([(a + b) / 2 for a, b in pairwise(edges)]),
        "y": compact(heights), "width": compact([max(b - a, 1e-9) for a, b in pairwise(edges)]),
        "text": [f"{k}" for k in range(1, len(labels) + 1)], "textposition": "outside", "cliponaxis": False,
        "marker": {"color": "@scenario/0.75", "line": {"color": "@paper", "width": 1}}, "showlegend": False,
        "hoverinfo": "skip",
    }  # fmt: skip
    layout = {
        "xaxis": {"type": "linear", "title": {"text": "loss avoided, USD"}, "rangemode": "tozero"},
        "yaxis": {"type": "linear", "title": {"text": "USD a tonne avoided", "standoff": 12}, "rangemode": "tozero"},
        "margin": {"l": 80, "t": 24, "b": 54}, "hovermode": "closest",
    }  # fmt: skip
    numbered = [f"{k} {label}" for k, label in enumerate(labels, 1)]
    reading = f"With {amount(answer.best.budget, 'USD')}: {'; '.join(numbered)}." if labels else "Nothing is bought."
    heads = ("Option", "Level", "Cost", "Loss before", "Loss after", "Tonnes avoided, mean", "In the worst futures",
             "USD a tonne", "Kept in bootstraps")  # fmt: skip
    rows = [
        [title_of(found, s.option), _level(found, s), amount(s.cost, "USD"), amount(s.loss_before, "USD"),
         amount(s.loss_after, "USD"), amount(s.tonnes_mean, "t"), amount(s.tonnes_worst, "t"),
         NONE if avoided_cost(s) is None else f"{avoided_cost(s):,.0f}", percent(s.kept)]
        for s in answer.steps
    ]  # fmt: skip
    return Panel("", reading, reading, Table(heads, rows), Plot([bars], layout, 380, True))


def _frontier(found: Optimised) -> Figure:
    budgets = [answer.best.budget for answer in found.answers]
    low, high = [a.low for a in found.answers], [a.high for a in found.answers]
    edge = {"type": "scatter", "mode": "lines", "x": budgets, "line": {"width": 0}, "hoverinfo": "skip",
            "showlegend": False}  # fmt: skip
    traces: list[dict[str, Any]] = [
        {**edge, "y": compact(low)},
        {**edge, "y": compact(high), "fill": "tonexty", "fillcolor": "@scenario/0.16"},
        {"type": "scatter", "mode": "lines+markers+text", "x": budgets,
         "y": compact([a.best.loss for a in found.answers]),
         "text": [amount(a.best.loss, "USD") for a in found.answers], "textposition": "top right",
         "line": {"color": "@scenario", "width": 2.6}, "showlegend": False, "hoverinfo": "skip", "cliponaxis": False},
        {"type": "scatter", "mode": "markers", "x": budgets, "y": compact([a.fresh for a in found.answers]),
         "marker": {"color": "@event", "size": 10, "symbol": "diamond"}, "name": "on fresh draws", "hoverinfo": "skip"},
    ]  # fmt: skip
    layout = {
        "xaxis": {"type": "linear", "title": {"text": "budget, USD"}, "rangemode": "tozero"},
        "yaxis": {"type": "linear", "title": {"text": "loss left, USD", "standoff": 12}, "rangemode": "tozero"},
        "margin": {"l": 80, "r": 80, "b": 54}, "hovermode": "closest",
    }  # fmt: skip
    note = f"What is left of {MEASURED[found.choose.measure]}; the band holds nine of ten bootstraps."
    reading = f"Without any of it: {amount(found.nothing, 'USD')}."
    heads = ("Budget", "Loss left", "On fresh draws", "Mean", "95 %", "Gap to the bound", "Same in bootstraps")
    rows = [
        [amount(a.best.budget, "USD"), band_text((a.low, a.best.loss, a.high), "USD"), amount(a.fresh, "USD"),
         amount(a.mean, "USD"), amount(a.p95, "USD"), percent(a.best.gap), percent(a.same)]
        for a in found.answers
    ]  # fmt: skip
    return Figure("frontier", "What more money buys", note,
                  [Panel("", reading, reading, Table(heads, rows), Plot(traces, layout, 360, True))])  # fmt: skip


def _grid(found: Optimised) -> Figure:
    budgets = [amount(answer.best.budget, "USD") for answer in found.answers]
    taken_by = [taken(found.choose, answer.best.levels) for answer in found.answers]
    options = [option for option in found.choose.options if any(option.id in each for each in taken_by)]
    levels = {option.id: [answer.best.levels[k] / (len(option.levels) - 1) for answer in found.answers]
              for k, option in enumerate(found.choose.options)}  # fmt: skip
    trace = {
        "type": "heatmap", "x": budgets, "y": [esc(option.title) for option in options],
        "z": [levels[option.id] for option in options], "xgap": 3, "ygap": 3, "showscale": False, "hoverinfo": "skip",
        "zmin": 0, "zmax": 1, "colorscale": [[0, "@ground"], [1, "@scenario/0.6"]],
        "text": [[esc(each.get(option.id, "")) for each in taken_by] for option in options], "texttemplate": "%{text}",
    }  # fmt: skip
    layout = {
        "xaxis": {"type": "category", "side": "top", "title": {"text": "budget"}, "showgrid": False},
        "yaxis": {"type": "category", "autorange": "reversed", "automargin": True, "showgrid": False},
        "margin": {"l": 20, "t": 70}, "hovermode": "closest",
    }  # fmt: skip
    never = [option.title for option in found.choose.options if option not in options]
    reading = f"Never taken: {listed(never)}." if never else "Every option is taken with some budget."
    note = "What enters as the budget grows, and what leaves again."
    rows = [[option.title, *(each.get(option.id, NONE) for each in taken_by)] for option in options]
    panel = Panel("", reading, reading, Table(("Option", *budgets), rows),
                  Plot([trace], layout, 130 + 30 * len(options), True))  # fmt: skip
    return Figure("grid", "What is taken with which budget", note, [panel])


def _alternatives(found: Optimised) -> Sequence[Figure]:
    rows = [
        [amount(answer.best.budget, "USD"), amount(loss, "USD"), amount(cost_of(found, levels), "USD"),
         "; ".join(f"{title_of(found, o)} ({level})" for o, level in taken(found.choose, levels).items())]
        for answer in found.answers for levels, loss in answer.alternatives
    ]  # fmt: skip
    if not rows:
        return []
    many = [set(taken(found.choose, x)) for x in
            (found.answers[-1].best.levels, *(levels for levels, _ in found.answers[-1].alternatives))]  # fmt: skip
    all_hold = sorted(set.intersection(*many))
    reading = f"{len(many)} portfolios of {amount(found.answers[-1].best.budget, 'USD')} are within 5 % of the best" + (
        f"; all hold {listed([title_of(found, o) for o in all_hold])}." if all_hold else "; no option is in all."
    )
    note = "Portfolios as different from the best as a loss within 5 % of it allows; each was simulated."
    panel = Panel("", reading, reading, Table(("Budget", "Loss", "Cost", "Options"), rows))
    return [Figure("alternatives", "Others nearly as good", note, [panel])]


def _options(found: Optimised) -> str:
    rows = [
        [option.title, "; ".join(option.label(level) for level in range(1, len(option.levels))),
         "; ".join(amount(cost, "USD") for cost in found.costs[k][1:]),
         "stated" if option.costs else "simulated",
         ". ".join(x.rstrip(". ") for x in (option.source, option.note) if x) or "an assumption"]
        for k, option in enumerate(found.choose.options)
    ]  # fmt: skip
    inside = table(Table(("Option", "Levels", "Cost, net present", "Cost is", "Source"), rows))
    return (f'<section id="options"><h2>The options</h2>{details("Show all options with costs and sources", inside)}'
            "</section>")  # fmt: skip
