"""CSV: what a spreadsheet would run stays a text; numbers stay numbers."""

from __future__ import annotations

import ast
import csv
import io
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import supplysim
from supplysim.results.csv_text import csv_text, harmless

SOURCE = Path(supplysim.__file__).parent


@pytest.mark.parametrize("text", ["=1+1", "+A1", "-A1", "@SUM(A1)", "\tx", '=HYPERLINK("x")', "-1_0", "- 1"])
def test_a_formula_gets_an_apostrophe(text: str) -> None:
    assert harmless(text) == f"'{text}"
    frame = pd.DataFrame({text: [text, "plain"], "value": [-1.5, 2.0]})
    title, first, second = csv.reader(io.StringIO(csv_text(frame), newline=""))
    assert (title, first, second) == ([f"'{text}", "value"], [f"'{text}", "-1.5"], ["plain", "2.0"])


@pytest.mark.parametrize("value", ["-5", "+1e-3", "-inf", "plain", "a=b", "", -5, 1.5, None])
def test_numbers_and_other_texts_stay_as_they_are(value: object) -> None:
    assert harmless(value) == value


def test_a_carriage_return_begins_no_row() -> None:
    frame = pd.DataFrame({"x": ["\rx", "a\r=b"]})
    assert list(csv.reader(io.StringIO(csv_text(frame), newline=""))) == [["x"], ["'\nx"], ["a\n=b"]]


def test_missing_values_stay_empty_and_names_may_repeat() -> None:
    frame = pd.DataFrame([[None, "=a"], ["b", np.nan]], columns=["x", "x"])
    assert csv_text(frame) == "x,x\n,'=a\nb,\n"


def test_every_csv_is_written_by_the_one_writer() -> None:
    """No other file of the package calls pandas' or the standard library's writer."""
    for path in SOURCE.rglob("*.py"):
        called = {
            node.attr
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
            if isinstance(node, ast.Attribute)
        }
        writers = called & {"to_csv", "DictWriter"} if path.name != "csv_text.py" else set()
        assert not writers, f"{path}: write tables with results.csv_text"
