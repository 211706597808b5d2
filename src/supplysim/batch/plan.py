"""What a sweep consists of: cells, and chunks of each cell's draws."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from itertools import product
from pathlib import Path

from supplysim.batch.block import TRACED
from supplysim.results.folder import run_hash
from supplysim.scenario import Cell, Scenario, cells
from supplysim.scenario.axes import Choice, Sweep

MOST_DRAWS = 512
"""Draws of a chunk beyond which a draw takes no less time."""
BLOCK_ROOM = {"numpy": 100_000, "compiled": 1_000_000}
"""Draws x months x products of a chunk by engine, unless told otherwise: some seconds of work."""
MANY_CHUNKS = 128
"""Chunks of a cell beyond which they hold more draws each: to write and merge one hardly takes longer for it."""
TRACED_BLOCK = 32
"""Most draws of a chunk that keeps months and links, which take far more memory than metrics."""


@dataclass(frozen=True, order=True)
class Chunk:
    """Draws `first` to `first + count` of one cell."""

    cell: int
    first: int
    count: int

    @property
    def traced(self) -> bool:
        return self.first < TRACED


@dataclass(frozen=True, eq=False)
class Plan:
    """A scenario's sweep cut into chunks of at most `block` draws for one engine, a function of these alone.

    Two plans of the same inputs are two: a scenario that was read back from a folder no longer knows the files that its
    cells' values came from, so neither may be given the other's cells.
    """

    scenario: Scenario
    block: int
    engine: str = "numpy"

    @cached_property
    def choices(self) -> tuple[Choice, ...]:
        """One choice a cell, in order; none where the scenario sweeps nothing and is its own only cell."""
        axes = self.scenario.sweep.axes.values()
        combined = [*product(*axes)] if axes else []
        return tuple(_joined(combination) for combination in combined) + self.scenario.sweep.cases

    @property
    def cells(self) -> int:
        return max(len(self.choices), 1)

    def cell(self, number: int) -> Cell:
        """A cell as a checked scenario of its own. Raises `InputError` with its faults."""
        return _cell(self, number)

    @cached_property
    def draws(self) -> tuple[int, ...]:
        """Draws of each cell; resolves and checks all of them. Raises `InputError` for the first that is wrong."""
        return tuple(self.cell(number).scenario.draws for number in range(self.cells))

    def chunks(self) -> Iterator[Chunk]:
        """Every chunk of every cell, in order."""
        for cell, draws in enumerate(self.draws):
            first = 0
            while first < draws:
                count = min(self.block, draws - first)
                if first < TRACED:
                    count = min(count, TRACED_BLOCK, TRACED - first)
                yield Chunk(cell, first, count)
                first += count

    @cached_property
    def hash(self) -> str:
        """SHA-256 of what decides the sweep's bytes, which the block size does not."""
        return hashlib.sha256(f"sweep {run_hash(self.scenario, self.engine)}".encode()).hexdigest()

    def folder(self, results: Path) -> Path:
        """`results/<scenario>/<first 12 hex of the hash>`."""
        return results / self.scenario.name / self.hash[:12]


def plan_of(scenario: Scenario, block: int | None = None, engine: str = "numpy") -> Plan:
    """The plan of a sweep in chunks of `block` draws, or of as many as memory and speed suggest."""
    if block is not None:
        return Plan(scenario, block, engine)
    products = scenario.vocabulary.products if scenario.vocabulary else ()
    simulated = [p for p in products if not scenario.scope or p.partition(".")[0] in scenario.scope]
    room = BLOCK_ROOM[engine] // (scenario.months * max(len(simulated), 1))
    count = max(1 << max(room, 1).bit_length() - 1, TRACED_BLOCK)
    while scenario.draws > MANY_CHUNKS * count:
        count *= 2
    return Plan(scenario, min(count, MOST_DRAWS), engine)


def _joined(combination: tuple[Choice, ...]) -> Choice:
    settings = tuple(setting for choice in combination for setting in choice.settings)
    return Choice(", ".join(choice.label for choice in combination), settings)


@lru_cache(maxsize=32)
def _cell(plan: Plan, number: int) -> Cell:
    if not plan.choices:
        return Cell("", {}, plan.scenario)
    return cells(replace(plan.scenario, sweep=Sweep({}, (plan.choices[number],))))[0]
