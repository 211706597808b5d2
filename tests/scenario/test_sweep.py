"""Axes multiply, paths in one axis go together, cases stand beside them, and every cell is checked."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from supplysim.scenario import Scenario, cells, digest

DEAL = "contracts: {c: {kind: option, product: copper.refined, from: KAZ, to: USA, volume: 1 kt/yr, starts: 2028-01}}\n"


def test_axes_multiply_and_paths_in_one_axis_go_together(read: Callable[..., Scenario]) -> None:
    scenario = read(
        f"""{DEAL}sweep:
  stock: {{stockpiles.USA.copper.target: [0 months, 6 months, 12 months]}}
  deal: {{contracts.c.volume: [0 t/yr, 2x], contracts.c.realised: [0, 0.9]}}
"""
    )
    found = cells(scenario)

    assert [cell.label for cell in found[:3]] == [
        "stock=0 months, deal=0 t/yr / 0",
        "stock=0 months, deal=2x / 0.9",
        "stock=6 months, deal=0 t/yr / 0",
    ]
    assert len(found) == scenario.sweep.size == 6
    assert found[-1].settings == {
        "stockpiles.USA.copper.target": "12 months", "contracts.c.volume": "2x", "contracts.c.realised": "0.9",
    }  # fmt: skip
    values = found[-1].scenario.values
    assert (values["stockpiles.USA.copper.target"], values["contracts.c.volume"]) == (12, 2000)
    assert found[-1].scenario.origins["contracts.c.volume"].kind == "sweep"
    assert len({digest(cell.scenario) for cell in found}) == 6
    assert cells(found[0].scenario)[0].scenario is found[0].scenario


def test_cases_are_picked_by_hand(read: Callable[..., Scenario]) -> None:
    scenario = read(
        DEAL + "sweep.cases: [{label: none, set: {contracts.c.volume: 0 t/yr}}, {label: all, set: {draws: 9}}]\n"
    )

    assert [(cell.label, cell.scenario.draws) for cell in cells(scenario)] == [("none", 256), ("all", 9)]


def test_what_we_choose_is_not_drawn(read: Callable[..., Scenario]) -> None:
    path = "minerals.copper.refined.trade.sigma"
    found = cells(read(f"sweep: {{sigma: {{{path}: [2, 4]}}}}\n"))

    assert [cell.scenario.values[path] for cell in found] == [2, 4]
    assert all(path not in cell.scenario.uncertain for cell in found)


def test_a_cell_may_set_a_list(read: Callable[..., Scenario]) -> None:
    scenario = read(
        "events: {h: {kind: export_ban, product: copper.refined, from: CHN, starts: 2027-01}}\n"
        "sweep: {who: {events.h.from: [[CHN, RUS], KAZ]}}\n"
    )

    assert [cell.label for cell in cells(scenario)] == ["who=[CHN, RUS]", "who=KAZ"]
    assert [cell.scenario.events["h"].from_ for cell in cells(scenario)] == [("CHN", "RUS"), ("KAZ",)]  # type: ignore[attr-defined]


def test_without_a_sweep_there_is_one_cell(read: Callable[..., Scenario]) -> None:
    scenario = read("")

    assert [(cell.label, cell.scenario) for cell in cells(scenario)] == [("", scenario)]


@pytest.mark.parametrize(
    ("sweep", "words"),
    [
        (
            "{a: {contracts.c.volume: [0 t/yr, 1 t/yr], contracts.c.realised: [0]}}",
            "has 1 values, but contracts.c.volume has 2",
        ),
        ("{a: {contracts.c.volum: [0 t/yr]}}", "did you mean 'volume'"),
        ("{a: {contracts.c.volume: 0 t/yr}}", "must be a list of values"),
        ("{a: {contracts.c.volume: []}}", "must be a list of values"),
        ("{a: 5}", "an axis is a map of paths"),
        ("{contracts.c.volume: [0 t/yr]}", "an axis needs a name of its own"),
        ("{a: {contracts.c.volume: [0 t/yr]}, b: {contracts.*.volume: [1 t/yr]}}", "is set by the axis 'a' too"),
        ("{a: {contracts.c.volume: [0 t/yr, 5 apples]}}", "'apples' is not a unit here"),
        ("{a: {contracts.c.to: [USA, KAZ]}}", "from and to are both KAZ"),
        ("{cases: [{set: {draws: 5}}]}", "a case is {label: text, set: {path: value}}"),
        ("{cases: [{label: x, set: {drws: 5}}]}", "did you mean 'draws'"),
        ("5", "must be a map of axes"),
        ("{a: {draws: [%s]}, b: {seed: [%s]}}" % (("1, " * 200,) * 2), "40,000 cells; at most 10,000"),
    ],
)
def test_a_sweep_that_cannot_be_run_is_refused(faults: Callable[..., list[str]], sweep: str, words: str) -> None:
    found = faults(f"{DEAL}sweep: {sweep}\n")

    assert any(words in fault for fault in found), found
