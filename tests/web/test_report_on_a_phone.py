"""The report's page on a phone and at a desk, in a real browser."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import pytest

import supplysim

TICKS = """() => [...document.querySelectorAll('figure:not([hidden]) .plot')].flatMap((plot) =>
  ['xtick', 'x2tick', 'x3tick'].map((kind) => [...plot.querySelectorAll(`.${kind} text`)]
    .map((text) => text.getBoundingClientRect()).filter((box) => box.width)
    .map((box) => [box.left, box.right, box.height]).sort((a, b) => a[0] - b[0])))"""
LINES = """() => Math.min(...['prices', 'stocks'].map((id) =>
  document.querySelector(`#${id} figure:not([hidden]) .plot`)._fullLayout.xaxis._length))"""
"""The least width, in pixels, that a figure of months leaves to its lines."""


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of a run of thirteen years."""
    settings = ["scope=[antimony]", "consumers=[USA]", "horizon.months=156"]
    result = supplysim.run(supplysim.load("baseline", settings), draws=2)
    return result.report(tmp_path_factory.mktemp("page") / "report.html")


@pytest.mark.parametrize("width", [390, 1400])
def test_years_stand_apart_and_lines_have_room(browser: Any, written: Path, width: int) -> None:
    """A phone showed thirteen years over the next heading and left 80 of its 390 pixels to the lines."""
    page = browser.new_page(viewport={"width": width, "height": 900}, bypass_csp=True)
    page.goto(written.as_uri())
    page.wait_for_function("[...document.querySelectorAll('.plot')].every((p) => !p.offsetParent || p.dataset.drawn)")
    rows = [row for row in page.evaluate(TICKS) if row]
    assert rows
    for row in rows:
        assert all(right <= left + 1 for (_, right, _), (left, _, _) in itertools.pairwise(row)), row
    assert page.evaluate(LINES) > width / 3
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.close()
