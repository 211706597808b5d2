"""Own designs: what other packages sample goes in as one batch, at the cost of so many draws and no more."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import supplysim
from supplysim.batch import execute
from supplysim.batch.design import given_inputs
from supplysim.report.sections import OWN_DESIGN

PATTERN = [f"minerals.rare_earths.separated.{name}.*" for name in ("demand", "supply", "trade")]
ANSWER = "scenario|short_t|rare_earths.separated|USA"


@pytest.fixture
def scenario(halt):
    return supplysim.load(halt)


@pytest.fixture
def work(monkeypatch):
    """Draws and blocks simulated, and the market's iterations in them, as they are counted up."""
    done = {"draws": 0, "blocks": 0, "iterations": 0.0}
    compute = execute.compute

    def counted(*arguments, **options):
        block = compute(*arguments, **options)
        done["draws"] += block.count
        done["blocks"] += 1
        done["iterations"] += block.iterations * block.count
        return block

    monkeypatch.setattr(execute, "compute", counted)
    return done


def test_a_problem_runs_between_quantiles_of_the_priors(scenario):
    problem = supplysim.problem(scenario, PATTERN)
    assert problem["num_vars"] == len(problem["names"]) == 3
    for name, (low, high), prior in zip(problem["names"], problem["bounds"], problem["priors"], strict=True):
        known = scenario.uncertain[name]
        assert [low, high] == pytest.approx(list(known.ppf(np.array([0.05, 0.95]))))
        assert prior.startswith(known.name)
    assert supplysim.problem(scenario, PATTERN, between=None)["bounds"] == [[0.0, 1.0]] * 3


def test_a_design_puts_the_points_at_quantiles_and_all_else_at_its_median(scenario):
    frame = supplysim.design(scenario, [[0.5, 0.25, 0.9], [0.1, 0.5, 0.5]], PATTERN)
    names = supplysim.problem(scenario, PATTERN)["names"]
    assert frame[names[1]][0] == pytest.approx(float(scenario.uncertain[names[1]].ppf(np.array([0.25]))[0]))
    others = frame.drop(columns=names)
    assert set(others) == {path for path in scenario.uncertain if path not in names}
    assert (others == others.iloc[0]).all(axis=None)


@pytest.mark.parametrize(
    ("points", "message"), [([[0.5]], r"must be \(n, 3\)"), ([[0.5, 0.5, 1.5]], "between 0 and 1")]
)
def test_points_that_are_none_are_told(scenario, points, message):
    with pytest.raises(supplysim.InputError, match=message):
        supplysim.design(scenario, points, PATTERN)


def test_a_misspelt_path_is_told(scenario):
    with pytest.raises(supplysim.InputError, match=r"did you mean 'minerals.rare_earths.separated.trade.sigma'"):
        supplysim.problem(scenario, ["minerals.rare_earths.separated.trade.sigmo"])


def test_a_list_of_values_has_no_bounds(halt):
    drawn = "uncertain: {events.halt.lasts: {dist: discrete, values: [3 months, 6 months], weights: [1, 1]}}\n"
    halt.write_text(halt.read_text(encoding="utf-8") + drawn, encoding="utf-8")
    scenario = supplysim.load(halt)
    with pytest.raises(supplysim.InputError, match="drawn from a list"):
        supplysim.problem(scenario)
    frame = supplysim.design(scenario, [[0.2], [0.8]], ["events.halt.lasts"])
    assert list(frame["events.halt.lasts"]) == [3.0, 6.0]


def test_a_run_of_an_own_design_is_another_run_than_the_sampled_one(scenario, tmp_path):
    frame = supplysim.design(scenario, [[0.2, 0.5, 0.5], [0.8, 0.5, 0.5]], PATTERN)
    own, sampled = supplysim.run(scenario, inputs=frame), supplysim.run(scenario, draws=2)
    assert own.save(tmp_path) != sampled.save(tmp_path)
    assert own.save(tmp_path) == supplysim.run(scenario, inputs=frame[sorted(frame)]).save(tmp_path)
    assert not supplysim.compare(own, sampled).paired
    np.testing.assert_array_equal(own.draws()[f"input|{frame.columns[0]}"], frame.iloc[:, 0])


def test_the_page_tells_how_an_own_design_is_run_again(scenario, tmp_path, monkeypatch):
    result = supplysim.run(scenario, inputs={"minerals.rare_earths.separated.trade.sigma": [2.0, 5.0]})
    where = result.save(tmp_path)
    assert "read_parquet" in (where / "report.html").read_text(encoding="utf-8")
    monkeypatch.chdir(where)
    names = {}
    exec(OWN_DESIGN.replace("supplysim.run", "again = supplysim.run"), names)
    np.testing.assert_array_equal(names["again"].draws()[ANSWER], result.draws()[ANSWER])


def test_sobol_indices_by_salib_cost_as_many_draws(scenario, work):
    sobol, analyze = pytest.importorskip("SALib.sample.sobol"), pytest.importorskip("SALib.analyze.sobol")
    problem = supplysim.problem(scenario, PATTERN, between=None)
    points = sobol.sample(problem, 16, calc_second_order=False, seed=1)
    result = supplysim.run(scenario, inputs=supplysim.design(scenario, points, PATTERN))
    salib = dict(work)
    answer = result.draws()[ANSWER].to_numpy()
    found = analyze.analyze(problem, answer, calc_second_order=False, seed=1)
    assert found["ST"].shape == (3,)
    strongest = problem["names"][int(np.argmax(found["ST"]))]
    spread = [abs(np.corrcoef(column, answer)[0, 1]) for column in points.T]
    assert strongest == problem["names"][int(np.argmax(spread))]

    work.update(draws=0, blocks=0, iterations=0.0)
    supplysim.run(scenario, draws=len(points))
    assert salib["draws"] == work["draws"] == len(points)
    assert salib["blocks"] == work["blocks"]
    assert salib["iterations"] <= 1.3 * work["iterations"]


@pytest.mark.filterwarnings("ignore")  # the workbench warns of its own use of pandas
def test_ema_workbench_samples_and_finds_a_box_at_no_more(scenario, work):
    ema = pytest.importorskip("ema_workbench")
    from ema_workbench.analysis import prim
    from ema_workbench.em_framework import sample_uncertainties

    problem = supplysim.problem(scenario, PATTERN)
    model = ema.Model("supplysim", function=lambda **_: {})
    model.uncertainties = [ema.RealParameter(n, *b) for n, b in zip(problem["names"], problem["bounds"], strict=True)]
    np.random.seed(1)  # noqa: NPY002 -- the workbench draws from NumPy's own generator
    design = pd.DataFrame([dict(row) for row in sample_uncertainties(model, 40)])
    result = supplysim.run(scenario, inputs=design)
    short = result.draws()[ANSWER]
    box = prim.Prim(design, (short > short.quantile(0.6)).to_numpy(), threshold=0.5).find_box()
    assert box.density >= 0.5

    ours = dict(work)
    work.update(draws=0, blocks=0, iterations=0.0)
    supplysim.run(scenario, draws=40)
    assert (ours["draws"], ours["blocks"]) == (work["draws"], work["blocks"])
    assert ours["iterations"] <= 1.3 * work["iterations"]


@pytest.mark.parametrize("path", ["draws", "model.demand_curvature", "horizon.months"])
def test_a_column_that_no_draw_would_heed_is_refused(scenario, path):
    with pytest.raises(supplysim.InputError, match=f"inputs: {path} cannot be drawn: it is the same in every draw"):
        given_inputs(scenario, {path: [1.0, 2.0]})


def test_given_inputs_are_told_apart_from_no_paths(scenario):
    with pytest.raises(supplysim.InputError, match="no such path"):
        given_inputs(scenario, {"nothing": [1.0]})
