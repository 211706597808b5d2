"""Scrambled Sobol points without the import of scipy.stats, which takes longer than simulating a draw.

A digital sequence in base 2 (Sobol 1967; order of points by Gray code: Antonov and Saleev 1979), its digits scrambled
by a random lower triangular matrix and a random shift (Matousek 1998). Direction numbers are those of Joe and Kuo
(2008), read from the file that SciPy is installed with; where a SciPy has no such file, SciPy makes the points. They
are the same points, to the last bit, as `scipy.stats.qmc.Sobol(scramble=True, bits=32)` gives for the same generator.
"""

from __future__ import annotations

from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from supplysim.engine.market import Array

BITS = 32
DIRECTIONS = Path("stats") / "_sobol_direction_numbers.npz"
"""Inside the package scipy: primitive polynomials and the first direction numbers of each dimension."""
Words = NDArray[np.uint32]


def points(dimensions: int, chance: np.random.Generator, first: int, count: int) -> Array:
    """Points `(count, dimensions)` in [0, 1), of the sequence that `chance` scrambles, from number `first` on.

    `chance` must be new: what its first child draws is the scrambling. Raises `ValueError` for more dimensions than are
    known.
    """
    file = direction_file()
    if file is None:
        return _by_scipy(dimensions, chance, first, count)
    shift, vectors = _scrambled(_vectors(file, dimensions), chance.spawn(1)[0])
    return np.asarray(_walk(shift, vectors, first, count) * 2.0**-BITS)


def direction_file() -> Path | None:
    """The file with the direction numbers in this install of SciPy, found without importing anything of it."""
    spec = find_spec("scipy")
    folders = spec.submodule_search_locations if spec else None
    found = [path for folder in folders or () if (path := Path(folder) / DIRECTIONS).is_file()]
    return found[0] if found else None


@lru_cache(maxsize=4)
def _vectors(file: Path, dimensions: int) -> Words:
    """Direction vectors `(dimensions, bits)`, the first digit of a point in the highest bit."""
    with np.load(file) as known:
        polynomials, first = known["poly"][:dimensions], known["vinit"][:dimensions]
    if dimensions > len(polynomials):
        raise ValueError(f"Sobol points have at most {len(polynomials)} dimensions, not {dimensions}")
    numbers = np.ones((dimensions, BITS), dtype=np.int64)
    degrees = np.array([int(each).bit_length() - 1 for each in polynomials])
    for degree in range(1, degrees.max(initial=0) + 1):
        mine = degrees == degree
        m, polynomial = numbers[mine], polynomials[mine]
        m[:, :degree] = first[mine, :degree]
        for k in range(degree, BITS):
            m[:, k] = m[:, k - degree]
            for back in range(1, degree + 1):
                m[:, k] ^= (m[:, k - back] << back) * (polynomial >> (degree - back) & 1)
        numbers[mine] = m
    return (numbers << np.arange(BITS)[::-1]).astype(np.uint32)


def _scrambled(vectors: Words, chance: np.random.Generator) -> tuple[Words, Words]:
    """The random shift `(dimensions,)`, and the vectors after the random matrix."""
    size, place = len(vectors), np.arange(BITS, dtype=np.uint32)
    shift = (chance.integers(2, size=(size, BITS), dtype=np.uint32) << place).sum(axis=1, dtype=np.uint32)
    matrix = np.tril(chance.integers(2, size=(size, BITS, BITS), dtype=np.uint32))
    matrix[:, place, place] = 1
    rows = (matrix << place[::-1]).sum(axis=2, dtype=np.uint32)
    out = np.zeros_like(vectors)
    for digit in range(BITS):
        parity = np.bitwise_count(rows[:, digit, None] & vectors).astype(np.uint32) & np.uint32(1)
        out |= parity << np.uint32(BITS - 1 - digit)
    return shift, out


def _walk(shift: Words, vectors: Words, first: int, count: int) -> Words:
    """Points `first` to `first + count` as words `(count, dimensions)`: each differs from the last by one vector."""
    start = shift.copy()
    gray = first ^ (first >> 1)
    for digit in range(gray.bit_length()):
        if gray >> digit & 1:
            start ^= vectors[:, digit]
    number = np.arange(first + 1, first + count, dtype=np.uint64)
    lowest = np.bitwise_count((number & (~number + np.uint64(1))) - np.uint64(1))
    steps = np.concatenate([start[None], vectors.T[lowest]])
    return np.bitwise_xor.accumulate(steps, axis=0)


def _by_scipy(dimensions: int, chance: np.random.Generator, first: int, count: int) -> Array:
    from scipy.stats import qmc

    engine = qmc.Sobol(dimensions, scramble=True, bits=BITS, rng=chance)
    if first:
        engine.fast_forward(first)
    return np.asarray(engine.random(count))
