"""The answer about supported flows, word for word."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from supplysim.report.names import Names
from supplysim.report.ties import over_runs, verdict, who_took_over
from supplysim.results.durability import Fate, Taker
from supplysim.world import catalog

CONTRACTS = {"deal": SimpleNamespace(from_="KAZ"), "sale": SimpleNamespace(from_="TJK")}
NONE = (None, None, None)


@pytest.fixture(scope="module")
def names():
    return Names(catalog())


def fate(contract, product, stays, added=NONE, takers=()):
    return Fate(contract, product, "USA", "scenario", (4000.0,) * 3, (stays,) * 3, added, takers)


def test_a_flow_that_stays_is_a_partnership(names):
    said = verdict([fate("deal", "tungsten.apt", 0.8)], CONTRACTS, names)
    assert said.startswith("A lasting partnership: two years after support ends, of the supported flow 80.0")
    assert "ammonium paratungstate from Kazakhstan to the United States" in said


def test_a_flow_that_goes_was_an_attempt_and_says_to_whom(names):
    taker = Taker("CHN", (1000.0,) * 3)
    found = [fate("deal", "tungsten.apt", 0.2, takers=(taker,))]
    assert verdict(found, CONTRACTS, names).startswith("An influence attempt: ")
    assert "China 1.0" in who_took_over(found, CONTRACTS, names)


def test_a_flow_that_would_run_anyway_is_judged_by_what_was_added(names):
    found = [fate("deal", "uranium.concentrate", 0.9, (0.0,) * 3)]
    assert "of what support added only nothing of natural uranium" in verdict(found, CONTRACTS, names)
    assert "With or without support there still runs 90.0" in who_took_over(found, CONTRACTS, names)


def test_two_flows_may_have_two_answers(names):
    found = [fate("deal", "tungsten.apt", 0.8), fate("sale", "antimony.metal", 0.1)]
    assert verdict(found, CONTRACTS, names).startswith("Partly a lasting partnership, partly an influence attempt: ")
    assert verdict([], CONTRACTS, names) == ""


def test_over_runs_it_is_counted(names):
    found = [[fate("deal", "tungsten.apt", 0.8)], [fate("deal", "tungsten.apt", 0.2)]]
    said = over_runs(found, CONTRACTS, names)
    assert "lasts in 1 of 2 runs (20 to 80 %" in said
