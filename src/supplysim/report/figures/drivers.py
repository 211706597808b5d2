"""Which inputs move the answer: rank correlation over draws."""

from __future__ import annotations

import math
from statistics import NormalDist
from typing import Any, NamedTuple

import numpy as np

from supplysim.engine.market import Array
from supplysim.report.choice import Choice
from supplysim.report.figure import Figure, Panel, Plot, row_label
from supplysim.report.html import Table
from supplysim.report.names import Names, listed, many
from supplysim.report.numbers import NONE
from supplysim.report.source import Run
from supplysim.report.timing import drawn

SHOWN = 8
FEWEST = 8
"""Draws below which a rank correlation says nothing."""
ASKED = {
    "short_t": "the shortage",
    "peak_price_multiple": "the peak price (inner band)",
    "bought_abroad_share": "the share bought abroad",
}


class Driver(NamedTuple):
    """An input with its rank correlation (Spearman's) with the answer."""

    label: str
    rho: float

    @property
    def lines(self) -> tuple[str, str]:
        """The name on two lines: what, and of which product."""
        head, comma, product = self.label.rpartition(", ")
        return (head, product) if comma and "“" not in self.label else (self.label, "")


def drivers(run: Run, choice: Choice) -> Figure:
    """Bars of rank correlation for every product and consumer."""
    names = Names(run.catalog, run.scenario)
    inputs = _ranked_inputs(run)
    note = (
        "Rank correlation (Spearman) of each sampled input with the answer over all draws: 1 means that the answer "
        "always rises with it, -1 that it always falls, 0 that it does not matter. Inputs of other minerals are left "
        f"out. Hatched bars are no larger than what chance gives with {many(len(run.draws), 'draw')}."
    )
    panels = [_panel(run, product, region, inputs, names) for product, region in choice.pairs()]
    return Figure("drivers", "What makes the answer uncertain", note, panels)


def threshold(draws: int, inputs: int) -> float:
    """Largest rank correlation that chance gives in 19 of 20 cases, over as many inputs (Bonferroni, normal)."""
    if draws < FEWEST or not inputs:
        return 1.0
    return min(NormalDist().inv_cdf(1.0 - 0.025 / inputs) / math.sqrt(draws - 1), 1.0)


def ranks(values: Array) -> Array:
    """Ranks from 0, ties at their mean."""
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    return np.asarray((ends - (counts + 1) / 2.0)[inverse])


def correlation(a: Array, b: Array) -> float:
    """Pearson's correlation of ranks; 0 where one of them is constant."""
    x, y = a - a.mean(), b - b.mean()
    size = float(np.sqrt((x**2).sum() * (y**2).sum()))
    return float((x * y).sum() / size) if size > 0 else 0.0


def _ranked_inputs(run: Run) -> dict[str, Array]:
    """Ranks of every input that varies; a chance becomes whether it came true."""
    found = {}
    for path in run.sampled_paths():
        values = drawn(run, path, np.nan)
        if path.endswith(".happens"):
            parent = path.removesuffix(".happens")
            values = (values < drawn(run, parent, 1.0)).astype(float)
        if np.ptp(values) > 0:
            found[path] = ranks(values)
    return found


def _panel(run: Run, product: str, region: str, inputs: dict[str, Array], names: Names) -> Panel:
    inputs = {path: x for path, x in inputs.items() if _concerns(path, product)}
    level = threshold(len(run.draws), len(inputs))
    metric, values = _answer(run, product, region)
    label = f"{ASKED[metric]} of {names.goods(product)} in {names.place(region)}"
    key = f"{product}|{region}"
    if values is None or len(values) < FEWEST or not inputs:
        text = (
            f"Nothing that was sampled moves {label}."
            if len(run.draws) >= FEWEST
            else f"{many(len(run.draws), 'draw')}: too few to say what moves {label}."
        )
        return Panel(key, text, text, Table(("Input", "Rank correlation"), [["none", NONE]]))
    answer = ranks(values)
    found = [Driver(names.input(path), correlation(x, answer)) for path, x in inputs.items()]
    top = sorted(found, key=lambda d: (-abs(d.rho), d.label))[:SHOWN]
    reading = _reading(label, [d for d in top if abs(d.rho) >= level])
    rows = [[d.label, f"{d.rho:+.2f}"] for d in sorted(found, key=lambda d: (-abs(d.rho), d.label))[:20]]
    return Panel(key, reading, reading, Table(("Input", "Rank correlation"), rows), _plot(top, level))


def _concerns(path: str, product: str) -> bool:
    """Priors of other minerals do not touch a product; everything else may."""
    return not path.startswith("minerals.") or path.startswith(f"minerals.{product.partition('.')[0]}.")


def _answer(run: Run, product: str, region: str) -> tuple[str, Array | None]:
    """The first headline metric that varies over draws."""
    for metric in ASKED:
        values = run.metric("scenario", metric, product, region)
        if values is not None and np.isfinite(values).all() and np.ptp(values) > 1e-6 * max(abs(values).max(), 1e-6):
            return metric, values
    return next(iter(ASKED)), None


def _plot(top: list[Driver], level: float) -> Plot:
    trace: dict[str, Any] = {
        "type": "bar", "orientation": "h", "x": [round(d.rho, 3) for d in top],
        "y": [row_label(*d.lines) for d in top], "text": [f"{d.rho:+.2f}" for d in top],
        "textposition": "outside", "cliponaxis": False, "showlegend": False, "hoverinfo": "skip",
        "marker": {"color": ["@scenario" if abs(d.rho) >= level else "@faint" for d in top], "line": {"width": 0},
                   "pattern": {"shape": ["" if abs(d.rho) >= level else "/" for d in top], "fgcolor": "@paper/0.7",
                               "size": 6}},
    }  # fmt: skip
    layout = {
        "xaxis": {"type": "linear", "range": [-1.12, 1.12], "tickvals": [-1, -0.5, 0, 0.5, 1], "zeroline": True},
        "yaxis": {"type": "category", "autorange": "reversed", "automargin": True, "showgrid": False},
        "margin": {"l": 20, "t": 10}, "bargap": 0.35, "hovermode": "closest",
    }  # fmt: skip
    return Plot([trace], layout, 60 + 44 * len(top), True)


def _reading(label: str, strong: list[Driver]) -> str:
    if not strong:
        return f"No single input stands out from chance in {label}."
    text = [f"{d.label} ({d.rho:+.2f})" for d in strong[:3]]
    return f"Over the draws, {label} moves most with {listed(text)}."
