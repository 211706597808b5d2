"""The sliders of a scenario."""

from __future__ import annotations

from pathlib import Path

import pytest

from supplysim.scenario import load, shipped
from supplysim.web.controls import Control, groups
from supplysim.world import catalog

SCENARIO = """\
format: 1
title: Sliders
extends: baseline
scope: [tungsten]
events:
  halt: {kind: outage, product: tungsten.apt, region: CHN, starts: 2027-03, lasts: 18 months, severity: 40%}
  duty: {kind: tariff, product: tungsten.*, from: CHN, to: USA, rate: 25%, starts: 2027-01}
contracts:
  deal: {kind: option, title: The deal, product: tungsten.concentrate, from: KAZ, to: USA, volume: 6 kt/yr,
         new_capacity: 6 kt/yr, starts: 2028-01, realised: 60%}
  talk: {kind: no_flow, title: A memorandum}
uncertain:
  events.halt.starts: {dist: uniform, low: 2027-01, high: 2027-12}
"""
WRITTEN = {"percent": "{:g}%", "months": "{:g} months", "rate": "{:g} t/yr", "mass": "{:g} t", "factor": "{:g}x",
           "number": "{:g}"}  # fmt: skip


@pytest.fixture
def controls(tmp_path: Path) -> dict[str, Control]:
    (tmp_path / "s.yaml").write_text(SCENARIO, encoding="utf-8")
    return {c.path: c for group in groups(load(tmp_path / "s.yaml"), catalog()) for c in group.controls}


def test_events_have_severity_start_and_length_as_written(controls: dict[str, Control]) -> None:
    severity, starts, lasts = (controls[f"events.halt.{name}"] for name in ("severity", "starts", "lasts"))
    assert (severity.value, severity.low, severity.high) == (40.0, 0.0, 100.0)
    assert (starts.value, starts.unit) == (2027 * 12 + 2, "date")
    assert (lasts.value, lasts.unit) == (18.0, "months")
    assert controls["events.duty.rate"].value == 25.0


def test_what_nature_draws_is_said(controls: dict[str, Control]) -> None:
    assert controls["events.halt.starts"].drawn == "2027-01 to 2027-11"
    assert controls["events.halt.severity"].drawn == ""
    assert "tungsten" in controls["minerals.tungsten.*.trade.sigma"].drawn.lower()


def test_contracts_have_volume_and_chance_and_deals_without_flow_have_none(controls: dict[str, Control]) -> None:
    volume = controls["contracts.deal.volume"]
    assert (volume.value, volume.low, volume.high) == (6000.0, 0.0, 12000.0)
    assert controls["contracts.deal.realised"].value == 60.0
    assert not [path for path in controls if path.startswith("contracts.talk")]


def test_every_consumer_may_have_a_stockpile(controls: dict[str, Control]) -> None:
    assert [p for p in controls if p.startswith("stockpiles.")] == [
        f"stockpiles.{region}.tungsten.target" for region in ("USA", "EU27", "JPN", "KOR")
    ]


def test_each_slider_stands_within_its_range_and_where_it_stands_it_can_be_set(tmp_path: Path) -> None:
    for name in shipped():
        scenario = load(name)
        for group in groups(scenario, catalog(scenario.world)):
            for control in group.controls:
                assert control.low <= control.value <= control.high, (name, control)
        sliders = [c for group in groups(scenario, catalog(scenario.world)) for c in group.controls if c.unit != "date"]
        load(name, [f"{c.path}={WRITTEN[c.unit].format(c.value)}" for c in sliders if c.unit != "factor"])
