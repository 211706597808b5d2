"""Planted boxes come back, chance limits do not, and a sentence says what was found."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pandas as pd
import pytest

from supplysim.decisions.discover import Box, Levels, discover
from supplysim.errors import InputError


def planted(inputs, limits, n=3_000, noise=0.02, seed=0):
    """Draws that are bad inside a box, with `noise` of them marked the wrong way round."""
    random = np.random.default_rng(seed)
    x = random.random((n, inputs))
    inside = np.all([(x[:, k] >= low) & (x[:, k] <= high) for k, (low, high) in limits.items()], axis=0)
    return x, inside ^ (random.random(n) < noise * inside.mean())


@pytest.mark.parametrize(("inputs", "limits"), [
    (4, {0: (0.6, 1.0), 2: (0.0, 0.5)}),
    (6, {1: (0.3, 0.8), 4: (0.5, 1.0), 5: (0.0, 0.7)}),
    (8, {0: (0.55, 1.0), 3: (0.55, 1.0)}),
    (10, {2: (0.2, 0.7), 6: (0.0, 0.6), 9: (0.4, 1.0)}),
])  # fmt: skip
def test_a_planted_box_is_found_with_its_limits(inputs, limits):
    x, bad = planted(inputs, limits)
    box = discover(x, bad)[0]
    assert min(box.coverage, box.density) >= 0.9
    assert set(box.limits) == {f"x{k + 1}" for k in limits}
    for k, (low, high) in limits.items():
        limit = box.limits[f"x{k + 1}"]
        assert (limit.low or 0.0) == pytest.approx(low, abs=0.03)
        assert (1.0 if limit.high is None else limit.high) == pytest.approx(high, abs=0.03)
    assert all(p <= 0.05 for p in box.quasi_p.values())
    assert all(share >= 0.9 for share in box.kept.values())


def test_what_a_box_holds_is_what_it_says():
    x, bad = planted(5, {1: (0.5, 1.0), 2: (0.0, 0.4)})
    box = discover(x, bad)[0]
    inside = np.ones(len(x), dtype=bool)
    for name, limit in box.limits.items():
        column = x[:, int(name[1:]) - 1]
        inside &= (column >= (limit.low or 0.0)) & (column <= (1.0 if limit.high is None else limit.high))
    assert box.density == pytest.approx(bad[inside].mean())
    assert box.coverage == pytest.approx(bad[inside].sum() / bad.sum())
    assert box.mass == pytest.approx(inside.mean())


def test_where_nothing_separates_bad_draws_there_is_no_box():
    random = np.random.default_rng(1)
    assert discover(random.random((400, 6)), random.random(400) < 0.2) == []


def test_two_causes_are_two_boxes():
    x = np.random.default_rng(2).random((4_000, 5))
    bad = (x[:, 0] > 0.85) | (x[:, 1] < 0.12)
    found = discover(x, bad)
    assert [set(box.limits) for box in found[:2]] == [{"x1"}, {"x2"}]
    assert found[0].limits["x1"].low == pytest.approx(0.85, abs=0.02)
    assert found[1].limits["x2"].high == pytest.approx(0.12, abs=0.02)


def test_a_choice_among_names_is_a_limit_too():
    random = np.random.default_rng(3)
    policy = random.choice(["ban", "quota", "none"], 1_500)
    sigma = random.uniform(1.0, 6.0, 1_500)
    box = discover(pd.DataFrame({"policy": policy, "sigma": sigma}), (policy == "ban") & (sigma < 3.0))[0]
    assert box.limits["policy"] == Levels(("ban",))
    assert box.limits["sigma"].high == pytest.approx(3.0, abs=0.05)
    said = box.sentence("a shortage above 10 %", names={"sigma": "the ease of switching"})
    assert said == (
        "In 100 % of the futures with a shortage above 10 %, policy is ban and the ease of switching is below 3; "
        "where both hold, 100 % end so."
    )


@pytest.mark.parametrize(
    ("level", "clause"), [("yes", "the mine comes true"), ("no", "it is not so that the mine comes true")]
)
def test_a_yes_or_no_is_told_as_a_clause(level, clause):
    box = Box({"mine": Levels((level,))}, 0.9, 0.4, 0.2, {})
    said = box.sentence("a shortage", names={"mine": "whether the mine comes true"})
    assert said == f"In 90 % of the futures with a shortage, {clause}; where it holds, 40 % end so."


def test_the_way_to_the_box_trades_coverage_for_density():
    x, bad = planted(4, {0: (0.6, 1.0), 2: (0.0, 0.5)})
    steps = discover(x, bad)[0].peeling
    assert steps[0].coverage == steps[0].mass == 1.0
    assert all(later.mass < earlier.mass for earlier, later in pairwise(steps))
    assert max(step.density for step in steps) > 2.0 * steps[0].density


def test_the_same_table_and_seed_give_the_same_boxes():
    x, bad = planted(4, {0: (0.6, 1.0)}, n=400)
    assert discover(x, bad, seed=5) == discover(x, bad, seed=5)


@pytest.mark.parametrize(("bad", "words"), [(np.zeros(50), "no draw is bad"), (np.ones(50), "every draw is bad")])
def test_there_must_be_something_to_tell_apart(bad, words):
    with pytest.raises(InputError, match=words):
        discover(np.random.default_rng(0).random((50, 2)), bad)


def test_a_peel_that_is_no_peel_is_refused():
    with pytest.raises(InputError, match="between"):
        discover(np.ones((50, 2)), np.arange(50) > 20, peel=0.9)
