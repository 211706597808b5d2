"""Scenarios written into a temporary folder, and what is said about them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from textwrap import dedent

import pytest

from supplysim.errors import InputError
from supplysim.scenario import Scenario, cells, load

HEAD = "format: 1\ntitle: A test\n"


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Writes a scenario (with the usual head unless it has a format) and returns its path."""

    def writer(text: str, name: str = "s.yaml") -> Path:
        body = dedent(text)
        path = tmp_path / name
        path.write_text(body if "format:" in body else HEAD + body, encoding="utf-8")
        return path

    return writer


@pytest.fixture
def read(write: Callable[..., Path]) -> Callable[..., Scenario]:
    """Loads a scenario from its text."""
    return lambda text, *overrides: load(write(text), overrides)


@pytest.fixture
def faults(write: Callable[..., Path]) -> Callable[..., list[str]]:
    """What is wrong with a text, one `line:column: path: message` each."""

    def refused(text: str, *overrides: str, name: str = "s.yaml") -> list[str]:
        path = write(text, name)
        with pytest.raises(InputError) as caught:
            cells(load(path, overrides))
        return [str(fault).split(f"{name}:")[-1] for fault in caught.value.faults]

    return refused
