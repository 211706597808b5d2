"""What may be added: every kind that the language has, and nothing that it would not take."""

from __future__ import annotations

from typing import Any

import pytest

from supplysim.errors import InputError
from supplysim.scenario import Scenario, load
from supplysim.scenario.schema import FAMILIES
from supplysim.web.forms import choices, forms
from supplysim.world import catalog

TYPED = {"lasts": "6 months", "starts": "2027-01", "volume": "100 t/yr", "rate": "10%", "cut": "20%", "change": "5%",
         "max_share": "65%", "share": "10%", "delay": "2 months", "limit": "1 kt/yr", "multiple": "3"}  # fmt: skip


@pytest.fixture(scope="module")
def scenario() -> Scenario:
    return load("baseline", ["scope=[antimony]"])


def filled(form: dict[str, Any]) -> str:
    """The setting that the page makes of a form of which what is required has been filled in."""
    values: dict[str, str] = {"kind": form["kind"]}
    for field in form["fields"]:
        name = field["name"]
        if not field["required"] and not (form["kind"] == "export_quota" and name == "cut"):
            continue
        listed = {"products": "antimony.metal", "regions": "USA" if name == "to" else "CHN", "corridors": "russia"}
        value = listed.get(field["takes"]) or TYPED[name]
        mass = form["kind"] in ("stockpile_release", "purchase") and name == "volume"
        values[name] = "100 t" if mass else f"[{value}]" if field["many"] else value
    return f"{form['section']}.new={{{', '.join(f'{name}: {value}' for name, value in values.items())}}}"


def test_there_is_a_form_for_each_kind_that_does_something(scenario: Scenario) -> None:
    found = {(form["section"], form["kind"]) for form in forms(scenario)}
    known = {(section, kind) for section in ("events", "contracts") for kind in FAMILIES[section].kinds}
    assert known - found == {("contracts", "no_flow")}
    assert all(form["does"] and all(field["doc"] for field in form["fields"]) for form in forms(scenario))


def test_what_a_form_asks_for_is_all_that_the_language_needs(scenario: Scenario) -> None:
    for form in forms(scenario):
        made = load("baseline", ["scope=[antimony]", filled(form)])
        assert "new" in getattr(made, form["section"]), form["kind"]


def test_what_is_missing_or_makes_no_sense_is_told_with_its_field(scenario: Scenario) -> None:
    with pytest.raises(InputError) as told:
        load("baseline", ["events.new={kind: export_ban, product: antimony.metal, from: [CHN], starts: soon}"])
    assert [fault.path for fault in told.value.faults] == ["events.new.starts"]


def test_lists_have_the_names_that_people_use(scenario: Scenario) -> None:
    found = choices(scenario, catalog(), ("antimony",))
    assert set(found["products"]) == {"antimony.concentrate", "antimony.metal"}
    assert found["regions"]["USA"] == "United States"
    assert list(found["regions"])[:2] == ["*", "others"]
