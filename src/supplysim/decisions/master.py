"""The master problem: which levels of which options, for what cuts know of the losses.

    min   a + sum_d w_d u_d / tail                                            (the mean of the worst draws)
    s.t.  u_d >= l_d - best_d - a,   u_d >= 0
          l_d >= loss_d^k + sum_o D_do^k(x_o),   k an evaluated portfolio     (its cut)
          sum_o cost_o(x_o) <= budget,   rules on which options go together
          x_o one level of each option

Rockafellar and Uryasev's linear form of conditional value at risk over Benders-like cuts, with integer choices, solved
by HiGHS through `scipy.optimize.milp`. Where losses are convex in the levels the cuts lie below them and the optimum of
the master is a bound; elsewhere it is a guide, and what it proposes is simulated before it is believed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from supplysim.decisions.risk import TAIL, Measure
from supplysim.engine.market import Array
from supplysim.errors import SupplysimError

Levels = tuple[int, ...]
"""A portfolio: the level of each option, 0 for nothing."""


class Rule(NamedTuple):
    """A rule on which options are taken: `sum of coefficient over options above level 0 <= most`."""

    coefficients: tuple[float, ...]
    most: float
    text: str

    def broken(self, levels: Levels) -> bool:
        """Whether a portfolio breaks the rule."""
        return sum(c for c, level in zip(self.coefficients, levels, strict=True) if level) > self.most + 1e-9


class Cut(NamedTuple):
    """What an evaluated portfolio says: its losses `(n,)`, and how much each option changes them in a step up from the
    level it has (or down, where it is at the top, with the sign turned), `(n, options)`."""

    levels: Levels
    losses: Array
    steps: Array


@dataclass(frozen=True)
class Master:
    """`costs[o][level]` in USD with `costs[o][0] = 0`; `rules` over options.

    An option that pays for itself in the end (a cost below 0) costs a budget nothing, and pays for no other: what it
    earns comes later, if it comes. Without a budget there is nothing.
    """

    costs: tuple[tuple[float, ...], ...]
    rules: tuple[Rule, ...] = ()
    measure: Measure = "worst 5 %"
    tail: float = field(default=TAIL)

    def feasible(self, levels: Levels, budget: float) -> bool:
        """Whether a portfolio keeps to the budget and to all rules."""
        if budget <= 0:
            return not any(levels)
        return self.outlay(levels) <= budget * (1 + 1e-9) and not any(rule.broken(levels) for rule in self.rules)

    def cost(self, levels: Levels) -> float:
        """What a portfolio costs by the options' own costs."""
        return sum(costs[level] for costs, level in zip(self.costs, levels, strict=True))

    def outlay(self, levels: Levels) -> float:
        """What a portfolio takes out of a budget."""
        return sum(max(costs[level], 0.0) for costs, level in zip(self.costs, levels, strict=True))

    def solve(
        self, cuts: Sequence[Cut], budget: float, *, weights: Array | None = None, best: Array | float = 0.0,
        without: Sequence[Levels] = (), far_from: Sequence[Levels] = (), within: float | None = None,
    ) -> tuple[Levels, float] | None:  # fmt: skip
        """The best portfolio by the cuts and the bound on its measure; None where there is none.

        `weights` `(n,)` of draws sum to 1; `without` are portfolios left out. With `far_from` the distance to those
        portfolios is maximised instead, the measure held `within` a value. Raises `SupplysimError` where the solver
        fails for another reason than that there is no solution.
        """
        from scipy.optimize import milp

        if budget <= 0:
            return None
        model = _Model(self, cuts, weights, best)
        model.limit_budget(budget)
        for levels in without:
            model.leave_out(levels)
        if far_from:
            model.hold_within(float(within if within is not None else np.inf))
            model.look_far_from(far_from)
        found = milp(**model.problem(), options={"mip_rel_gap": 1e-6, "presolve": True})
        if found.status == 2:
            return None
        if found.x is None:
            raise SupplysimError(f"the choice could not be solved: {found.message}")
        return model.levels(found.x), model.measure_of(found.x)


class _Model:
    """The rows and columns of the integer program: a column for each option's level, then `a`, `u_d`, `l_d`."""

    def __init__(self, master: Master, cuts: Sequence[Cut], weights: Array | None, best: Array | float) -> None:
        self.master = master
        n = len(cuts[0].losses)
        self.sizes = [len(costs) for costs in master.costs]
        self.first = np.concatenate([[0], np.cumsum(self.sizes)]).astype(int)
        self.choices, self.n = int(self.first[-1]), n
        self.a = self.choices
        self.u, self.loss = self.a + 1 + np.arange(n), self.a + 1 + n + np.arange(n)
        self.width = self.a + 1 + 2 * n
        self.scale = max(float(np.max([np.abs(cut.losses).max() for cut in cuts])), 1e-12)
        weight = np.full(n, 1.0 / n) if weights is None else weights
        self.objective = self._measure(weight)
        self.rows: list[tuple[Any, Any, Any]] = []
        self._one_level_each()
        if master.measure != "mean":
            self._tail(np.broadcast_to(best if master.measure == "regret" else 0.0, (n,)) / self.scale)
        for cut in cuts:
            self._cut(cut)
        for rule in master.rules:
            self._rule(rule)

    def _measure(self, weight: Array) -> Array:
        row = np.zeros(self.width)
        if self.master.measure == "mean":
            row[self.loss] = weight
        else:
            row[self.a], row[self.u] = 1.0, weight / self.master.tail
        return row

    def _add(self, columns: Any, values: Any, low: Any, high: Any) -> None:
        from scipy.sparse import csr_array

        values = np.atleast_2d(values)
        columns = np.broadcast_to(columns, values.shape)
        place = np.repeat(np.arange(len(values)), values.shape[1])
        matrix = csr_array((values.ravel(), (place, columns.ravel())), shape=(len(values), self.width))
        self.rows.append((matrix, np.broadcast_to(low, len(values)), np.broadcast_to(high, len(values))))

    def _one_level_each(self) -> None:
        for first, size in zip(self.first, self.sizes, strict=False):
            self._add(np.arange(first, first + size), np.ones(size), 1.0, 1.0)

    def _tail(self, best: Array) -> None:
        columns = np.stack([self.u, self.loss, np.full(self.n, self.a)], axis=1)
        self._add(columns, np.tile([1.0, -1.0, 1.0], (self.n, 1)), -best, np.inf)

    def _cut(self, cut: Cut) -> None:
        change = np.zeros((self.n, self.choices))
        for o, size in enumerate(self.sizes):
            away = np.arange(size) - cut.levels[o]
            change[:, self.first[o] : self.first[o] + size] = cut.steps[:, o, None] * away
        columns = np.concatenate([np.tile(np.arange(self.choices), (self.n, 1)), self.loss[:, None]], axis=1)
        values = np.concatenate([-change / self.scale, np.ones((self.n, 1))], axis=1)
        self._add(columns, values, cut.losses / self.scale, np.inf)

    def _rule(self, rule: Rule) -> None:
        self._add(np.arange(self.choices), self._taken(rule.coefficients), -np.inf, rule.most)

    def _taken(self, coefficients: Sequence[float]) -> Array:
        """A value for each option that is above level 0, as a row over the choices."""
        row = np.zeros(self.choices)
        for o, size in enumerate(self.sizes):
            row[self.first[o] + 1 : self.first[o] + size] = coefficients[o]
        return row

    def limit_budget(self, budget: float) -> None:
        """The portfolio costs no more than the budget."""
        costs = np.maximum(np.concatenate([np.asarray(each, dtype=float) for each in self.master.costs]), 0.0)
        unit = max(abs(budget), float(np.abs(costs).max(initial=0.0)), 1.0)
        self._add(np.arange(self.choices), costs / unit, -np.inf, budget / unit + 1e-9)

    def _places(self, levels: Levels) -> Any:
        return self.first[:-1] + np.asarray(levels)

    def leave_out(self, levels: Levels) -> None:
        """Some option has another level than in this portfolio."""
        self._add(self._places(levels), np.ones(len(levels)), -np.inf, len(levels) - 1.0)

    def hold_within(self, value: float) -> None:
        """The measure stays within a value."""
        self._add(np.arange(self.width), self.objective, -np.inf, value / self.scale)

    def look_far_from(self, portfolios: Sequence[Levels]) -> None:
        """Maximise the number of options whose level is in none of the portfolios."""
        row = np.zeros(self.width)
        for levels in portfolios:
            row[self._places(levels)] += 1.0
        self.kept, self.objective = self.objective, row

    def problem(self) -> dict[str, Any]:
        """The arguments of `scipy.optimize.milp`."""
        from scipy.optimize import Bounds, LinearConstraint
        from scipy.sparse import vstack

        low, high = np.zeros(self.width), np.ones(self.width)
        low[self.a], high[self.a :] = -np.inf, np.inf
        if self.master.measure == "mean":
            low[self.a] = high[self.a] = 0.0
        matrix = vstack([row for row, _, _ in self.rows], format="csc")
        least, most = (np.concatenate([row[k] for row in self.rows]) for k in (1, 2))
        whole = np.zeros(self.width)
        whole[: self.choices] = 1.0
        return {"c": self.objective, "integrality": whole, "bounds": Bounds(low, high),
                "constraints": LinearConstraint(matrix, least, most)}  # fmt: skip

    def levels(self, x: Array) -> Levels:
        """The levels that a solution chooses."""
        return tuple(
            int(np.argmax(x[first : first + size])) for first, size in zip(self.first, self.sizes, strict=False)
        )

    def measure_of(self, x: Array) -> float:
        """The measure of a solution by the cuts."""
        return float(getattr(self, "kept", self.objective) @ x * self.scale)
