"""The journal of a sweep: a line for each chunk that is safely on disk, only ever added to.

Every line says which sweep it belongs to and ends in a checksum of itself. A line torn by a crash or a full disk is cut
off when the journal is opened again; one that does not match its checksum is passed over and named. The chunk of either
is computed again. Several machines write a journal each (`--part K/N`); all are read together.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from supplysim.batch.chunk import Done, Failure
from supplysim.batch.plan import Chunk
from supplysim.errors import InputError, RunError


@dataclass(frozen=True)
class Head:
    """What every line begins with: which engine began which sweep (`run` is its hash), in chunks of how many draws."""

    supplysim: str
    run: str
    block: int


@dataclass(frozen=True)
class Record:
    """A chunk that is done: SHA-256 of its table and of its traces ("" for none), its failures, how long it took, and
    why the compiled engine left a product to NumPy."""

    chunk: Chunk
    sha256: tuple[str, str]
    failures: tuple[Failure, ...]
    seconds: float
    memory: int
    by_numpy: Mapping[str, str] = field(default_factory=dict)


def record_of(done: Done) -> Record:
    """What the journal says of a computed chunk."""
    return Record(done.chunk, done.digests(), done.failures, round(done.seconds, 4), done.memory, done.by_numpy)


@dataclass(frozen=True)
class Entries:
    """What journals say: `files` has the SHA-256 of other files by name, each that was ever noted; `command` is what
    was typed to begin with; `damaged` names the lines that do not match their checksum."""

    heads: frozenset[Head]
    records: Mapping[Chunk, tuple[Record, ...]]
    files: Mapping[str, frozenset[str]]
    command: str
    damaged: tuple[str, ...]


class Journal:
    """A journal open for adding to; no other process can have it open at the same time.

    Raises `InputError` where another process works on it, or where it belongs to another sweep or cannot be read.
    """

    def __init__(self, path: Path, head: Head) -> None:
        self.path, self.head = path, head
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._handle = path.open("r+b" if path.exists() else "w+b")
        except OSError as error:
            raise InputError(f"cannot write {path}: {error.strerror or error}") from None
        self._lock()
        self._handle.seek(self._handle.read().rfind(b"\n") + 1)
        self._handle.truncate()
        for found in read_journals([path]).heads:
            check_head(found, head, path.parent.parent)

    def add(self, record: Record) -> None:
        """Write a line and see it on disk. Raises `RunError` where the disk is full."""
        self._line(_plain(record))

    def note(self, files: Mapping[str, str], command: str = "") -> None:
        """Write down the SHA-256 of files by name, and the command that began. Raises `RunError` as `add` does."""
        self._line({"files": dict(files), **({"command": command} if command else {})})

    def _line(self, document: Mapping[str, Any]) -> None:
        try:
            self._handle.write(_sealed({**asdict(self.head), **document}))
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


def read_journals(paths: Iterable[Path]) -> Entries:
    """Everything that journals say; a torn last line is passed over. Raises `InputError` where one cannot be read."""
    heads: set[Head] = set()
    records: dict[Chunk, tuple[Record, ...]] = {}
    files: dict[str, frozenset[str]] = {}
    command, damaged = "", []
    for path in paths:
        for number, line in enumerate(_lines(path), 1):
            try:
                document = _opened(line)
                heads.add(Head(*(document[key] for key in ("supplysim", "run", "block"))))
            except (KeyError, TypeError, ValueError):
                damaged.append(f"{path.name}:{number}")
                continue
            if "cell" in document:
                record = _record(document)
                records[record.chunk] = (*records.get(record.chunk, ()), record)
            for name, digest in document.get("files", {}).items():
                files[name] = files.get(name, frozenset()) | {digest}
            command = command or document.get("command", "")
    return Entries(frozenset(heads), records, files, command, tuple(damaged))


def _lines(path: Path) -> Iterator[bytes]:
    try:
        yield from path.read_bytes().split(b"\n")[:-1]
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror or error}") from None


_SEAL = b',"check":"%s"}'
_DIGITS = 16
"""Of the SHA-256 of a line: one in 1e19 damaged lines would pass."""


def _sealed(document: Mapping[str, Any]) -> bytes:
    """A line of JSON whose last value is the checksum of all that stands before it."""
    body = json.dumps(document, separators=(",", ":")).encode()[:-1]
    return body + _SEAL % _check(body) + b"\n"


def _opened(line: bytes) -> dict[str, Any]:
    """The document of a line. Raises `ValueError` where it does not match its checksum."""
    body = line[: -len(_SEAL % _check(b""))]
    if line != body + _SEAL % _check(body):
        raise ValueError("the line does not match its checksum")
    return dict(json.loads(body + b"}"))


def _check(body: bytes) -> bytes:
    return hashlib.sha256(body).hexdigest()[:_DIGITS].encode()


def _plain(record: Record) -> dict[str, Any]:
    failures = [[failure.draw, failure.error] for failure in record.failures]
    return {"cell": record.chunk.cell, "first": record.chunk.first, "count": record.chunk.count,
            "sha256": record.sha256, "failures": failures, "seconds": record.seconds,
            "memory": record.memory,
            **({"by_numpy": dict(record.by_numpy)} if record.by_numpy else {})}  # fmt: skip


def _record(line: Mapping[str, Any]) -> Record:
    chunk = Chunk(line["cell"], line["first"], line["count"])
    failures = tuple(Failure(chunk.cell, draw, error) for draw, error in line["failures"])
    table, traces = line["sha256"]
    return Record(chunk, (table, traces), failures, line["seconds"], line["memory"], line.get("by_numpy", {}))
