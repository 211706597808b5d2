"""Every number of a scenario by its dotted path, drawn where it is uncertain."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from supplysim.engine.market import Array, Mask
from supplysim.scenario import Scenario
from supplysim.scenario.nodes import Branch, get


@dataclass(frozen=True)
class Inputs:
    """A scenario's resolved values, overlaid by `drawn`: arrays `(d,)` by path for a block of `draws`."""

    scenario: Scenario
    drawn: Mapping[str, Array]
    draws: int

    def at(self, path: str, default: float | None = None) -> Array:
        """The value at a path, `(d,)` where drawn and `(1,)` where all draws share it.

        Raises `KeyError` if the scenario does not have the path and no `default` is given.
        """
        if path in self.drawn:
            return self.drawn[path]
        value = self.scenario.values.get(path)
        if value is None:
            if default is None:
                raise KeyError(path)
            value = default
        return np.array([float(value)])

    def has(self, path: str) -> bool:
        """Whether the path has a value."""
        return path in self.drawn or self.scenario.values.get(path) is not None

    def changed(self, path: str) -> bool:
        """Whether the scenario sets or draws the path, rather than leaving it to the world's tables."""
        origin = self.scenario.origins.get(path)
        return path in self.drawn or (origin is not None and origin.kind != "world")

    @cached_property
    def changes(self) -> tuple[str, ...]:
        """All paths that are `changed`."""
        return tuple(path for path in dict.fromkeys((*self.scenario.origins, *self.drawn)) if self.changed(path))

    def place(self, path: str) -> str:
        """Where the value at a path, or the entity it belongs to, was written; "" where that is not known."""
        tree = self.scenario.tree
        entry = get(tree, tuple(path.split("."))) if tree else None
        if entry is None:
            return self.place(path.rpartition(".")[0]) if "." in path else ""
        return str(entry.place if isinstance(entry.node, Branch) else entry.node.place)

    def month(self, path: str) -> Array:
        """A date as whole months since the start of the run."""
        return np.asarray(np.floor(self.at(path) - self.scenario.start))

    def happens(self, path: str) -> Mask:
        """In which draws something with the probability at `path` takes place, from the draw of its `.happens`."""
        chance = self.at(path, 1.0)
        luck = self.drawn.get(f"{path}.happens")
        return np.asarray(chance >= 1.0 if luck is None else luck < chance)
