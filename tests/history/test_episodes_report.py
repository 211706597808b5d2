"""What the card says of the episodes."""

from __future__ import annotations

import pytest

from supplysim.history.episodes_monthly import play_all, totals_of
from supplysim.history.episodes_report import baselines, overview, points, section, targets


@pytest.fixture(scope="module")
def played():
    return play_all(16)


def test_each_series_has_its_row_and_a_miss_is_called_a_miss(played):
    rows = overview(played).rows
    assert [row[0] for row in rows] == [e.episode.name for e in played for _ in e.series]
    found = {row[0]: row[2] for row in targets(played).rows}
    met = dict(zip(found, [row[2] for row in targets(played).rows], strict=True))
    assert met["direction of prices right in 75% of the moves"] == (
        "yes" if totals_of(played)["price_direction"] >= 0.75 else "no"
    )
    assert met["peak within a factor of 2"] == "no", "the height of the rare-earth wave is out of reach"


def test_rules_without_economics_stand_beside_the_model(played):
    model, still, drift = baselines(played).rows
    assert (model[0], still[0], drift[0]) == ("model", "no change", "drift")
    assert still[1] == "0%"
    assert float(model[2]) < float(still[2])


def test_every_point_is_printed_with_its_source(played):
    table = points(played[0].series[0])
    assert [row[0] for row in table.rows] == ["2009", "2010", "2011", "2012", "2013", "2014"]
    assert all("CEPII BACI" in row[-1] for row in table.rows)


def test_the_page_says_for_each_episode_what_the_model_lacks(played):
    text = section(played)
    for episode in played:
        assert f"`{episode.episode.name}`" in text
        assert episode.episode.lacking in text
