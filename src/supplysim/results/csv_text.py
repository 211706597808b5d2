"""The one writer of CSV: what a spreadsheet would take for a formula is written so that it stays a text."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

from supplysim.results.columns import values

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""Beginnings of a cell that spreadsheets may run (OWASP, "CSV injection")."""


def csv_text(table: pd.DataFrame | pa.Table) -> str:
    """A table as CSV without its index. Texts that could be formulas, in cells and titles, get an apostrophe before.

    Numbers stay numbers, also those written as text.
    """
    import pyarrow as pa

    return _of_columns(table) if isinstance(table, pa.Table) else _of_frame(table)


def _of_columns(table: pa.Table) -> str:
    text = io.StringIO(newline="")
    rows = zip(*([harmless(value) for value in values(column)] for column in table.columns), strict=True)
    csv.writer(text, lineterminator="\n").writerows([map(harmless, table.column_names), *rows])
    return text.getvalue()


def _of_frame(frame: pd.DataFrame) -> str:
    safe = frame.rename(columns=harmless)
    for place, kind in enumerate(frame.dtypes):
        if kind.kind not in "biufcmM":
            safe.isetitem(place, frame.iloc[:, place].map(harmless, na_action="ignore").array)
    return str(safe.to_csv(index=False, lineterminator="\n"))


def harmless(value: object) -> object:
    """The value, with an apostrophe before a text that a spreadsheet may take for a formula.

    A carriage return, which would begin a row of its own, becomes a line feed, which is quoted.
    """
    if not isinstance(value, str):
        return value
    sign = "'" if value.startswith(FORMULA) and not _is_number(value) else ""
    return sign + value.replace("\r", "\n")


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return "_" not in text and text == text.strip()
