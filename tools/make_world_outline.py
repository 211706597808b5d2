"""Natural Earth's land outline as the compact table of the report's maps.

    python tools/make_world_outline.py land-110m.json

The input is `land-110m.json` of the npm package world-atlas 2.0.2, a TopoJSON copy of Natural Earth 4.1.0 (public
domain). A TopoJSON arc is a chain of quantized differences; a ring is arcs put end to end, `~k` being arc k reversed.
"""

from __future__ import annotations

import json
import sys
from itertools import accumulate
from pathlib import Path

TARGET = Path(__file__).resolve().parents[1] / "src/supplysim/report/tables/outline.csv"
SOURCE = "Natural Earth 4.1.0 land at 1:110 million, public domain, by way of the npm package world-atlas 2.0.2"
SOUTHERNMOST = -58.0
"""Antarctica is left out: nothing is traded there."""

Point = tuple[float, float]


def points_of(topology: dict, arc: list[list[int]]) -> list[Point]:
    (sx, sy), (tx, ty) = topology["transform"]["scale"], topology["transform"]["translate"]
    xs, ys = (list(accumulate(axis)) for axis in zip(*arc, strict=True))
    return [(x * sx + tx, y * sy + ty) for x, y in zip(xs, ys, strict=True)]


def ring_of(arcs: list[list[Point]], indices: list[int]) -> list[Point]:
    parts = [arcs[k] if k >= 0 else arcs[~k][::-1] for k in indices]
    return [*parts[0], *(point for part in parts[1:] for point in part[1:])]


def rings_of(topology: dict) -> list[list[Point]]:
    arcs = [points_of(topology, arc) for arc in topology["arcs"]]
    shapes = topology["objects"]["land"]["geometries"]
    return [ring_of(arcs, ring) for shape in shapes for polygon in shape["arcs"] for ring in polygon]


def split(ring: list[Point]) -> list[list[Point]]:
    """The pieces of a ring between the places where it jumps over the 180th meridian."""
    pieces: list[list[Point]] = [[]]
    for before, point in zip([ring[0], *ring], ring, strict=False):
        if abs(point[0] - before[0]) > 180.0:
            pieces.append([])
        pieces[-1].append(point)
    return pieces if len(pieces) == 1 else [pieces[-1] + pieces[0], *pieces[1:-1]]


def main(path: str) -> None:
    whole = [
        ring
        for ring in rings_of(json.loads(Path(path).read_text(encoding="utf-8")))
        if max(y for _, y in ring) > SOUTHERNMOST
    ]
    rings = [piece for ring in whole for piece in split(ring) if len(piece) > 2]
    lines = [" ".join(f"{x:.1f} {y:.1f}" for x, y in ring) for ring in rings]
    TARGET.write_text("\n".join([f"# {SOURCE}; a ring a line: lon lat lon lat ...", *lines]) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1])
