"""A scenario written out runs on its own and is the same scenario."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from supplysim.scenario import Scenario, cells, digest, load, shipped, to_yaml

RICH = """
horizon: {start: 2027-02, months: 60}
model: {variety_cost: off, price_ceiling: 12.5}
minerals: {tungsten: {apt: {price: 41.7 USD/kg, trade: {KAZ: {USA: {lead_time: 3 months}}}}}}
contracts:
  a: {product: tungsten.apt, from: KAZ, to: USA, volume: 33.3 kt/month, starts: 2028-01, kind: option,
      delay: {dist: normal, mean: 0.1 years, sd: 2 weeks, low: 0 months}}
  b: {title: "1e5", kind: no_flow, note: "yes: no # ~", source: 'off'}
events:
  x: {kind: tariff, product: "*", from: others, to: USA, rate: 33.3%, starts: 2028-01,
      recovery: {shape: exponential, over: 10 days}}
  y: {kind: stockpile_release, product: tungsten.apt, region: USA, volume: 1.1 kt,
      starts: {dist: uniform, p10: 2028-01, p90: 2029-05}}
corridors:
  c: {legs: {sea: {mode: sea, service: 30 hours, closed: 3%}}, serves: [{from: KAZ, to: USA, share: 7%}]}
uncertain:
  minerals.*.*.demand.elasticity: {dist: discrete, values: [0.1, 0.35], weights: [1, 2]}
set: {minerals.tungsten.*.trade.sigma: 0.37x, stockpiles.*.tungsten.target: 1.1x}
sweep: {s: {contracts.a.volume: [0 t/yr, 0.3x]}, cases: [{label: l, set: {draws: 4}}]}
sources: {usgs.gov: MCS}
"""


@pytest.mark.parametrize("everything", [False, True])
def test_what_is_written_is_the_same_scenario(write: Callable[..., Path], *, everything: bool) -> None:
    scenario = load(write(RICH))
    again = load(write(to_yaml(scenario, everything=everything, origin=True), "again.yaml"))

    assert dict(again.values) == dict(scenario.values)
    assert dict(again.uncertain) == dict(scenario.uncertain)
    assert digest(again) == digest(scenario)
    assert [digest(c.scenario) for c in cells(again)] == [digest(c.scenario) for c in cells(scenario)]


@pytest.mark.parametrize("name", shipped())
def test_every_shipped_scenario_comes_back(name: str, write: Callable[..., Path]) -> None:
    scenario = load(name)

    assert digest(load(write(to_yaml(scenario), "again.yaml"))) == digest(scenario)


def test_the_digest_heeds_what_decides_and_nothing_else(read: Callable[..., Scenario]) -> None:
    known = digest(read("draws: 8\n"))

    assert digest(read("format: 1\ntitle: another\nquestion: why?\ndraws: 8\n")) == known
    assert digest(read("draws: 9\n")) != known
    assert digest(read("draws: 8\n", "minerals.tungsten.apt.price=30 USD/kg")) != known


def test_every_value_says_where_it_comes_from(read: Callable[..., Scenario]) -> None:
    text = to_yaml(read("draws: 8\n", "seed=3"), origin=True, everything=True)
    lines = {line.split(":")[0].strip(): line for line in text.splitlines()}

    assert lines["draws"].endswith("s.yaml:3")
    assert lines["seed"] == "seed: 3  # --set"
    assert lines["sampler"] == "sampler: sobol  # default"
    assert "# world " in lines["price"]
