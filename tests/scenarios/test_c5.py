"""The C5+1 deals: all are listed, and what moves a mineral adds up."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from supplysim.scenario import Scenario
from supplysim.world import load

Shipped = Callable[[str], Scenario]
ANNOUNCED = {
    "kazakhstan-package": 17.2e9, "uzbekistan-package-3-years": 35e9, "uzbekistan-package-10-years": 100e9,
    "boeing-air-astana": 7e9, "wabtec-ktz": 4.2e9, "john-deere": 2.5e9, "leidos-air-traffic": 0.2e9,
    "kazakh-ai-partnerships": 3.7e9, "cerberus-fund": 0.25e9, "exim-dfc-letters": 1.6e9,
}  # fmt: skip
SILENT = {
    "kazakhstan-minerals-mou", "kuirektykol", "denali-uzbekistan", "reelement-uzbekistan", "uzbekistan-nuclear-mou",
    "boeing-central-asia",
}  # fmt: skip
COVE = ("cove-us", "cove-eu", "cove-japan", "cove-korea")


@pytest.fixture
def deals(shipped: Shipped) -> Scenario:
    return shipped("c5-contracts")


def test_every_announced_sum_is_listed_as_announced(deals: Scenario) -> None:
    for key, amount in ANNOUNCED.items():
        assert deals.contracts[key].kind == "no_flow"
        assert deals.contracts[key].capex == pytest.approx(amount)


def test_deals_without_a_sum_are_listed_too(deals: Scenario) -> None:
    assert {key for key, deal in deals.contracts.items() if deal.kind == "no_flow"} == {*ANNOUNCED, *SILENT}


def test_the_tungsten_mines_are_as_large_and_dear_as_announced(deals: Scenario) -> None:
    mines = [deals.projects["north-katpar"], deals.projects["upper-kairakty"]]
    assert sum(mine.size for mine in mines) == pytest.approx(12_000)
    assert sum(mine.capex for mine in mines) == pytest.approx(1.1e9)


def test_no_more_tungsten_is_sold_than_the_ore_gives(deals: Scenario) -> None:
    recovery = load().base["tungsten.apt"].product.yield_
    plant = deals.projects["kazakh-apt"].size
    assert plant == pytest.approx(12_000 * recovery)
    assert sum(deals.contracts[key].volume for key in COVE) == pytest.approx(plant)


def test_the_us_is_not_made_to_take_more_than_it_imports(deals: Scenario) -> None:
    market = load().base["tungsten.apt"]
    abroad = [s.region != "USA" for s in market.suppliers]
    use = [b.region == "USA" for b in market.buyers]
    imports = market.flow[abroad][:, use].sum()
    assert 0.5 * imports < deals.contracts["cove-us"].volume < imports


def test_uranium_is_split_as_american_purchases_are_enriched(deals: Scenario) -> None:
    """American plants take 27 % of what American utilities buy; the rest is enriched abroad."""
    american, european = deals.contracts["kazakh-uranium-us"], deals.contracts["kazakh-uranium-eu"]
    market = load().base["uranium.concentrate"]
    bought = market.flow[:, [b.region == "USA" for b in market.buyers]].sum()
    assert american.volume / (american.volume + european.volume) == pytest.approx(bought / 21_502, abs=0.01)


def test_the_best_and_the_worst_case_differ_in_what_is_built_alone(shipped: Shipped) -> None:
    best, worst = shipped("all-c5-deals-realised"), shipped("no-c5-deals")
    differ = {key for key in best.values if best.values[key] != worst.values.get(key)}
    assert differ
    assert all(key.endswith(".realised") for key in differ)
    assert all(best.values[key] == 1.0 and worst.values[key] == 0.0 for key in differ)
