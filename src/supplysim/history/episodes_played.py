"""What was played of episodes month by month: each series beside the model, scores of many, and the document of one."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from supplysim.engine.market import Array
from supplysim.history.episodes import PriceBand
from supplysim.history.episodes_table import MonthlyEpisode, Observation, Series


@dataclass(frozen=True)
class SeriesScore:
    """What a series' forecast is worth; NaN where nothing can be said, times to recover in months (inf for never).

    `price_direction` is the share of moves that go the right way, `moves` their number, `clear` the share that go the
    right way by at least `CLEAR`: a drift of a percent is right too, and says little. `peak_abs_log_error` is that
    of the highest figure (of exports: the lowest), whenever the model has it: where that figure is a month's, any of
    the model's months counts. `error` is the mean absolute log error after the base.
    """

    price_direction: float
    moves: int
    clear: float
    peak_abs_log_error: float
    band_coverage: float
    error: float
    recovery_months: float


@dataclass(frozen=True)
class Noisy:
    """A series of prices beside the model with its market's noise, which starts when the base is known.

    `band` is the outer band at the times (5, 50 and 95 %), `coverage` its part of the figures after the base. `crps` is
    of their logs, `crps_no_change` that of a random walk with the same noise; `peak_pit` the place of the highest
    figure in the distribution of the noisy paths' highest at the same times.
    """

    band: PriceBand
    coverage: float
    crps: float
    crps_no_change: float
    peak_pit: float


@dataclass(frozen=True)
class PlayedSeries:
    """A series beside the model: `observed` and `model` are multiples of the base figure, `times` those of the figures.

    `extreme` is the model's highest price or lowest exports (p5, p50, p95), `months` and `path` are its own months.
    `no_change` and `drift` are the baselines; drift is the mean growth before the base carried forward, None where no
    earlier figure is known. `calm` is the median of the run without events at the times, `effect` that of scenario over
    baseline, draw by draw; `effect_direction` and `calm_direction` are the shares of moves either has right. `noisy`
    is None for what is no price.
    """

    series: Series
    times: tuple[Observation, ...]
    observed: Array
    model: PriceBand
    extreme: tuple[float, float, float]
    months: tuple[int, ...]
    path: PriceBand
    score: SeriesScore
    no_change: SeriesScore
    drift: SeriesScore | None
    recovery_observed: float
    calm: Array
    effect: Array
    calm_direction: float
    effect_direction: float
    noisy: Noisy | None


@dataclass(frozen=True)
class PlayedEpisode:
    """An episode with all its series."""

    episode: MonthlyEpisode
    draws: int
    series: tuple[PlayedSeries, ...]

    def as_dict(self) -> dict[str, Any]:
        """The document `supplysim backtest EPISODE --json` prints; a time that never comes is null."""
        return {
            "episode": self.episode.name,
            "title": self.episode.title,
            "source": self.episode.source,
            "draws": self.draws,
            "lacking": self.episode.lacking,
            "totals": totals_of([self]) | noisy_totals([self]),
            "series": [_document(played) for played in self.series],
        }


def totals_of(played: Sequence[PlayedEpisode], rule: str = "score") -> dict[str, float | None]:
    """The three figures over all episodes: None where there is nothing to judge.

    `rule` is score (the model), no_change or drift; series without a drift are left out of its figures.

    `price_direction` is over all moves of prices, `peak_abs_log_error` the mean over the series of prices,
    `band_coverage` over all figures after the base, exports included.
    """
    every = [(series, getattr(series, rule)) for episode in played for series in episode.series]
    known: list[tuple[PlayedSeries, SeriesScore]] = [(series, score) for series, score in every if score is not None]
    prices = [score for series, score in known if series.series.is_price]
    return {
        "price_direction": _weighted([(score.price_direction, score.moves) for score in prices]),
        "peak_abs_log_error": _weighted([(score.peak_abs_log_error, 1) for score in prices]),
        "band_coverage": _weighted([(score.band_coverage, len(series.observed) - 1) for series, score in known]),
    }


def noisy_totals(played: Sequence[PlayedEpisode]) -> dict[str, float | None]:
    """What prices show over all episodes beside the path: None where there is nothing to judge.

    Directions of the event's own effect and of the run without events, share of figures inside the outer band, mean
    place of the peaks, and CRPS of the log price over that of a random walk with the same noise, less one.
    """
    prices = [series for episode in played for series in episode.series if series.series.is_price]
    known = [(series.noisy, len(series.times) - 1) for series in prices if series.noisy is not None]
    mine = _weighted([(noisy.crps, n) for noisy, n in known])
    walk = _weighted([(noisy.crps_no_change, n) for noisy, n in known])
    return {
        "effect_direction": _weighted([(series.effect_direction, series.score.moves) for series in prices]),
        "no_event_direction": _weighted([(series.calm_direction, series.score.moves) for series in prices]),
        "outer_coverage": _weighted([(noisy.coverage, n) for noisy, n in known]),
        "peak_pit": _weighted([(noisy.peak_pit, 1) for noisy, _ in known]),
        "crps_against_no_change": None if mine is None or not walk else mine / walk - 1.0,
    }


def _weighted(pairs: Sequence[tuple[float, int]]) -> float | None:
    known = [(value, weight) for value, weight in pairs if math.isfinite(value) and weight]
    return sum(value * weight for value, weight in known) / sum(w for _, w in known) if known else None


def _document(played: PlayedSeries) -> dict[str, Any]:
    rows = zip(
        played.times, played.observed.tolist(), *(part.tolist() for part in played.model), played.calm.tolist(),
        played.effect.tolist(), strict=True,
    )  # fmt: skip
    noisy = played.noisy
    return {
        "series": played.series.name,
        "title": played.series.title,
        "quantity": played.series.quantity,
        "product": played.series.product,
        "regions": list(played.series.regions),
        "unit": played.series.unit,
        "points": [
            {
                "when": seen.when, "value": seen.value, "multiple": multiple, "p5": low, "p50": middle, "p95": high,
                **_outer(noisy, k),
                "no_events": calm, "effect": effect,
                "confidence": seen.confidence, "source": seen.source, "note": seen.note,
            }
            for k, (seen, multiple, low, middle, high, calm, effect) in enumerate(rows)
        ],
        "extreme": dict(zip(("p5", "p50", "p95"), played.extreme, strict=True)),
        "score": _plain(played.score),
        "no_change": _plain(played.no_change),
        "drift": None if played.drift is None else _plain(played.drift),
        "effect_direction": _known(played.effect_direction),
        "no_event_direction": _known(played.calm_direction),
        "noisy": None if noisy is None else {
            "coverage": noisy.coverage, "crps": noisy.crps, "crps_no_change": noisy.crps_no_change,
            "peak_pit": noisy.peak_pit,
        },
        "recovery_months_observed": played.recovery_observed if math.isfinite(played.recovery_observed) else None,
    }  # fmt: skip


def _outer(noisy: Noisy | None, k: int) -> dict[str, float]:
    return {} if noisy is None else {"outer_p5": float(noisy.band.low[k]), "outer_p95": float(noisy.band.high[k])}


def _known(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _plain(score: SeriesScore) -> dict[str, float | int | None]:
    return {name: value if math.isfinite(value) else None for name, value in vars(score).items()}
