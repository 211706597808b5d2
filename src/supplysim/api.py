"""What a modeler calls from Python: `load` a scenario, `run` it, read frames."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from supplysim.batch.execute import execute
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
    progress: Callable[[int, int], None] | None = None,
) -> Result:
    """Simulate the scenario and its no-event baseline over the same draws.

    Raises `InputError` where the scenario asks for what the world does not have, `SolverError` or `AuditError` where
    a draw fails.
    """
    asked = replace(
        scenario, draws=scenario.draws if draws is None else draws, seed=scenario.seed if seed is None else seed
    )
    return execute(asked, progress=progress)
