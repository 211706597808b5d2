"""What becomes of supported flows two years after support ends: a bar for each."""

from __future__ import annotations

from typing import Any

from supplysim.report.choice import Choice
from supplysim.report.figure import Figure, Panel, Plot, compact, row_label
from supplysim.report.html import Table, esc
from supplysim.report.names import Names
from supplysim.report.numbers import amount, band_text
from supplysim.report.source import Run
from supplysim.report.ties import takers_text, verdict
from supplysim.results.durability import TAKERS, Fate, fates


def ties(run: Run, choice: Choice) -> Figure | None:  # noqa: ARG001 -- all figures are made alike
    """A bar for each supported flow; None where support never ends, or ends too late to see what comes after."""
    found = [fate for fate in fates(run.rows) if fate.variant == "scenario"]
    if not found:
        return None
    names = Names(run.catalog)
    reading = verdict(found, run.scenario.contracts, names)
    note = (
        "How much of each supported flow still runs 24 months after support ends (mean of six months around then, "
        "against the last year under support), and which regions then buy more from the same supplier. What the bar "
        "lacks of the supported flow is spread over others or not made any more; where it is longer, others take more "
        "than support set free."
    )  # fmt: skip
    return Figure("ties", "Influence attempt or lasting partnership", note,
                  [Panel("", reading, reading, _table(run, names), _plot(run, found, names))])  # fmt: skip


def _plot(run: Run, found: list[Fate], names: Names) -> Plot:
    labels = [
        row_label(run.scenario.contracts[fate.contract].title or fate.contract,
                  f"{amount(fate.supported[1] or 0.0, 't/yr')} under support")
        for fate in found
    ]  # fmt: skip
    common: dict[str, Any] = {"type": "bar", "orientation": "h", "y": labels, "width": 0.5}
    traces = [{**common, "name": "Stays", "x": compact([_part(fate, fate.stays[1]) for fate in found]),
               "marker": {"color": "@scenario"}}]  # fmt: skip
    for k in range(TAKERS):
        taken = [fate.takers[k].tonnes[1] if k < len(fate.takers) else 0.0 for fate in found]
        region = [names.region(fate.takers[k].region) if k < len(fate.takers) else "" for fate in found]
        shares = [_part(fate, (t or 0.0) / max(fate.supported[1] or 0.0, 1e-9))
                  for fate, t in zip(found, taken, strict=True)]  # fmt: skip
        traces.append({
            **common, "name": ("First taker", "Second taker", "Third taker")[k], "x": compact(shares),
            "text": [esc(name) for name in region], "textposition": "inside", "insidetextanchor": "middle",
            "marker": {"color": ("@rival", "@without", "@base")[k]},
        })  # fmt: skip
    layout = {
        "barmode": "stack", "hovermode": "closest", "margin": {"l": 20},
        "xaxis": {"type": "linear", "rangemode": "tozero", "title": {"text": "% of the supported flow"}},
        "yaxis": {"type": "category", "autorange": "reversed", "automargin": True, "tickfont": {"size": 12}},
    }  # fmt: skip
    return Plot(traces, layout, 150 + 70 * len(found), True)


def _part(fate: Fate, share: float | None) -> float:
    return 100.0 * (share or 0.0) if fate.supported[1] else 0.0


def _table(run: Run, names: Names) -> Table:
    worlds = {"scenario": "scenario", "baseline": "baseline", "without_contracts": "without contracts"}
    rows = [
        [run.scenario.contracts[fate.contract].title or fate.contract, worlds[fate.variant],
         amount(fate.supported[1] or 0.0, "t/yr"), band_text(fate.stays, "share"),
         band_text(fate.added, "share"), takers_text(fate, names)]
        for fate in fates(run.rows)
    ]  # fmt: skip
    return Table(("Supported flow", "World", "Under support", "Stays after 24 months", "Of what was added",
                  "Taken over by"), rows)  # fmt: skip
