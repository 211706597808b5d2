"""Which engine computes a run: the compiled month wherever it loads, else NumPy, which is the reference."""

from __future__ import annotations

from supplysim.engine.native.library import level, library
from supplysim.errors import InputError

ENGINES = ("auto", "numpy", "compiled")


def engine_for(asked: str) -> str:
    """`numpy` or `compiled`; `auto` takes the compiled month wherever this install has it.

    Raises `InputError` where the compiled month is asked for and this install has none.
    """
    there = library() is not None
    if asked == "compiled" and not there:
        raise InputError("this install has no compiled engine (it was built without a C++ compiler); "
                         "take --engine numpy, which gives the same results more slowly")  # fmt: skip
    if asked != "auto":
        return asked
    return "compiled" if there else "numpy"


def described() -> str:
    """Which engine this install has, in one line."""
    if library() is None:
        return "engine: NumPy (no compiled engine here: it was built without a C++ compiler, or from other sources)"
    return f"engine: compiled ({level()}), NumPy as its reference"
