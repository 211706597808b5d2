"""How fast supply and use grow, and what stands in every world that is compared."""

from __future__ import annotations

import numpy as np
import pytest

from supplysim.assembly.growth import SPAN

SCOPE = "scope: [gallium]\n"
PLANT = """
projects:
  plant: {product: gallium.primary, region: KAZ, size: 88 t/yr, starts: 2027-01, realised: 50%, standing: on}
"""


def grown(stage, months: float = SPAN) -> float:
    """The world's supply after some months over the base year's."""
    made = stage.q.sum(axis=1)
    return float(made @ np.exp(months * stage.trend[0]) / made.sum())


def test_supply_has_grown_as_much_as_use_in_ten_years_though_users_grow_at_several_rates(assembled) -> None:
    """Copper's use grows by 0 to 7 % a year: the mean of the rates would fall behind the sum of the users."""
    for stage in assembled("scope: [copper]\n").chain.stages:
        asked = stage.D0[0] @ np.exp(SPAN * stage.growth[0]) / stage.D0.sum()
        assert grown(stage) == pytest.approx(asked, rel=1e-9)
        assert len(set(stage.trend[0])) == 1


def test_a_region_grows_as_it_is_told_and_the_others_share_the_rest(assembled) -> None:
    text = "minerals: {gallium: {primary: {supply: {CHN: {growth: 6.2 %/yr}}}}}\n"
    plain, told = (assembled(SCOPE + more).chain.stages[0] for more in ("", text))
    china = [name.startswith("CHN") for name in told.suppliers]
    assert np.exp(12 * told.trend[0, china]) == pytest.approx(1.062)
    others = told.trend[0, ~np.array(china)]
    assert len(set(others)) == 1
    assert others[0] < plain.trend[0, 0]
    assert grown(told) == pytest.approx(grown(plain), rel=1e-9)


def test_no_supplier_shrinks_because_another_grows(assembled) -> None:
    text = "minerals: {gallium: {primary: {supply: {CHN: {growth: 20 %/yr}}}}}\n"
    assert assembled(SCOPE + text).chain.stages[0].trend.min() == 0.0


def test_standing_projects_are_part_of_what_the_world_grows_by(assembled) -> None:
    """88 t a year at an even chance are 44 of what the world wants more in ten years; others make the rest."""
    plain, built = (assembled(SCOPE + more).chain.stages[0] for more in ("", PLANT))
    made = 12.0 * plain.q.sum()
    assert made * (grown(plain) - grown(built)) == pytest.approx(44.0, rel=1e-9)
    announced = assembled(SCOPE + PLANT.replace("standing: on", "independent: on")).chain.stages[0]
    assert grown(announced) == pytest.approx(grown(plain), rel=1e-12)


def test_what_stands_is_in_every_world_and_what_is_asked_about_in_the_scenario_alone(assembled) -> None:
    text = (
        SCOPE
        + PLANT
        + """
events:
  licences: {kind: licensing_delay, product: gallium.primary, from: CHN, to: others, delay: 1 months,
             starts: 2026-02, standing: on}
  halt: {kind: export_ban, product: gallium.primary, from: CHN, starts: 2027-01}
"""
    )
    count = {v: len(assembled(text, v).chain.stages[0].effects) for v in ("baseline", "without_contracts", "scenario")}
    assert count["baseline"] > 0
    assert count["scenario"] == count["without_contracts"] > count["baseline"]


def test_growth_switched_off_lets_nothing_grow(assembled) -> None:
    stage = assembled(SCOPE + PLANT + "model: {growth: off}\n").chain.stages[0]
    assert not stage.trend.any()
    assert not stage.growth.any()
