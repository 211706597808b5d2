"""The whole chain for a block of draws, with or without what the scenario adds to the world."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal, NamedTuple, TypeVar

from supplysim.assembly.contracts import Effects, check_volumes, contract_effects, contract_links, project_effects
from supplysim.assembly.events import event_effects
from supplysim.assembly.growth import growth_of
from supplysim.assembly.inputs import Inputs
from supplysim.assembly.nodes import Nodes, nodes_of
from supplysim.assembly.stages import bare_stage, rules_of, with_stocking
from supplysim.engine.stage import Chain, Index, Stage
from supplysim.scenario import Scenario
from supplysim.world import World

Variant = Literal["baseline", "scenario", "without_contracts"]
"""The world as it stands; with contracts, projects and events; with events but neither contracts nor projects for them.
What stands (events and projects that say `standing`) is in all three."""
Name = TypeVar("Name", bound=Hashable)


class Deal(NamedTuple):
    """A contract that moves a mineral, or a project: `kind` is "contracts" or "projects"."""

    kind: str
    id: str


class Cast(NamedTuple):
    """What of a scenario is at work in a world: all of its events or those that stand, and which of its deals."""

    events: bool
    deals: frozenset[Deal]


def deals_of(scenario: Scenario) -> dict[Deal, str]:
    """The deals of a scenario with the product of each: contracts that move a mineral, then projects."""
    signed = {Deal("contracts", k): str(c.product) for k, c in scenario.contracts.items() if c.kind != "no_flow"}
    return signed | {Deal("projects", k): str(project.product) for k, project in scenario.projects.items()}


def independent(scenario: Scenario) -> frozenset[Deal]:
    """Projects that come with or without the deals."""
    found = scenario.projects.items()
    return frozenset(Deal("projects", k) for k, project in found if project.independent or project.standing)


def standing(scenario: Scenario) -> frozenset[Deal]:
    """Projects of the world as it stands."""
    return frozenset(Deal("projects", k) for k, project in scenario.projects.items() if project.standing)


def cast_of(scenario: Scenario, variant: Variant) -> Cast:
    """What is at work in one of the three worlds."""
    if variant == "baseline":
        return Cast(False, standing(scenario))
    return Cast(True, frozenset(deals_of(scenario)) if variant == "scenario" else independent(scenario))


@dataclass(frozen=True)
class Assembly:
    """A chain ready to run, the nodes behind its indices, and the links each contract runs on, by stage."""

    chain: Chain
    nodes: Mapping[str, Nodes]
    watch: Mapping[int, tuple[tuple[int, int], ...]]
    contract_links: Mapping[str, tuple[int, tuple[tuple[int, int], ...]]]

    def in_need(self, regions: Sequence[str]) -> dict[int, Index]:
        """Buyers of some regions that can be short, by stage."""
        return {k: nodes.in_need(*regions) for k, nodes in enumerate(self.nodes.values())}

    def part(self, places: Sequence[int]) -> Assembly:
        """One of `chain.parts()` as an assembly of its own."""
        new, names = {old: k for k, old in enumerate(places)}, list(self.nodes)
        return Assembly(
            self.chain.part(places),
            {names[k]: self.nodes[names[k]] for k in places},
            {new[k]: pairs for k, pairs in self.watch.items() if k in new},
            {name: (new[k], links) for name, (k, links) in self.contract_links.items() if k in new},
        )


def assemble(world: World, inputs: Inputs, variant: Variant) -> Assembly:
    """Build the engine's arrays for a block of draws.

    Raises `InputError` for what only the world can tell: a contract beyond what its supplier can ever make, an event
    on links without flow, a buyer that does not exist.
    """
    return assemble_all(world, inputs, (variant,))[variant]


def assemble_all(world: World, inputs: Inputs, variants: Sequence[Variant]) -> dict[Variant, Assembly]:
    """`assemble` for several variants; a stage on which they agree is one and the same object in all of them."""
    return assemble_casts(world, inputs, {variant: cast_of(inputs.scenario, variant) for variant in variants})


def assemble_casts(world: World, inputs: Inputs, casts: Mapping[Name, Cast]) -> dict[Name, Assembly]:
    """Build the engine's arrays for several casts of a scenario, with all of the scenario's nodes in each.

    A stage on which casts agree is one and the same object in all of them. Raises as `assemble` does.
    """
    scenario = inputs.scenario
    nodes = nodes_of(world, scenario)
    growth = growth_of(world, nodes, inputs) if scenario.values["model.growth"] else {}
    bare = with_stocking({p: bare_stage(world, nodes, p, inputs, growth.get(p)) for p in nodes})
    links, rules, products = contract_links(nodes, inputs), rules_of(inputs), deals_of(scenario)
    if any(deal.kind == "contracts" for cast in casts.values() for deal in cast.deals):
        check_volumes(nodes, inputs)
    happening = _happening(world, nodes, inputs, [cast.events for cast in casts.values()])
    piece = _pieces(Chain(tuple(bare.values()), rules, inputs.draws, scenario.months))
    known: dict[Cast, Effects] = {}
    stages: dict[tuple[str, Cast], Stage] = {}

    def stage(product: str, cast: Cast) -> Stage:
        own = Cast(cast.events, frozenset(d for d in cast.deals if piece[products[d]] == piece[product]))
        if own not in known:
            known[own] = _effects(world, nodes, inputs, own, happening[own.events])
        whole = known[own].get(product)
        if not whole:
            return bare[product]
        return stages.setdefault((product, own), replace(bare[product], effects=whole))

    order = list(nodes)
    watch: dict[int, tuple[tuple[int, int], ...]] = {}
    for place, pairs in links.values():
        watch[place] = tuple(dict.fromkeys(watch.get(place, ()) + pairs))
    for name in (name for name in links if inputs.has(f"contracts.{name}.support_ends")):
        place, pairs = links[name]  # who takes over is seen on all links of the supplier
        everybody = tuple((pairs[0][0], j) for j in range(len(bare[order[place]].buyers)))
        watch[place] = tuple(dict.fromkeys(watch[place] + everybody))
    return {
        name: Assembly(
            Chain(tuple(stage(p, cast) for p in nodes), rules, inputs.draws, scenario.months, scenario.counted_from),
            nodes,
            watch,
            links,
        )
        for name, cast in casts.items()
    }


def _happening(world: World, nodes: Mapping[str, Nodes], inputs: Inputs, asked: Sequence[bool]) -> dict[bool, Effects]:
    """What all events do (true) and those that stand (false), as far as it is asked for; one object where both are the
    same."""
    events, asked_about = inputs.scenario.events, inputs.scenario.happening
    kept = {name: event for name, event in events.items() if name not in asked_about}
    stands = replace(inputs, scenario=replace(inputs.scenario, events=kept))
    found = {False: event_effects(world, nodes, stands)} if False in asked or len(kept) == len(events) else {}
    if True in asked:
        found[True] = found[False] if len(kept) == len(events) else event_effects(world, nodes, inputs)
    return found


def _pieces(chain: Chain) -> dict[str, int]:
    """The independent piece of the chain that each product is in: a deal changes nothing outside its own."""
    return {chain.stages[k].product: n for n, part in enumerate(chain.parts()) for k in part}


def _effects(world: World, nodes: Mapping[str, Nodes], inputs: Inputs, cast: Cast, happening: Effects) -> Effects:
    """What a cast does, by product: events, then projects, then contracts, as if no other deal had been made."""
    scenario = inputs.scenario
    kept = {kind: {d.id for d in cast.deals if d.kind == kind} for kind in ("contracts", "projects")}
    alone = replace(
        inputs,
        scenario=replace(
            scenario,
            contracts={k: c for k, c in scenario.contracts.items() if k in kept["contracts"]},
            projects={k: p for k, p in scenario.projects.items() if k in kept["projects"]},
        ),
    )
    found = [happening, project_effects(world, nodes, alone), contract_effects(world, nodes, alone)]
    return {product: whole for product in nodes if (whole := sum((effects.get(product, ()) for effects in found), ()))}
