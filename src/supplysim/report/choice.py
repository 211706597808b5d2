"""What the page shows: the products and consumers that a scenario moves most."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from supplysim.report.source import Run
from supplysim.report.timing import spans
from supplysim.results.notable import hardest_hit, movement, worth_short
from supplysim.scenario.schema.contracts import NoFlow

MOST_PRODUCTS = 4
MOST_WITH_CONTRACTS = 6
MOST_REGIONS = 6


@dataclass(frozen=True)
class Choice:
    """Products, the most moved first, with the consumers of each, and the year in which each moves most (from 0)."""

    products: tuple[str, ...]
    regions: dict[str, tuple[str, ...]]
    year: dict[str, int]
    moved: tuple[str, ...]

    @property
    def product(self) -> str:
        """The product in focus."""
        return self.products[0]

    @property
    def region(self) -> str:
        """The consumer in focus."""
        return self.regions[self.product][0]

    def pairs(self) -> list[tuple[str, str]]:
        """Every product with each of its consumers."""
        return [(product, region) for product in self.products for region in self.regions[product]]


def choose(run: Run) -> Choice:
    """Products that move notably, then contracts' products; if there are none, what events touch, or the final ones."""
    order = looked_at_first(run)
    moves, worth = movement(run.rows), worth_short(run.rows)
    ranked = [p for p in order if moves[p] >= 1.0 or worth.get(p)]
    signed = [p for p in order if p in contracted(run)]
    touched = [p for span in spans(run) for p in span.products if p in order and len(span.products) < len(order)]
    final = [p for p in order if run.catalog.products[p].final]
    lead = [] if run.scenario.happening else signed
    products = tuple(dict.fromkeys([*lead, *ranked[:MOST_PRODUCTS], *signed]))[:MOST_WITH_CONTRACTS]
    products = products or tuple(dict.fromkeys(touched))[:MOST_PRODUCTS]
    products = products or tuple(sorted(final, key=lambda p: (-_need(run, p), p))[:MOST_WITH_CONTRACTS])
    regions = {product: consumers(run, product) for product in products}
    return Choice(products, regions, {p: year_of_change(run, p) for p in products}, tuple(ranked))


def looked_at_first(run: Run) -> list[str]:
    """Every product that a consumer uses, the one to look at first: where nothing breaks the one of the largest
    contract, then the one whose shortage is worth most, then the one that moves most."""
    moves, worth = movement(run.rows), worth_short(run.rows)
    deals = {} if run.scenario.happening else contracted(run)
    asked = {row.product for row in run.rows if row.metric == "short_t" and row.region in run.scenario.consumers}
    largest = {product: max(volumes.values()) for product, volumes in deals.items()}
    return sorted(asked, key=lambda p: (-largest.get(p, -1.0), -worth.get(p, 0.0), -moves[p], p))


def contracted(run: Run) -> dict[str, dict[str, float]]:
    """What contracts state for each product and receiver, t a year: the largest volume, 0 where none is stated."""
    found: dict[str, dict[str, float]] = {}
    for deal in run.scenario.contracts.values():
        if not isinstance(deal, NoFlow):
            of_product = found.setdefault(deal.product, {})
            of_product[deal.to] = max(of_product.get(deal.to, 0.0), getattr(deal, "volume", None) or 0.0)
    return found


def _need(run: Run, product: str) -> float:
    """The largest share of need short among consumers."""
    rows = [run.row("short_share", product, region) for region in consumers(run, product)]
    return max((row.scenario[1] or 0.0 for row in rows if row), default=0.0)


def consumers(run: Run, product: str) -> tuple[str, ...]:
    """The scenario's consumers that use a product, the one hit hardest first; where nothing breaks and contracts are
    signed, the receiver of the largest first."""
    asked = [r for r in hardest_hit(run.rows, product) if r in run.scenario.consumers]
    deals = {} if run.scenario.happening else contracted(run).get(product, {})
    return tuple(sorted(asked, key=lambda r: -deals.get(r, -1.0))[:MOST_REGIONS])


def year_of_change(run: Run, product: str) -> int:
    """The year in which flows differ most from the baseline; the last whole year where they never do."""
    before, after = run.trade("baseline", product), run.trade("scenario", product)
    zero = np.zeros(len(run.years))
    change = sum((np.abs(after.get(k, zero) - before.get(k, zero)) for k in {*before, *after}), zero)
    whole = max(run.scenario.months // 12, 1)
    total = sum(before.values(), zero)[:whole]
    change = change[:whole]
    return run.highest(change, 12) if (change > 1e-3 * np.maximum(total, 1e-9)).any() else whole - 1
