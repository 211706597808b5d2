"""The page about what an answer hangs on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from supplysim.decisions.draws import Draws
from supplysim.decisions.sensitivity import Estimate, Sensitivity
from supplysim.decisions.total import Total
from supplysim.report.decisions.parts import asked_text, names_of, page_of, percent
from supplysim.report.figure import Figure, Panel, Plot
from supplysim.report.html import Table, esc
from supplysim.report.names import Names, listed, sentence
from supplysim.report.numbers import NONE
from supplysim.results.metrics import Key

SHOWN = 12
MORE_THAN_ALL = 1.005
"""Sum of first-order indices that can only be an error of estimates."""
NOTE = (
    "First-order index: the share of the answer's variance that an input explains alone. Bars end at the estimate, "
    "whiskers hold nine of ten resamples, the dotted line is what an input that nothing depends on may reach. "
    "Hatched bars have no visible effect."
)


def sensitivity_page(draws: Draws, key: Key, found: Sensitivity, totals: Sequence[Total] = ()) -> str:
    """The page as HTML."""
    names = names_of(draws)
    count = f"{found.n} draws" + (f", {found.n_failed} failed" if found.n_failed else "")
    kicker = f"{draws.scenario.title or draws.scenario.name} · {count}"
    said = sentences(key, found, names)
    figures = [_figure(found, names), *([_totals(totals, names)] if totals else [])]
    return page_of(kicker, f"What the {asked_text(key, names)} hangs on", said, figures)


def sentences(key: Key, found: Sensitivity, names: Names) -> list[str]:
    """The answer in words: the strongest inputs first, then how many do nothing that shows."""
    what = asked_text(key, names)
    seen = found.visible()
    if not seen:
        return [f"No single input moves the {what} more than chance does with {found.n} draws."]
    strong = [
        f"{names.input(d.input)} (explains {percent(d.s1.value)} alone"
        f"{f', {d.direction} with it' if d.direction else ''})"
        for d in seen[:3]
    ]
    first = f"The {what} hangs on {listed(strong)}."
    quiet = len(found.drivers) - len(seen)
    rest = f"{quiet} of {len(found.drivers)} inputs have no visible effect." if quiet else "Every input shows."
    together = sum(d.s1.value for d in seen)
    left = f"{percent(max(1.0 - together, 0.0))} of the variance is of inputs together, or within the noise."
    if together > MORE_THAN_ALL:
        left = (f"Added up these shares come to {percent(together)}, more than all there is to explain: "
                f"{found.n} draws do not tell them apart; total indices (--design total) do.")  # fmt: skip
    return [sentence(first), f"{rest} {left}"]


def _figure(found: Sensitivity, names: Names) -> Figure:
    top = found.drivers[:SHOWN]
    rows = [
        [names.input(d.input), _told(d.s1), _told(d.rank, signed=True), _told(d.ks) if d.ks else NONE,
         "no visible effect" if d.below_noise else d.direction]
        for d in found.drivers
    ]  # fmt: skip
    headers = ("Input", "First-order index", "Rank correlation", "Distance of bad draws (KS)", "The answer")
    reading = f"An input that nothing depends on may reach {found.noise:.3f} with {found.n} draws."
    labels = [names.input(d.input) for d in top]
    plot = bars(labels, [d.s1 for d in top], [not d.below_noise for d in top], found.noise)
    return Figure("drivers", "Each input alone", NOTE, [Panel("", reading, reading, Table(headers, rows), plot)])


def _totals(totals: Sequence[Total], names: Names) -> Figure:
    top = totals[:SHOWN]
    rows = [[names.input(t.input), _told(t.st), _told(t.s1)] for t in totals]
    note = "Total index: the share of variance that would be left if all other inputs were known (Saltelli, Jansen)."
    reading = f"{sentence(names.input(top[0].input))} has the largest total index, {_told(top[0].st)}."
    plot = bars([names.input(t.input) for t in top], [t.st for t in top], [t.st.low > 0 for t in top], None)
    panel = Panel("", reading, reading, Table(("Input", "Total index", "First-order index"), rows), plot)
    return Figure("totals", "Each input with all others", note, [panel])


def bars(labels: Sequence[str], values: Sequence[Estimate], seen: Sequence[bool], noise: float | None) -> Plot:
    """Horizontal bars with whiskers; what is not `seen` is hatched, `noise` a dotted line."""
    trace: dict[str, Any] = {
        "type": "bar", "orientation": "h", "x": [round(v.value, 4) for v in values], "y": [esc(x) for x in labels],
        "showlegend": False, "hoverinfo": "skip",
        "error_x": {"type": "data", "symmetric": False, "array": [round(v.high - v.value, 4) for v in values],
                    "arrayminus": [round(v.value - v.low, 4) for v in values], "color": "@soft", "thickness": 1.5},
        "marker": {"color": ["@scenario" if on else "@faint" for on in seen], "line": {"width": 0},
                   "pattern": {"shape": ["" if on else "/" for on in seen], "fgcolor": "@paper/0.7", "size": 6}},
    }  # fmt: skip
    told: dict[str, Any] = {
        "type": "scatter", "mode": "text", "x": [round(v.high, 4) for v in values], "y": [esc(x) for x in labels],
        "text": [f"  {percent(v.value)}" for v in values], "textposition": "middle right", "cliponaxis": False,
        "showlegend": False, "hoverinfo": "skip",
    }  # fmt: skip
    line = {"type": "line", "x0": noise, "x1": noise, "y0": 0, "y1": 1, "yref": "paper",
            "line": {"color": "@event", "dash": "dot", "width": 1.5}}  # fmt: skip
    layout = {
        "xaxis": {"type": "linear", "rangemode": "tozero", "tickformat": ".0%"},
        "yaxis": {"type": "category", "autorange": "reversed", "automargin": True, "showgrid": False},
        "margin": {"l": 20, "t": 10, "r": 60}, "bargap": 0.35, "hovermode": "closest",
        "shapes": [] if noise is None else [line],
    }  # fmt: skip
    return Plot([trace, told], layout, 70 + 40 * len(labels), True)


def _told(value: Estimate, *, signed: bool = False) -> str:
    sign = "+" if signed else ""
    return f"{value.value:{sign}.2f} ({value.low:{sign}.2f} to {value.high:{sign}.2f})"
