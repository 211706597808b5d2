"""Bits flipped, one at a time, in the folder of a sweep that has not ended: journal, chunks, tables, scenarios.

The folder is that of a sweep stopped before its last chunk, so that one cell's months are made into tables and the
other's are still in chunks. What a chunk is computed to is remembered, since whether a flip is noticed does not depend
on it. A flip is well if the sweep that goes on has the bytes of one that was never harmed, and if somebody is told.
"""

from __future__ import annotations

import logging
import random
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from unittest import mock

from tests.stress.sweeps import bytes_of, scenario_file

from supplysim.batch import sweep as sweeps
from supplysim.batch.chunk import Done
from supplysim.batch.plan import Chunk, Plan
from supplysim.batch.sweep import reopened, sweep
from supplysim.batch.workers import computed
from supplysim.errors import InputError
from supplysim.scenario import Scenario, load

COUNT = 500
DRAWS, BLOCK = 12, 3


class Told(logging.Handler):
    """Counts warnings."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.count = 0

    def emit(self, _: logging.LogRecord) -> None:
        self.count += 1


class Sweeps:
    """A sweep that was never harmed, one that was stopped before its end, and every chunk that was computed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.plan = Plan(load(scenario_file(folder, DRAWS)), BLOCK)
        self.known: dict[Chunk, Done] = {}
        self.scenarios: dict[bytes, Scenario] = {}
        with mock.patch.object(sweeps, "computed", self.remembered):
            self.wanted = bytes_of(sweep(self.plan, folder / "whole").folder)
            try:
                sweep(self.plan, folder / "stopped", progress=stop_before_the_last)
            except KeyboardInterrupt:
                self.stopped = self.plan.folder(folder / "stopped")

    def remembered(self, plan: Plan, world: object, chunks: Sequence[Chunk], where: object) -> Iterator[Done]:
        """Chunks, each computed the first time that it is asked for."""
        for chunk in chunks:
            if chunk not in self.known:
                (self.known[chunk],) = computed(plan, world, [chunk], where)  # type: ignore[arg-type]
            yield self.known[chunk]

    def read(self, path: Path) -> Scenario:
        """A scenario's file, read once for each content that it has."""
        content = path.read_bytes()
        if content not in self.scenarios:
            self.scenarios[content] = load(path)
        return self.scenarios[content]

    def harmed(self, harm: Callable[[Path], object]) -> tuple[bool, str]:
        """Whether the stopped sweep ends with the right bytes once its folder was harmed, and how that was told."""
        results = self.folder / "harmed"
        shutil.rmtree(results, ignore_errors=True)
        folder = self.plan.folder(results)
        shutil.copytree(self.stopped, folder)
        harm(folder)
        told = Told()
        logging.getLogger("supplysim").addHandler(told)
        try:
            with (
                mock.patch.object(sweeps, "computed", self.remembered),
                mock.patch.object(sweeps, "load_scenario", self.read),
            ):
                try:
                    sweep(reopened(folder), results)
                    how = "told, computed again" if told.count else "not told"
                except InputError:
                    sweep(self.plan, results)
                    how = "refused, written anew from the scenario's file"
        finally:
            logging.getLogger("supplysim").removeHandler(told)
        return bytes_of(folder) == self.wanted, how


def stop_before_the_last(done: int, total: int, _: int) -> None:
    """A progress function that stops a sweep when one chunk is left."""
    if total - BLOCK <= done < total:
        raise KeyboardInterrupt


def flip(path: Path, chance: random.Random) -> None:
    """One bit of a file, anywhere."""
    content = bytearray(path.read_bytes())
    content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
    path.write_bytes(content)


def kind_of(path: Path) -> str:
    """What a file of an unfinished sweep is, in a word or two."""
    return next((word for word in ("journal", "draws", "traces", "scenario") if word in path.name), "table of months")


def run(count: int, seed: int) -> bool:
    """Flip so many bits; say what came of them by kind of file."""
    logging.getLogger("supplysim").propagate = False
    chance, found, well = random.Random(seed), Counter[tuple[str, str, bool]](), True
    with tempfile.TemporaryDirectory() as name:
        known = Sweeps(Path(name))
        files = sorted(path.relative_to(known.stopped) for path in known.stopped.rglob("*") if path.is_file())
        kinds = sorted({kind_of(path) for path in files})
        for number in range(count):
            kind = "journal" if number % 2 else kinds[number // 2 % len(kinds)]
            path = chance.choice([path for path in files if kind_of(path) == kind])
            same, how = known.harmed(lambda folder, path=path: flip(folder / path, chance))
            found[kind, how, same] += 1
            well &= same and how != "not told"
    for (kind, how, same), number in sorted(found.items()):
        sys.stdout.write(f"{kind:16} {how:48} {'the same bytes' if same else 'OTHER BYTES':16} {number:5}\n")
    return well
