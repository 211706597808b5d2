"""Shipped scenarios with one mistake each: is it told at its line, in one round, and does nothing break or hang?"""

from __future__ import annotations

import random
import resource
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from time import process_time

from supplysim.errors import InputError
from supplysim.scenario import cells, load, shipped

from .mutants import Mutation, mutations

COUNT = 2_000
LEAST_RIGHT = 0.99
MOST_MEMORY = 500.0
"""Megabytes that reading a mutant may take, the process with its libraries included."""


@dataclass(frozen=True)
class Verdict:
    """`what` is right, elsewhere (told on another line), ignored (not told) or broken (no InputError)."""

    what: str
    name: str
    mutation: Mutation
    seconds: float
    said: str


def chosen(count: int, seed: int) -> list[tuple[str, Mutation]]:
    """So many mistakes: as many of each kind and scenario as there are, as far as they go."""
    generator = random.Random(seed)
    groups: dict[tuple[str, str], list[Mutation]] = {}
    for name, path in shipped().items():
        for mutation in mutations(path.read_text(encoding="utf-8")):
            groups.setdefault((name, mutation.kind), []).append(mutation)
    for found in groups.values():
        generator.shuffle(found)
    order = [(k, name, mutation) for (name, _), found in groups.items() for k, mutation in enumerate(found)]
    order.sort(key=lambda each: each[0])
    return [(name, mutation) for _, name, mutation in order[:count]]


def tried(cases: list[tuple[str, Mutation]], folder: Path) -> Iterator[Verdict]:
    """What is said of each mutant, every cell of its sweep included."""
    for name, mutation in cases:
        path, began = folder / f"{name}-mutant.yaml", process_time()
        path.write_text(mutation.text, encoding="utf-8")
        what, said = "ignored", ""
        try:
            cells(load(path))
        except InputError as error:
            said = str(error.faults[0])
            lines = [place.split(":")[-2] for f in error.faults if path.name in (place := f.place) and ":" in place]
            what = "right" if {str(line) for line in mutation.lines} & set(lines) else "elsewhere"
        except Exception as error:
            what, said = "broken", repr(error)[:200]
        yield Verdict(what, name, mutation, process_time() - began, said)


def run(count: int, seed: int) -> bool:
    """Print how many were told rightly, by kind, what was not, and the worst time and memory."""
    with tempfile.TemporaryDirectory() as folder:
        found = list(tried(chosen(count, seed), Path(folder)))
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    totals, kinds = Counter(v.what for v in found), Counter((v.mutation.kind, v.what) for v in found)
    for kind in sorted({v.mutation.kind for v in found}):
        print(f"{kind:18} {sum(n for (k, _), n in kinds.items() if k == kind):6,} {kinds[kind, 'right']:6,} right")
    for verdict in found:
        if verdict.what != "right":
            print(f"{verdict.what}: {verdict.name}: {verdict.mutation.kind}: {verdict.mutation.what} "
                  f"(lines {verdict.mutation.lines[:3]}): {verdict.said}")  # fmt: skip
    share, times = totals["right"] / len(found), sorted(v.seconds for v in found)
    print(f"{len(found):,} mutants: {100 * share:.2f} % told at the right line in one round, {totals['elsewhere']} "
          f"elsewhere, {totals['ignored']} ignored, {totals['broken']} with a traceback")  # fmt: skip
    middle, worst = (f"{1e3 * each:.0f} ms" for each in (times[len(times) // 2], times[-1]))
    print(f"CPU of one: {middle} median, {worst} worst; memory of the process {memory:,.0f} MB")
    return share >= LEAST_RIGHT and not totals["broken"] and memory < MOST_MEMORY
