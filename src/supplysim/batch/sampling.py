"""Draws of the uncertain values: one stream a path, so that adding a parameter changes no other draw.

`random` gives every path a stream of its own. `lhs` stratifies every path over all draws. `sobol` draws scrambled
Sobol points: one sequence for all of the world's priors, one for each event, contract or project, each shuffled
within blocks of 256, so that the sequences are independent of each other, every path keeps its points whatever else
a scenario draws, and 2n draws begin with the first n.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np

from supplysim.engine.market import Array
from supplysim.errors import InputError
from supplysim.scenario import Scenario

BLOCK = 256
"""Sobol points are shuffled within blocks of this many."""
WORLD = "minerals"


def sample(scenario: Scenario, first: int, count: int) -> dict[str, Array]:
    """Values of every uncertain path for draws `first` to `first + count`, `(count,)` in base units.

    A probability below one adds a path with `.happens` appended: a uniform number below the probability means yes.
    """
    paths = {*scenario.uncertain, *_chances(scenario)}
    uniform = _uniform(scenario, sorted(paths), first, count)
    return {path: scenario.uncertain[path].ppf(u) if path in scenario.uncertain else u for path, u in uniform.items()}


def stream(seed: int, name: str) -> np.random.SeedSequence:
    """The seed sequence of a name: NumPy's, fed with the run's seed and the SHA-256 of the name."""
    digest = hashlib.sha256(name.encode()).digest()
    return np.random.SeedSequence([seed, *np.frombuffer(digest, dtype="<u4").tolist()])


def _chances(scenario: Scenario) -> list[str]:
    fields = [
        *(f"contracts.{k}.realised" for k in scenario.contracts),
        *(f"projects.{k}.realised" for k in scenario.projects),
        *(f"events.{k}.probability" for k in scenario.events),
    ]
    values = scenario.values
    return [f"{path}.happens" for path in fields if path in scenario.uncertain or float(values.get(path, 1.0)) < 1.0]


def _uniform(scenario: Scenario, paths: Sequence[str], first: int, count: int) -> dict[str, Array]:
    if scenario.sampler == "random":
        return {path: _random(scenario.seed, path, first, count) for path in paths}
    if scenario.sampler == "lhs":
        return {path: _stratified(scenario.seed, path, scenario.draws, first, count) for path in paths}
    groups: dict[str, list[str]] = {}
    for path in paths:
        groups.setdefault(_group(path), []).append(path)
    drawn: dict[str, Array] = {}
    for group, members in groups.items():
        columns = _columns(scenario, group, members)
        points = _sobol(scenario.seed, group, max(columns.values()) + 1, first, count)
        drawn |= {path: points[:, column] for path, column in columns.items()}
    return drawn


def _group(path: str) -> str:
    head, _, rest = path.partition(".")
    return head if head in (WORLD, "model") else f"{head}.{rest.partition('.')[0]}"


def _columns(scenario: Scenario, group: str, members: Sequence[str]) -> dict[str, int]:
    """The dimension of each path: by its place among all of the world's priors, or among its entity's own paths."""
    priors = scenario.vocabulary.defaults.items() if scenario.vocabulary else ()
    known = sorted(path for path, default in priors if default.prior is not None and _group(path) == group)
    order = [*known, *(path for path in members if path not in known)]
    return {path: order.index(path) for path in members}


def _random(seed: int, path: str, first: int, count: int) -> Array:
    bits = np.random.PCG64(stream(seed, path))
    bits.advance(first)
    return np.random.Generator(bits).random(count)


def _stratified(seed: int, path: str, draws: int, first: int, count: int) -> Array:
    if first + count > draws:
        raise InputError(f"lhs spreads exactly {draws} draws; use sampler: sobol or random to add more")
    order = np.random.Generator(np.random.PCG64(stream(seed, path))).permutation(draws)[first : first + count]
    return np.asarray((order + _random(seed, f"{path}|within", first, count)) / draws)


def _sobol(seed: int, group: str, dimensions: int, first: int, count: int) -> Array:
    from scipy.stats import qmc

    begin, end = first // BLOCK * BLOCK, -(-(first + count) // BLOCK) * BLOCK
    engine = qmc.Sobol(dimensions, scramble=True, bits=32, rng=np.random.default_rng(stream(seed, group)))
    if begin:
        engine.fast_forward(begin)
    points = engine.random(end - begin)
    for start in range(0, end - begin, BLOCK):
        shuffle = np.random.default_rng(stream(seed, f"{group}|{begin + start}"))
        points[start : start + BLOCK] = points[start : start + BLOCK][shuffle.permutation(BLOCK)]
    inside = points[first - begin : first - begin + count]
    return np.clip(inside, 2.0**-33, 1.0 - 2.0**-33)
