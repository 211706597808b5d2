"""What the page shows: the products and consumers that a scenario moves most."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from supplysim.report.source import Run
from supplysim.report.timing import spans
from supplysim.results.notable import movement

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
    moves = {product: size for product, size in movement(run.rows).items() if consumers(run, product)}
    ranked = [p for p, size in sorted(moves.items(), key=lambda item: -item[1]) if size >= 1.0]
    signed = [c.product for c in run.scenario.contracts.values() if c.kind != "no_flow" and c.product in moves]
    touched = [p for span in spans(run) for p in span.products if p in moves and len(span.products) < len(moves)]
    final = [p for p in moves if run.catalog.products[p].final]
    products = tuple(dict.fromkeys([*ranked[:MOST_PRODUCTS], *signed]))[:MOST_WITH_CONTRACTS]
    products = products or tuple(dict.fromkeys(touched))[:MOST_PRODUCTS]
    products = products or tuple(sorted(final, key=lambda p: (-_need(run, p), p))[:MOST_WITH_CONTRACTS])
    regions = {product: consumers(run, product) for product in products}
    return Choice(products, regions, {p: year_of_change(run, p) for p in products}, tuple(ranked))


def _need(run: Run, product: str) -> float:
    """The largest share of need short among consumers."""
    rows = [run.row("short_share", product, region) for region in consumers(run, product)]
    return max((row.scenario[1] or 0.0 for row in rows if row), default=0.0)


def consumers(run: Run, product: str) -> tuple[str, ...]:
    """The scenario's consumers that use a product, in the scenario's order."""
    asked = [r for r in run.scenario.consumers if run.row("short_t", product, r)]
    return tuple(asked[:MOST_REGIONS])


def year_of_change(run: Run, product: str) -> int:
    """The year in which flows differ most from the baseline; the last whole year where they never do."""
    before, after = run.trade("baseline", product), run.trade("scenario", product)
    zero = np.zeros(len(run.years))
    change = sum((np.abs(after.get(k, zero) - before.get(k, zero)) for k in {*before, *after}), zero)
    whole = max(run.scenario.months // 12, 1)
    total = sum(before.values(), zero)[:whole]
    return int(np.argmax(change[:whole])) if (change[:whole] > 1e-3 * np.maximum(total, 1e-9)).any() else whole - 1
