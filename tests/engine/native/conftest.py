"""The compiled month, built beside its source where that has not been done."""

from __future__ import annotations

import pytest

from supplysim.engine.native.build import build
from supplysim.engine.native.library import library


@pytest.fixture(scope="session", autouse=True)
def compiled() -> None:
    """Every story here needs the library."""
    if library() is None and not build():
        pytest.skip("there is no compiled engine, and none can be built here")
