"""A scenario written out runs on its own and is the same scenario."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from supplysim.scenario import Scenario, load, shipped, shipped_folder
from supplysim.scenario.json_schema import json_schema
from supplysim.scenario.nodes import plain
from supplysim.scenario.params import markdown, params
from supplysim.scenario.places import Report
from supplysim.scenario.reader import read_file
from supplysim.scenario.world_names import of_world

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
    again = load(write(scenario.to_yaml(everything=everything, origin=True), "again.yaml"))

    assert dict(again.values) == dict(scenario.values)
    assert dict(again.uncertain) == dict(scenario.uncertain)
    assert again.digest() == scenario.digest()
    assert [c.scenario.digest() for c in again.cells()] == [c.scenario.digest() for c in scenario.cells()]


@pytest.mark.parametrize("name", shipped())
def test_every_shipped_scenario_comes_back(name: str, write: Callable[..., Path]) -> None:
    scenario = load(name)

    assert load(write(scenario.to_yaml(), "again.yaml")).digest() == scenario.digest()


def test_the_digest_heeds_what_decides_and_nothing_else(read: Callable[..., Scenario]) -> None:
    digest = read("draws: 8\n").digest()

    assert read("format: 1\ntitle: another\nquestion: why?\ndraws: 8\n").digest() == digest
    assert read("draws: 9\n").digest() != digest
    assert read("draws: 8\n", "minerals.tungsten.apt.price=30 USD/kg").digest() != digest


def test_every_value_says_where_it_comes_from(read: Callable[..., Scenario]) -> None:
    text = read("draws: 8\n", "seed=3").to_yaml(origin=True, everything=True)
    lines = {line.split(":")[0].strip(): line for line in text.splitlines()}

    assert lines["draws"].endswith("s.yaml:3")
    assert lines["seed"] == "seed: 3  # --set"
    assert lines["sampler"] == "sampler: sobol  # default"
    assert "# world " in lines["price"]


@pytest.mark.parametrize("name", shipped())
def test_the_json_schema_accepts_every_shipped_scenario(name: str) -> None:
    path = shipped()[name]
    tree = read_file(path, name, (), Report())
    assert tree is not None

    assert path.read_text(encoding="utf-8").startswith("# yaml-language-server: $schema=schema.json\n")
    assert [error.message for error in Draft202012Validator(_schema()).iter_errors(plain(tree))] == []


@pytest.mark.parametrize(
    "text",
    ["drws: 5", "events: {h: {kind: outage, lasst: 3 months}}", "model: {growth: maybe}", "events: {h: {kind: x}}"],
)
def test_the_json_schema_refuses_what_an_editor_should_underline(text: str) -> None:
    assert not Draft202012Validator(_schema()).is_valid(yaml.safe_load(text))


def test_the_shipped_json_schema_is_that_of_the_language() -> None:
    """If this fails: `supplysim params --schema > scenarios/schema.json`."""
    assert json_schema(of_world()) == _schema()


def _schema() -> Any:
    return json.loads((shipped_folder() / "schema.json").read_text(encoding="utf-8"))


def test_every_path_is_listed_with_unit_default_and_doc() -> None:
    listed = {param.path: param for param in params(of_world())}
    halt = listed["events.<id>.severity"]

    assert (halt.unit, halt.default, halt.bounds) == ("a number from 0 to 1, %", "1", ">= 0, <= 1")
    assert all(param.doc for param in listed.values())
    assert "| `contracts.<id>.volume` | t/yr, kt/yr, t/month | needed |" in markdown()


def test_a_pattern_with_a_mineral_lists_the_worlds_values() -> None:
    found = params(of_world(), "minerals.tungsten.apt.supply.CHN")

    assert {param.path.rsplit(".", 1)[-1] for param in found} == {"capacity", "scale"}
    assert "world tungsten/production.csv" in found[0].doc
