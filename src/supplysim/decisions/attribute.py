"""What each contract and project adds: the deals of a scenario as a game whose value is the world with some of them.

A coalition is the scenario with its events and only those deals; its value is every metric of `METRICS`, draw by draw.
A deal's leave-one-out is the value of all deals less that of all others; its Shapley value is the mean of what it adds
over all orders in which deals could be signed (Shapley, A value for n-person games, 1953), so that the values of all
deals sum to what the deals do together. Deals in independent pieces of the chain do not touch each other's products:
each piece is a game of its own, and only its stages are simulated.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from math import factorial
from typing import Any, NamedTuple

import numpy as np

from supplysim.assembly import Assembly, Inputs, assemble_casts
from supplysim.assembly.chain import Cast, Deal, cast_of, deals_of, independent
from supplysim.batch.progress import Progress
from supplysim.batch.sampling import sample
from supplysim.batch.workers import Where, mapped
from supplysim.engine.market import Array
from supplysim.engine.run import simulate
from supplysim.errors import InputError
from supplysim.results.metrics import UNITS, Key, measure
from supplysim.results.question import question_of
from supplysim.results.summary import NAMES, band
from supplysim.scenario import Scenario
from supplysim.world import World, load

METRICS = ("short_t", "short_usd", "embodied_rival_share", "peak_price_multiple")
"""What is shared out among deals."""
EXACT = 8
"""Deals of a piece up to which every coalition is simulated."""
ORDERS = 24
"""Orders of signing that are sampled beyond that: half of them at random, and each of those backwards."""
KINDS = {"contracts": "contract", "projects": "project"}
POINTS = {"embodied_rival_share": 100.0}
"""Points in one of a metric's unit: shares count in percentage points, everything else in its own unit."""
NOTHING = 1e-6
"""A gain up to which no price of it is told."""
DRAWS_A_TASK = 64
COALITIONS_A_TASK = 8

Value = Mapping[Key, Array]


class Part(NamedTuple):
    """What one deal adds to one metric, `(d,)`; `error` is the standard error of the mean Shapley value over the
    sampled orders, None where it is exact."""

    deal: Deal
    key: Key
    leave_one_out: Array
    shapley: Array
    error: float | None


@dataclass(frozen=True)
class Attribution:
    """What the deals of a scenario do: `total` is all deals less none by metric, `without` the world without them."""

    scenario: Scenario
    draws: int
    total: Mapping[Key, Array]
    without: Mapping[Key, Array]
    parts: tuple[Part, ...]
    simulated: int

    def cost(self, deal: Deal) -> float | None:
        """Capital that the scenario states for a deal, USD; None where it states none."""
        capex = getattr(getattr(self.scenario, deal.kind)[deal.id], "capex", 0.0)
        return float(capex) if capex else None


@dataclass(frozen=True)
class Task:
    """Some coalitions of one piece, over some draws."""

    scenario: Scenario
    first: int
    count: int
    deals: tuple[Deal, ...]
    coalitions: tuple[int, ...]
    engine: str


def attribute(
    scenario: Scenario, *, engine: str = "numpy", jobs: int = 1, progress: Progress | None = None
) -> Attribution:
    """Share out what the scenario's deals do, over the scenario's draws.

    Raises `InputError` where the scenario has no deal that moves a mineral, or asks for what the world does not have.
    """
    games = games_of(load(scenario.world), scenario)
    if not games:
        raise InputError(f"{scenario.name} has no contract or project that moves a mineral")
    orders = {deals: None if len(deals) <= EXACT else _orders(len(deals), scenario.seed) for deals in games}
    tasks = [task for deals in games for task in _tasks(scenario, deals, _needed(len(deals), orders[deals]), engine)]
    values = _computed(tasks, jobs, progress)
    parts: list[Part] = []
    total: dict[Key, Array] = {}
    without: dict[Key, Array] = {}
    for deals in games:
        value, whole = values[deals], (1 << len(deals)) - 1
        total |= {key: value[whole][key] - value[0][key] for key in value[0]}
        without |= dict(value[0])
        parts += _shared_out(deals, value, orders[deals])
    return Attribution(scenario, scenario.draws, total, without, tuple(parts), sum(len(v) for v in values.values()))


def games_of(world: World, scenario: Scenario) -> list[tuple[Deal, ...]]:
    """The deals of each independent piece of the chain that has any, in the scenario's order."""
    empty = Inputs(scenario, sample(scenario, 0, 2), 2)
    assembly = assemble_casts(world, empty, {"": cast_of(scenario, "baseline")})[""]
    always, products = independent(scenario), deals_of(scenario)
    games = []
    for places in assembly.chain.parts():
        inside = {assembly.chain.stages[k].product for k in places}
        deals = tuple(deal for deal, product in products.items() if product in inside and deal not in always)
        games += [deals] if deals else []
    return games


def _orders(deals: int, seed: int) -> tuple[tuple[int, ...], ...]:
    luck = np.random.default_rng([seed, deals])
    half = [tuple(luck.permutation(deals).tolist()) for _ in range(ORDERS // 2)]
    return tuple(order for each in half for order in (each, each[::-1]))


def _needed(deals: int, orders: tuple[tuple[int, ...], ...] | None) -> list[int]:
    """Coalitions to simulate, as bits: all, or those that the orders pass through and those of leave-one-out."""
    whole = (1 << deals) - 1
    if orders is None:
        return list(range(whole + 1))
    passed = {mask for order in orders for mask, _ in _steps(order)}
    return sorted(passed | {0, whole} | {whole ^ (1 << k) for k in range(deals)})


def _steps(order: Sequence[int]) -> Iterator[tuple[int, int]]:
    """The coalition before each deal of an order, and the deal."""
    mask = 0
    for k in order:
        yield mask, k
        mask |= 1 << k


def _tasks(scenario: Scenario, deals: tuple[Deal, ...], coalitions: list[int], engine: str) -> Iterator[Task]:
    for first in range(0, scenario.draws, DRAWS_A_TASK):
        count = min(DRAWS_A_TASK, scenario.draws - first)
        for k in range(0, len(coalitions), COALITIONS_A_TASK):
            yield Task(scenario, first, count, deals, tuple(coalitions[k : k + COALITIONS_A_TASK]), engine)


def _computed(tasks: list[Task], jobs: int, progress: Progress | None) -> dict[tuple[Deal, ...], dict[int, Value]]:
    """The value of each coalition of each piece, its draws put one after the other."""
    found: dict[tuple[Deal, ...], dict[int, dict[Key, list[Array]]]] = {}
    for done, (task, values) in enumerate(zip(tasks, mapped(simulated, tasks, Where(jobs)), strict=True), 1):
        for mask, value in values.items():
            blocks = found.setdefault(task.deals, {}).setdefault(mask, {})
            for key, numbers in value.items():
                blocks.setdefault(key, []).append(numbers)
        if progress:
            progress(done, len(tasks))
    return {
        deals: {
            mask: {key: np.concatenate(parts) for key, parts in value.items()} for mask, value in coalitions.items()
        }
        for deals, coalitions in found.items()
    }


def simulated(task: Task) -> dict[int, Value]:
    """The value of a task's coalitions over its draws; only the stages of the deals' own piece are simulated."""
    world, scenario = load(task.scenario.world), task.scenario
    count = max(task.count, 2)  # NumPy adds up an axis of length one in another order
    drawn = {path: np.resize(values, count) for path, values in sample(scenario, task.first, task.count).items()}
    inputs = Inputs(scenario, drawn, count)
    always, question = independent(scenario), question_of(world, inputs)
    casts = {mask: Cast(True, always | _members(task.deals, mask)) for mask in task.coalitions}
    found: dict[int, Value] = {}
    for mask, assembly in assemble_casts(world, inputs, casts).items():
        piece = _piece(assembly, deals_of(scenario)[task.deals[0]])
        metrics = measure(
            piece, simulate(piece.chain, engine=task.engine, buyers=piece.in_need(question.consumers)), question
        )
        found[mask] = {key: v[: task.count] for key, v in metrics.items() if key.metric in METRICS}
    return found


def _members(deals: tuple[Deal, ...], mask: int) -> frozenset[Deal]:
    return frozenset(deal for k, deal in enumerate(deals) if mask >> k & 1)


def _piece(assembly: Assembly, product: str) -> Assembly:
    """The independent piece of the chain that holds a product, with nothing to be watched."""
    order = list(assembly.nodes)
    places = next(part for part in assembly.chain.parts() if order.index(product) in part)
    nodes = {order[k]: assembly.nodes[order[k]] for k in places}
    return Assembly(assembly.chain.part(places), nodes, {}, {})


def _shared_out(
    deals: tuple[Deal, ...], value: Mapping[int, Value], orders: tuple[tuple[int, ...], ...] | None
) -> Iterator[Part]:
    whole = (1 << len(deals)) - 1
    for k, deal in enumerate(deals):
        for key in value[0]:
            alone = value[whole][key] - value[whole ^ (1 << k)][key]
            if orders is None:
                yield Part(deal, key, alone, _exact(value, key, k, len(deals)), None)
            else:
                yield Part(deal, key, alone, *_sampled(value, key, k, orders))


def _exact(value: Mapping[int, Value], key: Key, k: int, n: int) -> Array:
    """`sum over S without k of |S|! (n - |S| - 1)! / n! (v(S + k) - v(S))`."""
    total = np.zeros_like(value[0][key])
    for mask in range(1 << n):
        if not mask >> k & 1:
            size = mask.bit_count()
            weight = factorial(size) * factorial(n - size - 1) / factorial(n)
            total += weight * (value[mask | 1 << k][key] - value[mask][key])
    return total


def _sampled(value: Mapping[int, Value], key: Key, k: int, orders: tuple[tuple[int, ...], ...]) -> tuple[Array, float]:
    """Mean of what deal `k` adds over orders, `(d,)`, and its standard error from pairs of an order and its reverse."""
    before = [next(mask for mask, each in _steps(order) if each == k) for order in orders]
    added = np.stack([value[mask | 1 << k][key] - value[mask][key] for mask in before])
    pairs = added.reshape(len(orders) // 2, 2, -1).mean(axis=(1, 2))
    return added.mean(axis=0), float(pairs.std(ddof=1) / np.sqrt(len(pairs)))


def ranked(found: Attribution, metric: str) -> list[tuple[Key, list[Part]]]:
    """For each product and consumer that the deals move, its parts by the size of their median Shapley value.

    Products and consumers follow by how much of the metric the deals move, in the larger of its 5 % and 95 % quantile.
    """
    parts = sorted((part for part in found.parts if part.key.metric == metric), key=lambda part: part.key)
    groups = [(key, list(each)) for key, each in groupby(parts, key=lambda part: part.key)]
    size = {key: float(np.abs(np.quantile(found.total[key], (0.05, 0.5, 0.95))).max()) for key, _ in groups}
    moved = [(key, each) for key, each in groups if size[key] > 1e-9]
    return [
        (key, sorted(each, key=lambda part: -float(np.abs(part.shapley).mean())))
        for key, each in sorted(moved, key=lambda pair: -size[pair[0]])
    ]


def document(found: Attribution) -> dict[str, Any]:
    """What `supplysim attribute --json` prints, and what attribution.json of a run's folder holds."""
    return {
        "scenario": found.scenario.name,
        "draws": found.draws,
        "seed": found.scenario.seed,
        "consumers": list(found.scenario.consumers),
        "metrics": list(METRICS),
        "simulated": found.simulated,
        "total": [
            {**_about(key), "unit": UNITS[key.metric], "without": _named(found.without[key]), "effect": _named(values)}
            for key, values in found.total.items()
        ],
        "contracts": [_share(found, part) for part in found.parts],
    }


def _share(found: Attribution, part: Part) -> dict[str, Any]:
    cost, gain = found.cost(part.deal), -float(np.median(part.shapley)) * POINTS.get(part.key.metric, 1.0)
    entity = getattr(found.scenario, part.deal.kind)[part.deal.id]
    return {
        "id": part.deal.id, "kind": KINDS[part.deal.kind], "title": entity.title or part.deal.id, **_about(part.key),
        "leave_one_out": _named(part.leave_one_out), "shapley": _named(part.shapley), "shapley_error": part.error,
        "cost_usd": cost, "usd_per_point": None if cost is None or gain <= NOTHING else cost / gain,
    }  # fmt: skip


def _about(key: Key) -> dict[str, str]:
    return {"metric": key.metric, "product": key.product, "region": key.region}


def _named(values: Array) -> dict[str, float | None]:
    return dict(zip(NAMES, band(values), strict=True))
