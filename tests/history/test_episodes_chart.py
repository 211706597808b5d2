"""The drawing of an episode."""

from __future__ import annotations

import re

import pytest

from supplysim.history.episodes_chart import BAND, MEDIAN, SEEN, lines, page
from supplysim.history.episodes_monthly import play_monthly


@pytest.fixture(scope="module")
def played():
    return play_monthly("rare-earths-2010", 16)


def test_the_terminal_shows_the_band_the_median_and_what_was_seen(played):
    drawn = lines(played.series[0], width=60, height=10)
    assert len(drawn) == 10 + 2
    field = [line[9:] for line in drawn[:10]]
    assert all(len(line) == 60 for line in field)
    assert {BAND, MEDIAN, SEEN} <= set("".join(field))
    assert drawn[-2].strip().startswith("└2009-01")
    assert drawn[-2].endswith("2014-12")


def test_the_highest_row_is_the_highest_value(played):
    drawn = lines(played.series[1])
    top = next(line for line in drawn if SEEN in line)
    assert top is drawn[0], "dysprosium in August 2011 is above all the model says"
    assert float(re.match(r" *x([\d.]+)", drawn[0]).group(1)) == pytest.approx(26.1 * 1.05, rel=0.01)


def test_the_page_needs_no_network_and_carries_every_source(played):
    text = page(played)
    assert not re.findall(r"<script[^>]+src=", text)
    assert "Adamas Intelligence" in text
    assert all(series.series.title in text for series in played.series)
