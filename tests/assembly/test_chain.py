"""The shipped world as the engine gets it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from supplysim.assembly import Inputs, assemble
from supplysim.assembly.stages import with_stocking
from supplysim.batch.block import compute
from supplysim.batch.sampling import sample
from supplysim.engine.run import simulate
from supplysim.scenario import load

STILL = """\
model: {growth: off, investment: on}
"""
BUSY = """\
scope: [tungsten]
contracts:
  cove: {kind: take_or_pay, product: tungsten.concentrate, from: KAZ, to: USA,
         volume: 3000 t/yr, starts: 2026-06, new_capacity: 3000 t/yr}
events:
  quota: {kind: export_quota, product: tungsten.*, from: CHN, cut: 40%, starts: 2026-09, lasts: 9 months}
  ban: {kind: export_ban, product: tungsten.apt, from: CHN, to: JPN, starts: 2026-12, lasts: 6 months}
uncertain:
  events.quota.starts: {dist: uniform, low: 2026-04, high: 2027-06}
  events.ban.severity: {dist: uniform, low: 0.2, high: 1}
"""


def test_an_unshocked_world_repeats_its_base_year_for_ten_years(world, tmp_path):
    """Every mechanism on, growth off: no price moves by 1e-9, in the centre and in a draw of the priors."""
    path = tmp_path / "still.yaml"
    path.write_text(
        "format: 1\ntitle: Still\nhorizon: {start: 2026-01, months: 120}\ndraws: 2\n" + STILL, encoding="utf-8"
    )
    scenario = load(path)
    chain = assemble(world, Inputs(scenario, sample(scenario, 0, 2), 2), "baseline").chain
    for stage, history in zip(chain.stages, simulate(chain), strict=True):
        assert np.abs(history.monthly["spot"]).max() < 1e-9, stage.product
        np.testing.assert_allclose(history.flow[-1], np.broadcast_to(12 * stage.q, history.flow[-1].shape), rtol=1e-9)
        assert not history.monthly["rationed"].max() > 1e-9


def test_a_draw_gives_the_same_bytes_in_a_block_of_any_size(world, tmp_path):
    path = tmp_path / "busy.yaml"
    path.write_text(
        "format: 1\ntitle: Busy\nhorizon: {start: 2026-01, months: 24}\ndraws: 5\n" + BUSY, encoding="utf-8"
    )
    scenario = load(path)
    whole = compute(world, scenario, 0, 5, traced=False).metrics["scenario"]
    for first, count in ((0, 1), (1, 2), (3, 2), (4, 1)):
        part = compute(world, scenario, first, count, traced=False).metrics["scenario"]
        for key, values in part.items():
            np.testing.assert_array_equal(values, whole[key][first : first + count], err_msg=str(key))


@pytest.mark.parametrize("mineral", ["copper", "gold", "tungsten"])
def test_a_growing_world_stays_near_base_prices(assembled, mineral):
    """Supply follows the growth of what is made of it: two years on, prices are within a tenth of the base year's."""
    chain = assembled(f"scope: [{mineral}]\n", "baseline").chain
    for stage, history in zip(chain.stages, simulate(chain), strict=True):
        weight = stage.q.sum(axis=0) / stage.q.sum()
        assert abs(history.monthly["spot"][-1, 0] @ weight) < 0.1, stage.product


def test_supply_follows_the_stocks_that_grow_with_use(assembled):
    """Of use that grows by g a month n months of stocks and cargo take g n. Where everything grows by 3 % a year the
    price of uranium, of which users hold a year and more, rises less for it; what is left is that plants which make
    more want larger yards."""
    built = assembled("scope: [uranium]\nmodel: {stocks: {news_cover: 0 months}}\n", "baseline")
    alike = {
        stage.product: replace(stage, growth=0 * stage.growth + 0.0025, trend=0 * stage.trend + 0.0025)
        for stage in built.chain.stages
    }
    ore, last = (grown := with_stocking(alike)).values()
    held = (last.cover * last.D0 + (last.q * last.lead).sum(axis=0)).sum() / last.q.sum()
    np.testing.assert_allclose(last.stocking, 0.0025 * held)
    assert ore.stocking.min() > last.stocking.min()  # what enrichers hold comes on top

    def moved(stages):
        run = simulate(replace(built.chain, stages=tuple(stages)))
        return [float(h.monthly["spot"][-1, 0] @ s.q.sum(axis=0) / s.q.sum()) for s, h in zip(stages, run, strict=True)]

    with_stocks = moved(list(grown.values()))
    lagging = moved([replace(stage, stocking=0 * stage.stocking) for stage in grown.values()])
    assert all(0 < mine < 0.7 * without for mine, without in zip(with_stocks, lagging, strict=True))
