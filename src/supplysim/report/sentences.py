"""The answer in plain words, made from the run's numbers alone."""

from __future__ import annotations

from typing import Any

import numpy as np

from supplysim.report.choice import Choice
from supplysim.report.names import Names, listed, sentence
from supplysim.report.numbers import amount, band_text, plain, range_text
from supplysim.report.source import Run
from supplysim.report.timing import happens
from supplysim.results.ceiling import at_ceiling, ceiling_of, or_ceiling, told_at_ceiling
from supplysim.results.notable import NOTABLE
from supplysim.results.summary import Band, Row

CHANGED = {
    "short_share": "the share of need short",
    "peak_price_multiple": "the peak price",
    "rival_share": "the share bought from rivals",
}
"""Metrics by which the effect of contracts is told."""
CLOSE = 0.02
"""Contracts that change a shortfall by less than this part of it leave it as it is."""


def question(run: Run) -> str:
    """The scenario's question, or one made from what it has."""
    if run.scenario.question:
        return run.scenario.question
    consumers = Names(run.catalog).places(run.scenario.consumers)
    if run.scenario.happening:
        tail = ", and what do the contracts change" if signed(run) else ""
        return f"What does {shock(run)} mean{tail}?"
    if signed(run):
        return f"What do the contracts change for {consumers} while nothing breaks?"
    return f"Where do {consumers} stand if nothing breaks and nothing new is signed?"


def signed(run: Run) -> dict[str, Any]:
    """The contracts that move a mineral, by id."""
    return {name: contract for name, contract in run.scenario.contracts.items() if contract.kind != "no_flow"}


def shock(run: Run) -> str:
    """What breaks, as the subject of a sentence."""
    names = Names(run.catalog)
    events = list(run.scenario.happening.values())
    if len(events) == 1:
        event = events[0]
        return f"the event “{event.title}”" if event.title else names.event(event)
    titles = [f"“{event.title}”" for event in events if event.title]
    which = f" ({listed(titles)})" if len(titles) == len(events) <= 3 else ""
    return f"the combination of {len(events)} events{which}"


def answer(run: Run, choice: Choice) -> list[str]:
    """A few sentences, the most important first."""
    names = Names(run.catalog)
    product, region = choice.product, choice.region
    lead = _lead(run, product, region, names)
    rest = [
        _price(run, product, region),
        _rationed(run, product, region),
        _matter(run, choice, names),
        _others(run, choice, names),
        _elsewhere(run, choice, names),
        _rivals(run, choice, names),
        _durable(run),
        _chances(run),
    ]
    return [*lead, *(text for text in rest if text)]


def _need(run: Run, row: Row) -> str:
    share = run.row("short_share", row.product, row.region)
    return f"{band_text(share.scenario, 'share')} of its need" if share else ""


def _lead(run: Run, product: str, region: str, names: Names) -> list[str]:
    row = run.row("short_t", product, region)
    if row is None:
        return ["None of the scenario's consumers uses what it moves."]
    place, goods = names.place(region), names.goods(product)
    years = f"over {run.scenario.months} months"
    if not run.scenario.happening:
        return _calm(run, row, place, goods, years)
    if row.without_contracts is None:
        said = _short_by(run, row, row.scenario, "", place, goods, years)
        return [said] if "in the baseline" in said else [said, _before(row)]
    said = _short_by(run, row, row.without_contracts, "without the contracts, ", place, goods, years)
    return [said, _with_contracts(run, row)]


def _short_by(run: Run, row: Row, band: Band, start: str, place: str, goods: str, years: str) -> str:
    if not band[2] or (band[1] or 0.0) < 0.5:
        ending = f" (at most {amount(band[2] or 0.0, 't')} in 95 % of draws)" if (band[2] or 0.0) >= 0.5 else ""
        return sentence(f"{start}{shock(run)} leaves {place} with no notable shortfall of {goods} {years}{ending}.")
    share = run.row("short_share", row.product, row.region)
    shares = None if share is None else share.without_contracts if start else share.scenario
    part = f", {band_text(shares, 'share')} of its need" if shares else ""
    if share and shares and (shares[1] or 0.0) - (share.baseline[1] or 0.0) < NOTABLE["short_share"]:
        return sentence(
            f"{start}{shock(run)} hardly changes how much {goods} {place} gets: it is short of {band_text(band, 't')} "
            f"{years}{part}, against {band_text(row.baseline, 't')} in the baseline."
        )
    return sentence(f"{start}{shock(run)} leaves {place} short of {band_text(band, 't')} of {goods} {years}{part}.")


def _before(row: Row) -> str:
    return f"In the baseline, with the same draws and no event, the shortfall is {band_text(row.baseline, 't')}."


def _with_contracts(run: Run, row: Row) -> str:
    relief = paired_relief(run, row.product, row.region)
    before = row.without_contracts[1] if row.without_contracts else 0.0
    if relief is None or abs(relief[1] or 0.0) <= CLOSE * max(before or 0.0, 1e-9):
        own = any(c.kind != "no_flow" and c.product == row.product and c.to == row.region
                  for c in run.scenario.contracts.values())  # fmt: skip
        why = "" if own else ": none of them is for this product and this consumer"
        return f"With the contracts it is {band_text(row.scenario, 't')}, which is no notable change{why}."
    verb = "smaller" if (relief[1] or 0.0) > 0 else "larger"
    size: Band = relief if verb == "smaller" else (-(relief[2] or 0.0), -(relief[1] or 0.0), -(relief[0] or 0.0))
    return (
        f"With the contracts the shortfall is {band_text(row.scenario, 't')}: draw by draw, "
        f"{band_text(size, 't')} {verb}."
    )


def paired_relief(run: Run, product: str, region: str) -> Band | None:
    """By how much the contracts cut a shortfall (t), draw by draw; None where that was not run."""
    after = run.metric("scenario", "short_t", product, region)
    before = run.metric("without_contracts", "short_t", product, region)
    if after is None or before is None:
        return None
    low, middle, high = np.quantile(before - after, (0.05, 0.5, 0.95))
    return (float(low), float(middle), float(high))


def _calm(run: Run, row: Row, place: str, goods: str, years: str) -> list[str]:
    start = "Nothing breaks in this scenario" + ("" if signed(run) else ", and it has no contracts that move a mineral")
    outlook = f"{start}. {sentence(place)} is short of {band_text(row.scenario, 't')} of {goods} {years}"
    if not signed(run) and not run.scenario.projects:
        return [f"{outlook}, {_need(run, row)}: growth of demand against what is built."]
    return [f"{outlook}, against {band_text(row.baseline, 't')} in the baseline."]


def _price(run: Run, product: str, region: str) -> str:
    row = run.row("peak_price_multiple", product, region)
    paid = run.row("peak_contract_price_multiple", product, region)
    if row is None or abs(row.difference[1] or 0.0) < NOTABLE["peak_price_multiple"]:
        return ""
    firms = f", while what firms pay on average peaks at {plain(paid.scenario[1] or 0.0)} times" if paid else ""
    middle = plain(row.scenario[1] or 0.0)
    inner = range_text(row.scenario, "").strip()
    outer = range_text(row.shown("scenario"), "").strip()
    bands = [f"{name} {text}" for name, text in (("outer band", outer), ("inner band", inner)) if text]
    ceiling = ceiling_of(run.scenario)
    if at_ceiling(row.scenario[1], ceiling):
        return (
            f"The spot price there peaks {told_at_ceiling(ceiling)}: demand goes unserved at it, and what it would be "
            f"is not known. In the baseline it peaks at {plain(row.baseline[1] or 0.0)} times the base year's{firms}."
        )
    return (
        f"The spot price there peaks at {middle} times the base year's{f' ({listed(bands)})' if bands else ''}, "
        f"against {plain(row.baseline[1] or 0.0)} times in the baseline{firms}."
    )


def _rationed(run: Run, product: str, region: str) -> str:
    """How much of the shortfall is not to be had at any price."""
    row, whole = (run.row(metric, product, region) for metric in ("rationed_t", "short_t"))
    if row is None or whole is None or (row.scenario[1] or 0.0) < 0.01 * max(whole.scenario[1] or 0.0, 1.0):
        return ""
    ceiling = run.scenario.values.get("model.price_ceiling")
    return (
        f"Of the shortfall, {band_text(row.scenario, 't')} cannot be had even at the model's price ceiling of "
        f"{float(ceiling or 0.0):g} times the base price; the rest is forgone as too dear."
    )


def _matter(run: Run, choice: Choice, names: Names) -> str:
    """Where the contracts change most, by the metric that they change most."""
    found = [
        (abs((row.scenario[1] or 0.0) - (row.without_contracts[1] or 0.0)) / NOTABLE[metric], row)
        for product, region in choice.pairs()
        for metric in CHANGED
        if (row := run.row(metric, product, region)) and row.without_contracts is not None
    ]
    size, row = max(found, key=lambda pair: pair[0], default=(0.0, None))
    if row is None or size < 1.0:
        return "The contracts change none of the products shown notably." if found else ""
    ceiling = ceiling_of(run.scenario)
    before, after = (
        or_ceiling(band_text(each, row.unit), row.metric, each, ceiling)
        for each in (row.without_contracts, row.scenario)
    )
    return (
        f"The contracts matter most for {names.goods(row.product)} in {names.place(row.region)}: "
        f"{CHANGED[row.metric]} goes from {before} without them to {after}."
    )


def _others(run: Run, choice: Choice, names: Names) -> str:
    found = []
    for region in choice.regions[choice.product]:
        row = run.row("short_t", choice.product, region)
        share = run.row("short_share", choice.product, region)
        moved = share and abs(share.difference[1] or 0.0) >= NOTABLE["short_share"]
        if region != choice.region and row and moved:
            found.append(f"{names.place(region)} {band_text(row.scenario, 't')}")
    return f"Others short of the same product: {listed(found)}." if found else ""


def _elsewhere(run: Run, choice: Choice, names: Names) -> str:
    if not choice.moved and (run.scenario.happening or signed(run)):
        return "No headline number of any consumer moves notably against the baseline."
    found = [names.goods(product) for product in choice.moved if product != choice.product]
    return f"The scenario also moves {listed(found[:5])}." if found else ""


def _rivals(run: Run, choice: Choice, names: Names) -> str:
    """The contracts' effect on dependence on rivals, where it is largest for the consumer in focus."""
    rows = [run.row("rival_share", product, choice.region) for product in choice.products]
    moved = [row for row in rows if row and abs(row.difference[1] or 0.0) >= NOTABLE["rival_share"]]
    if not moved:
        return ""
    row = max(moved, key=lambda r: abs(r.difference[1] or 0.0))
    return (
        f"The share of {names.goods(row.product)} that {names.place(row.region)} buys from "
        f"{names.places(run.scenario.rivals)} goes from {band_text(row.baseline, 'share')} to "
        f"{band_text(row.scenario, 'share')}."
    )


def _durable(run: Run) -> str:
    found = []
    for name, contract in signed(run).items():
        row = run.row("durability", contract.product, contract.to, name)
        if row and row.scenario[1] is not None:
            found.append(f"{band_text(row.scenario, 'share')} for {contract.title or name}")
    head = "Two years after support ends, this much of the supported flow still runs: "
    return f"{head}{listed(found[:4])}{' (more below)' if len(found) > 4 else ''}." if found else ""


def _chances(run: Run) -> str:
    found = signed(run)
    unsure = [name for name, deal in found.items() if happens(run, f"contracts.{name}.realised", deal.realised) < 0.995]
    if not unsure:
        return ""
    which = "The contract" if len(found) == 1 else f"{len(unsure)} of {len(found)} contracts"
    return f"{which} may not come true; the bands include draws in which that is so."
