"""The world on a plane: the Equal Earth projection, the outline of land, lanes between regions and room for labels."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import numpy as np

from supplysim.engine.market import Array

OUTLINE = Path(__file__).parent / "tables" / "outline.csv"
A1, A2, A3, A4 = 1.340264, -0.081106, 0.000893, 0.003796
"""Coefficients of Equal Earth: Savric, Patterson and Jenny (2018), doi:10.1080/13658816.2018.1504949."""
WEST, EAST, SOUTH, NORTH = -2.2, 2.45, -0.86, 1.24
"""What the maps show, in the projection's units: the poles and the empty Pacific are cut off."""


POINTS = 33
"""Points of a line on the map."""


class Box(NamedTuple):
    """A rectangle on the map."""

    left: float
    bottom: float
    right: float
    top: float

    def meets(self, other: Box) -> bool:
        """Whether two rectangles overlap."""
        return (
            self.left < other.right and other.left < self.right and self.bottom < other.top and other.bottom < self.top
        )


def project(lon: Array, lat: Array) -> tuple[Array, Array]:
    """Equal Earth coordinates of longitudes and latitudes in degrees."""
    theta = np.arcsin(np.sqrt(3.0) / 2.0 * np.sin(np.radians(lat)))
    x = 2 * np.sqrt(3.0) * np.radians(lon) * np.cos(theta)
    x = x / (3 * (9 * A4 * theta**8 + 7 * A3 * theta**6 + 3 * A2 * theta**2 + A1))
    y = A4 * theta**9 + A3 * theta**7 + A2 * theta**3 + A1 * theta
    return np.asarray(x), np.asarray(y)


@lru_cache(maxsize=1)
def land() -> tuple[list[float | None], list[float | None]]:
    """All rings of the outline as one pair of coordinate lists, None between rings."""
    xs: list[float | None] = []
    ys: list[float | None] = []
    for line in OUTLINE.read_text(encoding="utf-8").splitlines()[1:]:
        numbers = np.array(line.split(), dtype=float).reshape(-1, 2)
        x, y = project(numbers[:, 0], numbers[:, 1])
        xs += [*np.round(x, 3).tolist(), None]
        ys += [*np.round(np.maximum(y, SOUTH - 0.1), 3).tolist(), None]
    return xs, ys


class Lane(NamedTuple):
    """A way over the globe on the map: its points, NaN where it leaves one edge and comes in at the other, the place
    and direction (degrees clockwise from up) of its arrow, and its middle."""

    x: Array
    y: Array
    arrow: tuple[float, float, float]
    middle: tuple[float, float]


@lru_cache(maxsize=4096)
def lane(start: tuple[float, float], end: tuple[float, float], bend: float = 0.1) -> Lane:
    """The shorter way round the globe between two places (longitude and latitude in degrees), bent a little to the left
    so that both directions are seen: from China to Los Angeles over the Pacific. Great circles would leave the map."""
    east = (end[0] - start[0] + 180.0) % 360.0 - 180.0
    north = end[1] - start[1]
    t = np.linspace(0.0, 1.0, POINTS)
    arch = 4.0 * bend * t * (1.0 - t)
    lon = (start[0] + t * east - arch * north + 180.0) % 360.0 - 180.0
    lat = np.clip(start[1] + t * north + arch * east, -89.0, 80.0)
    x, y = project(lon, lat)
    k, m = _inside(x, y, round(0.62 * POINTS)), _inside(x, y, POINTS // 2)
    arrow, middle = (float(x[k]), float(y[k]), heading(x, y, k)), (float(x[m]), float(y[m]))
    cuts = np.flatnonzero(np.abs(np.diff(lon)) > 180.0) + 1
    return Lane(np.insert(x, cuts, np.nan), np.insert(y, cuts, np.nan), arrow, middle)


def _inside(x: Array, y: Array, wanted: int) -> int:
    """The point nearest to the one wanted that the map shows, with its neighbours on the same side of the edge."""
    steps = np.abs(np.diff(x)) < 1.0
    good = [k for k in range(1, len(x) - 1)
            if WEST + 0.08 < x[k] < EAST - 0.08 and SOUTH < y[k] < NORTH and steps[k - 1] and steps[k]]  # fmt: skip
    return min(good, key=lambda k: abs(k - wanted), default=wanted)


def heading(x: Array, y: Array, k: int) -> float:
    """The direction of a curve at its point k, degrees clockwise from up."""
    return float(np.degrees(np.arctan2(x[k + 1] - x[k - 1], y[k + 1] - y[k - 1])))


def place_labels(
    points: Sequence[tuple[str, float, float, float]], taken: Iterable[Box] = ()
) -> list[tuple[str, float, float]]:
    """Where to write each label `(text, x, y, radius)` so that none covers another; one without room is left out.

    Earlier ones choose first. A letter is taken to be 0.042 wide and a line 0.085 high, which suits 12 px on a map
    900 px wide.
    """
    boxes = list(taken)
    placed = []
    for text, x, y, radius in points:
        half, height = 0.021 * len(text) + 0.01, 0.095
        gap = radius + 0.02
        beside, above = gap + half, gap + height / 2
        sides = [(side * beside, lift) for lift in (0.0, -height, height) for side in (1, -1)]
        for dx, dy in ((0.0, -above), (0.0, above), *sides):
            box = Box(x + dx - half, y + dy - height / 2, x + dx + half, y + dy + height / 2)
            inside = WEST < box.left and box.right < EAST and SOUTH < box.bottom and box.top < NORTH
            if inside and not any(box.meets(other) for other in boxes):
                boxes.append(box)
                placed.append((text, x + dx, y + dy))
                break
    return placed
