"""The contracts: what was signed, what flows, what is at risk, and what stays."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from supplysim.report.choice import Choice
from supplysim.report.figure import Figure, Panel, Plot, compact, row_label
from supplysim.report.html import Table
from supplysim.report.names import Names, dated, listed, when
from supplysim.report.numbers import NONE, amount, band_text
from supplysim.report.source import Run
from supplysim.report.timing import drawn, happens
from supplysim.results.summary import Band

KINDS = {"take_or_pay": "take or pay", "option": "option", "equity": "equity stake", "no_flow": "no mineral flow"}


@dataclass(frozen=True)
class Deal:
    """One contract with what became of it; rates in t a year, `volume` None where none is stated."""

    id: str
    title: str
    terms: Any
    volume: float | None
    realised: float
    flow: Band
    anyway: Band
    durability: Band
    baseline_durability: Band
    window: str
    told: str = ""
    """The window as a sentence has it."""


def contracts(run: Run, choice: Choice) -> Figure | None:  # noqa: ARG001 -- all figures are made alike
    """A row for each contract; None where the scenario has no contract."""
    if not run.scenario.contracts:
        return None
    names = Names(run.catalog)
    deals = [deal_of(run, name) for name in run.scenario.contracts]
    flowing = [deal for deal in deals if deal.terms.kind != "no_flow"]
    reading = _reading(deals, flowing, names)
    plot = _plot(flowing, names) if flowing else None
    note = (
        "Volume signed, and the rate that runs between the two regions in the scenario (all trade on that link, in the "
        "last twelve months of support or of the run), with the rate on the same link without contracts. At risk is "
        "the volume times the chance that the deal fails. Durability is the share of the supported flow that still "
        "runs two years after support ends."
    )
    return Figure("contracts", "The contracts", note, [Panel("", reading, reading, _table(deals, names), plot)])


def deal_of(run: Run, name: str) -> Deal:
    """What the run says about one contract."""
    terms = run.scenario.contracts[name]
    title = terms.title or name
    if terms.kind == "no_flow":
        nothing = (None, None, None)
        return Deal(name, title, terms, None, 1.0, nothing, nothing, nothing, nothing, "")
    row = run.row("durability", terms.product, terms.to, name)
    first, last = _window(run, terms)
    other = "without_contracts" if "without_contracts" in run.variants else "baseline"
    volume = None if terms.volume is None else float(np.median(drawn(run, f"contracts.{name}.volume", terms.volume)))
    return Deal(
        id=name, title=title, terms=terms, volume=volume,
        realised=happens(run, f"contracts.{name}.realised", terms.realised),
        flow=_rate(run, "scenario", name, first, last), anyway=_rate(run, other, name, first, last),
        durability=row.scenario if row else (None, None, None),
        baseline_durability=row.baseline if row else (None, None, None),
        window=f"{run.months[first]} to {run.months[last - 1]}",
        told=f"from {dated(run.start + first)} to {dated(run.start + last - 1)}",
    )  # fmt: skip


def _window(run: Run, terms: Any) -> tuple[int, int]:
    """The last twelve months under support, or of the term, or of the run."""
    end = run.scenario.months
    if terms.support_ends is not None:
        end = min(end, int(terms.support_ends) - run.start)
    if terms.term is not None:
        end = min(end, int(terms.starts + terms.term) - run.start)
    end = min(max(end, 1), run.scenario.months)
    return max(end - 12, 0), end


def _rate(run: Run, variant: str, name: str, first: int, last: int) -> Band:
    """Mean of the monthly quantiles in a window, as a yearly rate."""
    low, middle, high = (12 * float(x) for x in run.contract(variant, name)[:, first:last].mean(axis=1))
    return (low, middle, high)


def _plot(deals: list[Deal], names: Names) -> Plot:
    labels = [row_label(deal.title, _way(deal, names)) for deal in deals]
    middle = np.array([deal.flow[1] or 0.0 for deal in deals])
    low, high = (np.array([deal.flow[k] or 0.0 for deal in deals]) for k in (0, 2))
    common: dict[str, Any] = {"type": "scatter", "mode": "markers", "y": labels, "cliponaxis": False}
    stated = [deal for deal in deals if deal.volume]
    traces = [
        {**common, "x": compact([deal.anyway[1] or 0.0 for deal in deals]), "name": "Same link without contracts",
         "marker": {"symbol": "x-thin", "size": 11, "line": {"width": 2.5, "color": "@without"}, "color": "@without"}},
        {**common, "x": compact([deal.volume or 0.0 for deal in stated]), "name": "Volume signed",
         "y": [row_label(deal.title, _way(deal, names)) for deal in stated],
         "marker": {"symbol": "diamond-open", "size": 13, "line": {"width": 2}, "color": "@ink"}},
        {**common, "x": compact(middle), "name": "Flow in the scenario (5 % to 95 % of draws)",
         "error_x": {"type": "data", "symmetric": False, "array": compact(high - middle),
                     "arrayminus": compact(middle - low), "color": "@scenario", "thickness": 2.5, "width": 6},
         "marker": {"size": 12, "color": "@scenario"}},
    ]  # fmt: skip
    layout = {
        "xaxis": {"type": "linear", "rangemode": "tozero", "title": {"text": "tonnes a year"}},
        "yaxis": {"type": "category", "autorange": "reversed", "automargin": True, "tickfont": {"size": 12}},
        "hovermode": "closest", "margin": {"l": 20},
    }  # fmt: skip
    return Plot(traces, layout, 150 + 54 * len(deals), True)


def _way(deal: Deal, names: Names) -> str:
    return f"{names.product(deal.terms.product)}, {deal.terms.from_} to {deal.terms.to}"


def _table(deals: list[Deal], names: Names) -> Table:
    headers = (
        "Contract", "What", "Kind", "Volume", "Starts", "Support ends", "Comes true in", "At risk",
        "Flow in the scenario", "Without contracts", "Measured in", "Durability", "Without contracts", "Source",
    )  # fmt: skip
    return Table(headers, [_row(deal, names) for deal in deals])


def _row(deal: Deal, names: Names) -> list[str]:
    terms = deal.terms
    said = ". ".join(part.rstrip(". ") for part in (terms.source, terms.note) if part) or NONE
    if terms.kind == "no_flow":
        return [deal.title, "a deal without a mineral flow", KINDS[terms.kind], *([NONE] * 10), said]
    what = f"{names.product(terms.product)}, {names.region(terms.from_)} to {names.region(terms.to)}"
    share = f"{100 * terms.share:.0f} % of output" if terms.kind == "equity" else ""
    volume = amount(deal.volume, "t/yr") if deal.volume is not None else share or NONE
    risk = amount(deal.volume * (1.0 - deal.realised), "t/yr") if deal.volume is not None else NONE
    return [
        deal.title, what, KINDS[terms.kind], volume, when(terms.starts),
        when(terms.support_ends) if terms.support_ends is not None else "never",
        f"{100 * deal.realised:.0f} % of draws", risk, band_text(deal.flow, "t/yr"), band_text(deal.anyway, "t/yr"),
        deal.window, band_text(deal.durability, "share"), band_text(deal.baseline_durability, "share"), said,
    ]  # fmt: skip


def _reading(deals: list[Deal], flowing: list[Deal], names: Names) -> str:
    none = len(deals) - len(flowing)
    rest = f" {none} more {'are deals' if none > 1 else 'is a deal'} without a mineral flow." if none else ""
    if not flowing:
        return f"The scenario lists {len(deals)} deals, and none of them moves any mineral."
    best = max(flowing, key=lambda d: (d.flow[1] or 0.0) - (d.anyway[1] or 0.0))
    gain = (best.flow[1] or 0.0) - (best.anyway[1] or 0.0)
    risky = [d.title for d in flowing if d.realised < 0.995]
    most = f"{len(flowing)} contracts with deliveries. {best.title} adds most" if len(flowing) > 1 else best.title
    head = (
        f"{most}: "
        f"{amount(best.flow[1] or 0.0, 't/yr')} runs from {names.place(best.terms.from_)} to "
        f"{names.place(best.terms.to)}, {amount(max(gain, 0.0), 't/yr')} more than without contracts, at the median."
    )
    risk = f" Not certain to happen: {listed(risky[:5])}." if risky else " All are taken as certain."
    return head + risk + rest
