"""The page's state as a scenario file: its parent and what was moved."""

from __future__ import annotations

import json

from supplysim.scenario import Scenario
from supplysim.web.asked import Asked


def file_name(scenario: Scenario) -> str:
    """What the downloaded file is called."""
    return f"{scenario.name}-what-if.yaml"


def to_yaml(scenario: Scenario, asked: Asked) -> str:
    """A scenario that extends the one looked at and sets what was moved; `supplysim check` accepts it.

    Texts are written as JSON strings, which YAML reads as they are whatever they hold.
    """
    title = f"{scenario.title}, changed on the what-if page" if asked.settings else scenario.title
    lines = ["format: 1", f"title: {json.dumps(title, ensure_ascii=False)}", f"extends: {json.dumps(asked.scenario)}"]
    if asked.scenario.endswith((".yaml", ".yml")):
        lines[2] += "  # relative to this file: keep it in the folder in which `supplysim serve` was started"
    if asked.settings:
        lines += ["set:", *(f"  {path}: {_value(value)}" for path, value in asked.settings.items())]
    return "\n".join(lines) + "\n"


def _value(value: str) -> str:
    """A setting as `--set` reads it: YAML of its own, so it stands as it is."""
    return value
