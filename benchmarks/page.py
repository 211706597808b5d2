"""Tables that docs/performance.md holds between two markers, made from what a machine has measured."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from benchmarks.machine import machine, same_cpu

PAGE = Path(__file__).parents[1] / "docs" / "performance.md"


def fill(page: Path, begin: str, end: str, text: str, measured_on: dict[str, Any]) -> None:
    """Put a text between two markers. Raises `ValueError` for figures of another CPU than this one."""
    if not same_cpu(measured_on, machine()):
        raise ValueError("these results are of another CPU: measure here, or write the page there")
    whole = page.read_text(encoding="utf-8")
    first, last = whole.index(begin) + len(begin), whole.index(end)
    page.write_text(f"{whole[:first]}\n{text}\n{whole[last:]}", encoding="utf-8")
