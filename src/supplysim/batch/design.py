"""A modeler's own design: values by path and draw, in place of what would be sampled."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from supplysim.batch.sampling import drawn_paths
from supplysim.engine.market import Array
from supplysim.errors import InputError
from supplysim.scenario import Scenario
from supplysim.scenario.names import suggestion


def given_inputs(scenario: Scenario, inputs: Any) -> dict[str, Array]:
    """A frame, or a mapping of columns, as arrays `(draws,)` by path in base units (tonnes, months, USD, fractions,
    dates as months since 0000-01; `supplysim params` names them).

    A column is any path that is drawn or that the scenario has a number for; `PATH.happens` is a uniform number below
    which something with a probability comes true. Raises `InputError` for a column that is no such path, columns of
    different lengths, or a value that is not a finite number.
    """
    columns = {str(name): inputs[name] for name in inputs}
    known = {*drawn_paths(scenario), *(path for path, value in scenario.values.items() if _number(value))}
    found: dict[str, Array] = {}
    for name, column in columns.items():
        if name not in known:
            raise InputError(f"inputs: no such path '{name[:200]}'{suggestion(name, known)}")
        try:
            values = np.asarray(column, dtype=float)
        except (TypeError, ValueError):
            raise InputError(f"inputs: {name} holds something that is not a number") from None
        if values.ndim != 1 or not np.isfinite(values).all():
            raise InputError(f"inputs: {name} must hold one finite number a draw")
        found[name] = values
    lengths = {len(values) for values in found.values()}
    if len(lengths) != 1 or 0 in lengths:
        raise InputError("inputs: give at least one column, all of the same length, with one row a draw")
    return found


def _number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def length_of(given: Mapping[str, Array]) -> int:
    """How many draws a design has."""
    return len(next(iter(given.values())))
