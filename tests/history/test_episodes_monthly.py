"""Episodes through the whole model: what was seen, what the model is told, and how the two are compared."""

from __future__ import annotations

import csv
import gzip
import json
import math
from collections import defaultdict
from pathlib import Path

import numpy as np
import pytest

from supplysim import load
from supplysim.errors import InputError
from supplysim.history.episodes_monthly import play_all, play_monthly
from supplysim.history.episodes_played import totals_of
from supplysim.history.episodes_table import monthly_episodes, monthly_named
from supplysim.history.trade import SHIPPED
from supplysim.scenario import shipped_folder
from supplysim.world import load as load_world

FEW = 16
CODES = ("280530", "284610", "284690")
NAMES = [episode.name for episode in monthly_episodes()]
WORLDS = shipped_folder() / "backtests" / "worlds"


@pytest.fixture(scope="module")
def quota():
    return play_monthly("rare-earths-2010", FEW)


def series(played, name):
    (found,) = [s for s in played.series if s.series.name == name]
    return found


def test_what_was_seen_of_the_rare_earth_quota():
    """Design figures: unit value of HS 2846.90 21.7, 106, 71 USD/kg in 2010 to 2012; exports 56.3, 38.9, 24.8 kt;
    dysprosium x26 at the peak in mid-2011; prices back near the level of 2010 two years after the peak."""
    unit_value, dysprosium, exports = monthly_named("rare-earths-2010").series
    by_year = {seen.when: seen.value for seen in unit_value.observations}
    assert [by_year[year] for year in ("2010", "2011", "2012")] == pytest.approx([21.7, 106, 71], rel=0.005)
    assert by_year["2013"] < 1.15 * by_year["2010"]
    kilotonnes = {seen.when: seen.value * 12 / 1000 for seen in exports.observations}
    assert [kilotonnes[year] for year in ("2010", "2011", "2012")] == pytest.approx([56.3, 38.9, 24.8], abs=0.05)
    peak = max(dysprosium.observations, key=lambda seen: seen.value)
    assert peak.when == "2011-08"
    assert peak.value / dysprosium.observations[0].value == pytest.approx(26, rel=0.01)


def test_unit_values_and_exports_are_those_of_the_shipped_trade_table():
    """CEPII BACI as shipped, before any repair of tonnes."""
    unit_value, _, exports = monthly_named("rare-earths-2010").series
    tonnes, value = defaultdict(float), defaultdict(float)
    with gzip.open(SHIPPED, "rt", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            if row["exporter_iso3"] == "CHN":
                tonnes[row["hs92"], row["year"]] += float(row["quantity_t"] or 0)
                value[row["hs92"], row["year"]] += float(row["value_kusd"])
    for price, sold in zip(unit_value.observations, exports.observations, strict=True):
        year = sold.when
        assert price.when == year
        assert price.value == pytest.approx(value["284690", year] / tonnes["284690", year], abs=0.005)
        assert 12 * sold.value == pytest.approx(sum(tonnes[code, year] for code in CODES), abs=1)


def test_every_figure_names_its_source_and_none_is_a_series_that_may_not_be_passed_on():
    for episode in monthly_episodes():
        assert episode.lacking
        assert episode.source
        for one in episode.series:
            assert all(seen.source and seen.confidence in ("A", "B", "derived") for seen in one.observations)
            assert not any("IMF" in seen.source for seen in one.observations)
            firsts = [seen.first for seen in one.observations]
            assert firsts == sorted(firsts)


@pytest.mark.parametrize("name", NAMES)
def test_the_model_is_told_of_volumes_and_never_of_prices(name):
    scenario = load(shipped_folder() / "backtests" / f"{name}.yaml")
    assert {event.kind for event in scenario.events.values()} <= {
        "export_quota", "export_ban", "import_ban", "outage", "demand_surge", "purchase",
    }  # fmt: skip
    assert all(event.source for event in scenario.events.values())
    own = [path for path in scenario.uncertain if not path.startswith(("minerals.", "model."))]
    assert all(path.endswith(".severity") for path in own), "nothing but shares is drawn beside the shipped priors"


@pytest.mark.parametrize(
    ("world", "product"),
    [
        ("rare-earths-2009", "rare_earths.separated"),
        ("rare-earths-2009", "heavy_rare_earths.separated"),
        ("uranium-2021", "uranium.concentrate"),
    ],
)
def test_a_world_of_an_earlier_year_has_the_shipped_priors_and_balances(world, product):
    earlier, shipped = load_world(WORLDS / world), load_world()
    for parameter in ("sigma", "supply", "demand"):
        mine, theirs = (getattr(w.base[product], parameter) for w in (earlier, shipped))
        assert (mine.p10, mine.median, mine.p90) == (theirs.p10, theirs.median, theirs.p90)
    moved = [row for row in earlier.audit if row.product == product and abs(row.change) > 2]
    assert moved == [], "what sources say about the year fits together"


def test_the_world_of_2009_is_what_its_tool_writes(tmp_path):
    from importlib.util import module_from_spec, spec_from_file_location

    tools = Path(__file__).parents[2] / "tools"
    spec = spec_from_file_location("make_backtest_worlds", tools / "make_backtest_worlds.py")
    tool = module_from_spec(spec)
    spec.loader.exec_module(tool)
    tool.main(tmp_path)
    written = sorted(tmp_path.rglob("*.csv"))
    assert written
    for path in written:
        assert path.read_bytes() == (WORLDS / "rare-earths-2009" / path.relative_to(tmp_path)).read_bytes()


def test_the_price_wave_has_the_right_shape_and_is_too_low(quota):
    """Up while the quota bites hardest, down as stocks and mines answer; the height is what is missed."""
    played = series(quota, "unit-value")
    rising, falling = np.diff(played.model.median)[:2], np.diff(played.model.median)[2:]
    assert (rising > 0).all()
    assert (falling < 0).all()
    assert played.score.price_direction == 1
    assert played.model.median[0] == 1
    assert played.score.peak_abs_log_error == pytest.approx(math.log(played.observed.max() / played.extreme[1]))
    assert played.extreme[2] < played.observed.max(), "even the upper end of the band lies below what was seen"


def test_exports_follow_the_quota(quota):
    """31 130 t a year over 36.9 kt exported in 2009 is 0.84: the quota binds to the end."""
    played = series(quota, "exports")
    assert played.model.median[-1] == pytest.approx(31130 / 36893, abs=0.02)
    assert played.score.peak_abs_log_error < math.log(2)


def test_the_base_is_the_last_figure_before_the_first_event(quota):
    assert [s.times[0].when for s in quota.series] == ["2009", "2009-01", "2009"]
    magnets = play_monthly("magnets-2025", FEW)
    assert [s.times[0].when for s in magnets.series] == ["2025-01 to 2025-03", "2024", "2024"]


def test_magnet_exports_fall_and_come_back():
    exports = series(play_monthly("magnets-2025", FEW), "exports")
    april, may, june, july = exports.model.median[1:]
    assert max(april, may) < june < july
    assert exports.score.recovery_months == exports.recovery_observed == 3


def test_only_magnets_that_need_a_licence_wait_for_one():
    """43 % of the magnets that leave hold dysprosium or terbium: of all that leaves in April the other 57 % remain."""
    played = play_monthly("magnets-2025", FEW)
    assert series(played, "exports").model.median[1] == pytest.approx(0.57, abs=0.02)
    assert series(played, "dysprosium").model.median[1] < 1.0, "what cannot leave is cheaper at home"


def test_no_change_moves_nowhere_and_drift_needs_a_past(quota):
    for one in quota.series:
        assert one.no_change.price_direction == 0
    assert series(quota, "dysprosium").drift is None, "nothing was quoted before 2009"
    drift = series(quota, "unit-value").drift
    assert drift.peak_abs_log_error > series(quota, "unit-value").score.peak_abs_log_error


def test_a_drift_of_a_percent_is_right_but_not_clear(quota):
    spot = series(play_monthly("magnets-2025", FEW), "ndpr")
    assert (spot.score.price_direction, spot.score.clear) == (1, 0)
    assert series(quota, "unit-value").score.clear >= 0.8


def test_totals_count_moves_series_and_figures(quota):
    found = totals_of([quota])
    prices = [series(quota, name).score for name in ("unit-value", "dysprosium")]
    assert found["price_direction"] == pytest.approx(np.mean([p.price_direction for p in prices]))
    assert found["peak_abs_log_error"] == pytest.approx(np.mean([p.peak_abs_log_error for p in prices]))
    assert found["band_coverage"] == pytest.approx(np.mean([s.score.band_coverage for s in quota.series]))
    assert totals_of([]) == dict.fromkeys(found)


def test_a_world_without_substitution_pays_more(quota):
    rigid = play_monthly("rare-earths-2010", FEW, 0.05)
    fluid = play_monthly("rare-earths-2010", FEW, 50.0)
    assert series(rigid, "unit-value").extreme[1] > series(fluid, "unit-value").extreme[1]


def test_the_same_draws_are_played_once(quota):
    assert play_monthly("rare-earths-2010", FEW) is quota
    assert [played.episode.name for played in play_all(FEW)] == NAMES


def test_an_episode_is_a_document_without_numbers_json_does_not_know(quota):
    document = json.loads(json.dumps(quota.as_dict(), allow_nan=False))
    first = document["series"][0]["points"][0]
    assert first == {
        "when": "2009", "value": 9.32, "multiple": 1.0, "p5": 1.0, "p50": 1.0, "p95": 1.0, "outer_p5": 1.0,
        "outer_p95": 1.0, "no_events": 1.0, "effect": 1.0, "confidence": "A",
        "source": first["source"], "note": first["note"],
    }  # fmt: skip
    assert document["series"][0]["recovery_months_observed"] is None, (
        "the unit value of 2014 was still 1.8 times 2009's"
    )


def test_an_unknown_episode_is_refused_with_the_names_there_are():
    with pytest.raises(InputError, match="no episode 'rare-earth'; there are rare-earths-2010, uranium-2022"):
        monthly_named("rare-earth")


def test_the_tables_of_small_worlds_name_a_source_in_every_row():
    for path in sorted(WORLDS.rglob("*.csv")):
        with path.open(encoding="utf-8") as file:
            for row in csv.DictReader(file):
                assert row.get("source") or row.get("price_source"), path
