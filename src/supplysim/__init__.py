"""supplysim: who gets which critical mineral from whom when supply breaks and when new contracts are signed.

>>> import supplysim
>>> scenario = supplysim.load("baseline", ["draws=1", "horizon.months=12", "model.growth=off"])
>>> result = supplysim.run(scenario)
>>> float(result.prices()["p50"].max())
1.0
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

__version__ = "0.2.0"

__all__ = [
    "Comparison", "InputError", "MarketSolution", "Metric", "RunResult", "Scenario", "SupplysimError", "__version__",
    "compare", "design", "discover", "indicators", "load", "problem", "run", "sensitivity", "solve_market",
]  # fmt: skip

if TYPE_CHECKING:
    from supplysim import indicators
    from supplysim.api import Comparison, RunResult, compare, design, load, problem, run
    from supplysim.decisions.discover import discover
    from supplysim.decisions.sensitivity import sensitivity
    from supplysim.engine import MarketSolution, solve_market
    from supplysim.errors import InputError, SupplysimError
    from supplysim.results.own import Metric
    from supplysim.scenario import Scenario

_WHERE = {
    "InputError": "supplysim.errors",
    "SupplysimError": "supplysim.errors",
    "MarketSolution": "supplysim.engine",
    "solve_market": "supplysim.engine",
    "discover": "supplysim.decisions.discover",
    "sensitivity": "supplysim.decisions.sensitivity",
    "Metric": "supplysim.results.own",
    "Scenario": "supplysim.scenario",
    **dict.fromkeys(("Comparison", "RunResult", "compare", "design", "load", "problem", "run"), "supplysim.api"),
}


def __dir__() -> list[str]:
    """The public names, though most of them are not loaded yet."""
    return sorted(__all__)


def __getattr__(name: str) -> Any:
    """Load what is asked for when it is asked for, so that importing the package costs nothing."""
    from importlib import import_module

    if name == "indicators":
        return import_module("supplysim.indicators")
    if name not in _WHERE:
        raise AttributeError(f"module 'supplysim' has no attribute '{name}'")
    return getattr(import_module(_WHERE[name]), name)
