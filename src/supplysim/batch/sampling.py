"""Draws of the uncertain values: one stream a path, so that adding a parameter changes no other draw.

`random` gives every path a stream of its own. `lhs` stratifies every path over all draws. `sobol` draws scrambled
Sobol points: one sequence over all of the world's priors, whose dimensions are fixed by the world and not by what a
scenario draws, and one sequence for every other path. Each sequence is shuffled within blocks of 256 by a stream of
its own, so that sequences are independent of each other. Cells of a sweep and scenarios with the same seed share
their draws path by path (common random numbers), and under `random` and `sobol` 2n draws begin with the first n.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from supplysim.batch import sobol
from supplysim.engine.market import Array
from supplysim.errors import InputError
from supplysim.scenario import Scenario
from supplysim.scenario.seeds import stream

BLOCK = 256
"""Sobol points are shuffled within blocks of this many."""
WINDOW = 4096
"""Draws made at once and remembered, since skipping to draw a million costs as much as making it."""
LHS_WINDOWS = 64
"""A Latin hypercube is laid out as a whole for each window, so that there are at most this many."""
WORLD = "minerals"


@dataclass(frozen=True)
class _Design:
    """What decides the uniform numbers: `columns` are pairs of a path and its dimension in the world's sequence, or
    -1 for a path with a sequence of its own; `draws` matters to `lhs` alone and is 0 otherwise."""

    sampler: str
    seed: int
    draws: int
    columns: tuple[tuple[str, int], ...]
    dimensions: int

    @property
    def window(self) -> int:
        return max(WINDOW, -(-self.draws // LHS_WINDOWS))


def sample(scenario: Scenario, first: int, count: int) -> dict[str, Array]:
    """Values of every uncertain path for draws `first` to `first + count`, `(count,)` in base units.

    A probability below one adds a path with `.happens` appended: a uniform number below the probability means yes.
    Raises `InputError` for draws beyond the last of a Latin hypercube.
    """
    return from_uniform(scenario, _uniform(_design(scenario), first, count))


def from_uniform(scenario: Scenario, uniform: Mapping[str, Array]) -> dict[str, Array]:
    """Values of uncertain paths, in base units, for uniform numbers by path; those of `.happens` stay as they are."""
    return {path: scenario.uncertain[path].ppf(u) if path in scenario.uncertain else u for path, u in uniform.items()}


def drawn_paths(scenario: Scenario) -> tuple[str, ...]:
    """Every path that nature draws, those of `.happens` among them."""
    return tuple(path for path, _ in _design(scenario).columns)


def _design(scenario: Scenario) -> _Design:
    paths = sorted({*scenario.uncertain, *_chances(scenario)})
    priors = scenario.vocabulary.defaults.items() if scenario.vocabulary else ()
    known = sorted(path for path, default in priors if default.prior is not None)
    place = {path: k for k, path in enumerate(known)} if scenario.sampler == "sobol" else {}
    draws = scenario.draws if scenario.sampler == "lhs" else 0
    columns = tuple((path, place.get(path, -1)) for path in paths)
    return _Design(scenario.sampler, scenario.seed, draws, columns, len(place))


def _chances(scenario: Scenario) -> list[str]:
    fields = [
        *(f"contracts.{k}.realised" for k in scenario.contracts),
        *(f"projects.{k}.realised" for k in scenario.projects),
        *(f"events.{k}.probability" for k in scenario.events),
    ]
    values = scenario.values
    return [f"{path}.happens" for path in fields if path in scenario.uncertain or float(values.get(path, 1.0)) < 1.0]


def _uniform(design: _Design, first: int, count: int) -> dict[str, Array]:
    if design.draws and first + count > design.draws:
        raise InputError(f"lhs spreads exactly {design.draws} draws; use sampler: sobol or random to add more")
    size = design.window
    parts = []
    for number in range(first // size, -(-(first + count) // size)):
        low, high = max(first - number * size, 0), min(first + count - number * size, size)
        parts.append({path: values[low:high] for path, values in _window(design, number).items()})
    return parts[0] if len(parts) == 1 else {path: np.concatenate([p[path] for p in parts]) for path in parts[0]}


@lru_cache(maxsize=2)
def _window(design: _Design, number: int) -> Mapping[str, Array]:
    """Uniform numbers of a whole window by path, not to be written to."""
    first, seed = number * design.window, design.seed
    if design.sampler == "random":
        drawn = {path: _random(seed, path, first, design.window) for path, _ in design.columns}
    elif design.sampler == "lhs":
        drawn = {path: _stratified(seed, path, design.draws, first, design.window) for path, _ in design.columns}
    else:
        world = _sobol(seed, WORLD, design.dimensions, first, design.window) if design.dimensions else None
        drawn = {
            path: _sobol(seed, path, 1, first, design.window)[:, 0] if world is None or column < 0 else world[:, column]
            for path, column in design.columns
        }
    for values in drawn.values():
        values.flags.writeable = False
    return drawn


def _random(seed: int, path: str, first: int, count: int) -> Array:
    bits = np.random.PCG64(stream(seed, path))
    bits.advance(first)
    return np.random.Generator(bits).random(count)


def _stratified(seed: int, path: str, draws: int, first: int, count: int) -> Array:
    """Draws `first` to `first + count` of one point, evenly drawn, in each of `draws` equal parts, in random order."""
    chance = np.random.default_rng(stream(seed, path))
    points = (chance.permutation(draws) + chance.random(draws)) / draws
    return np.clip(points[first : first + count], 2.0**-53, 1.0 - 2.0**-53)


def _sobol(seed: int, name: str, dimensions: int, first: int, count: int) -> Array:
    """Points `(count, dimensions)` of a scrambled sequence from `first` on; both are multiples of `BLOCK`."""
    points = sobol.points(dimensions, np.random.default_rng(stream(seed, name)), first, count)
    for start in range(0, count, BLOCK):
        shuffle = np.random.default_rng(stream(seed, f"{name}|{first + start}"))
        points[start : start + BLOCK] = points[start : start + BLOCK][shuffle.permutation(BLOCK)]
    return np.asfortranarray(np.clip(points, 2.0**-33, 1.0 - 2.0**-33))
