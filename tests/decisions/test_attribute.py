"""What each deal adds: a short halt of antimony with a mine, a contract for its metal, and one that never happens."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import supplysim
from supplysim.batch.engine import engine_for
from supplysim.decisions.attribute import METRICS, _orders, _sampled, attribute, document, ranked
from supplysim.errors import InputError
from supplysim.results.metrics import Key

TEXT = """format: 1
title: Deals under a halt
extends: baseline
scope: [antimony, tungsten]
horizon: {start: 2026-01, months: 18}
draws: 3
seed: 11
consumers: [USA]
events:
  halt: {kind: export_ban, product: antimony.metal, from: CHN, to: [USA], starts: 2026-07, lasts: 8 months}
contracts:
  deal: {kind: take_or_pay, product: antimony.metal, from: TJK, to: USA, volume: 3 kt/yr, new_capacity: 3 kt/yr,
         starts: 2026-03, ramp: 1 month, capex: 30 m USD}
  idle: {kind: option, product: antimony.metal, from: TJK, to: USA, volume: 1 kt/yr, starts: 2026-03, realised: 0%}
projects:
  mine: {product: antimony.concentrate, region: TJK, size: 4 kt/yr, starts: 2026-02, ramp: 1 month}
  home: {product: tungsten.concentrate, region: KAZ, size: 1 kt/yr, starts: 2026-02, ramp: 1 month}
  sure: {product: antimony.concentrate, region: AUS, size: 1 kt/yr, starts: 2026-02, independent: true}
"""
SHORT = Key("short_t", "antimony.metal", "USA")


@pytest.fixture(scope="module")
def scenario(tmp_path_factory):
    path = Path(tmp_path_factory.mktemp("deals")) / "deals.yaml"
    path.write_text(TEXT, encoding="utf-8")
    return supplysim.load(path)


@pytest.fixture(scope="module")
def found(scenario):
    return attribute(scenario, engine=engine_for("auto"))


def part(found, deal, key=SHORT):
    return next(p for p in found.parts if p.deal.id == deal and p.key == key)


def test_values_of_all_deals_sum_to_what_they_do_together(found):
    for key, total in found.total.items():
        told = sum(p.shapley for p in found.parts if p.key == key)
        np.testing.assert_allclose(told, total, rtol=1e-9, atol=1e-9 * np.abs(found.without[key]).max())


def test_a_deal_that_does_nothing_adds_nothing(found):
    idle = [p for p in found.parts if p.deal.id == "idle"]
    assert len(idle) >= len(METRICS)
    for each in idle:
        np.testing.assert_allclose(each.leave_one_out, 0.0, atol=1e-12 * np.abs(found.without[each.key]).max())


def test_total_is_what_a_run_says_of_the_contracts(found, scenario):
    """The run's world without contracts is the game's empty coalition, draw by draw."""
    metrics = supplysim.run(scenario).metrics
    for metric in METRICS:
        key = SHORT._replace(metric=metric)
        effect = metrics["scenario"][key] - metrics["without_contracts"][key]
        np.testing.assert_allclose(found.total[key], effect, rtol=1e-9, atol=1e-9)
    assert (found.total[SHORT] < -10).all()


def test_a_piece_of_the_chain_is_a_game_of_its_own(found):
    """Three deals of antimony and one of tungsten: 8 + 2 coalitions and not 16; what stands without deals is none."""
    assert found.simulated == 10
    assert {p.deal.id for p in found.parts} == {"deal", "idle", "mine", "home"}
    assert not [p for p in found.parts if p.deal.id == "home" and p.key.product.startswith("antimony")]


def test_dollars_are_told_for_each_tonne_less(found):
    row = next(r for r in document(found)["contracts"]
               if (r["id"], r["metric"], r["product"]) == ("deal", "short_t", "antimony.metal"))  # fmt: skip
    assert row["cost_usd"] == 30e6
    assert row["usd_per_point"] == pytest.approx(30e6 / -row["shapley"]["p50"])
    assert row["shapley_error"] is None


def test_what_moves_most_comes_first(found):
    groups = ranked(found, "short_t")
    assert groups[0][0] == SHORT
    assert groups[0][1][0].deal.id == "deal"


def test_sampled_orders_share_out_the_total_too():
    """A game in which pairs help each other: any set of orders gives shares that sum to the whole, with an error."""
    weight = np.array([3.0, 1.0, 2.0, 5.0])
    inside = [np.array([mask >> k & 1 for k in range(4)], dtype=bool) for mask in range(16)]
    value = {mask: {SHORT: np.array([weight[s].sum() + s[0] * s[3] * 4.0])} for mask, s in enumerate(inside)}
    orders = _orders(4, seed=1)
    shares = [_sampled(value, SHORT, k, orders) for k in range(4)]
    assert sum(share[0] for share, _ in shares) == pytest.approx(15.0, rel=1e-12)
    assert shares[0][0][0] == pytest.approx(5.0), "a pair's gain is halved by an order and its reverse"
    assert all(error < 1e-12 for _, error in shares)


def test_a_scenario_without_deals_is_told_so():
    with pytest.raises(InputError, match="no contract or project"):
        attribute(supplysim.load("baseline"))
