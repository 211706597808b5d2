"""A scenario as text again: resolved, without parents, with its units, and with where each value comes from."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import yaml

from supplysim.scenario.drawn import written
from supplysim.scenario.nodes import plain
from supplysim.scenario.paths import Universe
from supplysim.scenario.scalars import BOOL, FLOAT, INT, NULL
from supplysim.scenario.scenario import Scenario
from supplysim.scenario.schema import Part, field_at, fields_of
from supplysim.scenario.schema.head import Horizon
from supplysim.scenario.schema.minerals import Stage
from supplysim.scenario.units import write_quantity

_PROSE = frozenset(("title", "question", "source", "note", "sources", "world"))
_DIGEST = "_digest"
"""Where a scenario keeps its digest: beside its fields, so that `replace` does not take it over."""
FAMILY_ORDER = ("stockpiles", "corridors", "contracts", "projects", "events")


def resolved(scenario: Scenario, *, everything: bool = False) -> dict[str, object]:
    """The scenario as nested maps of the language, without parents; `everything` adds what only the world says."""
    horizon: dict[str, object] = {"start": write_quantity(float(scenario.start), _date()), "months": scenario.months}
    if scenario.report_from is not None:
        horizon["report_from"] = write_quantity(float(scenario.report_from), _date())
    result: dict[str, object] = {"format": 1, "title": scenario.title}
    if scenario.question:
        result["question"] = scenario.question
    if scenario.world:
        result["world"] = str(scenario.world.resolve())
    result |= {"horizon": horizon, "rivals": list(scenario.rivals)}
    result |= {"consumers": list(scenario.consumers), "scope": list(scenario.scope), "model": part_map(scenario.model)}
    result |= {"minerals": _minerals(scenario, everything=everything)}
    for section in FAMILY_ORDER:
        result[section] = _nested({key: part_map(part) for key, part in getattr(scenario, section).items()})
    result["uncertain"] = _uncertain(scenario, everything=everything)
    result["sweep"] = _sweep(scenario)
    if scenario.choose is not None:
        result["choose"] = dict(scenario.choose.written)
    result |= {"draws": scenario.draws, "sampler": scenario.sampler, "seed": scenario.seed}
    if scenario.sources:
        result["sources"] = dict(scenario.sources)
    return {key: value for key, value in result.items() if value not in ({}, [])}


def _date() -> Any:
    return fields_of(Horizon)["start"].dimension


def part_map(part: Part) -> dict[str, object]:
    """One part as a map of the language, with every field that has a value."""
    result: dict[str, object] = {}
    for (key, field), name in zip(fields_of(type(part)).items(), type(part).model_fields, strict=True):
        value = getattr(part, name)
        if value is None or value in ("", ()):
            continue
        if isinstance(value, Part):
            result[key] = part_map(value)
        elif isinstance(value, dict):
            result[key] = {name: part_map(child) for name, child in value.items()}
        elif isinstance(value, tuple):
            result[key] = [part_map(child) if isinstance(child, Part) else child for child in value]
        else:
            result[key] = _written(value, field)
    return result


def _written(value: object, field: Any) -> object:
    if isinstance(value, bool):
        return "on" if value else "off"
    dimension = field.dimension
    return write_quantity(float(value), dimension) if dimension and isinstance(value, int | float) else value


def _minerals(scenario: Scenario, *, everything: bool) -> dict[str, object]:
    found = {}
    for path, value in scenario.values.items():
        if path.startswith("minerals.") and (everything or scenario.origins[path].kind != "world"):
            field = field_at(Stage, tuple(path.split(".")[3:]))
            found[path.removeprefix("minerals.")] = _written(value, field)
    return _nested(found)


def _nested(flat: Mapping[str, object]) -> dict[str, object]:
    root: dict[str, Any] = {}
    for path, value in flat.items():
        *parents, last = path.split(".")
        node = root
        for segment in parents:
            node = node.setdefault(segment, {})
        node[last] = value
    return root


def _uncertain(scenario: Scenario, *, everything: bool) -> dict[str, object]:
    assert scenario.tree is not None and scenario.vocabulary is not None  # noqa: S101, PT018 -- set by `load`
    universe = Universe(scenario.tree, scenario.vocabulary)
    found: dict[str, object] = {}
    for path, distribution in scenario.uncertain.items():
        field = universe.field(tuple(path.split(".")))
        own = scenario.uncertain_origins[path].kind != "world" or path.startswith("model.")  # whose values are all told
        if field and field.dimension and (everything or own):
            found[path] = written(distribution, field.dimension)
    return found


def _sweep(scenario: Scenario) -> dict[str, object]:
    result: dict[str, object] = {}
    for name, axis in scenario.sweep.axes.items():
        paths = [".".join(path) for path, _ in axis[0].settings]
        result[name] = {path: [plain(choice.settings[i][1].node) for choice in axis] for i, path in enumerate(paths)}
    if scenario.sweep.cases:
        result["cases"] = [
            {"label": case.label, "set": {".".join(path): plain(entry.node) for path, entry in case.settings}}
            for case in scenario.sweep.cases
        ]
    return result


def digest(scenario: Scenario) -> str:
    """SHA-256 of all that decides the results: values, names, distributions, sweep, draws, sampler and seed.

    Prose and the world folder's place decide nothing. A scenario never changes, so this is worked out once for each.
    """
    known = vars(scenario)
    if _DIGEST not in known:
        deciding = _without_prose(resolved(scenario, everything=True))
        text = json.dumps(deciding, sort_keys=True, ensure_ascii=False)
        known[_DIGEST] = hashlib.sha256(text.encode()).hexdigest()
    return str(known[_DIGEST])


def _without_prose(node: object) -> object:
    if isinstance(node, dict):
        return {key: _without_prose(value) for key, value in node.items() if key not in _PROSE}
    return [_without_prose(item) for item in node] if isinstance(node, list) else node


class _Dumper(yaml.SafeDumper):
    """Quotes what the language would not read back as text, and never writes an anchor."""

    def ignore_aliases(self, data: object) -> bool:  # noqa: ARG002 -- overrides PyYAML's
        return True


_Dumper.yaml_implicit_resolvers = {}
for _tag, _pattern in (("null", NULL), ("bool", BOOL), ("int", INT), ("float", FLOAT)):
    _Dumper.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", _pattern, None)


def to_yaml(scenario: Scenario, *, origin: bool = False, everything: bool = False) -> str:
    """The scenario as a text that runs on its own and has the same `digest`.

    With `origin` each value is followed by a comment saying where it comes from.
    """
    tree = resolved(scenario, everything=everything)
    lines = list(_lines(tree, (), scenario, origin=origin))
    return "\n".join(lines) + "\n"


def _lines(node: Mapping[str, object], path: tuple[str, ...], scenario: Scenario, *, origin: bool) -> Any:
    indent = "  " * len(path)
    for key, value in node.items():
        name = _flow(key)
        here = (*path, key)
        if isinstance(value, dict) and "dist" not in value and value and path[:1] not in (("sweep",), ("choose",)):
            yield f"{indent}{name}:"
            yield from _lines(value, here, scenario, origin=origin)
        else:
            where = _origin(here, scenario) if origin else ""
            yield f"{indent}{name}: {_flow(value)}{where}"


def _origin(path: tuple[str, ...], scenario: Scenario) -> str:
    key = ".".join(path)
    if path[0] == "uncertain":
        found = scenario.uncertain_origins.get(key.removeprefix("uncertain."))
    else:
        found = scenario.origins.get(key)
    return f"  # {found}" if found else ""


def _flow(value: object) -> str:
    """A value on one line."""
    return _scalar(value) if isinstance(value, str | int | float) else _dumped(value)


@lru_cache(maxsize=4096, typed=True)
def _scalar(value: str | float) -> str:
    """The same few names and numbers are written over and over."""
    return _dumped(value)


def _dumped(value: object) -> str:
    text: str = yaml.dump(
        value, Dumper=_Dumper, default_flow_style=True, sort_keys=False, allow_unicode=True, width=10**9
    )
    return text.removesuffix("\n").removesuffix("...").removesuffix("\n")
