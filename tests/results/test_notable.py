"""What counts as moved."""

from __future__ import annotations

from supplysim.results.notable import NOTABLE, movement, notable
from supplysim.results.summary import Row


def row(metric: str, product: str, difference: float | None) -> Row:
    band = (difference, difference, difference)
    return Row(metric, product.partition(".")[0], product, "USA", "", "share", band, band, band, None, None, 1)


def test_a_product_moves_by_its_largest_change():
    rows = [row("rival_share", "copper.refined", -0.03), row("rival_share", "copper.refined", 0.01),
            row("supply_cost_usd", "copper.refined", 1e9)]  # fmt: skip
    assert movement(rows) == {"copper.refined": 0.03 / NOTABLE["rival_share"]}


def test_what_hardly_moves_is_left_out():
    rows = [row("rival_share", "copper.concentrate", 0.001), row("bought_abroad_share", "copper.refined", 0.5)]
    assert notable(rows) == ["copper.refined"]


def test_where_nothing_moves_final_products_are_shown():
    rows = [row("rival_share", "copper.concentrate", None), row("rival_share", "copper.refined", 0.0)]
    assert notable(rows) == ["copper.refined"]
