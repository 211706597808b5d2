"""Why the picture is as it is, in plain words made from the numbers."""

from __future__ import annotations

import numpy as np

from supplysim.engine.market import Array
from supplysim.report.names import Names, dated, in_year, listed
from supplysim.report.numbers import amount, plain
from supplysim.results.ceiling import at_ceiling, ceiling_of, told_at_ceiling
from supplysim.web.live import Live

DEARER = 1.1
"""Peak price over the baseline's up to which a change of suppliers counts as harmless."""
FELT = 0.005
"""Part of the baseline's purchases below which a change is not spoken of."""


def why(run: Live, product: str, region: str) -> str:
    """Two or three sentences on a consumer of a product: what it loses, what replaces it, and what is left."""
    names = Names(run.catalog)
    before, after = (_bought(run, variant, product, region) for variant in ("baseline", "scenario"))
    total = sum(before.values(), np.zeros(len(run.years)))
    whole = max(run.scenario.months // 12, 1)
    change = {a: after.get(a, 0.0 * total) - before.get(a, 0.0 * total) for a in {*before, *after}}
    lost = sum((np.maximum(-d, 0.0) for d in change.values()), 0.0 * total)
    year = run.highest((lost / np.maximum(total, 1e-300))[:whole], 12)
    base = float(total[year])
    if base <= 0:
        return f"{_capital(names.place(region))} buys no {names.goods(product)} in the baseline."
    if lost[year] < FELT * base and _short(run, product, region)[year] < FELT * base:
        return _calm(run, product, region, names)
    losers = _largest(change, year, -1.0, base)
    gainers = _largest(change, year, 1.0, base)
    if _harmless(run, product, region, year, base):
        return _shifted(losers, gainers, run, product, region, year)
    parts = [f"In {in_year(run.years[year])}, {_losses(losers, before, year, base, region, names)}"]
    parts.append(_replaced(gainers, change, year, region, names) if losers else _more(gainers, region, names))
    parts.append(_left(run, product, region, year))
    return " ".join(part for part in parts if part)


def _bought(run: Live, variant: str, product: str, region: str) -> dict[str, Array]:
    return {a: flow for (a, b), flow in run.trade(variant, product).items() if b == region}


def _largest(change: dict[str, Array], year: int, sign: float, base: float) -> list[tuple[str, float]]:
    found = [(a, sign * float(d[year])) for a, d in change.items() if sign * float(d[year]) > FELT * base]
    return sorted(found, key=lambda item: (-item[1], item[0]))


def _losses(
    losers: list[tuple[str, float]], before: dict[str, Array], year: int, base: float, region: str, names: Names
) -> str:  # fmt: skip
    place = names.place(region)
    if not losers:
        return f"{place} needs more than it is offered."
    texts = [
        f"{amount(loss, 't')} ({100 * loss / max(float(before[a][year]), 1e-300):.0f} %) of what it buys "
        f"{'at home' if a == region else f'from {names.place(a)}'}"
        for a, loss in losers[:2]
    ]
    share = 100 * sum(loss for _, loss in losers) / base
    return f"{place} loses {listed(texts)}: {share:.0f} % of its usual purchases."


def _replaced(gainers: list[tuple[str, float]], change: dict[str, Array], year: int, region: str, names: Names) -> str:
    lost = -sum(float(min(d[year], 0.0)) for d in change.values())
    if not gainers:
        return "Nobody else can step in."
    texts = _sellers(gainers, region, names)
    share = min(100 * sum(gain for _, gain in gainers) / lost, 100.0)
    return f"{_capital(listed(texts))} {'make' if len(texts) > 1 else 'makes'} up for {share:.0f} % of that."


def _more(gainers: list[tuple[str, float]], region: str, names: Names) -> str:
    texts = _sellers(gainers, region, names)
    return f"{_capital(listed(texts))} {'sell' if len(texts) > 1 else 'sells'} more." if texts else ""


def _sellers(gainers: list[tuple[str, float]], region: str, names: Names) -> list[str]:
    return [f"{names.place(a) if a != region else 'home'} (+{amount(gain, 't')})" for a, gain in gainers[:3]]


def _left(run: Live, product: str, region: str, year: int) -> str:
    short = _short(run, product, region)[year]
    months = slice(12 * year, 12 * year + 12)
    need = sum(float(run.series("scenario", product, region, q)[1][months].sum()) for q in ("used", "unmet"))
    price = run.series("scenario", product, region, "price")
    peak = run.highest(price[1])
    ceiling, top = ceiling_of(run.scenario), float(price[1][peak])
    height = told_at_ceiling(ceiling) if at_ceiling(top, ceiling) else f"at {plain(top)} times the base year's"
    said = f"the price peaks {height} in {dated(run.start + peak)}"
    if short < FELT * need:
        return f"Users are served all the same, from stocks too; {said}."
    return f"{amount(float(short), 't')} ({100 * short / need:.0f} %) of the need is short; {said}."


def _harmless(run: Live, product: str, region: str, year: int, base: float) -> bool:
    """Whether a consumer's suppliers change without a shortfall or a price to speak of."""
    before, after = (run.series(v, product, region, "price")[1].max() for v in ("baseline", "scenario"))
    return bool(_short(run, product, region)[year] < FELT * base and after <= DEARER * before)


def _shifted(
    losers: list[tuple[str, float]], gainers: list[tuple[str, float]], run: Live, product: str, region: str, year: int
) -> str:
    """Another supplier instead of the usual ones, which nobody was forced to."""
    names = Names(run.catalog)

    def told(found: list[tuple[str, float]], word: str) -> str:
        return listed([f"{amount(size, 't')} {word} {'at home' if a == region else f'from {names.place(a)}'}"
                       for a, size in found[:2]])  # fmt: skip

    parts = [told(found, word) for found, word in ((gainers, "more"), (losers, "less")) if found]
    price = run.series("scenario", product, region, "price")[1][12 * year : 12 * year + 12].mean()
    return (
        f"In {in_year(run.years[year])}, {names.place(region)} buys {' and '.join(parts)} than in the baseline. "
        f"Nobody goes short; the price is {plain(float(price))} times the base year's."
    )


def _calm(run: Live, product: str, region: str, names: Names) -> str:
    price = run.series("scenario", product, region, "price")[1]
    peak = run.highest(price)
    return (
        f"{_capital(names.place(region))} gets its {names.goods(product)} much as in the baseline; "
        f"the price is at most {plain(float(price[peak]))} times the base year's, in {dated(run.start + peak)}."
    )


def _short(run: Live, product: str, region: str) -> Array:
    """Median shortage by year beyond the baseline's, t."""
    monthly = run.series("scenario", product, region, "short")[1] - run.series("baseline", product, region, "short")[1]
    return np.add.reduceat(np.maximum(monthly, 0.0), np.arange(0, len(monthly), 12))


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
