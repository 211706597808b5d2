"""The batch operator's commands: sweep, status, resume, verify, compare."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from tests.patience import HANG

from supplysim.cli import cli
from supplysim.errors import RunError

BAN = """
format: 1
title: A ban on antimony, for tests
horizon: {start: 2026-01, months: 6}
scope: [antimony]
consumers: [USA]
events:
  halt: {kind: export_ban, product: antimony.metal, from: CHN, to: [USA, EU27], starts: 2026-02, lasts: 3 months,
         severity: 100%}
sweep:
  severity: {events.halt.severity: [50%, 100%]}
draws: 6
"""


UNMET = ("unmet_demand_t", "antimony.metal")


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a scenario and its finished sweep under results/."""
    folder = tmp_path_factory.mktemp("place")
    (folder / "ban.yaml").write_text(BAN, encoding="utf-8")
    call(folder, "sweep", "ban.yaml", "--json")
    return folder


def call(folder: Path, *arguments: str) -> Result:
    """Run a command in a folder; its exit code must be 0."""
    done = attempt(folder, *arguments)
    assert done.exit_code == 0, done.output
    return done


def attempt(folder: Path, *arguments: str) -> Result:
    before = Path.cwd()
    os.chdir(folder)
    try:
        return CliRunner().invoke(cli, list(arguments), standalone_mode=True)
    finally:
        os.chdir(before)


def document(done: Result) -> Any:
    return json.loads(done.stdout)


def run_of(place: Path) -> str:
    (folder,) = (place / "results" / "ban").iterdir()
    return folder.relative_to(place).as_posix()


@pytest.mark.parametrize("name", ["sweep", "status", "resume", "verify", "compare"])
def test_help_has_examples(place: Path, name: str) -> None:
    assert f"supplysim {name} " in call(place, name, "--help").stdout.partition("Examples:")[2]


def test_help_loads_nothing_heavy() -> None:
    code = (
        "import sys; from supplysim.cli import main\n"
        "try: main(['sweep', '--help'])\n"
        "except SystemExit: pass\n"
        "bad = {'dask', 'distributed', 'pandas', 'numpy', 'pyarrow', 'scipy'} & set(sys.modules)\n"
        "sys.exit(' '.join(bad) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_sweep_prints_its_cells_and_its_folder(place: Path) -> None:
    done = call(place, "sweep", "ban.yaml")
    assert "severity=50%" in done.stdout
    assert f"finished: 12 of 12 draws, 0 failed. {run_of(place)}" in done.stdout


def test_the_plan_computes_one_chunk_and_writes_nothing(place: Path, tmp_path: Path) -> None:
    found = document(call(place, "sweep", "ban.yaml", "--plan", "--json", "-j", "2", "--results", str(tmp_path)))
    assert (found["cells"], found["draws"], found["chunks"], found["jobs"]) == (2, 12, 2, 2)
    assert found["seconds"] > 0
    assert found["memory"] > 0
    assert not list(tmp_path.iterdir())
    said = call(place, "sweep", "ban.yaml", "--plan", "--results", str(tmp_path)).stdout
    assert "2 cells, 12 draws in all, 2 chunks" in said
    assert "ms a draw" in said


def test_parts_status_resume_and_verify(place: Path, tmp_path: Path) -> None:
    results = ("--results", str(tmp_path))
    first = document(call(place, "sweep", "ban.yaml", "--part", "2/2", *results, "--json"))
    assert (first["state"], first["done"], first["missing"]) == ("unfinished", 6, 6)
    said = attempt(place, "status", first["run"])
    assert said.exit_code == 3
    said = said.stdout
    assert f"go on with: supplysim resume {first['run']}" in said
    assert document(attempt(place, "status", first["run"], "--json"))["cells"][1]["done"] == 6
    assert document(call(place, "verify", first["run"], "--json"))["chunks"] == 1
    last = document(call(place, "resume", first["run"], "--json"))
    assert (last["state"], last["missing"], last["run"]) == ("finished", 0, first["run"])
    found = document(call(place, "verify", first["run"], "--all", "--json"))
    assert found["good"]
    assert (found["chunks"], found["draws"]) == (2, 12)
    here, there = (Path(place / run_of(place)) / "summary.csv", Path(first["run"]) / "summary.csv")
    assert here.read_bytes() == there.read_bytes()


def test_verify_fails_where_a_byte_has_changed(place: Path, tmp_path: Path) -> None:
    import shutil

    copy = tmp_path / "ban" / Path(run_of(place)).name
    shutil.copytree(place / run_of(place), copy)
    (copy / "summary.csv").write_text("other", encoding="utf-8")
    done = attempt(place, "verify", str(copy))
    assert done.exit_code == 1
    assert "summary.csv: missing, or not as it was written" in done.stdout


def test_one_draw_alone(place: Path) -> None:
    found = document(call(place, "verify", run_of(place), "--cell", "1", "--draw", "4", "--json"))
    assert found["draw"] == 4
    assert found["values"]["scenario|unmet_demand_t|antimony.metal|USA"] > 0
    assert "value of draw 4" in call(place, "verify", run_of(place).removeprefix("results/"), "--draw", "4").stdout


def test_failed_draws_are_counted_and_the_exit_code_is_1(
    place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from supplysim.batch import chunk

    real = chunk.compute

    def brittle(world: Any, scenario: Any, first: int, count: int, *, traced: bool, engine: str) -> Any:
        if first <= 3 < first + count:
            raise RunError("nothing clears here")
        return real(world, scenario, first, count, traced=traced, engine=engine)

    monkeypatch.setattr(chunk, "compute", brittle)
    done = attempt(place, "sweep", "ban.yaml", "--results", str(tmp_path), "--json")
    assert done.exit_code == 1
    found = document(done)
    assert found["failed"] == 2
    assert [(f["cell"], f["draw"]) for f in found["failures"]] == [(0, 3), (1, 3)]
    assert found["failures"][0]["alone"].endswith("--cell 0 --draw 3")
    said = attempt(place, "status", found["run"])
    assert "failed: cell 1, draw 3: RunError: nothing clears here" in said.stderr
    rows = document(call(place, "compare", found["run"], "--json"))["differences"]
    assert {row["n_failed"] for row in rows if row["n"]} == {1}
    assert {row["n"] for row in rows if row["metric"] == "short_t"} == {5}  # others may have no number in every draw


def test_compare_shows_only_what_differs(place: Path) -> None:
    found = document(call(place, "compare", run_of(place), "--json"))
    assert list(found["inputs"]) == ["events.halt.severity"]
    row = next(
        row for row in found["differences"] if row["metric"] == "unmet_demand_t" and row["product"].endswith("metal")
    )
    assert row["low"] <= row["mean"] <= row["high"]
    assert row["mean"] > 0
    assert row["n"] == 6
    said = call(place, "compare", run_of(place), "--metric", "unmet_demand_t").stdout
    assert "severity=100%" in said
    assert "n_failed" in said


def test_compare_names_the_band_of_a_price_and_has_a_line_for_each(place: Path) -> None:
    asked = ("--metric", "peak_price_multiple", "--product", "antimony.metal", "--region", "USA")
    (row,) = document(call(place, "compare", run_of(place), *asked, "--json"))["differences"]
    table = call(place, "compare", run_of(place), *asked).stdout.splitlines()
    outer, inner = (next(line for line in table if f"{which} band " in line) for which in ("outer", "inner"))
    for line, medians in (
        (outer, [row[side]["p50"] for side in ("base_outer", "other_outer")]),
        (inner, [row[f"{side}_median"] for side in ("base", "other")]),
    ):
        assert all(f"{median:.3g}" in line.split() for median in medians)
    assert f"{row['median']:.3g}" in inner.split()
    assert outer.split().count("-") == 3, "differences are the model's own"


@pytest.mark.parametrize(
    ("option", "name", "says"),
    [("--region", "US", "did you mean 'USA'?"), ("--product", "lithium", "there are antimony.concentrate")],
)
def test_compare_knows_only_what_the_runs_know(place: Path, option: str, name: str, says: str) -> None:
    done = attempt(place, "compare", run_of(place), option, name)
    assert done.exit_code == 2
    assert f"nothing is known of '{name}'" in done.stderr
    assert says in done.stderr


def test_a_run_beside_itself_differs_in_nothing_and_no_table_is_printed(place: Path) -> None:
    cell = f"{run_of(place)}/cells/0000"
    said = call(place, "compare", cell, cell).stdout
    assert "no input differs" in said
    assert "the same in every draw: not shown" in said
    assert "95 % interval" not in said


def test_compare_of_what_is_not_finished_is_an_error(place: Path, tmp_path: Path) -> None:
    done = attempt(place, "compare", str(tmp_path))
    assert done.exit_code != 0


def test_a_bad_part_is_told(place: Path) -> None:
    for bad in ("0/3", "4/3", "1", "a/b"):
        done = attempt(place, "sweep", "ban.yaml", "--part", bad)
        assert done.exit_code == 2
        assert "is not K/N" in done.stderr


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_sweep_stops_cleanly_and_says_how_to_go_on(
    place: Path, tmp_path: Path, sign: signal.Signals
) -> None:
    arguments = ["sweep", "ban.yaml", "--block", "1", "--draws", "1000", "--results", str(tmp_path)]
    command = [sys.executable, "-m", "supplysim", *arguments]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    heard = partial(signal.signal, sign, signal.SIG_DFL)  # a shell's background jobs are deaf to Ctrl-C
    driver = subprocess.Popen(command, cwd=place, preexec_fn=heard, **pipes)
    until = time.monotonic() + HANG
    while len(list(tmp_path.rglob("*.draws.arrow"))) < 3:  # the first is in the journal by then
        assert time.monotonic() < until
        time.sleep(0.02)
    driver.send_signal(sign)
    _, said = driver.communicate(timeout=HANG)
    (folder,) = (tmp_path / "ban").iterdir()
    assert driver.returncode == 130
    assert f"supplysim resume {folder}" in said
    assert "Traceback" not in said
    assert 0 < document(attempt(place, "status", str(folder), "--json"))["done"] < 2000
