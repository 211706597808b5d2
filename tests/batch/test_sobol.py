"""Scrambled Sobol points: those of SciPy to the last bit, evenly spread, made without importing scipy.stats."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from supplysim.batch import sobol
from supplysim.batch.sobol import points


def chance(seed: int) -> np.random.Generator:
    return np.random.default_rng(seed)


@pytest.mark.parametrize(("dimensions", "first", "count"), [(1, 0, 1), (1, 8192, 4096), (5, 256, 256), (700, 0, 256)])
def test_they_are_what_scipy_makes_of_the_same_generator(dimensions: int, first: int, count: int) -> None:
    own = points(dimensions, chance(3), first, count)
    theirs = sobol._by_scipy(dimensions, chance(3), first, count)
    assert own.shape == (count, dimensions)
    assert own.tobytes() == np.ascontiguousarray(theirs).tobytes()


def test_each_axis_has_one_point_in_every_equal_part_and_each_pair_of_axes_one_in_every_box() -> None:
    found = points(40, chance(1), 1024, 256)
    assert all(np.array_equal(np.sort((column * 256).astype(int)), np.arange(256)) for column in found.T)
    x, y = found[:, 0], found[:, 1]  # the first two axes are a (0, 2)-sequence: every box of area 1/256 holds one
    for across in range(9):
        boxes = (x * 2**across).astype(int) * 2 ** (8 - across) + (y * 2 ** (8 - across)).astype(int)
        assert np.array_equal(np.sort(boxes), np.arange(256))


def test_a_sequence_goes_on_where_it_was_left() -> None:
    whole = points(7, chance(2), 0, 600)
    assert np.array_equal(whole[250:], points(7, chance(2), 250, 350))


def test_generators_scramble_differently() -> None:
    assert not (points(3, chance(1), 0, 64) == points(3, chance(2), 0, 64)).any()


def test_a_scipy_without_the_file_makes_the_same_points_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    own = points(4, chance(5), 256, 256)
    monkeypatch.setattr(sobol, "direction_file", lambda: None)
    assert np.array_equal(points(4, chance(5), 256, 256), own)


def test_more_dimensions_than_are_known_are_refused() -> None:
    with pytest.raises(ValueError, match="at most 21201 dimensions, not 21202"):
        points(21202, chance(0), 0, 1)


def test_it_loads_no_scipy() -> None:
    code = (
        "import sys, numpy as np\nfrom supplysim.batch.sobol import points\n"
        "points(3, np.random.default_rng(0), 0, 8)\nprint([m for m in sys.modules if m.startswith('scipy')])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
