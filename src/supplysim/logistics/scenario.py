"""What a scenario says about corridors: its own legs over the shipped ones, and events that shut or narrow a leg.

The seam to the scenario room: only attributes are read (`corridors`, `events`, `start`), so that neither room
needs the other to be imported.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from supplysim.errors import Fault, InputError
from supplysim.logistics.corridor import MONTH, OPEN_ALL_YEAR, Closure, Corridor, Leg, Stream
from supplysim.logistics.tables import Service, corridors, legs, services

HALF_TRAIN_T = 1500.0
HEADROOM = 20.0  # an unlimited leg that an event narrows is given this many times the event's limit in other months


@dataclass(frozen=True)
class Case:
    """A corridor with what shuts or narrows it, by leg, in days since the start of the scenario's horizon."""

    corridor: Corridor
    closures: Mapping[str, tuple[Closure, ...]]


def corridors_of(scenario: Any | None = None) -> dict[str, Corridor]:
    """The shipped corridors as the scenario changes them, and its own. Raises InputError for one without legs.

    Under the id of a shipped corridor, legs that it has are changed and the others kept; a leg that it does not have
    makes the scenario's list of legs the whole corridor.
    """
    known = dict(corridors())
    for name, said in (getattr(scenario, "corridors", None) or {}).items():
        if not said.legs:
            raise InputError(Fault("a corridor needs at least one leg", path=f"corridors.{name}"))
        said_legs = {leg: _leg(leg, item) for leg, item in said.legs.items()}
        shipped = known.get(name)
        if shipped and set(said_legs) <= {leg.id for leg in shipped.legs}:
            changed = tuple(said_legs.get(leg.id, leg) for leg in shipped.legs)
            known[name] = replace(shipped, title=said.title or shipped.title, legs=changed)
        else:
            known[name] = Corridor(name, said.title or name, tuple(said_legs.values()))
    return known


def services_of(scenario: Any | None = None) -> tuple[Service, ...]:
    """Which flows take which corridor: the shipped ones, replaced corridor by corridor by those of the scenario."""
    said = getattr(scenario, "corridors", None) or {}
    kept = [service for service in services() if service.corridor not in said or not said[service.corridor].serves]
    own = [
        Service(name, item.product or "*", item.from_, (item.to,), item.share)
        for name, corridor in said.items()
        for item in corridor.serves
    ]
    return (*kept, *own)


def cases_of(scenario: Any | None = None) -> dict[str, Case]:
    """Every corridor with its closures. Events of probability below 1 are taken to happen.

    Raises InputError for an event that names a corridor there is not.
    """
    known = corridors_of(scenario)
    cases = {name: Case(corridor, shut_all_along(corridor)) for name, corridor in known.items()}
    start = scenario.start if scenario is not None else 0
    for name, event in (getattr(scenario, "events", None) or {}).items():
        if event.kind not in ("corridor_closure", "corridor_capacity"):
            continue
        if event.corridor not in cases:
            known_names = ", ".join(sorted(known))
            raise InputError(
                Fault(f"no corridor {event.corridor!r}; there are {known_names}", path=f"events.{name}.corridor")
            )
        cases[event.corridor] = narrowed(cases[event.corridor], event, start)
    return cases


def narrowed(case: Case, event: Any, start: float) -> Case:
    """The case with an event on its `neck`. `start` is the month in which the horizon begins, on the event's scale."""
    leg = neck(case.corridor)
    severity = event.severity
    if event.kind == "corridor_capacity":
        corridor = case.corridor
        if not leg.capacity:
            wide = replace(leg, capacity=max(1.0, HEADROOM * event.limit))
            corridor = replace(corridor, legs=tuple(wide if other.id == leg.id else other for other in corridor.legs))
            leg = wide
        severity = max(0.0, 1.0 - event.limit / leg.capacity) * event.severity
        case = replace(case, corridor=corridor)
    shut = tuple(_over_time(event, (event.starts - start) * MONTH, severity))
    return replace(case, closures={**case.closures, leg.id: (*case.closures.get(leg.id, ()), *shut)})


def neck(corridor: Corridor) -> Leg:
    """The leg on which a closure of the corridor acts: the one of least capacity, else its border, else its first."""
    limited = [leg for leg in corridor.legs if leg.capacity]
    if limited:
        return min(limited, key=lambda leg: leg.capacity)
    return next((leg for leg in corridor.legs if leg.mode == "border"), corridor.legs[0])


def divert(
    arrivals: Mapping[str, Sequence[Stream]], closed: str, onto: str, serves: Sequence[Service] | None = None
) -> dict[str, tuple[Stream, ...]]:
    """The arrivals with the minerals of `closed` sent by `onto` instead, over the legs that product takes there.

    Freight of other kinds stays where it is. Raises InputError for a corridor without arrivals.
    """
    for name in (closed, onto):
        if name not in arrivals:
            raise InputError(Fault(f"no arrivals at corridor {name!r}"))
    routes = {s.product: s for s in (services() if serves is None else serves) if s.corridor == onto}
    moved = []
    for stream in arrivals[closed]:
        if stream.product:
            route = routes.get(stream.product)
            ends = (route.enters, route.leaves, route.skips) if route else ("", "", ())
            moved.append(replace(stream, id=f"{stream.id} off {closed}", enters=ends[0], leaves=ends[1], skips=ends[2]))
    sent = {name: tuple(streams) for name, streams in arrivals.items()}
    if closed != onto:
        sent[closed] = tuple(stream for stream in arrivals[closed] if not stream.product)
        sent[onto] = (*arrivals[onto], *moved)
    return sent


def streams_of(
    corridor: Corridor, serves: Sequence[Service], trade: Mapping[str, Mapping[tuple[str, str], float]]
) -> tuple[Stream, ...]:
    """Minerals on a corridor nobody has recorded: its share of `trade`, t/yr by product and (from, to).

    Lots are a month's cargo, or half a train where that is more than half a train.
    """
    yearly: dict[str, float] = {}
    for service in (s for s in serves if s.corridor == corridor.id):
        for product, flows in trade.items():
            if service.product in ("*", product):
                tonnes = sum(flows.get((service.origin, to), 0.0) for to in service.to)
                yearly[product] = yearly.get(product, 0.0) + service.share * service.cargo_t_per_t * tonnes
    return tuple(
        Stream(product, (tonnes / 12,), min(HALF_TRAIN_T, tonnes / 12), product)
        for product, tonnes in yearly.items()
        if tonnes > 0
    )


def _leg(name: str, said: Any) -> Leg:
    """A leg as a scenario says it; one named as a shipped leg keeps its vessels, timetable and weather by month."""
    shipped = legs().get(name)
    base = shipped if shipped is not None and shipped.mode == said.mode else Leg(name, said.mode)
    served = base.service_days if base.hold_t else said.service
    counted = said.servers if "servers" in getattr(said, "model_fields_set", ()) else 0
    closed = (said.closed,) * 12 if said.closed else base.closed_share
    return replace(
        base,
        capacity=said.capacity or base.capacity,
        servers=counted,
        service_days=served,
        transit_days=said.service if said.capacity or base.capacity or not counted else 0.0,
        closed_share=closed if any(closed) else OPEN_ALL_YEAR,
    )


def shut_all_along(corridor: Corridor) -> dict[str, tuple[Closure, ...]]:
    """The closures of a corridor whose status is closed."""
    return {neck(corridor).id: (Closure(-math.inf, math.inf),)} if corridor.status == "closed" else {}


def _over_time(event: Any, first: float, severity: float) -> Iterator[Closure]:
    """The closures of an event that lasts and then fades, month by month, as its recovery says."""
    if event.lasts is None:
        yield Closure(first, math.inf, severity)
        return
    last = first + event.lasts * MONTH
    yield Closure(first, last, severity)
    shape, over = event.recovery.shape, event.recovery.over
    if shape == "step" or not over:
        return
    for month in range(math.ceil(over if shape == "linear" else 4 * over)):
        faded = max(0.0, 1 - (month + 0.5) / over) if shape == "linear" else math.exp(-(month + 0.5) / over)
        yield Closure(last + month * MONTH, last + (month + 1) * MONTH, severity * faded)
