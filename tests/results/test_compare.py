"""Runs side by side: common draws make small differences visible."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from supplysim.batch.plan import plan_of
from supplysim.batch.sweep import sweep
from supplysim.errors import InputError
from supplysim.results.compare import contrasts, difference_of, differing_inputs, find_runs, median_interval
from supplysim.scenario import load, to_yaml

SMALL = ["scope=[tungsten]", "horizon.months=40", "draws=24", "sampler=random"]
STOCK = "stockpiles.USA.tungsten.target={months} months"


def shipped(folder: Path, months: int, seed: int) -> Path:
    """The first cell of the shipped example with a stockpile of so many months."""
    source = to_yaml(load("example", [*SMALL, f"seed={seed}"]))
    start = source.index("\nsweep:")
    end = source.index("\ndraws:", start)
    path = folder / f"stock-{months}-{seed}.yaml"
    path.write_text(source[:start] + source[end:], encoding="utf-8")
    found = sweep(plan_of(load(path, [STOCK.format(months=months)])), folder / "results")
    return found.folder


def test_the_same_seed_has_a_tenth_of_the_variance_of_independent_seeds(tmp_path: Path) -> None:
    """A stockpile of six months against one of three, in the shipped example, on how much the ban leaves unmet."""
    small, same, other = (shipped(tmp_path, *what) for what in ((3, 7), (6, 7), (6, 8)))
    spread = {}
    for name, folder in (("same", same), ("other", other)):
        rows = contrasts(find_runs([small, folder]), ["unmet_demand_t"])
        row = next(row for row in rows if (row.product, row.region) == ("tungsten.apt", "USA"))
        assert row.paired == (name == "same")
        assert (row.n, row.n_failed) == (24, 0)
        spread[name] = (row.high - row.low) ** 2
    assert spread["same"] < spread["other"] / 10


def test_only_inputs_that_differ_are_listed(tmp_path: Path) -> None:
    text = "format: 1\ntitle: calm\nscope: [gold]\nconsumers: [USA]\nhorizon: {start: 2026-01, months: 2}\ndraws: 2\n"
    (tmp_path / "calm.yaml").write_text(text + "sweep: {growth: {model.growth: [on, off]}}\n", encoding="utf-8")
    folder = sweep(plan_of(load(tmp_path / "calm.yaml")), tmp_path / "results").folder
    runs = find_runs([folder])
    assert [run.label for run in runs] == ["growth=on", "growth=off"]
    assert differing_inputs(runs) == {"model.growth": ["on", "off"]}
    with pytest.raises(InputError, match="two runs or more"):
        find_runs([folder / "cells" / "0000"])


def test_paired_differences_match_a_closed_form() -> None:
    a = np.array([1.0, 2.0, 3.0, np.nan, 5.0])
    b = np.array([2.0, 4.0, 3.0, 1.0, np.inf])
    found = difference_of(a, b, paired=True)
    gaps = np.array([1.0, 2.0, 0.0])
    error = gaps.std(ddof=1) / np.sqrt(3)
    assert found["n"] == 3
    assert found["mean"] == pytest.approx(1.0)
    assert found["high"] - found["mean"] == pytest.approx(1.959964 * error, rel=1e-6)
    assert found["band"][1] == pytest.approx(1.0)


def test_independent_runs_add_their_variances() -> None:
    a, b = np.array([0.0, 2.0, 4.0]), np.array([1.0, 1.0, 4.0, 6.0])
    found = difference_of(a, b, paired=False)
    error = np.sqrt(a.var(ddof=1) / 3 + b.var(ddof=1) / 4)
    assert found["high"] - found["low"] == pytest.approx(2 * 1.959964 * error, rel=1e-6)
    assert found["band"] == (None, None, None)


def test_the_interval_covers_the_truth_as_often_as_it_says() -> None:
    rng = np.random.default_rng(5)
    hits = 0
    for _ in range(2000):
        a = rng.normal(size=100)
        found = difference_of(a, a + rng.normal(0.3, 1.0, 100), paired=True)
        hits += found["low"] <= 0.3 <= found["high"]
    assert 0.93 < hits / 2000 < 0.965


def test_a_median_has_its_interval_from_ranks():
    """Of the numbers 1 to 100: half of 100 less and more 1.96 times half the root of 100, by hand ranks 40 and 61."""
    assert median_interval(np.arange(100.0, 0.0, -1.0)) == (40.0, 61.0)
    assert median_interval(np.array([3.0, 1.0])) == (1.0, 3.0)
    assert np.isnan(median_interval(np.empty(0))).all()


def test_differences_have_medians_beside_means():
    a, b = np.array([1.0, 2.0, 3.0, 4.0, 100.0]), np.array([2.0, 4.0, 6.0, 8.0, 101.0])
    found = difference_of(a, b, paired=True)
    assert (found["base_median"], found["other_median"], found["median"]) == (3.0, 6.0, 2.0)
    apart = difference_of(a, b, paired=False)
    assert apart["median"] == 3.0
    assert apart["median_low"] < 3.0 < apart["median_high"]
