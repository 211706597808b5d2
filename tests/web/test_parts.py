"""One mineral on its own: what it is made of, and when two of them are the same."""

from __future__ import annotations

from pathlib import Path

import pytest

from supplysim.scenario import Scenario, load
from supplysim.web.parts import key, minerals_of, narrowed
from supplysim.world import catalog

MIXED = """\
format: 1
title: Two minerals and a deal
extends: baseline
events:
  halt: {kind: export_ban, product: antimony.metal, from: CHN, to: USA, starts: 2027-01}
  both: {kind: tariff, product: [tungsten.apt, gold.refined], from: CHN, to: USA, rate: 10%, starts: 2027-01}
contracts:
  deal: {kind: option, product: uranium.concentrate, from: KAZ, to: USA, volume: 100 t/yr, starts: 2027-01}
"""


@pytest.fixture
def mixed(tmp_path: Path) -> Path:
    path = tmp_path / "mixed.yaml"
    path.write_text(MIXED, encoding="utf-8")
    return path


def keys(scenario: Scenario, mineral: str) -> tuple[str, str]:
    own = narrowed(scenario, mineral)
    return key(own, "baseline"), key(own, "scenario")


def test_a_scenario_is_about_the_minerals_it_names(mixed: Path) -> None:
    known = catalog().minerals
    assert minerals_of(load(mixed), known) == ("antimony", "tungsten", "gold", "uranium")
    assert minerals_of(load("baseline"), known) == known
    assert minerals_of(load("baseline", ["scope=[gold]"]), known) == ("gold",)


def test_a_mineral_comes_with_those_that_share_an_event(mixed: Path) -> None:
    gold = narrowed(load(mixed), "gold")
    assert gold.scope == ("gold", "tungsten")
    assert list(gold.events) == ["both"]
    assert not gold.contracts
    minerals = {path.split(".")[1] for path in gold.uncertain if not path.startswith("model.")}
    assert minerals == {"gold", "tungsten"}


def test_moving_an_event_leaves_the_baseline_and_other_minerals_as_they_are(mixed: Path) -> None:
    before, after = load(mixed), load(mixed, ["events.halt.severity=50%"])
    assert keys(before, "antimony")[0] == keys(after, "antimony")[0]
    assert keys(before, "antimony")[1] != keys(after, "antimony")[1]
    assert keys(before, "uranium") == keys(after, "uranium")


def test_moving_the_world_moves_the_baseline_too(mixed: Path) -> None:
    before = load(mixed)
    for setting in ("minerals.antimony.*.trade.sigma=0.5x", "stockpiles.USA.antimony.target=6 months", "seed=8",
                    "model.growth=off", "minerals.antimony.metal.supply.CHN.capacity=0.5x"):  # fmt: skip
        after = load(mixed, [setting])
        assert keys(before, "antimony")[0] != keys(after, "antimony")[0], setting


def test_a_mineral_that_nothing_acts_on_is_its_baseline(mixed: Path) -> None:
    copper = keys(load(mixed), "copper")
    assert copper[0] == copper[1]
    antimony = keys(load(mixed), "antimony")
    assert antimony[0] != antimony[1]
