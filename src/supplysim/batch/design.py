"""A modeler's own design: values by path and draw, in place of what would be sampled, and what to draw it from."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

import numpy as np

from supplysim.batch.sampling import drawn_paths, from_uniform
from supplysim.engine.market import Array
from supplysim.errors import InputError
from supplysim.scenario import Scenario
from supplysim.scenario.distributions import Discrete
from supplysim.scenario.draws import undrawn
from supplysim.scenario.names import suggestion

if TYPE_CHECKING:
    import pandas as pd

RANGE = (0.05, 0.95)
"""Quantiles of each prior that a design runs between unless told."""


def given_inputs(scenario: Scenario, inputs: Any) -> dict[str, Array]:
    """A frame, or a mapping of columns, as arrays `(draws,)` by path in base units (tonnes, months, USD, fractions,
    dates as months since 0000-01; `supplysim params` names them).

    A column is any path that is drawn or that the scenario has a number for; `PATH.happens` is a uniform number below
    which something with a probability comes true. Raises `InputError` for a column that is no such path, columns of
    different lengths, one that is the same in every draw, or a value that is not a finite number.
    """
    columns = {str(name): inputs[name] for name in inputs}
    known = {*drawn_paths(scenario), *(path for path, value in scenario.values.items() if _number(value))}  # noqa: PD011 -- a mapping
    found: dict[str, Array] = {}
    for name, column in columns.items():
        if name not in known:
            raise InputError(f"inputs: no such path '{name[:200]}'{suggestion(name, known)}")
        if why := undrawn(name):
            raise InputError(f"inputs: {name} {why}")
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


def problem(
    scenario: Scenario, paths: Sequence[str] | None = None, between: tuple[float, float] | None = RANGE
) -> dict[str, Any]:
    """The scenario's drawn inputs as SALib's dictionary: `num_vars`, `names`, `bounds`, `dists`; `priors` says what
    each is drawn from.

    `paths` are paths or patterns (`events.*`) of the inputs wanted, all if it is None. Bounds are the values at the
    quantiles `between` of each prior, in base units, spread evenly: a frame of such values is what `run(inputs=)`
    takes. With `between=None` an input is its quantile, 0 to 1, so that the priors themselves are asked about;
    `design` turns such points into values. `PATH.happens`, which decides whether something comes true, is 0 to 1 in
    both.

    Raises `InputError` where no drawn input is meant, or where values are drawn from a list and bounds are asked for.
    """
    names = _wanted(scenario, paths)
    bounds = [[0.0, 1.0] if between is None else _bounds(scenario, name, between) for name in names]
    return {"num_vars": len(names), "names": names, "bounds": bounds, "dists": ["unif"] * len(names),
            "priors": [_told(scenario, name) for name in names]}  # fmt: skip


def design(scenario: Scenario, points: Any, paths: Sequence[str] | None = None) -> pd.DataFrame:
    """The inputs of `run` for points of the unit cube `(n, k)`: each input's value at that quantile of its prior.

    `paths` as for `problem`, whose order the columns of `points` have. Every other drawn input is at its median in all
    rows, so that nothing but the points varies. Raises `InputError` for points of another shape or outside 0 to 1.
    """
    import pandas as pd

    names, given = _wanted(scenario, paths), np.asarray(points, dtype=float)
    if given.ndim != 2 or given.shape[1] != len(names):
        raise InputError(f"points must be (n, {len(names)}), a column for each of {', '.join(names[:6])}")
    if not ((given >= 0.0) & (given <= 1.0)).all():
        raise InputError("points must lie between 0 and 1: they are quantiles")
    cut = np.clip(given, 2.0**-33, 1.0 - 2.0**-33)
    uniform = {path: np.full(len(given), 0.5) for path in drawn_paths(scenario)} | dict(zip(names, cut.T, strict=True))
    return pd.DataFrame(from_uniform(scenario, uniform))


def _wanted(scenario: Scenario, paths: Sequence[str] | None) -> list[str]:
    """The drawn inputs that vary, or those of them that are meant, in the order in which they are drawn."""
    known = [path for path in drawn_paths(scenario) if path not in scenario.uncertain or _varies(scenario, path)]
    for pattern in paths or ():
        if not any(fnmatchcase(path, pattern) for path in known):
            raise InputError(f"no drawn input '{pattern[:200]}'{suggestion(pattern, known)}")
    found = known if paths is None else [path for path in known if any(fnmatchcase(path, each) for each in paths)]
    if not found:
        raise InputError("the scenario draws nothing: there is no input to vary")
    return found


def _varies(scenario: Scenario, path: str) -> bool:
    low, high = scenario.uncertain[path].support
    return low < high


def _bounds(scenario: Scenario, path: str, between: tuple[float, float]) -> list[float]:
    if path not in scenario.uncertain:
        return [0.0, 1.0]
    if isinstance(scenario.uncertain[path], Discrete):
        raise InputError(f"{path} is drawn from a list of values, which has no bounds; take between=None")
    low, high = between
    if not 0.0 < low < high < 1.0:
        raise InputError(f"between must be two quantiles between 0 and 1, the lower one first, not {between}")
    return [float(x) for x in scenario.uncertain[path].ppf(np.array([low, high]))]


def _told(scenario: Scenario, path: str) -> str:
    found = scenario.uncertain.get(path)
    if found is None:
        return "uniform(low=0, high=1)"
    return f"{found.name}({', '.join(f'{key}={value}' for key, value in found.parameters().items())})"


def _number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def length_of(given: Mapping[str, Array]) -> int:
    """How many draws a design has."""
    return len(next(iter(given.values())))


def digest_of(given: Mapping[str, Array]) -> str:
    """SHA-256 of a design: its paths and every value to the last bit."""
    found = hashlib.sha256()
    for path, values in sorted(given.items()):
        found.update(path.encode() + b"\0" + np.ascontiguousarray(values, dtype="<f8").tobytes())
    return found.hexdigest()
