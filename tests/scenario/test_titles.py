"""Titles follow values, and a run says where it is not what its title was written for."""

from __future__ import annotations

import pytest

from supplysim.errors import InputError
from supplysim.scenario import load
from supplysim.scenario.write import to_yaml

HALT = """\
format: 1
title: "A halt of {events.halt.severity} for {events.halt.lasts}"
question: "Who buys the {contracts.deal.volume}?"
extends: baseline
scope: [tungsten]
events:
  halt: {kind: outage, product: tungsten.apt, region: CHN, starts: 2027-01, lasts: 18 months, severity: 90%}
contracts:
  deal: {kind: option, product: tungsten.apt, from: KAZ, to: USA, volume: 3 kt/yr, starts: 2027-01}
"""


@pytest.fixture
def halt(tmp_path):
    path = tmp_path / "halt.yaml"
    path.write_text(HALT, encoding="utf-8")
    return path


def test_a_title_has_the_value_with_its_unit(halt):
    found = load(halt)
    assert found.title == "A halt of 90 % for 18 months"
    assert found.question == "Who buys the 3,000 t/yr?"
    assert found.departs == ("halt.yaml", ())


def test_a_title_may_hold_a_date_a_switch_and_a_number(halt):
    words = "from {events.halt.starts}, growth {model.growth}, {draws} draws, prices up to {model.price_ceiling}"
    found = load(halt, [f"title={words}", "model.growth=off", "draws=7"])
    assert found.title == "from 2027-01, growth off, 7 draws, prices up to 20"


def test_an_override_changes_the_title_and_is_told(halt):
    found = load(halt, ["events.halt.lasts=1 months", "draws=4"])
    assert found.title == "A halt of 90 % for 1 month"
    assert found.departs == ("halt.yaml", ("events.halt.lasts 1 months",))


def test_a_file_without_a_title_of_its_own_departs_from_its_parents(halt):
    child = halt.with_name("child.yaml")
    child.write_text("format: 1\nextends: halt.yaml\nset: {events.halt.severity: 50%}\n", encoding="utf-8")
    found = load(child)
    assert found.title == "A halt of 50 % for 18 months"
    assert found.departs == ("halt.yaml", ("events.halt.severity 50%",))


def test_a_file_with_a_title_of_its_own_does_not_ask_what_its_parent_asks(halt):
    child = halt.with_name("child.yaml")
    child.write_text("format: 1\ntitle: A deal\nextends: halt.yaml\nremove: [contracts.deal]\n", encoding="utf-8")
    assert load(child).question == ""
    child.write_text("format: 1\nextends: halt.yaml\n", encoding="utf-8")
    assert load(child, ["title=A deal"]).question == "Who buys the 3,000 t/yr?"
    child.write_text("format: 1\ntitle: A deal\nquestion: Who?\nextends: halt.yaml\n", encoding="utf-8")
    assert load(child).question == "Who?"


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("events.halt.last", "did you mean 'lasts'"),
        ("events.hald.lasts", "there is no 'hald'"),
        ("events.*.lasts", "is not one value"),
        ("events.halt", "is not a single value"),
        ("", "no"),
    ],
)
def test_a_path_that_leads_nowhere_is_a_fault_at_its_place(halt, path, words):
    halt.write_text(
        HALT.replace("events.halt.lasts}", f"{path}}}").replace("contracts.deal.volume", "events.e.x"), encoding="utf-8"
    )
    with pytest.raises(InputError) as caught:
        load(halt)
    title, question = caught.value.faults
    assert title.place.endswith("halt.yaml:2:8")
    assert words in title.message
    assert question.place.endswith("halt.yaml:3:11")


def test_the_resolved_text_has_the_words_and_no_braces(halt, tmp_path):
    again = tmp_path / "again.yaml"
    again.write_text(to_yaml(load(halt, ["events.halt.lasts=6 months"])), encoding="utf-8")
    assert load(again).title == "A halt of 90 % for 6 months"


def test_the_exercise_of_the_readme_changes_the_title():
    assert "for 18 months" in load("china-ree-halt").title
    assert load("china-ree-halt", ["events.halt-magnets.lasts=6 months"]).title.endswith("for 6 months")
