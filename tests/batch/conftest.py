"""A scenario so small that a sweep of it takes a second, and folders of it."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from supplysim.batch.plan import Plan
from supplysim.batch.sweep import sweep
from supplysim.scenario import Scenario, load
from supplysim.world import World
from supplysim.world import load as load_world

TEXT = """
format: 1
title: A ban on antimony, for tests
horizon: {start: 2026-01, months: 4}
scope: [antimony]
consumers: [USA]
events:
  halt:
    kind: export_ban
    product: antimony.metal
    from: CHN
    to: [USA, EU27]
    starts: {dist: uniform, low: 2026-02, high: 2026-04}
    lasts: 3 months
    severity: 100%
    probability: 0.8
sweep:
  severity: {events.halt.severity: [50%, 100%]}
draws: 24
"""


@pytest.fixture(scope="session")
def world() -> World:
    return load_world()


@pytest.fixture(scope="session")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("scenario") / "ban.yaml"
    path.write_text(TEXT, encoding="utf-8")
    return path


@pytest.fixture(scope="session")
def scenario(file: Path) -> Scenario:
    return load(file)


@pytest.fixture(scope="session")
def finished(scenario: Scenario, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished sweep that was never interrupted; not to be written to."""
    return sweep(Plan(scenario, 6), tmp_path_factory.mktemp("results")).folder


def bytes_of(folder: Path) -> dict[str, str]:
    """Every file of a folder with its SHA-256, manifests without what they say of when and by which command."""
    found = {}
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        content = path.read_bytes()
        if path.name == "manifest.json":
            manifest = json.loads(content)
            for key in ("finished", "command", "check"):
                del manifest[key]
            content = json.dumps(manifest).encode()
        found[path.relative_to(folder).as_posix()] = hashlib.sha256(content).hexdigest()
    return found
