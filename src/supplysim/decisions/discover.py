"""In which futures it goes wrong: boxes of inputs that hold most of the bad draws and few others.

PRIM, the patient rule induction method (Friedman and Fisher, Statistics and Computing 9, 1999), as scenario discovery
uses it (Bryant and Lempert, Technological Forecasting and Social Change 77, 2010): from the whole, thin slices are
peeled off where bad draws are rare; of the boxes on the way the one is taken that holds most bad draws for what it
lets in; its limits are then moved one by one to where the box is best. A limit that chance could have set
(quasi-p above 0.05) is dropped, and resamples say how often each limit comes back.

*Coverage* is the share of all bad draws that a box holds, *density* the share of bad draws among those in it, *mass*
its share of all draws.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from supplysim.decisions.table import Table, table_of
from supplysim.engine.market import Array
from supplysim.errors import InputError

Mask = NDArray[np.bool_]

PEEL = 0.07
"""Share of a box that one peel takes away."""
LEAST_MASS = 0.02
FEWEST_IN_BOX = 10
WHETHER = "whether "
"""How the name of a yes-or-no input starts."""
QUASI_P = 0.05
RESAMPLES = 20
BOXES = 3
NEXT_COVERAGE = 0.1
"""A further box must hold this share of all bad draws, at twice the density of what is left, to be told."""
ROUNDS = 6


class Limit(NamedTuple):
    """A number's limits in a box, None on an open side."""

    low: float | None
    high: float | None

    @property
    def levels(self) -> tuple[str, ...]:
        """A number has none."""
        return ()

    def text(self, unit: str = "") -> str:
        """Such as `below 3`, `from 14 to 20 months`."""
        end = f" {unit}".rstrip()
        if self.low is None or self.high is None:
            return f"below {self.high:.3g}{end}" if self.low is None else f"above {self.low:.3g}{end}"
        return f"from {self.low:.3g} to {self.high:.3g}{end}"


class Levels(NamedTuple):
    """The levels of a text or a switch that are in a box."""

    levels: tuple[str, ...]
    low: None = None
    high: None = None

    def text(self, unit: str = "") -> str:  # noqa: ARG002 -- as a number's limit
        """Such as `ban or quota`."""
        return " or ".join(self.levels)


class Step(NamedTuple):
    """A box on the way: how much it holds and how many inputs it limits."""

    coverage: float
    density: float
    mass: float
    limited: int


@dataclass(frozen=True)
class Box:
    """Limits by input with `coverage`, `density` and `mass` (0..1), each limit's `quasi_p` and the share of resamples
    in which an input is limited again (`kept`); `peeling` are the boxes on the way."""

    limits: Mapping[str, Limit | Levels]
    coverage: float
    density: float
    mass: float
    quasi_p: Mapping[str, float]
    kept: Mapping[str, float] = field(default_factory=dict)
    peeling: tuple[Step, ...] = ()

    def sentence(
        self, what: str, units: Mapping[str, str] | None = None, names: Mapping[str, str] | None = None
    ) -> str:
        """What the box says of `what`, such as "a shortage above 10 %"."""
        units, names = units or {}, names or {}
        parts = [_holds(names.get(name, name), limit, units.get(name, "")) for name, limit in self.limits.items()]
        both = "it holds" if len(parts) == 1 else "both hold" if len(parts) == 2 else f"all {len(parts)} hold"
        where = " and ".join([", ".join(parts[:-1]), parts[-1]]) if len(parts) > 1 else parts[0]
        held, end = f"{100 * self.coverage:.0f} %", f"{100 * self.density:.0f} %"
        return f"In {held} of the futures with {what}, {where}; where {both}, {end} end so."


def _holds(name: str, limit: Limit | Levels, unit: str) -> str:
    """A limit as a clause, such as `start of the ban is above 2027` or `it is not so that the mine comes true`."""
    if not name.startswith(WHETHER):
        return f"{name} is {limit.text(unit)}"
    clause = name.removeprefix(WHETHER)
    return clause if limit.text() == "yes" else f"it is not so that {clause}"


def discover(
    inputs: Any, bad: Any, *, boxes: int = BOXES, peel: float = PEEL, least_mass: float = LEAST_MASS, seed: int = 0
) -> list[Box]:
    """Boxes of `inputs` (a frame, a mapping of columns or an array `(n, k)`) in which draws are `bad` `(n,)`.

    The first box explains most; each next one what the ones before left. NaN in `bad` marks a failed draw. `peel` is
    the share taken away at a time (0.05 to 0.1 is patient), `least_mass` the smallest share of draws a box may hold.

    Raises `InputError` for tables as `sensitivity` does, where no draw is bad or all are, or for a `peel` outside
    0.01 to 0.5.
    """
    if not 0.01 <= peel <= 0.5:
        raise InputError(f"peel {peel:g} must lie between 0.01 and 0.5")
    table, marks = table_of(inputs, np.asarray(bad, dtype=float))
    wrong = marks > 0.5
    if not wrong.any() or wrong.all():
        raise InputError(f"{'no' if not wrong.any() else 'every'} draw is bad: there is nothing to tell apart")
    search = _Search(table, wrong, peel, max(least_mass * len(wrong), FEWEST_IN_BOX))
    random = np.random.default_rng(seed)
    found: list[Box] = []
    left = np.ones(len(wrong), dtype=bool)
    while len(found) < boxes:
        box, inside = search.box(left)
        base = wrong[left].mean()
        if not box.limits or (found and (box.coverage < NEXT_COVERAGE or box.density < 2.0 * base)):
            break
        found.append(search.tried_again(box, left, random))
        left &= ~inside
        if not wrong[left].any():
            break
    return found


class _Search:
    """The search for one box among the draws that are left; sides of a box are `(k,)` values in the inputs' order."""

    def __init__(self, table: Table, wrong: Mask, peel: float, least: float) -> None:
        self.table, self.x, self.wrong, self.peel, self.least = table, table.data, wrong, peel, least
        self.named = np.array([k in table.levels for k in range(table.data.shape[1])])

    def box(self, left: Mask) -> tuple[Box, Mask]:
        """The best box among the draws `left`, and which draws are in it."""
        rows = np.flatnonzero(left)
        regions, steps = self._peeled(rows, np.arange(self.x.shape[1]))
        region = regions[int(np.argmax([_balance(step) for step in steps]))]
        region = self._moved(rows, region)
        region, quasi_p = self._pruned(rows, region)
        inside = left & region.holds(self.x)
        step = self._step(inside, region)
        limits = {self.table.names[k]: region.limit(k, self.table) for k in region.limited()}
        return Box(limits, step.coverage, step.density, step.mass, quasi_p, {}, tuple(steps)), inside

    def tried_again(self, box: Box, left: Mask, random: np.random.Generator) -> Box:
        """The box with the share of resamples in which each of its inputs is limited again.

        Tried are the box's inputs and those that stand out alone; the others would only cost time.
        """
        rows = np.flatnonzero(left)
        columns = np.array(sorted({self.table.names.index(name) for name in box.limits} | self._standing_out(rows)))
        count = dict.fromkeys(box.limits, 0)
        for _ in range(RESAMPLES):
            again = np.sort(random.choice(rows, len(rows)))
            if self.wrong[again].all() or not self.wrong[again].any():
                continue
            regions, steps = self._peeled(again, columns)
            region = regions[int(np.argmax([_balance(step) for step in steps]))]
            region, _ = self._pruned(again, self._moved(again, region))
            for k in region.limited():
                if self.table.names[k] in count:
                    count[self.table.names[k]] += 1
        return replace(box, kept={name: number / RESAMPLES for name, number in count.items()})

    def _standing_out(self, rows: NDArray[np.intp]) -> set[int]:
        """The four inputs in which bad draws lie furthest from the others, in standard deviations of the mean."""
        x, wrong = self.x[rows], self.wrong[rows]
        spread = np.maximum(x.std(axis=0), 1e-300)
        gap = np.abs(x[wrong].mean(axis=0) - x.mean(axis=0)) / spread
        return set(np.argsort(-gap)[:4].tolist())

    def _peeled(self, rows: NDArray[np.intp], columns: NDArray[np.intp]) -> tuple[list[_Region], list[Step]]:
        """All boxes from the whole down to the smallest, by peeling off the slice with the fewest bad draws."""
        region = _Region()
        x, wrong, total = self.x[np.ix_(rows, columns)], self.wrong[rows], max(int(self.wrong[rows].sum()), 1)
        regions, steps = [region], [Step(1.0, float(wrong.mean()), 1.0, 0)]
        while len(x) * (1.0 - self.peel) >= self.least and not wrong.all():
            cut = self._best_cut(x, wrong, columns)
            if cut is None:
                break
            column, side, value = cut
            region = region.cut(int(columns[column]), side, value)
            stays = _keeps(x[:, column], side, value)
            x, wrong = x[stays], wrong[stays]
            regions.append(region)
            steps.append(
                Step(float(wrong.sum() / total), float(wrong.mean()), len(x) / len(rows), len(region.limited()))
            )
        return regions, steps

    def _best_cut(self, x: Array, wrong: Mask, columns: NDArray[np.intp]) -> tuple[int, str, float] | None:
        """The cut that raises the density most for the mass that it takes: column, side and value."""
        n, y, mean = len(x), wrong.astype(float), float(wrong.mean())
        place = min(max(int(self.peel * n), 1), n - 1)
        ordered = np.partition(x, [place, n - 1 - place], axis=0)
        best: tuple[float, tuple[int, str, float] | None] = (0.0, None)
        for side, values in (("low", ordered[place]), ("high", ordered[n - 1 - place])):
            off = x < values if side == "low" else x > values
            none = ~off.any(axis=0)
            if none.any():  # the outermost value is shared by more than a slice: it goes as a whole
                off[:, none] = x[:, none] <= values[none] if side == "low" else x[:, none] >= values[none]
            taken = off.sum(axis=0)
            lost = y @ off
            stay = n - taken
            with np.errstate(divide="ignore", invalid="ignore"):
                gain = np.where(
                    (taken > 0) & (stay >= self.least), ((mean * n - lost) / stay - mean) / (taken / n), -1.0
                )
            gain[self.named[columns]] = -1.0
            k = int(np.argmax(gain))
            if gain[k] > best[0]:
                edge = x[~off[:, k], k]
                best = (float(gain[k]), (k, side, float(edge.min() if side == "low" else edge.max())))
        for named in np.flatnonzero(self.named[columns]).tolist():
            for level in np.unique(x[:, named]):
                off1 = x[:, named] == level
                stay1 = n - int(off1.sum())
                if stay1 >= self.least:
                    gain1 = (float(y[~off1].mean()) - mean) / ((n - stay1) / n)
                    if gain1 > best[0]:
                        best = (gain1, (named, "level", float(level)))
        return best[1]

    def _moved(self, rows: NDArray[np.intp], region: _Region) -> _Region:
        """Move each limit to where the box is best, the others held, until none moves any more."""
        for _ in range(ROUNDS):
            before = region
            for k in region.limited():
                if not self.named[k]:
                    for side in ("low", "high"):
                        region = self._best_limit(rows, region, k, side)
            if region == before:
                break
        return region

    def _best_limit(self, rows: NDArray[np.intp], region: _Region, k: int, side: str) -> _Region:
        inside = rows[region.open(k, side).holds(self.x[rows])]
        x = self.x[inside, k] if side == "high" else -self.x[inside, k]
        order = np.argsort(x, kind="stable")
        x, hits = x[order], np.cumsum(self.wrong[inside][order])
        last = np.concatenate([np.flatnonzero(np.diff(x) > 0), [len(x) - 1]])
        size = last + 1.0
        score = np.where(size >= self.least, 2.0 * hits[last] / (size + self.wrong[rows].sum()), -1.0)
        best = int(len(score) - 1 - np.argmax(score[::-1]))  # of equal ones the widest
        if best == len(score) - 1:
            return region.open(k, side)
        middle = 0.5 * (x[last[best]] + x[last[best] + 1])
        return region.open(k, side).cut(k, side, float(middle if side == "high" else -middle))

    def _pruned(self, rows: NDArray[np.intp], region: _Region) -> tuple[_Region, dict[str, float]]:
        """Drop limits that chance could have set, the least sure first; the quasi-p values of those that stay."""
        while True:
            found = {k: self._quasi_p(rows, region, k) for k in region.limited()}
            worst = max(found, key=lambda k: (found[k], k), default=None)
            if worst is None or found[worst] <= QUASI_P:
                return region, {self.table.names[k]: p for k, p in found.items()}
            region = region.open(worst, "low").open(worst, "high").open(worst, "level")

    def _quasi_p(self, rows: NDArray[np.intp], region: _Region, k: int) -> float:
        """Chance that as many draws as the box holds, taken at random from the box without the limit on input `k`,
        have as many bad ones among them (Bryant and Lempert's binomial test)."""
        from scipy.special import bdtrc

        inside = region.holds(self.x[rows])
        wider = region.open(k, "low").open(k, "high").open(k, "level").holds(self.x[rows])
        hits, n = int(self.wrong[rows][inside].sum()), int(inside.sum())
        return float(bdtrc(hits - 1, n, self.wrong[rows][wider].mean())) if hits else 1.0

    def _step(self, inside: Mask, region: _Region) -> Step:
        hits = int((inside & self.wrong).sum())
        return Step(
            hits / max(int(self.wrong.sum()), 1), hits / max(int(inside.sum()), 1), float(inside.mean()),
            len(region.limited()),
        )  # fmt: skip


@dataclass(frozen=True)
class _Region:
    """Limits by place of an input: `sides[k]` are its lowest and highest value, `without[k]` the levels left out."""

    sides: tuple[tuple[int, tuple[float, float]], ...] = ()
    without: tuple[tuple[int, frozenset[float]], ...] = ()

    def limited(self) -> list[int]:
        """The places of the inputs with a limit."""
        return sorted({k for k, _ in self.sides} | {k for k, _ in self.without})

    def cut(self, k: int, side: str, value: float) -> _Region:
        """The region with one more limit: a `low` or `high` value, or a `level` left out."""
        if side == "level":
            without = dict(self.without)
            without[k] = without.get(k, frozenset()) | {value}
            return _Region(self.sides, tuple(sorted(without.items())))
        sides = dict(self.sides)
        low, high = sides.get(k, (-np.inf, np.inf))
        sides[k] = (max(low, value), high) if side == "low" else (low, min(high, value))
        return _Region(tuple(sorted(sides.items())), self.without)

    def open(self, k: int, side: str) -> _Region:
        """The region without one limit."""
        if side == "level":
            return _Region(self.sides, tuple(item for item in self.without if item[0] != k))
        sides = dict(self.sides)
        low, high = sides.pop(k, (-np.inf, np.inf))
        left = (-np.inf, high) if side == "low" else (low, np.inf)
        if left != (-np.inf, np.inf):
            sides[k] = left
        return _Region(tuple(sorted(sides.items())), self.without)

    def holds(self, x: Array) -> Mask:
        """Which rows of `x` `(n, k)` lie within all limits."""
        inside = np.ones(len(x), dtype=bool)
        for k, (low, high) in self.sides:
            inside &= (x[:, k] >= low) & (x[:, k] <= high)
        for k, levels in self.without:
            inside &= ~np.isin(x[:, k], list(levels))
        return inside

    def limit(self, k: int, table: Table) -> Limit | Levels:
        """An input's limits for people."""
        without, sides = dict(self.without), dict(self.sides)
        if k in without:
            return Levels(tuple(n for i, n in enumerate(table.levels[k]) if float(i) not in without[k]))
        low, high = sides[k]
        return Limit(None if np.isinf(low) else low, None if np.isinf(high) else high)


def _balance(step: Step) -> float:
    """Coverage and density together: their harmonic mean."""
    whole = step.coverage + step.density
    return 2.0 * step.coverage * step.density / whole if whole > 0 else 0.0


def _keeps(x: Array, side: str, value: float) -> Mask:
    return x != value if side == "level" else x >= value if side == "low" else x <= value
