"""What a scalar means: YAML 1.2's core schema, less its surprises (no octal, no sexagesimal, no yes and no)."""

from __future__ import annotations

import re
from typing import TypeAlias

Value: TypeAlias = str | int | float | bool | None

LONGEST_NUMBER = 64
NULL = re.compile(r"(?:~|null|Null|NULL|)\Z")
BOOL = re.compile(r"(?:true|True|TRUE|false|False|FALSE)\Z")
INT = re.compile(r"[-+]?(0|[1-9][0-9]*)\Z")
FLOAT = re.compile(r"[-+]?(\.[0-9]+|(0|[1-9][0-9]*)(\.[0-9]*)?)([eE][-+]?[0-9]+)?\Z")
_NUMBER_LIKE = re.compile(r"[-+]?[0-9][0-9_,.:]*\Z")


class ScalarError(ValueError):
    """A scalar that cannot be read."""


def read_scalar(text: str, *, quoted: bool) -> Value:
    """The value of a scalar; whatever is quoted is text.

    `0282540`, `12:30` and `NO` are text, `1e5` is a number. Raises ScalarError for a number of absurd length.
    """
    if quoted:
        return text
    if NULL.match(text):
        return None
    if BOOL.match(text):
        return text.lower() == "true"
    if len(text) > LONGEST_NUMBER:
        if _NUMBER_LIKE.match(text):
            raise ScalarError(f"a number of {len(text):,} characters; at most {LONGEST_NUMBER} are read")
        return text
    if INT.match(text):
        return int(text)
    return float(text) if FLOAT.match(text) else text
