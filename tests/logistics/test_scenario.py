"""Scenarios that shut, narrow or add corridors, as the scenario room hands them over: objects with these attributes."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace as Said

import numpy as np
import pytest

from supplysim.errors import InputError
from supplysim.logistics import (
    MONTH,
    Closure,
    Corridor,
    Leg,
    Plan,
    Stream,
    arrivals,
    cases_of,
    corridors,
    corridors_of,
    divert,
    neck,
    services_of,
    simulate,
    streams_of,
)
from supplysim.logistics.scenario import shut_all_along

STEP = Said(shape="step", over=0.0)


def event(kind: str, corridor: str, **said: object) -> Said:
    return Said(
        kind=kind, corridor=corridor, **{"starts": 24303, "lasts": 6.0, "severity": 1.0, "recovery": STEP, **said}
    )


def leg(mode: str, service: float, **said: object) -> Said:
    return Said(mode=mode, service=service, **{"capacity": None, "distance": 0.0, "servers": 1, "closed": 0.0, **said})


def scenario(corridors: dict[str, Said] | None = None, **events: Said) -> Said:
    return Said(corridors=corridors or {}, events=events, start=24300, months=24)


def test_without_a_scenario_there_are_the_shipped_corridors() -> None:
    assert corridors_of() == dict(corridors())
    assert not any(case.closures for case in cases_of().values())


def test_a_closure_shuts_the_neck_of_its_corridor_in_its_months() -> None:
    cases = cases_of(scenario(halt=event("corridor_closure", "trans_caspian", severity=0.8)))
    assert cases["trans_caspian"].closures == {"caspian_ferry": (Closure(3 * MONTH, 9 * MONTH, 0.8),)}
    assert not cases["russia"].closures


def test_a_closure_without_end_lasts() -> None:
    cases = cases_of(scenario(halt=event("corridor_closure", "russia", lasts=None)))
    assert cases["russia"].closures == {"russian_border": (Closure(3 * MONTH, np.inf, 1.0),)}


def test_a_closure_fades_as_its_recovery_says() -> None:
    fading = event("corridor_closure", "russia", recovery=Said(shape="linear", over=4.0))
    shut = cases_of(scenario(halt=fading))["russia"].closures["russian_border"]
    assert [round(c.severity, 3) for c in shut] == [1.0, 0.875, 0.625, 0.375, 0.125]
    assert shut[-1].end_day == pytest.approx(13 * MONTH)


def test_a_limit_holds_throughput_while_it_lasts() -> None:
    case = cases_of(scenario(limit=event("corridor_capacity", "trans_caspian", limit=3e6, lasts=None)))["trans_caspian"]
    plan = Plan(months=12, replications=2, closures=case.closures)
    passed = simulate(case.corridor, arrivals("trans_caspian"), plan).legs["caspian_ferry"].passed_t
    assert passed[:3].sum() > 0.9e6
    assert passed[3:].sum() < 3e6 * 9 / 12


def test_a_limit_on_a_corridor_without_limits_holds_too() -> None:
    case = cases_of(scenario(limit=event("corridor_capacity", "russia", limit=24e3)))["russia"]
    plan = Plan(months=18, replications=8, closures=case.closures)
    monthly = simulate(case.corridor, [Stream("copper", (6e3,), 500.0)], plan).legs["russian_border"].passed_t
    assert monthly[3:9] == pytest.approx(np.full(6, 2e3), rel=0.15)
    assert monthly[9] > 20e3  # the backlog leaves at once


def test_an_event_on_no_corridor_is_an_input_error() -> None:
    with pytest.raises(InputError, match=r"events\.halt\.corridor: no corridor 'suez'; there are china_dostyk,"):
        cases_of(scenario(halt=event("corridor_closure", "suez")))


def test_a_corridor_without_legs_is_an_input_error() -> None:
    with pytest.raises(InputError, match=r"corridors\.zangezur: a corridor needs at least one leg"):
        corridors_of(scenario({"zangezur": Said(title="", legs={}, serves=())}))
    with pytest.raises(InputError, match=r"corridors\.c: a corridor needs at least one leg"):
        Corridor("c", "", ())


def test_a_scenario_may_widen_a_shipped_leg_and_keeps_its_vessels() -> None:
    said = Said(title="", legs={"caspian_ferry": leg("ferry", 0.8, capacity=10e6)}, serves=())
    made = corridors_of(scenario({"trans_caspian": said}))["trans_caspian"]
    ferry, shipped = made.leg("caspian_ferry"), corridors()["trans_caspian"].leg("caspian_ferry")
    assert (ferry.capacity, ferry.hold_t, ferry.closed_share) == (10e6, shipped.hold_t, shipped.closed_share)
    assert made.title == corridors()["trans_caspian"].title
    assert [leg.id for leg in made.legs] == [leg.id for leg in corridors()["trans_caspian"].legs]
    flood = [replace(s, monthly_t=(1e6,)) for s in arrivals("trans_caspian") if not s.product]
    assert simulate(made, flood, Plan(replications=2)).throughput_mt_year == pytest.approx(10, rel=0.06)


def test_a_leg_of_its_own_makes_it_another_corridor() -> None:
    said = Said(title="", legs={"caspian_ferry": leg("ferry", 0.8), "tunnel": leg("rail", 1.0)}, serves=())
    made = corridors_of(scenario({"trans_caspian": said}))["trans_caspian"]
    assert [leg.id for leg in made.legs] == ["caspian_ferry", "tunnel"]


def test_a_corridor_that_is_closed_in_the_base_year_lets_nothing_in() -> None:
    shut = Corridor("c", "", (Leg("a", "rail"), Leg("b", "border")), status="closed")
    result = simulate(shut, [Stream("s", (1e4,), 500.0)], Plan(replications=1, closures=shut_all_along(shut)))
    assert result.throughput_mt_year == 0
    with pytest.raises(InputError, match="status is open or closed, not 'ajar'"):
        Corridor("c", "", (Leg("a", "rail"),), status="ajar")


def test_a_new_corridor_carries_its_share_of_trade() -> None:
    said = Said(
        title="Zangezur",
        legs={"mine": leg("mine", 2.0), "rail": leg("rail", 9.0, capacity=1e6)},
        serves=(Said(from_="KAZ", to="TUR", product="copper.refined", share=0.25),),
    )
    told = scenario({"zangezur": said})
    corridor = corridors_of(told)["zangezur"]
    cargo = streams_of(corridor, services_of(told), {"copper.refined": {("KAZ", "TUR"): 120e3, ("KAZ", "CHN"): 3e5}})
    assert [(s.product, s.monthly_t, s.lot_t) for s in cargo] == [("copper.refined", (2500.0,), 1500.0)]
    assert simulate(corridor, cargo, Plan(replications=4)).transit_p50 == pytest.approx(11.5, abs=0.6)


def test_servers_without_capacity_queue_only_when_the_scenario_says_so() -> None:
    silent = Said(title="", legs={"desk": leg("border", 2.0)}, serves=())
    said = Said(title="", legs={"desk": leg("border", 2.0, servers=3, model_fields_set={"servers"})}, serves=())
    made = corridors_of(scenario({"a": silent, "b": said}))
    assert not made["a"].legs[0].limited
    assert (made["b"].legs[0].servers, made["b"].legs[0].service_days, made["b"].legs[0].transit_days) == (3, 2.0, 0.0)


def test_minerals_shut_out_of_russia_fit_on_the_caspian_ferries() -> None:
    """Uranium and cathode are little beside 4.5 Mt of freight; several times the cathode of today is not."""
    before = {name: arrivals(name) for name in ("trans_caspian", "russia")}
    after = divert(before, "russia", "trans_caspian")
    moved = [s for s in after["trans_caspian"] if s.id.endswith("off russia")]
    assert after["russia"] == ()
    assert {s.product: (s.enters, s.leaves) for s in moved} == {
        "uranium.concentrate": ("inkai_mine", "black_sea_charter"),
        "copper.refined": ("inkai_mine", "poti_port"),
    }
    corridor, plan = corridors()["trans_caspian"], Plan(replications=3)
    calm, full = (simulate(corridor, cargo["trans_caspian"], plan) for cargo in (before, after))
    extra = sum(s.monthly_t[0] for s in moved) * 12 / 1e6
    assert full.throughput_mt_year - calm.throughput_mt_year == pytest.approx(extra, rel=0.3)
    assert full.legs["caspian_ferry"].use > calm.legs["caspian_ferry"].use

    flood = Stream("all Kazakh cathode and ore", (2.2e6 / 12,), 1500.0, "copper.refined", "inkai_mine", "poti_port")
    jammed = simulate(corridor, [*after["trans_caspian"], flood], plan)
    assert jammed.throughput_mt_year == pytest.approx(6.0, rel=0.06)
    assert jammed.legs["caspian_ferry"].queue_t[-1] > 1e5


def test_a_diversion_from_nowhere_is_an_input_error() -> None:
    with pytest.raises(InputError, match="no arrivals at corridor 'suez'"):
        divert({"russia": ()}, "suez", "russia")


def test_the_neck_of_a_corridor_without_limits_is_its_border() -> None:
    assert neck(corridors()["russia"]).id == "russian_border"
    assert neck(Corridor("c", "", (Leg("a", "rail"), Leg("b", "rail")))).id == "a"
