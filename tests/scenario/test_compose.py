"""Parents, then the file (remove, its sections, set), then the command line: the later says."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from supplysim.errors import InputError
from supplysim.scenario import Scenario, load
from supplysim.scenario.distributions import Constant, Discrete, Distribution

BASE = """
format: 1
title: base
contracts:
  a: {kind: option, product: copper.refined, from: KAZ, to: USA, volume: 100 t/yr, starts: 2028-01, realised: 0.5}
  b: {kind: option, product: copper.refined, from: UZB, to: USA, volume: 50 t/yr, starts: 2028-01}
events:
  halt: {kind: outage, product: copper.refined, region: CHL, starts: 2027-01, lasts: 6 months}
corridors:
  way:
    legs: {a: {mode: rail, service: 3 days}, b: {mode: sea, service: 9 days}}
    serves: [{from: UZB, to: CHN}, {from: UZB, to: JPN}]
"""


@pytest.fixture
def child(write: Callable[..., Path]) -> Callable[..., Scenario]:
    """Loads a text that extends `base.yaml`."""
    write(BASE, "base.yaml")
    return lambda text, *overrides: load(write(f"title: child\nformat: 1\nextends: base.yaml\n{text}"), overrides)


def test_a_child_keeps_what_it_does_not_change(child: Callable[..., Scenario]) -> None:
    scenario = child("contracts.a.volume: 200 t/yr\n")

    assert scenario.title == "child"
    assert scenario.parents == ("base",)
    assert scenario.values["contracts.a.volume"] == 200
    assert scenario.values["contracts.a.realised"] == 0.5
    assert set(scenario.contracts) == {"a", "b"}


def test_parents_are_laid_over_one_another_from_left_to_right(write: Callable[..., Path]) -> None:
    write("format: 1\ntitle: left\ndraws: 10\nseed: 1\n", "left.yaml")
    write("format: 1\ntitle: right\ndraws: 20\n", "right.yaml")
    scenario = load(write("format: 1\nextends: [left.yaml, right.yaml]\n"))

    assert (scenario.title, scenario.draws, scenario.seed) == ("right", 20, 1)


def test_a_parent_met_twice_counts_once(write: Callable[..., Path]) -> None:
    write(BASE, "base.yaml")
    write("format: 1\ntitle: l\nextends: base.yaml\nset: {contracts.a.volume: 0.5x}\n", "left.yaml")
    write("format: 1\ntitle: r\nextends: [base.yaml, left.yaml]\n", "right.yaml")
    scenario = load(write("format: 1\ntitle: c\nextends: [left.yaml, right.yaml]\n"))

    assert scenario.values["contracts.a.volume"] == 50


def test_a_file_that_extends_itself_is_refused_with_the_chain(write: Callable[..., Path]) -> None:
    write("format: 1\ntitle: a\nextends: b.yaml\n", "a.yaml")
    path = write("format: 1\ntitle: b\nextends: a.yaml\n", "b.yaml")

    with pytest.raises(InputError, match=r"a\.yaml:3:10: extends: extends itself: b\.yaml -> a\.yaml -> b\.yaml"):
        load(path)


def test_a_parent_that_is_not_there_is_refused_with_a_suggestion(write: Callable[..., Path]) -> None:
    write(BASE, "base.yaml")

    with pytest.raises(
        InputError, match=r"s\.yaml:3:10: extends: no such file 'bse\.yaml'; did you mean 'base\.yaml'\?"
    ):
        load(write("format: 1\ntitle: b\nextends: bse.yaml\n"))


@pytest.mark.parametrize(
    ("change", "path", "value"),
    [
        ("contracts.a.volume: 0.4x", "contracts.a.volume", 40),
        ("contracts.a.volume: +200 t/yr", "contracts.a.volume", 300),
        ("contracts.a.volume: +0.1 kt/yr", "contracts.a.volume", 200),
        ("contracts.a.volume: -30 t/yr", "contracts.a.volume", 70),
        ("contracts.*.volume: 2x", "contracts.b.volume", 100),
        ("contracts.a.realised: +0.25", "contracts.a.realised", 0.75),
        ("events.halt.starts: +6 months", "events.halt.starts", 12 * 2027 + 6),
        ("events.halt.starts: -6 months", "events.halt.starts", 12 * 2027 - 6),
        ("corridors.way.legs.a.service: 2x", "corridors.way.legs.a.service", 6),
        ("corridors.way.legs.*.service: 5 days", "corridors.way.legs.b.service", 5),
        ("corridors.way.serves.1.share: 50%", "corridors.way.serves.1.share", 0.5),
        ("contracts.b.realised: 0.5x", "contracts.b.realised", 0.5),
        ("stockpiles.USA.copper.target: 3 months", "stockpiles.USA.copper.target", 3),
        ("minerals.copper.refined.stocks.JPN.cover: 2 months", "minerals.copper.refined.stocks.JPN.cover", 2),
        ("model.growth: off", "model.growth", False),
        ("draws: 12", "draws", 12),
    ],
)
def test_set_replaces_scales_or_adds(child: Callable[..., Scenario], change: str, path: str, value: float) -> None:
    assert child(f"set: {{{change}}}\n").values[path] == pytest.approx(value)
    key, _, text = change.partition(": ")
    assert child("", f"{key}={text}").values[path] == pytest.approx(value)


def test_the_world_is_scaled_where_it_stands(child: Callable[..., Scenario]) -> None:
    path = "minerals.copper.refined.supply.CHL.capacity"
    before = float(child("").values[path])

    scenario = child(f"set: {{{path}: 0.4x}}\n")
    assert scenario.values[path] == pytest.approx(0.4 * before)
    assert str(scenario.origins[path]).endswith("s.yaml:4")


def test_the_more_specific_of_two_changes_holds(child: Callable[..., Scenario]) -> None:
    scenario = child("set: {contracts.a.volume: 7 t/yr, contracts.*.volume: 1 t/yr}\n")

    assert (scenario.values["contracts.a.volume"], scenario.values["contracts.b.volume"]) == (7, 1)


def test_the_command_line_says_last(child: Callable[..., Scenario]) -> None:
    scenario = child("set: {contracts.a.volume: 7 t/yr}\n", "contracts.a.volume=9 t/yr", "contracts.a.volume=2x")

    assert scenario.values["contracts.a.volume"] == 18
    assert str(scenario.origins["contracts.a.volume"]) == "--set"


@pytest.mark.parametrize(
    ("delay", "change", "expected"),
    [
        ("{dist: constant, value: 2 months}", "3x", Constant(6.0)),
        ("{dist: discrete, values: [1 months, 1 years], weights: [3, 1]}", "2x", Discrete((2.0, 24.0), (3.0, 1.0))),
    ],
)
def test_a_distribution_is_scaled_value_by_value(
    child: Callable[..., Scenario], delay: str, change: str, expected: Distribution
) -> None:
    scenario = child(f"contracts.a.delay: {delay}\n", f"contracts.a.delay={change}")

    assert scenario.uncertain["contracts.a.delay"] == expected
    assert scenario.values["contracts.a.delay"] == expected.central


@pytest.mark.parametrize(
    ("delay", "change", "words"),
    [
        ("{dist: constant, value: 2 months}", "0x", "--set: contracts.a.delay: is drawn from a distribution, which"),
        ("{dist: constant, value: 2 months}", "+1 months", "is drawn from a distribution; scale it (0.5x) or write"),
        ("{dist: constant, valu: 2 months}", "2x", "constant has no 'valu'; did you mean 'value'?"),
        ("2 furlongs", "2x", "s.yaml:4:20: contracts.a.delay: 'furlongs' is not a unit here"),
    ],
)
def test_what_cannot_be_scaled_has_one_fault_where_it_is(
    child: Callable[..., Scenario], delay: str, change: str, words: str
) -> None:
    with pytest.raises(InputError) as caught:
        child(f"contracts.a.delay: {delay}\n", f"contracts.a.delay={change}")

    (fault,) = caught.value.faults
    assert words in str(fault)


def test_what_is_removed_is_gone(child: Callable[..., Scenario]) -> None:
    assert set(child("remove: [contracts.a]\n").contracts) == {"b"}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("set: {contracts.c.volume: 1 t/yr}", "4:7: contracts.c.volume: there is no 'c' in contracts; there are a, b"),
        ("set: {contracts.a.volum: 1 t/yr}", "there is no 'volum' in contracts.a; did you mean 'volume'?"),
        ("set: {title.x: a}", "4:7: title.x: there is no 'x' in title; there is none"),
        ("set: {stockpiles.USA: 1}", "stockpiles.USA: is not a single value; it holds antimony"),
        ("set: {corridors.way.legs.c.service: 1 days}", "there is no 'c' in corridors.way.legs; there are a, b"),
        ("set: {corridors.way.serves.2.share: 1}", "there is no '2' in corridors.way.serves; there are 0, 1"),
        ("set: {contracts.a: 1 t/yr}", "is not a single value; it holds title"),
        ("set: {contracts.a.price.floor: 2x}", "has no value yet"),
        ("set: {contracts.x*.volume: 2x}", "there is no 'x*' in contracts"),
        ("set: {events.*.severity: 0.5, events.h*t.severity: 0.7, events.ha*.severity: 0.1}", "equally specific"),
        ("set: {minerals.copper.refined.supply.KZA.capacity: 2x}", "there is no 'KZA'"),
        ("set: {contracts.a.volume: 200}", "the number 200 needs a unit"),
        ("set: {contracts.a.volume: -300 t/yr}", "must be at least 0 t/yr"),
        ("set: {contracts.a.volume: +2 furlongs}", "'furlongs' is not a unit here"),
        ("set: 5", "must be a map of paths and values"),
        ("remove: [contracts.z]", "there is no 'contracts.z' to remove"),
        ("remove: 5", "must be a list of paths"),
        ("contracts: {'*': {volume: 2 t/yr}}", "globs belong under set: or uncertain:"),
        ("contracts.a.volume: 0.5x", "'x' is not a unit here"),
        ("contracts.a.volume: -5 t/yr", "must be at least 0 t/yr"),
    ],
)
def test_a_change_that_cannot_be_made_is_refused(child: Callable[..., Scenario], text: str, words: str) -> None:
    with pytest.raises(InputError) as caught:
        child(f"{text}\n")

    assert words in str(caught.value)


@pytest.mark.parametrize(
    "option", ["draws", "=5", "a..b=1", "contracts.a.volume={a: {b: 1}}", "contracts.a.volume=*", "nope=1"]
)
def test_an_option_that_says_nothing_is_refused(child: Callable[..., Scenario], option: str) -> None:
    with pytest.raises(InputError) as caught:
        child("", option)

    assert all(fault.place == "--set" for fault in caught.value.faults)


def test_all_faults_of_all_files_come_at_once(write: Callable[..., Path]) -> None:
    write(BASE.replace("KAZ", "KZA").replace("lasts: 6 months", "lasts: 6"), "base.yaml")

    with pytest.raises(InputError) as caught:
        load(write("format: 1\nextends: base.yaml\ndraws: 0\n"))
    assert [fault.path for fault in caught.value.faults] == ["contracts.a.from", "events.halt.lasts", "draws"]
    assert caught.value.faults[0].message == "no such region 'KZA'; did you mean 'KAZ'?"
    assert caught.value.faults[0].with_caret().splitlines()[-1].index("^") == caught.value.faults[0].column + 3


def test_an_option_may_add_a_whole_event(tmp_path):
    from supplysim.errors import InputError
    from supplysim.scenario import load

    text = "events.out={kind: outage, product: tungsten.apt, region: CHN, starts: 2027-01, lasts: 6 months}"
    scenario = load("baseline", [text])
    assert scenario.events["out"].kind == "outage"
    assert scenario.values["events.out.lasts"] == 6.0
    again = load("baseline", [text, "events.out.severity=50%"])
    assert again.values["events.out.severity"] == 0.5
    with pytest.raises(InputError, match="did you mean 'outage'"):
        load("baseline", [text.replace("outage", "outge")])
    with pytest.raises(InputError, match="one value, not a map"):
        load("baseline", ["model.habit={learning: 1 %/month}"])


def test_an_option_may_leave_out_what_a_file_has(child: Callable[..., Scenario]) -> None:
    assert set(child("", "remove=[contracts.a, events.halt]").contracts) == {"b"}
    with pytest.raises(InputError, match=r"there is no 'contracts.z' to remove"):
        child("", "remove=[contracts.z]")
