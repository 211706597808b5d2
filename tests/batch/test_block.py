"""A draw's result does not depend on the draws computed beside it, whatever happens in the scenario."""

from __future__ import annotations

import gc
import weakref
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from supplysim.assembly import Inputs, assemble, assemble_all
from supplysim.batch import block as blocks
from supplysim.batch.block import Block, compute, variants_of
from supplysim.batch.sampling import sample
from supplysim.engine.history import History
from supplysim.engine.native.library import library
from supplysim.engine.run import simulate
from supplysim.errors import InputError
from supplysim.results.metrics import Key, measure
from supplysim.results.question import question_of
from supplysim.scenario import Scenario, load
from supplysim.world import World

EVERYTHING = """
format: 1
title: Every kind of policy at once
horizon: {start: 2026-01, months: 9}
scope: [MINERALS]
consumers: [USA, EU27]
model: {investment: on}
stockpiles: {USA: {tungsten: {target: {dist: uniform, low: 2 months, high: 9 months}}}}
contracts:
  offtake: {kind: take_or_pay, product: tungsten.concentrate, from: KAZ, to: USA, starts: 2026-03,
            volume: {dist: uniform, low: 1000 t/yr, high: 3000 t/yr}, new_capacity: 3000 t/yr, realised: 0.6}
events:
  ban: {kind: export_ban, product: tungsten.apt, from: CHN, to: [USA, EU27], announced: 2 months, lasts: 3 months,
        starts: {dist: uniform, low: 2026-03, high: 2026-06}, recovery: {shape: linear, over: 3 months}}
  quota: {kind: export_quota, product: tungsten.concentrate, from: CHN, starts: 2026-02, probability: 0.5,
          cut: {dist: uniform, low: 10%, high: 60%}}
  share: {kind: diversification, product: tungsten.apt, to: EU27, from: CHN, max_share: 65%, starts: 2026-06}
  licence: {kind: licensing_delay, product: tungsten.apt, from: CHN, to: JPN, held_back: 30%, starts: 2026-04,
            delay: {dist: uniform, low: 1 months, high: 4 months}, probability: 0.7}
  tariff: {kind: tariff, product: tungsten.apt, from: VNM, to: USA, starts: 2026-05,
           rate: {dist: uniform, low: 10%, high: 50%}}
  strike: {kind: outage, product: tungsten.concentrate, region: CHN, starts: 2026-05, lasts: 2 months, severity: 20%,
           probability: 0.5}
  cap: {kind: price_cap, product: tungsten.apt, region: EU27, multiple: 2, starts: 2026-05}
draws: 24
"""


def everything(folder: Path, minerals: str) -> Scenario:
    path = folder / "everything.yaml"
    path.write_text(EVERYTHING.replace("MINERALS", minerals), encoding="utf-8")
    return load(path)


def assert_same(whole: Block, part: Block) -> None:
    rows = slice(part.first - whole.first, part.first - whole.first + part.count)
    for path, values in part.inputs.items():
        assert values.tobytes() == whole.inputs[path][rows].tobytes(), path
    for variant, found in part.metrics.items():
        for key, values in found.items():
            assert values.tobytes() == whole.metrics[variant][key][rows].tobytes(), (variant, key)
    for variant, traces in part.traces.items():
        for product, trace in traces.items():
            other = whole.traces[variant][product]
            for name, values in trace.monthly.items():
                assert values.tobytes() == other.monthly[name][:, rows].tobytes(), (variant, product, name)
            assert trace.flow.tobytes() == other.flow[:, rows].tobytes(), (variant, product)
            assert all(v.tobytes() == other.contracts[k][:, rows].tobytes() for k, v in trace.contracts.items())


def test_a_draw_is_the_same_alone_and_in_any_company(world: World, tmp_path: Path) -> None:
    scenario = everything(tmp_path, "tungsten")
    whole = compute(world, scenario, 0, 24, traced=True)
    assert np.ptp(whole.metrics["scenario"][Key("unmet_demand_t", "tungsten.apt", "USA")]) > 0
    for first, count in ((0, 1), (23, 1), (7, 1), (0, 2), (3, 5), (12, 12)):
        assert_same(whole, compute(world, scenario, first, count, traced=True))


def test_a_draw_is_the_same_in_the_whole_world(world: World, tmp_path: Path) -> None:
    scenario = load(everything(tmp_path, "tungsten").path or "", ["horizon.months=6", "scope=[" + ALL + "]"])
    whole = compute(world, scenario, 0, 5, traced=True)
    for first, count in ((2, 1), (3, 2)):
        assert_same(whole, compute(world, scenario, first, count, traced=True))


def test_parts_measured_one_by_one_are_the_chain_measured_as_a_whole(world: World, tmp_path: Path) -> None:
    scenario = load(everything(tmp_path, "tungsten").path or "", ["horizon.months=6", "scope=[" + ALL + "]"])
    inputs = Inputs(scenario, sample(scenario, 0, 3), 3)
    found = compute(world, scenario, 0, 3, traced=False).metrics
    for variant, assembly in assemble_all(world, inputs, variants_of(scenario)).items():
        whole = measure(assembly, simulate(assembly.chain, assembly.watch), question_of(world, inputs))
        assert list(found[variant]) == list(whole)
        assert all(found[variant][key].tobytes() == values.tobytes() for key, values in whole.items())


COMPILED = pytest.param("compiled", marks=pytest.mark.skipif(library() is None, reason="no compiled engine here"))


@pytest.mark.parametrize("engine", ["numpy", COMPILED])
def test_metrics_do_not_hang_on_whose_months_are_kept(engine: str, world: World, tmp_path: Path) -> None:
    scenario = everything(tmp_path, "tungsten")
    kept, let_go = (compute(world, scenario, 0, 3, traced=traced, engine=engine) for traced in (True, False))
    assert kept.traces
    assert not let_go.traces
    assert_same(replace(kept, traces={}), let_go)


def test_a_block_holds_the_histories_of_one_part(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scenario = load(everything(tmp_path, "tungsten").path or "", ["horizon.months=6", "scope=[" + ALL + "]"])
    alive: list[weakref.ref[History]] = []
    simulated = []

    def watched(*args: Any, **how: Any) -> list[History]:
        gc.collect()
        assert not any(each() for each in alive)
        histories = simulate(*args, **how)
        simulated.append(len(histories))
        alive.extend(map(weakref.ref, histories))
        return histories

    monkeypatch.setattr(blocks, "simulate", watched)
    compute(world, scenario, 0, 2, traced=True)
    assert len(simulated) > len(ALL.split(","))  # the part with the events in every variant, all others once


ALL = "uranium, rare_earths, tungsten, copper, gold, antimony"


def test_a_contract_beyond_its_supplier_fails_in_its_own_draws_alone(world: World, tmp_path: Path) -> None:
    text = EVERYTHING.replace("MINERALS", "tungsten").replace("high: 3000 t/yr}", "high: 6000 t/yr}")
    (tmp_path / "greedy.yaml").write_text(text, encoding="utf-8")
    scenario = load(tmp_path / "greedy.yaml")

    def fails(draw: int) -> bool:
        try:
            assemble(world, Inputs(scenario, sample(scenario, draw, 1), 1), "scenario")
        except InputError:
            return True
        return False

    bad = {draw for draw in range(12) if fails(draw)}
    assert 0 < len(bad) < 12
    with pytest.raises(InputError, match="more than KAZ can ever make"):
        compute(world, scenario, 0, 12, traced=False)
