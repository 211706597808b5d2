"""What is said of contracts: the largest flow, what they buy, who stays, and what is bought from rivals."""

from __future__ import annotations

from typing import Any

from supplysim.report.choice import Choice
from supplysim.report.figures.contracts import Deal, deal_of
from supplysim.report.names import Names
from supplysim.report.numbers import amount, band_text
from supplysim.report.shortage import SLIGHT
from supplysim.report.source import Run
from supplysim.report.ties import of_scenario, who_took_over
from supplysim.report.timing import happens
from supplysim.results.ceiling import ceiling_of, or_ceiling
from supplysim.results.durability import fates
from supplysim.results.notable import NOTABLE

CHANGED = {
    "worst_year_short_share": "the part of need short in the worst twelve months",
    "peak_price_multiple": "the peak price (inner band)",
    "rival_share": "the share bought from rivals",
    "bought_abroad_share": "the share that is bought abroad",
}
"""Metrics by which the effect of contracts is told."""
MATTERS = {**NOTABLE, "worst_year_short_share": NOTABLE["short_share"]}
CLOSE = 0.02
"""Contracts that change a shortage by less than this part of it leave it as it is."""


def signed(run: Run) -> dict[str, Any]:
    """The contracts that move a mineral, by id."""
    return {name: contract for name, contract in run.scenario.contracts.items() if contract.kind != "no_flow"}


def contracted(run: Run, choice: Choice, names: Names) -> str:
    """Where nothing breaks: the largest contracted flow, and what it does to the receiver's exposure."""
    return f"Nothing breaks in this scenario. {_flow(run, choice, names)} {exposure(run, choice, names)}".strip()


def _largest(run: Run, choice: Choice) -> Deal | None:
    """The contract of the product in focus that moves most, else the one that moves most of all."""
    deals = [deal_of(run, name) for name in signed(run)]
    own = [d for d in deals if (d.terms.product, d.terms.to) == (choice.product, choice.region)]
    return max(own or deals, key=lambda d: (d.flow[1] or 0.0, d.volume or 0.0), default=None)


def _flow(run: Run, choice: Choice, names: Names) -> str:
    deal = _largest(run, choice)
    if deal is None:
        return ""
    terms, gain = deal.terms, (deal.flow[1] or 0.0) - (deal.anyway[1] or 0.0)
    volume = f", {amount(deal.volume, 't/yr')} signed," if deal.volume else ","
    more = f"{amount(gain, 't/yr')} more than" if gain > 0.005 * (deal.flow[1] or 0.0) else "no more than"
    return (
        f"The largest contracted flow, {names.goods(terms.product)} from {names.place(terms.from_)} to "
        f"{names.place(terms.to)}{volume} runs at {band_text(deal.flow, 't/yr')} {deal.told}, {more} without "
        "contracts."
    )


def exposure(run: Run, choice: Choice, names: Names) -> str:
    """How far the contracts, or else the scenario, change what the consumer buys from rivals, and what it imports."""
    row = run.row("rival_share", choice.product, choice.region)
    if row is None or not run.scenario.rivals:
        return ""
    dealt = row.contracts_effect is not None and not run.scenario.happening
    before, change = (row.without_contracts, row.contracts_effect) if dealt else (row.baseline, row.difference)
    size = (change or (0.0, 0.0, 0.0))[1] or 0.0
    head = (
        f"The share of {names.goods(row.product)} that {names.place(row.region)} buys from "
        f"{names.places(run.scenario.rivals)}"
    )
    if abs(size) < NOTABLE["rival_share"]:
        return f"{head} stays at {band_text(row.scenario, 'share')}." if not run.scenario.happening else ""
    return (
        f"{head} goes from {band_text(before, 'share')} to {band_text(row.scenario, 'share')}: "
        f"{band_text(change, 'share', signed=True)}."
    )


def exposure_after_shock(run: Run, choice: Choice, names: Names) -> str:
    """The exposure to rivals where something breaks; without events the lead has it."""
    return exposure(run, choice, names) if run.scenario.happening or not signed(run) else ""


def bought(run: Run, choice: Choice, names: Names) -> str:
    """What the contracts change of the shortage in the lead, where they matter most, and the largest flow."""
    if not signed(run):
        return ""
    parts = [_relief(run, choice, names), _matter(run, choice, names)]
    parts += [_flow(run, choice, names)] if run.scenario.happening else []
    return " ".join(part for part in parts if part)


def _relief(run: Run, choice: Choice, names: Names) -> str:
    row = run.row("short_t", choice.product, choice.region)
    year = run.row("worst_year_short_share", choice.product, choice.region)
    if not run.scenario.happening or row is None or year is None or row.contracts_effect is None:
        return ""
    change, before = row.contracts_effect, (row.without_contracts or (0.0, 0.0, 0.0))[1] or 0.0
    if before < SLIGHT and (row.scenario[1] or 0.0) < SLIGHT:
        return ""
    place, goods = names.place(choice.region), names.goods(choice.product)
    if abs(change[1] or 0.0) <= CLOSE * max(before, 1e-9):
        own = any(c.product == choice.product and c.to == choice.region for c in signed(run).values())
        why = "" if own else ", as none of them is for this product and this consumer"
        return (
            f"Without the contracts the shortage of {goods} in {place} is {band_text(row.without_contracts, 't')}; "
            f"they make no notable change{why}."
        )
    return (
        f"Without the contracts the shortage of {goods} in {place} is {band_text(row.without_contracts, 't')}, "
        f"{band_text(year.without_contracts, 'share')} of need in the worst twelve months; draw by draw they change it "
        f"by {band_text(change, 't', signed=True)} and {band_text(year.contracts_effect, 'share', signed=True)}."
    )


def _matter(run: Run, choice: Choice, names: Names) -> str:
    """Where the contracts change most, by the metric that they change most."""
    found = [
        (abs((row.contracts_effect or (0.0, 0.0, 0.0))[1] or 0.0) / MATTERS[metric], row)
        for product, region in choice.pairs()
        for metric in CHANGED
        if (row := run.row(metric, product, region)) and row.contracts_effect is not None
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
        f"{CHANGED[row.metric]} goes from {before} without them to {after}: "
        f"{band_text(row.contracts_effect, row.unit, signed=True)}."
    )


def durable(run: Run, choice: Choice, names: Names) -> str:  # noqa: ARG001 -- all clauses are made alike
    """Who takes over the flows that support let go."""
    found = of_scenario(fates(run.rows))
    return who_took_over(found, run.scenario.contracts, names) if found else ""


def chances(run: Run, choice: Choice, names: Names) -> str:  # noqa: ARG001 -- all clauses are made alike
    """Contracts that may not come true."""
    found = signed(run)
    unsure = [name for name, deal in found.items() if happens(run, f"contracts.{name}.realised", deal.realised) < 0.995]
    if not unsure:
        return ""
    which = "The contract" if len(found) == 1 else f"{len(unsure)} of {len(found)} contracts"
    return f"{which} may not come true; the bands include draws in which that is so."
