"""One mineral of a scenario on its own: minerals do not touch each other, so each is computed, and kept, alone."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from supplysim.scenario import Scenario
from supplysim.scenario.schema.events import Recycling


def mineral(product: str) -> str:
    """The mineral of a product's id."""
    return product.partition(".")[0]


def minerals_of(scenario: Scenario, all_minerals: tuple[str, ...]) -> tuple[str, ...]:
    """The minerals that a scenario is about: those of its events, contracts and projects and those whose values it
    changes, in the order in which it names them; all in its scope where it names none. What stands, and how fast supply
    grows, is the world it asks in."""
    inside = tuple(m for m in all_minerals if not scenario.scope or m in scenario.scope)
    named = [mineral(p) for event in scenario.happening.values() for p in getattr(event, "product", ())]
    named += [mineral(c.product) for c in scenario.contracts.values() if c.kind != "no_flow"]
    named += [mineral(project.product) for project in scenario.projects.values() if not project.standing]
    named += [path.split(".")[1] for path, origin in scenario.origins.items()
              if path.startswith("minerals.") and origin.kind == "file" and not path.endswith(".growth")]  # fmt: skip
    return tuple(m for m in dict.fromkeys(named) if m in inside) or inside


def mates(scenario: Scenario, name: str) -> tuple[str, ...]:
    """A mineral and those without which it cannot be simulated: they share a mine, a plant or a recipe."""
    return tuple(sorted(scenario.vocabulary.together((name,)))) if scenario.vocabulary else (name,)


def narrowed(scenario: Scenario, name: str) -> Scenario:
    """The scenario as far as it bears on a mineral, and on those that share an event, a plant or a mine with it."""
    scope = {name}
    spans = [{mineral(p) for p in getattr(event, "product", ())} for event in scenario.events.values()]
    spans += [set(each) for each in (scenario.vocabulary.linked.values() if scenario.vocabulary else ())]
    while wider := [span for span in spans if span & scope and not span <= scope]:
        scope = scope.union(*wider)
    events = {k: e for k, e in scenario.events.items() if not hasattr(e, "product") or mineral(e.product[0]) in scope}
    contracts = {k: c for k, c in scenario.contracts.items() if c.kind == "no_flow" or mineral(c.product) in scope}
    projects = {k: p for k, p in scenario.projects.items() if mineral(p.product) in scope}
    kept: dict[str, Mapping[str, Any]] = {"events": events, "contracts": contracts, "projects": projects}
    return replace(
        scenario,
        scope=tuple(sorted(scope)),
        events=events,
        contracts=contracts,
        projects=projects,
        stockpiles={k: s for k, s in scenario.stockpiles.items() if mineral(s.product) in scope},
        uncertain={path: d for path, d in scenario.uncertain.items() if _bears(path, scope, kept)},
    )


def _bears(path: str, scope: set[str], kept: Mapping[str, Mapping[str, Any]]) -> bool:
    section, name, *_ = path.split(".")
    if section == "minerals":
        return name in scope
    return name in kept[section] if section in kept else True


def key(scenario: Scenario, variant: str) -> str:
    """What decides a narrowed scenario's results in a variant, as a hash: equal keys, equal bytes.

    A scenario without anything that acts on the mineral has the key of its baseline.
    """
    parts = [*_world(scenario), *_added(scenario), *_stands(scenario)]
    if variant != "baseline":
        parts += _acts(scenario)
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def _world(scenario: Scenario) -> Iterator[str]:
    yield repr((scenario.world, scenario.start, scenario.months, scenario.seed, scenario.sampler, scenario.scope))
    yield repr((scenario.draws if scenario.sampler == "lhs" else 0, scenario.rivals, scenario.consumers))
    minerals = tuple(f"minerals.{name}." for name in scenario.scope)
    for path, value in scenario.values.items():
        if path.startswith(minerals):
            yield f"{path}={value!r} {scenario.origins[path].kind == 'world'}"
        elif path.startswith("model."):
            yield f"{path}={value!r}"
    yield from (f"{name}={pile!r}" for name, pile in scenario.stockpiles.items())
    yield from (f"{path}~{drawn!r}" for path, drawn in scenario.uncertain.items() if not _of_entity(path))


def _added(scenario: Scenario) -> Iterator[str]:
    """What makes the scenario's nodes differ from the base year's."""
    for contract in scenario.contracts.values():
        if contract.kind != "no_flow" and contract.new_capacity > 0:
            yield f"node {contract.product} {contract.from_}"
    yield from (f"node {project.product} {project.region}" for project in scenario.projects.values())
    yield from (f"{name}: {event!r}" for name, event in scenario.events.items() if isinstance(event, Recycling))


def _stands(scenario: Scenario) -> Iterator[str]:
    """What is at work in the baseline, too, with what is drawn for it."""
    for section in ("events", "projects"):
        for name, entity in getattr(scenario, section).items():
            if entity.standing:
                yield f"{section}.{name}: {entity!r}"
                start = f"{section}.{name}."
                yield from (f"{path}~{drawn!r}" for path, drawn in scenario.uncertain.items() if path.startswith(start))


def _acts(scenario: Scenario) -> Iterator[str]:
    for section in ("events", "contracts", "projects"):
        yield from (f"{section}.{name}: {entity!r}" for name, entity in getattr(scenario, section).items())
    yield from (f"{path}~{drawn!r}" for path, drawn in scenario.uncertain.items() if _of_entity(path))


def _of_entity(path: str) -> bool:
    return path.startswith(("events.", "contracts.", "projects."))
