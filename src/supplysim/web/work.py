"""What a thread does: one mineral, one variant, some draws; or a report. The world is loaded once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Event, Lock

import numpy as np

from supplysim.assembly import Assembly, Inputs, assemble
from supplysim.assembly.chain import Variant
from supplysim.batch.block import traces_of
from supplysim.batch.engine import engine_for
from supplysim.batch.sampling import sample
from supplysim.engine.market import Array
from supplysim.engine.run import simulate
from supplysim.errors import Fault, InputError, RunError
from supplysim.results.metrics import YEAR, Key, measure
from supplysim.results.outer import Walks, measure_noisy
from supplysim.results.question import question_of
from supplysim.results.trace import Trace
from supplysim.scenario import Scenario, load
from supplysim.web.parts import mates, mineral, minerals_of, narrowed
from supplysim.world import World
from supplysim.world import load as load_world

KEPT = ("price", "contract_price", "used", "short", "unmet", "stock", "cover", "made")
"""Monthly quantities that the page shows."""
METRICS = (
    "short_share", "short_t", "short_usd", "worst_year_short_share", "peak_price_multiple", "bought_abroad_share",
    "rival_share", "min_months_of_cover", "supplier_hhi",
)  # fmt: skip
"""Headline metrics that the page shows."""

REPORT_DRAWS = 64
"""Most draws of a run that is made for a report."""
REPORT_BLOCK = 16
"""Draws of it that are simulated together: between them its maker may be stopped."""


@dataclass(frozen=True)
class Task:
    """Draws `first` to `first + count` of a mineral in a variant of a scenario narrowed to it (`parts.narrowed`), and
    of those that are simulated with it (`parts.mates`).

    `months_kept` keeps what happened month by month, which figures show and the row of minerals does not.
    """

    scenario: Scenario
    mineral: str
    variant: Variant
    first: int
    count: int
    months_kept: bool = True


@dataclass(frozen=True)
class Piece:
    """What became of a task: traces by product, metrics, sampled inputs, and metrics over noisy paths, all by draw."""

    traces: Mapping[str, Trace]
    metrics: Mapping[Key, Array]
    inputs: Mapping[str, Array]
    noisy: Mapping[Key, Array]

    @property
    def bytes(self) -> int:
        """Size of its arrays."""
        monthly = sum(array.nbytes for found in self.traces.values() for array in _arrays(found))
        rest = (*self.metrics.values(), *self.inputs.values(), *self.noisy.values())
        return monthly + sum(array.nbytes for array in rest)


def _arrays(found: Trace) -> tuple[Array, ...]:
    return (found.flow, *found.monthly.values(), *found.noise.values())


@dataclass(frozen=True)
class Failure:
    """A task that could not be done: faults of the input, or what the run failed of."""

    faults: tuple[Fault, ...] = ()
    message: str = ""


Outcome = Piece | Failure | None
"""None where nobody waits for the piece any more."""


class Stopped(Exception):  # noqa: N818 -- no mistake: nobody waits for the work any more
    """The work was to end."""


warm = Event()
"""Set when everything that is loaded on first use has been."""
_loading = Lock()


def start() -> None:
    """Load the world, and by one short run whatever is loaded on first use."""
    scenario = narrowed(replace(load("baseline"), months=2), "tungsten")
    compute(Task(scenario, "tungsten", "baseline", 0, 2), Event())
    warm.set()


def _world(folder: Path | None) -> World:
    """A world, loaded once, however many threads ask for it."""
    with _loading:
        return load_world(folder)


def side_by_side() -> bool:
    """Whether the engine computes in several threads at the same time: the compiled one does, NumPy's takes turns."""
    return engine_for("auto") != "numpy"


def do(task: Task, stop: Event) -> Outcome:
    """Carry out a task unless it is stopped before its end."""
    try:
        return compute(task, stop)
    except Stopped:
        return None
    except InputError as error:
        return Failure(error.faults)
    except RunError as error:
        return Failure(message=f"The run failed: {error}")


def compute(task: Task, stop: Event) -> Piece:
    """Simulate a task. Raises `InputError`, `SolverError` or `AuditError` as a block of a run does, and `Stopped` in
    the month in which `stop` is set."""

    def month_begins(_: int) -> None:
        if stop.is_set():
            raise Stopped

    month_begins(0)
    scenario, world = task.scenario, _world(task.scenario.world)
    inputs = Inputs(scenario, sample(scenario, task.first, task.count), task.count)
    assembly = _of_minerals(assemble(world, inputs, task.variant), mates(scenario, task.mineral))
    histories = simulate(assembly.chain, assembly.watch, engine_for("auto"), month_begins)
    question = question_of(world, inputs)
    walks = Walks(inputs, task.first)
    noise = {product: walks.of(product, task.variant) for product in assembly.nodes}
    traces = traces_of(assembly, histories, question, noise) if task.months_kept else {}
    return Piece(
        {product: _shown(found) for product, found in traces.items()},
        _kept(measure(assembly, histories, question, passed={})),
        dict(inputs.drawn),
        _kept(measure_noisy(assembly, histories, question, noise)),
    )


def _kept(found: Mapping[Key, Array]) -> dict[Key, Array]:
    return {key: values for key, values in found.items() if key.metric in METRICS}


def report(source: str, overrides: tuple[str, ...], results: Path, stop: Event) -> Path:
    """Run a scenario (its source and settings) and write its page under `results`; the page's path.

    An equal run that has finished is found again. Draws are limited, and minerals to those that the scenario is about,
    so that a strategist need not wait for minutes. Raises `InputError` and `RunError`, and `Stopped` after the draws
    during which `stop` is set.
    """
    from supplysim.batch.block import compute as block
    from supplysim.batch.execute import gather, saved, saving
    from supplysim.report import PAGE, write_report
    from supplysim.report.source import run_of

    scenario = load(source, overrides)
    scope = ", ".join(minerals_of(scenario, scenario.vocabulary.minerals if scenario.vocabulary else ()))
    scenario = load(source, (*overrides, f"draws={min(scenario.draws, REPORT_DRAWS)}", f"scope=[{scope}]"))
    engine = engine_for("auto")
    folder = saved(results, scenario, engine)
    if folder is None:
        blocks = []
        for first in range(0, scenario.draws, REPORT_BLOCK):
            if stop.is_set():
                raise Stopped
            count = min(REPORT_BLOCK, scenario.draws - first)
            blocks.append(block(_world(scenario.world), scenario, first, count, traced=True, engine=engine))
        result = gather(scenario, blocks, engine)
        with saving(result, results, "supplysim serve") as (folder, manifest):
            write_report(folder, run=run_of(result, manifest))
    return folder / PAGE if (folder / PAGE).is_file() else write_report(folder)


def asked_for(source: str, overrides: tuple[str, ...], months: int, draws: int) -> Scenario:
    """The scenario as the page looks at it: settings laid over, the horizon cut, a number of draws of its own.

    A year is left of what is counted where that begins later than the run.
    """
    scenario = load(source, overrides)
    drawn = max(scenario.draws, draws) if scenario.sampler == "lhs" else draws
    return replace(scenario, months=min(scenario.months, max(months, scenario.counted_from + YEAR)), draws=drawn)


def _of_minerals(assembly: Assembly, minerals: tuple[str, ...]) -> Assembly:
    """The stages of minerals that are simulated together."""
    order = list(assembly.nodes)
    places = [k for k, product in enumerate(order) if mineral(product) in minerals]
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
    return Trace(found.regions, monthly, links, found.flow[:, :, used], found.contracts, found.noise)
