"""What a modeler calls from Python: `load` a scenario, `run` it, read frames, `compare` results, hand over inputs."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

from supplysim.api.comparison import Comparison, compared
from supplysim.api.result import RunResult
from supplysim.batch.design import design, given_inputs, length_of, problem
from supplysim.batch.engine import engine_for
from supplysim.batch.execute import execute
from supplysim.batch.progress import Told
from supplysim.errors import InputError
from supplysim.scenario import Scenario
from supplysim.scenario import load as _load

__all__ = ["Comparison", "RunResult", "compare", "design", "load", "problem", "run"]


def load(source: str | Path, overrides: Sequence[str] = ()) -> Scenario:
    """Read a scenario file, or the shipped scenario of that name (`supplysim list` names them), with its parents.

    `overrides` are `PATH=VALUE` texts as for `--set`, such as `"events.halt.lasts=12 months"`; `supplysim params`
    lists every path with its unit and bounds.

    Returns a frozen `Scenario`. Its `values` are in base units whatever the file writes: tonnes, months, USD, fractions
    of one, dates as months since 0000-01 (`start` too). `supplysim.scenario` has what can be done with it: `cells` of
    a sweep, `altered` by more overrides, `digest`, `to_yaml`.

    Raises `InputError` with every fault of all files at once, each with file, line and column.

    >>> load("baseline", ["horizon.months=24"]).months
    24
    """
    return _load(source, overrides)


def run(
    scenario: Scenario, *, draws: int | None = None, seed: int | None = None, inputs: Any = None,
    engine: str = "auto", progress: Told | bool | None = None,
) -> RunResult:  # fmt: skip
    """Simulate the scenario and its no-event baseline over the same draws, in this process; nothing is written.

    `draws` and `seed` take the place of the scenario's own. `inputs` is an own design, all of it in one batch: a frame
    (or a mapping of columns) with a row a draw and a column for each path that it sets, in base units; what it leaves
    out is sampled. It takes the place of `draws`. `problem` and `design` make such frames.

    `engine` is "numpy", "compiled" (the month in C++, about ten times as fast, the same results to the solver's
    tolerance) or "auto", which takes compiled wherever this install has it. `progress` is called with draws done and
    draws in all after each block of 128 draws; True shows a bar on stderr.

    Returns a `RunResult`: its frames have quantiles over draws (`summary()`, `prices()` in multiples of the base
    price, `flows()` and `stocks()` in tonnes) or a row a draw (`draws()`). Months and links are kept of the first 256
    draws, headline metrics of all. The same inputs and seed give the same numbers, bit by bit.

    Raises `InputError` where the scenario asks for what the world does not have, inputs are no design, or the engine
    is not there; `SolverError` or `AuditError` where a draw fails.

    >>> result = run(load("baseline", ["horizon.months=12", "scope=[tungsten]"]), draws=2)
    >>> len(result.draws())
    2
    """
    given = None if inputs is None else given_inputs(scenario, inputs)
    count = length_of(given) if given is not None else scenario.draws if draws is None else draws
    if draws is not None and count != draws:
        raise InputError(f"inputs has {count} rows, but {draws} draws are asked for")
    asked = replace(scenario, draws=count, seed=scenario.seed if seed is None else seed)
    with _shown(asked, progress) as told:
        return RunResult.of(execute(asked, progress=told, engine=engine_for(engine), given=given))


def compare(first: RunResult | str | Path, second: RunResult | str | Path) -> Comparison:
    """What the second run does otherwise than the first: inputs that differ, and every metric's difference.

    Each is a `RunResult` or the folder of a saved run. With the same seed and sampler (or the same own design) both
    share their draws, and differences are taken draw by draw; else they are of independent samples.

    Raises `InputError` where a folder is not one of a finished run.
    """
    return compared(first, second)


def _shown(scenario: Scenario, progress: Told | bool | None) -> Any:
    """What is called as blocks are done: as it was given, a bar's for True, None for nothing."""
    if progress is not True:
        return nullcontext(progress or None)
    from supplysim.batch.progress import bar

    return bar(f"{scenario.name}, {scenario.draws} draws", "draws")
