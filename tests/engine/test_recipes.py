"""Plants that need several inputs, and mines that make several products: cases solved by hand."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from supplysim.engine.audit import check, holdings
from supplysim.engine.month import _bound_by_inputs, step
from supplysim.engine.policy import Effect, Outage
from supplysim.engine.stage import Stage
from supplysim.engine.state import opening
from supplysim.errors import AuditError

from .markets import chain_of, months, small_stage, told

FIRST = np.array([0], dtype=np.intp)


def loss(share: float, first: float, last: float) -> Outage:
    return Outage(FIRST, months(first, last, severity=share))


def alloy(cover: float = 0.0, heavy: tuple[Effect, ...] = (), others: float = 0.0) -> tuple[Stage, ...]:
    """A plant that makes 60 t a month of 80 t of light metal (yield 3/4) and 6 t of heavy metal (yield 10); `others`
    is what other users take of the light metal."""
    runs = {"output_stage": np.array([2]), "makes": np.array([0])}
    users = {"output_stage": np.array([2, -1]), "makes": np.array([0, -1])}
    return (
        small_stage([[80.0, others]], (), cover, product="ore.light", **users),
        small_stage([[6.0]], heavy, cover, product="ore.heavy", K=np.array([[6.0]]), **runs),
        small_stage(
            [[60.0]], product="ore.alloy", inputs=(0, 1), yields=np.array([[0.75], [10.0]]), fed_by=np.array([[0], [0]])
        ),
    )


def test_an_undisturbed_plant_takes_each_input_in_its_proportion():
    run = told(*alloy(cover=1.0), months=12)
    np.testing.assert_allclose(run.of("made", 2)[:, 0], 60.0, rtol=1e-12)
    np.testing.assert_allclose(run.of("used", 0)[:, 0], 80.0, rtol=1e-12)
    np.testing.assert_allclose(run.of("used", 1)[:, 0], 6.0, rtol=1e-12)
    np.testing.assert_allclose(run.price(2), 1.0, rtol=1e-9)
    assert run.worst < 1e-12


def test_output_is_what_the_scarcest_input_allows():
    """Half of the capacity for heavy metal is lost: 3 t a month are left, and of ten times that the plant makes 30."""
    run = told(*alloy(heavy=(loss(0.5, 2, 99),)), months=12)
    np.testing.assert_allclose(run.of("made", 2)[:2, 0], 60.0)
    np.testing.assert_allclose(run.of("made", 2)[2:, 0], 30.0, rtol=1e-9)
    np.testing.assert_allclose(run.of("used", 0)[2:, 0], 40.0, rtol=1e-9)
    np.testing.assert_allclose(run.of("stock", 1)[2:, 0], 0.0, atol=1e-9)
    assert run.worst < 1e-12


def test_it_does_not_matter_which_input_is_named_first():
    light, heavy, plant = alloy(heavy=(loss(0.5, 2, 99),))
    turned = small_stage(
        [[60.0]], product="ore.alloy", inputs=(1, 0), yields=plant.yields[::-1].copy(), fed_by=plant.fed_by
    )
    one, other = told(light, heavy, plant, months=12), told(light, heavy, turned, months=12)
    for k in range(3):
        np.testing.assert_array_equal(one.of("made", k), other.of("made", k))


def test_the_other_input_piles_up_only_as_far_as_planned_demand_says():
    """Half of the heavy metal is lost in month 3, when light metal for 60 t has been ordered: 40 t of it are left over.
    From then on the plant asks for what it can match, so light metal becomes cheaper and not dearer, and half a
    month's use is the most that piles up beyond it."""
    run = told(*alloy(heavy=(loss(0.5, 3, 99),), others=320.0), months=18)
    yard, bought, used = run.of("stock", 0)[:, 0], run.of("flow", 0)[:, 0, 0], run.of("used", 0)[:, 0]
    np.testing.assert_allclose(used[3:], 40.0, rtol=1e-9)
    np.testing.assert_allclose(np.cumsum(bought - used), yard, rtol=1e-12, atol=1e-9)
    assert yard[3] == pytest.approx(40.0)
    assert yard.max() < 80.0
    assert (run.price(0)[4:] < 1.0).all()


def test_what_rounding_leaves_in_a_new_plants_yard_opens_no_link():
    """It has no base-year output: whether a yard is empty is told by its capacity."""
    stage = SimpleNamespace(inputs=(0,), fed_by=np.array([[0, 1]]), yields=np.ones((1, 2)), q=np.array([[90.0], [0.0]]))
    yards, levers = SimpleNamespace(stock=np.array([[50.0, 1e-13]])), SimpleNamespace(K=np.array([[100.0, 30.0]]))
    _bound_by_inputs(stage, [yards], levers)
    assert levers.K.tolist() == [[50.0, 0.0]]


def test_a_plant_takes_up_work_again_when_the_input_comes_back():
    """All heavy metal is lost from month 3 to 8: the light metal that waits in the yard is used from month 9 on."""
    run = told(*alloy(cover=1.0, heavy=(loss(1.0, 3, 9),), others=320.0), months=24)
    made = run.of("made", 2)[:, 0]
    np.testing.assert_allclose(made[:4], 60.0)
    np.testing.assert_allclose(made[4:9], 0.0, atol=1e-9)
    np.testing.assert_allclose(made[9:], 60.0, rtol=0.05)
    assert run.worst < 1e-12


@pytest.mark.parametrize("k", [0, 1])
def test_output_without_one_of_its_inputs_is_caught(k):
    """Mass is audited recipe by recipe: metal that appears without its light, or its heavy, part is refused."""
    chain = chain_of(*alloy(cover=1.0))
    states = [opening(stage, chain.draws) for stage in chain.stages]
    before = holdings(states)
    outcomes = step(chain, states, 0)
    assert check(chain, before, holdings(states), outcomes, 0) < 1e-12
    left = 1e-9 * outcomes[k].used
    outcomes[k].used[:] -= left
    states[k].stock += left
    with pytest.raises(AuditError, match=r"ore\.alloy: mass off by .* in draw 0, month 5"):
        check(chain, before, holdings(states), outcomes, 5)


def joint(light: tuple[Effect, ...] = (), trend: float = 0.0) -> tuple[Stage, Stage]:
    """A mine that makes 100 t of light and 5 t of heavy concentrate a month from the same clay."""
    host = {"host_stage": 0, "host": np.array([0, -1])}
    grow = {"trend": trend, "growth": trend}
    return (
        small_stage([[100.0], [300.0]], light, product="ore.light", K=np.array([[100.0, 310.0]]), **grow),
        small_stage([[5.0], [1.0]], product="ore.heavy", K=np.array([[5.0, 1.0]]), **host, **grow),
    )


def test_a_mine_of_two_products_moves_both_by_one_capacity():
    """Half of the clay stops in month 3: from the month after half of its heavy concentrate is missing as well, and
    the mine that makes heavy concentrate alone is not touched."""
    run = told(*joint((loss(0.5, 3, 9),)), months=14)
    light, heavy = run.of("made", 0), run.of("made", 1)
    np.testing.assert_allclose(light[3:9, 0], 50.0, rtol=1e-9)
    np.testing.assert_allclose(heavy[4:10, 0], 2.5, rtol=1e-9)
    np.testing.assert_allclose(heavy[[0, 1, 2, 3, 13], 0], 5.0, rtol=1e-3)
    np.testing.assert_allclose(heavy[:, 1], 1.0, rtol=1e-9)


def test_joint_products_grow_together():
    run = told(*joint(trend=0.004), months=24)
    np.testing.assert_allclose(run.of("made", 1)[:, 0], 5.0 * np.exp(0.004 * np.arange(24)), rtol=1e-6)


def test_chains_that_share_a_plant_or_a_mine_are_one_piece():
    assert chain_of(*alloy(), *small()).parts() == ((0, 1, 2), (3,))
    assert chain_of(*joint()).parts() == ((0, 1),)


def small() -> tuple[Stage, ...]:
    return (small_stage([[1.0]], product="ore.other"),)


def test_a_piece_of_a_chain_knows_its_inputs_by_their_new_places():
    chain = chain_of(*small(), *(shifted(stage) for stage in alloy()))
    piece = chain.part(chain.parts()[1])
    assert piece.stages[2].inputs == (0, 1)
    assert [stage.output_stage.tolist() for stage in piece.stages] == [[2, -1], [2], [-1]]


def shifted(stage: Stage) -> Stage:
    made = np.where(stage.output_stage >= 0, stage.output_stage + 1, -1)
    return replace(stage, inputs=tuple(k + 1 for k in stage.inputs), output_stage=made)
