"""Shocks are chosen by rule: each rule has a case just inside and one just outside."""

from __future__ import annotations

import numpy as np
import pytest

from supplysim.history.shocks import calm_years, card_cases, cuts
from supplysim.history.trade import read_trade

BEFORE = {("AAA", "XXX"): 30, ("AAA", "YYY"): 20, ("AAA", "ZZZ"): 10, ("BBB", "XXX"): 20, ("BBB", "YYY"): 20}


@pytest.fixture
def shocks_of(write, flows):
    def _shocks_of(after):
        table = flows("260300", 2019, BEFORE) + flows("260300", 2020, {**BEFORE, **after})
        return list(card_cases(read_trade(write(table))))

    return _shocks_of


def cut_to(share):
    return {pair: tonnes * share for pair, tonnes in BEFORE.items() if pair[0] == "AAA"}


def test_a_cut_of_30_percent_by_a_large_exporter_is_a_case(shocks_of):
    (case,) = shocks_of(cut_to(0.7))
    assert (case.code, case.name, case.year, case.years) == ("260300", "AAA", 2019, 1)
    assert case.kept == pytest.approx(0.7)
    assert case.buyers == ("XXX", "YYY", "ZZZ")


def test_a_smaller_cut_is_none(shocks_of):
    assert shocks_of(cut_to(0.71)) == []


def test_a_year_in_which_the_others_fall_too_is_none(shocks_of):
    assert shocks_of({**cut_to(0.5), ("BBB", "XXX"): 15}) == []
    assert len(shocks_of({**cut_to(0.5), ("BBB", "XXX"): 16})) == 1


def test_an_exporter_with_two_importers_is_none(write, flows):
    table = flows("260300", 2019, {**BEFORE, ("AAA", "ZZZ"): 0}) + flows("260300", 2020, {("BBB", "XXX"): 60})
    assert list(card_cases(read_trade(write(table)))) == []


def test_a_small_exporter_is_none(write, flows):
    small = {("CCC", "XXX"): 3, ("CCC", "YYY"): 3, ("CCC", "ZZZ"): 3}
    table = flows("260300", 2019, {**BEFORE, **small}) + flows("260300", 2020, BEFORE)
    assert list(card_cases(read_trade(write(table)))) == []


def test_cuts_look_as_many_years_ahead_as_asked(write, flows):
    years = {2019: BEFORE, 2020: BEFORE, 2021: {**BEFORE, **cut_to(0.8)}}
    trade = read_trade(write([line for year, matrix in years.items() for line in flows("260300", year, matrix)]))
    assert [(shock.year, shock.years) for shock in cuts(trade, 0.1, 1)] == [(2020, 1)]
    assert [(shock.year, shock.years) for shock in cuts(trade, 0.1, 2)] == [(2019, 2)]
    assert list(cuts(trade, 0.25, 2)) == []


def test_small_buyers_and_suppliers_are_put_together_and_no_tonne_is_lost(write, flows):
    tiny = {("AAA", "WWW"): 0.1, ("DDD", "XXX"): 0.05}
    table = flows("260300", 2019, {**BEFORE, **tiny}) + flows("260300", 2020, {**cut_to(0.5), ("BBB", "VVV"): 40})
    (shock,) = card_cases(read_trade(write(table)))
    assert shock.before.shape == (3, 4)
    assert shock.before.sum() == pytest.approx(100.15)
    assert shock.after.sum() == pytest.approx(70)
    assert shock.after[1, -1] == pytest.approx(40), "a newcomer's purchases are with the rest"


def test_a_calm_year_has_no_large_cut(write, flows):
    calm = flows("260300", 2019, BEFORE) + flows("260300", 2020, {**BEFORE, **cut_to(0.95)})
    ((before, after),) = calm_years(read_trade(write(calm)))
    assert before.sum() == pytest.approx(100)
    assert after.sum() == pytest.approx(97)
    shaken = flows("260300", 2019, BEFORE) + flows("260300", 2020, {**BEFORE, **cut_to(0.9)})
    assert list(calm_years(read_trade(write(shaken)))) == []


def test_every_case_of_the_shipped_table_meets_the_rule(shipped):
    found = list(card_cases(shipped))
    assert len(found) > 30
    for shock in found:
        sold = shock.before.sum(axis=1)
        assert sold[shock.exporter] >= 0.1 * sold.sum()
        assert shock.kept <= 0.7
        assert shock.name not in shock.buyers
        assert np.isfinite(shock.after).all()
