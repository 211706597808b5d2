"""What the stories about sweeps share: a scenario of seconds, its folders as bytes, commands as a user runs them."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from tests.patience import HANG

TEXT = """
format: 1
title: A ban on antimony, under stress
horizon: {start: 2026-01, months: 6}
scope: [antimony]
consumers: [USA]
events:
  halt: {kind: export_ban, product: antimony.metal, from: CHN, to: [USA, EU27], lasts: 3 months, severity: 100%,
         starts: {dist: uniform, low: 2026-02, high: 2026-04}}
sweep:
  severity: {events.halt.severity: [50%, 100%]}
draws: DRAWS
"""
OF_THE_MOMENT = ("finished", "command", "check")
"""What equal sweeps' manifests differ in."""


def scenario_file(folder: Path, draws: int) -> Path:
    """The scenario as a file, two cells of so many draws."""
    path = folder / "ban.yaml"
    path.write_text(TEXT.replace("DRAWS", str(draws)), encoding="utf-8")
    return path


def bytes_of(folder: Path) -> dict[str, str]:
    """Every file of a folder with its SHA-256, manifests without what they say of when and by which command."""
    found = {}
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        content = path.read_bytes()
        if path.name == "manifest.json":
            manifest = {key: value for key, value in json.loads(content).items() if key not in OF_THE_MOMENT}
            content = json.dumps(manifest).encode()
        found[path.relative_to(folder).as_posix()] = hashlib.sha256(content).hexdigest()
    return found


def command(*words: object) -> list[str]:
    """A command of supplysim as a list for `subprocess`."""
    return [sys.executable, "-m", "supplysim", *map(str, words)]


def said_by(*words: object, **how: object) -> subprocess.CompletedProcess[str]:
    """A command run to its end, with what it said."""
    return subprocess.run(command(*words), capture_output=True, text=True, timeout=HANG, **how)  # type: ignore[call-overload]


@contextmanager
def started(*words: object) -> Iterator[subprocess.Popen[str]]:
    """A command under way; killed where it has not ended by itself."""
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    heard = partial(signal.signal, signal.SIGINT, signal.SIG_DFL)  # a shell's background jobs are deaf to Ctrl-C
    process = subprocess.Popen(command(*words), preexec_fn=heard, **pipes)  # type: ignore[call-overload]
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()


def wait_for_chunks(results: Path, count: int, process: subprocess.Popen[str]) -> None:
    """Until a sweep has so many chunks on disk, or has ended."""
    until = time.monotonic() + HANG
    while process.poll() is None and len(list(results.rglob("*.draws.arrow"))) < count:
        if time.monotonic() > until:
            raise TimeoutError(f"no {count} chunks in ten minutes")
        time.sleep(0.01)


def only_folder(results: Path) -> Path:
    """The one sweep's folder under a results folder."""
    (folder,) = (results / "ban").iterdir()
    return folder


@contextmanager
def cluster(folder: Path) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """A Dask scheduler and two workers of their own on loopback: its address and its process."""
    said = folder / "scheduler.json"
    dask, place = [sys.executable, "-m", "dask"], ["--host", "127.0.0.1", "--no-dashboard"]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    head = [*dask, "scheduler", *place, "--port", "0", "--scheduler-file", str(said)]
    running = [subprocess.Popen(head, **quiet)]  # type: ignore[call-overload]
    try:
        address = _address(said, running[0])
        worker = [*dask, "worker", "--scheduler-file", str(said), *place, "--nthreads", "1", "--no-nanny",
                  "--local-directory", str(folder / "scratch")]  # fmt: skip
        environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1"}
        running += [subprocess.Popen(worker, env=environment, **quiet) for _ in range(2)]  # type: ignore[call-overload]
        yield address, running[0]
    finally:
        for process in reversed(running):
            process.kill()  # a worker that closes in good order may wait for a scheduler that is gone
        for process in running:
            process.wait(HANG)


def _address(said: Path, scheduler: subprocess.Popen[bytes]) -> str:
    """Where a scheduler that starts listens, once the file that says so is whole."""
    until = time.monotonic() + HANG
    while scheduler.poll() is None and time.monotonic() < until:
        try:
            return str(json.loads(said.read_text(encoding="utf-8"))["address"])
        except (FileNotFoundError, ValueError):
            time.sleep(0.05)
    raise AssertionError("the scheduler did not start")
