"""The shipped scenarios, read once."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

import pytest

import supplysim
from supplysim.results.result import Result
from supplysim.scenario import Scenario

FOLDER = Path(__file__).parents[2] / "scenarios"
FILES = {path.stem: path for path in sorted(FOLDER.glob("*.yaml"))}


@lru_cache
def read(name: str) -> Scenario:
    return supplysim.load(str(FILES[name]))


@lru_cache
def ran(name: str, *overrides: str) -> Result:
    return supplysim.run(supplysim.load(str(FILES[name]), list(overrides)))


@pytest.fixture
def shipped() -> Callable[[str], Scenario]:
    return read


@pytest.fixture
def run() -> Callable[..., Result]:
    """Runs a shipped scenario with overrides; equal runs are done once."""
    return ran


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test that asks for `name` is run for every shipped file."""
    if "name" in metafunc.fixturenames:
        metafunc.parametrize("name", list(FILES))
