"""The search for portfolios: nothing, everything, what the master proposes, swaps; then alternatives and bootstraps.

Evaluations are dear and the integer program is cheap, so all that was simulated for one budget serves the others. The
method and its reasons: docs/decisions.md.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np

from supplysim.decisions.master import Cut, Levels, Master
from supplysim.decisions.risk import measured
from supplysim.engine.market import Array

Evaluate = Callable[[Sequence[Levels]], Sequence[Array]]
"""Simulates portfolios: the loss of each in every draw, `(n,)`, the same draws for all."""

MOST_ROUNDS = 12
"""Portfolios of the master that are simulated for one budget."""
SWAPS = 8
"""Swaps, the most promising by the cuts first, that are simulated around the best portfolio of a budget."""
BOOTSTRAPS = 20
NEAR = 0.05
"""An alternative's measure may exceed the best one's by this share."""
SAME = 1e-9


@dataclass
class Known:
    """Every portfolio simulated so far, `losses` by levels; asks for each one once."""

    evaluate: Evaluate
    losses: dict[Levels, Array] = field(default_factory=dict)

    def of(self, portfolios: Iterable[Levels]) -> list[Array]:
        """The losses of portfolios, simulating those that are new."""
        asked = list(portfolios)
        new = [levels for levels in dict.fromkeys(asked) if levels not in self.losses]
        if new:
            self.losses |= dict(zip(new, (np.asarray(found) for found in self.evaluate(new)), strict=True))
        return [self.losses[levels] for levels in asked]


@dataclass(frozen=True)
class Best:
    """The answer for one budget: `levels`, its measured `loss` and the master's `bound`; `rounds` the master took."""

    budget: float
    levels: Levels
    loss: float
    bound: float
    rounds: int

    @property
    def gap(self) -> float:
        """How far the loss lies above the bound, as a share of it."""
        return max(self.loss - self.bound, 0.0) / max(abs(self.loss), 1e-300)


class Search:
    """The search over all budgets of one question."""

    def __init__(self, master: Master, evaluate: Evaluate, most_evaluations: int | None = None) -> None:
        self.master, self.known, self.most = master, Known(evaluate), most_evaluations
        self.cuts: dict[Levels, Cut] = {}
        self.nothing: Levels = (0,) * len(master.costs)
        self.everything: Levels = tuple(len(costs) - 1 for costs in master.costs)

    @property
    def evaluations(self) -> int:
        """Portfolios simulated so far."""
        return len(self.known.losses)

    def frontier(self, budgets: Sequence[float]) -> list[Best]:
        """The best portfolio found for each budget, which never gets worse as the budget grows."""
        for start in (self.nothing, self.everything):
            self._add_cut(start)
        found = [self._best(budget) for budget in budgets]
        again = [self._polished(best) for best in found]
        return [self._cheapest(best) for best in again]

    def _best(self, budget: float) -> Best:
        """Let the master propose, simulate, cut, until it proposes what is known."""
        bound, rounds = -np.inf, 0
        while rounds < MOST_ROUNDS:
            proposed = self.master.solve(self._all_cuts(), budget, best=self._least(budget))
            if proposed is None:
                break
            levels, bound = proposed
            if levels in self.cuts or self._spent(len(levels) + 1):
                self.known.of([levels])
                break
            self._add_cut(levels)
            rounds += 1
        levels, loss = self._lowest(budget)
        bound = loss if rounds == 0 and not np.isfinite(bound) else min(bound, loss)  # nothing can be had: that is sure
        return Best(budget, levels, loss, bound, rounds)

    def _polished(self, best: Best) -> Best:
        """One option a step down and another a step up, while that helps; every single step down is tried, so that
        nothing is bought that does harm."""
        while not self._spent(1):
            near = [x for x in _swaps(best.levels, self.everything) if self.master.feasible(x, best.budget)]
            new = [x for x in near if x not in self.known.losses]
            new.sort(key=lambda x: (sum(x) >= sum(best.levels), self.guess(x, best.budget), x))
            fewer = sum(sum(x) < sum(best.levels) for x in new)
            self.known.of(new[: self._room(fewer + SWAPS)])
            levels, loss = self._lowest(best.budget)
            if loss >= best.loss * (1 - SAME) or not new:
                break
            best = Best(best.budget, levels, loss, min(best.bound, loss), best.rounds)
        return best

    def _cheapest(self, best: Best) -> Best:
        """The best of all that is known now, which other budgets may have added to."""
        levels, loss = self._lowest(best.budget)
        return Best(best.budget, levels, loss, min(best.bound, loss), best.rounds)

    def _lowest(self, budget: float) -> tuple[Levels, float]:
        least = self._least(budget)
        found = {
            levels: self.measure(losses, least)
            for levels, losses in self.known.losses.items()
            if self.master.feasible(levels, budget)
        }
        lowest = min(found.values())
        near = [x for x, value in found.items() if value <= lowest + SAME * max(abs(lowest), 1e-300)]
        levels = min(near, key=lambda x: (self.master.cost(x), x))  # of equal ones the cheapest
        return levels, found[levels]

    def measure(self, losses: Array, least: Array | float = 0.0, weights: Array | None = None) -> float:
        """The measure that is kept small."""
        return measured(losses, self.master.measure, least, weights)

    def _least(self, budget: float) -> Array | float:
        """What each draw costs at least by what is known, which regret is counted from."""
        if self.master.measure != "regret":
            return 0.0
        within = [losses for levels, losses in self.known.losses.items() if self.master.feasible(levels, budget)]
        return np.asarray(np.min(within, axis=0))

    def _add_cut(self, levels: Levels) -> None:
        """Simulate a portfolio and one step of each option from it."""
        steps = [_stepped(levels, o, self.everything) for o in range(len(levels))]
        here, *found = self.known.of([levels, *(step for step, _ in steps)])
        change = [sign * (losses - here) for losses, (_, sign) in zip(found, steps, strict=True)]
        self.cuts[levels] = Cut(levels, here, np.stack(change, axis=1))

    def _all_cuts(self) -> list[Cut]:
        return list(self.cuts.values())

    def guess(self, levels: Levels, budget: float) -> float:
        """A portfolio's measure by the cuts alone."""
        away = np.asarray(levels)
        guesses = [cut.losses + cut.steps @ (away - np.asarray(cut.levels)) for cut in self._all_cuts()]
        return self.measure(np.maximum(np.max(guesses, axis=0), 0.0), self._least(budget))

    def _spent(self, more: int) -> bool:
        return self.most is not None and self.evaluations + more > self.most

    def _room(self, wish: int) -> int:
        return wish if self.most is None else max(min(wish, self.most - self.evaluations), 0)

    def alternatives(self, best: Best, count: int) -> list[tuple[Levels, float]]:
        """Portfolios as far from the best, and from each other, as a loss within `NEAR` of it allows; each simulated.

        An alternative whose simulated loss lies further off is left out.
        """
        limit = best.loss + NEAR * abs(best.loss)
        seen, found = [best.levels], list[tuple[Levels, float]]()
        least = self._least(best.budget)
        for _ in range(3 * count):
            if len(found) == count or self._spent(1):
                break
            proposed = self.master.solve(
                self._all_cuts(), best.budget, best=least, without=seen,
                far_from=[best.levels, *(levels for levels, _ in found)], within=limit,
            )  # fmt: skip
            if proposed is None:
                break
            levels = proposed[0]
            seen.append(levels)
            loss = self.measure(self.known.of([levels])[0], least)
            if loss <= limit:
                found.append((levels, loss))
        return found

    def bootstrapped(self, best: Best, seed: int) -> list[Levels]:
        """What would have been chosen had other draws come: the choice among known portfolios and the master's
        proposal, by the same cuts over resampled draws."""
        random = np.random.default_rng(seed)
        n = len(self.known.losses[self.nothing])
        found = []
        for _ in range(BOOTSTRAPS):
            weights = np.bincount(random.integers(0, n, n), minlength=n) / n
            least = self._least(best.budget)
            known = [
                (self.measure(losses, least, weights), levels)
                for levels, losses in self.known.losses.items()
                if self.master.feasible(levels, best.budget)
            ]
            found.append(min(known)[1])
        return found

    def interval(self, levels: Levels, seed: int, budget: float) -> tuple[float, float]:
        """A bootstrap interval (5 % and 95 %) of a known portfolio's measure."""
        random = np.random.default_rng(seed)
        losses, least = self.known.losses[levels], self._least(budget)
        n = len(losses)
        values = [
            self.measure(losses, least, np.bincount(random.integers(0, n, n), minlength=n) / n) for _ in range(200)
        ]
        low, high = np.quantile(values, (0.05, 0.95))
        return float(low), float(high)

    def runners_up(self, best: Best, count: int) -> list[Levels]:
        """The next best known portfolios within the budget."""
        least = self._least(best.budget)
        ranked = sorted(
            (self.measure(losses, least), levels)
            for levels, losses in self.known.losses.items()
            if self.master.feasible(levels, best.budget) and levels != best.levels
        )
        return [levels for _, levels in ranked[:count]]


def _stepped(levels: Levels, option: int, top: Levels) -> tuple[Levels, float]:
    """A portfolio with one option a step up (or down, where it is at the top), and the sign of the step."""
    step = 1 if levels[option] < top[option] else -1
    return (*levels[:option], levels[option] + step, *levels[option + 1 :]), float(step)


def _swaps(levels: Levels, top: Levels) -> list[Levels]:
    """One option a step down, another a step up; and single steps."""
    ups = [o for o in range(len(levels)) if levels[o] < top[o]]
    downs = [o for o in range(len(levels)) if levels[o] > 0]
    moves = [(o, None) for o in ups] + [(None, o) for o in downs] + [(a, b) for a in ups for b in downs if a != b]

    def moved(up: int | None, down: int | None) -> Levels:
        return tuple(level + (o == up) - (o == down) for o, level in enumerate(levels))

    return [moved(up, down) for up, down in moves]
