"""How lots pass a leg, as SimPy processes: through a gate with places, aboard vessels, or on fixed departures."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Generator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from supplysim.logistics.corridor import Leg
from supplysim.logistics.gate import Gate

if TYPE_CHECKING:
    import simpy

Process = Generator[Any, Any, None]


@dataclass
class Lot:
    """A consignment under way: wagons or containers that stay together."""

    stream: int
    tonnes: float
    born: float
    delivered: float = np.inf


@dataclass
class Visits:
    """Who came to a leg, when and with how much, when its gate took it, and how long it held a place."""

    came: list[float] = field(default_factory=list)
    taken: list[float] = field(default_factory=list)
    tonnes: list[float] = field(default_factory=list)
    held: list[float] = field(default_factory=list)

    def arrive(self, day: float, tonnes: float) -> int:
        self.came.append(day)
        self.taken.append(np.inf)
        self.tonnes.append(tonnes)
        self.held.append(0.0)
        return len(self.came) - 1

    def take(self, visit: int, day: float, held: float) -> None:
        self.taken[visit] = day
        self.held[visit] = held


class Station:
    """A leg whose lots pass one by one."""

    def __init__(self, env: simpy.Environment, leg: Leg, gate: Gate, rng: np.random.Generator) -> None:
        import simpy

        self.env, self.leg, self.gate, self.rng = env, leg, gate, rng
        self.visits = Visits()
        self.places = simpy.Resource(env, capacity=leg.places) if leg.limited else None

    def drawn(self, mean: float, cv: float) -> float:
        """A gamma time of that mean and coefficient of variation."""
        if not cv or not mean:
            return mean
        return float(self.rng.gamma(1.0 / cv**2, mean * cv**2))

    def pass_lot(self, lot: Lot) -> Process:
        visit = self.visits.arrive(self.env.now, lot.tonnes)
        if self.places is None:
            yield from self.wait_open()
            self.visits.take(visit, self.env.now, 0.0)
        else:
            with self.places.request() as place:
                yield place
                yield from self.wait_open()
                work = self.drawn(self.leg.work(lot.tonnes), self.leg.service_cv)
                self.visits.take(visit, self.env.now, work)
                yield self.env.timeout(self.gate.finishes(self.env.now, work) - self.env.now)
        yield from self.travel()

    def wait_open(self) -> Process:
        opens = self.gate.opens(self.env.now)
        if opens > self.env.now:
            yield self.env.timeout(opens - self.env.now)

    def travel(self) -> Process:
        if self.leg.transit_days:
            yield self.env.timeout(self.drawn(self.leg.transit_days, self.leg.transit_cv))


class Batches(Station, ABC):
    """A leg whose lots wait for others: `load` puts the first of the queue aboard, in order of arrival."""

    def __init__(self, env: simpy.Environment, leg: Leg, gate: Gate, rng: np.random.Generator) -> None:
        super().__init__(env, leg, gate, rng)
        self.queue: deque[tuple[Lot, int, simpy.Event]] = deque()
        self.waiting_t = 0.0
        self.came = env.event()
        env.process(self.dispatch())

    @abstractmethod
    def dispatch(self) -> Process:
        """Take lots from the queue for as long as the simulation runs."""

    def pass_lot(self, lot: Lot) -> Process:
        visit = self.visits.arrive(self.env.now, lot.tonnes)
        sails = self.env.event()
        self.queue.append((lot, visit, sails))
        self.waiting_t += lot.tonnes
        self.came.succeed()
        self.came = self.env.event()
        yield sails
        yield from self.travel()

    def load(self, hold: float) -> None:
        """Send off what fits into `hold`; a lot larger than a whole hold goes alone."""
        aboard = 0.0
        while self.queue and (aboard == 0.0 or aboard + self.queue[0][0].tonnes <= hold):
            lot, visit, sails = self.queue.popleft()
            aboard += lot.tonnes
            self.visits.take(visit, self.env.now, self.leg.work(lot.tonnes) if self.leg.capacity else 0.0)
            sails.succeed()
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
            leaves = self.visits.came[self.queue[0][1]] + self.leg.patience_days
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


def station(env: simpy.Environment, leg: Leg, gate: Gate, rng: np.random.Generator) -> Station:
    """The process that suits the leg."""
    if leg.departure_days:
        return Timetable(env, leg, gate, rng)
    return Ferry(env, leg, gate, rng) if leg.hold_t else Station(env, leg, gate, rng)
