"""The prices of 2025 beside published ones: what is printed is what was run, misses included."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from supplysim.history.year_2025 import Checked, Outer, Published, document, play, published, reasons, section, table


def antimony(price: float, output: float = 100.0) -> Published:
    """Antimony at 10 USD/lb and 100 t the year before."""
    return Published(
        "antimony.metal", "USA", "metal", 10.0, price, "USD/lb", "somewhere", "antimony.concentrate", 100.0, output, ""
    )


def checked(row: Published, low: float, middle: float, high: float) -> Checked:
    """Beside a model whose output stays as it is and whose elasticities add up to a half."""
    return Checked(row, low, middle, high, Outer(0.5, 2.0, 0.5, 0.1, 0.1), 1.0, 0.5)


def test_a_price_is_a_multiple_of_the_year_before() -> None:
    row = antimony(25.0)
    assert row.multiple == 2.5
    assert checked(row, 2.0, 2.4, 2.5).inside
    assert not checked(row, 2.0, 2.2, 2.4).inside


@pytest.mark.parametrize(
    ("price", "output", "side"),
    [(12.0, 110.0, "demand"), (12.0, 90.0, "supply"), (8.0, 90.0, "demand"), (8.0, 110.0, "supply")],
)
def test_what_is_dearer_and_more_was_wanted_and_what_is_dearer_and_less_was_missing(price, output, side) -> None:
    """The model has price and output of the year before: the signs of both misses tell the curve that moved."""
    assert checked(antimony(price, output), 0.9, 1.0, 1.1).side == side


def test_the_shift_is_that_of_the_one_market_formula() -> None:
    """21 % dearer at elasticities that add up to a half: a tenth more demand."""
    assert checked(antimony(12.1), 0.9, 1.0, 1.1).shift == pytest.approx(0.1)


def test_where_output_is_not_known_no_side_is_told() -> None:
    row = replace(antimony(12.0), made="", made_2024=float("nan"), made_2025=float("nan"))
    assert checked(row, 0.9, 1.0, 1.1).side == ""
    json.dumps(document([checked(row, 0.9, 1.0, 1.1)]), allow_nan=False)
    assert "not known" in reasons([checked(row, 0.9, 1.0, 1.1)]).rows[0]


def test_the_outer_band_holds_what_a_year_of_such_a_market_does() -> None:
    for row in play():
        assert row.outer.low < row.low <= row.high < row.outer.high
        assert 0.0 < row.outer.place < 1.0


def test_every_figure_has_its_source_and_every_miss_is_told() -> None:
    assert all(row.source.startswith("USGS Mineral Commodity Summaries 2026") for row in published())
    found = play()
    text = section(found)
    for row in found:
        assert row.inside or row.published.lacking
        assert row.inside or f"**{row.published.product}, {row.published.region}**" in text
    assert len(table(found).rows) == len(reasons(found).rows) == len(published())


def test_what_was_banned_got_dear_and_what_was_not_did_not() -> None:
    found = {(row.published.product, row.published.region): row.middle for row in play()}
    assert found["antimony.metal", "USA"] > 1.5
    assert found["gallium.primary", "USA"] > 1.2
    assert found["gold.refined", "USA"] == pytest.approx(1.0, abs=0.02)


def test_following_the_year_is_better_than_no_change() -> None:
    flat = [replace(row, low=1.0, middle=1.0, high=1.0).error for row in play()]
    assert sum(row.error for row in play()) < sum(flat)
