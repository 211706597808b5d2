"""Episodes month by month through the whole model: shipped priors, shipped rules, and no figure fitted to a case.

A series is judged at the times it was published for, a yearly figure against the mean of the model's twelve months.
Both are multiples of the base: the last figure that lies wholly before the first event. Beside the path stand the run
without events and the event's own effect, scenario over baseline: growth that both share is no merit of the event.
Prices are also judged with the noise of their market around them, beside a random walk with the same noise.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

import numpy as np

from supplysim.engine.market import Array
from supplysim.history.episode_run import EpisodeRun, run_episode
from supplysim.history.episodes import CALM, PriceBand, band_coverage, direction_accuracy, peak_error
from supplysim.history.episodes_played import Noisy, PlayedEpisode, PlayedSeries, SeriesScore
from supplysim.history.episodes_table import MonthlyEpisode, Observation, Series, monthly_episodes, monthly_named
from supplysim.history.observed import first_event, read_observed
from supplysim.history.scores import crps, inside, pit
from supplysim.results.noise import agreed, noise_of, walks
from supplysim.results.summary import QUANTILES
from supplysim.results.trace import Trace
from supplysim.scenario import Scenario, shipped_folder

DRAWS = 128
WALKS = 8
"""Noisy walks around each draw."""
CLEAR = 0.05
"""Log change of the model from which a move is more than drift."""
STILL = 1e-3
"""A multiple that moves by less stands still."""
LEAST = 1e-3
"""Multiple below which nothing is told apart."""
LEAST_SIGMA = 0.05
"""Stands for no substitution at all, which a scenario does not accept."""


@lru_cache(maxsize=16)
def play_monthly(name: str, draws: int = DRAWS, sigma: float | None = None) -> PlayedEpisode:
    """Run an episode's shipped scenario and judge every series; kept for the rest of the process.

    `sigma` replaces the prior of every product. InputError for an unknown name.
    """
    episode = monthly_named(name)
    return _judge(episode, run_episode(_scenario(episode, draws, sigma), episode.series))


def play_own(scenario: str | Path, observed: str | Path) -> PlayedEpisode:
    """Run a modeler's own scenario and judge it by the table of figures `observed`, as the shipped episodes are.

    Raises InputError for what is wrong with either file, with its place.
    """
    from supplysim.api import load

    loaded = load(scenario)
    first_event(loaded)
    series = read_observed(observed, loaded)
    sources = "; ".join(dict.fromkeys(seen.source for one in series for seen in one.observations if seen.source))
    episode = MonthlyEpisode(loaded.name, loaded.title or loaded.name, sources or str(observed), "", series)
    return _judge(episode, run_episode(loaded, series))


def _judge(episode: MonthlyEpisode, run: EpisodeRun) -> PlayedEpisode:
    """Judge a finished run of an episode, series by series."""
    start, event = run.scenario.start, first_event(run.scenario)
    played = []
    for series in episode.series:
        path, calm = (_monthly(series, run.traces[variant]) for variant in ("scenario", "baseline"))
        outer = _noisy(series, path, _terms(run.scenario, series), start, event) if series.is_price else None
        played.append(replace(_play(series, path, calm, start, event), noisy=outer))
    return PlayedEpisode(episode, run.scenario.draws, tuple(played))


def play_all(draws: int = DRAWS, sigma: float | None = None) -> list[PlayedEpisode]:
    """Every episode."""
    return [play_monthly(episode.name, draws, sigma) for episode in monthly_episodes()]


def _scenario(episode: MonthlyEpisode, draws: int, sigma: float | None) -> Scenario:
    from supplysim.api import load
    from supplysim.world import catalog

    path = shipped_folder() / "backtests" / f"{episode.name}.yaml"
    scenario = load(path)
    if sigma is not None:
        products = catalog(scenario.world).products.values()
        value = max(sigma, LEAST_SIGMA)
        mine = [product.id for product in products if product.mineral in scenario.scope]
        scenario = load(path, [f"minerals.{product}.trade.sigma={value}" for product in mine])
    return replace(scenario, draws=draws)


def _play(series: Series, monthly: Array, quiet: Array, start: int, event: int) -> PlayedSeries:
    """`monthly` and `quiet` are the quantity `(t, d)` with and without events."""
    end, times = start + len(monthly), _times(series, start, event, len(monthly))
    base = times[0].first
    at, still = (_at(times, each, start) for each in (monthly, quiet))
    model, path = _band(at / at[0]), _band(monthly / at[0])
    observed = _observed(times)
    drift = _drift(series, times)
    after = PriceBand(*(part[base - start :] for part in path))
    low, middle, high = (_extreme(series, times, *parts) for parts in zip(model, after, strict=True))
    error = abs(math.log(middle / _peak(series, observed)))
    effect = np.median((at / at[0]) / np.maximum(still / still[0], LEAST), axis=1)
    calm = np.median(still / still[0], axis=1)
    return PlayedSeries(
        series=series,
        times=times,
        observed=observed,
        model=model,
        extreme=(low, middle, high),
        months=tuple(range(start, end)),
        path=path,
        score=replace(_score(series, times, model, observed), peak_abs_log_error=error),
        no_change=_score(series, times, _exact(np.ones(len(times))), observed),
        drift=None if drift is None else _score(series, times, _exact(drift), observed),
        recovery_observed=_recovery(series, times, observed),
        calm=calm,
        effect=effect,
        calm_direction=_direction(series, calm, observed),
        effect_direction=_direction(series, effect, observed),
        noisy=None,
    )


def _times(series: Series, start: int, event: int, months: int) -> tuple[Observation, ...]:
    """The figures from the base on, the last one before the first event, to the end of a run of so many months."""
    base = max(seen.first for seen in series.observations if start <= seen.first and seen.last < event)
    return tuple(seen for seen in series.observations if base <= seen.first and seen.last < start + months)


def _observed(times: Sequence[Observation]) -> Array:
    """What was seen, as multiples of the base."""
    values = np.array([seen.value for seen in times])
    return np.asarray(values / values[0])


def _at(times: Sequence[Observation], monthly: Array, start: int) -> Array:
    """Means of the months that each figure stands for, `(time, d)`."""
    return np.stack([monthly[seen.first - start : seen.last + 1 - start].mean(axis=0) for seen in times])


def _terms(scenario: Scenario, series: Series) -> tuple[float, float]:
    """The share of purchases under contracts and their months, as the series' quantity has it: none at spot."""
    trade = f"minerals.{series.product}.trade"
    if series.quantity != "contract_price":
        return 0.0, 1.0
    return float(scenario.values[f"{trade}.term_share"]), float(scenario.values[f"{trade}.tenor"])


def _noisy(series: Series, monthly: Array, terms: tuple[float, float], start: int, event: int) -> Noisy:
    """Judge monthly prices `(t, d)` with noise around them; `start` and `event` are the run's and its first event's."""
    times = _times(series, start, event, len(monthly))
    observed, multiples = _observed(times), monthly / _at(times[:1], monthly, start)[0]
    after, mineral = times[0].last + 1 - start, series.product.partition(".")[0]
    months, members = len(multiples) - after, WALKS * multiples.shape[1]
    tense = (np.arange(months) + start + after >= event)[:, None]
    walk = walks(noise_of(mineral), months, np.arange(members), (0, f"{series.name}|{series.product}"), tense)
    walk = agreed(walk, *terms)
    factor = np.exp(np.concatenate([np.zeros((after, members)), walk]))
    model = _at(times, np.tile(multiples, (1, WALKS)) * factor, start)[1:]
    still, seen = _at(times, factor, start)[1:], observed[1:]
    band = np.concatenate([np.ones((3, 1)), np.quantile(model, QUANTILES, axis=1)], axis=1)
    logs = np.log(model.T)
    return Noisy(
        band=PriceBand(*band),
        coverage=float(inside(pit(logs, np.log(seen)), 0.9).mean()),
        crps=float(crps(logs, np.log(seen)).mean()),
        crps_no_change=float(crps(np.log(still.T), np.log(seen)).mean()),
        peak_pit=float(pit(model.max(axis=0), seen.max())),
    )


def _extreme(series: Series, times: Sequence[Observation], model: Array, after: Array) -> float:
    """The model's peak (of exports: its trough); among its months `after` the base began if the one seen is a month."""
    seen = times[int(np.argmax(_upwards(series, np.array([figure.value for figure in times]))))]
    return _peak(series, after if seen.first == seen.last else model)


def _peak(series: Series, multiples: Array) -> float:
    """The highest price, or the lowest exports (not below a thousandth, so that a logarithm exists)."""
    return float(multiples.max() if series.is_price else max(multiples.min(), LEAST))


def _upwards(series: Series, values: Array) -> Array:
    """Values of which a shock makes the highest: exports turned over."""
    return values if series.is_price else 1 / np.maximum(values, LEAST)


def _monthly(series: Series, traces: Mapping[str, Trace]) -> Array:
    """The quantity `(t, d)`: prices weighted by what the regions bought in the first year, exports as customs count
    them, tonnes that leave, of all the series' products together."""
    if series.is_price:
        trace = traces[series.product]
        places = [trace.regions.index(region) for region in series.regions]
        bought = np.array([_bought(trace, region) for region in series.regions])
        weighted = trace.monthly[series.quantity][:, :, places] * bought
        return np.asarray(weighted.sum(axis=2) / bought.sum())
    leaves = [traces[product].contracts[series.name] for product in series.products
              if series.name in traces[product].contracts]  # fmt: skip
    return np.maximum(sum(leaves), 1e-12)


def _bought(trace: Trace, region: str) -> float:
    into = [k for k, (_, buyer) in enumerate(trace.links) if buyer == region]
    return float(trace.flow[0, 0, into].sum())


def _band(draws: Array) -> PriceBand:
    low, middle, high = np.quantile(draws, QUANTILES, axis=1)
    return PriceBand(low, middle, high)


def _exact(values: Array) -> PriceBand:
    return PriceBand(values, values, values)


def _drift(series: Series, times: Sequence[Observation]) -> Array | None:
    """The mean growth from the first figure of all to the base, carried forward."""
    first, base = series.observations[0], times[0]
    months = _middle(base) - _middle(first)
    if months <= 0:
        return None
    growth = math.log(base.value / first.value) / months
    return np.exp(growth * np.array([_middle(seen) - _middle(base) for seen in times]))


def _middle(seen: Observation) -> float:
    return (seen.first + seen.last) / 2


def _direction(series: Series, said: Array, observed: Array) -> float:
    """Share of moves that go the right way; what stands still within a thousandth moves in no direction."""
    upwards = np.round(_upwards(series, said) / STILL) * STILL
    return direction_accuracy(upwards, _upwards(series, observed))


def _score(series: Series, times: Sequence[Observation], band: PriceBand, observed: Array) -> SeriesScore:
    said, was = _upwards(series, band.median), _upwards(series, observed)
    return SeriesScore(
        price_direction=_direction(series, band.median, observed),
        moves=int((np.diff(observed) != 0).sum()),
        clear=_clear(said, was),
        peak_abs_log_error=peak_error(said, was),
        band_coverage=band_coverage(PriceBand(*(np.maximum(part, LEAST) for part in band)), observed),
        error=float(np.abs(np.log(said[1:] / was[1:])).mean()),
        recovery_months=_recovery(series, times, band.median),
    )


def _clear(said: Array, was: Array) -> float:
    steps, seen = np.diff(np.log(said)), np.diff(np.log(was))
    moved = seen != 0
    right = (np.sign(steps) == np.sign(seen)) & (np.abs(steps) >= CLEAR)
    return float(right[moved].mean()) if moved.any() else math.nan


def _recovery(series: Series, times: Sequence[Observation], multiples: Array) -> float:
    """Months from the first figure out of the calm range to the first one back in it for good; 0 if never out."""
    out = multiples > CALM if series.is_price else multiples < 1 / CALM
    if out[-1]:
        return math.inf
    if not out.any():
        return 0.0
    away = np.flatnonzero(out)
    return _middle(times[int(away[-1]) + 1]) - _middle(times[int(away[0])])
