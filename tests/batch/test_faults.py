"""What a sweep survives: kill -9 of its driver and its workers, a full disk, torn lines, folders of others."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.patience import HANG

from supplysim.batch import chunk as chunks
from supplysim.batch.chunk import Done
from supplysim.batch.journal import Head, Journal, read_journals
from supplysim.batch.plan import Plan
from supplysim.batch.store import Store
from supplysim.batch.sweep import Options, reopened, status, sweep
from supplysim.batch.workers import Where
from supplysim.errors import InputError, RunError
from supplysim.scenario import Scenario, load, to_yaml

from .conftest import bytes_of

LIVES = Path(__file__).with_name("lives.py")


@pytest.mark.slow
def test_a_driver_killed_ten_times_leaves_the_same_bytes(file: Path, finished: Path, tmp_path: Path) -> None:
    command = [sys.executable, str(LIVES), str(file), str(tmp_path), "5"]
    said = subprocess.run(command, capture_output=True, text=True, timeout=HANG, check=True)
    folder, killed = said.stdout.splitlines()
    assert int(killed) >= 10
    assert bytes_of(Path(folder)) == bytes_of(finished)


@pytest.mark.slow
def test_a_killed_worker_takes_only_its_chunk_with_it(scenario: Scenario, finished: Path, tmp_path: Path) -> None:
    import psutil

    killed: list[int] = []

    def kill_one(done: int, total: int, failed: int) -> None:
        if done and not killed:
            workers = [
                child for child in psutil.Process().children(recursive=True) if "spawn_main" in str(child.cmdline())
            ]
            killed.append(workers[0].pid)
            workers[0].kill()

    found = sweep(Plan(scenario, 2), tmp_path, Options(Where(2)), kill_one)
    assert len(killed) == 1
    assert (found.state, found.failed) == ("finished", 0)
    assert bytes_of(found.folder) == bytes_of(finished)


@pytest.mark.slow
def test_a_killed_driver_leaves_no_worker_behind(file: Path, tmp_path: Path) -> None:
    """Some seconds of work, so that none of it is over before the driver is killed, however late this process wakes."""
    import psutil

    results, draws = tmp_path / "results", "draws=60"
    how = ["-j", "2", "--engine", "numpy", "--block", "1", "--set", draws, "--results", str(results)]
    command = [sys.executable, "-m", "supplysim", "sweep", str(file), *how]
    driver = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    until = time.monotonic() + HANG
    while len(list(results.rglob("*.draws.arrow"))) < 2:  # the first is in the journal by then
        assert time.monotonic() < until
        time.sleep(0.02)
    workers = psutil.Process(driver.pid).children(recursive=True)
    assert len(workers) >= 2
    driver.kill()
    driver.wait()
    assert not psutil.wait_procs(workers, timeout=HANG)[1]
    (folder,) = (results / "ban").iterdir()
    assert 0 < status(folder).missing < 120
    whole = sweep(Plan(load(file, [draws]), 60), tmp_path / "whole").folder
    assert bytes_of(sweep(reopened(folder), results).folder) == bytes_of(whole)


@contextmanager
def small_disk(folder: Path, size: str) -> Iterator[None]:
    """A file system of its own where that is allowed; skips the test otherwise."""
    folder.mkdir()
    made = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)], capture_output=True)
    if made.returncode:
        pytest.skip("no right to mount a small file system here")
    try:
        yield
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def test_a_full_disk_is_a_clear_error_and_loses_nothing(scenario: Scenario, finished: Path, tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    with small_disk(disk, "700k"):
        with pytest.raises(RunError, match=r"cannot write .*: No space left on device"):
            sweep(Plan(scenario, 2), disk)
        (folder,) = (disk / "ban").iterdir()
        kept = status(folder)
        assert 0 < kept.done < 48
        subprocess.run(["mount", "-o", "remount,size=64m", str(disk)], check=True)
        assert bytes_of(sweep(reopened(folder), disk).folder) == bytes_of(finished)


def test_a_file_that_may_not_grow_is_a_clear_error_and_loses_nothing(
    scenario: Scenario, finished: Path, tmp_path: Path
) -> None:
    """A limit on the size of files stands in for a full disk where none can be mounted."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    limits = iter([hard, 700])

    def shrink(done: int, total: int, failed: int) -> None:
        if done >= 12:
            resource.setrlimit(resource.RLIMIT_FSIZE, (next(limits), hard))

    try:
        with pytest.raises(RunError, match=r"cannot write .*: File too large"):
            sweep(Plan(scenario, 6), tmp_path, progress=shrink)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    (folder,) = (tmp_path / "ban").iterdir()
    assert status(folder).done == 18
    assert bytes_of(sweep(reopened(folder), tmp_path).folder) == bytes_of(finished)


def test_a_read_only_folder_is_a_clear_error(
    scenario: Scenario, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr(Path, "mkdir", refuse)
    with pytest.raises(InputError, match=r"cannot write .*: Read-only file system"):
        sweep(Plan(scenario, 6), tmp_path)


@pytest.fixture
def half(scenario: Scenario, tmp_path: Path) -> Path:
    """A sweep of which the first half of the chunks is done."""
    return sweep(Plan(scenario, 6), tmp_path, Options(part=(1, 2))).folder


def journal_in(folder: Path) -> Path:
    return folder / "chunks" / "journal-1-of-2.jsonl"


@pytest.mark.parametrize("left", [1, 40, 150])
def test_a_torn_last_line_costs_its_chunk_alone(half: Path, finished: Path, left: int) -> None:
    path = journal_in(half)
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[:-1]) + lines[-1][:left])
    assert status(half).done == 18
    assert sweep(reopened(half), half.parents[1], Options(part=(1, 2))).done == 24
    assert [json.loads(line) for line in path.read_bytes().splitlines()]
    assert bytes_of(sweep(reopened(half), half.parents[1]).folder) == bytes_of(finished)


def test_a_head_torn_at_the_very_start_is_written_again(scenario: Scenario, finished: Path, tmp_path: Path) -> None:
    folder = Plan(scenario, 6).folder(tmp_path)
    (folder / "chunks").mkdir(parents=True)
    (folder / "chunks" / "journal-1-of-1.jsonl").write_bytes(b'{"supplysim": "0.')
    assert bytes_of(sweep(Plan(scenario, 6), tmp_path).folder) == bytes_of(finished)


def test_a_bad_line_in_the_middle_is_named_and_its_chunk_computed_again(
    half: Path, finished: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = journal_in(half)
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join([lines[0], b"\x00\x01rubbish\n", *lines[2:]]))
    found = status(half)
    assert (found.done, found.damaged) == (18, ("journal-1-of-2.jsonl:2 does not match its checksum",))
    assert bytes_of(sweep(reopened(half), half.parents[1]).folder) == bytes_of(finished)
    assert "journal-1-of-2.jsonl:2 does not match its checksum: it is passed over" in caplog.text


def test_a_journal_whose_first_line_is_damaged_still_counts(half: Path) -> None:
    """Every line says which sweep it belongs to, so that no single one decides over the others."""
    path = journal_in(half)
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join([lines[0].replace(b"supplysim", b"supplysin"), *lines[1:]]))
    assert (reopened(half).block, status(half).done) == (6, 24)


@pytest.mark.parametrize("what", ["zeroed", "flipped", "swapped"])
def test_a_chunk_that_is_not_as_it_was_written_is_computed_again(
    half: Path, finished: Path, what: str, caplog: pytest.LogCaptureFixture
) -> None:
    first, second = sorted((half / "chunks" / "0000").glob("*.draws.arrow"))[:2]
    content = bytearray(first.read_bytes())
    content[len(content) // 2] ^= 4
    new = {"zeroed": bytes(len(content)), "flipped": bytes(content), "swapped": second.read_bytes()}[what]
    first.write_bytes(new)
    assert status(half).damaged == (f"{first.relative_to(half).as_posix()} is not as it was written",)
    assert bytes_of(sweep(reopened(half), half.parents[1]).folder) == bytes_of(finished)
    assert f"{first.name} is not as it was written: it is passed over, and its chunk computed again" in caplog.text


def test_a_chunk_damaged_while_the_sweep_runs_is_found_when_chunks_are_merged(
    scenario: Scenario, finished: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    flipped: list[Path] = []

    def flip(done: int, total: int, failed: int) -> None:
        if done == total and not flipped:
            flipped.append(next(tmp_path.rglob("*.draws.arrow")))
            content = bytearray(flipped[0].read_bytes())
            content[100] ^= 1
            flipped[0].write_bytes(content)

    found = sweep(Plan(scenario, 6), tmp_path, progress=flip)
    assert flipped
    assert bytes_of(found.folder) == bytes_of(finished)
    assert "is not as it was written" in caplog.text


def test_a_table_damaged_before_the_sweep_ends_is_made_again(half: Path, finished: Path) -> None:
    """Tables by month, link and contract are made as soon as a cell's traces are whole, long before the manifest."""
    plan = reopened(half)
    sweep(plan, half.parents[1], Options(part=(2, 8)))
    sweep(plan, half.parents[1], Options(part=(4, 8)))
    path = half / "cells" / "0000" / "monthly.parquet"
    content = bytearray(path.read_bytes())
    content[-100] ^= 1
    path.write_bytes(content)
    assert "cells/0000/monthly.parquet is not as it was written" in status(half).damaged
    assert bytes_of(sweep(plan, half.parents[1]).folder) == bytes_of(finished)


def test_a_damaged_scenario_is_written_anew_from_its_file(scenario: Scenario, half: Path, finished: Path) -> None:
    path = half / "cells" / "0001" / "scenario.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("for tests", "for testa"), encoding="utf-8")
    with pytest.raises(InputError, match=r"0001/scenario\.yaml is not the one that was written"):
        sweep(reopened(half), half.parents[1])
    assert bytes_of(sweep(Plan(scenario, 6), half.parents[1]).folder) == bytes_of(finished)


def test_want_of_memory_is_no_draw_s_failure(scenario: Scenario, finished: Path, tmp_path: Path,
                                             monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    def hungry(*_: object, **__: object) -> None:
        raise MemoryError("Unable to allocate 2 GiB")

    with monkeypatch.context() as patch:
        patch.setattr(chunks, "compute", hungry)
        with pytest.raises(RunError, match=r"cannot compute cell 0, draw 0: MemoryError: Unable to allocate 2 GiB"):
            sweep(Plan(scenario, 6), tmp_path)
    assert bytes_of(sweep(Plan(scenario, 6), tmp_path).folder) == bytes_of(finished)


def test_a_machine_that_starts_no_workers_is_told_what_to_do_without(
    scenario: Scenario, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As where there is no shared memory: the cause lies under two errors of Dask's own."""
    import distributed

    def start(**_: object) -> None:
        own = AssertionError("Status.init")
        own.__context__ = OSError(errno.EROFS, "Read-only file system")
        raise RuntimeError("Nanny failed to start.") from own

    monkeypatch.setattr(distributed, "LocalCluster", start)
    with pytest.raises(RunError, match=r"starts no worker processes \(.*Read-only file system\).*: -j 1"):
        sweep(Plan(scenario, 6), tmp_path, Options(Where(2)))


def test_the_same_bytes_from_any_folder(file: Path, finished: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
                                        ) -> None:  # fmt: skip
    for place in (file.parent, file.parent.parent, tmp_path):
        monkeypatch.chdir(place)
        typed = os.path.relpath(file)
        assert load(typed).name == "ban"
        assert to_yaml(load(typed), origin=True) == (finished / "scenario.yaml").read_text(encoding="utf-8")


def test_a_journal_that_cannot_be_read_is_an_error(half: Path) -> None:
    path = journal_in(half)
    path.unlink()
    path.mkdir()
    with pytest.raises(InputError, match="Is a directory"):
        status(half)


def test_a_missing_or_shortened_chunk_is_computed_again(half: Path, finished: Path) -> None:
    first, second, *_ = sorted((half / "chunks").rglob("*.draws.arrow"))
    first.unlink()
    second.write_bytes(second.read_bytes()[:-1])
    assert status(half).done == 12
    assert bytes_of(sweep(reopened(half), half.parents[1]).folder) == bytes_of(finished)


def test_a_folder_of_another_engine_is_left_alone(half: Path, scenario: Scenario) -> None:
    path = journal_in(half)
    path.unlink()
    with Journal(path, Head("0.0.9", "x", 6)) as old:
        old.note({"scenario.yaml": hashlib.sha256((half / "scenario.yaml").read_bytes()).hexdigest()})
    before = path.read_bytes()
    with pytest.raises(InputError, match=r"begun by supplysim 0\.0\.9"):
        reopened(half)
    with pytest.raises(InputError, match=r"begun by supplysim 0\.0\.9"):
        sweep(Plan(scenario, 6), half.parents[1])
    assert path.read_bytes() == before


def test_a_folder_whose_scenario_was_edited_is_left_alone(half: Path) -> None:
    path = half / "scenario.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("months: 6", "months: 7"), encoding="utf-8")
    with pytest.raises(InputError, match=r"scenario\.yaml is not the one that was written: it was edited or damaged"):
        reopened(half)


def test_two_drivers_do_not_work_on_the_same_part(half: Path) -> None:
    plan = reopened(half)
    with Store(half).open(plan, (1, 2)), pytest.raises(InputError, match="another process is at work"):
        sweep(plan, half.parents[1], Options(part=(1, 2)))


def test_blocks_of_another_size_do_not_mix(scenario: Scenario, half: Path, finished: Path) -> None:
    """The size that the sweep was begun with stays."""
    assert bytes_of(sweep(Plan(scenario, 500), half.parents[1]).folder) == bytes_of(finished)


def test_being_cut_off_while_finishing_is_no_loss(
    scenario: Scenario, finished: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from supplysim.batch import finish as finishing

    write, calls = finishing.run_folder.write_text, [0]

    def cut(path: Path, text: str) -> None:
        calls[0] += 1
        if calls[0] == 5:
            raise KeyboardInterrupt
        write(path, text)

    monkeypatch.setattr(finishing.run_folder, "write_text", cut)
    with pytest.raises(KeyboardInterrupt):
        sweep(Plan(scenario, 6), tmp_path)
    monkeypatch.undo()
    (folder,) = (tmp_path / "ban").iterdir()
    (folder / "cells" / "0000" / ".draws.arrow.1.tmp").write_bytes(b"left behind")
    assert bytes_of(sweep(reopened(folder), tmp_path).folder) == bytes_of(finished)


def test_a_journal_line_survives_its_round_trip(tmp_path: Path) -> None:
    from supplysim.batch.chunk import Failure
    from supplysim.batch.journal import record_of
    from supplysim.batch.plan import Chunk

    done = Done(Chunk(3, 64, 64), (Failure(3, 70, 'an "odd"\nerror'),), b"table", None, 1.5, 10)
    with Journal(tmp_path / "chunks" / "journal-1-of-1.jsonl", Head("0.1.0", "abc", 64)) as journal:
        journal.add(record_of(done))
    found = read_journals([journal.path])
    assert found.records == {done.chunk: (record_of(done),)}
    assert (found.heads, found.damaged) == ({Head("0.1.0", "abc", 64)}, ())


def test_a_sweep_without_locks_or_a_resource_module_still_runs(
    scenario: Scenario, finished: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "fcntl", None)
    monkeypatch.setitem(sys.modules, "resource", None)
    assert bytes_of(sweep(Plan(scenario, 6), tmp_path).folder) == bytes_of(finished)
