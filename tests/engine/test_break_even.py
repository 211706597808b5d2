"""What an input may cost a plant: never more than all that its product brings. Cases solved by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from supplysim.engine.policy import Outage
from supplysim.engine.stage import Stage

from .markets import Told, months, outage_price, small_stage, told

FIRST = np.array([0], dtype=np.intp)


def spice(worth: float, lost: float, **changes: float) -> tuple[Stage, Stage]:
    """A plant makes 60 t of alloy a month of 6 t of heavy metal; at `worth` times its base price the metal costs all
    that the alloy brings. A share of the metal is lost from month 2 on."""
    heavy = small_stage(
        [[6.0]], (Outage(FIRST, months(2, 99, severity=lost)),), product="ore.heavy", K=np.array([[6.0]]),
        output_stage=np.array([1]), makes=np.array([0]), worth=np.log([worth]), **changes,
    )  # fmt: skip
    plant = small_stage([[60.0]], product="ore.alloy", inputs=(0,), yields=np.array([[10.0]]), fed_by=np.array([[0]]))
    return heavy, plant


def run(worth: float, lost: float) -> Told:
    return told(*spice(worth, lost), months=12)


def test_a_plant_pays_no_more_for_an_input_than_its_product_brings():
    """Half of the metal is lost and a market of users would pay 7.4 times the base price. The alloy still sells at its
    base price, of which the metal is a third: so its price stops at three times."""
    assert outage_price(0.5) == pytest.approx(7.4, abs=0.1)
    price = run(3.0, 0.5).price(0)[:, 0]
    np.testing.assert_allclose(price[:2], 1.0, rtol=1e-9)
    assert price[2] == pytest.approx(3.0, rel=0.03)  # the roof is steep, not sharp


def test_once_the_product_is_dear_its_maker_bids_more():
    """With half of the metal half of the alloy is made, and it gets dear in the same month; in the next one metal may
    cost as many times more."""
    found = run(3.0, 0.5)
    assert found.of("made", 1)[2, 0] == pytest.approx(30.0)
    assert found.price(1)[2, 0] > 5.0
    assert found.price(0)[3, 0] > 6.0
    assert found.worst < 1e-12


def test_up_to_twice_the_base_price_a_plant_always_buys():
    """Ores that make up nearly all of a metal's price are not left at the mine because tables differ by a tenth."""
    bound, free = run(1.1, 0.05), run(np.inf, 0.05)
    assert free.price(0).max() < 1.5
    np.testing.assert_allclose(bound.price(0), free.price(0), rtol=1e-6)


@pytest.mark.parametrize("worth", [0.2, 1.0, 3.0])
def test_the_base_year_repeats_itself_whatever_the_tables_prices_say(worth):
    np.testing.assert_allclose(run(worth, 0.0).price(0), 1.0, rtol=1e-9)


def test_what_is_too_dear_stays_unserved_and_is_no_leak():
    """Half of the metal is lost and all that is left is used; the plant is short of the rest of its plan."""
    found = run(3.0, 0.5)
    assert found.of("used", 0)[2, 0] == pytest.approx(3.0)
    assert found.of("short", 0)[2, 0] == pytest.approx(3.0)


def test_a_plant_without_base_year_sales_sells_to_the_world():
    stage = replace(spice(3.0, 0.0)[1], q=np.array([[30.0, 10.0], [0.0, 0.0]]))
    np.testing.assert_allclose(stage.customers, [[0.75, 0.25], [0.75, 0.25]])
