"""A block of draws: a pure function of the resolved scenario, the world and the draws' indices."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from supplysim.assembly import Assembly, Inputs, assemble_all
from supplysim.assembly.chain import Variant, deals_of, independent
from supplysim.batch.sampling import sample
from supplysim.engine.history import History
from supplysim.engine.market import Array
from supplysim.engine.run import simulate
from supplysim.errors import InputError
from supplysim.results.metrics import UNITS, Key, Question, measure
from supplysim.results.origin import Passed, follow
from supplysim.results.outer import Walks, by_quantity, measure_noisy
from supplysim.results.own import measure_own
from supplysim.results.quantiles import first_traces
from supplysim.results.question import question_of
from supplysim.results.summary import NOISY
from supplysim.results.trace import Trace, trace
from supplysim.scenario import Scenario
from supplysim.world import World

TRACED = 256
"""Draws of a run, or of each cell of a sweep, whose months and links are kept; headline metrics use all draws."""

TOGETHER = {"numpy": 128, "compiled": 32}
"""Draws simulated together by each engine."""


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
    """The baseline and the scenario; where there are contracts or projects, also the scenario without them."""
    signed = frozenset(deals_of(scenario)) - independent(scenario)
    return ("baseline", "scenario", "without_contracts") if signed else ("baseline", "scenario")


def spans(first: int, count: int, engine: str) -> list[tuple[int, int]]:
    """Draws in spans that are simulated together, each its first draw and how many: so many that Python's overhead is
    hidden, so few that their histories stay small. They decide nothing but speed and memory."""
    most = TOGETHER[engine]
    return [(start, min(most, first + count - start)) for start in range(first, first + count, most)]


def compute(
    world: World, scenario: Scenario, first: int, count: int, *, traced: bool, engine: str = "numpy",
    given: Mapping[str, Array] | None = None,
) -> Block:  # fmt: skip
    """Simulate every variant of a block; `traced` keeps what happened month by month, `engine` is numpy or compiled.

    `given` are values by path, `(count,)`, that take the place of what would be sampled.

    A draw's bytes do not depend on the draws beside it. NumPy adds up an axis in another order where the draw axis has
    length one, so a draw alone is simulated twice. Raises `InputError` (the scenario asks for what the world does not
    have), `SolverError` or `AuditError`.
    """
    drawn = sample(scenario, first, count) | dict(given or {})
    if count == 1:
        twice = {path: np.repeat(values, 2) for path, values in drawn.items()}
        return _first_draw(_simulated(world, Inputs(scenario, twice, 2), first, traced=traced, engine=engine))
    return _simulated(world, Inputs(scenario, drawn, count), first, traced=traced, engine=engine)


def _simulated(world: World, inputs: Inputs, first: int, *, traced: bool, engine: str) -> Block:
    scenario = inputs.scenario
    question = question_of(world, inputs)
    metrics: dict[str, dict[Key, Array]] = {}
    traces: dict[str, dict[str, Trace]] = {}
    iterations, walks = 0.0, Walks(inputs, first)
    known: dict[tuple[int, ...], list[History]] = {}
    measured: dict[tuple[int, ...], tuple[dict[str, Passed], dict[Key, Array]]] = {}
    for variant, assembly in assemble_all(world, inputs, variants_of(scenario)).items():
        histories = _histories(assembly, known, engine)
        same = tuple(map(id, histories))  # variants that are one are measured once
        if same not in measured:
            passed = follow(assembly, histories, question.consumers, question.rivals)
            measured[same] = passed, measure(assembly, histories, question, passed)
        passed, metrics[variant] = measured[same]
        noise = {product: walks.of(product, variant) for product in assembly.nodes}
        metrics[NOISY + variant] = measure_noisy(assembly, histories, question, noise)
        iterations += sum(history.iterations for history in histories) / len(histories)
        if UNITS.own or traced:
            found = traces_of(assembly, histories, question, noise)
            seen = {
                product: replace(each, passed=passed[product].keys(), embodied=passed[product].tonnes())
                for product, each in found.items()
            }
            own = {Key(*key): values for key, values in measure_own(seen, inputs.draws).items()}
            metrics[variant] = metrics[variant] | own  # variants that are one share the measured
            traces |= {variant: seen} if traced else {}
    _same_places(metrics)
    return Block(first, inputs.draws, dict(inputs.drawn), metrics, traces, 2.0 * iterations / len(metrics))


def _same_places(metrics: Mapping[str, Mapping[Key, Array]]) -> None:
    """Raise `InputError` where an own metric has no number for what another variant has one for."""
    for variant in (name for name in metrics if not name.startswith(NOISY)):
        if lost := metrics["scenario"].keys() ^ metrics[variant].keys():
            key = min(lost)
            raise InputError(f"the metric {key.metric} must be given for {key.product}, {key.region} in every variant")


def traces_of(
    assembly: Assembly, histories: list[History], question: Question, noise: Mapping[str, Array]
) -> dict[str, Trace]:
    """What every product did, month by month and link by link, with its prices' noise `(t, d)`."""
    return {
        product: replace(
            trace(nodes, history, question.variety_cost, links_of(assembly, stage)),
            noise=by_quantity(noise[product], assembly.chain.stages[stage]),
        )
        for stage, ((product, nodes), history) in enumerate(zip(assembly.nodes.items(), histories, strict=True))
    }


def _histories(assembly: Assembly, known: dict[tuple[int, ...], list[History]], engine: str) -> list[History]:
    """Every stage's history. Parts of the chain in which variants share all stages are simulated once (`known`)."""
    found: dict[int, History] = {}
    for part in assembly.chain.parts():
        same = tuple(id(assembly.chain.stages[k]) for k in part)
        if same not in known:
            watch = {place: assembly.watch[k] for place, k in enumerate(part) if k in assembly.watch}
            known[same] = simulate(assembly.chain.part(part), watch, engine)
        found |= dict(zip(part, known[same], strict=True))
    return [found[k] for k in sorted(found)]


def _first_draw(block: Block) -> Block:
    """The first draw of a block, as a block."""
    return Block(
        first=block.first,
        count=1,
        inputs={path: values[:1] for path, values in block.inputs.items()},
        metrics={variant: {key: v[:1] for key, v in found.items()} for variant, found in block.metrics.items()},
        traces=first_traces(block.traces, 1),
        iterations=block.iterations,
    )


def links_of(assembly: Assembly, stage: int) -> dict[str, tuple[tuple[int, int], ...]]:
    """The links `(s, b)` that each contract for a stage's product runs on."""
    return {name: links for name, (where, links) in assembly.contract_links.items() if where == stage}
