"""A sweep's cells at one look: which axes there are, and what stands in the heat map and on the lines."""

from __future__ import annotations

import pytest

from supplysim.report.choice import Choice
from supplysim.report.figures.cells import Cells, cells
from supplysim.report.names import Names
from supplysim.results.metrics import Key
from supplysim.world import catalog

SHORT = Key("short_share", "tungsten.apt", "USA")
PRICE = Key("peak_price_multiple", "tungsten.apt", "USA")
SWEPT = [{"stock": stock, "mine": mine, "fixed": "1"} for stock in ("0", "3", "6") for mine in ("no", "yes")]
VALUES = (0.30, 0.20, 0.16, 0.12, 0.14, 0.10)


@pytest.fixture
def figures():
    bands = [{SHORT: (v, v, v), PRICE: (1 + v, 1 + v, 1 + v)} for v in VALUES]
    choice = Choice(("tungsten.apt",), {"tungsten.apt": ("USA",)}, {}, ())
    return cells(Cells(SWEPT, bands), choice, Names(catalog(None)))


def test_axes_are_what_differs_the_finest_first():
    assert Cells(SWEPT, []).axes() == ["stock", "mine"]


def test_the_heat_map_has_a_number_for_each_combination_and_names_the_best(figures):
    panel = figures[0].panels[0]
    assert panel.plot.traces[0]["z"] == [[0.30, 0.16, 0.14], [0.20, 0.12, 0.10]]
    assert "stock at 6 and mine at yes" in panel.reading


def test_a_line_leads_from_what_a_cell_sets_to_what_comes_of_it(figures):
    plot = figures[1].panels[0].plot
    assert len(plot.traces) == len(VALUES)
    assert plot.traces[0]["y"][:3] == [0.0, 0.0, 1.0]
    assert plot.traces[-1]["y"][:3] == [1.0, 1.0, 0.0]


def test_runs_that_are_no_sweep_have_no_such_figures():
    choice = Choice(("tungsten.apt",), {"tungsten.apt": ("USA",)}, {}, ())
    assert cells(Cells([{}, {}], [{}, {}]), choice, Names(catalog(None))) == []
