"""The whole chain for a block of draws, with or without what the scenario adds to the world."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

from supplysim.assembly.contracts import contract_effects, contract_links, project_effects
from supplysim.assembly.events import event_effects
from supplysim.assembly.inputs import Inputs
from supplysim.assembly.nodes import Nodes, nodes_of
from supplysim.assembly.stages import bare_stage, rules_of
from supplysim.engine.stage import Chain
from supplysim.world import World

Variant = Literal["baseline", "scenario", "without_contracts"]
"""The world as it is; with contracts, projects and events; with projects and events but no contracts."""


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
    nodes = nodes_of(world, inputs.scenario)
    stages = [bare_stage(world, nodes, product, inputs) for product in nodes]
    if variant != "baseline":
        effects = event_effects(nodes, inputs)
        for product, extra in project_effects(world, nodes, inputs).items():
            effects[product] = effects.get(product, ()) + extra
        if variant == "scenario":
            for product, extra in contract_effects(world, nodes, inputs).items():
                effects[product] = effects.get(product, ()) + extra
        stages = [replace(stage, effects=effects.get(stage.product, ())) for stage in stages]
    links = contract_links(nodes, inputs)
    watch: dict[int, tuple[tuple[int, int], ...]] = {}
    for stage, pairs in links.values():
        watch[stage] = tuple(dict.fromkeys(watch.get(stage, ()) + pairs))
    chain = Chain(tuple(stages), rules_of(inputs), inputs.draws, inputs.scenario.months)
    return Assembly(chain, nodes, watch, links)
