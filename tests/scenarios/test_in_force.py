"""The world as it stands: every line has a source and a date, and nothing runs scarce by growth alone."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from supplysim.results.result import Result
from supplysim.scenario import Scenario, load, to_yaml


def reread(scenario: Scenario) -> Scenario:
    """What a run's folder keeps of it, read again."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "scenario.yaml"
        path.write_text(to_yaml(scenario), encoding="utf-8")
        return load(path)


DATE = re.compile(r"\b20\d\d\b")
LAST_SOURCE = 2026 * 12 + 5
"""June 2026, as months since year 0."""


def test_every_event_has_a_source_and_a_date(shipped: Callable[[str], Scenario]) -> None:
    scenario = shipped("in-force")
    for family in (scenario.events, scenario.projects):
        assert len(family) > 20
        for name, entity in family.items():
            assert DATE.search(entity.source), name


def test_nothing_is_claimed_later_than_its_sources(shipped: Callable[[str], Scenario]) -> None:
    """What begins after the last source is a law with a date in it."""
    later = {k for k, event in shipped("in-force").events.items() if event.starts > LAST_SOURCE}
    assert later == {"russian-uranium"}


def test_all_of_it_stands_and_none_of_it_is_asked_about(shipped: Callable[[str], Scenario]) -> None:
    scenario = shipped("in-force")
    assert not scenario.happening
    assert all(project.standing for project in scenario.projects.values())


def test_it_is_the_same_in_its_own_baseline_and_leaves_out_what_is_not_in_scope(run: Callable[..., Result]) -> None:
    result = run("in-force", "draws=2", "horizon.months=30", "scope=[gallium]")
    assert set(result.scenario.events) == {"gallium-ban-us"}
    assert not any(path.startswith("events.antimony") for path in (*result.scenario.uncertain, *result.scenario.values))
    assert set(reread(result.scenario).projects) == {"pavlodar", "metlen", "gramercy"}
    for key, values in result.metrics["baseline"].items():
        assert values == pytest.approx(result.metrics["scenario"][key], nan_ok=True), key
    price = result.prices().query("variant == 'baseline' and region == 'USA' and quantity == 'price'")
    assert price["p50"].max() > 1.2  # the ban of 2025 is at work


@pytest.mark.parametrize("mineral", ["copper", "gold", "uranium", "rare_earths", "tungsten", "antimony", "titanium",
                                     "gallium", "graphite", "chromium", "beryllium"])  # fmt: skip
def test_growth_alone_makes_nothing_scarce(mineral: str, run: Callable[..., Result]) -> None:
    """To the end of 2035, without an event. (Indian and Russian buyers of uranium come nearest to the bound, because
    their reactors grow fastest and buyers hold more than a year's need, which grows with them.)"""
    result = run("baseline", "draws=2", f"scope=[{mineral}]")
    price = result.prices().query("variant == 'baseline' and quantity == 'price'")
    consumers = price[price["region"].isin(["USA", "EU27", "JPN", "KOR", "CHN"])]
    assert consumers["p50"].max() < 1.6


@pytest.mark.parametrize("told", ["in-force", "china-ree-licensing-2025"])
def test_a_year_of_dysprosium_is_what_customs_counted(told: str, shipped: Callable[[str], Scenario]) -> None:
    """A first quarter as usual, then the wait in which nothing leaves, then what is not held back: 65 % of the year
    before for dysprosium, 62 % for terbium. Korea got its licences."""
    scenario = shipped(told)
    wait = float(scenario.values["events.heavy-oxides.delay"])
    held = scenario.uncertain["events.heavy-oxides.held_back"]
    passed = (3 + (9 - wait) * (1 - float(held.ppf(0.5)))) / 12
    assert passed == pytest.approx(0.635, abs=0.015)
    assert scenario.values["events.heavy-oxides-korea.held_back"] == 0.0
