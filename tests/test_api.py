"""What a modeler does from Python."""

from __future__ import annotations

import numpy as np
import pytest

import supplysim


def test_the_public_names():
    assert set(supplysim.__all__) == {
        "InputError", "MarketSolution", "SupplysimError", "__version__", "discover", "indicators", "load", "run",
        "sensitivity", "solve_market",
    }  # fmt: skip
    for name in supplysim.__all__:
        assert getattr(supplysim, name) is not None
    with pytest.raises(AttributeError, match="nothing"):
        supplysim.nothing  # noqa: B018


def test_load_run_and_read_frames(halt):
    scenario = supplysim.load(halt)
    seen = []
    result = supplysim.run(scenario, draws=3, seed=1, progress=lambda done, total: seen.append((done, total)))
    assert seen[-1] == (3, 3)
    summary = result.summary()
    assert {"metric", "product", "region", "unit", "baseline_p50", "scenario_p50", "difference_p95"} <= set(summary)
    assert len(result.draws()) == 3
    assert set(result.prices()["quantity"]) == {"price", "contract_price"}
    assert (result.stocks()["p5"] >= 0).all()
    assert {"from", "to", "p50"} <= set(result.flows())


def test_the_base_year_repeats_itself_for_ten_years_when_nothing_grows():
    scenario = supplysim.load("baseline", ["draws=2", "model.growth=off", "horizon.months=120"])
    result = supplysim.run(scenario)
    flows = result.flows()
    flows = flows[flows["variant"] == "scenario"].pivot_table(
        index=["product", "from", "to"], columns="year", values="p50"
    )
    largest = flows.groupby("product").transform("max")
    assert (np.abs(flows.sub(flows[1], axis=0)) / largest).to_numpy().max() < 1e-9
    prices = result.prices()["p50"].dropna()
    assert np.abs(prices - 1).max() < 1e-9


def test_a_ban_leaves_its_targets_short_and_the_others_better_served(halt):
    result = supplysim.run(supplysim.load(halt))
    rows = {(r.metric, r.product, r.region): r for r in result.rows()}
    for region in ("USA", "JPN"):
        assert rows["unmet_demand_t", "rare_earths.separated", region].difference[1] > 0
        assert rows["rival_share", "rare_earths.separated", region].difference[1] < 0
    assert rows["peak_price_multiple", "rare_earths.separated", "USA"].scenario[1] > 1.2


def test_the_same_draws_serve_both_sides():
    """Common random numbers: without events, scenario and baseline agree in every draw."""
    result = supplysim.run(supplysim.load("baseline", ["draws=4", "horizon.months=12"]))
    for key, values in result.metrics["scenario"].items():
        np.testing.assert_array_equal(values, result.metrics["baseline"][key])
