"""Which engine computes a run: NumPy everywhere, or the solver compiled by numba where that pays."""

from __future__ import annotations

from importlib.util import find_spec

from supplysim.errors import InputError
from supplysim.scenario import Scenario

ENGINES = ("auto", "numpy", "numba")
PAYS_FROM = 50_000
"""Draws x months from which the compiled solver's start-up (a few seconds a process) is earned back."""


def engine_for(asked: str, scenario: Scenario) -> str:
    """`numpy` or `numba`; `auto` takes numba where it is installed and the run is long enough to pay its start-up.

    The choice is a function of the scenario and of what is installed. Raises `InputError` where numba is asked for and
    not installed.
    """
    installed = find_spec("numba") is not None
    if asked == "numba" and not installed:
        raise InputError("the engine numba is not installed; install supplysim[fast], or take --engine numpy")
    if asked != "auto":
        return asked
    return "numba" if installed and scenario.draws * scenario.months >= PAYS_FROM else "numpy"
