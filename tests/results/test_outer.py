"""The outer band of a run: around prices alone, with the model's own numbers left as they are."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import supplysim
from supplysim.batch.block import compute
from supplysim.results.metrics import Key, price_metrics
from supplysim.results.summary import NOISY, NOTHING, summarise
from supplysim.world import load

CALM = """\
format: 1
title: A calm world, and a halt after half a year
scope: [tungsten]
consumers: [USA]
model: {growth: false}
horizon: {start: 2026-01, months: 12}
events:
  halt: {kind: export_ban, product: tungsten.apt, from: CHN, to: USA, starts: 2026-07, lasts: 3 months, severity: 1 %}
draws: 40
"""


@pytest.fixture(scope="module")
def scenario(tmp_path_factory):
    path = tmp_path_factory.mktemp("outer") / "calm.yaml"
    path.write_text(CALM, encoding="utf-8")
    return supplysim.load(path)


@pytest.fixture(scope="module")
def block(scenario):
    return compute(load(), scenario, 0, 40, traced=True)


@pytest.fixture(scope="module")
def rows(block):
    return {(row.metric, row.product): row for row in summarise(block.metrics)}


def test_prices_alone_have_an_outer_band(rows):
    banded = {metric for (metric, _), row in rows.items() if row.outer}
    assert banded == {
        "peak_price_multiple", "peak_contract_price_multiple", "mean_price_multiple", "months_above_2x",
    }  # fmt: skip


def test_where_nothing_moves_the_outer_band_is_the_markets_own_noise(rows):
    """A year without events: the model's price stays at 1, the highest of twelve noisy months lies above it."""
    row = rows["peak_price_multiple", "tungsten.apt"]
    assert row.baseline == pytest.approx((1.0, 1.0, 1.0), abs=0.01)
    low, middle, high = row.outer["baseline"]
    assert 0.8 < low < middle < high
    assert 1.05 < middle < 1.5
    assert row.shown("baseline") == (low, middle, high)


def test_a_price_is_told_on_a_line_for_each_band_with_its_own_median(rows):
    """The model's median of 1.0 beside noisy ends of 1.1 to 1.9 would be a number outside its own band."""
    for row in rows.values():
        told = dict(row.lines())
        assert list(told) == (["outer band", "inner band"] if row.outer else [""])
        for line in told.values():
            low, middle, high = line.scenario
            assert middle is None or low is None or low <= middle
            assert middle is None or high is None or middle <= high
    outer, inner = (line for _, line in rows["peak_price_multiple", "tungsten.apt"].lines())
    assert outer.scenario == inner.outer["scenario"]
    assert outer.difference == NOTHING != inner.difference


def test_contract_prices_are_calmer_than_spot(rows):
    spot, contract = (rows[metric, "tungsten.apt"].outer["baseline"][2]
                      for metric in ("peak_price_multiple", "peak_contract_price_multiple"))  # fmt: skip
    assert contract < spot


def test_months_of_an_event_are_wilder_and_earlier_ones_are_not(block):
    calm, wild = (block.traces[variant]["tungsten.apt"].noise["price"] for variant in ("baseline", "scenario"))
    assert (calm[:6] == wild[:6]).all()
    assert (calm[6:] != wild[6:]).any()


def test_months_before_the_reported_ones_count_in_neither_band(scenario, block):
    """A run reported from July on has the same noisy path, and its peak is the highest of the last six months."""
    later = replace(scenario, report_from=12 * 2026 + 6)
    key = Key("peak_price_multiple", "tungsten.apt", "USA")
    found = compute(load(), later, 0, 40, traced=True)
    path = np.exp(found.traces["baseline"]["tungsten.apt"].noise["price"])
    peak = found.metrics[NOISY + "baseline"][key]
    assert peak == pytest.approx(path[6:].max(axis=0), abs=0.01)
    assert (peak < block.metrics[NOISY + "baseline"][key]).any()


def test_noise_is_the_same_whatever_the_blocks(scenario, block):
    part = compute(load(), scenario, 30, 1, traced=True)
    key = next(key for key in block.metrics[NOISY + "scenario"] if key.metric == "peak_price_multiple")
    assert part.metrics[NOISY + "scenario"][key][0] == block.metrics[NOISY + "scenario"][key][30]


def test_monthly_prices_have_both_bands(block, scenario):
    from supplysim.results.quantiles import monthly_table
    from supplysim.results.tables import frame_of

    frame = frame_of(monthly_table(block.traces, scenario.start))
    price = frame[(frame["quantity"] == "price") & (frame["product"] == "tungsten.apt") & (frame["region"] == "USA")]
    assert (price["outer_p5"] < price["p5"]).all()
    assert (price["outer_p95"] > price["p95"]).all()
    assert frame.loc[frame["quantity"] == "used", "outer_p5"].isna().all()
    last = price[price["month"] == "2026-12"]
    assert np.allclose(np.log(last["outer_p95"]), 1.645 * 0.37, rtol=0.4), "minor metals move by 0.37 in a year"


def test_price_metrics_by_hand():
    price = np.array([[1.0], [3.0], [2.5]])
    assert {name: value[0] for name, value in price_metrics(price, price / 2)} == {
        "peak_price_multiple": 3.0, "peak_contract_price_multiple": 1.5, "mean_price_multiple": 6.5 / 3,
        "months_above_2x": 2.0,
    }  # fmt: skip
