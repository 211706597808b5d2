"""The report's pages on a phone and at a desk, in a real browser."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import pytest

import supplysim
from supplysim.report import write_comparison

TICKS = """() => [...document.querySelectorAll('figure:not([hidden]) .plot')].flatMap((plot) =>
  ['xtick', 'x2tick', 'x3tick'].map((kind) => [...plot.querySelectorAll(`.${kind} text`)]
    .map((text) => [text.getBoundingClientRect(), /rotate[(](?!0[,)])/.test(text.getAttribute('transform'))])
    .filter(([box]) => box.width).map(([box, turned]) => [box.left, box.right, turned]).sort((a, b) => a[0] - b[0])))"""
DRAWN = "[...document.querySelectorAll('.plot')].every((plot) => !plot.offsetParent || plot.dataset.drawn)"


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The page of a run of thirteen years, and that of two such runs."""
    folder = tmp_path_factory.mktemp("pages")
    scenario = supplysim.load("baseline", ["scope=[antimony]", "consumers=[USA]", "horizon.months=156"])
    runs = [supplysim.run(scenario, draws=2, seed=seed).save(folder) for seed in (7, 8)]
    return runs[0] / "report.html", write_comparison(runs, folder / "both.html")


def test_what_scrolls_sideways_is_scrolled_by_keys(browser: Any, pages: tuple[Path, Path]) -> None:
    page = browser.new_page(viewport={"width": 390, "height": 900}, bypass_csp=True)
    page.goto(pages[0].as_uri())
    page.wait_for_function(DRAWN)
    page.locator("figure:not([hidden]) .frame.wide").first.focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_function("document.activeElement.scrollLeft > 0")
    page.close()


@pytest.mark.parametrize("width", [390, 1400])
def test_years_stand_apart_and_lines_have_room(browser: Any, pages: tuple[Path, Path], width: int) -> None:
    """A phone showed thirteen turned years over the next heading, and left 80 of its 390 pixels to the lines."""
    page = browser.new_page(viewport={"width": width, "height": 900}, bypass_csp=True)
    for written in pages:
        page.goto(written.as_uri())
        page.wait_for_function(DRAWN)
        rows = [row for row in page.evaluate(TICKS) if row]
        assert rows
        for row in rows:
            assert all(right <= left + 1 for (_, right, _), (left, _, _) in itertools.pairwise(row)), row
            assert not any(turned for *_, turned in row), row
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert page.evaluate("[...document.querySelectorAll('.wide, .scroll')].every((part) => part.tabIndex === 0)")
    length = page.evaluate("document.querySelector('#months figure:not([hidden]) .plot')._fullLayout.xaxis._length")
    assert length > 0.4 * width
    page.close()
