"""The card: twenty years of trade shocks against the model and against rules without any economics."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from supplysim.history.cases import Case, Totals, play, pool
from supplysim.history.episodes_monthly import play_all
from supplysim.history.episodes_played import PlayedEpisode, noisy_totals, totals_of
from supplysim.history.event_card import EventCard, play_events
from supplysim.history.mechanisms import Effect, mechanisms
from supplysim.history.model import Prior
from supplysim.history.rerouting import Rerouting, table
from supplysim.history.shares import Shares, Weighed, share_card, weigh_gravity
from supplysim.history.trade import Trade, read_trade, shipped_trade
from supplysim.history.yearly import Played, episodes, play_episode, playable

DRAWS = 24


@dataclass(frozen=True)
class Card:
    """Everything the backtest found; `trade` is what it was computed from.

    `episodes` are played year by year on that trade, `monthly` through the whole model and `events` in small worlds of
    their own; these only where the shipped trade is judged, as they have nothing to do with a user's table.
    """

    cases: Sequence[Case]
    shares: Shares | None
    totals: Totals
    rerouting: Sequence[Rerouting]
    episodes: Sequence[Played]
    monthly: Sequence[PlayedEpisode]
    events: EventCard | None
    mechanisms: Sequence[Effect]
    gravity: Sequence[Weighed]
    trade: Trade

    @property
    def unit_value_error(self) -> dict[str, float]:
        """Median absolute log error of the cases' unit-value change: the model's, and that of "no change"."""
        if not self.cases:
            return {"model": float("nan"), "no_change": float("nan")}
        model = [abs(float(case.price.median) - case.unit_value) for case in self.cases]
        return {
            "model": float(np.median(model)),
            "no_change": float(np.median([abs(c.unit_value) for c in self.cases])),
        }

    @property
    def unit_value_rises(self) -> float:
        """Share of the cases in which the unit value rose, as the model says it does after every cut."""
        return float(np.mean([case.unit_value > 0 for case in self.cases])) if self.cases else float("nan")

    @property
    def rerouting_gap(self) -> float:
        """Mean distance of the model's share of re-routed supply from the observed one."""
        gaps = [abs(row.model - row.observed) for row in self.rerouting]
        return float(np.mean(gaps)) if gaps else float("nan")

    def as_dict(self) -> dict[str, Any]:
        """The document `supplysim backtest --json` prints; a figure that is not defined is null."""
        document = {
            "cases": [case.as_dict() for case in self.cases],
            "totals": {
                "n": self.totals.n,
                "median_error": dict(self.totals.median_error),
                "win_rate": dict(self.totals.win_rate),
                "rerouting": [asdict(row) for row in self.rerouting],
                "shares": None if self.shares is None else self.shares.as_dict(),
                "episodes": totals_of(self.monthly) | noisy_totals(self.monthly),
            },
            "episodes": [played.as_dict() for played in self.monthly],
            "events": None if self.events is None else self.events.as_dict(),
            "mechanisms": [effect.as_dict() for effect in self.mechanisms],
            "gravity": [weighed._asdict() for weighed in self.gravity],
        }
        clean: dict[str, Any] = _without_nan(document)
        return clean


def backtest(
    trade: Trade | str | Path | None = None, sigma: float | None = None, prior: Prior | None = None, draws: int = DRAWS
) -> Card:
    """Run the model and the naive rules over every shock of a trade table (CEPII BACI 2005-2024 by default).

    With the default table the monthly episodes and events are played too.

    `trade` is a table already read or a file with the columns of `trade.COLUMNS`. With `sigma` given, that one value
    replaces the prior's. Raises InputError for a table or a sigma that cannot be used.
    """
    prior = prior or Prior()
    history = trade if isinstance(trade, Trade) else shipped_trade() if trade is None else read_trade(trade)
    drawn = prior.draw(draws, sigma)
    cases = play(history, drawn)
    return Card(
        cases,
        share_card([case.shock for case in cases], drawn),
        pool(cases, history),
        table(history, sigma, prior),
        [play_episode(episode, history, drawn) for episode in episodes() if playable(episode, history)],
        play_all(sigma=sigma) if trade is None else [],
        play_events() if trade is None else None,
        mechanisms() if trade is None else [],
        weigh_gravity([case.shock for case in cases], drawn),
        history,
    )


def _without_nan(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_nan(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_without_nan(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
