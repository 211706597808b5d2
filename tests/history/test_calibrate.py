"""Calibration finds the market that made a series, and admits when a series does not say."""

from __future__ import annotations

import numpy as np
import pytest
import yaml

from supplysim.engine import solve_market
from supplysim.errors import InputError
from supplysim.history.calibrate import Error, Fit, Market, calibrate, product_of, scenario
from supplysim.scenario import load

SUPPLIERS, BUYERS = ("AAA", "BBB", "CCC", "DDD"), ("XXX", "YYY", "ZZZ")
TRUE = Market(sigma=3.0, supply=0.35, demand=0.4)


def made_by(market, years=7, noise=0.0):
    """Trade lines of a market in which another exporter loses a third every year."""
    rng = np.random.default_rng(3)
    flow = rng.uniform(5, 40, (4, 3))
    price, lines = 10.0, []
    for year in range(2010, 2010 + years):
        lines += [
            ("990000", year, a, b, flow[i, j] * price, flow[i, j])
            for i, a in enumerate(SUPPLIERS)
            for j, b in enumerate(BUYERS)
        ]
        capacity = np.full(4, np.inf)
        capacity[year % 4] = 0.67 * flow[year % 4].sum()
        solved = solve_market(
            flow,
            sigma=market.sigma,
            supply_elasticity=market.supply,
            demand_elasticity=market.demand,
            capacity=capacity,
        )
        sold = solved.flow.sum(axis=1)
        price *= (sold * np.exp(solved.log_supplier_price)).sum() / sold.sum()
        flow = solved.flow * np.exp(noise * rng.normal(size=flow.shape))
    return lines


def test_the_market_that_made_the_series_is_found(write):
    found = calibrate(write(made_by(TRUE)))
    assert found.fitted == pytest.approx(TRUE, rel=0.01)
    assert found.fitted_in.flow < 1e-3 * found.prior_in.flow
    assert found.fitted_out.flow < 0.01 * found.prior_out.flow
    assert found.fitted_out.price < 0.01 * found.prior_out.price
    assert found.at_bound == ()


def test_with_noise_it_is_found_less_well_and_still_beats_the_prior(write):
    found = calibrate(write(made_by(TRUE, years=10, noise=0.02)))
    assert found.fitted == pytest.approx(TRUE, rel=0.5)
    assert found.fitted_out.price < found.prior_out.price


def test_the_split_parts_what_is_fitted_from_what_is_tested(write):
    path = write(made_by(TRUE))
    assert calibrate(path).split == 2014
    assert calibrate(path, split=2012).split == 2012
    assert calibrate(path).years == (2010, 2016)
    for split in (2010, 2016):
        with pytest.raises(InputError, match="leaves one side empty; the years predicted run from 2011 to 2016"):
            calibrate(path, split=split)


def test_walking_forward_never_looks_ahead(write):
    """A break in the last year must not change the fit to the years before it."""
    lines = made_by(TRUE)
    broken = [line if line[1] < 2016 else (*line[:4], line[4] * 3, line[5]) for line in lines]
    whole, later = calibrate(write(lines), 2014), calibrate(write(broken, "broken.csv"), 2014)
    assert later.fitted == pytest.approx(whole.fitted, rel=1e-6)
    assert later.fitted_in == pytest.approx(whole.fitted_in, abs=1e-9)
    assert later.fitted_out.price > 0.5


def fit_of(code="261100", market=TRUE):
    error = Error(0.1, 0.2)
    return Fit(code, 2019, (2005, 2024), market, Market(4, 0.2, 0.25), error, error, error, error)


def test_the_scenario_it_writes_sets_the_three_elasticities():
    document = yaml.safe_load(scenario(fit_of()))
    assert document["format"] == 1
    assert document["minerals"] == {
        "tungsten": {
            "concentrate": {"supply": {"elasticity": 0.35}, "demand": {"elasticity": 0.4}, "trade": {"sigma": 3.0}}
        }
    }


def test_another_scenario_can_extend_it(tmp_path):
    (tmp_path / "fitted.yaml").write_text(scenario(fit_of()), encoding="utf-8")
    (tmp_path / "mine.yaml").write_text(
        "extends: fitted.yaml\ntitle: Mine\nhorizon: {start: 2026-01, months: 12}\n", encoding="utf-8"
    )
    values = load(tmp_path / "mine.yaml").values
    assert values["minerals.tungsten.concentrate.trade.sigma"] == 3.0
    assert values["minerals.tungsten.concentrate.supply.elasticity"] == 0.35
    assert values["minerals.tungsten.concentrate.demand.elasticity"] == 0.4


def test_a_code_of_the_users_own_needs_a_product():
    assert "cobalt:\n    refined:" in scenario(fit_of("990000"), "cobalt.refined")
    with pytest.raises(InputError, match="give --product"):
        scenario(fit_of("990000"))
    with pytest.raises(InputError, match=r"'cobalt' must read mineral\.stage"):
        scenario(fit_of("990000"), "cobalt")


def test_a_parameter_at_its_bound_is_called_unidentified():
    found = fit_of(market=Market(30.0, 0.35, 3.0))
    assert found.at_bound == ("sigma", "demand")
    assert "does not identify sigma" in scenario(found)


def test_every_shipped_code_stands_for_a_product_of_the_world(shipped):
    from supplysim.world import catalog

    products = catalog().products
    assert all(product_of(code) in products for code in shipped.codes)


def test_a_shipped_code_can_be_fitted_and_says_what_it_does_not_know():
    found = calibrate("261710", split=2023)
    assert found.code == "261710"
    assert found.years == (2021, 2024)
    assert set(found.as_dict()) >= {"fitted", "prior", "fitted_in", "fitted_out", "at_bound"}


def test_what_cannot_be_fitted_is_refused(write, flows, tmp_path):
    with pytest.raises(InputError, match=r"no table and no shipped code '123456'; codes are 260300"):
        calibrate("123456")
    with pytest.raises(InputError, match="there is no such file"):
        calibrate(tmp_path / "nothing.csv")
    two = flows("1", 2019, {("A", "B"): 1}) + flows("2", 2019, {("A", "B"): 1})
    with pytest.raises(InputError, match="choose one of its codes with --code: 1, 2"):
        calibrate(write(two))
    with pytest.raises(InputError, match="at least three years in a row"):
        calibrate(write(two), code="1")
