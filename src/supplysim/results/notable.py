"""Which products a scenario moves, and how much."""

from __future__ import annotations

from collections.abc import Sequence

from supplysim.results.summary import Row

NOTABLE = {"short_share": 0.005, "peak_price_multiple": 0.05, "bought_abroad_share": 0.01, "rival_share": 0.01}
"""A product is worth showing when one of these metrics moves by at least this much at the median for some consumer."""


def movement(rows: Sequence[Row]) -> dict[str, float]:
    """Each product's largest median change over its consumers, in multiples of what is notable."""
    found = dict.fromkeys((row.product for row in rows), 0.0)
    for row in rows:
        if row.metric in NOTABLE:
            found[row.product] = max(found[row.product], abs(row.difference[1] or 0.0) / NOTABLE[row.metric])
    return found


def notable(rows: Sequence[Row]) -> list[str]:
    """Products that the scenario moves; the final product of every mineral if it moves none."""
    moved = [product for product, size in movement(rows).items() if size >= 1.0]
    final = {row.mineral: row.product for row in rows}
    return moved or list(final.values())
