from __future__ import annotations

import pytest

from supplysim import logistics
from supplysim.logistics import CorridorResult, Plan


def simulated(name: str, year: int = 2024, **plan: object) -> CorridorResult:
    return logistics.simulate(logistics.corridors()[name], logistics.arrivals(name, year), Plan(**plan))  # type: ignore[arg-type]


@pytest.fixture(scope="session")
def middle_2023() -> CorridorResult:
    return simulated("trans_caspian", 2023, replications=4)


@pytest.fixture(scope="session")
def middle_2024() -> CorridorResult:
    return simulated("trans_caspian", 2024, replications=6)


@pytest.fixture(scope="session")
def russia() -> CorridorResult:
    return simulated("russia", replications=8)


@pytest.fixture(scope="session")
def northern() -> CorridorResult:
    return simulated("northern", replications=2)
