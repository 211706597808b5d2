"""Which products a scenario moves and how much, and which consumer it hits hardest."""

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


ALIKE = 0.05
"""Shares of need short in the worst twelve months that are this near are told apart by tonnes."""


def worth_short(rows: Sequence[Row]) -> dict[str, float]:
    """What each product's consumers lack beyond the baseline, at base prices (USD), at the median; none where nobody's
    worst twelve months are notably worse."""
    years = [row for row in rows if row.metric == "worst_year_short_share"]
    worse = {(row.product, row.region) for row in years if (row.difference[1] or 0.0) >= NOTABLE["short_share"]}
    found: dict[str, float] = {}
    for row in rows:
        if row.metric == "short_usd" and (row.product, row.region) in worse:
            found[row.product] = found.get(row.product, 0.0) + max(row.difference[1] or 0.0, 0.0)
    return found


def hardest_hit(rows: Sequence[Row], product: str) -> list[str]:
    """The consumers of a product, the one that is hit hardest first.

    By the share of need that they lack in their worst twelve months beyond the baseline, and in tonnes where two are
    alike in that; where nobody is notably short by the rise of the peak price, then by how far purchases move.
    """
    change = {(row.metric, row.region): row.difference[1] or 0.0
              for row in rows if row.product == product and not row.contract}  # fmt: skip
    left = list(dict.fromkeys(region for metric, region in change if metric == "short_t"))
    short = {region: change.get(("worst_year_short_share", region), 0.0) for region in left}

    def otherwise(region: str) -> tuple[float, float]:
        price = change.get(("peak_price_multiple", region), 0.0)
        moved = sum(abs(change.get((metric, region), 0.0)) for metric in ("rival_share", "bought_abroad_share"))
        return (price if price >= NOTABLE["peak_price_multiple"] else 0.0, moved)

    found: list[str] = []
    while left:
        most = max(short[region] for region in left)
        if most >= NOTABLE["short_share"]:
            alike = [r for r in left if short[r] >= most - min(ALIKE, most / 2)]
            first = max(alike, key=lambda r: change["short_t", r])
        else:
            first = max(left, key=otherwise)
        found.append(first)
        left.remove(first)
    return found


def notable(rows: Sequence[Row]) -> list[str]:
    """Products that the scenario moves; the final product of every mineral if it moves none."""
    moved = [product for product, size in movement(rows).items() if size >= 1.0]
    final = {row.mineral: row.product for row in rows}
    return moved or list(final.values())
