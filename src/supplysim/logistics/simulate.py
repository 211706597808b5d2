"""Runs a corridor as a discrete-event model, replication by replication, each from its own seeds."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from supplysim.logistics.corridor import MONTH, Corridor, Plan, Stream
from supplysim.logistics.gate import Array, Gate, storms
from supplysim.logistics.result import CorridorResult, LegUse
from supplysim.logistics.station import pass_leg


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
        entered_t=np.array([run.tonnes.sum() for run in runs]),
        left_t=np.array([run.tonnes[run.left < np.inf].sum() for run in runs]),
        inside_t=np.array([run.inside for run in runs]),
    )


@dataclass(frozen=True)
class _Run:
    """One replication: every lot ever born with its stream, tonnes and days `(lot,)` (infinite where it was not
    delivered), the use of each leg, and the tonnes still under way on one when it ended."""

    stream: NDArray[np.intp]
    tonnes: Array
    born: Array
    left: Array
    uses: tuple[LegUse, ...]
    inside: float

    def transit(self, stream: int, plan: Plan) -> Array:
        """Days under way of the stream's lots delivered after the warm-up, in order of birth."""
        now = (self.stream == stream) & (self.left >= 0) & (self.left < plan.months * MONTH)
        return np.asarray((self.left - self.born)[now])

    def delivered(self, stream: int, plan: Plan) -> Array:
        """Tonnes of the stream delivered in each month, shape (month,)."""
        mine = (self.stream == stream) & (self.left < np.inf)
        edges = np.arange(plan.months + 1) * MONTH
        return np.asarray(np.histogram(self.left[mine], bins=edges, weights=self.tonnes[mine])[0])


def generator(seed: int, replication: int, name: str) -> np.random.Generator:
    """The random stream of that name in that replication, the same on every machine."""
    words = np.frombuffer(hashlib.sha256(name.encode()).digest(), dtype="<u4").tolist()
    return np.random.default_rng(np.random.SeedSequence([seed, replication, *words]))


def _replicate(corridor: Corridor, cargo: list[tuple[Stream, tuple[int, ...]]], plan: Plan, replication: int) -> _Run:
    days = (-int(np.ceil(plan.warm_up * MONTH)), int(np.ceil(plan.months * MONTH)))
    end = plan.months * MONTH
    births = [_births(stream, plan, generator(plan.seed, replication, f"cargo/{stream.id}")) for stream, _ in cargo]
    stream = np.repeat(np.arange(len(cargo)), [len(days) for days in births])
    tonnes = np.array([each.lot_t for each, _ in cargo], dtype=float)[stream]
    born = np.concatenate([np.empty(0), *births])
    at, order, inside, uses = born.copy(), np.arange(len(born)), 0.0, []
    for position, leg in enumerate(corridor.legs):
        weather = storms(leg, days, plan.starts, generator(plan.seed, replication, f"weather/{leg.id}"))
        gate = Gate([*plan.closures.get(leg.id, ()), *weather])
        passes = np.array([position in route for _, route in cargo], dtype=bool)
        order = order[np.argsort(at[order], kind="stable")]
        here = order[passes[stream[order]] & (at[order] < end)]
        rng = generator(plan.seed, replication, f"leg/{leg.id}")
        visits = pass_leg(leg, gate, rng, (at[here], tonnes[here]), (days[0], end))
        at[here] = np.where(visits.left < end, visits.left, np.inf)
        inside += float(visits.tonnes[visits.left >= end].sum())
        uses.append(LegUse.of(leg, gate, visits, plan))
    return _Run(stream, tonnes, born, at, tuple(uses), inside)


def _births(stream: Stream, plan: Plan, rng: np.random.Generator) -> Array:
    """Days on which the stream's lots arrive: Poisson, with each month's tonnes as its mean."""
    days = [np.empty(0)]
    for month in range(-plan.warm_up, plan.months):
        count = int(rng.poisson(stream.tonnes(month) / stream.lot_t))
        days.append(np.sort((month + rng.random(count)) * MONTH))
    return np.concatenate(days)
