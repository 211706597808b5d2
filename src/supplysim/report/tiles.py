"""Headline tiles: the scenario's number, its band, and the baseline's beside it."""

from __future__ import annotations

from supplysim.report.choice import Choice
from supplysim.report.html import Table, details, esc, table
from supplysim.report.names import METRICS, VARIANTS, Names, metric_name
from supplysim.report.numbers import NEVER, NONE, band_text, both_bands, middle_text, range_text
from supplysim.report.source import Run
from supplysim.results.ceiling import ceiling_of, or_ceiling
from supplysim.results.summary import NOTHING, Band, Row

SHOWN = (
    "short_t", "short_share", "worst_month_short_share", "worst_year_short_share", "adapted_t", "peak_price_multiple",
    "rival_share", "embodied_rival_share",
    "min_months_of_cover", "time_to_survive_months", "time_to_recover_months", "supply_cost_usd",
)  # fmt: skip
NEVER_IS = {"time_to_survive_months": "the whole horizon", "time_to_recover_months": "past the end"}
"""What a month that never comes is called."""
MEANING = {
    "short_t": "what users ask for and do not get, or give up for the month's price",
    "short_share": "the shortage over the horizon as a share of need",
    "worst_month_short_share": "the largest share of need short in any month",
    "worst_year_short_share": "the largest share of need short in twelve months in a row",
    "adapted_t": "demand that past prices have driven away for long: a cost of the crisis, not a shortage of the day",
    "peak_price_multiple": "highest monthly spot price, delivered, over the base year's",
    "rival_share": "share of purchases that comes from the rivals named in the scenario",
    "embodied_rival_share": "share of purchases that has passed one of their mines or plants, borders ago or not",
    "min_months_of_cover": "the lowest that stocks get, in months of need",
    "time_to_survive_months": "months from the first event until more than 5 % of need is short",
    "time_to_recover_months": "months from then until that is over for three months in a row",
    "supply_cost_usd": "what purchases cost, delivered, at the month's spot price and on contracts of the scenario",
}


def tiles(run: Run, choice: Choice) -> str:
    """A set of tiles for every product and consumer, one of them visible, and the table of all."""
    sets = "".join(_set(run, product, region, (product, region) == (choice.product, choice.region))
                   for product, region in choice.pairs())  # fmt: skip
    note = (
        "Large: the scenario's median over draws. Below it, the range that holds nine draws in ten, and the baseline: "
        "the same draws without events and contracts. A price's large number and its baseline are of the outer band: "
        "what is not known of the parameters and the noise that such a market has in calm months. The highest of many "
        "noisy months lies above the base price even where nothing happens. The inner band is of the parameters alone, "
        "and differences are taken in it."
    )
    return (
        f'<section id="headline"><h2>Headline numbers</h2><p class="note">{esc(note)}</p>{sets}'
        f"{details('Show the numbers for all consumers and products', table(everything(run, choice)))}</section>"
    )


def _set(run: Run, product: str, region: str, visible: bool) -> str:
    names = Names(run.catalog)
    rows = [run.row(metric, product, region) for metric in SHOWN]
    ceiling = ceiling_of(run.scenario)
    inside = "".join(_tile(row, ceiling) for row in rows if row and row.scenario != NOTHING)
    hidden = "" if visible else " hidden"
    return (
        f'<div data-key="{esc(product)}|{esc(region)}"{hidden}>'
        f"<h3>{esc(names.product(product))} for {esc(names.place(region))}</h3>"
        f'<div class="tiles">{inside}</div></div>'
    )


def _tile(row: Row, ceiling: float) -> str:
    same = "the same in all draws" if row.n > 1 else "of one draw"
    band = said(row.metric, range_text(row.shown("scenario"), row.unit)) or same
    if row.banded:
        band = both_bands(band, row.scenario)
    lines = [
        f"{VARIANTS[name]} {_of(row, name, ceiling)}"
        for name in ("baseline", "without_contracts")
        if _known(row.shown(name))
    ]
    if row.contracts_effect is not None and _known(row.contracts_effect):
        lines.append(f"Effect of the contracts {band_text(row.contracts_effect, row.unit, signed=True)}")
    beside = "".join(f"<p>{esc(line)}</p>" for line in lines)
    return (
        f'<div class="tile"><h4 title="{esc(MEANING[row.metric])}">{esc(METRICS[row.metric])}</h4>'
        f'<p class="big">{big(row.metric, row.shown("scenario"), row.unit, held(row, "scenario", ceiling))}</p>'
        f'<p class="band">{esc(band)}</p>{beside}</div>'
    )


def _of(row: Row, variant: str, ceiling: float) -> str:
    """A variant's band as people see it, or the words for the ceiling."""
    return held(row, variant, ceiling) or said(row.metric, band_text(row.shown(variant), row.unit))


def held(row: Row, variant: str, ceiling: float) -> str:
    """The words for the ceiling where the model's own price is there; the noise around it says nothing more."""
    return or_ceiling("", row.metric, getattr(row, variant), ceiling)


def _known(band: Band | None) -> bool:
    return band is not None and band != NOTHING


def said(metric: str, text: str) -> str:
    """A number's text with the metric's own word for a month that never comes."""
    return text.replace(NEVER, NEVER_IS.get(metric, NEVER))


def big(metric: str, values: Band | None, unit: str, words: str = "") -> str:
    """A tile's large number, as HTML, with its unit smaller; or the `words` that stand in its place."""
    text = words or middle_text(values, unit)
    if words or text == NEVER:
        return f"<small>{esc(said(metric, text))}</small>"
    number, _, name = text.partition(" ")
    return f"{esc(number)}<small> {esc(name)}</small>" if name else esc(number)


def everything(run: Run, choice: Choice) -> Table:
    """Every headline metric of every product and consumer shown; with deals, what they change."""
    names, ceiling = Names(run.catalog), ceiling_of(run.scenario)
    shown = run.variants
    signed = "without_contracts" in shown
    headers = ("Product and consumer", "Metric", *(VARIANTS[variant] for variant in shown), "Difference",
               *(["Effect of the contracts"] if signed else []))  # fmt: skip
    rows = []
    for product, region in choice.pairs():
        for metric in SHOWN:
            row = run.row(metric, product, region)
            if row is None or row.scenario == NOTHING:
                continue
            for which, line in row.lines():
                changes = [line.difference, *([line.contracts_effect] if signed else [])]
                rows.append([
                    f"{names.product(product)}, {names.region(region)}", metric_name(metric, which),
                    *(held(row, v, ceiling) or said(metric, band_text(getattr(line, v), line.unit)) for v in shown),
                    *(said(metric, band_text(change, line.unit, signed=True)) for change in changes),
                ])  # fmt: skip
    return Table(headers, rows or [[NONE] * len(headers)])
