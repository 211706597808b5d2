"""Which contracts, stocks and projects, with how much money: the `choose:` section of a scenario, answered.

The loss of a draw is what the final users of the regions under `for` wanted, could not get and did without (short, not
adapted), over the horizon at base prices. Portfolios are simulated over the same draws; the search is `portfolio`'s.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import NamedTuple, cast

import numpy as np

from supplysim.batch.progress import Progress
from supplysim.decisions.bench import Bench
from supplysim.decisions.cost import annuity
from supplysim.decisions.ledger import Evaluation, Ledger, Name
from supplysim.decisions.master import Cut, Levels, Master, Rule
from supplysim.decisions.pool import Compute, sharing
from supplysim.decisions.portfolio import Best, Search
from supplysim.decisions.risk import TAIL, Measure, measured
from supplysim.errors import InputError
from supplysim.results.folder import run_hash
from supplysim.scenario import Scenario, with_choices
from supplysim.scenario.choose import Alternative, Choose
from supplysim.world import load

MOST_EVALUATIONS = 250
SEARCHED = 0.75
"""Share of the evaluations that the search may use; the rest is for the order of choice and for alternatives."""
IN_TAIL = 2
"""Draws that the worst 5 % must hold for their mean to say anything."""
RUNNERS_UP = 10
SIMULATED = ("stockpiles", "contracts")
"""Sections whose options may leave their cost to the simulation."""


class Step(NamedTuple):
    """One option of a budget's answer in the order of choice: losses before and after it in the measure, USD, and the
    tonnes it avoids on average and in the worst draws; `kept` is the share of bootstraps that take it."""

    option: str
    level: int
    cost: float
    loss_before: float
    loss_after: float
    tonnes_mean: float
    tonnes_worst: float
    kept: float


@dataclass(frozen=True)
class Answer:
    """The answer for one budget: `best` on the draws it was found on, `fresh` its measure on draws it never saw,
    `low` to `high` its bootstrap interval, `mean` and `p95` of its loss; `same` bootstraps choose it whole."""

    best: Best
    fresh: float
    low: float
    high: float
    mean: float
    p95: float
    same: float
    steps: tuple[Step, ...]
    alternatives: tuple[tuple[Levels, float], ...]
    fresh_best: bool


@dataclass(frozen=True)
class Optimised:
    """All answers; `costs[option][level]` in USD, net present, and `evaluations` simulated."""

    scenario: Scenario
    choose: Choose
    consumers: tuple[str, ...]
    costs: tuple[tuple[float, ...], ...]
    answers: tuple[Answer, ...]
    nothing: float
    draws: int
    evaluations: int


@dataclass(frozen=True)
class Effort:
    """How much is simulated: draws, at most so many portfolios, and alternatives that are looked for a budget."""

    draws: int
    most: int = MOST_EVALUATIONS
    alternatives: int = 3


def question_of(scenario: Scenario, budgets: Sequence[float] = ()) -> Choose:
    """The scenario's question, with other budgets where they are given.

    Raises `InputError` where it asks none, or an option leaves a cost to the simulation that has none to tell.
    """
    if scenario.choose is None:
        raise InputError(f"{scenario.name} asks nothing: it has no 'choose:' section with options and a budget")
    for option in scenario.choose.options:
        heads = {path[0] for path, _ in option.levels[0].settings}
        if option.costs is None and not heads <= set(SIMULATED):
            name = f"choose.options.{option.id}"
            raise InputError(f"{name} needs a cost for each level: only what stocks and contracts cost is simulated")
    return replace(scenario.choose, budgets=tuple(sorted(budgets))) if budgets else scenario.choose


def optimised(
    scenario: Scenario, choose: Choose, effort: Effort, *, folder: Path | None = None, jobs: int = 1,
    engine: str = "numpy", progress: Progress | None = None,
) -> Optimised:  # fmt: skip
    """Answer the question of `choose` over the scenario's draws.

    Evaluations are kept in `folder` and read again from there. Raises `InputError` where too few draws, or rules, leave
    nothing to choose, before anything is simulated; and for a level that makes no valid scenario.
    """
    _check_draws(choose, effort.draws)
    _check_rules(choose)
    _check_levels(scenario, choose)
    site = Site(scenario, choose, effort.draws, engine)
    ledger = Ledger((folder / "evaluations.log") if folder else Path("/dev/null"))
    with sharing(lambda: Worker(site).evaluation, jobs) as compute:
        return _Work(site, compute, ledger, effort, folder is not None, progress).optimised()


def verified(
    scenario: Scenario, choose: Choose, effort: Effort, folder: Path, count: int, engine: str = "numpy"
) -> list[tuple[Name, bool]]:
    """Simulate some of the kept evaluations again: each with whether every number came out the same."""
    ledger = Ledger(folder / "evaluations.log")
    if not ledger.known:
        raise InputError(f"{folder} has no evaluations")
    worker = Worker(Site(scenario, choose, effort.draws, engine))
    names = sorted(ledger.known)
    chosen = [names[int(k)] for k in np.linspace(0, len(names) - 1, min(count, len(names)))]
    found = []
    for name in dict.fromkeys(chosen):
        again, kept = worker.evaluation(name), ledger.known[name]
        same = np.array_equal(again.loss, kept.loss) and np.array_equal(again.tonnes, kept.tonnes)
        found.append((name, bool(same and again.costs == kept.costs)))
    return found


def optimise_folder(results: Path, scenario: Scenario, choose: Choose, effort: Effort, engine: str = "numpy") -> Path:
    """Where an answer lies: `results/<scenario>/optimise-<12 hex of all that decides it>`; budgets do not, because
    what was simulated for one serves the others."""
    options = [(option.id, option.costs, option.yearly) for option in choose.options]
    text = "\n".join([run_hash(scenario, engine), repr(options), repr((choose.consumers, choose.discount)),
                      repr(effort.draws)])  # fmt: skip
    return results / scenario.name / f"optimise-{hashlib.sha256(text.encode()).hexdigest()[:12]}"


def _check_draws(choose: Choose, draws: int) -> None:
    least = round(IN_TAIL / TAIL)
    if choose.measure != "mean" and draws < least:
        raise InputError(f"{draws} draws are too few for '{choose.measure}': at least {least}, or protect the mean")


def _check_levels(scenario: Scenario, choose: Choose) -> None:
    """Every level makes a valid scenario of its own; all that do not are told at once."""
    faults = []
    for option in choose.options:
        for level in option.levels:
            try:
                with_choices(scenario, (level,))
            except InputError as error:
                faults += list(error.faults)
    if faults:
        raise InputError(list(dict.fromkeys(faults)))


def _check_rules(choose: Choose) -> None:
    """Some portfolio besides nothing keeps all rules."""
    master = Master(tuple((0.0, 1.0) for _ in choose.options), _rules(choose))
    ids = range(len(choose.options))
    ones = [tuple(int(o == k) for o in ids) for k in ids]
    zero: Levels = (0,) * len(choose.options)
    if any(master.feasible(levels, np.inf) for levels in ones):
        return
    n = len(choose.options)
    found = master.solve([Cut(zero, np.zeros(2), np.zeros((2, n)))], float(n), without=[zero])
    if found is None:
        raise InputError("choose.rules: the rules exclude every choice but nothing")


def _rules(choose: Choose) -> tuple[Rule, ...]:
    return tuple(
        Rule(tuple(bound.coefficients.get(option.id, 0.0) for option in choose.options), bound.most, bound.text)
        for bound in choose.rules
    )


@dataclass(frozen=True)
class Site:
    """What every worker knows."""

    scenario: Scenario
    choose: Choose
    draws: int
    engine: str

    @property
    def consumers(self) -> tuple[str, ...]:
        return self.choose.consumers or self.scenario.consumers


class Worker:
    """Simulates portfolios of one site; parts of the chain that no option of a portfolio touches are simulated once."""

    def __init__(self, site: Site) -> None:
        self.site, self.world = site, load(site.scenario.world)
        self.benches: dict[int, Bench] = {}

    def evaluation(self, name: Name) -> Evaluation:
        """What a portfolio does in the draws from `first` on."""
        first, levels = name
        site, bench = self.site, self._bench(name[0])
        choices = [option.levels[level] for option, level in zip(site.choose.options, levels, strict=True)]
        variant = with_choices(site.scenario, choices)
        variant = replace(variant, draws=first + site.draws, consumers=site.consumers)
        told = bench.told(variant)
        accounts = told.accounts.values()
        loss, tonnes = (np.sum([np.zeros(site.draws), *parts], axis=0) for parts in (
            [a.loss for a in accounts], [a.tonnes for a in accounts]))  # fmt: skip
        costs = {
            f"stockpiles.{region}.{product}": float(cost.mean()) for (region, product), cost in told.stocks.items()
        }
        costs |= {f"contracts.{contract}": float(cost.mean()) for contract, cost in told.premiums.items()}
        return Evaluation(loss, tonnes, costs)

    def _bench(self, first: int) -> Bench:
        if first not in self.benches:
            site = self.site
            self.benches[first] = Bench(
                self.world, site.scenario, site.draws, site.consumers, first=first, engine=site.engine,
                discount=site.choose.discount,
            )  # fmt: skip
        return self.benches[first]


@dataclass
class _Work:
    """One answer in the making."""

    site: Site
    compute: Compute
    ledger: Ledger
    effort: Effort
    kept: bool
    progress: Progress | None
    done: int = field(default=0)

    def evaluations(self, portfolios: Sequence[Levels], first: int = 0) -> list[Evaluation]:
        """Simulate portfolios, or read what was simulated before."""
        names = [(first, levels) for levels in portfolios]
        new = [name for name in dict.fromkeys(names) if name not in self.ledger.known]
        for name, found in zip(new, self.compute(new), strict=True):
            if self.kept:
                self.ledger.add(name, found)
            self.ledger.known[name] = found
            self.done += 1
            if self.progress:
                self.progress(min(self.done, self.effort.most), self.effort.most)
        return [self.ledger.known[name] for name in names]

    def optimised(self) -> Optimised:
        choose = self.site.choose
        costs = self._costs()
        master = Master(costs, _rules(choose), cast("Measure", choose.measure))
        search = Search(master, lambda xs: [e.loss for e in self.evaluations(xs)], round(SEARCHED * self.effort.most))
        frontier = search.frontier(choose.budgets)
        search.most = self.effort.most
        answers = tuple(self._answer(search, best) for best in frontier)
        nothing = search.measure(search.known.losses[search.nothing])
        return Optimised(
            self.site.scenario, choose, self.site.consumers, costs, answers, nothing, self.site.draws,
            len({levels for first, levels in self.ledger.known if first == 0}),
        )  # fmt: skip

    def _costs(self) -> tuple[tuple[float, ...], ...]:
        """Each option's cost by level: stated, or what the simulation of that level alone says beyond nothing."""
        options = self.site.choose.options
        nothing: Levels = (0,) * len(options)
        asked = [nothing]
        for o, option in enumerate(options):
            if option.costs is None:
                asked += [_alone(len(options), o, level) for level in range(1, len(option.levels))]
        known = dict(zip(asked, self.evaluations(asked), strict=True))
        found = []
        for o, option in enumerate(options):
            if option.costs is not None:
                years = annuity(self.site.scenario.months, self.site.choose.discount) if option.yearly else 1.0
                found.append(tuple(cost * years for cost in option.costs))
            else:
                alone = [known[_alone(len(options), o, level)] for level in range(1, len(option.levels))]
                found.append((0.0, *(_simulated_cost(option, each, known[nothing]) for each in alone)))
        return tuple(found)

    def _answer(self, search: Search, best: Best) -> Answer:
        seed = self.site.scenario.seed
        again = search.bootstrapped(best, seed)
        low, high = search.interval(best.levels, seed, best.budget)
        losses = search.known.losses[best.levels]
        fresh, first_of_fresh = self._fresh(search, best)
        kept = [float(np.mean([x[o] > 0 for x in again])) for o in range(len(best.levels))]
        return Answer(
            best, fresh, low, high, float(losses.mean()), measured(losses, "p95"),
            float(np.mean([x == best.levels for x in again])), self._steps(search, best, kept),
            tuple(search.alternatives(best, self.effort.alternatives)), first_of_fresh,
        )  # fmt: skip

    def _fresh(self, search: Search, best: Best) -> tuple[float, bool]:
        """The winner's measure on fresh draws, and whether none of its runners-up does better there."""
        asked = [best.levels, *search.runners_up(best, RUNNERS_UP)]
        values = [search.measure(e.loss) for e in self.evaluations(asked, first=self.site.draws)]
        return values[0], values[0] <= min(values) * (1 + 1e-9)

    def _steps(self, search: Search, best: Best, kept: Sequence[float]) -> tuple[Step, ...]:
        """The options of the answer in turn, each time the one that avoids most for its cost by the cuts."""
        here: Levels = (0,) * len(best.levels)
        left = [o for o, level in enumerate(best.levels) if level > 0]
        before, steps = self.evaluations([here])[0], list[Step]()
        while left:
            tried = {o: _with(here, o, best.levels[o]) for o in left}
            gain = {o: (search.measure(before.loss) - search.guess(levels, best.budget))
                    / max(search.master.costs[o][best.levels[o]], 1.0) for o, levels in tried.items()}  # fmt: skip
            o = max(left, key=lambda o: (gain[o], -o))
            here = tried[o]
            left.remove(o)
            after = self.evaluations([here])[0]
            avoided = before.tonnes - after.tonnes
            worst = np.argsort(-before.loss, kind="stable")[: max(round(TAIL * len(avoided)), 1)]
            steps.append(Step(
                self.site.choose.options[o].id, best.levels[o], search.master.costs[o][best.levels[o]],
                search.measure(before.loss), search.measure(after.loss), float(avoided.mean()),
                float(avoided[worst].mean()), kept[o],
            ))  # fmt: skip
            before = after
        return tuple(steps)


def _alone(options: int, option: int, level: int) -> Levels:
    return tuple(level if o == option else 0 for o in range(options))


def _with(levels: Levels, option: int, level: int) -> Levels:
    return (*levels[:option], level, *levels[option + 1 :])


def _simulated_cost(option: Alternative, alone: Evaluation, nothing: Evaluation) -> float:
    """What the stocks and contracts that an option sets cost beyond nothing."""
    heads = {".".join(path[:2]) if path[0] == "contracts" else f"stockpiles.{path[1]}."
             for path, _ in option.levels[0].settings}  # fmt: skip
    names = [name for name in alone.costs if any(name == head or name.startswith(head) for head in heads)]
    return sum(alone.costs[name] - nothing.costs.get(name, 0.0) for name in names)


def avoided_cost(step: Step) -> float | None:
    """USD for each tonne that a step avoids in the worst draws; None where it avoids none."""
    return step.cost / step.tonnes_worst if step.tonnes_worst > 1e-6 else None


def plan_of(choose: Choose, effort: Effort) -> dict[str, int]:
    """What `--plan` tells: options, levels, and how many portfolios are simulated at least and at most."""
    levels = [len(option.levels) for option in choose.options]
    simulated = sum(len(option.levels) - 1 for option in choose.options if option.costs is None)
    whole = int(np.prod(np.array(levels, dtype=float)))
    return {
        "options": len(levels), "portfolios": whole, "least": min(2 * (len(levels) + 1) + simulated, whole),
        "most": min(effort.most, whole), "draws": effort.draws,
    }  # fmt: skip
