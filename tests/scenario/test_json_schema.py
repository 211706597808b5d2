"""Editors underline what is wrong, and nothing that is right."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from supplysim.scenario import shipped, shipped_folder
from supplysim.scenario.json_schema import json_schema
from supplysim.scenario.nodes import plain
from supplysim.scenario.places import Report
from supplysim.scenario.reader import read_file
from supplysim.scenario.world_names import of_world


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
