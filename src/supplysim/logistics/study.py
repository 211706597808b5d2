"""All corridors of the base year or of a scenario, simulated side by side."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from supplysim.errors import InputError
from supplysim.logistics.corridor import Corridor, Plan, Stream
from supplysim.logistics.result import CorridorResult
from supplysim.logistics.scenario import cases_of, divert, services_of, streams_of
from supplysim.logistics.simulate import simulate
from supplysim.logistics.tables import arrivals


def study(
    scenario: Any | None = None, *, replications: int = 10, seed: int = 0, diverted: tuple[str, ...] = ()
) -> Iterator[CorridorResult]:
    """Every corridor in turn, simulated over the scenario's horizon, or over a base year of twelve months.

    `diverted` names a corridor and the one that takes its minerals. Raises InputError for corridors that do not exist.
    """
    cases = cases_of(scenario)
    cargo: Mapping[str, tuple[Stream, ...]] = {name: cargo_of(case.corridor, scenario) for name, case in cases.items()}
    if diverted:
        closed, onto = diverted
        cargo = divert(cargo, closed, onto, services_of(scenario))
    months = scenario.months if scenario is not None else 12
    starts = scenario.start % 12 if scenario is not None else 0
    for name, case in cases.items():
        plan = Plan(months=months, replications=replications, seed=seed, starts=starts, closures=case.closures)
        yield simulate(case.corridor, cargo[name], plan)


def cargo_of(corridor: Corridor, scenario: Any | None = None) -> tuple[Stream, ...]:
    """What enters a corridor: the freight on record if it still has those legs, else its share of base-year trade."""
    try:
        recorded = arrivals(corridor.id)
        for stream in recorded:
            stream.route(corridor)
    except InputError:
        from supplysim.world import load

        trade = {product: market.trade() for product, market in load().base.items()}
        return streams_of(corridor, services_of(scenario), trade)
    return recorded
