"""A modeler's own metrics: packages offer them by an entry point, every run measures them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache

import numpy as np

from supplysim.engine.market import Array
from supplysim.errors import InputError
from supplysim.results.trace import Trace

GROUP = "supplysim.metrics"
Place = tuple[str, str]
"""A product and a region."""


@dataclass(frozen=True)
class Metric:
    """A metric of one's own, offered under its name as an entry point of the group `supplysim.metrics`.

    `measure` is called once for each variant and block of draws with the traces by product and returns one number a
    draw, `(d,)`, by product and region; NaN where it has no meaning, infinity where a moment never comes. A trace holds
    `monthly[quantity]` `(t, d, region)` in the order of its `regions`, and `flow` `(year, d, link)` in t in the order
    of its `links`. A draw's number must depend on that draw alone. `unit` is one that shipped metrics have (`t`,
    `share`, `months`, `USD`, `x base price`, `0..1`) or another word.
    """

    unit: str
    measure: Callable[[Mapping[str, Trace]], Mapping[Place, Array]]


@cache
def own_metrics() -> Mapping[str, Metric]:
    """The metrics that installed packages offer, by name. Raises `InputError` for one that is no `Metric`."""
    return {name: metric for name, (metric, _) in _found().items()}


def versions() -> tuple[str, ...]:
    """`name package version` of each: they decide a run's numbers as its inputs do."""
    return tuple(f"{name} {package}" for name, (_, package) in sorted(_found().items()))


@cache
def _found() -> Mapping[str, tuple[Metric, str]]:
    from importlib.metadata import entry_points

    found = {}
    for point in sorted(entry_points(group=GROUP), key=lambda each: each.name):
        package = f"{point.dist.name} {point.dist.version}" if point.dist else point.value
        try:
            metric = point.load()
        except Exception as error:
            raise InputError(f"the metric {point.name} of {package} cannot be loaded: {error}") from error
        if not point.name.isidentifier():
            raise InputError(f"{package} offers a metric with the name {point.name!r}, which is no word of a column")
        if not isinstance(metric, Metric):
            raise InputError(f"the metric {point.name} of {package} is no supplysim.Metric but {type(metric).__name__}")
        found[point.name] = (metric, package)
    return found


def measure_own(traces: Mapping[str, Trace], draws: int) -> dict[tuple[str, str, str], Array]:
    """Every own metric of a block, `(d,)` by metric, product and region.

    Raises `InputError` naming the metric where it fails or gives something else than one number a draw.
    """
    found = {}
    for name, metric in own_metrics().items():
        try:
            measured = {place: np.asarray(values, dtype=float) for place, values in metric.measure(traces).items()}
        except Exception as error:
            raise InputError(f"the metric {name} failed: {type(error).__name__}: {error}") from error
        for (product, region), values in measured.items():
            if values.shape != (draws,):
                raise InputError(f"the metric {name} gave {values.shape} for {product}, {region}, not ({draws},)")
            found[name, product, region] = values
    return found
