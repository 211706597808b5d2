"""What a simulated corridor tells: transit times, throughput, use of legs, and what the engine takes from it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from supplysim.errors import InputError
from supplysim.logistics.corridor import MONTH, Corridor, Leg, Plan, Stream
from supplysim.logistics.gate import Gate
from supplysim.logistics.station import Visits

QUANTILES = (0.05, 0.25, 0.50, 0.75, 0.95)


@dataclass(frozen=True)
class LegUse:
    """What a leg did after the warm-up.

    `use` is the share of what its gate could have passed (0 where nothing limits it), `waiting_days` the mean wait of
    the lots taken (0 if none was), `queue_t` the tonnes that waited at the end of each month, `passed_t` those taken in
    it, and `open_share` how much of each month the gate was open; the three last have shape (month,).
    """

    use: float
    waiting_days: float
    queue_t: np.ndarray
    passed_t: np.ndarray
    open_share: np.ndarray

    @classmethod
    def of(cls, leg: Leg, gate: Gate, visits: Visits, plan: Plan) -> LegUse:
        """The use of `leg` in one replication."""
        edges = np.arange(plan.months + 1) * MONTH
        came, taken, tonnes, held = visits.came, visits.taken, visits.tonnes, visits.held
        now = (taken >= 0) & (taken < edges[-1])
        worked = np.array([gate.worked(edge) for edge in edges])
        could = leg.places * (worked[-1] - worked[0]) if leg.limited else 0.0
        did = held[now].sum()
        blocked = bool(leg.limited and could == 0 and np.isinf(taken).any())
        return cls(
            use=min(1.0, did / could) if could > 0 else float(blocked),
            waiting_days=float((taken - came)[now].mean()) if now.any() else 0.0,
            queue_t=np.array([tonnes[(came <= end) & (taken > end)].sum() for end in edges[1:]]),
            passed_t=np.histogram(taken[now], bins=edges, weights=tonnes[now])[0],
            open_share=np.diff(worked) / MONTH,
        )

    @classmethod
    def mean(cls, uses: Sequence[LegUse]) -> LegUse:
        """The mean over replications."""
        return cls(
            use=float(np.mean([u.use for u in uses])),
            waiting_days=float(np.mean([u.waiting_days for u in uses])),
            queue_t=np.mean([u.queue_t for u in uses], axis=0),
            passed_t=np.mean([u.passed_t for u in uses], axis=0),
            open_share=np.mean([u.open_share for u in uses], axis=0),
        )


@dataclass(frozen=True)
class CorridorResult:
    """A corridor under its arrivals.

    `transit_days` holds one number for each lot delivered after the warm-up, all replications together; `delivered_t`
    is (replication, month) by stream. `entered_t`, `left_t` and `inside_t` (replication,) are the books of the whole
    run, warm-up included: entered = left + inside.
    """

    corridor: Corridor
    streams: tuple[Stream, ...]
    plan: Plan
    transit_days: Mapping[str, np.ndarray]
    delivered_t: Mapping[str, np.ndarray]
    legs: Mapping[str, LegUse]
    entered_t: np.ndarray
    left_t: np.ndarray
    inside_t: np.ndarray

    @property
    def headline(self) -> tuple[str, ...]:
        """The streams whose transit time stands for the corridor: minerals to its last leg, else minerals, else all."""
        minerals = [s for s in self.streams if s.product]
        last = len(self.corridor.legs) - 1
        through = [s for s in minerals if s.route(self.corridor)[-1] == last]
        return tuple(s.id for s in through or minerals or self.streams)

    def transit(self, quantile: float, *streams: str) -> float:
        """Days at that quantile, for the streams named or the headline ones; infinity if no lot got through."""
        names = streams or self.headline
        days = np.concatenate([np.empty(0), *(self.transit_days[name] for name in names)])
        return float(np.quantile(days, quantile)) if len(days) else math.inf

    @property
    def transit_p50(self) -> float:
        """Median days from the first leg of the headline streams to the last."""
        return self.transit(0.50)

    @property
    def transit_p95(self) -> float:
        """Days within which 19 of 20 headline lots arrive."""
        return self.transit(0.95)

    @property
    def throughput_t(self) -> np.ndarray:
        """Tonnes delivered, all streams, shape (replication, month)."""
        nothing = np.zeros((self.plan.replications, self.plan.months))
        return np.asarray(sum(self.delivered_t.values(), nothing))

    @property
    def throughput_mt_year(self) -> float:
        """Mean throughput in Mt a year."""
        return float(self.throughput_t.mean() * 12 / 1e6)

    @property
    def waiting_days(self) -> float:
        """Days that a lot passing every leg spends in queues."""
        return sum(leg.waiting_days for leg in self.legs.values())

    @property
    def bottleneck(self) -> str:
        """The leg nearest its limit; among equals the one with the longest wait."""
        return max(self.legs, key=lambda name: (round(self.legs[name].use, 6), self.legs[name].waiting_days))

    @property
    def use(self) -> float:
        """Share of its capacity that the bottleneck uses."""
        return self.legs[self.bottleneck].use


@dataclass(frozen=True)
class EngineInputs:
    """What the monthly model reads of a corridor.

    `lead_months` is the median transit in whole months (a remainder of up to a quarter of a month is dropped, more is
    rounded up; None if nothing gets through); `lead_quantiles` are months at `QUANTILES`; `cap_t` (month,) is the
    cargo, in tonnes of the goods themselves, that minerals may send each month beside the freight of others.
    """

    lead_months: int | None
    lead_quantiles: Mapping[float, float]
    cap_t: np.ndarray


def engine_inputs(result: CorridorResult, product: str = "") -> EngineInputs:
    """Lead time and monthly cap of a simulated corridor, the lead time for one product or for the headline streams.

    A cap is infinite where no leg has a limit. Raises InputError if no stream of that product was simulated.
    """
    names = tuple(s.id for s in result.streams if s.product == product) if product else result.headline
    if product and not names:
        raise InputError(f"no {product} was sent through {result.corridor.id}")
    months = {q: result.transit(q, *names) / MONTH for q in QUANTILES}
    median = months[0.50]
    lead = max(0, math.ceil(median - 0.25)) if math.isfinite(median) else None
    return EngineInputs(lead, months, room(result))


def room(result: CorridorResult) -> np.ndarray:
    """Tonnes a month (month,) that the legs used by minerals can pass beside other freight; 0 where a leg is shut.

    A leg's room is its capacity in that month (closures and weather included) less the other freight offered to it, but
    never less than the minerals' share of what is offered: where all queue alike, all lose alike.
    """
    minerals = [s.route(result.corridor) for s in result.streams if s.product]
    used = sorted({leg for route in minerals for leg in route}) or range(len(result.corridor.legs))
    return np.asarray(np.min([_room_of(result, position) for position in used], axis=0))


def _room_of(result: CorridorResult, position: int) -> np.ndarray:
    leg = result.corridor.legs[position]
    share = result.legs[leg.id].open_share
    if not leg.limited:
        return np.where(share > 0, np.inf, 0.0)
    here = [s for s in result.streams if position in s.route(result.corridor)]
    months = range(result.plan.months)
    offered = np.array([sum(s.tonnes(month) for s in here) for month in months])
    others = np.array([sum(s.tonnes(month) for s in here if not s.product) for month in months])
    lot = max((s.lot_t for s in here), default=1.0)
    could = leg.places * lot / leg.work(lot) * MONTH * share
    fair = could * np.divide(offered - others, offered, out=np.zeros(len(offered)), where=offered > 0)
    return np.asarray(np.maximum(could - others, fair))
