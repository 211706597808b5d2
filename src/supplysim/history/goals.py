"""What the card was meant to reach, fixed before the mechanisms were built, and what it reaches."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from supplysim.history.card import Card
from supplysim.history.event_card import EventCard
from supplysim.history.event_report import NAMES
from supplysim.history.event_scores import Difference
from supplysim.history.table import Table

WORSE = 0.05
"""Most by which the model may be worse than no change or the mean path, as long as it is not distinguishably so."""
BLOW_UP = 0.15
CALM_URANIUM = 1.15
INSIDE = 5


class Goal(NamedTuple):
    """One goal: its words, the figure, and whether it is reached."""

    words: str
    figure: str
    reached: bool


def goals(card: Card) -> list[Goal]:
    """All goals that the card has figures for."""
    found: list[Goal] = []
    if card.events is not None:
        found += [*_scores(card.events), *_calibration(card.events)]
    if card.monthly:
        found.append(_uranium(card))
    if card.rerouting:
        inside = sum(row.low <= row.model <= row.high for row in card.rerouting)
        words = f"share replaced inside its interval in {INSIDE} of {len(card.rerouting)}"
        found.append(Goal(words, str(inside), inside >= INSIDE))
    return found


def table(card: Card) -> Table:
    """The goals beside the figures."""
    rows = [[goal.words, goal.figure, "yes" if goal.reached else "no"] for goal in goals(card)]
    return Table("Goals fixed beforehand", ["goal", "figure", "reached"], rows)


def _scores(card: EventCard) -> Iterator[Goal]:
    for rule in ("no_change", "mean_path"):
        found = card.scored.against[rule]
        if found is not None:
            words = f"CRPS against {NAMES[rule]}: not distinguishably worse, at most {WORSE:+.0%}"
            yield Goal(words, _told(found), found.low <= 0 and found.relative <= WORSE)
    rivals = {NAMES[rule]: card.scored.against[rule] for rule in ("formula", "momentum")}
    for name, found in {NAMES["first_version"]: card.first_version, **rivals}.items():
        if found is not None:
            yield Goal(f"CRPS against {name}: better, interval off 0", _told(found), found.high < 0)
    worst = max(each.crps["model"] - each.crps["no_change"] for each in card.events)
    yield Goal(f"no event costs more than {BLOW_UP:g} of CRPS over no change", f"{worst:+.3f}", worst <= BLOW_UP)


def _calibration(card: EventCard) -> Iterator[Goal]:
    mine, still = card.scored.scores["model"], card.scored.scores["no_change"]
    if mine is None or still is None:
        return
    for words, name, low, high in (
        ("90 % band holds", "coverage_90", 0.82, 0.96),
        ("50 % band holds", "coverage_50", 0.40, 0.60),
        ("mean PIT", "pit_mean", 0.40, 0.60),
        ("mean PIT of the peak", "peak_pit_mean", 0.40, 0.60),
    ):
        value, beside = float(getattr(mine, name)), float(getattr(still, name))
        figure = f"{value:.2f} (no change {beside:.2f})"
        yield Goal(f"{words} {low:.2f} to {high:.2f}", figure, low <= value <= high)


def _uranium(card: Card) -> Goal:
    series: Sequence[float] = next(
        one.calm.tolist() for each in card.monthly if each.episode.name == "uranium-2022" for one in each.series
    )
    words = f"uranium without events in 2024 at most {CALM_URANIUM:g} x its base"
    return Goal(words, f"{series[-1]:.2f} x", series[-1] <= CALM_URANIUM)


def _told(found: Difference) -> str:
    return f"{found.relative:+.1%} [{found.relative_low:+.1%}, {found.relative_high:+.1%}]"
