"""Small pieces of HTML. Every text passes `esc`; nothing from a scenario reaches the page without it."""

from __future__ import annotations

import gzip
import hashlib
import re
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape as esc
from string import ascii_lowercase, ascii_uppercase, digits

import numpy as np

__all__ = ["Table", "details", "esc", "hash_of", "packed", "prose", "script", "table"]

LETTERS = f"{digits}{ascii_uppercase}{ascii_lowercase}!#$%&()*+-;<=>?@^_`{{|}}~".encode()
"""The digits of base 85, as Python's base64 has them."""


@dataclass(frozen=True)
class Table:
    """A data table: column headers and rows of text; the first column names the row."""

    headers: Sequence[str]
    rows: Sequence[Sequence[str]]


def prose(text: str) -> str:
    """Escaped running text in which a number stays with its unit, and a month stays whole, at a line's end."""
    joined = re.sub(r"(\d) (?=(%|points|[kM]?t|months|times|bn|m)\b|%)", r"\1&nbsp;", esc(text))
    return re.sub(r"\b(\d{4})-(\d{2})\b", r"\1&#8209;\2", joined)


def table(content: Table, classes: str = "") -> str:
    """An HTML table with headers for columns and rows."""
    head = "".join(f'<th scope="col">{esc(name)}' for name in content.headers)
    body = "".join(
        f'<tr><th scope="row">{esc(row[0])}' + "".join(f"<td>{esc(cell)}" for cell in row[1:]) for row in content.rows
    )
    return f'<div class="scroll" tabindex="0"><table class="{classes}"><thead><tr>{head}<tbody>{body}</table></div>'


def details(summary: str, inside: str) -> str:
    """A part that opens on demand."""
    return f"<details><summary>{esc(summary)}</summary>{inside}</details>"


def packed(name: str, text: str) -> str:
    """A text for the page's script, compressed; the script's `unpacked` is the other way round.

    Gzip in base 85: Python's alphabet, with a comma for `<` so that no part of it can be markup. Always the same bytes.
    """
    letters = base85(gzip.compress(text.encode(), 6, mtime=0)).replace("<", ",")
    return f'<script type="text/plain" id="{esc(name)}">{letters}</script>'


def base85(content: bytes) -> str:
    """`base64.b85encode`, a dozen times as fast: four bytes are one number, and its five digits to base 85 letters."""
    missing = -len(content) % 4
    rest = np.frombuffer(content + bytes(missing), ">u4").astype(np.uint32)
    written = np.empty((len(rest), 5), np.uint8)
    for place in (4, 3, 2, 1, 0):
        rest, written[:, place] = np.divmod(rest, np.uint32(85))
    letters = np.frombuffer(LETTERS, np.uint8)[written].tobytes().decode()
    return letters[: len(letters) - missing]


def script(code: str) -> str:
    """An inline script."""
    return f"<script>{code}</script>"


def hash_of(code: str) -> str:
    """The source of an inline script in a content security policy."""
    return f"'sha256-{b64encode(hashlib.sha256(code.encode()).digest()).decode()}'"
