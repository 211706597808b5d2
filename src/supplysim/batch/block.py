"""A block of draws: a pure function of the resolved scenario, the world and the draws' indices."""

from __future__ import annotations

from dataclasses import dataclass

from supplysim.assembly import Assembly, Inputs, assemble
from supplysim.assembly.chain import Variant
from supplysim.batch.sampling import sample
from supplysim.engine.market import Array
from supplysim.engine.run import simulate
from supplysim.results.metrics import Key, measure
from supplysim.results.question import question_of
from supplysim.results.trace import Trace, trace
from supplysim.scenario import Scenario
from supplysim.world import World


@dataclass(frozen=True)
class Block:
    """Draws `first` to `first + count`: sampled inputs by path, metrics and traces by variant, all `(count,)` long."""

    first: int
    count: int
    inputs: dict[str, Array]
    metrics: dict[str, dict[Key, Array]]
    traces: dict[str, dict[str, Trace]]
    iterations: float


def variants_of(scenario: Scenario) -> tuple[Variant, ...]:
    """The baseline and the scenario; where contracts meet events, also the scenario without its contracts."""
    flows = any(contract.kind != "no_flow" for contract in scenario.contracts.values())
    return ("baseline", "scenario", "without_contracts") if flows and scenario.events else ("baseline", "scenario")


def compute(world: World, scenario: Scenario, first: int, count: int, *, traced: bool) -> Block:
    """Simulate every variant of a block; `traced` keeps what happened month by month.

    Raises `InputError` (the scenario asks for what the world does not have), `SolverError` or `AuditError`.
    """
    inputs = Inputs(scenario, sample(scenario, first, count), count)
    question = question_of(world, inputs)
    metrics: dict[str, dict[Key, Array]] = {}
    traces: dict[str, dict[str, Trace]] = {}
    iterations = 0.0
    for variant in variants_of(scenario):
        assembly = assemble(world, inputs, variant)
        histories = simulate(assembly.chain, assembly.watch)
        metrics[variant] = measure(assembly, histories, question)
        iterations += sum(history.iterations for history in histories) / len(histories)
        if traced:
            traces[variant] = {
                product: trace(nodes, history, question.variety_cost, links_of(assembly, stage))
                for stage, ((product, nodes), history) in enumerate(zip(assembly.nodes.items(), histories, strict=True))
            }
    return Block(first, count, dict(inputs.drawn), metrics, traces, iterations / len(metrics))


def links_of(assembly: Assembly, stage: int) -> dict[str, tuple[tuple[int, int], ...]]:
    """The links `(s, b)` that each contract for a stage's product runs on."""
    return {name: links for name, (where, links) in assembly.contract_links.items() if where == stage}
