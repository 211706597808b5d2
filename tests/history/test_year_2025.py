"""The prices of 2025 beside published ones: what is printed is what was run, misses included."""

from __future__ import annotations

import pytest

from supplysim.history.year_2025 import Checked, Published, play, published, section, table


def test_a_price_is_a_multiple_of_the_year_before() -> None:
    row = Published("antimony.metal", "USA", "metal", 10.0, 25.0, "USD/lb", "somewhere", "")
    assert row.multiple == 2.5
    assert Checked(row, 2.0, 2.4, 2.5).inside
    assert not Checked(row, 2.0, 2.2, 2.4).inside


def test_every_figure_has_its_source_and_every_miss_is_told() -> None:
    assert all(row.source.startswith("USGS Mineral Commodity Summaries 2026") for row in published())
    checked = play()
    text = section(checked)
    for row in checked:
        assert row.inside or row.published.lacking
        assert row.inside or f"**{row.published.product}, {row.published.region}**" in text
    assert len(table(checked).rows) == len(published())


def test_what_was_banned_got_dear_and_what_was_not_did_not() -> None:
    found = {(row.published.product, row.published.region): row.middle for row in play()}
    assert found["antimony.metal", "USA"] > 1.5
    assert found["gallium.primary", "USA"] > 1.2
    assert found["gold.refined", "USA"] == pytest.approx(1.0, abs=0.02)


def test_following_the_year_is_better_than_no_change() -> None:
    checked = play()
    flat = [Checked(row.published, 1.0, 1.0, 1.0).error for row in checked]
    assert sum(row.error for row in checked) < sum(flat)
