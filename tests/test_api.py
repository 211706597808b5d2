"""What a modeler does from Python."""

from __future__ import annotations

import numpy as np
import pytest

import supplysim
from supplysim.report.numbers import band_text


def test_the_public_names():
    assert set(supplysim.__all__) == {
        "Comparison", "InputError", "MarketSolution", "Metric", "RunResult", "Scenario", "SupplysimError",
        "__version__", "compare", "design", "discover", "indicators", "load", "problem", "run", "sensitivity",
        "solve_market",
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


@pytest.fixture(scope="module")
def scenario():
    return supplysim.load("china-ree-halt", ["horizon.months=24", "scope=[rare_earths]"])


@pytest.fixture(scope="module")
def result(scenario):
    return supplysim.run(scenario, draws=4)


def test_dir_names_what_there_is_to_call():
    assert dir(supplysim) == sorted(supplysim.__all__)


def test_a_prompt_shows_five_lines_and_a_notebook_more(scenario, result):
    other = supplysim.run(scenario, draws=4, seed=8)
    for thing in (scenario, result, supplysim.compare(result, other)):
        assert len(repr(thing).splitlines()) <= 5
        assert "<table" in thing._repr_html_()
    first, *said = repr(result).splitlines()
    assert first == scenario.title
    assert "short of" in said[1]
    assert 'href="' in scenario._repr_html_()


def test_what_a_notebook_shows_is_escaped(halt):
    halt.write_text(
        halt.read_text(encoding="utf-8").replace(
            "title: China halts separated rare earths", "title: <script>x</script>"
        ),
        encoding="utf-8",
    )
    hostile = supplysim.load(halt, ["horizon.months=12"])
    for thing in (hostile, supplysim.run(hostile, draws=2)):
        assert "<script>" not in thing._repr_html_()


def test_months_are_dates_and_flows_know_their_calendar_year(result):
    assert result.prices()["month"].min() == np.datetime64("2026-01-01")
    flows = result.flows()
    assert (flows["calendar_year"] == flows["from_month"].dt.year).all()
    assert set(flows["calendar_year"]) == {2026, 2027}


def test_long_draws_hold_what_wide_ones_do(result):
    wide, long = result.draws(), result.draws(long=True)
    found = long[(long["variant"] == "scenario") & (long["metric"] == "short_t") & (long["region"] == "USA")]
    own = found[found["product"] == "rare_earths.magnets"].sort_values("draw")
    np.testing.assert_array_equal(own["value"], wide["scenario|short_t|rare_earths.magnets|USA"])
    assert set(own["unit"]) == {"t"}


def test_the_engines_agree_and_progress_is_told(scenario, result):
    seen = []
    slow = supplysim.run(scenario, draws=4, engine="numpy", progress=lambda *done: seen.append(done))
    assert seen == [(4, 4)]
    column = "scenario|short_t|rare_earths.magnets|USA"
    np.testing.assert_allclose(slow.draws()[column], result.draws()[column], rtol=1e-6)


def test_a_bar_is_shown_when_asked_for(halt, capsys):
    supplysim.run(supplysim.load(halt, ["horizon.months=6"]), draws=1, progress=True)
    assert capsys.readouterr().out == ""


def test_a_lazy_cube_has_the_numbers_of_the_frames(result):
    cube = result.to_xarray()
    assert set(cube.dims) == {"variant", "product", "draw", "month", "year", "supplier", "buyer", "path"}
    assert all(hasattr(cube[name].data, "dask") for name in ("price", "flow", "made"))
    here = {"variant": "scenario", "product": "rare_earths.magnets"}
    price = cube["price"].sel(**here, buyer="USA").compute().median("draw")
    frame = result.prices().query("variant == 'scenario' and product == 'rare_earths.magnets' and region == 'USA'")
    np.testing.assert_allclose(price, frame[frame["quantity"] == "price"]["p50"])
    flow = cube["flow"].sel(**here, supplier="CHN", buyer="USA", year="2026-01-01").compute().median("draw")
    row = result.flows().query(
        "variant == 'scenario' and product == 'rare_earths.magnets' and year == 1 and `from` == 'CHN' and to == 'USA'"
    )
    assert float(flow) == pytest.approx(float(row["p50"].iloc[0]))
    assert cube["price"].attrs["units"] == "x base price"


def test_figures_are_the_pages(result):
    price = result.plot.price("rare_earths.magnets", "USA")
    frame = result.prices().query(
        "variant == 'scenario' and product == 'rare_earths.magnets' and region == 'USA' and quantity == 'price'"
    )
    lines = [trace for trace in price.data if trace.name == "Scenario"]
    np.testing.assert_allclose(lines[0].y, frame["p50"], rtol=1e-3)
    assert lines[0].x[0] == "2026-01"
    for figure in (price, result.plot.flows(), result.plot.shares(), result.plot.stocks("rare_earths.magnets", "EU27")):
        assert "@" not in figure.to_json()
    with pytest.raises(supplysim.InputError, match=r"did you mean 'rare_earths.magnets'"):
        result.plot.price("rare_earths.magnet")
    with pytest.raises(supplysim.InputError, match="is no consumer of"):
        result.plot.stocks("rare_earths.magnets", "KAZ")


def test_a_saved_run_is_the_command_lines_and_is_found_again(result, tmp_path):
    from supplysim.report.source import read_run

    where = result.save(tmp_path)
    assert where.parent.name == "china-ree-halt"
    assert (where / "report.html").read_text(encoding="utf-8") == result.report(tmp_path / "page.html").read_text(
        encoding="utf-8"
    )
    assert result.save(tmp_path) == where
    assert list(read_run(where).rows) == result.rows()


def test_compare_tells_what_half_the_ban_changes(scenario, result, tmp_path):
    half = [*("horizon.months=24", "scope=[rare_earths]"), "events.halt-magnets.severity=50%"]
    milder = supplysim.run(supplysim.load("china-ree-halt", half), draws=4)
    found = supplysim.compare(result, milder)
    assert found.paired
    assert list(found.inputs) == ["events.halt-magnets.severity"]
    rows = found.frame().set_index(["metric", "product", "region"])
    column = "scenario|short_t|rare_earths.magnets|USA"
    gap = milder.draws()[column] - result.draws()[column]
    assert rows.loc[("short_t", "rare_earths.magnets", "USA"), "mean"] == pytest.approx(gap.mean())
    saved = supplysim.compare(result.save(tmp_path), milder)
    assert saved.frame()["mean"].equals(found.frame()["mean"])
    assert not supplysim.compare(result, supplysim.run(scenario, draws=4, seed=8)).paired
    said = repr(found).splitlines()
    assert said[:2] == [
        "china-ree-halt (second) less china-ree-halt (first), draw by draw",
        "inputs that differ: events.halt-magnets.severity",
    ]
    first = found.largest()[0]
    assert first.median_high < 0, "half of a ban is milder in what it changes most"
    told = band_text((first.median_low, first.median, first.median_high), first.unit, signed=True)
    assert said[2].endswith(f" of {first.product}, {first.region}: {told}")
    assert len(said) == 5
    assert repr(supplysim.compare(result, result)).endswith("inputs that differ: none\nNo headline metric differs.")


def test_a_design_and_a_number_of_draws_have_to_agree(scenario):
    path = "minerals.rare_earths.separated.trade.sigma"
    with pytest.raises(supplysim.InputError, match="inputs has 3 rows, but 2 draws are asked for"):
        supplysim.run(scenario, draws=2, inputs={path: [2.0, 3.0, 4.0]})
