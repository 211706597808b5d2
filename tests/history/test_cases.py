"""The case card on a table small enough to work out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from supplysim.history.cases import play, pool
from supplysim.history.model import Prior
from supplysim.history.trade import read_trade

BEFORE = {("AAA", "XXX"): 30, ("AAA", "YYY"): 20, ("AAA", "ZZZ"): 10, ("BBB", "XXX"): 20, ("BBB", "YYY"): 20}
AFTER = {("AAA", "XXX"): 15, ("AAA", "YYY"): 10, ("AAA", "ZZZ"): 5, ("BBB", "XXX"): 30, ("BBB", "YYY"): 16}


@pytest.fixture
def trade(write, flows):
    return read_trade(write(flows("260300", 2019, BEFORE) + flows("260300", 2020, AFTER, price=1.5)))


@pytest.fixture
def case(trade):
    (only,) = play(trade, Prior().draw(12))
    return only


def test_the_rules_by_hand(case):
    rules = case.baselines()
    assert rules["no_change"].tolist() == [50, 40, 10]
    assert rules["pro_rata"].tolist() == [35, 30, 5]
    assert rules["full_rerouting"] == pytest.approx(np.array([50, 40, 10]) * 0.7)


def test_what_was_seen(case):
    assert case.observed.tolist() == [45, 26, 5]
    assert np.exp(case.unit_value) == pytest.approx(1.5)
    assert case.error(case.baselines()["pro_rata"]) == pytest.approx([10 / 50, 4 / 40, 0])


def test_the_model_lies_between_pro_rata_loss_and_full_rerouting_with_some_supply_response(case):
    assert (case.model.low <= case.model.median).all()
    assert (case.model.median <= case.model.high).all()
    assert case.model.median[2] < 10, "Z depends on the exporter alone"
    assert 70 < case.model.median.sum() < 100
    assert 0 < case.price.low < case.price.median < case.price.high


def test_a_case_as_a_document(case):
    document = case.as_dict()
    assert set(document) == {"code", "exporter", "year", "observed", "model", "baselines"}
    assert (document["code"], document["exporter"], document["year"]) == ("260300", "AAA", 2020)
    assert document["observed"] == {"importers": {"XXX": 45, "YYY": 26, "ZZZ": 5}, "unit_value": 1.5}
    assert set(document["model"]["importers"]["ZZZ"]) == {"low", "median", "high"}
    assert document["baselines"]["pro_rata"] == {"XXX": 35, "YYY": 30, "ZZZ": 5}


def test_pooled_errors_and_wins(case, trade):
    totals = pool([case], trade)
    assert totals.n == 3
    assert totals.median_error["no_change"] == pytest.approx(14 / 40)
    assert totals.median_error["pro_rata"] == pytest.approx(0.1)
    assert np.isnan(totals.median_error["noise_floor"]), "no calm year in this table"
    assert all(0 <= rate <= 1 for rate in totals.win_rate.values())


def test_the_noise_floor_is_what_a_calm_year_brings(write, flows):
    calm = {**BEFORE, ("AAA", "XXX"): 33, ("BBB", "YYY"): 18}
    totals = pool([], read_trade(write(flows("260300", 2019, BEFORE) + flows("260300", 2020, calm))))
    assert totals.n == 0
    assert totals.median_error["noise_floor"] == pytest.approx(2 / 40)


def test_a_model_without_substitution_is_the_pro_rata_rule_and_ties_with_it(trade):
    (case,) = play(trade, Prior().draw(5, sigma=0))
    assert case.model.median == pytest.approx(case.baselines()["pro_rata"])
