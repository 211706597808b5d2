"""Runs a corridor as a discrete-event model, replication by replication, each from its own seeds."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from supplysim.logistics.corridor import MONTH, Corridor, Plan, Stream
from supplysim.logistics.gate import Gate, storms
from supplysim.logistics.result import CorridorResult, LegUse
from supplysim.logistics.station import Lot, Process, Station, station

if TYPE_CHECKING:
    import simpy


def simulate(corridor: Corridor, arrivals: Sequence[Stream], plan: Plan | None = None) -> CorridorResult:
    """Transit times, throughput, use and waiting of `corridor` under `arrivals`.

    Lots of a stream arrive as a Poisson process with the stream's monthly tonnes as its mean, queue at each leg in
    order of arrival, and count once the warm-up is over. A replication draws from one generator for each leg and each
    stream (`SeedSequence` of seed, replication and name), so that a change to one leg leaves the others' draws alone.
    Raises InputError for a leg or closure that the corridor does not have.
    """
    plan = plan or Plan()
    routes = [stream.route(corridor) for stream in arrivals]
    for name in plan.closures:
        corridor.position(name)
    runs = [_replicate(corridor, list(zip(arrivals, routes, strict=True)), plan, r) for r in range(plan.replications)]
    return CorridorResult(
        corridor=corridor,
        streams=tuple(arrivals),
        plan=plan,
        transit_days={
            stream.id: np.concatenate([run.transit(i, plan) for run in runs]) for i, stream in enumerate(arrivals)
        },
        delivered_t={
            stream.id: np.array([run.delivered(i, plan) for run in runs]) for i, stream in enumerate(arrivals)
        },
        legs={leg.id: LegUse.mean([run.uses[i] for run in runs]) for i, leg in enumerate(corridor.legs)},
        entered_t=np.array([sum(lot.tonnes for lot in run.lots) for run in runs]),
        left_t=np.array([sum(lot.tonnes for lot in run.lots if lot.delivered < np.inf) for run in runs]),
        inside_t=np.array([run.inside for run in runs]),
    )


@dataclass(frozen=True)
class _Run:
    """One replication: every lot ever born, the use of each leg, and the tonnes still under way when it ended."""

    lots: tuple[Lot, ...]
    uses: tuple[LegUse, ...]
    inside: float

    def transit(self, stream: int, plan: Plan) -> np.ndarray:
        """Days under way of the stream's lots delivered after the warm-up."""
        end = plan.months * MONTH
        times = [lot.delivered - lot.born for lot in self.lots if lot.stream == stream and 0 <= lot.delivered < end]
        return np.array(times, dtype=float)

    def delivered(self, stream: int, plan: Plan) -> np.ndarray:
        """Tonnes of the stream delivered in each month, shape (month,)."""
        lots = [lot for lot in self.lots if lot.stream == stream and lot.delivered < np.inf]
        edges = np.arange(plan.months + 1) * MONTH
        return np.histogram([lot.delivered for lot in lots], bins=edges, weights=[lot.tonnes for lot in lots])[0]


def generator(seed: int, replication: int, name: str) -> np.random.Generator:
    """The random stream of that name in that replication, the same on every machine."""
    words = np.frombuffer(hashlib.sha256(name.encode()).digest(), dtype="<u4").tolist()
    return np.random.default_rng(np.random.SeedSequence([seed, replication, *words]))


def _replicate(corridor: Corridor, cargo: list[tuple[Stream, tuple[int, ...]]], plan: Plan, replication: int) -> _Run:
    import simpy

    days = (-int(np.ceil(plan.warm_up * MONTH)), int(np.ceil(plan.months * MONTH)))
    env = simpy.Environment(initial_time=days[0])
    stations = []
    for leg in corridor.legs:
        weather = storms(leg, days, plan.starts, generator(plan.seed, replication, f"weather/{leg.id}"))
        gate = Gate([*plan.closures.get(leg.id, ()), *weather])
        stations.append(station(env, leg, gate, generator(plan.seed, replication, f"leg/{leg.id}")))
    lots: list[Lot] = []
    inside = [0.0]
    for number, (stream, route) in enumerate(cargo):
        born = _births(stream, plan, generator(plan.seed, replication, f"cargo/{stream.id}"))
        env.process(_arrive(env, born, (number, stream.lot_t), [stations[i] for i in route], lots, inside))
    env.run(until=plan.months * MONTH)
    return _Run(tuple(lots), tuple(LegUse.of(s.leg, s.gate, s.visits, plan) for s in stations), inside[0])


def _births(stream: Stream, plan: Plan, rng: np.random.Generator) -> list[float]:
    """Days on which the stream's lots arrive: Poisson, with each month's tonnes as its mean."""
    days = []
    for month in range(-plan.warm_up, plan.months):
        count = int(rng.poisson(stream.tonnes(month) / stream.lot_t))
        days.extend(np.sort((month + rng.random(count)) * MONTH).tolist())
    return days


def _arrive(
    env: simpy.Environment,
    born: list[float],
    kind: tuple[int, float],
    stations: Sequence[Station],
    lots: list[Lot],
    inside: list[float],
) -> Process:
    """Send the lots of one stream on their way; keeps the books that the mass balance is checked against."""
    for day in born:
        yield env.timeout(max(0.0, day - env.now))
        lot = Lot(kind[0], kind[1], env.now)
        lots.append(lot)
        env.process(_travel(env, lot, stations, inside))


def _travel(env: simpy.Environment, lot: Lot, stations: Sequence[Station], inside: list[float]) -> Process:
    inside[0] += lot.tonnes
    for leg in stations:
        yield from leg.pass_lot(lot)
    inside[0] -= lot.tonnes
    lot.delivered = env.now
