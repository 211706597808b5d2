"""What all tests share: one BLAS thread, a runner for the command line, and small scenarios on the shipped world."""

from __future__ import annotations

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("OMP_NUM_THREADS", "1")

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

HALT = """\
format: 1
title: China halts separated rare earths
scope: [rare_earths]
horizon: {start: 2026-01, months: 18}
events:
  halt:
    kind: export_ban
    product: rare_earths.separated
    from: CHN
    to: [USA, JPN]
    starts: 2026-04
    lasts: 6 months
draws: 5
"""


@pytest.fixture
def halt(tmp_path: Path) -> Path:
    """A scenario of one mineral and a year and a half."""
    path = tmp_path / "halt.yaml"
    path.write_text(HALT)
    return path


Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def supplysim(tmp_path: Path) -> Run:
    """Call the command line as a user does, in an empty folder of its own."""

    def run(*arguments: str | Path, expect: int = 0) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [sys.executable, "-m", "supplysim", *map(str, arguments)],
            capture_output=True, text=True, cwd=tmp_path, timeout=300, check=False,
        )  # fmt: skip
        assert done.returncode == expect, f"exit {done.returncode}\n{done.stdout}\n{done.stderr}"
        assert "Traceback" not in done.stderr
        return done

    return run
