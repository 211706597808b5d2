"""A scenario, read and checked: everything that the rooms below need, in base units."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path as FilePath
from typing import TYPE_CHECKING

from supplysim.scenario.distributions import Distribution
from supplysim.scenario.nodes import Branch
from supplysim.scenario.places import Origin
from supplysim.scenario.schema import Contract, Corridor, Entity, Model, Project, Stockpile
from supplysim.scenario.vocabulary import Vocabulary

if TYPE_CHECKING:
    from supplysim.scenario.sweep import Cell, Sweep

Value = float | str | bool


@dataclass(frozen=True)
class Scenario:
    """One scenario (or one cell of its sweep), resolved and checked.

    `values` has every single value by dotted path in base units: tonnes, months, USD, fractions, dates as months since
    0000-01. `uncertain` says which of them are drawn; `origins` where each comes from. `start` is such a month.
    `scope` names the minerals that are simulated, all of them if it is empty.
    """

    name: str
    title: str
    question: str
    path: FilePath | None
    world: FilePath | None
    start: int
    months: int
    values: Mapping[str, Value]
    origins: Mapping[str, Origin]
    events: Mapping[str, Entity]
    contracts: Mapping[str, Contract]
    projects: Mapping[str, Project]
    stockpiles: Mapping[str, Stockpile]
    corridors: Mapping[str, Corridor]
    model: Model
    uncertain: Mapping[str, Distribution]
    uncertain_origins: Mapping[str, Origin]
    sweep: Sweep
    draws: int
    sampler: str
    seed: int
    rivals: tuple[str, ...]
    consumers: tuple[str, ...]
    sources: Mapping[str, str]
    scope: tuple[str, ...] = ()
    parents: tuple[str, ...] = ()
    tree: Branch | None = field(default=None, repr=False, compare=False)
    vocabulary: Vocabulary | None = field(default=None, repr=False, compare=False)

    def cells(self) -> tuple[Cell, ...]:
        """Every cell of the sweep as a checked scenario of its own; one unnamed cell where there is no sweep."""
        from supplysim.scenario.sweep import cells

        return cells(self)

    def resolved(self, *, everything: bool = False) -> dict[str, object]:
        """The scenario as nested maps of the language, without parents; `everything` adds the world's own values."""
        from supplysim.scenario.write import resolved

        return resolved(self, everything=everything)

    def to_yaml(self, *, origin: bool = False, everything: bool = False) -> str:
        """The scenario as a text that runs on its own and has the same `digest()`; `origin` adds comments."""
        from supplysim.scenario.write import to_yaml

        return to_yaml(self, origin=origin, everything=everything)

    def digest(self) -> str:
        """SHA-256 of all that decides the results: values, names, distributions, sweep, draws, sampler and seed."""
        return self._digest

    @cached_property
    def _digest(self) -> str:
        from supplysim.scenario.write import deciding

        text = json.dumps(deciding(self), sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(text.encode()).hexdigest()
