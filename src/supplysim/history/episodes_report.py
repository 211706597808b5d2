"""The monthly episodes as tables and as a part of the validation page."""

from __future__ import annotations

import math
from collections.abc import Sequence

from supplysim.history.episodes_monthly import CLEAR, DRAWS, FACTOR, PlayedEpisode, PlayedSeries, SeriesScore, totals_of
from supplysim.history.table import Table, markdown

DIRECTION = 0.75
COVERAGE = (0.80, 0.97)
RULES = {"score": "model", "no_change": "no change", "drift": "drift"}


def overview(played: Sequence[PlayedEpisode]) -> Table:
    """One row a series: extreme, direction, band and recovery."""
    rows = [_overview_row(episode, series) for episode in played for series in episode.series]
    header = [
        "episode", "series", "moves right", "extreme seen", "modelled [p5, p95]", "log error", "inside band",
        "months to recover: seen", "model",
    ]  # fmt: skip
    return Table("Episodes month by month (multiples of the last figure before the shock)", header, rows)


def targets(played: Sequence[PlayedEpisode]) -> Table:
    """What the model was to reach, and whether it does."""
    found = totals_of(played)
    prices = [series for episode in played for series in episode.series if series.series.is_price]
    near = sum(series.score.peak_abs_log_error <= math.log(FACTOR) for series in prices)
    moves = sum(series.score.moves for series in prices)
    clear = sum(series.score.clear * series.score.moves for series in prices) / moves
    low, high = COVERAGE
    right, inside = _number(found["price_direction"]), _number(found["band_coverage"])
    return Table(
        "What the episodes were to show",
        ["target", "found", "met"],
        [
            [
                f"direction of prices right in {DIRECTION:.0%} of the moves",
                f"{right:.0%}; {clear:.0%} by {CLEAR:.0%} or more",
                _met(right >= DIRECTION),
            ],
            [
                f"peak within a factor of {FACTOR:g}",
                f"{near} of {len(prices)} series of prices; "
                f"mean factor {math.exp(_number(found['peak_abs_log_error'])):.1f}",
                _met(near == len(prices)),
            ],
            [f"figures inside the 90 % band in {low:.0%} to {high:.0%}", f"{inside:.0%}", _met(low <= inside <= high)],
        ],
    )


def baselines(played: Sequence[PlayedEpisode]) -> Table:
    """The model beside rules that know no economics."""
    rows = []
    for rule, name in RULES.items():
        found = totals_of(played, rule)
        errors = [getattr(series, rule) for episode in played for series in episode.series]
        rows.append(
            [
                name,
                f"{_number(found['price_direction']):.0%}",
                f"{_number(found['peak_abs_log_error']):.2f}",
                _mean_error([score for score in errors if score is not None]),
            ]
        )
    header = ["rule", "price moves right", "log error of peaks", "mean log error of all figures"]
    return Table("The model beside rules without economics", header, rows)


def points(series: PlayedSeries) -> Table:
    """Every figure of a series with its source, beside the model."""
    rows = [
        [
            seen.when,
            f"{seen.value:,g}",
            f"{multiple:.2f}",
            f"{middle:.2f} [{low:.2f}, {high:.2f}]",
            f"{seen.source}{f' ({seen.note})' if seen.note else ''}",
        ]
        for seen, multiple, low, middle, high in zip(series.times, series.observed, *series.model, strict=True)
    ]
    header = ["when", series.series.unit, "multiple", "model [p5, p95]", "source"]
    where = " ".join(series.series.regions)
    return Table(f"{series.series.title} ({series.series.quantity}, {series.series.product}, {where})", header, rows)


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
        f"{pick(series.observed.tolist()):.2f}",
        f"{middle:.2f} [{low:.2f}, {high:.2f}]",
        f"{score.peak_abs_log_error:.2f}",
        f"{score.band_coverage:.0%}",
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

Read it plainly. For rare earths the model has the wave, up and down, in the right years, at a quarter of its height.
For uranium it has next to nothing: what is right there is the sign of a drift of some percent where prices moved by a
third. It says that a loss of a few percent does not matter to utilities with years of stock. For the tonnes that was
so; the price moved all the same, and the model is no forecast of it. For magnets it has the fall and the return of
exports in the right months, within a band as wide as what was not known on the day; but whoever wrote the scenario knew
how it ended, and the length of the wait, a labelled assumption, may owe something to that.

The band spans what is unknown about elasticities (and, for magnets, about the share under licence), and neither news
nor the noise of a year. It is far too narrow for a price, and must not be read as a forecast's."""
