"""The answer in plain words, made from the run's numbers alone: a sentence or two for each clause of a question."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from supplysim.report.choice import Choice
from supplysim.report.figures.contracts import Deal, deal_of
from supplysim.report.names import Names, dated, listed, sentence
from supplysim.report.numbers import amount, band_text, plain, range_text
from supplysim.report.source import Run
from supplysim.report.ties import of_scenario, verdict, who_took_over
from supplysim.report.timing import goes_short, happens, spans, stretches
from supplysim.results.ceiling import SEEN, at_ceiling, binds, ceiling_of, or_ceiling, told_at_ceiling, told_rationing
from supplysim.results.durability import fates
from supplysim.results.notable import NOTABLE
from supplysim.results.summary import Row

CHANGED = {
    "worst_year_short_share": "the part of need short in the worst twelve months",
    "peak_price_multiple": "the peak price",
    "rival_share": "the share bought from rivals",
    "bought_abroad_share": "the share that is bought abroad",
}
"""Metrics by which the effect of contracts is told."""
MATTERS = {**NOTABLE, "worst_year_short_share": NOTABLE["short_share"]}
SLIGHT = 0.5
"""Tonnes up to which a shortage is none."""
CLOSE = 0.02
"""Contracts that change a shortage by less than this part of it leave it as it is."""
FELT = 0.005
"""Part of a consumer's purchases up to which a change of a supplier is not spoken of."""
MOST_NAMED = 3


class Clause(NamedTuple):
    """What one clause of a question is answered with; the lead has no head."""

    head: str
    text: str


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


def answer(run: Run, choice: Choice) -> list[Clause]:
    """The lead, then the clauses that the question asks for in its own words, then what else there is to say."""
    names = Names(run.catalog)
    tied = verdict(of_scenario(fates(run.rows)), run.scenario.contracts, names)
    lead = _lead(run, choice, names)
    found = [Clause("", tied or lead)]
    asked = run.scenario.question.lower()
    order = sorted(CLAUSES, key=lambda row: not re.search(row[1], asked))  # a stable sort keeps the rest in order
    for head, _, say in order:
        text = say(run, choice, names)
        if text:
            found.append(Clause(head, text))
    return [*found, Clause("What else happens", lead)] if tied else found


def _lead(run: Run, choice: Choice, names: Names) -> str:
    row = run.row("short_t", choice.product, choice.region)
    if row is None:
        return "None of the scenario's consumers uses what it moves."
    if run.scenario.happening:
        return _broken(run, row, names)
    return _deal_lead(run, choice, names) if signed(run) else _calm(run, row, names)


def _broken(run: Run, row: Row, names: Names) -> str:
    """What breaks does to the consumer hit hardest: the worst twelve months first, then the horizon."""
    place, goods, years = names.place(row.region), names.goods(row.product), f"over {run.scenario.counted} months"
    share = _known(run, "short_share", row)
    if (row.scenario[1] or 0.0) < SLIGHT:
        most = row.scenario[2] or 0.0
        ending = f" (at most {amount(most, 't')} in 95 % of draws)" if most >= SLIGHT else ""
        return sentence(f"{shock(run)} leaves {place} with no notable shortage of {goods} {years}{ending}.")
    year = _known(run, "worst_year_short_share", row)
    whole = f"{band_text(row.scenario, 't')} {years}, {band_text(share.scenario, 'share')} of its need"
    before = f"against {band_text(row.baseline, 't')} in the baseline"
    if (year.difference[1] or 0.0) < NOTABLE["short_share"]:
        return sentence(f"{shock(run)} hardly changes how much {goods} {place} gets: it is short of {whole}, {before}.")
    return sentence(
        f"{shock(run)} leaves {place} short of {band_text(year.scenario, 'share')} of the {goods} it needs in its "
        "worst twelve months."
    )


def _how_much(run: Run, choice: Choice, names: Names) -> str:
    """When the consumer goes short, how far in the worst month, and how much over the horizon."""
    row = run.row("short_t", choice.product, choice.region)
    if row is None or not run.scenario.happening or (row.scenario[1] or 0.0) < SLIGHT:
        return ""
    if (_known(run, "worst_year_short_share", row).difference[1] or 0.0) < NOTABLE["short_share"]:
        return ""
    share = _known(run, "short_share", row)
    return (
        f"{_period(run, row, names)} Over the {run.scenario.counted} months it is short of "
        f"{band_text(row.scenario, 't')}, {band_text(share.scenario, 'share')} of its need, against "
        f"{band_text(row.baseline, 't')} in the baseline."
    )


def _known(run: Run, metric: str, row: Row) -> Row:
    """Another metric of the same consumer and product: a run has all of them or none."""
    found = run.row(metric, row.product, row.region)
    assert found is not None  # noqa: S101 -- see above
    return found


def _period(run: Run, row: Row, names: Names) -> str:
    """From when to when users go short, and how short in the worst month."""
    worst, month = (_known(run, metric, row) for metric in ("worst_month_short_share", "worst_month"))
    at = f" ({dated(run.start + month.scenario[1])})" if month.scenario[1] is not None else ""
    most = f"{band_text(worst.scenario, 'share')} of it"
    parts, place = stretches(goes_short(run, row.product, row.region)), names.place(row.region)
    if not parts:
        return sentence(f"{place} never lacks more than 5 % of its need at the median; at worst{at} {most}.")
    times = f", in {len(parts)} stretches," if len(parts) > 1 else ""
    first, last = dated(run.start + parts[0][0]), dated(run.start + parts[-1][1])
    when = f"From {first} to {last}{times}" if first != last else f"In {first}"
    return f"{when} {place} lacks more than 5 % of its need; at worst{at} it lacks {most}."


def _calm(run: Run, row: Row, names: Names) -> str:
    built = "" if run.scenario.projects else " and nothing new is signed"
    start = f"Nothing breaks in this scenario{built}. {sentence(names.place(row.region))} is short of"
    year, share = (_known(run, metric, row) for metric in ("worst_year_short_share", "short_share"))
    outlook = (
        f"{start} {band_text(year.scenario, 'share')} of the {names.goods(row.product)} it needs in its worst twelve "
        f"months, and of {band_text(row.scenario, 't')} over {run.scenario.counted} months, "
        f"{band_text(share.scenario, 'share')} of its need"
    )
    if not run.scenario.projects:
        return f"{outlook}: growth of demand against what is built."
    return f"{outlook}, against {band_text(row.baseline, 't')} in the baseline."


def _deal_lead(run: Run, choice: Choice, names: Names) -> str:
    """Where nothing breaks: the largest contracted flow, and what it does to the receiver's exposure."""
    return f"Nothing breaks in this scenario. {_flow(run, choice, names)} {_exposure(run, choice, names)}".strip()


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
    volume = f", {amount(deal.volume, 't/yr')} signed," if deal.volume else ""
    more = f"{amount(gain, 't/yr')} more than" if gain > 0.005 * (deal.flow[1] or 0.0) else "no more than"
    return (
        f"The largest contracted flow, {names.goods(terms.product)} from {names.place(terms.from_)} to "
        f"{names.place(terms.to)}{volume} runs at {band_text(deal.flow, 't/yr')} ({deal.window}), {more} without "
        "contracts."
    )


def _exposure(run: Run, choice: Choice, names: Names) -> str:
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


def _stocks(run: Run, choice: Choice, names: Names) -> str:
    """How long users are served in full, how low stocks get and when, and how long the shortage lasts."""
    rows = [run.row(metric, choice.product, choice.region)
            for metric in ("time_to_survive_months", "time_to_recover_months", "min_months_of_cover")]  # fmt: skip
    survive, recover, cover = rows
    if survive is None or recover is None or cover is None or not run.scenario.happening:
        return ""
    held = run.series("scenario", choice.product, choice.region, "cover")[1]
    low = (
        f"Stocks there are lowest in {dated(run.start + int(np.argmin(held)))}: {band_text(cover.scenario, 'months')} "
        f"of need, against {band_text(cover.baseline, 'months')} in the baseline."
    )
    begin = dated(min(span.first[1] for span in spans(run)))
    if survive.scenario[1] is None:
        earliest = survive.scenario[0]
        some = f"; one draw in twenty is short after {amount(earliest, 'months')}" if earliest is not None else ""
        return f"Users are never short of more than 5 % at the median, counted from {begin}{some}. {low}"
    over = "is never over within the horizon" if recover.scenario[1] is None else (
        f"lasts {band_text(recover.scenario, 'months')}"
    )  # fmt: skip
    lacks = f"{names.place(choice.region)} lacks more than 5 % of its need"
    if survive.scenario[1] == 0:
        later = range_text(survive.scenario, "months")
        return f"From the first event ({begin}) {lacks} at once{f' ({later})' if later else ''}, which {over}. {low}"
    return (
        f"From the first event ({begin}) it takes {band_text(survive.scenario, 'months')} until {lacks}, which then "
        f"{over}. {low}"
    )


def _who(run: Run, choice: Choice, names: Names) -> str:
    """The consumers of the product in focus by their worst twelve months, and by tonnes."""
    rows = [(region, run.row("worst_year_short_share", choice.product, region),
             run.row("short_t", choice.product, region)) for region in choice.regions[choice.product]]  # fmt: skip
    felt = [(region, year, tonnes) for region, year, tonnes in rows
            if year and tonnes and (year.difference[1] or 0.0) >= NOTABLE["short_share"]]  # fmt: skip
    if not felt or len(rows) < 2:
        return ""
    felt[1:] = sorted(felt[1:], key=lambda each: -(each[1].scenario[1] or 0.0))
    told = [f"{names.place(region)} {band_text(year.scenario, 'share')}, {band_text(tonnes.scenario, 't')}"
            for region, year, tonnes in felt]  # fmt: skip
    spared = [names.place(region) for region, *_ in rows if region not in {each[0] for each in felt}]
    rest = f" Not notably short: {listed(spared)}." if spared else ""
    return (
        f"Need of {names.goods(choice.product)} short in the worst twelve months, and tonnes short over the horizon: "
        f"{'; '.join(told)}.{rest}"
    )


def _others(run: Run, choice: Choice, names: Names) -> str:
    """The other products that are short, each with the consumer hit hardest; else what else moves."""
    found, moved = [], []
    for product in choice.products[1:]:
        region = choice.regions[product][0]
        row = run.row("worst_year_short_share", product, region)
        if row and (row.difference[1] or 0.0) >= NOTABLE["short_share"]:
            found.append(f"{names.goods(product)} in {names.place(region)} {band_text(row.scenario, 'share')}")
        elif product in choice.moved:
            moved.append(names.goods(product))
    if not choice.moved and (run.scenario.happening or signed(run)):
        return "No headline number of any consumer moves notably against the baseline."
    short = f"Short in its worst twelve months, where it is hit hardest: {'; '.join(found)}." if found else ""
    also = f"The scenario moves {listed(moved)} without a notable shortage." if moved else ""
    return f"{short} {also}".strip()


def _first(run: Run, choice: Choice, names: Names) -> str:
    """Which product of the chain gives way first."""
    chain = run.catalog.chain(run.catalog.products[choice.product].mineral)
    found = []
    for product in (each.id for each in chain):
        start = run.scenario.counted_from  # what is before is history that is shown
        months = [np.flatnonzero(goes_short(run, product, region)[start:]) for region in run.scenario.consumers
                  if run.row("short_t", product, region)]  # fmt: skip
        begins = min((start + int(each[0]) for each in months if len(each)), default=None)
        if begins is not None:
            found.append((begins, names.goods(product)))
    if not found or not run.scenario.happening:
        return ""
    told = [f"{goods} in {dated(run.start + month)}" for month, goods in sorted(found)]
    return f"Months in which a consumer first lacks more than 5 %: {listed(told)}."


def _instead(run: Run, choice: Choice, names: Names) -> str:
    """Who supplies the consumer less and who more, in the year of the largest change."""
    year = choice.year[choice.product]
    before, after = (
        {a: float(flow[year]) for (a, b), flow in run.trade(variant, choice.product).items() if b == choice.region}
        for variant in ("baseline", "scenario")
    )
    change = {a: after.get(a, 0.0) - before.get(a, 0.0) for a in {*before, *after}}
    felt = FELT * max(sum(before.values()), 1e-9)

    def told(sign: float) -> list[str]:
        most = sorted((a for a in change if sign * change[a] > felt), key=lambda a: (-sign * change[a], a))
        return [f"{'home' if a == choice.region else names.place(a)} ({'+' if sign > 0 else '-'}"
                f"{amount(abs(change[a]), 't')})" for a in most[:MOST_NAMED]]  # fmt: skip

    less, more = told(-1.0), told(1.0)
    if not less and not more:
        return ""
    head = f"In {run.years[year]} {names.place(choice.region)} buys"
    losing = f" less {names.goods(choice.product)} from {listed(less)}" if less else f" {names.goods(choice.product)}"
    return f"{head}{losing}{' and' if less and more else ''}{f' more from {listed(more)}' if more else ''}." + (
        "" if more else " Nobody steps in."
    )


def _price(run: Run, choice: Choice, names: Names) -> str:
    row = run.row("peak_price_multiple", choice.product, choice.region)
    paid = run.row("peak_contract_price_multiple", choice.product, choice.region)
    if row is None or abs(row.difference[1] or 0.0) < NOTABLE["peak_price_multiple"]:
        return ""
    firms = f"; what firms pay on average peaks at {plain(paid.scenario[1] or 0.0)} times" if paid else ""
    series = run.series("scenario", choice.product, choice.region, "price")[1]
    at, base = dated(run.start + int(np.argmax(series))), plain(row.baseline[1] or 0.0)
    place, ceiling = names.place(choice.region), ceiling_of(run.scenario)
    if at_ceiling(row.scenario[1], ceiling):
        return (
            f"The spot price in {place} is {told_at_ceiling(ceiling)} in {at}: demand goes unserved at it, and what it "
            f"would be is not known (since 1990 no metal's has risen by more than {SEEN:g} x in a year). In the "
            f"baseline it peaks at {base} times the base year's{firms}."
        )
    tail = f"; {told_rationing(ceiling)}" if binds(row.scenario, ceiling) else ""
    inner = range_text(row.scenario, "").strip()
    outer = range_text(row.shown("scenario"), "").strip()
    bands = [f"{name} {text}" for name, text in (("outer band", outer), ("inner band", inner)) if text]
    return (
        f"The spot price in {place} peaks at {plain(row.scenario[1] or 0.0)} times the base year's in {at}"
        f"{f' ({listed(bands)})' if bands else ''}, against {base} times in the baseline{firms}{tail}."
    )


def _rationed(run: Run, choice: Choice, names: Names) -> str:
    """How much of the shortage is not to be had at any price."""
    row, whole = (run.row(metric, choice.product, choice.region) for metric in ("rationed_t", "short_t"))
    if row is None or whole is None or (row.scenario[1] or 0.0) < 0.01 * max(whole.scenario[1] or 0.0, 1.0):
        return ""
    return (
        f"Of the shortage of {names.place(choice.region)}, {band_text(row.scenario, 't')} cannot be had even at the "
        f"model's price ceiling of {ceiling_of(run.scenario):g} times the base price; the rest is forgone as too dear."
    )


def _deals(run: Run, choice: Choice, names: Names) -> str:
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
        f"{CHANGED[row.metric]} goes from {before} without them to {after} "
        f"({band_text(row.contracts_effect, row.unit, signed=True)})."
    )


def _durable(run: Run, choice: Choice, names: Names) -> str:  # noqa: ARG001 -- all clauses are made alike
    found = of_scenario(fates(run.rows))
    return who_took_over(found, run.scenario.contracts, names) if found else ""


def _chances(run: Run, choice: Choice, names: Names) -> str:  # noqa: ARG001 -- all clauses are made alike
    found = signed(run)
    unsure = [name for name, deal in found.items() if happens(run, f"contracts.{name}.realised", deal.realised) < 0.995]
    if not unsure:
        return ""
    which = "The contract" if len(found) == 1 else f"{len(unsure)} of {len(found)} contracts"
    return f"{which} may not come true; the bands include draws in which that is so."


def _after_shock(run: Run, choice: Choice, names: Names) -> str:
    """The exposure to rivals where something breaks; without events the lead has it."""
    return _exposure(run, choice, names) if run.scenario.happening or not signed(run) else ""


Say = Callable[[Run, Choice, Names], str]
CLAUSES: tuple[tuple[str, str, Say], ...] = (
    ("How much is short, and when", r"how much|short", _how_much),
    ("How long stocks last", r"how long|stock|how far|survive", _stocks),
    ("Who feels it most", r"\bwho\b|which side|which steelmakers|hit the us most|anyone|aircraft makers", _who),
    ("What the deals buy", r"deal|contract|offtake|c5|kazakh|mine\b|stockpile", _deals),
    ("Who takes over what support let go", r"support|two years later|\blast|partnership", _durable),
    ("What gives way first", r"give way|first|mines or enrichment", _first),
    ("Who supplies instead", r"from whom|to whom|supplies whom|replace|take over|gets the metal|make good|instead|"
     r"does russia|how much of the world", _instead),
    ("What it does to prices", r"price|worth", _price),
    ("Other products", r"of which mineral|lacks what|series", _others),
    ("Dependence on rivals", r"rival|changes who", _after_shock),
    ("What no price buys", r"at any price", _rationed),
    ("What is uncertain", r"happen at all", _chances),
)  # fmt: skip
"""Each clause with the words by which a question asks for it; those asked for are told first."""
