"""Published numbers stand beside the base year's, and where they part the table says why."""

from __future__ import annotations

import pytest

from supplysim.world import World
from supplysim.world.published import QUANTITIES, Published, published

MOST_UNEXPLAINED = 8


@pytest.fixture(scope="module")
def rows(world: World) -> tuple[Published, ...]:
    return published(world)


def ours(rows: tuple[Published, ...], product: str, quantity: str, region: str) -> Published:
    (row,) = [row for row in rows if (row.product, row.quantity, row.region) == (product, quantity, region)]
    return row


def test_at_least_a_hundred_numbers_are_compared_and_few_differ_without_a_reason(rows: tuple[Published, ...]) -> None:
    assert len(rows) >= 100
    assert {row.quantity for row in rows} == set(QUANTITIES)
    unexplained = [row for row in rows if row.far and not row.reason]
    assert len(unexplained) <= MOST_UNEXPLAINED, unexplained
    assert all(row.fact.source for row in rows)


@pytest.mark.parametrize("region", ["UZB>CHE", "KAZ>CHE"])
def test_central_asian_gold_goes_to_switzerland_as_customs_say(rows: tuple[Published, ...], region: str) -> None:
    assert ours(rows, "gold.dore+gold.refined", "flow", region).ratio == pytest.approx(1, abs=0.25)


def test_american_tungsten_goes_both_ways_and_stock_building_is_no_use(
    rows: tuple[Published, ...], world: World
) -> None:
    for quantity in ("imports", "exports"):
        assert ours(rows, "tungsten.apt", quantity, "USA").ratio == pytest.approx(1, abs=0.01)
    assert ours(rows, "antimony.metal", "purchases", "USA").ratio == pytest.approx(1, abs=0.05)
    bought = {b.user: b.requirement for b in world.base["antimony.metal"].buyers if b.region == "USA"}
    assert bought["stock_change"] == pytest.approx(28600 - 20700, rel=0.1)


@pytest.mark.parametrize("region", ["MDG", "MEX", "TZA", "UKR"])
def test_graphite_exported_beyond_output_is_told(rows: tuple[Published, ...], world: World, region: str) -> None:
    row = ours(rows, "graphite.natural", "exports", region)
    assert row.value > world.base["graphite.natural"].output()[region] >= row.ours
    assert "exports exceed what is made" in row.reason


def test_a_flow_is_a_link_and_reliance_is_net_imports_over_all_that_is_bought(
    rows: tuple[Published, ...], world: World
) -> None:
    copper = world.base["copper.concentrate"].trade()
    assert ours(rows, "copper.concentrate", "flow", "KAZ>CHN").ours == copper["KAZ", "CHN"]
    market = world.base["copper.refined"]
    trade = market.trade()
    net = sum(t for (a, b), t in trade.items() if b == "USA" != a) - sum(
        t for (a, b), t in trade.items() if a == "USA" != b
    )
    bought = sum(t for (_, b), t in trade.items() if b == "USA")
    assert ours(rows, "copper.refined", "net_import_reliance", "USA").ours == pytest.approx(net / bought)
