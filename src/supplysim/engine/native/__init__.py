"""The compiled month: where its library is, if this install has one."""

from __future__ import annotations

from pathlib import Path


def library() -> Path | None:
    """The compiled month's library beside this file; None in an install that was built without a compiler."""
    found = sorted(Path(__file__).parent.glob("month.*.so"))
    return found[0] if found else None
