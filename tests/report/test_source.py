"""A run folder read again."""

from __future__ import annotations

import numpy as np
import pytest

from supplysim.batch.engine import engine_for
from supplysim.batch.execute import execute
from supplysim.scenario import load

SEPARATED = "rare_earths.separated"


def test_rows_are_those_of_the_run_in_memory(folders, both):
    again = execute(load(str(folders["both"] / "scenario.yaml")), engine=engine_for("auto")).rows()
    assert len(again) == len(both.rows)
    for row, known in zip(both.rows, again, strict=True):
        assert (row.metric, row.product, row.region, row.contract, row.unit, row.n) == (
            known.metric, known.product, known.region, known.contract, known.unit, known.n,
        )  # fmt: skip
        assert row.scenario == pytest.approx(known.scenario)
        assert row.without_contracts == pytest.approx(known.without_contracts)


def test_nobody_makes_more_than_the_limit_and_somebody_reaches_it(both):
    found = [both.series("scenario", SEPARATED, r, "utilisation")
             for r in both.regions_with("scenario", SEPARATED, "utilisation")]  # fmt: skip
    use = np.stack(found)
    assert use.max() <= 1.0 + 1e-9
    assert use.min() >= 0.0
    assert (use[:, 1] > 0.99).any()


def test_cover_is_stock_over_need(both):
    stock, used, unmet, cover = (both.series("baseline", SEPARATED, "JPN", q)[1]
                                 for q in ("stock", "used", "unmet", "cover"))  # fmt: skip
    assert cover == pytest.approx(stock / (used + unmet), rel=0.05)


def test_what_the_folder_leaves_out_is_zero(both):
    assert not both.series("scenario", SEPARATED, "CHE", "made").any()
    assert both.row("unmet_demand_t", "no.such", "USA") is None
    assert both.sampled("no.such") is None


def test_years_are_calendar_years_where_the_run_starts_in_january(both):
    assert both.years == ["2026", "2027", "2028"]
    assert len(both.months) == 26
