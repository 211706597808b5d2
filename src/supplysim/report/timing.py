"""When each event of a scenario is in force, over its draws."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from supplysim.engine.market import Array, Mask
from supplysim.report.names import Names, when
from supplysim.report.source import Run
from supplysim.results.metrics import SERVED


@dataclass(frozen=True)
class Span:
    """An event's months: quantiles 5, 50 and 95 % of its first and last month, and in which share of draws it happens.

    Months are since 0000-01; `full` is the last month at full force, `last` that of the recovery after it; both are cut
    at the end of the run.
    """

    id: str
    label: str
    products: tuple[str, ...]
    first: tuple[float, float, float]
    full: tuple[float, float, float]
    last: tuple[float, float, float]
    happens: float
    severity: tuple[float, float, float]
    kind: str
    titled: bool = False

    @property
    def named(self) -> str:
        """What a sentence calls it: its title in quotes, or what it does."""
        return f"“{self.label}”" if self.titled else self.label

    def text(self) -> str:
        """From when to when, with the draws' spread."""
        return f"{_spread(self.first)} to {_spread(self.last)}"


def spans(run: Run) -> list[Span]:
    """Every event but those of the world as it stands, in the order of the scenario."""
    names = Names(run.catalog)
    return [_span(run, name, event, names) for name, event in run.scenario.happening.items()]


def drawn(run: Run, path: str, default: float) -> Array:
    """A value by draw: what was sampled, or the scenario's own."""
    sampled = run.sampled(path)
    if sampled is not None:
        return np.asarray(sampled, dtype=float)
    return np.full(len(run.draws), float(run.scenario.values.get(path, default)))


def happens(run: Run, path: str, default: float = 1.0) -> float:
    """Share of draws in which a contract, project or event comes true; `path` ends in its probability's name."""
    uniform = run.sampled(f"{path}.happens")
    chance = drawn(run, path, default)
    return float(chance.mean() if uniform is None else (uniform < chance).mean())


def _span(run: Run, name: str, event: Any, names: Names) -> Span:
    at = f"events.{name}"
    end = run.start + run.scenario.months
    first = drawn(run, f"{at}.starts", event.starts)
    length = drawn(run, f"{at}.lasts", end if event.lasts is None else event.lasts)
    fading = drawn(run, f"{at}.recovery.over", 0.0)
    last = np.minimum(first + length + fading, end) - 1
    return Span(
        id=name,
        label=names.event(event),
        titled=bool(event.title),
        products=_products(run, event),
        first=_quantiles(first),
        full=_quantiles(np.minimum(first + length, end) - 1),
        last=_quantiles(last),
        happens=happens(run, f"{at}.probability", event.probability),
        severity=_quantiles(drawn(run, f"{at}.severity", getattr(event, "severity", 1.0))),
        kind=event.kind.replace("_", " "),
    )


def goes_short(run: Run, product: str, region: str, variant: str = "scenario") -> Mask:
    """In which months users lack more than 5 % of their need at base prices, at the median, `(t,)`."""
    used, unmet, short = (run.series(variant, product, region, q)[1] for q in ("used", "unmet", "short"))
    return np.asarray(short > (1.0 - SERVED) * (used + unmet))


def stretches(holds: Mask) -> list[tuple[int, int]]:
    """First and last index of each unbroken run of True."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], holds, [False]]).astype(int)))
    return [(int(a), int(b) - 1) for a, b in zip(edges[::2], edges[1::2], strict=True)]


def _products(run: Run, event: Any) -> tuple[str, ...]:
    """The products an event names; a corridor's are those it serves, all where it does not say."""
    if hasattr(event, "product"):
        return tuple(event.product)
    corridor = run.scenario.corridors.get(getattr(event, "corridor", ""))
    served = [service.product for service in corridor.serves] if corridor else []
    return tuple(p for p in served if p) if served and all(served) else tuple(run.catalog.products)


def _quantiles(values: Array) -> tuple[float, float, float]:
    low, middle, high = np.quantile(values, (0.05, 0.5, 0.95))
    return float(low), float(middle), float(high)


def _spread(band: tuple[float, float, float]) -> str:
    low, middle, high = (when(value) for value in band)
    return middle if low == middle == high else f"{middle} ({low} to {high})"
