"""The page's state as a scenario file: its parent and what was changed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace

from supplysim.scenario import Scenario, shipped
from supplysim.scenario import to_yaml as whole
from supplysim.scenario.compose import ENTITIES
from supplysim.web.asked import LISTS, Asked, is_structure


def file_name(scenario: Scenario) -> str:
    """What the downloaded file is called."""
    return f"{scenario.name}-what-if.yaml"


def to_yaml(scenario: Scenario, asked: Asked) -> str:
    """A scenario file that means the state of the page and runs wherever it is put.

    One that is shipped is extended by its name and followed by what was changed. A local one would not be found from
    another folder: its values are written out, what was changed above them as comments.
    """
    if asked.settings:
        scenario = replace(scenario, title=f"{scenario.title}, changed on the what-if page")
    if asked.scenario in shipped():
        title = json.dumps(scenario.title, ensure_ascii=False)  # a JSON string is read by YAML whatever it holds
        lines = ["format: 1", f"title: {title}", f"extends: {asked.scenario}", *_changes(asked)]
        return "\n".join(lines) + "\n"
    said = [f"# {json.dumps(asked.scenario)} as it stood on the what-if page{', with' if asked.settings else ''}"]
    said += [f"#   {text}" for text in _changes(asked)]
    return "\n".join(said) + "\n" + whole(scenario)


def _changes(asked: Asked) -> Iterator[str]:
    """What was changed, in the language. Settings are texts that `--set` reads: YAML of their own, they stand as is."""
    yield from (f"{path}: {asked.settings[path]}" for path in LISTS if path in asked.settings)
    for section in ENTITIES:
        added = [path for path in asked.settings if path.startswith(f"{section}.") and is_structure(path)]
        yield from [f"{section}:"] * bool(added)
        yield from (f"  {path.removeprefix(f'{section}.')}: {asked.settings[path]}" for path in added)
    moved = [path for path in asked.settings if not is_structure(path)]
    yield from ["set:"] * bool(moved)
    yield from (f"  {path}: {asked.settings[path]}" for path in moved)
