"""What counts as moved."""

from __future__ import annotations

from supplysim.results.notable import NOTABLE, hardest_hit, movement, notable, worth_short
from supplysim.results.summary import Row


def row(metric: str, product: str, difference: float | None, region: str = "USA") -> Row:
    band = (difference, difference, difference)
    return Row(metric, product.partition(".")[0], product, region, "", "share", band, band, band, None, None, 1)


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


def consumer(region: str, share: float, tonnes: float, price: float = 0.0) -> list[Row]:
    found = {"worst_year_short_share": share, "short_t": tonnes, "short_usd": 1000.0 * tonnes,
             "peak_price_multiple": price}  # fmt: skip
    return [row(metric, "copper.refined", value, region) for metric, value in found.items()]


def test_the_largest_share_of_need_is_hit_hardest_and_tonnes_tell_alike_ones_apart():
    rows = [*consumer("USA", 0.30, 100.0), *consumer("KOR", 0.60, 10.0), *consumer("EU27", 0.58, 50.0)]
    assert hardest_hit(rows, "copper.refined") == ["EU27", "KOR", "USA"]


def test_a_hundredth_is_not_alike_to_half_of_it():
    rows = [*consumer("USA", 0.010, 1.0), *consumer("KOR", 0.004, 100.0)]
    assert hardest_hit(rows, "copper.refined") == ["USA", "KOR"]


def test_where_nobody_is_short_the_price_decides():
    rows = [*consumer("USA", 0.0, 0.0, 0.2), *consumer("KOR", 0.001, 5.0, 0.7)]
    assert hardest_hit(rows, "copper.refined") == ["KOR", "USA"]
    assert worth_short(rows) == {}


def test_a_shortage_is_worth_its_tonnes_at_base_prices():
    rows = [*consumer("USA", 0.30, 100.0), *consumer("KOR", 0.001, 10.0)]
    assert worth_short(rows) == {"copper.refined": 100_000.0}
