"""The whole chain for a block of draws, with or without what the scenario adds to the world."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from supplysim.assembly.contracts import Effects, contract_effects, contract_links, project_effects
from supplysim.assembly.events import event_effects
from supplysim.assembly.inputs import Inputs
from supplysim.assembly.nodes import Nodes, nodes_of
from supplysim.assembly.stages import bare_stage, rules_of
from supplysim.engine.stage import Chain, Stage
from supplysim.world import World

Variant = Literal["baseline", "scenario", "without_contracts"]
"""The world as it is; with contracts, projects and events; with projects and events but no contracts."""
SOURCES: Mapping[Variant, tuple[str, ...]] = {
    "baseline": (),
    "scenario": ("events", "projects", "contracts"),
    "without_contracts": ("events", "projects"),
}
"""Where the effects of each variant come from, in the order in which they are applied."""


@dataclass(frozen=True)
class Assembly:
    """A chain ready to run, the nodes behind its indices, and the links each contract runs on, by stage."""

    chain: Chain
    nodes: Mapping[str, Nodes]
    watch: Mapping[int, tuple[tuple[int, int], ...]]
    contract_links: Mapping[str, tuple[int, tuple[tuple[int, int], ...]]]


def assemble(world: World, inputs: Inputs, variant: Variant) -> Assembly:
    """Build the engine's arrays for a block of draws.

    Raises `InputError` for what only the world can tell: a contract beyond what its supplier can ever make, an event
    on links without flow, a buyer that does not exist.
    """
    return assemble_all(world, inputs, (variant,))[variant]


def assemble_all(world: World, inputs: Inputs, variants: Sequence[Variant]) -> dict[Variant, Assembly]:
    """`assemble` for several variants; a stage on which they agree is one and the same object in all of them."""
    nodes = nodes_of(world, inputs.scenario)
    bare = {product: bare_stage(world, nodes, product, inputs) for product in nodes}
    sources = {source for variant in variants for source in SOURCES[variant]}
    effects = {source: _effects_of(source, world, nodes, inputs) for source in SOURCES["scenario"] if source in sources}
    stages: dict[tuple[str, ...], Stage] = {}

    def stage(product: str, variant: Variant) -> Stage:
        own = [source for source in SOURCES[variant] if product in effects[source]]
        if not own:
            return bare[product]
        whole = tuple(effect for source in own for effect in effects[source][product])
        return stages.setdefault((product, *own), replace(bare[product], effects=whole))

    links, rules = contract_links(nodes, inputs), rules_of(inputs)
    watch: dict[int, tuple[tuple[int, int], ...]] = {}
    for place, pairs in links.values():
        watch[place] = tuple(dict.fromkeys(watch.get(place, ()) + pairs))
    return {
        variant: Assembly(
            Chain(tuple(stage(p, variant) for p in nodes), rules, inputs.draws, inputs.scenario.months),
            nodes, watch, links,
        )
        for variant in variants
    }  # fmt: skip


def _effects_of(source: str, world: World, nodes: Mapping[str, Nodes], inputs: Inputs) -> Effects:
    if source == "events":
        return event_effects(world, nodes, inputs)
    return (project_effects if source == "projects" else contract_effects)(world, nodes, inputs)
