"""The card of monthly events as tables and as a part of the validation page."""

from __future__ import annotations

import math
from collections.abc import Sequence

from supplysim.history.event_bias import Bias
from supplysim.history.event_card import EventCard
from supplysim.history.event_scores import HORIZONS, Difference, PlayedEvent, Summary
from supplysim.history.mechanisms import Effect
from supplysim.history.table import Table, markdown

NAMES = {
    "model": "model", "no_change": "no change", "mean_path": "mean path of other metals", "momentum": "momentum",
    "formula": "one-market formula", "first_version": "the model's first version",
}  # fmt: skip


def tables(card: EventCard) -> list[Table]:
    """What the command prints: scores, differences, the placebo, and every event."""
    found = [scores(card.scored, "Monthly events"), differences(card)]
    if card.placebo is not None:
        found.append(scores(card.placebo, "Placebo: random calm months"))
    return [*found, path(card), bias(card.bias), groups(card.bias), events(card)]


def scores(summary: Summary, title: str) -> Table:
    """One row a rule."""
    rows = []
    for rule, found in summary.scores.items():
        if found is None:
            rows.append([NAMES[rule], *[""] * 8])
            continue
        rows.append(
            [
                NAMES[rule],
                f"{found.crps:.4f} [{found.crps_low:.4f}, {found.crps_high:.4f}]",
                f"{found.coverage_50:.0%}",
                f"{found.coverage_90:.0%}",
                " ".join(map(str, found.pit)),
                f"{found.pit_mean:.2f}",
                f"{found.winkler_90:.2f}",
                _share(found.peak_pit_mean, ".2f"),
                _share(found.peak_coverage_90, ".0%"),
            ]
        )
    header = [
        "rule", "CRPS of the log price", "in 50 % band", "in 90 % band", "PIT in six bins", "mean PIT", "Winkler 90 %",
        "mean PIT of peak", "peak in 90 %",
    ]  # fmt: skip
    return Table(f"{title} ({summary.n} in {', '.join(summary.metals)})", header, rows)


def differences(card: EventCard) -> Table:
    """The model against each rule: on the events scored, with the endogenous ones, and on calm months."""
    groups = [card.scored, card.everything, *([card.placebo] if card.placebo else [])]
    rows = [
        [NAMES[rule], *(_difference(group.against[rule]) for group in groups), *[""] * (3 - len(groups))]
        for rule in card.scored.against
    ]
    if card.first_version is not None:
        rows.append([NAMES["first_version"], _difference(card.first_version), "", ""])
    header = ["CRPS of the model against", "events", "with endogenous ones", "placebo"]
    return Table(
        "The model against each rule (below zero the model is better; 90 % interval, whole metals)", header, rows
    )


def path(card: EventCard) -> Table:
    """What prices did after the news, on the mean."""
    rows = [
        [str(h), f"{mean:+.1%}" if math.isfinite(mean) else "", f"{error:.1%}" if math.isfinite(error) else ""]
        for h, mean, error in zip(HORIZONS, card.hump.tolist(), card.hump_error.tolist(), strict=True)
    ]
    return Table("Mean log change of the price since the month before the news", ["months", "mean", "s.e."], rows)


def bias(found: Bias) -> Table:
    """Mean changes after events beside what rose or fell without them."""
    rows = [
        [name, str(path.n), *(_signed(mean, error) for mean, error in zip(path.mean, path.error, strict=True))]
        for name, path in (
            ("the event's metal", found.seen), ("the other metals, same months", found.others),
            ("the one less the other", found.apart), ("the model's median path", found.model),
            ("calm months", found.calm),
        )
    ]  # fmt: skip
    header = ["mean log change (s.e.)", "n", *(f"{h} m" for h in HORIZONS)]
    return Table("Prices after events, beside metals without one and calm months", header, rows)


def groups(found: Bias) -> Table:
    """Mean PIT of parts of the list."""
    rows = [
        [name, str(part.n), _share(part.model, ".2f"), _share(part.no_change, ".2f")]
        for name, part in found.groups.items()
    ]
    return Table("Mean PIT of parts of the list", ["events", "n", "model", "no change"], rows)


def events(card: EventCard) -> Table:
    """Every event: what was seen, what the model said, and its CRPS beside no change's."""
    rows = [_event(played) for played in card.events]
    header = [
        "event",
        "metal",
        "news",
        *(f"seen, {h} m" for h in HORIZONS),
        "model, 6 m [p5, p95]",
        "CRPS",
        "no change",
    ]
    return Table("Every event (log changes; * endogenous, not scored)", header, rows)


def mechanisms(effects: Sequence[Effect]) -> Table:
    """What each mechanism does to the card."""
    rows = [
        [
            effect.name,
            _difference(effect.against_shipped) if k else "",
            _difference(effect.against_no_change),
            f"{effect.pit_mean:.2f}",
            f"{effect.coverage_90:.0%}",
        ]
        for k, effect in enumerate(effects)
    ]
    header = ["model", "CRPS against as it ships", "CRPS against no change", "mean PIT", "in 90 % band"]
    return Table("What each mechanism does to the card of monthly events", header, rows)


def section(card: EventCard) -> str:
    """The part of the page about the events."""
    no_change = card.scored.against["no_change"]
    mean_path = card.scored.against["mean_path"]
    scores_, worst = card.scored.scores["model"], _worst(card)
    assert no_change is not None  # noqa: S101 -- the shipped list has several metals
    assert mean_path is not None  # noqa: S101
    assert scores_ is not None  # noqa: S101
    return "\n\n".join(
        [
            _RULES.format(n=card.scored.n, draws=card.setting.draws),
            *(markdown(table) for table in tables(card)[:-3]),
            _READING.format(
                no_change=_difference(no_change),
                mean_path=_difference(mean_path),
                low=scores_.pit_mean,
                side="too low" if scores_.pit_mean > 0.5 else "too high",
                worst=worst.event.name,
                gap=worst.crps["model"] - worst.crps["no_change"],
                own=card.smoothness.model,
                seen=card.smoothness.seen,
            ),
            markdown(bias(card.bias)),
            markdown(groups(card.bias)),
            _BIAS,
            markdown(events(card)),
        ]
    )


def _signed(mean: float, error: float) -> str:
    return f"{mean:+.1%} ({error:.1%})" if math.isfinite(mean) else ""


def _worst(card: EventCard) -> PlayedEvent:
    scored = [played for played in card.events if not played.event.endogenous]
    return max(scored, key=lambda played: played.crps["model"] - played.crps["no_change"])


def _event(played: PlayedEvent) -> list[str]:
    low, middle, high = (float(part[5]) for part in played.band)
    seen = [float(played.observed[h - 1]) for h in HORIZONS]
    return [
        played.event.name + ("*" if played.event.endogenous else ""),
        played.event.metal,
        played.event.month,
        *(f"{x:+.2f}" if math.isfinite(x) else "" for x in seen),
        f"{middle:+.2f} [{low:+.2f}, {high:+.2f}]",
        f"{played.crps['model']:.3f}",
        f"{played.crps['no_change']:.3f}",
    ]


def _difference(found: Difference | None) -> str:
    if found is None:
        return ""
    return f"{found.relative:+.1%} [{found.relative_low:+.1%}, {found.relative_high:+.1%}]"


def _share(value: float, form: str) -> str:
    return format(value, form) if math.isfinite(value) else ""


_RULES = """Supply events in metals with monthly prices, listed by a rule fixed beforehand and not by what prices did:
closures, bans, quotas, strikes and licence stops of at least 3 % of world output for a month or more, 2006 to 2025, as
they were reported in their first month. {n} of them are scored; a closure by which a producer answers a low price is
shown and not scored. Rules, scores and benchmarks were fixed before the first run, and nothing is fitted.

Each event has a small world of its own in the real engine: the producers that fail, all others, the world as one buyer;
{draws} draws of the priors that every code, exporter and year shares. What is announced is not always lost, so a
uniform share of the reported loss comes true. A length that nobody announced is drawn by the kind of event. Stocks are
published totals (platinum) or two months, for exchange stocks alone are a lower bound. The base is the month before the
first report.

Every rule is a path of the log price with the same noise around it, learned in calm months of these metals: the model;
no change, a random walk; the mean path of the events in the *other* metals; momentum, the growth of the past twelve
months going on; and the textbook formula of one market, `(1 - loss)^(-1/(eps + eta))`, on the same losses. CRPS is the
distance of a distribution from what came (lower is better; of a forecast without spread it is the absolute error). PIT
is the place of what came in the distribution: six bins alike and a mean of 0.5 if it is calibrated. The peak is the
highest of twelve months against the distribution of noisy paths' highest. Intervals draw whole metals."""

_READING = """Read it plainly. Against no change with the same noise the model's CRPS differs by {no_change}, against
the mean path of other metals, which is the bar, by {mean_path}. With events as few as these an interval off zero is
luck as much as merit, and which event moves a price more than another nobody's rule predicts. The mean PIT of
{low:.2f} says that the model's path lies {side}. No event costs the model much: the worst, {worst}, {gap:+.3f} of CRPS
over no change. On calm months told of losses that never came the model does worse than no change, as it should: what
it gains it gains from events.

The model's own path, without noise, has an autocorrelation of monthly changes of {own:.2f}; prices had {seen:.2f}.
That row was added after the first run, because the scores alone do not tell expectations that follow the price at once
from slow ones: in worlds this small both hardly move."""

_BIAS = """Why prices rose more than the model says, looked into after the freeze; nothing was changed for it.

* **No drift is missing.** The band's noise has none. In calm months these prices rose over a year by less than the
  standard error, and on the placebo a random walk without drift has a mean PIT of 0.50. Prices are in dollars of the
  day and the model's are multiples of a base, but taking inflation off would move the calm months, which decide, away
  from the middle. A drift large enough to mend the card would have to be learned from its own events.
* **Half of the rise was everybody's.** In the months after an event the other metals, which had none, rose as well:
  three in four of this list's events lie in rising markets. What is left once they are taken off is within its error of
  the model's median path, and where the others fell the model's mean PIT is about a half.
* **Events that overlap rise more.** Half of them have another of the same metal within a year; a world of one event
  knows nothing of the next.

What the model lacks is the market of all metals, a cycle of demand that it takes as given. A band that knew it would be
wider, not higher: nobody knows on the day of a strike whether a boom comes."""
