"""The simulated queue against the formulas that every queueing textbook has."""

from __future__ import annotations

import math

import numpy as np
import pytest

from supplysim.logistics import MONTH, Corridor, Leg, Plan, Stream, simulate

REPLICATIONS = 32


def one_leg(leg: Leg, lots_a_day: float, months: int = 60, lot_t: float = 1.0) -> list[float]:
    """The mean wait in the queue, replication by replication."""
    corridor, cargo = Corridor("queue", "", (leg,)), Stream("lots", (lots_a_day * lot_t * MONTH,), lot_t)
    return [
        simulate(corridor, [cargo], Plan(months=months, replications=1, seed=seed)).legs[leg.id].waiting_days
        for seed in range(REPLICATIONS)
    ]


def agrees(waits: list[float], formula: float) -> bool:
    """Within the 99 % confidence interval of the mean, and that interval is narrow enough to mean something."""
    half = 2.81 * np.std(waits, ddof=1) / math.sqrt(len(waits))
    return bool(abs(np.mean(waits) - formula) < half < 0.15 * formula)


def erlang_c_wait(offered: float, servers: int, service: float) -> float:
    """Wait in an M/M/c queue: the probability of waiting over the spare service rate."""
    busy = offered**servers / math.factorial(servers) / (1 - offered / servers)
    waits = busy / (sum(offered**k / math.factorial(k) for k in range(servers)) + busy)
    return waits * service / (servers - offered)


@pytest.mark.parametrize(
    ("servers", "load"),
    [(1, 0.7), pytest.param(2, 0.8, marks=pytest.mark.slow), pytest.param(5, 0.7, marks=pytest.mark.slow)],
)
def test_exponential_service_waits_as_in_erlang_c(servers: int, load: float) -> None:
    leg = Leg("desk", "border", servers=servers, service_days=1.0, service_cv=1.0)
    waits = one_leg(leg, load * servers)
    assert agrees(waits, erlang_c_wait(load * servers, servers, 1.0))


def test_fixed_service_waits_half_as_long_as_in_pollaczek_khinchine() -> None:
    load = 0.8
    leg = Leg("track", "rail", servers=1, service_days=1.0)
    assert agrees(one_leg(leg, load), load / (2 * (1 - load)))


def test_a_capacity_is_a_fixed_service_time_for_the_lot() -> None:
    """365 lots of 1,000 t a year at most, 300 arrive: an M/D/1 queue with a service of one day."""
    leg = Leg("gate", "port", capacity=365_000.0)
    load = 300 / 365
    assert agrees(one_leg(leg, load, lot_t=1000.0), load / (2 * (1 - load)))


def test_use_is_the_offered_load() -> None:
    corridor = Corridor("queue", "", (Leg("gate", "port", capacity=1e6),))
    result = simulate(corridor, [Stream("s", (60_000.0,), 500.0)], Plan(replications=20))
    assert result.use == pytest.approx(0.72, abs=0.02)


def test_nobody_waits_where_nothing_limits() -> None:
    result = simulate(
        Corridor("road", "", (Leg("a", "road", transit_days=3.0),)), [Stream("s", (1e4,), 500.0)], Plan(replications=2)
    )
    assert result.transit_p50 == pytest.approx(3.0)
    assert result.waiting_days == result.use == 0.0
