"""What a modeler calls from Python: `load` a scenario, `run` it, read frames."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from supplysim.batch.design import given_inputs, length_of
from supplysim.batch.execute import execute
from supplysim.errors import InputError
from supplysim.results.result import Result
from supplysim.scenario import Scenario
from supplysim.scenario import load as _load


def load(source: str | Path, overrides: Sequence[str] = ()) -> Scenario:
    """Read a scenario file, or the shipped scenario of that name.

    `overrides` are `PATH=VALUE` texts as for `--set`. Raises `InputError` with every fault at once.
    """
    return _load(source, overrides)


def run(
    scenario: Scenario,
    *,
    draws: int | None = None,
    seed: int | None = None,
    inputs: Any = None,
    progress: Callable[[int, int], None] | None = None,
) -> Result:
    """Simulate the scenario and its no-event baseline over the same draws.

    `inputs` is an own design: a frame (or a mapping of columns) with a row a draw and a column for each path that it
    sets, in base units; what it leaves out is sampled. It takes the place of `draws`.

    Raises `InputError` where the scenario asks for what the world does not have, `SolverError` or `AuditError` where
    a draw fails.
    """
    given = None if inputs is None else given_inputs(scenario, inputs)
    count = length_of(given) if given is not None else scenario.draws if draws is None else draws
    if draws is not None and count != draws:
        raise InputError(f"inputs has {count} rows, but {draws} draws are asked for")
    asked = replace(scenario, draws=count, seed=scenario.seed if seed is None else seed)
    return execute(asked, progress=progress, given=given)
