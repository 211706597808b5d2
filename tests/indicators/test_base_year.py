"""The table of measures on a small world whose answers can be worked out by hand, and on the shipped one."""

from __future__ import annotations

import json
from types import SimpleNamespace

import numpy as np
import pytest
from click.testing import CliRunner

from supplysim.cli.indicators import indicators as command
from supplysim.errors import InputError
from supplysim.indicators.base_year import indicate, measures, region_flow
from supplysim.world import load


def node(region):
    return SimpleNamespace(region=region)


@pytest.fixture
def market():
    """China makes 80 and uses 40; the EU makes 10 by mine and 10 by recycling, and uses 60."""
    return SimpleNamespace(
        suppliers=(node("CHN"), node("EU27"), node("EU27")),
        buyers=(node("CHN"), node("EU27")),
        flow=np.array([[40.0, 40.0], [0.0, 10.0], [0.0, 10.0]]),
    )


def value(rows, metric, region):
    return next(row.value for row in rows if (row.metric, row.region) == (metric, region))


def test_flows_are_summed_by_region_whoever_sells(market):
    regions, flow = region_flow(market)
    assert regions == ["CHN", "EU27"]
    assert flow.tolist() == [[40, 40], [0, 20]]


def test_measures_of_a_market_of_two(market):
    rows = measures("tungsten.apt", market, {"CHN": ["CHN"], "EU27": ["DEU", "AUT"]})
    assert value(rows, "supplier_hhi", "WLD") == pytest.approx(0.64 + 0.04)
    assert value(rows, "n1_coverage", "WLD") == pytest.approx(20 / 60)
    assert value(rows, "import_reliance", "EU27") == pytest.approx(40 / 60)
    assert value(rows, "import_reliance", "CHN") == pytest.approx(-1.0), "a net exporter"
    assert value(rows, "top_supplier_share", "EU27") == pytest.approx(40 / 60)
    assert value(rows, "geopolrisk", "CHN") == 0
    assert 0 < value(rows, "geopolrisk", "EU27") < 0.68 * 40 / 60
    assert 0 < value(rows, "eu_supply_risk", "EU27") < 10


def test_a_mineral_the_eu_publishes_no_factors_for_has_no_risk_and_says_why(market):
    rows = measures("uranium.concentrate", market, {})
    risk = next(row for row in rows if row.metric == "eu_supply_risk")
    assert risk.value is None
    assert "no published" in risk.note


@pytest.fixture(scope="module")
def shipped():
    return indicate()


def test_every_product_of_the_shipped_world_has_its_measures(shipped):
    products = {row.product for row in shipped}
    assert {"uranium.concentrate", "rare_earths.magnets", "tungsten.concentrate"} <= products
    for row in shipped:
        assert row.value is None or np.isfinite(row.value)
        if row.unit == "0..1":
            assert 0 <= row.value <= 1


def test_china_is_the_largest_supplier_of_magnets_and_kazakhstan_of_uranium(shipped):
    largest = {row.product: row.note for row in shipped if (row.metric, row.region) == ("top_supplier_share", "WLD")}
    assert largest["rare_earths.magnets"] == "CHN"
    assert largest["uranium.concentrate"] == "KAZ"


def test_china_refines_the_share_of_copper_that_the_iea_says():
    """IEA Critical Minerals Dataset: China 44.0 % of refined copper in 2024, 91.3 % of refined magnet rare earths.

    The tables count all rare earths, cerium too, so that China's share there is a little higher.
    """
    shares = {}
    for product in ("copper.refined", "rare_earths.separated"):
        made = load().base[product].output()
        shares[product] = made["CHN"] / sum(made.values())
    assert shares["copper.refined"] == pytest.approx(0.440, abs=0.02)
    assert 0.913 - 0.01 <= shares["rare_earths.separated"] <= 0.96


def test_the_command_prints_a_table_and_a_document():
    table = CliRunner().invoke(command, ["tungsten"], catch_exceptions=False)
    assert table.exit_code == 0
    assert "tungsten.concentrate" in table.output
    document = json.loads(CliRunner().invoke(command, ["tungsten", "--json"], catch_exceptions=False).output)
    assert {row["mineral"] for row in document["indicators"]} == {"tungsten"}


def test_an_unknown_mineral_is_refused_with_the_names_there_are():
    with pytest.raises(InputError, match=r"no mineral 'unobtainium'.*tungsten"):
        indicate("unobtainium")
