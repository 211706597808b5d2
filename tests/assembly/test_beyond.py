"""Which markets a scenario asks the price ceiling of: losses and limits worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from supplysim.assembly import Inputs, assemble
from supplysim.assembly.beyond import Taken, share_taken, taken
from supplysim.engine.policy import Ban, Outage
from supplysim.scenario import load
from supplysim.world import World

from ..engine.markets import months, small_stage

BAN = """
scope: [heavy_rare_earths, rare_earths]
consumers: [USA, KOR]
events:
  stop: {{kind: {kind}, product: heavy_rare_earths.separated, from: CHN, to: [KOR], starts: 2026-03, lasts: 6 months,
         {how}}}
"""


def told(world: World, tmp_path, text: str) -> dict[tuple[str, str], Taken]:
    path = tmp_path / "stop.yaml"
    path.write_text(f"format: 1\ntitle: A stop\nhorizon: {{start: 2026-01, months: 12}}\n{text}", encoding="utf-8")
    inputs = Inputs(load(path), {}, 1)
    return dict(taken(assemble(world, inputs, "scenario"), inputs))


def test_what_a_ban_and_an_outage_leave_of_a_buyers_purchases():
    """A buyer has 60 t of one mine and 40 t of another. A third of the first link is banned and half of the second
    mine fails: 20 and 20 t are missing. The other buyer, of 40 and 10 t, lacks 5 of 50."""
    link = np.array([[True, False], [False, False]])
    stage = small_stage(
        [[60.0, 40.0], [40.0, 10.0]], K=np.array([[100.0, 50.0]]),
        effects=(Ban(link, months(2, 4, severity=1 / 3)), Outage(np.array([1]), months(2, 4, severity=0.5))),
    )  # fmt: skip
    lost = share_taken(stage, 1, 6)[:, 0]
    np.testing.assert_allclose(lost[2], [0.4, 0.1], atol=1e-12)
    np.testing.assert_allclose(lost[[0, 1, 4, 5]], 0.0, atol=1e-12)


def test_idle_capacity_makes_up_for_an_outage():
    stage = small_stage([[80.0]], (Outage(np.array([0]), months(0, 9, severity=0.5)),), K=np.array([[120.0]]))
    np.testing.assert_allclose(share_taken(stage, 1, 3), 0.25, atol=1e-12)


def test_a_plant_sells_no_more_than_its_scarcest_input_allows():
    """It lacks half of one input and a quarter of the other."""
    plant = small_stage([[60.0]], inputs=(0, 1), yields=np.ones((2, 1)), fed_by=np.zeros((2, 1), dtype=np.intp))
    lost = share_taken(plant, 1, 2, [np.full((2, 1, 1), 0.5), np.full((2, 1, 1), 0.25)])
    np.testing.assert_allclose(lost, 0.5)


def test_a_scenario_that_takes_away_all_of_a_market_asks_for_the_ceiling(world, tmp_path):
    """All dysprosium and terbium that Korea uses is Chinese. Users would give up `1 - exp(-0.2 (ln 20 / 2 + 19 / 2))`
    at the table's elasticity of 0.2, here the same in all draws."""
    text = BAN.format(
        scope="heavy_rare_earths, rare_earths", kind="export_ban", product="heavy_rare_earths.separated", how=""
    )
    found = told(world, tmp_path, text)
    oxide = found["heavy_rare_earths.separated", "KOR"]
    assert oxide.share == pytest.approx(1.0)
    assert oxide.limit == pytest.approx(1 - np.exp(-0.2 * (0.5 * np.log(20) + 0.5 * 19)), abs=1e-6)
    assert oxide.month == 2
    assert oxide.asks
    assert ("heavy_rare_earths.separated", "USA") not in found


def test_what_korean_magnet_makers_lack_korean_users_of_magnets_lack_in_part(world, tmp_path):
    """Plants in Korea make a seventh of what Korea uses: no cause for the ceiling."""
    text = BAN.format(
        scope="heavy_rare_earths, rare_earths", kind="export_ban", product="heavy_rare_earths.separated", how=""
    )
    magnets = told(world, tmp_path, text)["rare_earths.magnets_heavy", "KOR"]
    assert 0.05 < magnets.share < 0.25
    assert not magnets.asks


def test_a_licence_that_holds_back_a_third_does_not(world, tmp_path):
    how = "delay: 9 weeks, held_back: 33 %"
    text = BAN.format(
        scope="heavy_rare_earths, rare_earths", kind="licensing_delay", product="heavy_rare_earths.separated", how=how
    )
    oxide = told(world, tmp_path, text)["heavy_rare_earths.separated", "KOR"]
    assert oxide.share == pytest.approx(0.33)
    assert not oxide.asks
