"""The page about results names every metric with its unit, and the columns that the files have."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import supplysim
from supplysim.results.metrics import UNITS
from supplysim.results.result import Result
from supplysim.results.trace import QUANTITIES

PAGE = (Path(__file__).parents[2] / "docs" / "results.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def result() -> Result:
    return supplysim.run(supplysim.load("china-ree-halt-with-c5", ["horizon.months=18", "draws=2"]))


def test_every_metric_stands_in_the_table_with_its_unit_and_in_order() -> None:
    rows = re.findall(r"^\| `(\w+)` \| ([^|]+) \|", PAGE, re.MULTILINE)
    assert dict(rows) == UNITS
    assert [name for name, _ in rows] == list(UNITS)


@pytest.mark.parametrize("name", ["monthly", "flows", "contracts"])
def test_the_columns_of_a_table_are_those_it_has(name: str, result: Result) -> None:
    written = re.search(rf"\*\*{name}\.parquet\*\*: `([^`]+)`", PAGE)
    assert written is not None
    assert written[1].split(", ") == list(getattr(result, name)().columns)


def test_the_columns_of_draws_are_named_as_the_page_says(result: Result) -> None:
    first, *others = result.draws().columns
    assert first == "draw"
    variants = {name.split("|")[0] for name in others}
    own = {"baseline", "scenario", "without_contracts"}
    assert variants == {"input"} | own | {f"noisy_{variant}" for variant in own}
    assert "`noisy_<variant>|...`" in PAGE


def test_every_monthly_quantity_is_named() -> None:
    for quantity in QUANTITIES:
        assert f"`{quantity}`" in PAGE
