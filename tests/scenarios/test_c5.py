"""The C5+1 deals: all are listed, and what moves a mineral adds up."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from supplysim.assembly.chain import Deal
from supplysim.batch.execute import execute
from supplysim.decisions.attribute import Task, games_of, simulated
from supplysim.results.metrics import Key
from supplysim.scenario import Scenario
from supplysim.world import load

Shipped = Callable[[str], Scenario]
ANNOUNCED = {
    "kazakhstan-package": 17.2e9, "uzbekistan-package-3-years": 35e9, "uzbekistan-package-10-years": 100e9,
    "boeing-air-astana": 7e9, "wabtec-ktz": 4.2e9, "john-deere": 2.5e9, "leidos-air-traffic": 0.2e9,
    "kazakh-ai-partnerships": 3.7e9, "cerberus-fund": 0.25e9, "exim-dfc-letters": 1.6e9,
    "erg-mitsubishi": 20e6, "project-vault": 12e9,
}  # fmt: skip
SILENT = {
    "kazakhstan-minerals-mou", "kuirektykol", "denali-uzbekistan", "reelement-uzbekistan", "uzbekistan-nuclear-mou",
    "boeing-central-asia", "cove-definitive", "uzbekistan-mou-2026", "dfc-uzbekistan", "traxys-2026", "bishkek",
    "kazakhstan-20-of-60", "sarytogan", "kutessay", "uzbek-tungsten-partners",
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
    assert 0.4 * imports < deals.contracts["cove-us"].volume < imports  # of gross imports, 8.7 kt


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


def test_a_contract_that_takes_nearly_all_of_a_plant_costs_its_buyer_no_fortune(shipped: Shipped) -> None:
    """With little left outside the contract the gate's price is nobody's: the cost was 4 to 66 bn USD by it."""
    metrics = execute(replace(shipped("c5-contracts"), draws=32)).metrics
    key = Key("supply_cost_usd", "tungsten.apt", "USA")
    assert np.quantile(metrics["scenario"][key], 0.95) < 2.5 * np.median(metrics["baseline"][key])


def test_the_best_case_less_the_worst_is_what_the_deals_share_out(shipped: Shipped) -> None:
    """All deals less none of them, in the same halt and draws; the Chinese mine of Boguty stands in both."""
    names = ("all-c5-deals-realised", "no-c5-deals")
    best, worst = (replace(shipped(name), draws=2) for name in names)
    deals = next(game for game in games_of(load(), best) if Deal("contracts", "cove-us") in game)
    whole = (1 << len(deals)) - 1
    value = simulated(Task(best, 0, 2, deals, (0, whole), "numpy"))
    without = execute(worst).metrics["scenario"]
    for region in ("USA", "EU27", "JPN"):
        key = Key("short_t", "tungsten.apt", region)
        np.testing.assert_allclose(value[whole][key] - value[0][key], value[whole][key] - without[key], rtol=0.02)
