"""Corridors out of Central Asia as a discrete-event model beside the market, and stocks against delays.

>>> from supplysim import logistics
>>> corridor = logistics.corridors()["north_south"]
>>> result = logistics.simulate(corridor, logistics.arrivals("north_south"), logistics.Plan(replications=1))
>>> result.bottleneck
'iranian_border'
"""

from __future__ import annotations

from supplysim.logistics.corridor import MONTH, YEAR, Closure, Corridor, Leg, Plan, Stream
from supplysim.logistics.inventory import (
    Survival,
    bullwhip,
    orders_up_to,
    simulated_bullwhip,
    survive,
    time_to_survive,
)
from supplysim.logistics.result import QUANTILES, CorridorResult, EngineInputs, LegUse, engine_inputs, room
from supplysim.logistics.scenario import Case, cases_of, corridors_of, divert, neck, services_of, streams_of
from supplysim.logistics.simulate import simulate
from supplysim.logistics.tables import BASE_YEAR, Service, arrivals, corridors, services

__all__ = [
    "BASE_YEAR",
    "MONTH",
    "QUANTILES",
    "YEAR",
    "Case",
    "Closure",
    "Corridor",
    "CorridorResult",
    "EngineInputs",
    "Leg",
    "LegUse",
    "Plan",
    "Service",
    "Stream",
    "Survival",
    "arrivals",
    "bullwhip",
    "cases_of",
    "corridors",
    "corridors_of",
    "divert",
    "engine_inputs",
    "neck",
    "orders_up_to",
    "room",
    "services",
    "services_of",
    "simulate",
    "simulated_bullwhip",
    "streams_of",
    "survive",
    "time_to_survive",
]
