"""What all tests share: a plain environment, a runner for the command line, small scenarios on the shipped world."""

from __future__ import annotations

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("OMP_NUM_THREADS", "1")

import subprocess
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from supplysim.cli import main

for name in [*os.environ]:
    if name.startswith("SUPPLYSIM_") or name.lower() in ("http_proxy", "https_proxy", "all_proxy"):
        del os.environ[name]  # defaults of options, and a way to machines that no test talks to

settings.register_profile("search", deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True)
settings.register_profile("same each time", settings.get_profile("search"), derandomize=True)
settings.load_profile("same each time")
"""What passed once passes again; `pytest --hypothesis-profile search` looks where nobody has looked yet."""

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
    path.write_text(HALT, encoding="utf-8")
    return path


Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def supplysim(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Call the command line as a user does, in an empty folder of its own; in this process, which has all loaded."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str | Path, expect: int = 0) -> subprocess.CompletedProcess[str]:
        said, told = StringIO(), StringIO()
        with redirect_stdout(said), redirect_stderr(told), pytest.raises(SystemExit) as end:
            main([*map(str, arguments)])
        done = subprocess.CompletedProcess(arguments, int(end.value.code or 0), said.getvalue(), told.getvalue())
        assert done.returncode == expect, f"exit {done.returncode}\n{done.stdout}\n{done.stderr}"
        assert "Traceback" not in done.stderr
        return done

    return run


LONGEST = "web"
"""The folder whose tests take longest: it goes first, so that no process waits for it at the end."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests of one folder go to one process, so that what a folder's tests share is made once."""
    items.sort(key=lambda item: item.path.parent.name != LONGEST)
    for item in items:
        item.add_marker(pytest.mark.xdist_group(item.path.parent.name))
