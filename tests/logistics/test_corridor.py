from __future__ import annotations

import pytest

from supplysim.errors import InputError
from supplysim.logistics import Closure, Corridor, Leg, Plan, Stream


def test_a_fleet_follows_from_capacity_hold_and_round_trip() -> None:
    ferry = Leg("boat", "ferry", capacity=6e6, hold_t=3000.0, service_days=4.0)
    assert ferry.places == 22
    assert 365 * ferry.places / ferry.work(3000.0) * 3000 == pytest.approx(6e6)


def test_every_mistake_in_a_leg_is_told_at_once() -> None:
    with pytest.raises(InputError) as told:
        Leg("x", "camel", capacity=-1.0, spell_days=0.0, closed_share=(1.0,) * 12)
    assert len(told.value.faults) == 4
    assert {fault.path for fault in told.value.faults} == {"legs.x"}


@pytest.mark.parametrize(
    ("figures", "message"),
    [({"servers": 2}, "servers without a capacity"), ({"hold_t": 5.0}, "vessels .* need a capacity")],
)
def test_a_leg_that_could_pass_nothing_is_refused(figures: dict[str, float], message: str) -> None:
    with pytest.raises(InputError, match=message):
        Leg("x", "ferry", **figures)  # type: ignore[arg-type]


def test_a_leg_may_occur_once() -> None:
    with pytest.raises(InputError, match=r"corridors\.c: a leg may occur only once"):
        Corridor("c", "", (Leg("a", "rail"), Leg("a", "sea")))


def test_a_stream_must_pass_some_leg() -> None:
    chain = Corridor("c", "", (Leg("a", "rail"), Leg("b", "rail")))
    with pytest.raises(InputError, match=r"streams\.s: passes no leg of c"):
        Stream("s", (1.0,), 1.0, enters="b", leaves="a").route(chain)


@pytest.mark.parametrize("wrong", [{"lot_t": 0.0}, {"monthly_t": ()}, {"monthly_t": (-1.0,)}])
def test_a_stream_needs_lots_and_tonnes(wrong: dict[str, object]) -> None:
    with pytest.raises(InputError, match=r"streams\.s"):
        Stream(**{"id": "s", "monthly_t": (1.0,), "lot_t": 1.0, **wrong})  # type: ignore[arg-type]


def test_a_closure_ends_after_it_starts() -> None:
    with pytest.raises(InputError, match="end after its start"):
        Closure(5.0, 4.0)


def test_a_plan_needs_a_month() -> None:
    with pytest.raises(InputError, match="1 or more"):
        Plan(months=0)
