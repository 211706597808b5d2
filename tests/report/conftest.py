"""Small finished runs of one mineral, made once for the whole folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from supplysim.batch.engine import engine_for
from supplysim.batch.execute import execute, saving
from supplysim.report import write_report
from supplysim.report.source import Run, read_run, run_of
from supplysim.scenario import load

HEAD = """\
format: 1
title: "{title}"
scope: [rare_earths]
consumers: [USA, JPN]
horizon: {{start: 2026-01, months: 26}}
draws: 12
"""
EVENT = """\
events:
  halt:
    kind: export_ban
    title: "{title}"
    product: rare_earths.separated
    from: CHN
    to: [USA, JPN]
    starts: 2026-06
    lasts: 12 months
    severity: {{dist: uniform, low: 80%, high: 100%}}
    source: "an <i>assumption</i>"
"""
CONTRACTS = """\
contracts:
  offtake:
    title: "{title}"
    product: rare_earths.separated
    from: MYS
    to: USA
    volume: 2000 t/yr
    starts: 2026-02
    kind: take_or_pay
    new_capacity: 2000 t/yr
    realised: 0.7
  railway:
    title: A railway
    kind: no_flow
"""
QUIET = "set: {model.stocks.news_cover: 0 months}\n"
"""Nobody stocks up at news: else an event of no severity would still move something."""
TINY = """\
format: 1
title: Consumers of a few kilograms
extends: baseline
scope: [antimony]
consumers: [KOR]
horizon: {start: 2026-01, months: 12}
draws: 2
set: {minerals.antimony.metal.demand.KOR.scale: 0.00001x}
events: {ban: {kind: export_ban, product: antimony.metal, from: CHN, starts: 2026-03}}
"""
HOSTILE = "<script>alert(1)</script>"
NASTY = "</script><img src=x onerror=alert(2)>"


def finished(folder: Path, name: str, text: str) -> Path:
    """Run a scenario and return the folder of the run."""
    path = folder / f"{name}.yaml"
    path.write_text(text, encoding="utf-8")
    result = execute(load(str(path)), engine=engine_for("auto"))
    with saving(result, folder / "results", "supplysim run") as (where, manifest):
        write_report(where, run=run_of(result, manifest))
    return where


@pytest.fixture(scope="session")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Runs with events and contracts, with either, and with neither."""
    folder = tmp_path_factory.mktemp("runs")
    head = HEAD.format(title="A halt")
    event, contracts = EVENT.format(title=""), CONTRACTS.format(title="Offtake")
    return {
        "both": finished(folder, "both", head + event + contracts),
        "events": finished(folder, "events", head + event),
        "contracts": finished(folder, "contracts", head + contracts),
        "faint": finished(
            folder, "faint", head + event.replace("low: 80%, high: 100%", "low: 0%, high: 0.01%") + QUIET
        ),
        "tiny": finished(folder, "tiny", TINY),
        "month": finished(folder, "month", head.replace("2026-01, months: 26", "2026-05, months: 1")),
        "single": finished(folder, "single", head.replace("draws: 12", "draws: 1") + event),
        "neither": finished(folder, "neither", head),
        "hostile": finished(
            folder, "hostile", HEAD.format(title=HOSTILE) + EVENT.format(title=NASTY) + CONTRACTS.format(title=NASTY)
        ),
    }


@pytest.fixture(scope="session")
def runs(folders: dict[str, Path]) -> dict[str, Run]:
    return {name: read_run(folder) for name, folder in folders.items()}


@pytest.fixture(scope="session")
def tiny(runs: dict[str, Run]) -> Run:
    """The run whose consumers use a few kilograms."""
    return runs["tiny"]


@pytest.fixture(scope="session")
def both(runs: dict[str, Run]) -> Run:
    """The run with events and contracts."""
    return runs["both"]
