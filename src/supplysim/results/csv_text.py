"""The one writer of CSV: what a spreadsheet would take for a formula is written so that it stays a text."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""Beginnings of a cell that spreadsheets may run (OWASP, "CSV injection")."""


def csv_text(frame: pd.DataFrame) -> str:
    """A table as CSV without its index. Texts that could be formulas, in cells and titles, get an apostrophe before.

    Numbers stay numbers, also those written as text.
    """
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
