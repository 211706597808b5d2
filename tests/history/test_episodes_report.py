"""What the card says of the episodes."""

from __future__ import annotations

import pytest

from supplysim.history.episodes_monthly import play_all
from supplysim.history.episodes_played import noisy_totals, totals_of
from supplysim.history.episodes_report import baselines, overview, points, section, targets


@pytest.fixture(scope="module")
def played():
    return play_all(16)


def test_each_series_has_its_row_and_a_miss_is_called_a_miss(played):
    rows = overview(played).rows
    assert [row[0] for row in rows] == [e.episode.name for e in played for _ in e.series]
    found = {row[0]: row[2] for row in targets(played).rows}
    assert found["direction of prices right in 75% of the moves"] == (
        "yes" if totals_of(played)["price_direction"] >= 0.75 else "no"
    )
    assert found["every peak inside the 90 % of noisy paths' peaks"] == "no", "dysprosium is out of reach"


def test_rules_without_economics_stand_beside_the_model(played):
    model, still, drift = baselines(played).rows
    assert (model[0], still[0], drift[0]) == ("model", "no change", "drift")
    assert still[1] == "0%"
    assert float(model[2]) < float(still[2])
    assert "on the same" in baselines(played).title


def test_what_growth_alone_gets_right_stands_beside_the_path(played):
    """Uranium: without events nothing moves; the fund and the losses move the price the right way, and too little."""
    (uranium,) = [e for e in played if e.episode.name == "uranium-2022"]
    spot = uranium.series[0]
    assert abs(spot.calm - 1).max() < 0.15
    assert spot.effect_direction == 1.0
    assert 1.2 < spot.effect[-1] < spot.observed[-1]


def test_prices_are_judged_with_noise_beside_a_random_walk_and_exports_are_not(played):
    for series in (s for e in played for s in e.series):
        assert (series.noisy is None) == (not series.series.is_price)
        if series.noisy is not None:
            low, middle, high = series.noisy.band
            assert (low[1:] < middle[1:]).all()
            assert (middle[1:] < high[1:]).all()
            assert low[0] == middle[0] == high[0] == 1.0
            assert 0 <= series.noisy.peak_pit <= 1
    totals = noisy_totals(played)
    assert totals["outer_coverage"] > totals_of(played)["band_coverage"]
    assert noisy_totals([])["peak_pit"] is None


def test_every_point_is_printed_with_its_source(played):
    table = points(played[0].series[0])
    assert [row[0] for row in table.rows] == ["2009", "2010", "2011", "2012", "2013", "2014"]
    assert all("CEPII BACI" in row[-1] for row in table.rows)


def test_the_page_says_for_each_episode_what_the_model_lacks(played):
    text = section(played)
    for episode in played:
        assert f"`{episode.episode.name}`" in text
        assert episode.episode.lacking in text
