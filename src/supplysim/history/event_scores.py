"""How rules are judged on events and on lists of events: scores, differences and their intervals, as a document.

Scores are taken at 1, 3, 6 and 12 months after the base, the month before the first report. An event's score is the
mean over its horizons, a rule's the mean over events. Intervals draw whole metals, for events of one metal are alike.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from supplysim.engine.market import Array
from supplysim.engine.market import Rows as Places
from supplysim.history.events_table import Event
from supplysim.history.scores import crps, inside, pit, winkler

HORIZONS = (1, 3, 6, 12)
RULES = ("model", "no_change", "mean_path", "momentum", "formula")
BINS = 6
INTERVAL = (0.05, 0.95)
RESAMPLES = 2000


class Judged(NamedTuple):
    """One rule on one event: at each horizon (NaN where no price is known), and on the highest of twelve months."""

    crps: Array
    pit: Array
    winkler: Array
    peak_pit: float


@dataclass(frozen=True)
class PlayedEvent:
    """One event: what the log price did in the months from the news on, what each rule said, and how it was judged.

    `band` is the model's 5, 50 and 95 % with noise, `(3, MONTHS)`.
    """

    event: Event
    observed: Array
    band: Array
    judged: Mapping[str, Judged]

    @property
    def crps(self) -> dict[str, float]:
        """Mean over the horizons with a price, by rule; NaN for a rule that cannot be had."""
        seen = np.isfinite(self.judged["no_change"].crps)
        return {rule: float(judged.crps[seen].mean()) for rule, judged in self.judged.items()}


@dataclass(frozen=True)
class Scores:
    """One rule over all events; intervals by drawing whole metals."""

    crps: float
    crps_low: float
    crps_high: float
    coverage_50: float
    coverage_90: float
    pit: tuple[int, ...]
    pit_mean: float
    winkler_90: float
    peak_pit_mean: float
    peak_coverage_90: float


@dataclass(frozen=True)
class Difference:
    """CRPS of the model less that of a rule, and the same as a part of the rule's; below zero the model is better."""

    crps_difference: float
    low: float
    high: float
    relative: float
    relative_low: float
    relative_high: float


@dataclass(frozen=True)
class Summary:
    """The card of some events: scores by rule, and the model against each other rule. None for a rule that cannot be
    had (a mean path of other metals where there is one metal)."""

    n: int
    metals: tuple[str, ...]
    scores: Mapping[str, Scores | None]
    against: Mapping[str, Difference | None]


def summarise(played: Sequence[PlayedEvent]) -> Summary:
    """Scores of every rule over events, and the model against each."""
    metals = tuple(sorted({each.event.metal for each in played}))
    picks = picks_of(played)
    errors = {rule: np.array([each.crps[rule] for each in played]) for rule in RULES}
    return Summary(
        len(played), metals,
        {rule: _scores([each.judged[rule] for each in played], errors[rule], picks) for rule in RULES},
        {rule: difference(errors["model"], errors[rule], picks) for rule in RULES[1:]},
    )  # fmt: skip


def difference(mine: Array, other: Array, picks: Sequence[Places]) -> Difference | None:
    """Paired difference of events' CRPS `(events,)`, with the interval over resampled events `picks`."""
    if not len(mine) or not np.isfinite(other).all():
        return None
    means = np.array([(mine[pick].mean(), other[pick].mean()) for pick in picks])
    gaps, parts = means[:, 0] - means[:, 1], _excess(means[:, 0], means[:, 1])
    part = float(_excess(mine.mean(), other.mean()))
    return Difference(float(mine.mean() - other.mean()), *_interval(gaps), part, *_interval(parts))


def _excess(mine: ArrayLike, other: ArrayLike) -> Array:
    """`mine / other - 1`, NaN where the other rule makes no error at all."""
    values, rule = np.asarray(mine), np.asarray(other)
    return np.asarray(np.divide(values, rule, out=np.full(values.shape, np.nan), where=rule > 0) - 1.0)


def judge(sample: Array, observed: Array) -> Judged:
    """A rule's sample `(MONTHS, members)` against what was seen."""
    at = [h - 1 for h in HORIZONS]
    members, seen = sample[at].T, observed[at]
    known = np.isfinite(seen) & np.isfinite(members).all(axis=0)

    def where(values: Array) -> Array:
        return np.where(known, values, np.nan)

    calm = np.where(known, seen, 0.0)
    peak = float("nan")
    if np.isfinite(observed).all() and np.isfinite(sample).all():
        peak = float(pit(sample.max(axis=0), observed.max()))
    return Judged(where(crps(members, calm)), where(pit(members, calm)), where(winkler(members, calm)), peak)


def _scores(judged: Sequence[Judged], errors: Array, picks: Sequence[Places]) -> Scores | None:
    if not judged or not np.isfinite(errors).all():
        return None
    ranks = np.concatenate([each.pit for each in judged])
    ranks, peaks = ranks[np.isfinite(ranks)], np.array([each.peak_pit for each in judged])
    peaks = peaks[np.isfinite(peaks)]
    bins = np.bincount(np.minimum((ranks * BINS).astype(int), BINS - 1), minlength=BINS)
    return Scores(
        float(errors.mean()), *_interval(np.array([errors[pick].mean() for pick in picks])),
        float(inside(ranks, 0.5).mean()), float(inside(ranks, 0.9).mean()),
        tuple(bins.tolist()), float(ranks.mean()),
        float(np.nanmean(np.concatenate([each.winkler for each in judged]))),
        float(peaks.mean()) if len(peaks) else float("nan"),
        float(inside(peaks, 0.9).mean()) if len(peaks) else float("nan"),
    )  # fmt: skip


def picks_of(played: Sequence[PlayedEvent]) -> list[Places]:
    """Places of events in each resample: as many metals as there are, drawn with replacement, each with its events."""
    metals = sorted({each.event.metal for each in played})
    places = [np.array([k for k, each in enumerate(played) if each.event.metal == metal]) for metal in metals]
    rng = np.random.default_rng(0)
    drawn = rng.integers(0, max(len(places), 1), (RESAMPLES if places else 0, len(places)))
    return [np.concatenate([places[k] for k in each]) for each in drawn]


def _interval(values: Array) -> tuple[float, float]:
    low, high = np.quantile(values, INTERVAL)
    return float(low), float(high)


def document_of(summary: Summary) -> dict[str, Any]:
    return {
        "n": summary.n,
        "metals": list(summary.metals),
        "scores": {rule: None if s is None else plain(vars(s)) for rule, s in summary.scores.items()},
        "against": {rule: None if d is None else plain(vars(d)) for rule, d in summary.against.items()},
    }


def document_of_event(played: PlayedEvent) -> dict[str, Any]:
    at = [h - 1 for h in HORIZONS]
    model = played.judged["model"]
    return {
        "event": played.event.name,
        "metal": played.event.metal,
        "news_month": played.event.month,
        "endogenous": played.event.endogenous,
        "months": list(HORIZONS),
        "observed": [finite(x) for x in played.observed[at].tolist()],
        "model": {name: part[at].tolist() for name, part in zip(("p5", "p50", "p95"), played.band, strict=True)},
        "crps": {rule: finite(value) for rule, value in played.crps.items()},
        "pit": [finite(x) for x in model.pit.tolist()],
        "peak_pit": finite(model.peak_pit),
    }


def plain(values: Mapping[str, Any]) -> dict[str, Any]:
    return {k: list(v) if isinstance(v, tuple) else finite(v) for k, v in values.items()}


def finite(value: float) -> float | None:
    return value if np.isfinite(value) else None
