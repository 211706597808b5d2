"""The world on a plane, and labels that leave each other room."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from supplysim.report.atlas import OUTLINE, Box, land, lane, place_labels, project


def test_equal_earth_at_known_points():
    x, y = project(np.array([0.0, 180.0, 0.0]), np.array([0.0, 0.0, 90.0]))
    assert x == pytest.approx([0.0, 2.7066, 0.0], abs=1e-4)
    assert y == pytest.approx([0.0, 0.0, 1.3173], abs=1e-4)


@given(st.floats(-75, 75), st.floats(-170, 170))
def test_equal_earth_keeps_areas(lat, lon):
    step = 1e-3
    x, y = project(np.array([lon, lon + step, lon]), np.array([lat, lat, lat + step]))
    area = (x[1] - x[0]) * (y[2] - y[0]) - (x[2] - x[0]) * (y[1] - y[0])
    assert area == pytest.approx(np.cos(np.radians(lat)) * np.radians(step) ** 2, rel=2e-3)


def test_the_outline_states_its_source_and_has_no_stroke_across_the_map():
    assert "Natural Earth" in OUTLINE.read_text(encoding="utf-8").splitlines()[0]
    xs, _ = land()
    jumps = [abs(a - b) for a, b in itertools.pairwise(xs) if a is not None and b is not None]
    assert len(jumps) > 3000
    assert max(jumps) < 1.0


def test_a_lane_joins_its_ends_and_is_bent_to_its_left():
    way = lane((0.0, 0.0), (40.0, 0.0))
    ends = project(np.array([0.0, 40.0]), np.array([0.0, 0.0]))
    assert (way.x[0], way.x[-1]) == pytest.approx(tuple(ends[0]))
    assert (way.y[0], way.y[-1]) == pytest.approx(tuple(ends[1]))
    assert way.middle[1] > 0.05
    assert way.arrow[2] == pytest.approx(90.0, abs=15.0)


def test_the_way_from_china_to_los_angeles_crosses_the_pacific_and_not_africa():
    """It leaves the map at the right and comes in at the left, with a gap and no stroke between."""
    for start, end in (((105.0, 35.0), (-118.0, 34.0)), ((-118.0, 34.0), (105.0, 35.0))):
        way = lane(start, end)
        edge = np.flatnonzero(np.isnan(way.x))
        assert len(edge) == 1
        assert abs(way.x[edge[0] - 1]) > 2.0
        assert abs(way.x[edge[0] + 1]) > 2.0
        africa, _ = project(np.array([-18.0, 51.0]), np.array([0.0, 0.0]))
        assert not ((way.x > africa[0]) & (way.x < africa[1])).any()


@given(st.lists(st.tuples(st.floats(-2, 2.2), st.floats(-0.7, 1.0)), max_size=25))
def test_no_label_covers_another(points):
    placed = place_labels([(f"Region {k}", x, y, 0.03) for k, (x, y) in enumerate(points)])
    boxes = [Box(x - 0.021 * len(t), y - 0.047, x + 0.021 * len(t), y + 0.047) for t, x, y in placed]
    assert not any(a.meets(b) for k, a in enumerate(boxes) for b in boxes[:k])
    assert not points or placed
