"""Corridors that close or narrow, with the numbers in the head: 100 t a month, 60 by A and 40 by B."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from supplysim.engine.corridor import AMPLE, Corridors, Narrowing

from .markets import Told, months, number, small_stage, told

A, B = 0, 1


def corridors(room: float, *narrowed: Narrowing) -> Corridors:
    """A takes three months and has `room` beside its 60, B one month and no published limit."""
    return Corridors(
        share=np.array([[[0.6]], [[0.4]]]), serves=np.ones((2, 1, 1), dtype=bool), load=np.array([60.0, 40.0]),
        room=np.array([room, AMPLE]), part=np.ones(2), cargo=np.ones(2), months=np.array([3.0, 1.0]), narrowed=narrowed,
    )  # fmt: skip


def run(room: float, *narrowed: Narrowing) -> Told:
    return told(small_stage([[100.0]], [corridors(room, *narrowed)], lead=2, cover=3.0), months=14)


def flows(room: float, *narrowed: Narrowing) -> np.ndarray:
    return run(room, *narrowed).of("flow")[:, 0, 0]


def test_what_the_others_have_room_for_moves_and_only_takes_longer():
    """B closes; A has room for the 40: no tonne is held back, and the mean way grows from 2.2 months to 3."""
    found = run(50.0, Narrowing(B, months(2, 6)))
    assert found.of("flow")[2, 0, 0] > 99.0
    assert found.price()[2, 0] > 1.0, "the longer pipeline has to be filled"
    assert found.of("used")[4, 0] < found.of("used")[1, 0]
    assert found.worst < 1e-12


def test_what_they_have_no_room_for_is_held_back():
    """A has room for 10 of B's 40: 70 in all."""
    np.testing.assert_allclose(flows(10.0, Narrowing(B, months(2, 5)))[2:5], 70.0, rtol=1e-8)


def test_with_both_closed_nothing_moves():
    assert not flows(50.0, Narrowing(A, months(2, 5)), Narrowing(B, months(2, 5)))[2:5].any()


def test_a_limit_takes_what_is_above_it():
    """B may pass 25 of its 40, and A has no room: 85."""
    np.testing.assert_allclose(flows(0.0, Narrowing(B, months(2, 5), number(25)))[2:5], 85.0, rtol=1e-8)


def test_a_partial_closure_first_takes_what_was_not_used():
    """A passes 60 and could 80: losing a quarter costs nothing, half costs 20 of 60, which B takes."""
    quarter, half = (Narrowing(A, months(2, 5, severity=level)) for level in (0.25, 0.5))
    assert not run(20.0, quarter).of("spot").any()
    shut = Narrowing(B, months(2, 5))
    np.testing.assert_allclose(flows(20.0, half, shut)[2:5], 40.0, rtol=1e-8)


def test_room_is_given_once():
    """Two links of 50 lose 20 each to a corridor that closes; the other has 10 in all: 70 of 100 pass."""
    both = replace(
        corridors(10.0, Narrowing(B, months(1))), share=np.array([[[0.6, 0.6]], [[0.4, 0.4]]]),
        serves=np.ones((2, 1, 2), dtype=bool),
    )  # fmt: skip
    flow = told(small_stage([[50.0, 50.0]], [both]), months=3).of("flow")
    np.testing.assert_allclose(flow[2].sum(), 70.0, rtol=1e-8)
