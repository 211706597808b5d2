"""Where the bias of the card lies: a rise of the metal itself, of all metals, or of calm months."""

from __future__ import annotations

import json

import numpy as np
import pytest

from supplysim.history.event_card import play_events
from supplysim.history.small_world import Setting

HEADER = "event,metal,news_month,type,loss_share_of_world,start_lag_months,length_months,in_rule,endogenous\n"
MONTHS = [f"{year}-{month:02d}" for year in (2012, 2013, 2014, 2015) for month in range(1, 13)]


@pytest.fixture
def card(tmp_path):
    """Copper, tin and nickel, an event each. At the news of the copper strike copper rises by a fifth and the others by
    a tenth, for good; a year later, when the tin mine stops, nothing moves, nor when nickel does."""
    events, prices = tmp_path / "events.csv", tmp_path / "prices.csv"
    news = {"copper": "2013-02", "tin": "2014-02", "nickel": "2014-08"}
    events.write_text(
        HEADER + "".join(f"{m} stops,{m},{when},strike,0.2,0,3,yes,no\n" for m, when in news.items()), encoding="utf-8"
    )
    level = {metal: (1.2 if metal == "copper" else 1.1) for metal in news}
    rows = [f"{metal},{m},{100 * level[metal] if m >= '2013-02' else 100:g}" for metal in news for m in MONTHS]
    prices.write_text("mineral,month,value\n" + "\n".join(rows) + "\n", encoding="utf-8")
    return play_events(events, prices, Setting(draws=20))


def test_what_all_metals_did_is_taken_off_what_the_events_metal_did(card):
    """One event of three: copper rose by ln 1.2, the others by ln 1.1 beside it."""
    bias = card.bias
    np.testing.assert_allclose(bias.seen.mean, np.log(1.2) / 3)
    np.testing.assert_allclose(bias.others.mean, np.log(1.1) / 3)
    np.testing.assert_allclose(bias.apart.mean, (np.log(1.2) - np.log(1.1)) / 3)
    assert bias.seen.n == 3


def test_calm_months_have_the_rise_of_those_metals_that_had_no_event_then(card):
    """Tin and nickel rose by a tenth in one of their calm months, copper's own rise was news."""
    assert card.bias.calm.n == 3 * (len(MONTHS) - 1 - 12), "each metal's changes less its own year of news"
    assert card.bias.calm.mean[0] == pytest.approx(2 * np.log(1.1) / card.bias.calm.n)


def test_groups_are_parts_of_the_list(card):
    groups = card.bias.groups
    assert groups["other metals rose"].n == 1
    assert groups["other metals fell"].n == 2
    assert groups["none within a year"].n == 3
    assert groups["another event within a year"].n == 0
    assert groups["copper"].model < 1.0
    assert groups["copper"].no_change > groups["tin"].no_change


def test_the_document_has_it_and_says_null_for_what_is_not_there(card):
    found = json.loads(json.dumps(card.as_dict()["bias"], allow_nan=False))
    assert found["seen"]["n"] == 3
    assert found["groups"]["another event within a year"]["model"] is None
