"""What each mechanism does to the card of events, and what the card was meant to reach."""

from __future__ import annotations

from dataclasses import replace

import pytest

from supplysim.history.goals import goals
from supplysim.history.mechanisms import VARIANTS
from supplysim.history.shares import gravity_weight


def test_all_on_is_the_model_itself_and_every_other_row_changes_something(card):
    first, *others = card.mechanisms
    assert (first.name, first.against_shipped.relative) == ("as it ships", 0.0)
    assert [effect.name for effect in others] == list(VARIANTS)
    assert all(effect.against_shipped.crps_difference != 0.0 for effect in others)


def test_news_is_what_helps(card):
    """The one mechanism whose default rests on this table."""
    (news,) = [effect for effect in card.mechanisms if effect.name == "no cover sought for news"]
    assert news.against_shipped.low > 0


def test_goals_are_reached_or_not_by_their_figures(card):
    found = {goal.words: goal for goal in goals(card)}
    assert len(found) == len(goals(card)) == 12
    assert found["mean PIT 0.40 to 0.60"].reached is (0.4 <= card.events.scored.scores["model"].pit_mean <= 0.6)
    off = [replace(row, model=row.high + 1.0) for row in card.rerouting]
    assert goals(card)[-1].reached
    assert not goals(replace(card, rerouting=off))[-1].reached


def test_the_weight_of_new_ties_is_the_best_of_its_range_on_the_codes_that_choose(card):
    best = min(card.gravity, key=lambda each: each.chosen_by)
    assert best.weight == pytest.approx(gravity_weight())
    assert best.judged_by == min(each.judged_by for each in card.gravity)
