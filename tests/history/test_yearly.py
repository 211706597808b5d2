"""Named episodes year by year."""

from __future__ import annotations

import json

import pytest

from supplysim.errors import InputError
from supplysim.history.model import Prior
from supplysim.history.trade import read_trade
from supplysim.history.yearly import episodes, named, play_episode, playable


@pytest.fixture(scope="module")
def rare_earths(shipped):
    return play_episode(named("rare-earths-2010-yearly"), shipped, Prior().draw(12))


def test_the_rare_earth_episode_as_it_was(rare_earths):
    """HS 284690: the world's unit value more than tripled in 2011 and was half way back in 2013."""
    assert rare_earths.years == (2010, 2011, 2012, 2013)
    assert rare_earths.tonnes[0] > rare_earths.tonnes[1] > rare_earths.tonnes[2]
    assert rare_earths.observed[0] == 1
    assert 3 < rare_earths.observed[1] < 6
    assert rare_earths.observed[3] < 2


def test_the_model_raises_the_price_while_tonnes_are_missing(rare_earths):
    model = rare_earths.model
    assert model.median[0] == pytest.approx(1)
    assert (model.median[1:] > 1.2).all()
    assert (model.low <= model.median).all()
    assert (model.median <= model.high).all()
    assert rare_earths.score.price_direction >= 0.5


def test_an_episode_as_a_document(rare_earths):
    document = json.loads(json.dumps(rare_earths.as_dict(), allow_nan=False))
    assert document["episode"] == "rare-earths-2010-yearly"
    assert len(document["observed"]) == len(document["model"]["median"]) == 4
    assert document["score"]["recovery_observed"] is None, "not back below 1.25 times by 2013"


def test_every_shipped_episode_can_be_played(shipped):
    assert all(playable(episode, shipped) for episode in episodes())
    assert all(episode.source for episode in episodes())


def test_an_unknown_episode_is_refused_with_the_names_there_are():
    with pytest.raises(InputError, match="no episode 'tulips-1637'; there are rare-earths-2010"):
        named("tulips-1637")


def test_a_table_without_the_episode_is_refused(write, flows):
    trade = read_trade(write(flows("284690", 2010, {("CHN", "JPN"): 5})))
    with pytest.raises(InputError, match="does not hold 284690 of CHN in all years"):
        play_episode(named("rare-earths-2010-yearly"), trade, Prior().draw(2))
