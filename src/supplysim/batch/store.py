"""The folder of a sweep while it runs: chunks, journals, and what is done."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from pathlib import Path

from supplysim import __version__
from supplysim.batch.chunk import Done
from supplysim.batch.journal import Head, Journal, Record, check_head, read_head, read_records, record_of
from supplysim.batch.plan import Chunk, Plan
from supplysim.errors import InputError, RunError
from supplysim.results.folder import MANIFEST, read_manifest, write_text, write_whole
from supplysim.scenario import to_yaml

SCENARIO = "scenario.yaml"
TRACES = ("monthly.parquet", "flows.parquet", "contracts.parquet")
"""Files of a cell that are made of its traced chunks."""


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
        return self.chunks / f"{chunk.cell:04d}" / f"{chunk.first:09d}.draws.parquet"

    def traces(self, chunk: Chunk) -> Path:
        """A traced chunk's months and links."""
        return self.chunks / f"{chunk.cell:04d}" / f"{chunk.first:09d}.traces.parquet"

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
        heads = {head for path in self.journals() if (head := read_head(path)) is not None}
        if len(heads) > 1:
            raise InputError(f"the journals in {self.chunks} belong to different sweeps or block sizes")
        return heads.pop() if heads else None

    def open(self, plan: Plan, part: tuple[int, int] = (1, 1)) -> Journal:
        """Begin or go on: writes the scenario, checks all heads and opens this part's journal. Raises `InputError`."""
        head = Head(__version__, plan.hash, plan.block)
        found = self.head()
        if found is not None:
            check_head(found, head, self.folder)
        if not (self.folder / SCENARIO).is_file():
            self._begin(plan)
        return Journal(self.chunks / f"journal-{part[0]}-of-{part[1]}.jsonl", head)

    def _begin(self, plan: Plan) -> None:
        """Write the scenarios, the sweep's own last: from then on the folder is all that is needed to go on.

        The cells' are written now because a scenario that is read back no longer knows the files that it came from.
        """
        for number in range(plan.cells):
            write_text(self.cell(number) / SCENARIO, to_yaml(plan.cell(number).scenario, origin=True))
        write_text(self.folder / SCENARIO, to_yaml(plan.scenario, origin=True))

    def done(self) -> dict[Chunk, Record]:
        """The chunks that journals name and whose files are there whole."""
        found: dict[Chunk, Record] = {}
        for path in self.journals():
            found |= {chunk: record for chunk, record in read_records(path).items() if self._whole(record)}
        return found

    def _whole(self, record: Record) -> bool:
        table, traces = record.sizes
        return _holds(self.table(record.chunk), table) and (
            _holds(self.traces(record.chunk), traces) or self.condensed(record.chunk.cell)
        )

    def condensed(self, cell: int) -> bool:
        """Whether the traces of a cell have been made into its tables."""
        return all((self.cell(cell) / name).is_file() for name in TRACES)

    def keep(self, done: Done, journal: Journal) -> None:
        """Put a chunk on disk, then into the journal. Raises `RunError` where the disk does not take it."""
        try:
            for path, content in ((self.table(done.chunk), done.table), (self.traces(done.chunk), done.traces)):
                if content is not None:
                    write_whole(path, lambda target, content=content: target.write_bytes(content))  # type: ignore[misc]
        except InputError as error:
            raise RunError(str(error)) from None
        journal.add(record_of(done))

    def drop_traces(self, chunks: Iterable[Chunk]) -> None:
        """Remove traced chunks' files once their cell's tables are written."""
        for chunk in chunks:
            self.traces(chunk).unlink(missing_ok=True)

    def clear(self) -> None:
        """Remove what only an unfinished sweep needs."""
        shutil.rmtree(self.chunks, ignore_errors=True)


def _holds(path: Path, size: int) -> bool:
    return size == 0 or (path.is_file() and path.stat().st_size == size)
