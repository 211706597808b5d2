"""What the page is told: tiles, a sentence, figures, and how the other minerals fare."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import numpy as np

from supplysim.report.choice import Choice, choose, consumers, looked_at_first, year_of_change
from supplysim.report.names import Names
from supplysim.report.numbers import band_text, both_bands, middle_text, range_text
from supplysim.results.ceiling import at_ceiling, ceiling_of, or_ceiling, told_at_ceiling
from supplysim.results.notable import movement
from supplysim.results.summary import Row
from supplysim.scenario import Scenario
from supplysim.scenario.schema.contracts import NoFlow
from supplysim.web.figures import figures
from supplysim.web.forms import choices, forms
from supplysim.web.live import Live
from supplysim.web.parts import mineral
from supplysim.web.why import why
from supplysim.world import Catalog

TILES = {
    "short_share": "Need short",
    "peak_price_multiple": "Peak price",
    "rival_share": "Bought from rivals",
    "bought_abroad_share": "Bought abroad",
    "min_months_of_cover": "Lowest stocks",
    "supplier_hhi": "Concentration (HHI)",
}
"""Headline tiles in their order."""
LOOKS = (36, 60, 120)
"""Horizons that the page offers, in months."""
GOOD = {"short_share": -1, "peak_price_multiple": -1, "min_months_of_cover": 1}
"""The direction in which a metric is better, where there is one."""


def looked_at(run: Live, product: str, region: str) -> tuple[str, str]:
    """What to show: the product and consumer asked for, or those that the report would lead with."""
    order = looked_at_first(run)
    if product not in order and order:
        product = choose(run).product
    regions = consumers(run, product)
    if region not in regions and regions:
        region = regions[0]
    return product, region


def answer(run: Live, product: str, region: str, wanted: Collection[str] = ()) -> dict[str, Any]:
    """Everything that the page shows for a product and a consumer, with the figures `wanted` (all if none is named)."""
    product, region = looked_at(run, product, region)
    year = year_of_change(run, product)
    choice = Choice((product,), {product: (region,)}, {product: year}, ())
    return {
        "product": product,
        "region": region,
        "regions": sorted(consumers(run, product), key=run.scenario.consumers.index),
        "year": run.years[year],
        "months": run.months,
        "draws": len(run.draws),
        "why": why(run, product, region),
        "tiles": tiles(run, product, region),
        "figures": figures(run, choice, wanted),
        "fares": fares(run),
    }


def tiles(run: Live, product: str, region: str) -> list[dict[str, str]]:
    """Headline numbers: the scenario's median and range, the baseline's median, and which way it went."""
    found, ceiling = [], ceiling_of(run.scenario)
    for metric, label in TILES.items():
        row = run.row(metric, product, region)
        if row is None:
            continue
        change = row.difference[1] or 0.0
        size = max(abs(row.baseline[1] or 0.0), abs(row.scenario[1] or 0.0), 1e-9)
        small = abs(change) < 0.005 * size or band_text(row.scenario, row.unit) == band_text(row.baseline, row.unit)
        found.append({
            "metric": metric,
            "label": label,
            "value": or_ceiling(without_base(middle_text(row.shown("scenario"), row.unit)), metric, row.scenario,
                                ceiling),
            "range": both_ranges(row),
            "baseline": without_base(middle_text(row.shown("baseline"), row.unit)),
            "trend": "same" if small else _trend(metric, change),
        })  # fmt: skip
    return found


def both_ranges(row: Row) -> str:
    """What stands under a tile's number: its range, and of a price both bands by name."""
    text = without_base(range_text(row.shown("scenario"), row.unit))
    return both_bands(text, row.scenario) if row.banded else text


def _trend(metric: str, change: float) -> str:
    """Better or worse where people agree which it is; else higher or lower: a ban makes one buy less from a rival."""
    good = GOOD.get(metric)
    if good is None:
        return "higher" if change > 0 else "lower"
    return "better" if change * good > 0 else "worse"


def without_base(text: str) -> str:
    """A tile has little room: its label says what is multiplied."""
    return text.replace(" base price", "")


def fares(run: Live) -> dict[str, dict[str, str]]:
    """For each mineral computed, the worst that happens to any consumer of its most moved product."""
    found: dict[str, dict[str, str]] = {}
    moves, ceiling = movement(run.rows), ceiling_of(run.scenario)
    for name in dict.fromkeys(mineral(product) for product in moves):
        product = max((p for p in moves if mineral(p) == name), key=lambda p: moves[p])
        rows = [row for row in run.rows if row.product == product and row.scenario[1] is not None]
        prices = [row for row in rows if row.metric == "peak_price_multiple"]
        dearest = max(prices, key=lambda row: row.scenario[1] or 0.0, default=None)
        price = (dearest.scenario[1] if dearest else None) or 1.0
        seen = (dearest.shown("scenario")[1] if dearest else None) or 1.0
        worst = [(row.difference[1] or 0.0, row.scenario[1] or 0.0) for row in rows if row.metric == "short_share"]
        more, short = max(worst, default=(0.0, 0.0))
        level = "bad" if more > 0.1 or price > 3 else "felt" if more > 0.01 or price > 1.25 else "calm"
        told = told_at_ceiling(ceiling) if at_ceiling(price, ceiling) else f"{seen:.1f} x"
        found[name] = {"product": run.catalog.products[product].name, "price": told, "short": f"{100 * short:.0f} %",
                       "level": level}  # fmt: skip
    return found


def about(scenario: Scenario, catalog: Catalog, minerals: tuple[str, ...]) -> dict[str, Any]:
    """What the page needs to know of a scenario before anything is computed."""
    names = Names(catalog)
    return {
        "name": scenario.name,
        "title": scenario.title,
        "question": scenario.question,
        "start": scenario.start,
        "months": scenario.months,
        "look": look_ahead(scenario),
        "minerals": [
            {"id": name, "name": name.replace("_", " ").capitalize(),
             "products": [{"id": p.id, "name": names.product(p.id)} for p in catalog.chain(name)]}
            for name in minerals
        ],
        "regions": {r: names.region(r) for r in scenario.consumers},
        "forms": forms(scenario),
        "choices": choices(scenario, catalog, minerals),
    }  # fmt: skip


def look_ahead(scenario: Scenario) -> int:
    """Months that show a scenario's events to a year after their end, or its contracts three years after they start."""
    ends = [
        float(scenario.values[f"events.{name}.starts"])
        + min(float(scenario.values.get(f"events.{name}.lasts", 12.0)), 48.0) + 12.0
        for name in scenario.events
    ]  # fmt: skip
    starts = [c.starts + 36.0 for c in scenario.contracts.values() if not isinstance(c, NoFlow)]
    needed = max(ends or starts or [0.0]) - scenario.start
    return next((months for months in LOOKS if months >= needed), LOOKS[-1])


def finite(document: Any) -> Any:
    """The document with every number that JSON has no word for as null."""
    if isinstance(document, Mapping):
        return {key: finite(value) for key, value in document.items()}
    if isinstance(document, list | tuple):
        return [finite(value) for value in document]
    if isinstance(document, float | np.floating):
        return float(document) if np.isfinite(document) else None
    return int(document) if isinstance(document, np.integer) else document
