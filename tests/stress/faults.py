"""What else may happen to a sweep: damaged chunks, a read-only folder, signals, two drivers, too little memory, a lost
scheduler. After each the sweep goes on and ends with the bytes of one that nothing happened to."""

from __future__ import annotations

import resource
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from tests.patience import HANG
from tests.stress.bytes import Sweeps
from tests.stress.sweeps import bytes_of, cluster, only_folder, said_by, scenario_file, started, wait_for_chunks

from supplysim.batch.engine import engine_for
from supplysim.batch.plan import Plan
from supplysim.batch.sweep import sweep
from supplysim.scenario import load

COUNT = 1
DRAWS = 40
LIMITS = (300, 500, 700, 900, 1200, 2000)
"""Megabytes of address space."""


def chunks_of(folder: Path) -> list[Path]:
    """A sweep's chunk files: tables, then traces."""
    return [path for kind in ("draws", "traces") for path in sorted((folder / "chunks").glob(f"*/*.{kind}.arrow"))]


def zero(folder: Path) -> None:
    for path in chunks_of(folder):
        path.write_bytes(bytes(path.stat().st_size))


def truncate(folder: Path) -> None:
    for number, path in enumerate(chunks_of(folder)):
        path.write_bytes(path.read_bytes()[: number * 500])


def swap(folder: Path) -> None:
    """Each chunk's file gets its neighbour's name."""
    for kind in ("draws", "traces"):
        files = [path for path in chunks_of(folder) if kind in path.name]
        contents = [path.read_bytes() for path in files]
        for path, content in zip(files, contents[1:] + contents[:1], strict=True):
            path.write_bytes(content)


def delete(folder: Path) -> None:
    for path in chunks_of(folder):
        path.unlink()


def delete_journal(folder: Path) -> None:
    for path in (folder / "chunks").glob("*.jsonl"):
        path.unlink()


def goes_on(file: Path, results: Path, wanted: dict[str, str]) -> bool:
    """Whether the sweep ends well when it is asked for again."""
    return said_by("sweep", file, "--results", results).returncode == 0 and bytes_of(only_folder(results)) == wanted


def signalled(number: signal.Signals, file: Path, results: Path, wanted: dict[str, str]) -> tuple[bool, str]:
    with started("sweep", file, "--block", 1, "--results", results) as process:
        wait_for_chunks(results, 3, process)
        process.send_signal(number)
        _, errors = process.communicate()
    well = process.returncode == 130 and "go on with: supplysim resume" in errors
    return well and goes_on(file, results, wanted), f"ends with {process.returncode} and says how to go on"


def two_drivers(file: Path, results: Path, wanted: dict[str, str]) -> tuple[bool, str]:
    with started("sweep", file, "--block", 1, "--results", results) as first:
        wait_for_chunks(results, 1, first)
        second = said_by("sweep", file, "--results", results)
        first.communicate()
    told = second.returncode == 2 and "another process is at work" in second.stderr
    return told and first.returncode == 0 and bytes_of(
        only_folder(results)
    ) == wanted, "the second is told, ends with 2"


def lost_scheduler(file: Path, results: Path, wanted: dict[str, str]) -> tuple[bool, str]:
    with (
        cluster(results.parent) as (address, scheduler),
        started("sweep", file, "--block", 1, "--results", results, "--scheduler", address) as process,
    ):
        wait_for_chunks(results, 3, process)
        scheduler.kill()
        began = time.monotonic()
        _, errors = process.communicate(timeout=HANG)
        took = time.monotonic() - began
    well = process.returncode == 1 and "scheduler" in errors and "Traceback" not in errors
    return well and goes_on(file, results, wanted), f"ends with {process.returncode} within {took:.0f} s"


def little_memory(file: Path, results: Path, wanted: dict[str, str]) -> tuple[bool, str]:
    well, said = True, []
    for number in LIMITS:
        limit = partial(resource.setrlimit, resource.RLIMIT_AS, (number * 2**20, number * 2**20))
        found = said_by("sweep", file, "--results", results / str(number), preexec_fn=limit)
        well &= "Traceback" not in found.stderr  # a native library may abort, which no Python can tell
        well &= goes_on(file, results / str(number), wanted)
        said.append(f"{number} MB: {found.returncode}")
    return well, "ends with " + ", ".join(said)


def read_only(file: Path, results: Path, wanted: dict[str, str]) -> tuple[bool, str]:
    results.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "ro", "tmpfs", str(results)], capture_output=True)
    if mounted.returncode:
        return True, "not tried: no right to mount a file system here"
    try:
        found = said_by("sweep", file, "--results", results)
        subprocess.run(["mount", "-o", "remount,rw", str(results)], check=True)
        told = found.returncode == 2 and "Read-only file system" in found.stderr and "Traceback" not in found.stderr
        return told and goes_on(file, results, wanted), f"ends with {found.returncode} and names the file"
    finally:
        subprocess.run(["umount", str(results)], check=True)


HARMS: tuple[Callable[[Path], object], ...] = (zero, truncate, swap, delete, delete_journal)
EVENTS: dict[str, Callable[[Path, Path, dict[str, str]], tuple[bool, str]]] = {
    "SIGTERM": partial(signalled, signal.SIGTERM),
    "SIGHUP": partial(signalled, signal.SIGHUP),
    "SIGINT": partial(signalled, signal.SIGINT),
    "two drivers": two_drivers,
    "read-only folder": read_only,
    "scheduler lost": lost_scheduler,
    "ulimit -v": little_memory,
}


def run(count: int, seed: int) -> bool:
    """Every fault so many times."""
    well = True
    for _ in range(count):
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            (folder / "harms").mkdir()
            known = Sweeps(folder / "harms")
            for harm in HARMS:
                same, how = known.harmed(harm)
                well &= tell(f"chunks: {harm.__name__}", same, how)
            file = scenario_file(folder, DRAWS)
            wanted = bytes_of(sweep(Plan(load(file), 64, engine_for("auto")), folder / "alone").folder)
            for event, happen in EVENTS.items():
                (folder / event).mkdir()
                well &= tell(event, *happen(file, folder / event / "results", wanted))
    return well


def tell(what: str, well: bool, how: str) -> bool:
    sys.stdout.write(f"{what:24} {'well' if well else 'NOT WELL':10} {how}\n")
    sys.stdout.flush()
    return well
