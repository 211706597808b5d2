"""What each mechanism does to the card of monthly events: all on, and each one off.

The same events, draws and noise each time, so that differences are the mechanism's. Mechanisms that a world of one
buyer without growth cannot show have no row: ties at once, terms of contracts, purchases, stocks that grow with use.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from supplysim.engine.market import Array
from supplysim.history.event_card import EventCard, play_events
from supplysim.history.event_scores import Difference, difference, picks_of
from supplysim.history.events_table import EventList, read_events
from supplysim.history.model import Prior
from supplysim.history.prices import Prices, read_prices
from supplysim.history.small_world import Setting

DRAWS = 100
ALL = Setting(draws=DRAWS)
NO_NEWS, CONSTANT, WHOLE = (
    "model.stocks.news_cover=0 months", "model.demand_curvature=0 %", "model.stocks.responding_months=1200 months"
)  # fmt: skip
AFAR = replace(ALL, way=2)
NARROW = Prior(spread=0.4)
VARIANTS = {
    "no cover sought for news": replace(ALL, settings=(NO_NEWS,)),
    "demand of constant elasticity": replace(ALL, settings=(CONSTANT,)),
    "all stocks answer to prices": replace(ALL, settings=(WHOLE,)),
    "elasticities with a coefficient of variation of 0.4": replace(ALL, prior=NARROW),
    "losses come true as reported": replace(ALL, announced=False),
    "none of these": replace(ALL, settings=(NO_NEWS, CONSTANT, WHOLE), prior=NARROW, announced=False),
    "expectations that close a fifth of the gap a month": replace(
        ALL, settings=("model.stocks.expectation_gain=20 %/month",)
    ),
    "two months on the way": AFAR,
    "two months on the way, and cargo as at base prices": replace(
        AFAR, settings=("model.stocks.cargo_follows_price=off",)
    ),
}
"""What is changed against the model as it ships, by name."""


@dataclass(frozen=True)
class Effect:
    """The model with one thing changed: its CRPS against the model as it ships (below zero: better without the
    mechanism) and against no change, and its mean PIT and coverage of 90 %."""

    name: str
    against_shipped: Difference | None
    against_no_change: Difference | None
    pit_mean: float
    coverage_90: float

    def as_dict(self) -> dict[str, Any]:
        """A row of the document."""
        found = {name: getattr(self, name) for name in ("against_shipped", "against_no_change")}
        plain = {name: None if value is None else dict(vars(value)) for name, value in found.items()}
        return {"name": self.name, **plain, "pit_mean": self.pit_mean, "coverage_90": self.coverage_90}


def mechanisms(events: EventList | None = None, prices: Prices | None = None, draws: int = DRAWS) -> list[Effect]:
    """Every variant on a list of events (the shipped one by default); the first row is the model as it ships."""
    listed, known = events or read_events(), prices or read_prices()
    shipped = play_events(listed, known, replace(ALL, draws=draws))
    cards = {name: play_events(listed, known, replace(setting, draws=draws)) for name, setting in VARIANTS.items()}
    return [_effect(name, card, shipped) for name, card in {"as it ships": shipped, **cards}.items()]


def _effect(name: str, card: EventCard, shipped: EventCard) -> Effect:
    mine, theirs = _errors(card), _errors(shipped)
    picks = picks_of([each for each in shipped.events if not each.event.endogenous])
    scores = card.scored.scores["model"]
    pit, coverage = (scores.pit_mean, scores.coverage_90) if scores else (float("nan"),) * 2
    return Effect(name, difference(mine, theirs, picks), card.scored.against["no_change"], pit, coverage)


def _errors(card: EventCard) -> Array:
    return np.array([each.crps["model"] for each in card.events if not each.event.endogenous])
