"""Where the bias of the card of monthly events comes from: prices rose more after events than the model says.

Three places where it could lie are told apart: a drift that prices have in calm months as well, which the noise would
lack; a market of all metals that rose at the time, which no event made; and the rest, which is the event's and the
model's. Read after the freeze, and nothing is changed for it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from supplysim.engine.market import Array
from supplysim.history.event_scores import HORIZONS, PlayedEvent, finite
from supplysim.history.events_table import EventList
from supplysim.history.prices import Prices, calm_months

NEAR = 12
"""Months within which two events of one metal overlap."""


class Mean(NamedTuple):
    """A mean over events or months by horizon, its standard error, and over how many; NaN where there are none."""

    mean: Array
    error: Array
    n: int


class Group(NamedTuple):
    """Some of the events: how many, and the mean PIT of the model and of no change."""

    n: int
    model: float
    no_change: float


@dataclass(frozen=True)
class Bias:
    """Mean log changes since the month before the news, at the horizons: `seen` in the event's metal, in the list's
    `others` over the same months, the one less the other draw by event (`apart`), the `model`'s median path, and the
    changes of `calm` months. `groups` is the mean PIT of parts of the list."""

    seen: Mean
    others: Mean
    apart: Mean
    model: Mean
    calm: Mean
    groups: Mapping[str, Group]

    def as_dict(self) -> dict[str, Any]:
        """A part of the document; what is not defined is None."""
        paths = {"seen": self.seen, "others": self.others, "apart": self.apart, "model": self.model, "calm": self.calm}
        return {
            **{name: {"mean": _plain(m.mean), "se": _plain(m.error), "n": m.n} for name, m in paths.items()},
            "groups": {name: {k: finite(v) for k, v in g._asdict().items()} for name, g in self.groups.items()},
        }


def bias_of(played: Sequence[PlayedEvent], listed: EventList, prices: Prices) -> Bias:
    """Where the bias of the events scored comes from."""
    at = np.array(HORIZONS) - 1
    metals = sorted({each.event.metal for each in played})
    own = np.array([each.observed[at] for each in played]).reshape(-1, len(at))
    beside = np.array([_others(each, metals, prices)[at] for each in played]).reshape(-1, len(at))
    model = np.array([each.band[1][at] for each in played]).reshape(-1, len(at))
    rose = [bool(path[0] > 0) for path in _over_horizons(beside)]
    close = [_overlaps(each, listed) for each in played]
    parts = {
        "other metals rose": rose,
        "other metals fell": [not each for each in rose],
        "another event within a year": close,
        "none within a year": [not each for each in close],
        **{metal: [each.event.metal == metal for each in played] for metal in metals},
    }
    return Bias(
        _mean(own), _mean(beside), _mean(own - beside), _mean(model), _calm(prices, listed, metals),
        {name: _group(played, chosen) for name, chosen in parts.items()},
    )  # fmt: skip


def _others(each: PlayedEvent, metals: Sequence[str], prices: Prices) -> Array:
    """Mean path of the list's other metals over the event's months; NaN where there is none."""
    paths = [prices.path(metal, each.event.base, len(each.observed)) for metal in metals if metal != each.event.metal]
    return np.asarray(np.mean(paths, axis=0)) if paths else np.full(len(each.observed), np.nan)


def _over_horizons(paths: Array) -> Array:
    known = np.isfinite(paths)
    sums = np.where(known, paths, 0.0).sum(axis=1, keepdims=True)
    return np.asarray(sums / np.maximum(known.sum(axis=1, keepdims=True), 1))


def _overlaps(each: PlayedEvent, listed: EventList) -> bool:
    mine = [event for event in listed.events if event.metal == each.event.metal and event != each.event]
    return any(abs(event.base - each.event.base) < NEAR for event in mine)


def _calm(prices: Prices, listed: EventList, metals: Sequence[str]) -> Mean:
    """Mean log change over each horizon in months without news; the error counts spans that do not overlap."""
    means, errors, count = [], [], 0
    for months in HORIZONS:
        found: list[float] = []
        for metal in metals:
            calm, series = calm_months(prices, metal, listed.news[metal]), prices.log[metal]
            found += [float(series[k + months] - series[k]) for k in range(len(series) - months)
                      if calm[k + 1 : k + months + 1].all()]  # fmt: skip
        changes = np.array([each for each in found if np.isfinite(each)])
        apart = max(len(changes) / months, 1.0)
        means.append(changes.mean() if len(changes) else np.nan)
        errors.append(changes.std() / np.sqrt(apart) if len(changes) else np.nan)
        count = max(count, len(changes))
    return Mean(np.array(means), np.array(errors), count)


def _mean(values: Array) -> Mean:
    known = [column[np.isfinite(column)] for column in values.T]
    means = [column.mean() if len(column) else np.nan for column in known]
    errors = [column.std(ddof=1) / np.sqrt(len(column)) if len(column) > 1 else np.nan for column in known]
    return Mean(np.array(means), np.array(errors), len(values))


def _group(played: Sequence[PlayedEvent], chosen: Sequence[bool]) -> Group:
    mine = [each for each, one in zip(played, chosen, strict=True) if one]
    ranks = {
        rule: [x for each in mine for x in each.judged[rule].pit if np.isfinite(x)] for rule in ("model", "no_change")
    }
    means = {rule: float(np.mean(found)) if found else float("nan") for rule, found in ranks.items()}
    return Group(len(mine), means["model"], means["no_change"])


def _plain(values: Array) -> list[float | None]:
    return [finite(x) for x in values.tolist()]
