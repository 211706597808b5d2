"""What one does with scenarios before running them, at the command line."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
from click.testing import CliRunner, Result

from supplysim.cli.scenarios import check, diff, list_, new, params, show

COUNTED = """
import sys
from supplysim.cli.scenarios import check
calls = 0
def heard(frame, event, argument):
    global calls
    calls += event == "call"
def checked(path):
    global calls
    calls = 0
    sys.setprofile(heard)
    try:
        check.main([path])
    except SystemExit as end:
        assert not end.code, end.code
    finally:
        sys.setprofile(None)
    return calls
checked(sys.argv[1])
few, many = checked(sys.argv[1]), checked(sys.argv[2])
assert not {"pandas", "scipy", "pyarrow", "rich"} & set(sys.modules)
print(few, many)
"""


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")


def _run(command: Any, *words: str) -> Result:
    result = CliRunner().invoke(command, words)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


def test_a_new_scenario_is_a_copy_that_runs() -> None:
    assert _run(new, "mine").exit_code == 0
    assert _run(new, "base", "--from", "baseline").exit_code == 0

    checked = _run(check, "mine.yaml", "base.yaml")
    assert checked.exit_code == 0, checked.stderr
    assert "mine.yaml: ok (1 events, 1 contracts," in checked.stdout
    first = Path("mine.yaml").read_text(encoding="utf-8").splitlines()[0]
    assert Path(first.removeprefix("# yaml-language-server: $schema=")).is_file()


def test_nothing_is_overwritten() -> None:
    Path("mine.yaml").write_text("mine", encoding="utf-8")
    result = _run(new, "mine")

    assert result.exit_code == 2
    assert "exists already" in result.stderr
    assert Path("mine.yaml").read_text(encoding="utf-8") == "mine"


def test_a_folder_that_is_not_there_is_told() -> None:
    result = _run(new, "nowhere/mine")
    assert (result.exit_code, result.stderr) == (2, "nowhere/mine.yaml cannot be written (No such file or directory)\n")


def test_a_copy_is_whole_or_there_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write = Path.write_text

    def half(path: Path, text: str, **how: Any) -> int:
        write(path, text[:10], **how)
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_text", half)
    assert "mine.yaml cannot be written (No space left on device)" in _run(new, "mine").stderr
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["", "/", ".."])
def test_what_is_no_name_is_refused(name: str) -> None:
    result = _run(new, name)
    assert result.exit_code == 2
    assert "is no name for a scenario" in result.stderr


def test_the_list_has_shipped_and_local_scenarios() -> None:
    _run(new, "mine")
    Path("bad.yaml").write_text("format: 1\ntitle: t\ndraws: 0\n", encoding="utf-8")
    Path("other.yaml").write_text("services: {}\n", encoding="utf-8")
    Path("broken.yaml").symlink_to("nowhere")
    rows = {row["name"]: row for row in json.loads(_run(list_, "--json").stdout)["scenarios"]}

    assert rows["baseline"]["shipped"]
    assert rows["mine.yaml"]["axes"] == ["stockpile", "contract"]
    assert rows["mine.yaml"]["parents"] == ["baseline"]
    assert "draws: must be at least 1" in rows["bad.yaml"]["title"]
    assert not {"other.yaml", "broken.yaml"} & set(rows)
    assert "The base year carried forward" in _run(list_).stdout


def test_what_only_looks_like_a_scenario_is_neither_waited_for_nor_broken_by(tmp_path: Path) -> None:
    text = "format: 1\ntitle: t\nextends: baseline\n"
    Path("good.yaml").write_text(text, encoding="utf-8")
    try:
        (tmp_path / b"caf\xe9.yaml".decode(errors="surrogateescape")).write_text(text, encoding="utf-8")
    except (OSError, UnicodeEncodeError):
        pytest.skip("every name is UTF-8 in this file system")
    os.mkfifo("pipe.yaml")
    Path("circle.yaml").symlink_to("circle.yaml")
    Path("folder.yaml").mkdir()
    said = _run(list_, "--json").stdout.encode()
    own = {row["name"]: row for row in json.loads(said)["scenarios"] if not row["shipped"]}
    assert [*own] == ["caf\\xe9.yaml", "good.yaml"]
    assert own["caf\\xe9.yaml"]["title"] == "cannot be read: its name is no UTF-8 text; rename the file"


def test_all_errors_come_at_once_with_the_line_and_a_caret() -> None:
    Path("a.yaml").write_text("format: 1\ntitle: t\ndraws: 0\nsed: 1\n", encoding="utf-8")
    Path("b.yaml").write_text("format: 1\ntitle: t\nrivals: KZA\n", encoding="utf-8")
    result = _run(check, "a.yaml", "b.yaml", "baseline")

    assert result.exit_code == 2
    assert result.stdout.startswith("baseline: ok")
    assert sorted(result.stderr.splitlines()) == sorted(
        dedent(
            """\
            a.yaml:3:8: draws: must be at least 1
                draws: 0
                       ^
            a.yaml:4:1: sed: no such section; did you mean 'seed'?
                sed: 1
                ^
            b.yaml:3:9: rivals: no such region 'KZA'; did you mean 'KAZ'?
                rivals: KZA
                        ^
            3 errors in 2 files. Nothing was run.
            """
        ).splitlines()
    )


def test_a_value_that_does_nothing_is_noted_with_a_caret_under_it() -> None:
    event = "events: {h: {kind: outage, product: copper.refined, region: CHL, starts: 2027-01, lasts: 0 months}}"
    Path("idle.yaml").write_text(f"format: 1\ntitle: t\n{event}\n", encoding="utf-8")
    result = _run(check, "idle.yaml")

    assert result.exit_code == 0
    assert result.stdout.startswith("idle.yaml: ok (1 events,")
    note, line, caret = result.stderr.splitlines()
    assert note == "note: idle.yaml:3:90: events.h.lasts: 0 months is no time, so the event never happens"
    assert line[caret.index("^") :].startswith("0 months}}")


def test_errors_as_json() -> None:
    Path("a.yaml").write_text("format: 1\ntitle: t\ndraws: 0\n", encoding="utf-8")
    result = _run(check, "a.yaml", "--json")

    assert result.exit_code == 2
    assert json.loads(result.stdout) == {
        "ok": False,
        "files": [
            {
                "file": "a.yaml",
                "faults": [{"place": "a.yaml:3:8", "path": "draws", "message": "must be at least 1"}],
                "notices": [],
            }
        ],
    }


def test_a_scenario_is_shown_resolved_with_origins() -> None:
    shown = _run(show, "example", "--origin", "--set", "draws=9").stdout
    document = json.loads(_run(show, "example", "--json", "--origin").stdout)

    assert "draws: 9  # --set" in shown
    assert "example.yaml:" in shown
    assert document["scenario"]["events"]["halt"]["kind"] == "export_ban"
    assert document["origins"]["events.halt.probability"] == "default"
    assert _run(show, "exampel").exit_code == 2


def test_two_scenarios_or_runs_are_compared_value_by_value() -> None:
    run = Path("results/x")
    run.mkdir(parents=True)
    (run / "scenario.yaml").write_text(_run(show, "baseline", "--set", "seed=8").stdout, encoding="utf-8")

    assert json.loads(_run(diff, "baseline", "results/x", "--json").stdout) == {
        "differences": [{"path": "seed", "first": 7, "second": 8}]
    }
    assert "seed" in _run(diff, "baseline", "results/x").stdout
    assert _run(diff, "baseline", "baseline").stdout == "no difference\n"


def test_a_distribution_that_differs_is_told_in_a_line() -> None:
    text = "format: 1\ntitle: t\nscope: [tungsten]\nuncertain.model.stocks.news_cover: {dist: %s}\n"
    Path("a.yaml").write_text(text % "uniform, low: 0 months, high: 1 months", encoding="utf-8")
    Path("b.yaml").write_text(text % "constant, value: 1 months", encoding="utf-8")
    row = _run(diff, "a.yaml", "b.yaml").stdout.splitlines()[-1]

    assert "dist: uniform, low: 0 months, high: 1 months" in row
    assert "dist: constant, value: 1 months" in row


def test_parameters_are_found_by_pattern() -> None:
    found = json.loads(_run(params, "stockpiles", "--json").stdout)["params"]

    assert "stockpiles.<region>.<mineral>.target" in {row["path"] for row in found}
    assert "months" in _run(params, "stockpiles").stdout
    assert _run(params, "--markdown").stdout.startswith("| path |")
    assert json.loads(_run(params, "--schema").stdout)["title"] == "supplysim scenario"
    assert "did you mean 'stockpiles'" in _run(params, "stokpiles").stderr


@pytest.mark.parametrize("command", [new, list_, params, check, show, diff])
def test_help_has_examples(command: Any) -> None:
    assert "supplysim" in _run(command, "--help").stdout


def test_checking_takes_work_in_proportion_to_the_events_and_no_heavy_libraries(tmp_path: Path) -> None:
    event = (
        "  e{}: {{kind: export_ban, product: tungsten.*, from: CHN, to: [USA, EU27], starts: 2027-03, "
        "lasts: 6 months, announced: 2 months, recovery: {{shape: linear, over: 6 months}}}}\n"
    )
    few, many = tmp_path / "few.yaml", tmp_path / "many.yaml"
    for path, count in ((few, 30), (many, 300)):
        path.write_text(
            "format: 1\ntitle: big\nevents:\n" + "".join(event.format(i) for i in range(count)), encoding="utf-8"
        )
    done = subprocess.run(
        [sys.executable, "-c", COUNTED, str(few), str(many)],
        capture_output=True, text=True, check=False, env=os.environ | {"OPENBLAS_NUM_THREADS": "1"},
    )  # fmt: skip

    assert done.returncode == 0, done.stderr
    assert "300 events" in done.stdout
    least, most = map(int, done.stdout.splitlines()[-1].split())
    assert most < 10 * least  # ten times the events
