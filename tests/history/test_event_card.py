"""The card of monthly events: its document, rules by hand, and that it can fail."""

from __future__ import annotations

import json

import numpy as np
import pytest
from click.testing import CliRunner

from supplysim.cli.backtest import backtest
from supplysim.errors import InputError
from supplysim.history.event_card import play_events
from supplysim.history.event_scores import HORIZONS, RULES, difference, picks_of
from supplysim.history.events_table import Event, Piece, read_events
from supplysim.history.small_world import MONTHS, Setting, run_event

HEADER = "event,metal,news_month,type,loss_share_of_world,start_lag_months,length_months,in_rule,endogenous\n"


def strike(loss=0.1, lag=0.0, months=2.0, metal="tin"):
    return Event("A strike", metal, 12 * 2014, (Piece(loss, lag, months, months),), endogenous=False)


@pytest.fixture(scope="module")
def few():
    """The shipped list with few draws."""
    return play_events(setting=Setting(draws=40))


@pytest.fixture
def own(tmp_path):
    """A list of two events in two metals whose prices stand still but for a jump of one of them."""
    events, prices = tmp_path / "events.csv", tmp_path / "prices.csv"
    rows = [f"{metal} stops,{metal},2014-02,strike,0.2,0,3,yes,no" for metal in ("aa", "bb")]
    events.write_text(HEADER + "\n".join(rows) + "\n", encoding="utf-8")
    months = [f"{year}-{month:02d}" for year in (2013, 2014, 2015) for month in range(1, 13)]
    lines = [f"aa,{m},100" for m in months] + [f"bb,{m},{110 if m >= '2014-02' else 100}" for m in months]
    prices.write_text("mineral,month,value\n" + "\n".join(lines) + "\n", encoding="utf-8")
    return events, prices


def test_the_document_has_the_fields_that_scripts_rely_on(few):
    document = json.loads(json.dumps(few.as_dict(), allow_nan=False))
    assert {"n", "metals", "scores", "against", "events"} <= set(document)
    assert document["n"] == 32
    assert tuple(document["scores"]) == RULES
    assert list(document["scores"]["model"]) == [
        "crps", "crps_low", "crps_high", "coverage_50", "coverage_90", "pit", "pit_mean", "winkler_90",
        "peak_pit_mean", "peak_coverage_90",
    ]  # fmt: skip
    assert tuple(document["against"]) == RULES[1:]
    assert {"crps_difference", "low", "high"} <= set(document["against"]["no_change"])
    assert len(document["scores"]["model"]["pit"]) == 6
    assert document["with_endogenous"]["n"] == len(document["events"]) == 35


def test_differences_are_those_of_the_scores(few):
    scores, against = few.scored.scores, few.scored.against["formula"]
    assert against.crps_difference == pytest.approx(scores["model"].crps - scores["formula"].crps)
    assert against.relative == pytest.approx(scores["model"].crps / scores["formula"].crps - 1)
    assert against.low <= against.crps_difference <= against.high


def test_the_model_is_no_worse_than_no_change_and_better_than_momentum_and_formula(few):
    """The goals of the test: the interval holds 0 or lies below; better than momentum and the closed form."""
    against = few.scored.against
    assert against["no_change"].low <= 0
    assert against["no_change"].relative <= 0.05
    assert against["mean_path"].low <= 0
    assert against["momentum"].high < 0
    assert against["formula"].high < 0


def test_no_event_costs_the_model_much(few):
    assert max(each.crps["model"] - each.crps["no_change"] for each in few.events) < 0.15


def test_the_band_is_about_as_wide_as_it_says(few):
    model = few.scored.scores["model"]
    assert 0.80 <= model.coverage_90 <= 0.96
    assert 0.40 <= model.coverage_50 <= 0.60


def test_the_placebo_shows_no_gain(few):
    assert few.placebo.n == 200
    assert few.placebo.against["no_change"].relative > -0.02
    assert few.placebo.scores["no_change"].pit_mean == pytest.approx(0.5, abs=0.05)


def test_a_band_without_noise_makes_the_card_worse(few):
    bare = play_events(setting=Setting(draws=40, noise=False)).scored.scores["model"]
    assert bare.crps > 1.15 * few.scored.scores["model"].crps
    assert bare.coverage_90 < 0.4
    assert bare.winkler_90 > 2 * few.scored.scores["model"].winkler_90


def test_expectations_that_follow_the_price_at_once_make_it_too_smooth(few):
    """With a gain of one the stock rule forgets what is dear, and the price goes on and on: no price does that."""
    quick = play_events(setting=Setting(draws=40, settings=("model.stocks.expectation_gain=100 %/month",)))
    assert abs(few.smoothness.model - few.smoothness.seen) < 0.25
    assert quick.smoothness.model > few.smoothness.seen + 0.3


@pytest.mark.parametrize("switch", ["model.break_even", "model.stocks.cargo_follows_price"])
def test_a_world_without_plants_and_ways_knows_no_break_even_and_no_cargo(switch):
    """So the card, which was frozen before, is the same with either."""
    on, off = (run_event(strike(), Setting(draws=20, settings=s)).price for s in ((), (f"{switch}=off",)))
    np.testing.assert_array_equal(on, off)


def test_where_goods_are_on_their_way_the_price_rises_less_with_cargo_for_the_days_use():
    afar = [Setting(draws=20, way=2, settings=s) for s in ((), ("model.stocks.cargo_follows_price=off",))]
    on, off = (run_event(strike(), setting).price for setting in afar)
    assert (on[0] <= off[0] + 1e-12).all()
    assert on[0].max() < off[0].max()


def test_rules_by_hand(own):
    """One metal rises by a tenth at the news, the other does not: each is the other's mean path."""
    card = play_events(*own, Setting(draws=30, noise=False))
    jump = np.log(1.1)
    flat, risen = card.events
    assert flat.observed.tolist() == [0.0] * MONTHS
    assert risen.observed == pytest.approx([jump] * MONTHS)
    assert flat.crps["no_change"] == flat.crps["momentum"] == 0.0
    assert flat.crps["mean_path"] == pytest.approx(jump)
    assert risen.crps["mean_path"] == risen.crps["no_change"] == pytest.approx(jump)
    assert card.first_version is None


def test_a_list_of_one_metal_has_no_other_metals_mean_path(own):
    events, prices = own
    events.write_text("".join(events.read_text(encoding="utf-8").splitlines(keepends=True)[:2]), encoding="utf-8")
    document = play_events(events, prices, Setting(draws=10)).as_dict()
    assert document["scores"]["mean_path"] is document["against"]["mean_path"] is None
    json.dumps(document, allow_nan=False)


def test_the_formula_is_the_closed_form_month_by_month():
    """A loss of a tenth that comes true in full: (1 - 0.1)^(-1/(eps + eta)), and nothing before or after it."""
    course = run_event(strike(lag=1.0), Setting(draws=20, announced=False))
    assert (course.formula[[0, 3]] == 0).all()
    assert np.median(course.formula[1]) == pytest.approx(-np.log(0.9) / 0.45, rel=0.25)
    assert course.tense[:, 0].tolist() == [False, True, True] + [False] * (MONTHS - 3)


def test_a_loss_of_half_a_month_is_half_the_loss_of_a_month():
    short, whole = (
        run_event(strike(months=months), Setting(draws=4, announced=False)).formula[0] for months in (0.5, 1)
    )
    eps = -np.log(0.9) / whole
    assert short == pytest.approx(-np.log(0.95) / eps)


def test_the_small_world_stands_still_without_a_loss_and_rises_with_it():
    event, quiet = strike(loss=0.3, lag=3.0, months=6), ("model.stocks.news_cover=0 months",)
    assert abs(run_event(event, Setting(draws=20, settings=quiet)).price[:3]).max() < 1e-9
    course = run_event(event, Setting(draws=20))
    assert 0 < course.price[:3].max() < 0.1  # it is in the news, and buyers look for cover
    assert (course.price[3:9].max(axis=0) >= 0).all()
    assert np.median(course.price[8]) > 0.01


def test_what_an_event_does_not_depend_on_the_list():
    alone, again = (run_event(strike(), Setting(draws=8)).price for _ in range(2))
    assert (alone == again).all()
    assert (run_event(strike(), Setting(draws=8, seed=1)).price != alone).any()


def test_intervals_draw_whole_metals(few):
    scored = [each for each in few.events if not each.event.endogenous]
    for pick in picks_of(scored)[:20]:
        counts = np.bincount(pick, minlength=len(scored))
        for metal in few.scored.metals:
            assert len({counts[k] for k, each in enumerate(scored) if each.event.metal == metal}) == 1
    assert difference(np.ones(2), np.array([1.0, np.nan]), [np.array([0, 1])]) is None


def test_no_price_for_any_event_is_told(own, tmp_path):
    other = tmp_path / "other.csv"
    other.write_text("mineral,month,value\ncc,2014-01,1\n", encoding="utf-8")
    with pytest.raises(InputError, match="no event has a price"):
        play_events(own[0], other)


def test_the_command_plays_a_users_list(own):
    events, prices = map(str, own)
    done = CliRunner().invoke(backtest, ["--events", events, "--prices", prices, "--json"], catch_exceptions=False)
    assert json.loads(done.stdout)["metals"] == ["aa", "bb"]
    text = CliRunner().invoke(backtest, ["--events", events, "--prices", prices], catch_exceptions=False).output
    assert "mean path of other metals" in text


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--prices", "x.csv"], "belong to --events"),
        (["--events", "events_dev", "--sigma", "2"], "goes with"),
        (["--events", "nowhere.csv"], "no such file"),
        (["--events", "events_dev", "--set", "model.stocks.nothing=1"], "--set"),
    ],
)
def test_what_does_not_go_together_is_refused(arguments, says):
    with pytest.raises(InputError, match=says):
        CliRunner().invoke(backtest, arguments, catch_exceptions=False)


def test_the_shipped_names_are_known():
    assert len(read_events("events_dev").events) == 35
    assert HORIZONS == (1, 3, 6, 12)
