from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace as Said

import pytest
from click.testing import CliRunner, Result
from simpy import Environment

from supplysim.cli.corridors import corridors as command
from supplysim.errors import InputError
from supplysim.logistics import Plan, arrivals, cases_of, corridors, simulate
from supplysim.logistics.study import cargo_of, study
from supplysim.scenario import load

WRITTEN = """
format: 1
title: A new way west that is narrowed in summer
horizon: {start: 2026-01, months: 12}
corridors:
  zangezur:
    title: Zangezur
    legs:
      mine: {mode: mine, service: 2 days}
      rail: {mode: rail, service: 9 days, capacity: 1 Mt/yr}
    serves:
      - {from: KAZ, to: CHN, product: copper.refined, share: 0.1}
events:
  narrow: {kind: corridor_capacity, corridor: zangezur, limit: 0.1 Mt/yr, starts: 2026-06, lasts: 2 months}
"""


def ran(*arguments: str) -> Result:
    return CliRunner().invoke(command, ["--replications", "1", *arguments])


@pytest.fixture(scope="module")
def base() -> list[dict[str, object]]:
    done = ran("--json")
    assert done.exit_code == 0, done.output
    return json.loads(done.output)["corridors"]


def test_every_shipped_corridor_is_told(base: list[dict[str, object]]) -> None:
    assert [row["corridor"] for row in base] == list(corridors())


def test_json_holds_plain_numbers_and_null_where_nothing_limits(base: list[dict[str, object]]) -> None:
    by_name = {row["corridor"]: row for row in base}
    middle, russia = by_name["trans_caspian"], by_name["russia"]
    assert middle["bottleneck"] == "caspian_ferry"
    assert middle["transit_days"]["p50"] < middle["transit_days"]["p95"]  # type: ignore[index]
    assert len(middle["legs"]) == 11  # type: ignore[arg-type]
    assert russia["bottleneck"] is None
    assert russia["mineral_cap_t_month"] == [None] * 12


def test_the_same_seed_prints_the_same(base: list[dict[str, object]]) -> None:
    assert json.loads(ran("--json", "--seed", "0").output)["corridors"] == base


def test_the_table_names_legs_days_use_and_bottleneck() -> None:
    shown = ran("--divert", "russia=trans_caspian").output
    for text in ("trans_caspian", "caspian_ferry", "p50 days", "p95 days", "Mt/yr", "use %", "no limit known", "none"):
        assert text in shown


def test_a_diversion_in_half_is_bad_input() -> None:
    done = ran("--divert", "russia")
    assert done.exit_code == 2
    assert "write CLOSED=ONTO" in done.output


def test_a_scenario_shuts_russia() -> None:
    halt = Said(
        kind="corridor_closure", corridor="russia", starts=24300, lasts=None, severity=1.0,
        recovery=Said(shape="step", over=0.0),
    )  # fmt: skip
    told = Said(corridors={}, events={"halt": halt}, start=24300, months=2)
    russia = next(result for result in study(told, replications=1) if result.corridor.id == "russia")
    assert russia.legs["russian_border"].passed_t.sum() == 0
    assert russia.legs["russian_border"].queue_t[-1] > 0


def test_freight_on_record_stays_with_a_corridor_that_keeps_its_legs() -> None:
    assert {stream.id for stream in cargo_of(corridors()["russia"])} == {"uranium", "copper"}


def test_an_unknown_corridor_to_divert_is_an_input_error() -> None:
    with pytest.raises(InputError, match="no arrivals at corridor 'suez'"):
        list(study(replications=1, diverted=("suez", "russia")))


def test_a_written_scenario_adds_a_corridor_and_narrows_it(tmp_path: Path) -> None:
    file = tmp_path / "zangezur.yaml"
    file.write_text(WRITTEN, encoding="utf-8")
    case = cases_of(load(file))["zangezur"]
    (narrow,) = case.closures["rail"]
    assert (narrow.start_day, narrow.end_day, narrow.severity) == pytest.approx((5 * 365 / 12, 7 * 365 / 12, 0.9))
    row = json.loads(ran(str(file), "--json").output)["corridors"][-1]
    assert row["corridor"] == "zangezur"
    assert row["transit_days"]["p50"] == pytest.approx(11.5, abs=1.5)
    assert row["throughput_mt_year"] > 0.01  # a tenth of the cathode that the base year has from KAZ to CHN


def test_a_year_of_the_trans_caspian_takes_a_handful_of_events_for_each_leg_of_a_lot(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    taken, plain = [0], Environment.step

    def counted(env: Environment) -> None:
        taken[0] += 1
        plain(env)

    monkeypatch.setattr(Environment, "step", counted)
    found = simulate(corridors()["trans_caspian"], arrivals("trans_caspian"), Plan(replications=1))
    plan, visits = found.plan, 0.0
    for stream in found.streams:
        lots = found.delivered_t[stream.id].sum() / stream.lot_t * (1 + plan.warm_up / plan.months)
        visits += lots * len(stream.route(found.corridor))
    assert visits < taken[0] < 4 * visits


def test_legs_that_nobody_queues_at_take_no_events(monkeypatch: pytest.MonkeyPatch) -> None:
    """They are most of all legs: each event there cost as much as one where lots wait for one another."""
    monkeypatch.setattr(Environment, "step", lambda _: pytest.fail("a simulation was run"))
    free = [
        name for name, each in corridors().items() if not any(leg.limited or leg.departure_days for leg in each.legs)
    ]
    for name in free:
        found = simulate(corridors()[name], arrivals(name), Plan(months=2, replications=1))
        assert found.left_t.sum() > 0
    assert free
