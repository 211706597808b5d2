"""Lists of events: rules by hand, and bad rows told with their place."""

from __future__ import annotations

import pytest

from supplysim.errors import InputError
from supplysim.history.events_table import COLUMNS, cover_of, read_events
from supplysim.history.prices import read_prices

PLAIN = {
    "event": "A strike", "metal": "tin", "news_month": "2014-03", "type": "strike", "loss_share_of_world": "0.1",
    "start_lag_months": "0", "length_months": "2", "in_rule": "yes", "endogenous": "no",
}  # fmt: skip


@pytest.fixture
def listed(tmp_path):
    """Write rows that differ from a plain one and read them."""

    def _listed(*rows):
        path = tmp_path / "events.csv"
        lines = [",".join(COLUMNS), *(",".join({**PLAIN, **row}[c] for c in COLUMNS) for row in rows)]
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return read_events(path)

    return _listed


def test_rows_of_one_metal_and_month_are_one_event(listed):
    found = listed({}, {"event": "Another", "start_lag_months": "3"}, {"news_month": "2014-04"})
    assert [(event.month, len(event.pieces)) for event in found.events] == [("2014-03", 2), ("2014-04", 1)]


def test_rows_outside_the_rule_are_not_played_but_are_news(listed):
    found = listed({}, {"news_month": "2015-01", "in_rule": "below"})
    assert len(found.events) == 1
    assert len(found.news["tin"]) == 2


@pytest.mark.parametrize(
    ("kind", "name", "low", "high"),
    [
        ("strike", "x", 0.5, 4), ("accident (power)", "x", 1, 12), ("licence stop", "Bangka arrests", 1, 4),
        ("export ban", "Indonesia exchange rule", 1, 4), ("export stop by producers", "x", 1, 4),
        ("mining ban", "x", 6, 36), ("closure by owner", "x", 6, 36), ("conflict", "x", 1, 12),
    ],
)  # fmt: skip
def test_a_length_nobody_announced_is_drawn_by_type(listed, kind, name, low, high):
    (event,) = listed({"length_months": "open", "type": kind, "event": name}).events
    assert (event.pieces[0].low, event.pieces[0].high) == (low, high)


def test_cover_is_a_published_total_before_the_news_or_two_months(listed):
    covers = [
        cover_of(listed({"metal": metal, "news_month": month}).events[0])
        for metal, month in (
            ("platinum", "2008-01"),
            ("platinum", "2014-01"),
            ("platinum", "2025-01"),
            ("tin", "2011-10"),
        )
    ]
    assert covers == [5.8, 4.9, 3.8, 2.0]


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ({"news_month": "2014-13"}, r"events\.csv:2.*news_month: '2014-13' is not a month"),
        ({"loss_share_of_world": "1.2"}, "must be a share of the world's output below 1"),
        ({"loss_share_of_world": "nan"}, "'nan' is not a number"),
        ({"length_months": "open", "type": "rumour", "event": "x"}, "no length is known for this type"),
        ({"endogenous": "perhaps"}, "'perhaps' is not known"),
        ({"length_months": "1e9"}, "more than 120 months"),
        ({"start_lag_months": "121"}, r"events\.csv:2:\d+: start_lag_months: 121 is more than 120 months"),
        ({"length_months": "0"}, "length_months: is 0, so there is nothing to play"),
    ],
)
def test_a_bad_row_is_told_with_its_line_and_once(listed, row, says):
    with pytest.raises(InputError, match=says) as caught:
        listed(row)
    assert len(caught.value.faults) == 1


def test_a_list_of_which_nothing_meets_its_rule_has_nothing_to_score(listed):
    with pytest.raises(InputError, match=r"events\.csv: no row has in_rule yes, so there is nothing to score"):
        listed({"in_rule": "below"})


def test_an_event_may_have_two_pieces(listed):
    pieces = listed({}, {"start_lag_months": "3", "loss_share_of_world": "0.05"}).events[0].pieces
    assert sorted((piece.loss, piece.lag) for piece in pieces) == [(0.05, 3.0), (0.1, 0.0)]


def test_a_loss_that_is_there_twice_is_not_counted_twice(listed):
    with pytest.raises(InputError, match=r"events\.csv:3:1: the same row as .*events\.csv:2"):
        listed({}, {"type": "closure"})


def test_losses_of_one_month_cannot_be_more_than_all_there_is(listed):
    with pytest.raises(InputError, match="add up to the whole"):
        listed({"loss_share_of_world": "0.6"}, {"event": "Another", "loss_share_of_world": "0.5"})


def test_a_missing_file_and_a_missing_column_are_told(tmp_path):
    with pytest.raises(InputError, match="no such file"):
        read_events(tmp_path / "none.csv")
    with pytest.raises(InputError, match="is a folder, not a table"):
        read_events(tmp_path)
    path = tmp_path / "short.csv"
    path.write_text("event,metal\nx,y\n", encoding="utf-8")
    with pytest.raises(InputError, match="column 'news_month' is missing"):
        read_events(path)


def test_the_shipped_list_and_prices_are_whole():
    listed, prices = read_events(), read_prices()
    assert {event.metal for event in listed.events} == {"copper", "nickel", "tin", "platinum"} < set(prices.log)
    assert sum(not event.endogenous for event in listed.events) == 32
    assert all(len(prices.known(metal)) == 437 for metal in prices.log)


def test_prices_by_hand_and_bad_ones(tmp_path):
    path = tmp_path / "prices.csv"
    path.write_text("mineral,month,value\ntin,2014-01,100\ntin,2014-03,121\n", encoding="utf-8")
    path_of = read_prices(path).path("tin", 12 * 2014, 3)
    assert path_of[1] == pytest.approx(0.1906, abs=1e-4)
    assert str(path_of[0]) == str(path_of[2]) == "nan"
    path.write_text("mineral,month,value\ntin,2014-01,100\ntin,2014-01,0\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"(?s)prices\.csv:3.*is there twice.*must be above 0"):
        read_prices(path)
    path.write_text("mineral,month,value\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"prices\.csv: no prices"):
        read_prices(path)
    path.write_bytes(b"mineral,month,value\ntin,2014-01,\xff\xfe\n")
    with pytest.raises(InputError, match="not UTF-8 text"):
        read_prices(path)
