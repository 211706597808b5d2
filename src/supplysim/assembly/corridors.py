"""Events on corridors as effects, from the corridors' tables: capacity, freight, and days on the way.

Nothing is simulated here. A corridor passes what its narrowest leg does, and its freight is what the tables record for
the base year; where they record none, the minerals that use it are all its freight.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from supplysim.assembly.inputs import Inputs
from supplysim.assembly.nodes import Nodes
from supplysim.engine.corridor import AMPLE, Corridors, Narrowing
from supplysim.engine.market import Array, Mask
from supplysim.engine.profile import Profile
from supplysim.errors import Fault, InputError
from supplysim.logistics import MONTH, Corridor, Service, Stream, arrivals, corridors_of, services_of

KINDS = ("corridor_closure", "corridor_capacity")


def corridor_effects(
    nodes: Mapping[str, Nodes], inputs: Inputs, profiles: Mapping[str, Profile]
) -> dict[str, Corridors]:
    """What the scenario's corridor events do, by product; `profiles` by event.

    Raises `InputError` for an event on a corridor that carries nothing, and for shares of a link that sum to more than
    one.
    """
    said: Mapping[str, Any] = inputs.scenario.events
    events = {name: event for name, event in said.items() if event.kind in KINDS}
    if not events:
        return {}
    known, services = corridors_of(inputs.scenario), services_of(inputs.scenario)
    _check(events, nodes, services, inputs)
    names = list(known)
    narrowed = tuple(_narrowing(name, event, names, inputs, profiles[name]) for name, event in events.items())
    cargo = {name: _cargo(name, nodes, services) for name in names}
    load = np.array([_freight(known[name], sum(used for used, _ in cargo[name].values())) for name in names])
    room = np.array([_room(known[name], freight) for name, freight in zip(names, load, strict=True)])
    effects: dict[str, Corridors] = {}
    for product, mine in nodes.items():
        share, serves, weight, months = _links(product, mine, known, services, inputs)
        if any(share[each.which].any() for each in narrowed):
            part = [_part(product, cargo[name]) for name in names]
            effects[product] = Corridors(share, serves, load, room, np.array(part), weight, months, narrowed)
    return effects


def usual_days(corridor: Corridor, service: Service) -> float:
    """Days on a corridor in the mean: passage and service of each leg, and half the time between departures."""
    legs = [corridor.legs[k] for k in _route(corridor, service)]
    return sum(
        leg.transit_days + (0.0 if leg.hold_t else leg.service_days) + max(leg.departure_days, leg.patience_days) / 2
        for leg in legs
    )


def _check(events: Mapping[str, Any], nodes: Mapping[str, Nodes], services: Sequence[Service], inputs: Inputs) -> None:
    for name, event in events.items():
        path = f"events.{name}.corridor"
        if not any(used > 0 for used, _ in _cargo(event.corridor, nodes, services).values()):
            text = f"no mineral of the base year uses {event.corridor}, so the event would change nothing"
            raise InputError(Fault(text, place=inputs.place(path), path=path))


def _narrowing(name: str, event: Any, names: list[str], inputs: Inputs, profile: Profile) -> Narrowing:
    limit = inputs.at(f"events.{name}.limit") / 12.0 if event.kind == "corridor_capacity" else None
    return Narrowing(names.index(event.corridor), profile, limit)


def _mask(mine: Nodes, service: Service) -> Mask:
    sells = np.array([node.region == service.origin for node in mine.suppliers])
    buys = np.array([node.region in service.to and node.region != service.origin for node in mine.buyers])
    return np.asarray(sells[:, None] & buys[None, :])


def _cargo(corridor: str, nodes: Mapping[str, Nodes], services: Sequence[Service]) -> dict[str, tuple[float, float]]:
    """Cargo tonnes a month of each product that use a corridor, and that could use it."""
    found: dict[str, tuple[float, float]] = {}
    for service in services:
        for product, mine in nodes.items():
            if service.corridor == corridor and service.product in ("*", product):
                flow = float(mine.q[_mask(mine, service)].sum()) * service.cargo_t_per_t
                used, could = found.get(product, (0.0, 0.0))
                found[product] = used + service.share * flow, could + flow
    return found


def _part(product: str, cargo: Mapping[str, tuple[float, float]]) -> float:
    """A product's part of a corridor's room: by the cargo that could use it, so that no room is given twice."""
    total = sum(could for _, could in cargo.values())
    return cargo[product][1] / total if product in cargo and total > 0 else 0.0


def _freight(corridor: Corridor, minerals: float) -> float:
    """All freight in cargo tonnes a month on the leg that is nearest its limit, the base year's minerals at least."""
    try:
        streams = [stream for stream in arrivals(corridor.id) if _passes(stream, corridor)]
    except InputError:
        return minerals
    neck = _neck(corridor, streams)
    return max(minerals, sum(stream.tonnes(0) for stream in streams if neck in stream.route(corridor)))


def _passes(stream: Stream, corridor: Corridor) -> bool:
    try:
        return bool(stream.route(corridor))
    except InputError:
        return False


def _neck(corridor: Corridor, streams: Sequence[Stream]) -> int:
    """The leg with the least room beside its freight; the busiest where nothing is limited."""

    def slack(position: int) -> float:
        freight = sum(stream.tonnes(0) for stream in streams if position in stream.route(corridor))
        capacity = corridor.legs[position].capacity
        return capacity / 12.0 - freight if capacity else AMPLE - freight

    return min(range(len(corridor.legs)), key=slack)


def _room(corridor: Corridor, freight: float) -> float:
    limits = [leg.capacity / 12.0 for leg in corridor.legs if leg.capacity]
    return max(min(limits) - freight, 0.0) if limits else AMPLE


def _route(corridor: Corridor, service: Service) -> tuple[int, ...]:
    """The legs a service passes; the whole corridor where the scenario's legs are not those the service names."""
    stream = Stream("", (0.0,), 1.0, "", service.enters, service.leaves, service.skips)
    return stream.route(corridor) if _passes(stream, corridor) else tuple(range(len(corridor.legs)))


def _links(product: str, mine: Nodes, known: Mapping[str, Corridor], services: Sequence[Service], inputs: Inputs
           ) -> tuple[Array, Mask, Array, Array]:  # fmt: skip
    """Shares and service of a product's links by corridor, cargo weight, and months on the way."""
    names = list(known)
    share, serves = np.zeros((len(names), *mine.q.shape)), np.zeros((len(names), *mine.q.shape), dtype=bool)
    weight, months = np.ones(len(names)), np.zeros(len(names))
    for service in services:
        if service.product in ("*", product) and service.corridor in known:
            k, mask = names.index(service.corridor), _mask(mine, service)
            share[k][mask] += service.share
            serves[k] |= mask
            weight[k], months[k] = service.cargo_t_per_t, usual_days(known[service.corridor], service) / MONTH
    if (share.sum(axis=0) > 1.0 + 1e-9).any():
        path = next((f"corridors.{name}.serves" for name in inputs.scenario.corridors), "corridors")
        text = f"corridors carry more than all of some {product}: the shares of a link must not sum to more than 1"
        raise InputError(Fault(text, place=inputs.place(path), path=path))
    return share, serves, weight, months
