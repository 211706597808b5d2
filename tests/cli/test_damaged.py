"""Files of finished runs that were damaged since: told in one line by whoever reads them, and made again by who can."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from supplysim.batch.plan import Plan
from supplysim.batch.sweep import sweep
from supplysim.cli import cli
from supplysim.errors import InputError
from supplysim.scenario import load

BAN = """
format: 1
title: A ban on antimony
horizon: {start: 2026-01, months: 12}
scope: [antimony]
consumers: [USA]
events:
  halt: {kind: export_ban, product: antimony.metal, from: CHN, to: [USA, EU27], starts: 2026-02, lasts: 3 months}
"""
SWEPT = "sweep: {severity: {events.halt.severity: [50%, 100%]}}\n"
OF = "short_share antimony.metal USA"
COMMANDS: dict[str, Callable[[Path, Path], tuple[object, ...]]] = {
    "compare": lambda run, _: ("compare", run, run),
    "report": lambda run, out: ("report", run, "-o", out / "page.html"),
    "side by side": lambda run, out: ("report", run, run, "-o", out / "pages.html"),
    "export": lambda run, out: ("export", run, "--iamc", out / "table.csv"),
    "sensitivity": lambda run, _: ("sensitivity", run),
    "discover": lambda run, _: ("discover", run, f"{OF} > 1 %"),
    "origin": lambda run, _: ("indicators", "--origin", "--run", run),
    "verify": lambda sweep, _: ("verify", sweep),
    "status": lambda sweep, _: ("status", sweep),
    "best": lambda sweep, _: ("best", sweep, "--by", OF),
    "cells": lambda sweep, _: ("compare", sweep),
}
RUN = {
    "draws.parquet": ("compare", "side by side", "sensitivity", "discover"),
    "monthly.parquet": ("report", "side by side", "export"),
    "flows.parquet": ("report", "side by side", "export"),
    "embodied.parquet": ("origin",),
    "summary.csv": ("report",),
    "scenario.yaml": ("compare", "sensitivity"),
    "manifest.json": ("compare", "report", "export", "sensitivity", "origin"),
}
"""Who reads which file of a run's folder."""
SWEEP = {
    "cells/0001/draws.parquet": ("verify", "cells", "best"),
    "cells/0000/scenario.yaml": ("verify", "cells"),
    "cells/0000/manifest.json": ("verify", "cells"),
    "manifest.json": ("best", "cells"),
}
DAMAGE: dict[str, Callable[[Path], object]] = {
    "empty": lambda path: path.write_bytes(b""),
    "noise": lambda path: path.write_bytes(bytes(range(256))),
    "half": lambda path: path.write_bytes(path.read_bytes()[: path.stat().st_size // 2]),
    "gone": lambda path: path.unlink(),
    "a folder": lambda path: (path.unlink(), path.mkdir()),
}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A run and a sweep, not to be written to."""
    place = tmp_path_factory.mktemp("made")
    (place / "ban.yaml").write_text(BAN, encoding="utf-8")
    (place / "swept.yaml").write_text(BAN + SWEPT, encoding="utf-8")
    said(0, "run", place / "ban.yaml", "--draws", "32", "--no-report", "--results", place)
    (run,) = (place / "ban").iterdir()
    return run, sweep(Plan(load(place / "swept.yaml", ["draws=4"]), 4), place).folder


@pytest.fixture
def copies(made: tuple[Path, Path], tmp_path: Path) -> tuple[Path, Path]:
    """Copies of the two."""
    here = tuple(tmp_path / each.parent.name / each.name for each in made)
    for old, new in zip(made, here, strict=True):
        shutil.copytree(old, new)
    return here[0], here[1]


def said(expect: int | None, *words: object) -> str:
    """What a command says; it ends in order or with an error of input, whose text is returned."""
    done = CliRunner().invoke(cli, [*map(str, words)])
    assert isinstance(done.exception, InputError | SystemExit | None), (words, done.exception)
    if isinstance(done.exception, InputError):
        return str(done.exception)
    assert expect in (None, done.exit_code), done.output
    return done.output


def told(folder: Path, names: tuple[str, ...], out: Path) -> list[str]:
    return [said(None, *COMMANDS[name](folder, out)) for name in names]


@pytest.mark.parametrize("how", DAMAGE)
def test_who_reads_a_damaged_file_says_which(copies: tuple[Path, Path], tmp_path: Path, how: str) -> None:
    for folder, readers in zip(copies, (RUN, SWEEP), strict=True):
        for name, commands in readers.items():
            path, whole = folder / name, (folder / name).read_bytes()
            DAMAGE[how](path)
            lacking = [text for text in told(folder, commands, tmp_path) if path.name not in text]
            assert not [text for text in lacking if not text.endswith(("no draws", "no draws to compare"))], name
            if path.is_dir():
                path.rmdir()
            path.write_bytes(whole)


@pytest.mark.parametrize("text", ["{}", "[]", "5", '{"state": "finished"}', '{"state": "finished", "kind": "sweep"}'])
def test_what_is_json_and_no_manifest_is_told(copies: tuple[Path, Path], tmp_path: Path, text: str) -> None:
    for folder, commands in zip(copies, (RUN["manifest.json"], ("status", "best", "cells")), strict=True):
        (folder / "manifest.json").write_text(text, encoding="utf-8")
        assert all(
            "manifest.json is not the manifest of a run: it " in each for each in told(folder, commands, tmp_path)
        )


@pytest.mark.parametrize("name", ["monthly.parquet", "manifest.json"])
def test_a_damaged_run_is_run_again(
    copies: tuple[Path, Path], made: tuple[Path, Path], name: str, caplog: pytest.LogCaptureFixture
) -> None:
    run = copies[0]
    content = bytearray((run / name).read_bytes())
    content[5] ^= 1
    (run / name).write_bytes(content)
    results = run.parents[1]
    said(0, "run", made[0].parents[1] / "ban.yaml", "--draws", "32", "--no-report", "--results", results)
    assert "it is run again" in caplog.text
    assert all((run / each).read_bytes() == (made[0] / each).read_bytes() for each in RUN if each != "manifest.json")
