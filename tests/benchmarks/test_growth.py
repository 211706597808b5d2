"""What 10^8 draws cost follows from what a draw and a chunk cost, and the page has it for both sweeps."""

from __future__ import annotations

import pytest
from benchmarks.growth import BEGIN, BLOCK, DRAWS, END, SWEEPS, Cost, tables
from benchmarks.page import PAGE

COST = Cost("some sweep", 442, 0.010, 0.512, 0.006, 0.004, 9000.0, 3000.0)
"""10 ms a draw and half a second a chunk of a worker, 10 ms a chunk of the driver."""


def test_hours_follow_the_formula_of_the_page():
    chunks = DRAWS / BLOCK
    assert COST.driver_hours() == pytest.approx(chunks * 0.010 / 3600)
    assert COST.hours(16) == pytest.approx((DRAWS * 0.011 / 16 + chunks * 0.010) / 3600)


def test_the_page_has_a_row_for_each_sweep():
    text = PAGE.read_text(encoding="utf-8")
    assert text.count(BEGIN) == text.count(END) == 1
    written = text[text.index(BEGIN) : text.index(END)]
    assert [name for name in SWEEPS if written.count(f"| {name} ") != 2] == []


def test_tables_say_what_was_measured_and_what_follows():
    text = tables({"machine": {"cores": 2, "cpu": "Some CPU", "compiled": True}, "rows": [vars(COST)]})
    assert "2 cores of Some CPU, 512 draws a chunk" in text
    assert "| some sweep (442 columns) | 10 ms | 512 ms | 6 ms | 4 ms | 9 kB, then 3 kB |" in text
    assert "| some sweep | 19.6 h | 5.32 h | 1.74 h | 0.543 h |" in text
