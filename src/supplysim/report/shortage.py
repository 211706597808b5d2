"""What is said of a shortage: how much, when, how long stocks last, who feels it, what gives way first."""

from __future__ import annotations

import numpy as np

from supplysim.report.choice import Choice
from supplysim.report.names import Names, dated, listed, many, sentence
from supplysim.report.numbers import amount, band_text, range_text
from supplysim.report.source import Run
from supplysim.report.timing import goes_short, spans, stretches
from supplysim.results.ceiling import ceiling_of
from supplysim.results.notable import NOTABLE
from supplysim.results.summary import Row

SLIGHT = 0.5
"""Tonnes up to which a shortage is none."""


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


def broken(run: Run, row: Row, names: Names) -> str:
    """What breaks does to the consumer hit hardest: the worst twelve months first, then the horizon."""
    place, goods = names.place(row.region), names.goods(row.product)
    years = f"over {many(run.scenario.counted, 'month')}"
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


def how_much(run: Run, choice: Choice, names: Names) -> str:
    """When the consumer goes short, how far in the worst month, and how much over the horizon."""
    row = run.row("short_t", choice.product, choice.region)
    if row is None or not run.scenario.happening or (row.scenario[1] or 0.0) < SLIGHT:
        return ""
    if (_known(run, "worst_year_short_share", row).difference[1] or 0.0) < NOTABLE["short_share"]:
        return ""
    share = _known(run, "short_share", row)
    return (
        f"{_period(run, row, names)} Over the {many(run.scenario.counted, 'month')} it is short of "
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
    begin = run.scenario.counted_from  # what is before is history that is shown
    parts, place = stretches(goes_short(run, row.product, row.region)[begin:]), names.place(row.region)
    if not parts:
        return sentence(f"{place} never lacks more than 5 % of its need at the median; at worst{at} {most}.")
    times = f", in {len(parts)} stretches," if len(parts) > 1 else ""
    first, last = dated(run.start + begin + parts[0][0]), dated(run.start + begin + parts[-1][1])
    when = f"From {first} to {last}{times}" if first != last else f"In {first}"
    return f"{when} {place} lacks more than 5 % of its need; at worst{at} it lacks {most}."


def calm(run: Run, row: Row, names: Names) -> str:
    """Where the consumer stands if nothing breaks."""
    built = "" if run.scenario.projects else " and nothing new is signed"
    start = f"Nothing breaks in this scenario{built}. {sentence(names.place(row.region))} is short of"
    year, share = (_known(run, metric, row) for metric in ("worst_year_short_share", "short_share"))
    span = many(run.scenario.counted, "month")
    if (row.scenario[1] or 0.0) < SLIGHT:
        return f"{start.removesuffix(' short of')} not notably short of {names.goods(row.product)} over {span}."
    outlook = (
        f"{start} {band_text(year.scenario, 'share')} of the {names.goods(row.product)} it needs in its worst twelve "
        f"months, and of {band_text(row.scenario, 't')} over {span}, "
        f"{band_text(share.scenario, 'share')} of its need"
    )
    if not run.scenario.projects:
        return f"{outlook}: growth of demand against what is built."
    return f"{outlook}, against {band_text(row.baseline, 't')} in the baseline."


def how_long(run: Run, choice: Choice, names: Names) -> str:
    """How long users are served in full, how low stocks get and when, and how long the shortage lasts."""
    rows = [run.row(metric, choice.product, choice.region)
            for metric in ("time_to_survive_months", "time_to_recover_months", "min_months_of_cover")]  # fmt: skip
    survive, recover, cover = rows
    if survive is None or recover is None or cover is None or not run.scenario.happening:
        return ""
    start = run.scenario.counted_from
    held = run.series("scenario", choice.product, choice.region, "cover")[1]
    lowest = dated(run.start + run.highest(-held))
    low = (
        f"Stocks there are lowest in {lowest}: {band_text(cover.scenario, 'months')} "
        f"of need, against {band_text(cover.baseline, 'months')} in the baseline."
    )
    first = min(span.first[1] for span in spans(run))
    begin = dated(max(first, run.start + start))
    since = f"From the first event ({begin})" if first >= run.start + start else f"From {begin} on"
    if survive.scenario[1] is None:
        earliest = survive.scenario[0]
        then = "at once" if earliest == 0 else f"after {amount(earliest, 'months')}" if earliest is not None else ""
        some = f"; one draw in twenty is short {then}" if then else ""
        return f"Users are never short of more than 5 % at the median, counted from {begin}{some}. {low}"
    over = "is never over within the horizon" if recover.scenario[1] is None else (
        f"lasts {band_text(recover.scenario, 'months')}"
    )  # fmt: skip
    lacks = f"{names.place(choice.region)} lacks more than 5 % of its need"
    if survive.scenario[1] == 0:
        later = range_text(survive.scenario, "months")
        return f"{since} {lacks} at once{f' ({later})' if later else ''}, which {over}. {low}"
    return f"{since} it takes {band_text(survive.scenario, 'months')} until {lacks}, which then {over}. {low}"


def who(run: Run, choice: Choice, names: Names) -> str:
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


def first(run: Run, choice: Choice, names: Names) -> str:
    """Which product of the chain gives way first."""
    chain = run.catalog.chain(run.catalog.products[choice.product].mineral)
    found = []
    for product in (each.id for each in chain):
        start = run.scenario.counted_from
        months = [np.flatnonzero(goes_short(run, product, region)[start:]) for region in run.scenario.consumers
                  if run.row("short_t", product, region)]  # fmt: skip
        begins = min((start + int(each[0]) for each in months if len(each)), default=None)
        if begins is not None:
            found.append((begins, names.goods(product)))
    if not found or not run.scenario.happening:
        return ""
    told = [f"{goods} in {dated(run.start + month)}" for month, goods in sorted(found)]
    return f"Months in which a consumer first lacks more than 5 %: {listed(told)}."


def rationed(run: Run, choice: Choice, names: Names) -> str:
    """How much of the shortage is not to be had at any price."""
    row, whole = (run.row(metric, choice.product, choice.region) for metric in ("rationed_t", "short_t"))
    if row is None or whole is None or (row.scenario[1] or 0.0) < 0.01 * max(whole.scenario[1] or 0.0, 1.0):
        return ""
    return (
        f"Of the shortage of {names.place(choice.region)}, {band_text(row.scenario, 't')} cannot be had even at the "
        f"model's price ceiling of {ceiling_of(run.scenario):g} times the base price; the rest is forgone as too dear."
    )
