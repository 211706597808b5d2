"""The stress of sweeps in small: `python -m tests.stress bytes`, `kills` and `faults` do the whole of it."""

from __future__ import annotations

import pytest
from tests.stress import bytes as flips
from tests.stress import faults, kills


def test_no_flipped_bit_reaches_a_result(capsys: pytest.CaptureFixture[str]) -> None:
    assert flips.run(10, seed=3), capsys.readouterr().out


@pytest.mark.slow
def test_killed_drivers_and_workers_leave_the_same_bytes(capsys: pytest.CaptureFixture[str]) -> None:
    assert kills.run(4, seed=3), capsys.readouterr().out


@pytest.mark.slow
def test_other_faults_cost_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    assert faults.run(1, seed=3), capsys.readouterr().out
