"""The monthly episodes as tables and as a part of the validation page."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from supplysim.history.episodes_monthly import CLEAR, DRAWS
from supplysim.history.episodes_played import PlayedEpisode, PlayedSeries, SeriesScore, noisy_totals, totals_of
from supplysim.history.scores import inside
from supplysim.history.table import Table, markdown

DIRECTION = 0.75
COVERAGE = (0.80, 0.97)
RULES = {"score": "model", "no_change": "no change", "drift": "drift"}


def overview(played: Sequence[PlayedEpisode]) -> Table:
    """One row a series: extreme, direction, band and recovery."""
    rows = [_overview_row(episode, series) for episode in played for series in episode.series]
    header = [
        "episode", "series", "moves right", "by the event's effect", "without events", "extreme seen",
        "modelled [inner p5, p95]", "log error", "peak's PIT", "inside outer band",
        "months to recover: seen", "model",
    ]  # fmt: skip
    return Table("Episodes month by month (multiples of the last figure before the shock)", header, rows)


def targets(played: Sequence[PlayedEpisode]) -> Table:
    """What the model was to reach, and whether it does."""
    found = totals_of(played)
    prices = [series for episode in played for series in episode.series if series.series.is_price]
    beside, noisy = noisy_totals(played), [series.noisy for series in prices if series.noisy is not None]
    held = sum(bool(inside(np.array(each.peak_pit), 0.9)) for each in noisy)
    places = ", ".join(f"{each.peak_pit:.2f}" for each in noisy)
    moves = sum(series.score.moves for series in prices)
    clear = sum(series.score.clear * series.score.moves for series in prices) / moves
    low, high = COVERAGE
    right, within = _number(found["price_direction"]), _number(beside["outer_coverage"])
    effect, calm = _number(beside["effect_direction"]), _number(beside["no_event_direction"])
    against = _number(beside["crps_against_no_change"])
    return Table(
        "What the episodes were to show",
        ["target", "found", "met"],
        [
            [
                f"direction of prices right in {DIRECTION:.0%} of the moves",
                f"path {right:.0%}, {clear:.0%} by {CLEAR:.0%} or more; the run without events {calm:.0%}",
                _met(right >= DIRECTION),
            ],
            [
                f"direction of the event's own effect right in {DIRECTION:.0%} of the moves",
                f"{effect:.0%}",
                _met(effect >= DIRECTION),
            ],
            [
                "every peak inside the 90 % of noisy paths' peaks",
                f"{held} of {len(noisy)}; places {places}",
                _met(held == len(noisy)),
            ],
            [
                f"prices inside the 90 % outer band in {low:.0%} to {high:.0%}",
                f"{within:.0%}; inner band, exports too, {_number(found['band_coverage']):.0%}",
                _met(low <= within <= high),
            ],
            [
                "CRPS of prices not above that of a random walk with the same noise",
                f"{against:+.0%}",
                _met(against <= 0),
            ],
        ],
    )


def baselines(played: Sequence[PlayedEpisode]) -> Table:
    """The model beside rules that know no economics, on the same figures: those of series for which all have one.

    Where no series has a figure before its base, none has a drift, and all are judged without that rule.
    """
    drifts = any(series.drift is not None for episode in played for series in episode.series)
    rules = RULES if drifts else {rule: name for rule, name in RULES.items() if rule != "drift"}
    played = [replace(e, series=tuple(s for s in e.series if not drifts or s.drift is not None)) for e in played]
    count = sum(series.score.moves for episode in played for series in episode.series)
    rows = []
    for rule, name in rules.items():
        found = totals_of(played, rule)
        errors = [getattr(series, rule) for episode in played for series in episode.series]
        rows.append(
            [
                name,
                "-" if found["price_direction"] is None else f"{found['price_direction']:.0%}",
                "-" if found["peak_abs_log_error"] is None else f"{found['peak_abs_log_error']:.2f}",
                _mean_error([score for score in errors if score is not None]),
            ]
        )
    header = ["rule", "price moves right", "log error of peaks", "mean log error of the figures"]
    return Table(f"The model beside rules without economics, on the same {count} figures", header, rows)


def points(series: PlayedSeries) -> Table:
    """Every figure of a series with its source, beside the model."""
    rows = [
        [
            seen.when,
            f"{seen.value:,g}",
            f"{multiple:.2f}",
            f"{middle:.2f} [{low:.2f}, {high:.2f}]",
            "" if series.noisy is None else f"[{series.noisy.band.low[k]:.2f}, {series.noisy.band.high[k]:.2f}]",
            f"{series.calm[k]:.2f}",
            f"{series.effect[k]:.2f}",
            f"{seen.source}{f' ({seen.note})' if seen.note else ''}",
        ]
        for k, (seen, multiple, low, middle, high) in enumerate(
            zip(series.times, series.observed, *series.model, strict=True)
        )
    ]
    header = [
        "when", series.series.unit, "multiple", "model [inner p5, p95]", "outer band", "without events",
        "event's effect", "source",
    ]  # fmt: skip
    where = " ".join(series.series.regions)
    return Table(
        f"{series.series.title} ({series.series.quantity}, {' + '.join(series.series.products)}, {where})", header, rows
    )


def section(played: Sequence[PlayedEpisode]) -> str:
    """The part of the page about the episodes."""
    parts = [_INTRODUCTION.format(draws=DRAWS), markdown(targets(played)), markdown(overview(played))]
    parts += [markdown(baselines(played)), _READING]
    for episode in played:
        parts += [
            f"### {episode.episode.title} (`{episode.episode.name}`)",
            *(markdown(points(s)) for s in episode.series),
        ]
        parts += [f"What the model lacks here. {episode.episode.lacking}"]
    return "\n\n".join(parts)


def _overview_row(episode: PlayedEpisode, series: PlayedSeries) -> list[str]:
    pick = max if series.series.is_price else min
    low, middle, high = series.extreme
    score = series.score
    return [
        episode.episode.name,
        series.series.name,
        f"{score.price_direction * score.moves:.0f} of {score.moves}",
        f"{series.effect_direction * score.moves:.0f}",
        f"{series.calm_direction * score.moves:.0f}",
        f"{pick(series.observed.tolist()):.2f}",
        f"{middle:.2f} [{low:.2f}, {high:.2f}]",
        f"{score.peak_abs_log_error:.2f}",
        "" if series.noisy is None else f"{series.noisy.peak_pit:.2f}",
        "" if series.noisy is None else f"{series.noisy.coverage:.0%}",
        _months(series.recovery_observed),
        _months(score.recovery_months),
    ]


def _months(time: float) -> str:
    return "not back" if math.isinf(time) else f"{time:.0f}" if time else "never left"


def _mean_error(scores: Sequence[SeriesScore]) -> str:
    count = sum(score.moves for score in scores)
    return f"{sum(score.error * score.moves for score in scores) / count:.2f}" if count else ""


def _number(value: float | None) -> float:
    return math.nan if value is None else value


def _met(yes: bool) -> str:
    return "yes" if yes else "no"


_INTRODUCTION = """Four episodes through the whole model, month by month, {draws} draws of the shipped priors each. The
scenarios lie in `scenarios/backtests`: they hold what was announced or known of volumes, and nothing of what prices
did; where exports are the series, nothing of what customs counted. Nothing is fitted. Years before 2024 have a small
world of one market (`scenarios/backtests/worlds`), made from CEPII BACI, USGS, EIA, WNA and labelled assumptions, with
the shipped elasticities.

Few monthly series may be passed on. So a yearly figure is compared with the mean of the model's twelve months, a
dated one with its month, and the table says which is which. The base is the last figure before the first event."""

_READING = """Drift carries forward the growth before the base, where an earlier figure is known; "no change" moves in
no direction, so it is right in none of the moves. Figures that nobody sold at the base's quality - a unit value of
mixed goods, one oxide of many - are scored like the others. Where the highest figure is a month's, the model's peak is
its highest month; where it is a year's, its highest year.

Read it plainly. For rare earths the model has the wave, up and down, in the right years, at a fifth of its height.
For uranium it has next to nothing: what is right there is the sign of a drift of some percent where prices moved by a
third. It says that a loss of a few percent does not matter to utilities with years of stock. For the tonnes that was
so; the price moved all the same, and the model is no forecast of it. For magnets it has the fall and the return of
exports in the right months, to more than half where a quarter was left in May; but whoever wrote the scenario knew
how it ended, and the length of the wait, a labelled assumption, may owe something to that.

Direction on its own is hollow: where demand grows, the run without events is right about as often as the one with
them. What an event did is scenario over baseline, and it has its own column. The inner band spans what is unknown about
elasticities, and neither what share of exports a rule covers nor the noise of a year: it is far too
narrow for a price and no forecast. The outer band adds the noise of such a market from the base on; it is judged here
beside a random walk with the same noise, on figures too few to tell them apart, chosen because prices exploded. The
[monthly test](#do-prices-do-what-the-model-says-after-an-event) above is the fair one."""
