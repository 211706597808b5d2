"""The card of monthly events: the model and four rules without it, each a distribution of the price, scored alike.

Every rule is a path of the log price with the same noise around it (`results.noise`, by the metal's class of market):

* `model`: the small world of the event (`small_world`),
* `no_change`: a random walk,
* `mean_path`: the mean path of the list's events in other metals,
* `momentum`: the growth of the twelve months before the base goes on,
* `formula`: one market in closed form on the same losses and elasticities, without stocks.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from supplysim.engine.market import Array
from supplysim.errors import InputError
from supplysim.history.event_bias import Bias, bias_of
from supplysim.history.event_scores import (
    HORIZONS,
    Difference,
    PlayedEvent,
    Summary,
    difference,
    document_of,
    document_of_event,
    finite,
    judge,
    picks_of,
    plain,
    summarise,
)
from supplysim.history.events_table import Event, EventList, read_events
from supplysim.history.prices import TABLES, Prices, calm_months, read_prices
from supplysim.history.small_world import MONTHS, Course, Setting, run_event
from supplysim.results.noise import noise_of, walks

WALKS = 5
"""Noisy walks around each draw of the model."""
PLACEBO = 200


class Smoothness(NamedTuple):
    """Autocorrelation of monthly changes about zero: of the model's own path without noise, and of the prices seen."""

    model: float
    seen: float


@dataclass(frozen=True)
class EventCard:
    """All that a list of events shows: `scored` leaves out the endogenous ones, `everything` does not.

    `placebo` is the same card on random calm months, each told the losses of one of the metal's events. `unscored`
    names events whose prices are not known. `first_version` compares with the model as it stood when the test was
    frozen, None for events it was not run on. `hump` is the mean log change seen at the horizons, with its standard
    error.
    """

    scored: Summary
    everything: Summary
    placebo: Summary | None
    events: tuple[PlayedEvent, ...]
    unscored: tuple[str, ...]
    first_version: Difference | None
    hump: Array
    hump_error: Array
    smoothness: Smoothness
    bias: Bias
    setting: Setting

    def as_dict(self) -> dict[str, Any]:
        """The document `supplysim backtest --events FILE --json` prints; what is not defined is None."""
        return {
            **document_of(self.scored),
            "horizons": list(HORIZONS),
            "with_endogenous": document_of(self.everything),
            "placebo": None if self.placebo is None else document_of(self.placebo),
            "first_version": None if self.first_version is None else plain(vars(self.first_version)),
            "smoothness": plain(self.smoothness._asdict()),
            "bias": self.bias.as_dict(),
            "hump": [{"months": h, "mean": m, "se": s} for h, m, s in zip(HORIZONS, *self._hump(), strict=True)],
            "unscored": list(self.unscored),
            "events": [document_of_event(played) for played in self.events],
        }

    def _hump(self) -> tuple[list[float | None], list[float | None]]:
        mean, error = ([finite(x) for x in part.tolist()] for part in (self.hump, self.hump_error))
        return mean, error


@dataclass(frozen=True)
class _Case:
    """What a forecast is made of: where it starts, what the model says from there, and the noise of all rules."""

    metal: str
    base: int
    course: Course
    noise: Array


def play_events(
    events: EventList | str | Path | None = None, prices: Prices | str | Path | None = None,
    setting: Setting | None = None,
) -> EventCard:  # fmt: skip
    """The card of a list of events on monthly prices; without arguments that of the shipped list.

    Raises `InputError` for tables or settings that cannot be used, and where no event's prices are known.
    """
    setting = setting or Setting()
    listed = events if isinstance(events, EventList) else read_events(events)
    known = prices if isinstance(prices, Prices) else read_prices(prices)
    paths = {event: known.path(event.metal, event.base, MONTHS) for event in listed.events}
    usable = [event for event, path in paths.items() if np.isfinite(path[[h - 1 for h in HORIZONS]]).any()]
    if not usable:
        raise InputError("no event has a price in the month before its news and in a month scored after it")
    cases = {event: _case(event, setting) for event in usable}
    means = _mean_paths([event for event in usable if not event.endogenous], paths)
    played = tuple(
        _played(event, paths[event], _centres(cases[event], known, means), cases[event].noise) for event in usable
    )
    scored = [each for each in played if not each.event.endogenous]
    hump = np.array([each.observed[[h - 1 for h in HORIZONS]] for each in scored]).reshape(-1, len(HORIZONS))
    return EventCard(
        scored=summarise(scored),
        everything=summarise(played),
        placebo=_placebo(listed, known, cases, means, setting),
        events=played,
        unscored=tuple(event.name for event in listed.events if event not in cases),
        first_version=_against_first(scored),
        smoothness=_smoothness(scored, [cases[each.event].course for each in scored]),
        bias=bias_of(scored, listed, known),
        hump=np.nanmean(hump, axis=0) if len(hump) else np.full(len(HORIZONS), np.nan),
        hump_error=_standard_error(hump),
        setting=setting,
    )


def _case(event: Event, setting: Setting) -> _Case:
    course = run_event(event, setting)
    draws, source = np.arange(WALKS * setting.draws), (setting.seed, f"{event.metal}|{event.month}")
    noise = walks(noise_of(event.metal), MONTHS, draws, source, np.tile(course.tense, (1, WALKS)))
    return _Case(event.metal, event.base, course, noise if setting.noise else noise * 0.0)


def _mean_paths(events: Sequence[Event], paths: Mapping[Event, Array]) -> dict[str, Array]:
    """For each metal the mean log path of the events in other metals `(MONTHS,)`; NaN where there are none."""
    found = {}
    for metal in sorted({event.metal for event in paths}):
        others = [paths[event] for event in events if event.metal != metal]
        counts = np.isfinite(others).sum(axis=0) if others else np.zeros(MONTHS)
        sums = np.nansum(others, axis=0) if others else np.zeros(MONTHS)
        found[metal] = np.where(counts > 0, sums / np.maximum(counts, 1), np.nan)
    return found


def _centres(case: _Case, prices: Prices, means: Mapping[str, Array]) -> dict[str, Array]:
    """Each rule's path without noise, `(MONTHS, 1)` or `(MONTHS, members)`."""
    return {
        "model": np.tile(case.course.price, (1, WALKS)),
        "no_change": np.zeros((MONTHS, 1)),
        "mean_path": means[case.metal][:, None],
        "momentum": _growth(prices, case) * np.arange(1.0, MONTHS + 1)[:, None],
        "formula": np.tile(case.course.formula, (1, WALKS)),
    }


def _growth(prices: Prices, case: _Case) -> float:
    """Mean monthly log growth of the twelve months before the base; none where the earlier price is not known."""
    change = float(prices.path(case.metal, case.base - MONTHS, MONTHS)[-1])
    return change / MONTHS if np.isfinite(change) else 0.0


def _played(event: Event, observed: Array, centres: Mapping[str, Array], noise: Array) -> PlayedEvent:
    judged = {rule: judge(centre + noise, observed) for rule, centre in centres.items()}
    band = np.quantile(centres["model"] + noise, (0.05, 0.5, 0.95), axis=1)
    return PlayedEvent(event, observed, band, judged)


def _placebo(
    listed: EventList, prices: Prices, cases: Mapping[Event, _Case], means: Mapping[str, Array], setting: Setting
) -> Summary | None:
    """The card on random calm months; each gets what the model says of a random event of the same metal."""
    rng = np.random.default_rng(setting.seed)
    scored = [event for event in cases if not event.endogenous]
    bases = {metal: _calm_bases(prices, metal, listed.news[metal]) for metal in sorted({e.metal for e in scored})}
    places = [(metal, base) for metal, found in bases.items() for base in found]
    if not places:
        return None
    played = []
    for number in rng.choice(len(places), min(PLACEBO, len(places)), replace=False).tolist():
        metal, base = places[number]
        mine = [event for event in scored if event.metal == metal]
        donor = mine[int(rng.integers(len(mine)))]
        case = _Case(metal, base, cases[donor].course, cases[donor].noise)
        seen = prices.path(metal, base, MONTHS)
        played.append(_played(donor, seen, _centres(case, prices, means), case.noise))
    return summarise(played)


def _calm_bases(prices: Prices, metal: str, news: Sequence[int]) -> list[int]:
    """Months after which a whole year is calm and has prices."""
    calm = calm_months(prices, metal, news) & np.isfinite(prices.log[metal])
    return [prices.first[metal] + k for k in range(len(calm) - MONTHS) if calm[k : k + MONTHS + 1].all()]


def _against_first(played: Sequence[PlayedEvent]) -> Difference | None:
    """The model's CRPS on the events less the first version's."""
    with (TABLES / "first_version.csv").open(encoding="utf-8", newline="") as file:
        first = {(row["metal"], row["news_month"]): float(row["crps"]) for row in csv.DictReader(file)}
    mine = [each.crps["model"] for each in played]
    then = [first.get((each.event.metal, each.event.month), float("nan")) for each in played]
    return difference(np.array(mine), np.array(then), picks_of(played))


def _smoothness(played: Sequence[PlayedEvent], courses: Sequence[Course]) -> Smoothness:
    seen = [each.observed[:, None] for each in played if np.isfinite(each.observed).all()]
    return Smoothness(_autocorrelation([course.price for course in courses]), _autocorrelation(seen))


def _autocorrelation(paths: Sequence[Array]) -> float:
    """Of monthly changes about zero, pooled over paths `(MONTHS, n)` of the log price over the base."""
    changes = [np.diff(path, axis=0, prepend=0.0) for path in paths]
    size = sum(float((change**2).sum()) for change in changes)
    return sum(float((change[1:] * change[:-1]).sum()) for change in changes) / size if size > 0 else float("nan")


def _standard_error(paths: Array) -> Array:
    counts = np.isfinite(paths).sum(axis=0)
    if not len(paths) or (counts < 2).any():
        return np.full(len(HORIZONS), np.nan)
    return np.asarray(np.nanstd(paths, axis=0, ddof=1) / np.sqrt(counts))
