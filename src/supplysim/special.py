"""The special functions that are needed of SciPy; a file of its own because importing them takes as long as a draw.

`scipy.special` does `from numpy import *`, and with it imports what wraps Fortran and what NumPy's tests are run with,
two thirds of the time. Both are put off until somebody asks for them, by the standard library's own recipe.
"""

from __future__ import annotations

import sys
from importlib.util import LazyLoader, find_spec, module_from_spec

import numpy as np


def put_off(name: str) -> None:
    """Import a submodule of NumPy when it is first used, unless it is imported already or not there."""
    spec = None if f"numpy.{name}" in sys.modules else find_spec(f"numpy.{name}")
    if spec is None or spec.loader is None:
        return
    spec.loader = LazyLoader(spec.loader)
    module = module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    setattr(np, name, module)


put_off("f2py")
put_off("testing")

from scipy.special import bdtrc, betaincinv, ndtr, ndtri, stdtrit  # noqa: E402 -- after what it would import

__all__ = ["bdtrc", "betaincinv", "ndtr", "ndtri", "stdtrit"]
