"""What a worker process does: one mineral, one variant, some draws. It loads the world once, when it starts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from supplysim.assembly import Assembly, Inputs, assemble
from supplysim.assembly.chain import Variant
from supplysim.batch.block import links_of
from supplysim.batch.engine import engine_for
from supplysim.batch.sampling import sample
from supplysim.engine.market import Array
from supplysim.engine.run import simulate
from supplysim.errors import Fault, InputError, RunError
from supplysim.results.metrics import Key, measure
from supplysim.results.question import question_of
from supplysim.results.trace import Trace, trace
from supplysim.scenario import Scenario, load
from supplysim.web.parts import mineral, minerals_of, narrowed
from supplysim.world import World
from supplysim.world import load as load_world

KEPT = ("price", "contract_price", "used", "short", "unmet", "stock", "cover", "made")
"""Monthly quantities that the page shows."""
METRICS = (
    "short_share", "short_t", "peak_price_multiple", "import_reliance", "rival_share",
    "min_months_of_cover", "supplier_hhi",
)  # fmt: skip
"""Headline metrics that the page shows."""

REPORT_DRAWS = 64
"""Most draws of a run that is made for a report."""


@dataclass(frozen=True)
class Task:
    """Draws `first` to `first + count` of a mineral in a variant; for the client in `slot` as long as its latest ticket
    is `ticket`."""

    source: str
    overrides: tuple[str, ...]
    months: int
    draws: int
    mineral: str
    variant: Variant
    first: int
    count: int
    slot: int
    ticket: int


@dataclass(frozen=True)
class Piece:
    """What became of a task: traces by product, metrics and sampled inputs, all by draw."""

    traces: Mapping[str, Trace]
    metrics: Mapping[Key, Array]
    inputs: Mapping[str, Array]


@dataclass(frozen=True)
class Failure:
    """A task that could not be done: faults of the input, or what the run failed of."""

    faults: tuple[Fault, ...] = ()
    message: str = ""


Outcome = Piece | Failure | None
"""None where the task was superseded before it began."""

_tickets: Any = None


def start(tickets: Any) -> None:
    """Make a worker ready: load the world and whatever is loaded on first use."""
    global _tickets
    _tickets = tickets
    _world(None)
    _rehearse()


def _rehearse() -> None:
    """One short run, so that everything that is loaded on first use has been."""
    scenario = narrowed(replace(load("baseline"), months=2), "tungsten")
    inputs = Inputs(scenario, sample(scenario, 0, 2), 2)
    simulate(assemble(_world(None), inputs, "baseline").chain, engine=engine_for("auto"))


@lru_cache(maxsize=4)
def _world(folder: Path | None) -> World:
    return load_world(folder)


def ready(_: int = 0) -> bool:
    """Whether a worker is warm: it answers nothing before."""
    return True


def do(task: Task) -> Outcome:
    """Carry out a task unless a later request of the same client has superseded it."""
    if _tickets is not None and _tickets[task.slot] != task.ticket:
        return None
    try:
        return compute(task)
    except InputError as error:
        return Failure(error.faults)
    except RunError as error:
        return Failure(message=f"The run failed: {error}")


def compute(task: Task) -> Piece:
    """Simulate a task. Raises `InputError`, `SolverError` or `AuditError` as a block of a run does."""
    scenario = narrowed(asked_for(task.source, task.overrides, task.months, task.draws), task.mineral)
    world = _world(scenario.world)
    inputs = Inputs(scenario, sample(scenario, task.first, task.count), task.count)
    assembly = _of_mineral(assemble(world, inputs, task.variant), task.mineral)
    histories = simulate(assembly.chain, assembly.watch, engine_for("auto"))
    question = question_of(world, inputs)
    found = measure(assembly, histories, question)
    traces = {
        product: _shown(trace(nodes, history, question.variety_cost, links_of(assembly, stage)))
        for stage, ((product, nodes), history) in enumerate(zip(assembly.nodes.items(), histories, strict=True))
    }
    return Piece(traces, {k: v for k, v in found.items() if k.metric in METRICS}, dict(inputs.drawn))


def report(arguments: tuple[str, tuple[str, ...], Path]) -> Path | Failure:
    """Run a scenario (its source, settings and the results folder) and write its page; the page's path.

    An equal run that has finished is found again. Draws are limited, and minerals to those that the scenario is about,
    so that a strategist need not wait for minutes.
    """
    from supplysim.batch.execute import execute, saved, saving
    from supplysim.report import PAGE, write_report

    source, overrides, results = arguments
    try:
        scenario = load(source, overrides)
        scope = ", ".join(minerals_of(scenario, scenario.vocabulary.minerals if scenario.vocabulary else ()))
        scenario = load(source, (*overrides, f"draws={min(scenario.draws, REPORT_DRAWS)}", f"scope=[{scope}]"))
        folder = saved(results, scenario)
        if folder is None:
            with saving(execute(scenario), results, "supplysim serve") as (folder, manifest):
                write_report(folder, manifest=manifest)
        return folder / PAGE if (folder / PAGE).is_file() else write_report(folder)
    except InputError as error:
        return Failure(error.faults)
    except RunError as error:
        return Failure(message=f"The run failed: {error}")


def asked_for(source: str, overrides: tuple[str, ...], months: int, draws: int) -> Scenario:
    """The scenario as the page looks at it: settings laid over, the horizon cut, a number of draws of its own."""
    scenario = load(source, overrides)
    drawn = max(scenario.draws, draws) if scenario.sampler == "lhs" else draws
    return replace(scenario, months=min(scenario.months, months), draws=drawn)


def _of_mineral(assembly: Assembly, name: str) -> Assembly:
    """The mineral's own stages."""
    order = list(assembly.nodes)
    places = [k for k, product in enumerate(order) if mineral(product) == name]
    new = {old: k for k, old in enumerate(places)}
    return Assembly(
        assembly.chain.part(places),
        {order[k]: assembly.nodes[order[k]] for k in places},
        {new[k]: links for k, links in assembly.watch.items() if k in new},
        {name: (new[k], links) for name, (k, links) in assembly.contract_links.items() if k in new},
    )


def _shown(found: Trace) -> Trace:
    """What the page shows of a trace: no quantity it does not draw, no link that never carries anything."""
    used = np.asarray(found.flow.any(axis=(0, 1)))
    links = tuple(link for link, any_flow in zip(found.links, used, strict=True) if any_flow)
    monthly = {name: found.monthly[name] for name in KEPT}
    return Trace(found.regions, monthly, links, found.flow[:, :, used], found.contracts)
