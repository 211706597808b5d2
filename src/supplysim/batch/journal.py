"""The journal of a sweep: a line for each chunk that is safely on disk, only ever added to.

The first line says what the sweep is. A line torn by a crash or a full disk is cut off when the journal is opened
again, and its chunk is computed again. Several machines write a journal each (`--part K/N`); all are read together.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from supplysim.batch.chunk import Done, Failure
from supplysim.batch.plan import Chunk
from supplysim.errors import InputError, RunError


@dataclass(frozen=True)
class Head:
    """The first line: which engine began which sweep (`run` is its hash), cut into chunks of how many draws."""

    supplysim: str
    run: str
    block: int


@dataclass(frozen=True)
class Record:
    """A chunk that is done: the SHA-256 and sizes of its files, its failures, and how long it took."""

    chunk: Chunk
    sha256: str
    sizes: tuple[int, int]
    failures: tuple[Failure, ...]
    seconds: float
    memory: int


def record_of(done: Done) -> Record:
    """What the journal says of a computed chunk."""
    sizes = (len(done.table or b""), len(done.traces or b""))
    return Record(done.chunk, done.digest(), sizes, done.failures, round(done.seconds, 4), done.memory)


class Journal:
    """A journal open for adding to; no other process can have it open at the same time.

    Raises `InputError` where another process works on it, or where it belongs to another sweep or cannot be read.
    """

    def __init__(self, path: Path, head: Head) -> None:
        self.path = path
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._handle = path.open("r+b" if path.exists() else "w+b")
        except OSError as error:
            raise InputError(f"cannot write {path}: {error.strerror or error}") from None
        self._lock()
        self._handle.seek(self._handle.read().rfind(b"\n") + 1)
        self._handle.truncate()
        if found := read_head(path):
            check_head(found, head, path.parent.parent)
        else:
            self._line(asdict(head))

    def add(self, record: Record) -> None:
        """Write a line and see it on disk. Raises `RunError` where the disk is full."""
        self._line(_plain(record))

    def _line(self, document: dict[str, Any]) -> None:
        try:
            self._handle.write(json.dumps(document, separators=(",", ":")).encode() + b"\n")
            self._handle.flush()
            os.fsync(self._handle.fileno())
        except OSError as error:
            raise RunError(f"cannot write {self.path}: {error.strerror or error}") from None

    def _lock(self) -> None:
        try:
            import fcntl
        except ImportError:  # no such locks on this system; chunks are written whole in any case
            return
        try:
            fcntl.flock(self._handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self._handle.close()
            raise InputError(f"another process is at work on {self.path.parent.parent}") from None
        except OSError:  # a file system without locks
            return

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
                 ) -> None:  # fmt: skip
        with contextlib.suppress(OSError):  # what could not be flushed was reported when it was written
            self._handle.close()


def check_head(found: Head, wanted: Head, folder: Path) -> None:
    """Raise `InputError` where a folder was begun by another engine or from other inputs."""
    if found.supplysim != wanted.supplysim:
        text = f"{folder} was begun by supplysim {found.supplysim} and this is {wanted.supplysim}"
        raise InputError(f"{text}: go on with that version, or sweep again, which makes a folder of its own")
    if found.run != wanted.run:
        raise InputError(f"{folder} was begun from other inputs: its scenario or the world's tables have changed since")


def read_head(path: Path) -> Head | None:
    """The head of a journal, None where a crash left none. Raises `InputError` where it cannot be read."""
    for document in _lines(path):
        try:
            return Head(**document)
        except TypeError:
            raise InputError(f"{path}:1: not the journal of a sweep") from None
    return None


def read_records(path: Path) -> dict[Chunk, Record]:
    """The chunks that a journal says are done; a torn last line is passed over.

    Raises `InputError` naming the line where another one cannot be read.
    """
    found: dict[Chunk, Record] = {}
    for number, document in enumerate(_lines(path), 1):
        if number == 1:
            continue
        try:
            record = _record(document)
        except (KeyError, TypeError, ValueError):
            raise InputError(f"{path}:{number}: not a line of a journal; {_ADVICE}") from None
        found[record.chunk] = record
    return found


_ADVICE = "delete it, and `supplysim resume` computes its chunk again"


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    try:
        lines = path.read_bytes().split(b"\n")[:-1]
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror or error}") from None
    for number, line in enumerate(lines, 1):
        try:
            document = json.loads(line)
        except ValueError:
            document = None
        if not isinstance(document, dict):
            raise InputError(f"{path}:{number}: not a line of a journal; {_ADVICE}")
        yield document


def _plain(record: Record) -> dict[str, Any]:
    failures = [[failure.draw, failure.error] for failure in record.failures]
    return {"cell": record.chunk.cell, "first": record.chunk.first, "count": record.chunk.count,
            "sha256": record.sha256, "sizes": record.sizes, "failures": failures, "seconds": record.seconds,
            "memory": record.memory}  # fmt: skip


def _record(line: dict[str, Any]) -> Record:
    chunk = Chunk(int(line["cell"]), int(line["first"]), int(line["count"]))
    failures = tuple(Failure(chunk.cell, int(draw), str(error)) for draw, error in line["failures"])
    table, traces = line["sizes"]
    return Record(chunk, str(line["sha256"]), (int(table), int(traces)), failures, line["seconds"], line["memory"])
