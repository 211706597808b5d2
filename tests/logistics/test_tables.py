"""The shipped routes against what is known of them (facts on Trans-Caspian, Chinese and Iranian routes)."""

from __future__ import annotations

import numpy as np
import pytest

from supplysim.errors import InputError
from supplysim.logistics import CorridorResult, Plan, arrivals, corridors, services, simulate
from supplysim.logistics.tables import leg_from, legs, rows


def test_the_trans_caspian_carried_2_76_mt_in_2023(middle_2023: CorridorResult) -> None:
    assert middle_2023.throughput_mt_year == pytest.approx(2.76, rel=0.15)


def test_it_carried_4_1_mt_from_january_to_november_2024_of_a_capacity_of_6(middle_2024: CorridorResult) -> None:
    assert middle_2024.throughput_t[:, :11].sum(axis=1).mean() / 1e6 == pytest.approx(4.1, rel=0.15)
    assert middle_2024.corridor.leg("caspian_ferry").capacity == 6e6
    assert middle_2024.bottleneck == "caspian_ferry"
    assert middle_2024.use == pytest.approx(4.47 / 6, rel=0.05)


def test_saturated_it_carries_its_capacity() -> None:
    flood = [s for s in arrivals("trans_caspian") if not s.product]
    flood = [type(s)(s.id, (8e6 / 12,), s.lot_t, "", s.enters, s.leaves, s.skips) for s in flood]
    result = simulate(corridors()["trans_caspian"], flood, Plan(replications=3))
    assert result.throughput_mt_year == pytest.approx(6.0, rel=0.05)


def test_uranium_takes_about_80_days_from_inkai_to_a_canadian_port(middle_2024: CorridorResult) -> None:
    assert middle_2024.transit_p50 == pytest.approx(80, rel=0.15)
    assert middle_2024.transit_p95 > 1.25 * middle_2024.transit_p50  # "neither reliable nor predictable"


def test_freight_takes_the_published_18_to_23_days_to_poti(middle_2024: CorridorResult) -> None:
    assert 17 < middle_2024.transit(0.5, "all") < 23


def test_that_is_about_three_times_the_northern_route(
    middle_2024: CorridorResult, russia: CorridorResult, northern: CorridorResult
) -> None:
    assert middle_2024.transit(0.5, "all") / northern.transit_p50 == pytest.approx(3, rel=0.15)
    assert middle_2024.transit_p50 / russia.transit_p50 == pytest.approx(3, rel=0.2)


def test_storms_in_november_and_december_leave_a_queue_at_aktau(middle_2024: CorridorResult) -> None:
    queue = middle_2024.legs["caspian_ferry"].queue_t
    assert queue[10:].mean() > 2 * queue[3:9].mean()


def test_india_by_iran_takes_the_published_25_to_30_days() -> None:
    result = simulate(corridors()["north_south"], arrivals("north_south"), Plan(replications=2))
    assert 25 <= result.transit_p50 <= 30
    assert result.throughput_mt_year == pytest.approx(2.1, rel=0.05)


@pytest.mark.parametrize(("name", "total"), [("china_dostyk", 18.8), ("china_khorgos", 13.2)])
def test_china_takes_its_32_mt(name: str, total: float) -> None:
    result = simulate(corridors()[name], arrivals(name), Plan(months=6, warm_up=2, replications=1))
    assert result.throughput_mt_year == pytest.approx(total, rel=0.05)
    assert result.bottleneck.endswith("border")


def test_every_figure_has_a_source_and_a_known_confidence() -> None:
    for table in ("legs.csv", "corridors.csv", "freight.csv", "serves.csv"):
        for row in rows(table):
            assert row["source"], row
            assert row["confidence"] in {"A", "B", "C", "derived", "assumption"}, row


def test_shares_of_a_flow_never_exceed_it() -> None:
    shares: dict[tuple[str, str, str], float] = {}
    for service in services():
        for to in service.to:
            key = service.product, service.origin, to
            shares[key] = shares.get(key, 0.0) + service.share
    assert all(share <= 1 + 1e-9 for share in shares.values())


def test_every_leg_is_on_a_corridor_and_every_stream_finds_its_way() -> None:
    assert {leg.id for corridor in corridors().values() for leg in corridor.legs} == set(legs())
    for name, corridor in corridors().items():
        assert all(stream.route(corridor) for stream in arrivals(name))


def test_minerals_are_not_counted_twice() -> None:
    assert np.sum([s.monthly_t[0] for s in arrivals("trans_caspian")]) * 12 == pytest.approx(4_472_727)


def test_a_year_before_all_records_is_an_input_error() -> None:
    with pytest.raises(InputError, match="no freight on record for 'trans_caspian' by 2010"):
        arrivals("trans_caspian", 2010)


def test_a_figure_that_no_leg_has_is_an_input_error() -> None:
    with pytest.raises(InputError, match=r"legs\.x: no such figure: colour"):
        leg_from("x", "rail", {"colour": 3.0})
