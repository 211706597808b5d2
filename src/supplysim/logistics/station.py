"""How lots pass a leg: unhindered, through a gate with places, aboard vessels, or on fixed departures.

A leg heeds nothing that lies behind it, so that corridors are passed leg by leg. Where lots wait for one another the
leg is a SimPy model of its own; where each passes by itself, all are sent at once.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Generator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from supplysim.logistics.corridor import Leg
from supplysim.logistics.gate import Array, Gate

if TYPE_CHECKING:
    import simpy

Process = Generator[Any, Any, None]


@dataclass(frozen=True)
class Visits:
    """Lots at a leg in order of arrival, all `(lot,)`: the days on which each came, was taken by the gate and had
    travelled the leg (infinite: not while the simulation ran), its tonnes, and how long it held a place."""

    came: Array
    tonnes: Array
    taken: Array
    held: Array
    left: Array

    @classmethod
    def of(cls, came: Array, tonnes: Array) -> Visits:
        """Lots that are not yet taken."""
        return cls(came, tonnes, np.full(len(came), np.inf), np.zeros(len(came)), np.full(len(came), np.inf))


def pass_leg(
    leg: Leg, gate: Gate, rng: np.random.Generator, lots: tuple[Array, Array], days: tuple[float, float]
) -> Visits:
    """The visits of lots, which are given by day and tonnes in order of arrival, simulated between two `days`."""
    visits = Visits.of(*lots)
    if not leg.limited and not leg.departure_days:
        _unhindered(leg, gate, rng, visits, days[1])
        return visits
    import simpy

    env = simpy.Environment(initial_time=days[0])
    station = _station(env, (leg, gate, rng), visits)
    env.process(station.arrivals())
    env.run(until=days[1])
    return visits


def drawn(rng: np.random.Generator, mean: float, cv: float, size: int | None = None) -> Any:
    """Gamma times of that mean and coefficient of variation: one, or an array of `size`."""
    if not cv or not mean:
        return mean if size is None else np.full(size, mean)
    return rng.gamma(1.0 / cv**2, mean * cv**2, size)


def _unhindered(leg: Leg, gate: Gate, rng: np.random.Generator, visits: Visits, end: float) -> None:
    """Lots that wait for an open gate alone."""
    opens = visits.came + (gate.all_open(visits.came) - visits.came)
    count = int(np.searchsorted(opens, end))  # the gate takes them in order of arrival
    visits.taken[:count] = opens[:count]
    visits.left[:count] = opens[:count] + drawn(rng, leg.transit_days, leg.transit_cv, count)


class Station:
    """A leg whose gate has places, each for one lot at a time."""

    def __init__(
        self, env: simpy.Environment, kind: tuple[Leg, Gate, np.random.Generator], visits: Visits
    ) -> None:  # fmt: skip
        import simpy

        self.env, self.visits = env, visits
        self.leg, self.gate, self.rng = kind
        self.places = simpy.Resource(env, capacity=self.leg.places) if self.leg.limited else None

    def arrivals(self) -> Process:
        """Let the lots come, each on its day."""
        for visit, day in enumerate(self.visits.came.tolist()):
            yield self.env.timeout(max(0.0, day - self.env.now))
            self.arrive(visit)

    def arrive(self, visit: int) -> None:
        """A lot has come."""
        self.env.process(self.serve(visit))

    def serve(self, visit: int) -> Process:
        """A lot waits for a place, then for an open gate, and is worked on."""
        assert self.places is not None  # noqa: S101 - a leg with neither places nor departures is passed unhindered
        with self.places.request() as place:
            yield place
            yield from self.wait_open()
            work = float(drawn(self.rng, self.leg.work(float(self.visits.tonnes[visit])), self.leg.service_cv))
            self.take(visit, work)
            yield self.env.timeout(self.gate.finishes(self.env.now, work) - self.env.now)
        self.travel(visit)

    def wait_open(self) -> Process:
        opens = self.gate.opens(self.env.now)
        if opens > self.env.now:
            yield self.env.timeout(opens - self.env.now)

    def take(self, visit: int, held: float) -> None:
        self.visits.taken[visit] = self.env.now
        self.visits.held[visit] = held

    def travel(self, visit: int) -> None:
        """The lot is on its way: nothing can hinder it any more."""
        self.visits.left[visit] = self.env.now + float(drawn(self.rng, self.leg.transit_days, self.leg.transit_cv))


class Batches(Station, ABC):
    """A leg whose lots wait for others: `load` puts the first of the queue aboard, in order of arrival."""

    def __init__(
        self, env: simpy.Environment, kind: tuple[Leg, Gate, np.random.Generator], visits: Visits
    ) -> None:  # fmt: skip
        super().__init__(env, kind, visits)
        self.queue: deque[int] = deque()
        self.waiting_t = 0.0
        self.came = env.event()
        env.process(self.dispatch())

    @abstractmethod
    def dispatch(self) -> Process:
        """Take lots from the queue for as long as the simulation runs."""

    def arrive(self, visit: int) -> None:
        self.queue.append(visit)
        self.waiting_t += float(self.visits.tonnes[visit])
        self.came.succeed()
        self.came = self.env.event()

    def load(self, hold: float) -> None:
        """Send off what fits into `hold`; a lot larger than a whole hold goes alone."""
        aboard = 0.0
        while self.queue and (aboard == 0.0 or aboard + self.visits.tonnes[self.queue[0]] <= hold):
            visit = self.queue.popleft()
            tonnes = float(self.visits.tonnes[visit])
            aboard += tonnes
            self.take(visit, self.leg.work(tonnes) if self.leg.capacity else 0.0)
            self.travel(visit)
        self.waiting_t -= aboard


class Ferry(Batches):
    """Vessels without a timetable: each leaves in good weather, full or when its first lot's patience ends."""

    def dispatch(self) -> Process:
        assert self.places is not None  # noqa: S101 - a leg with a hold has a capacity
        while True:
            if not self.queue:
                yield self.came
            vessel = self.places.request()
            yield vessel
            leaves = float(self.visits.came[self.queue[0]]) + self.leg.patience_days
            while self.waiting_t < self.leg.hold_t and self.env.now < leaves:
                yield self.came | self.env.timeout(leaves - self.env.now)
            yield from self.wait_open()
            self.load(self.leg.hold_t)
            self.env.process(self.round_trip(vessel))

    def round_trip(self, vessel: simpy.resources.resource.Request) -> Process:
        assert self.places is not None  # noqa: S101 - as above
        back = self.gate.finishes(self.env.now, self.leg.work(self.leg.hold_t))
        yield self.env.timeout(back - self.env.now)
        self.places.release(vessel)


class Timetable(Batches):
    """Departures on fixed days, the first on a random one; all that waits goes, or as much as the hold takes."""

    def dispatch(self) -> Process:
        yield self.env.timeout(float(self.rng.uniform(0.0, self.leg.departure_days)))
        while True:
            yield from self.wait_open()
            if self.queue:
                self.load(self.leg.hold_t or np.inf)
            yield self.env.timeout(self.leg.departure_days)


def _station(env: simpy.Environment, kind: tuple[Leg, Gate, np.random.Generator], visits: Visits) -> Station:
    """The process that suits the leg."""
    if kind[0].departure_days:
        return Timetable(env, kind, visits)
    return Ferry(env, kind, visits) if kind[0].hold_t else Station(env, kind, visits)
