"""A block of draws: a pure function of the resolved scenario, the world and the draws' indices."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from supplysim.assembly import Assembly, Inputs, assemble_all
from supplysim.assembly.chain import Variant, deals_of, independent
from supplysim.batch.sampling import sample
from supplysim.engine.history import History
from supplysim.engine.market import Array
from supplysim.engine.native.months import unknown
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

TOGETHER = {"numpy": 128, "compiled": 64}
"""Draws simulated together by each engine."""


@dataclass(frozen=True)
class Block:
    """Draws `first` to `first + count`: sampled inputs by path, metrics and traces by variant, all `(count,)` long;
    `by_numpy` says of each product that was asked of the compiled month and left to NumPy, why."""

    first: int
    count: int
    inputs: dict[str, Array]
    metrics: dict[str, dict[Key, Array]]
    traces: dict[str, dict[str, Trace]]
    iterations: float
    by_numpy: Mapping[str, str] = field(default_factory=dict)


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
    """One independent part of the chain after the other, so that only the histories of one are ever in memory."""
    question, walks = question_of(world, inputs), Walks(inputs, first)
    wholes = assemble_all(world, inputs, variants_of(inputs.scenario))
    kept = {variant: _Kept() for variant in wholes}
    by_numpy: dict[str, str] = {}
    for places in wholes["scenario"].chain.parts():
        for variants in _alike(wholes, lambda v: (wholes[v].chain.stages[k] for k in places)):  # noqa: B023
            part = wholes[variants[0]].part(places)
            if engine == "compiled" and (reason := unknown(part.chain)):
                by_numpy |= dict.fromkeys(part.nodes, reason)
            of_months = None if UNITS.own or traced else part.in_need(question.consumers)
            histories = simulate(part.chain, part.watch, engine, buyers=of_months)
            passed = follow(part, histories, question.consumers, question.rivals)
            metrics = measure(part, histories, question, passed)
            for same in _alike(variants, lambda v: (walks.of(product, v) for product in part.nodes)):  # noqa: B023
                noise = {product: walks.of(product, same[0]) for product in part.nodes}
                noisy = measure_noisy(part, histories, question, noise)
                seen = traces_of(part, histories, question, noise, passed) if UNITS.own or traced else {}
                for variant in same:
                    kept[variant].add(part, histories, metrics, noisy, seen)
            del histories
    found = {variant: each.in_order(wholes[variant]) for variant, each in kept.items()}
    metrics_of: dict[str, dict[Key, Array]] = {}
    for variant, each in found.items():
        own = {Key(*key): values for key, values in measure_own(each.traces, inputs.draws).items()}
        metrics_of |= {variant: each.metrics | own, NOISY + variant: each.noisy}
    _same_places(metrics_of)
    traces: dict[str, dict[str, Trace]] = {variant: each.traces for variant, each in found.items()} if traced else {}
    steps = [sum(each.steps.values()) / len(each.steps) for each in found.values()]
    return Block(first, inputs.draws, dict(inputs.drawn), metrics_of, traces, sum(steps) / len(steps), by_numpy)


def _alike(variants: Iterable[Variant], things: Callable[[Variant], Iterable[object]]) -> list[list[Variant]]:
    """Variants of which all these things are the same objects: what they give is computed once."""
    found: dict[tuple[int, ...], list[Variant]] = {}
    for variant in variants:
        found.setdefault(tuple(map(id, things(variant))), []).append(variant)
    return list(found.values())


@dataclass
class _Kept:
    """What is kept of a variant, part by part: its metrics, the noisy ones, traces and Newton steps by product."""

    metrics: dict[Key, Array] = field(default_factory=dict)
    noisy: dict[Key, Array] = field(default_factory=dict)
    traces: dict[str, Trace] = field(default_factory=dict)
    steps: dict[str, float] = field(default_factory=dict)

    def add(
        self, part: Assembly, histories: Sequence[History], metrics: Mapping[Key, Array], noisy: Mapping[Key, Array],
        traces: Mapping[str, Trace],
    ) -> None:  # fmt: skip
        """Add a part of the chain."""
        self.metrics |= metrics
        self.noisy |= noisy
        self.traces |= traces
        self.steps |= {product: each.iterations for product, each in zip(part.nodes, histories, strict=True)}

    def in_order(self, whole: Assembly) -> _Kept:
        """The same in the order of the world's products, what contracts are asked after them in theirs."""
        product = {name: k for k, name in enumerate(whole.nodes)}
        contract = {name: k for k, name in enumerate(whole.contract_links, len(product))}

        def ordered(found: Mapping[Key, Array]) -> dict[Key, Array]:
            return {k: found[k] for k in sorted(found, key=lambda k: contract.get(k.contract, product[k.product]))}

        return _Kept(
            ordered(self.metrics),
            ordered(self.noisy),
            {name: self.traces[name] for name in product if name in self.traces},
            {name: self.steps[name] for name in product},
        )


def _same_places(metrics: Mapping[str, Mapping[Key, Array]]) -> None:
    """Raise `InputError` where an own metric has no number for what another variant has one for."""
    for variant in (name for name in metrics if not name.startswith(NOISY)):
        if lost := metrics["scenario"].keys() ^ metrics[variant].keys():
            key = min(lost)
            raise InputError(f"the metric {key.metric} must be given for {key.product}, {key.region} in every variant")


def traces_of(
    assembly: Assembly, histories: list[History], question: Question, noise: Mapping[str, Array],
    passed: Mapping[str, Passed] | None = None,
) -> dict[str, Trace]:  # fmt: skip
    """What every product did, month by month and link by link, with its prices' noise `(t, d)` and, where it is given,
    what consumers bought, looked through."""
    found = {}
    for stage, ((product, nodes), history) in enumerate(zip(assembly.nodes.items(), histories, strict=True)):
        made = trace(nodes, history, question.variety_cost, links_of(assembly, stage))
        made = replace(made, noise=by_quantity(noise[product], assembly.chain.stages[stage]))
        if passed:
            made = replace(made, passed=passed[product].keys(), embodied=passed[product].tonnes())
        found[product] = made
    return found


def _first_draw(block: Block) -> Block:
    """The first draw of a block, as a block."""
    return replace(
        block,
        count=1,
        inputs={path: values[:1] for path, values in block.inputs.items()},
        metrics={variant: {key: v[:1] for key, v in found.items()} for variant, found in block.metrics.items()},
        traces=first_traces(block.traces, 1),
    )


def links_of(assembly: Assembly, stage: int) -> dict[str, tuple[tuple[int, int], ...]]:
    """The links `(s, b)` that each contract for a stage's product runs on."""
    return {name: links for name, (where, links) in assembly.contract_links.items() if where == stage}
