"""The folder of a sweep while it runs: chunks, journals, and what is done."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from supplysim import __version__
from supplysim.batch.chunk import Done
from supplysim.batch.journal import Entries, Head, Journal, Record, check_head, read_journals, record_of
from supplysim.batch.plan import Chunk, Plan
from supplysim.errors import InputError, RunError
from supplysim.results.folder import MANIFEST, read_manifest, sha256_of, write_text, write_whole
from supplysim.scenario import to_yaml

SCENARIO = "scenario.yaml"
TRACES = ("monthly.parquet", "flows.parquet", "contracts.parquet", "embodied.parquet")
"""Files of a cell that are made of its traced chunks."""


class DamagedError(Exception):
    """A file is not the one that was written; it is made again before anything is made of it."""


@dataclass(frozen=True)
class Kept:
    """What a folder holds of a sweep, every file checked against its digest: `records` of chunks that are whole, the
    cells whose tables by month, link and contract are, `files` noted in the journals, and what was found `damaged`."""

    records: Mapping[Chunk, Record]
    condensed: frozenset[int]
    files: Mapping[str, frozenset[str]]
    command: str
    damaged: tuple[str, ...]


class Store:
    """The folder of one sweep: `cells/0000/...` when finished, `chunks/` until then."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.chunks = folder / "chunks"

    def cell(self, number: int) -> Path:
        """The folder of a cell, which is a run's folder like any other."""
        return self.folder / "cells" / f"{number:04d}"

    def table(self, chunk: Chunk) -> Path:
        """A chunk's draws."""
        return self.chunks / f"{chunk.cell:04d}" / f"{chunk.first:09d}.draws.arrow"

    def traces(self, chunk: Chunk) -> Path:
        """A traced chunk's months and links."""
        return self.chunks / f"{chunk.cell:04d}" / f"{chunk.first:09d}.traces.arrow"

    @property
    def finished(self) -> bool:
        """Whether there is a manifest that says so."""
        path = self.folder / MANIFEST
        return path.is_file() and read_manifest(self.folder).get("state") == "finished"

    def journals(self) -> list[Path]:
        """The journals of all parts."""
        return sorted(self.chunks.glob("journal-*.jsonl"))

    def head(self) -> Head | None:
        """What the folder was begun as; None where nothing was begun. Raises `InputError` if journals disagree."""
        heads = read_journals(self.journals()).heads
        if len(heads) > 1:
            raise InputError(f"the journals in {self.chunks} belong to different sweeps or block sizes")
        return next(iter(heads), None)

    def open(self, plan: Plan, part: tuple[int, int] = (1, 1), command: str = "") -> Journal:
        """Begin or go on: checks heads, opens this part's journal, writes the scenarios. Raises `InputError`."""
        head = Head(__version__, plan.hash, plan.block)
        found = self.head()
        if found is not None:
            check_head(found, head, self.folder)
        journal = Journal(self.chunks / f"journal-{part[0]}-of-{part[1]}.jsonl", head)
        try:
            self._begin(plan, journal, command)
        except BaseException:
            journal.__exit__(None, None, None)
            raise
        return journal

    def _begin(self, plan: Plan, journal: Journal, command: str) -> None:
        """Write the scenarios that are not there as they were written, the sweep's own last.

        From then on the folder is all that is needed to go on. The cells' are written now because a scenario that is
        read back no longer knows the files that it came from, which is also why damaged ones cannot be written anew
        from the folder: that raises `InputError`.
        """
        cells = [self.cell(number) / SCENARIO for number in range(plan.cells)]
        noted = read_journals(self.journals()).files
        lacking = [path for path in (*cells, self.folder / SCENARIO) if not self._as_noted(path, noted)]
        if not lacking:
            return
        if plan.scenario.path == self.folder / SCENARIO:
            for path in lacking:
                if self.name(path) in noted or not path.is_file():
                    raise InputError(_edited(path))
            # the line that noted them is lost; that they are this sweep's is told by its hash
            journal.note({self.name(path): sha256_of(path) for path in lacking}, command)
            return
        for number, path in enumerate(cells):
            if path in lacking:
                write_text(path, to_yaml(plan.cell(number).scenario, origin=True))
        write_text(self.folder / SCENARIO, to_yaml(plan.scenario, origin=True))
        written = dict.fromkeys((*lacking, self.folder / SCENARIO))
        journal.note({self.name(path): sha256_of(path) for path in written}, command)

    def check_scenario(self) -> None:
        """Raise `InputError` where the sweep's own scenario is not the one that was written."""
        noted = read_journals(self.journals()).files
        path = self.folder / SCENARIO
        if self.name(path) in noted and not self._as_noted(path, noted):
            raise InputError(_edited(path))

    def name(self, path: Path) -> str:
        """A file's path in the folder, as journals and the manifest have it."""
        return path.relative_to(self.folder).as_posix()

    def _as_noted(self, path: Path, noted: Mapping[str, frozenset[str]]) -> bool:
        return path.is_file() and sha256_of(path) in noted.get(self.name(path), ())

    def kept(self) -> Kept:
        """What is there, read and checked file by file."""
        entries = read_journals(self.journals())
        wrong = [f"{line} does not match its checksum" for line in entries.damaged]
        condensed, records = self._condensed(entries, wrong), {}
        for chunk, candidates in entries.records.items():
            files = [self.table(chunk), *([] if chunk.cell in condensed else [self.traces(chunk)])]
            seen = [_digest(path) for path in files]
            whole = [record for record in candidates if all(map(_agrees, seen, record.sha256))]
            if whole:
                records[chunk] = whole[-1]
                continue
            for path, digest, wanted in zip(files, seen, candidates[-1].sha256, strict=False):
                if not _agrees(digest, wanted):
                    wrong.append(f"{self.name(path)} is {'not as it was written' if digest else 'missing'}")
        return Kept(records, condensed, entries.files, entries.command, tuple(wrong))

    def _condensed(self, entries: Entries, wrong: list[str]) -> frozenset[int]:
        """Cells whose traces have been made into tables that are there; adds those that are damaged to `wrong`."""
        found = set()
        for number in {int(name.split("/")[1]) for name in entries.files if name.endswith(TRACES)}:
            paths = [self.cell(number) / name for name in TRACES]
            bad = [path for path in paths if not self._as_noted(path, entries.files)]
            if not bad:
                found.add(number)
            wrong += [f"{self.name(path)} is not as it was written" for path in bad]
        return frozenset(found)

    def checked(self, path: Path, digest: str) -> Path:
        """The path, once its file is seen to be the one with that digest. Raises `DamagedError` where it is not."""
        if _digest(path) != digest:
            raise DamagedError(f"{self.name(path)} is not as it was written")
        return path

    def keep(self, done: Done, journal: Journal) -> Record:
        """Put a chunk on disk, then into the journal, which then has this of it. Raises `RunError` where the disk does
        not take it."""
        try:
            for path, content in ((self.table(done.chunk), done.table), (self.traces(done.chunk), done.traces)):
                if content is not None:
                    write_whole(path, lambda target, content=content: target.write_bytes(content))  # type: ignore[misc]
        except InputError as error:
            raise RunError(str(error)) from None
        record = record_of(done)
        journal.add(record)
        return record

    def drop_traces(self, chunks: Iterable[Chunk]) -> None:
        """Remove traced chunks' files once their cell's tables are written."""
        for chunk in chunks:
            self.traces(chunk).unlink(missing_ok=True)

    def clear(self) -> None:
        """Remove what only an unfinished sweep needs."""
        shutil.rmtree(self.chunks, ignore_errors=True)


def _digest(path: Path) -> str:
    """SHA-256 of a file, "" where there is none."""
    try:
        return sha256_of(path)
    except FileNotFoundError:
        return ""


def _agrees(found: str, wanted: str) -> bool:
    """Whether a file has its digest; one that never was need not be there."""
    return not wanted or found == wanted


def _edited(path: Path) -> str:
    return (
        f"{path} is not the one that was written: it was edited or damaged. Put it back, or sweep the scenario's own "
        "file again with the same options, which writes it anew and goes on"
    )
