"""The world on a plane: the Equal Earth projection, the outline of land, arcs between regions and room for labels."""

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


def arc(start: tuple[float, float], end: tuple[float, float], bend: float = 0.18) -> tuple[Array, Array]:
    """A quadratic curve between two points, bent to the left of the way by a part of its length."""
    a, b = np.array(start), np.array(end)
    middle = (a + b) / 2 + bend * np.array([-(b - a)[1], (b - a)[0]])
    t = np.linspace(0.0, 1.0, 21)[:, None]
    points = (1 - t) ** 2 * a + 2 * t * (1 - t) * middle + t**2 * b
    return points[:, 0], points[:, 1]


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
