"""Scenarios of a few lines on the shipped world."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from supplysim.assembly import Assembly, Inputs, assemble
from supplysim.assembly.chain import Variant
from supplysim.scenario import load
from supplysim.world import World
from supplysim.world import load as load_world

HEAD = "format: 1\ntitle: A test\nhorizon: {start: 2026-01, months: 24}\ndraws: 2\n"


@pytest.fixture(scope="session")
def world() -> World:
    return load_world()


@pytest.fixture
def assembled(world: World, tmp_path: Path) -> Callable[..., Assembly]:
    """Assemble a scenario's text at its central values, with `drawn` values over them."""

    def build(text: str, variant: Variant = "scenario", **drawn: list[float]) -> Assembly:
        path = tmp_path / "story.yaml"
        path.write_text(HEAD + text, encoding="utf-8")
        values = {name: np.array(numbers) for name, numbers in drawn.items()}
        draws = max((len(numbers) for numbers in values.values()), default=1)
        return assemble(world, Inputs(load(path), values, draws), variant)

    return build
