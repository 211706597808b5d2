"""What is said of markets: the price, who supplies instead, and what else is short."""

from __future__ import annotations

from supplysim.report.choice import Choice
from supplysim.report.deals import signed
from supplysim.report.names import Names, dated, in_year, listed
from supplysim.report.numbers import amount, band_text, plain, range_text
from supplysim.report.source import Run
from supplysim.results.ceiling import SEEN, at_ceiling, binds, ceiling_of, told_at_ceiling, told_rationing
from supplysim.results.notable import NOTABLE
from supplysim.results.summary import BOTH_BANDS

FELT = 0.005
"""Part of a consumer's purchases up to which a change of a supplier is not spoken of."""
MOST_NAMED = 3


def instead(run: Run, choice: Choice, names: Names) -> str:
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
    head = f"In {in_year(run.years[year])} {names.place(choice.region)} buys"
    losing = f" less {names.goods(choice.product)} from {listed(less)}" if less else f" {names.goods(choice.product)}"
    return f"{head}{losing}{' and' if less and more else ''}{f' more from {listed(more)}' if more else ''}." + (
        "" if more else " Nobody steps in."
    )


def price_at(run: Run, choice: Choice, names: Names) -> str:
    """When the spot price peaks and how high, with what firms pay."""
    row = run.row("peak_price_multiple", choice.product, choice.region)
    paid = run.row("peak_contract_price_multiple", choice.product, choice.region)
    if row is None or abs(row.difference[1] or 0.0) < NOTABLE["peak_price_multiple"]:
        return ""
    firms = f"; what firms pay on average peaks at {plain(paid.shown('scenario')[1] or 0.0)} times" if paid else ""
    series = run.series("scenario", choice.product, choice.region, "price")[1]
    at, base = dated(run.start + run.highest(series)), plain(row.shown("baseline")[1] or 0.0)
    place, ceiling = names.place(choice.region), ceiling_of(run.scenario)
    if at_ceiling(row.scenario[1], ceiling):
        return (
            f"The spot price in {place} is {told_at_ceiling(ceiling)} in {at}: demand goes unserved at it, and what it "
            f"would be is not known (since 1990 no metal's has risen by more than {SEEN:g} x in a year). In the "
            f"baseline it peaks at {base} times the base year's{firms}."
        )
    tail = f"; {told_rationing(ceiling)}" if binds(row.scenario, ceiling) else ""
    shown = row.shown("scenario")
    if not row.banded:
        return (
            f"The spot price in {place} peaks at {plain(shown[1] or 0.0)} times the base year's in {at}, against "
            f"{base} times in the baseline{firms}{tail}."
        )
    outer, inner = (f" ({which} {ends})" if (ends := range_text(band, "").strip()) else ""
                    for which, band in zip(BOTH_BANDS, (shown, row.scenario), strict=True))  # fmt: skip
    return (
        f"The spot price in {place} peaks at {plain(shown[1] or 0.0)} times the base year's{outer}, against {base} "
        f"times in the baseline{firms}. Without the market's noise it peaks in {at} at {plain(row.scenario[1] or 0.0)} "
        f"times{inner}, against {plain(row.baseline[1] or 0.0)}{tail}."
    )


def others(run: Run, choice: Choice, names: Names) -> str:
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
