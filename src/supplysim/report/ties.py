"""Influence attempt or lasting partnership: what becomes of supported flows, in words and as a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from supplysim.report.html import Table
from supplysim.report.names import Names, listed
from supplysim.report.numbers import NONE, amount, band_text
from supplysim.results.durability import LASTING, Fate

NOTHING = 0.005
MOST = 4
"""Supported flows that a sentence names."""


def of_scenario(found: Sequence[Fate]) -> list[Fate]:
    """The fates in the scenario itself."""
    return [fate for fate in found if fate.variant == "scenario"]


def verdict(found: Sequence[Fate], contracts: Mapping[str, Any], names: Names) -> str:
    """The answer in one sentence, from the fates in the scenario; "" where there is no supported flow."""
    lasting = [fate for fate in found if fate.lasting]
    fading = [fate for fate in found if not fate.lasting]
    if not found:
        return ""
    kept, lost = (listed([_share(fate, contracts, names) for fate in each[:MOST]]) for each in (lasting, fading))
    of = "of what support added" if any(fate.added[1] is not None for fate in found) else "of the supported flow"
    when = f"two years after support ends, {of}"
    if not fading:
        return f"A lasting partnership: {when} {kept} still runs."
    if not lasting:
        return f"An influence attempt: {when} only {lost} still runs."
    return f"Partly a lasting partnership, partly an influence attempt: {when} {kept} still runs, but only {lost}."


def _share(fate: Fate, contracts: Mapping[str, Any], names: Names) -> str:
    seller = names.place(contracts[fate.contract].from_)
    part = "nothing" if (fate.judged[1] or 0.0) < NOTHING else band_text(fate.judged, "share")
    return f"{part} of {names.goods(fate.product)} from {seller} to {names.place(fate.to)}"


def who_took_over(found: Sequence[Fate], contracts: Mapping[str, Any], names: Names) -> str:
    """Whom the rest goes to, flow by flow; "" where nobody took anything."""
    said: dict[tuple[str, str], str] = {}
    for fate in found:
        seller = contracts[fate.contract].from_
        if fate.takers and (fate.product, seller) not in said:
            takers = listed([f"{names.place(t.region)} {band_text(t.tonnes, 't/yr')}" for t in fate.takers])
            said[fate.product, seller] = f"of {names.goods(fate.product)} from {names.place(seller)}, {takers}"
    rule = (
        f"A flow counts as lasting where at least {100 * LASTING:.0f} % of what support added to it stays at "
        "the median (a convention)."
    )
    shown = "; ".join(list(said.values())[:MOST])
    taken = f"Others then buy more than under support: {shown}. " if said else ""
    return f"{_anyway(found, contracts, names)}{taken}{rule}"


def _anyway(found: Sequence[Fate], contracts: Mapping[str, Any], names: Names) -> str:
    """Flows most of which support had no part in."""
    mine = [fate for fate in found if fate.added[1] is not None and (fate.stays[1] or 0.0) - fate.added[1] > LASTING]
    told = [
        f"{band_text(fate.stays, 'share')} of all {names.goods(fate.product)} from "
        f"{names.place(contracts[fate.contract].from_)} to {names.place(fate.to)}"
        for fate in mine[:MOST]
    ]
    return f"With or without support there still runs {listed(told)}. " if told else ""


def side_by_side(
    labels: Sequence[str], found: Sequence[Sequence[Fate]], contracts: Mapping[str, Any], names: Names
) -> Table:
    """A row for each run and supported flow: what stays and who took over."""
    rows = [
        [label, contracts[fate.contract].title or fate.contract, names.product(fate.product), names.region(fate.to),
         amount(fate.supported[1] or 0.0, "t/yr"), band_text(fate.stays, "share"),
         band_text(fate.added, "share"),
         "yes" if fate.lasting else "no", takers_text(fate, names)]
        for label, fates in zip(labels, found, strict=True)
        for fate in fates
    ]  # fmt: skip
    headers = (
        "Run",
        "Contract",
        "Product",
        "To",
        "Supported",
        "Stays after 24 months",
        "Of what was added",
        "Lasting",
        "Taken over by",
    )
    return Table(headers, rows)


def takers_text(fate: Fate, names: Names) -> str:
    """Up to three takers with their tonnes."""
    return ", ".join(f"{names.region(t.region)} {amount(t.tonnes[1] or 0.0, 't/yr')}" for t in fate.takers) or NONE


def over_runs(found: Sequence[Sequence[Fate]], contracts: Mapping[str, Any], names: Names) -> str:
    """The answer over several runs, such as the cells of a sweep: for each supported flow, in how many it lasts."""
    flows: dict[str, list[Fate]] = {}
    for fates in found:
        for fate in fates:
            flows.setdefault(fate.contract, []).append(fate)
    if not flows:
        return ""
    counts = {name: sum(fate.lasting for fate in fates) for name, fates in flows.items()}
    parts = [
        f"{names.goods(fates[0].product)} from {names.place(contracts[name].from_)} to {names.place(fates[0].to)} "
        f"lasts in {counts[name]} of {len(fates)} runs ({_extent(fates)} of what support added stays)"
        for name, fates in flows.items()
    ]  # fmt: skip
    whole = sum(map(len, flows.values()))
    lasts = sum(counts.values())
    head = ("A lasting partnership" if lasts == whole else "An influence attempt" if lasts == 0
            else "Partly a lasting partnership, partly an influence attempt")  # fmt: skip
    return f"{head}: {'; '.join(parts[:MOST])}."


def _extent(fates: Sequence[Fate]) -> str:
    stays = [fate.judged[1] or 0.0 for fate in fates]
    low, high = (f"{100 * value:.0f}" for value in (min(stays), max(stays)))
    return f"{low} %" if low == high else f"{low} to {high} %"
