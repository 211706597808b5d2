"""When a leg is open: political closures and weather as the speed of its gate over time."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from supplysim.logistics.corridor import MONTH, Closure, Leg

Array = NDArray[np.float64]
BEGINNING = -1e6  # a day before everything: closures "since ever" start here, so that work can be counted from an edge


class Gate:
    """A speed from 0 (shut) to 1, constant between break points.

    Work begun is put down when the gate shuts and taken up again when it opens, so that when it ends follows from the
    integral of the speed, and nothing ever needs to be interrupted.
    """

    def __init__(self, closures: Iterable[Closure]) -> None:
        spans = [(max(c.start_day, BEGINNING), c.end_day, 1.0 - c.severity) for c in closures if c.severity > 0]
        edges = sorted({edge for first, last, _ in spans if last > first for edge in (first, last) if edge < np.inf})
        times = np.array([-np.inf, *edges])
        speeds = np.ones(len(times))
        for first, last, speed in spans:
            speeds[(times >= first) & (times < last)] *= speed
        # Work is counted from the first edge; before it the gate is open, so -inf needs no integral.
        done = np.concatenate([[0.0, 0.0], np.cumsum(np.diff(times[1:]) * speeds[1:-1])])[: len(times)]
        self._times: list[float] = times.tolist()
        self._speeds: list[float] = speeds.tolist()
        self._done: list[float] = done.tolist()

    def opens(self, day: float) -> float:
        """The first moment from `day` on at which work can go on; infinity if there is none."""
        at = bisect_right(self._times, day) - 1
        while at < len(self._speeds) and self._speeds[at] == 0:
            at += 1
        return np.inf if at == len(self._speeds) else max(day, self._times[at])

    def all_open(self, days: Array) -> Array:
        """`opens` of many days at once."""
        at, opens = np.searchsorted(self._times, days, side="right") - 1, days.astype(float)
        for k in np.flatnonzero(np.asarray(self._speeds) == 0).tolist():  # in order: one may open into the next
            opens[at == k] = self._times[k + 1] if k + 1 < len(self._times) else np.inf
            at[at == k] = k + 1
        return opens

    def worked(self, day: float) -> float:
        """Days of full-speed work possible from a fixed origin to `day`."""
        at = bisect_right(self._times, day) - 1
        if at == 0:
            return day - self._times[1] if len(self._times) > 1 else day
        return self._done[at] + (day - self._times[at]) * self._speeds[at]

    def finishes(self, day: float, work: float) -> float:
        """When `work` days of full-speed work begun on `day` are done; infinity if never."""
        if len(self._times) == 1:
            return day + work
        goal = self.worked(day) + work
        if goal <= 0:
            return self._times[1] + goal
        at = bisect_left(self._done, goal, lo=1) - 1
        if self._speeds[at] == 0:
            return np.inf
        # Work too small to measure, begun on the edge of a closure, would end before the closure.
        return max(day, self._times[at] + (goal - self._done[at]) / self._speeds[at])


def storms(leg: Leg, days: tuple[int, int], starts: int, rng: np.random.Generator) -> list[Closure]:
    """Weather closures of `leg` between two days, day 0 being the first of calendar month `starts`.

    A Markov chain of whole days that is shut for `closed_share` of each month in the long run, `spell_days` at a time.
    """
    if not any(leg.closed_share):
        return []
    first, last = days
    chance = rng.random(last - first)
    spells: list[Closure] = []
    shut_since: int | None = None
    for day in range(first, last):
        share = leg.closed_share[(starts + int(day // MONTH)) % 12]
        lift = 1.0 / leg.spell_days
        if shut_since is None and chance[day - first] < share * lift / (1.0 - share):
            shut_since = day
        elif shut_since is not None and chance[day - first] < lift:
            spells.append(Closure(shut_since, day))
            shut_since = None
    return [*spells, Closure(shut_since, last)] if shut_since is not None else spells
