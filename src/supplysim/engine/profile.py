"""When something happens, how strongly, and how it fades: one number a draw for each month."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from supplysim.engine.market import Array, Mask

NEVER = 10**6
"""A month after every horizon."""
TAIL = 4.0
"""Time constants after which an exponential recovery is over; 2 % is left then."""


@dataclass(frozen=True)
class Profile:
    """Intensity over time, months counted from the start of the run; arrays `(d,)`, or `(1,)` where draws agree.

    Rises over `ramp` months from `start`, holds `severity` until `stop`, then fades from the level reached: `shape` is
    step (at once), linear (over `fade` months) or exponential (`fade` is its time constant; it ends after `TAIL` of
    them, so that what it limits is free again). `happens` says in which draws it takes place at all. It works only
    while every profile in `only` does and none in `unless`: the specific rule beats the general one.
    """

    start: Array
    stop: Array
    severity: Array = field(default_factory=lambda: np.ones(1))
    ramp: Array = field(default_factory=lambda: np.zeros(1))
    fade: Array = field(default_factory=lambda: np.zeros(1))
    shape: str = "step"
    happens: Mask = field(default_factory=lambda: np.ones(1, dtype=bool))
    unless: tuple[Profile, ...] = ()
    only: tuple[Profile, ...] = ()

    def at(self, month: int | NDArray[np.int64]) -> Array:
        """Intensity `(d,)` in `month`, between 0 and `severity`; `(t, d)` where `month` is `(t, 1)`."""
        since, after = month - self.start, month - self.stop
        risen = np.clip((np.minimum(since, self.stop - self.start - 1.0) + 1.0) / np.maximum(self.ramp, 1.0), 0.0, 1.0)
        level = np.where(since < 0, 0.0, risen * np.where(after < 0, 1.0, self._fading(after)))
        level = level * self.severity * self.happens
        for rule in self.unless:
            level = level * (rule.at(month) == 0)
        for rule in self.only:
            level = level * (rule.at(month) > 0)
        return np.asarray(level)

    def _fading(self, after: Array) -> Array:
        if self.shape == "step":
            return np.zeros_like(after)
        passed = (after + 1.0) / np.maximum(self.fade, 1e-9)
        if self.shape == "linear":
            return np.clip(1.0 - passed, 0.0, 1.0)
        return np.where((self.fade > 0) & (passed <= TAIL), np.exp(-np.clip(passed, 0.0, TAIL)), 0.0)


def always() -> Profile:
    """At work at full strength in every month."""
    return Profile(np.zeros(1), np.full(1, float(NEVER)))
