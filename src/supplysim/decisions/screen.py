"""The screen: every single loss by what it costs, then the pairs that cost more or less than their sum.

As power systems are screened: a cheap index first, simulation of all single losses, more draws for the worst, and pairs
only where two losses can meet. Losses are given the event; where the scenario states a likelihood, the expected loss
stands beside it. No likelihood is ever assumed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import NamedTuple

import numpy as np

from supplysim.batch.progress import Progress
from supplysim.decisions.bench import Account, Bench, Place, Told
from supplysim.decisions.closed_form import closed_form
from supplysim.decisions.contingency import Contingency, calm, contingencies, stated
from supplysim.decisions.pool import Compute, sharing
from supplysim.engine.market import Array
from supplysim.errors import InputError
from supplysim.results.metrics import Key
from supplysim.results.summary import Band, band
from supplysim.scenario import Scenario, altered
from supplysim.world import World, load

PAIRED = 40
"""Losses among which pairs are looked for."""
COUNTED = 1e-9
"""A loss below this share of the largest is nothing."""


class Cover(NamedTuple):
    """How what a consumer no longer got from those who failed it was covered, shares of it."""

    stock: float
    others: float
    without: float


@dataclass(frozen=True)
class Effort:
    """How much is simulated: `draws` and `months` of every contingency, `worst_draws` of the `worst` ones, and at most
    so many `pairs`."""

    draws: int = 32
    months: int = 36
    worst: int = 30
    worst_draws: int = 256
    pairs: int = 60


@dataclass(frozen=True)
class Row:
    """One contingency: `loss` in USD over all consumers by draw, more than without it, and how the consumer fares
    that loses most. Bands are 5 %, 50 % and 95 % quantiles; survive and recover None where the moment never comes.
    """

    contingency: Contingency
    loss: Array
    product: str
    consumer: str
    short_share: Band
    peak_price: Band
    time_to_survive: Band
    time_to_recover: Band
    cover: Cover | None
    by_place: Mapping[Place, float]
    closed_form: float
    likelihood: float | None

    @property
    def mean_loss(self) -> float:
        return float(self.loss.mean())

    @property
    def expected_loss(self) -> float | None:
        """USD a year, where the scenario states a likelihood."""
        return None if self.likelihood is None else self.likelihood * self.mean_loss


@dataclass(frozen=True)
class Pair:
    """Two contingencies at once: mean losses in USD, and what both cost beyond the sum, with its 90 % interval."""

    a: Contingency
    b: Contingency
    loss_a: float
    loss_b: float
    loss_ab: float
    interaction: float
    low: float
    high: float


@dataclass(frozen=True)
class Screen:
    """All contingencies, the costliest first, and pairs, those that interact most first."""

    scenario: Scenario
    consumers: tuple[str, ...]
    rows: tuple[Row, ...]
    pairs: tuple[Pair, ...]

    def rank_closed_form(self) -> dict[str, int]:
        """Each contingency's place by the closed form, from 1."""
        order = sorted(self.rows, key=lambda row: (-row.closed_form, row.contingency.id))
        return {row.contingency.id: k for k, row in enumerate(order, 1)}


@dataclass(frozen=True)
class Task:
    """What a worker is to simulate: `losses` together, over `draws`."""

    losses: tuple[Contingency, ...]
    draws: int


@dataclass(frozen=True)
class Site:
    """What every worker knows: the scenario, cut to the horizon, and who is asked about."""

    scenario: Scenario
    consumers: tuple[str, ...]
    engine: str


def screened(
    scenario: Scenario, consumers: Sequence[str] = (), *, effort: Effort | None = None, jobs: int = 1,
    engine: str = "numpy", chosen: Sequence[Contingency] | None = None, progress: Progress | None = None,
) -> Screen:  # fmt: skip
    """Screen a scenario for the final users of `consumers` (the scenario's own unless said).

    `chosen` are the contingencies, all there are unless said; `jobs` processes share the work, which changes no byte.
    Raises `InputError` for a consumer that uses nothing in scope, or where nothing can fail.
    """
    world, effort = load(scenario.world), effort or Effort()
    site = Site(_site(scenario, effort.months), tuple(consumers) or scenario.consumers, engine)
    _check_consumers(world, site)
    listed = [*contingencies(world, site.scenario, site.consumers), *stated(scenario)] if chosen is None else [*chosen]
    if not listed:
        raise InputError("nothing in this scenario's scope can fail")
    with sharing(lambda: Worker(site).row, jobs) as compute:
        count = _Count(len(listed) + min(effort.worst, len(listed)) + effort.pairs, progress)
        first = _rows(compute, listed, effort.draws, count)
        worst = _rows(compute, [row.contingency for row in first[: effort.worst]], effort.worst_draws, count)
        done = {row.contingency.id: row for row in worst}
        rows = _ranked(done.get(row.contingency.id, row) for row in first)
        found = _pairs(compute, first, effort, count)
    rows = [replace(row, closed_form=closed_form(world, site.scenario, row.contingency, site.consumers),
                    likelihood=_likelihood(scenario, row.contingency)) for row in rows]  # fmt: skip
    return Screen(scenario, site.consumers, tuple(rows), tuple(found))


def _site(scenario: Scenario, months: int) -> Scenario:
    """The scenario in calm weather, over the months of the screen."""
    quiet = altered(scenario, calm(scenario)) if calm(scenario) else scenario
    return replace(quiet, months=min(scenario.months, months))


def _check_consumers(world: World, site: Site) -> None:
    scope = [p for p in world.base if not site.scenario.scope or p.partition(".")[0] in site.scenario.scope]
    for region in site.consumers:
        if region not in world.regions:
            raise InputError(f"--for: no such region '{region}'")
        if not any(b.region == region and b.user not in world.base for p in scope for b in world.base[p].buyers):
            raise InputError(f"--for: {region} is no final user of anything in scope")


def _likelihood(scenario: Scenario, contingency: Contingency) -> float | None:
    event = scenario.events.get(contingency.event)
    value = getattr(event, "likelihood", None)
    return None if value is None else float(value)


class _Count:
    """Work done, told to whoever wants to know."""

    def __init__(self, total: int, progress: Progress | None) -> None:
        self.done, self.total, self.progress = 0, total, progress

    def step(self) -> None:
        self.done += 1
        if self.progress:
            self.progress(min(self.done, self.total), self.total)


def _rows(compute: Compute, listed: Sequence[Contingency], draws: int, count: _Count) -> list[Row]:
    found = []
    for row in compute([Task((each,), draws) for each in listed]):
        found.append(row)
        count.step()
    return _ranked(found)


def _ranked(rows: Iterable[Row]) -> list[Row]:
    return sorted(rows, key=lambda row: (-row.mean_loss, row.contingency.id))


def _pairs(compute: Compute, rows: Sequence[Row], effort: Effort, count: _Count) -> list[Pair]:
    """Pairs among the worst losses, each family at its worst, that share a market or a buyer."""
    families = {row.contingency.family: row for row in reversed(rows) if row.mean_loss > 0}
    worst = _ranked(families.values())[:PAIRED]
    meeting = [(a, b) for a, b in combinations(worst, 2) if _meet(a, b)]
    meeting.sort(key=lambda pair: -(pair[0].mean_loss + pair[1].mean_loss))
    asked = meeting[: effort.pairs]
    together = compute([Task((a.contingency, b.contingency), effort.draws) for a, b in asked])
    found = []
    for (a, b), both in zip(asked, together, strict=True):
        beyond = both.loss - a.loss - b.loss
        low, high = (float(x) for x in np.quantile(beyond, (0.05, 0.95)))
        pair = (a.mean_loss, b.mean_loss, both.mean_loss, float(beyond.mean()), low, high)
        found.append(Pair(a.contingency, b.contingency, *pair))
        count.step()
    return sorted(found, key=lambda pair: (-abs(pair.interaction), pair.a.id, pair.b.id))


def _meet(a: Row, b: Row) -> bool:
    """Whether two losses hit a market or a buyer in common; two losses of one country are no pair."""
    if a.contingency.region and a.contingency.region == b.contingency.region:
        return False
    places = [{place for place, loss in row.by_place.items() if loss > COUNTED * row.mean_loss} for row in (a, b)]
    buyers = [{region for _, region in found} for found in places]
    return bool(places[0] & places[1] or buyers[0] & buyers[1])


class Worker:
    """Simulates contingencies of one site; keeps the calm world of each group of minerals."""

    def __init__(self, site: Site) -> None:
        self.site, self.world = site, load(site.scenario.world)
        self.benches: dict[tuple[int, int], Bench] = {}
        self.calm: dict[tuple[int, int, tuple[str, ...]], Told] = {}

    def row(self, task: Task) -> Row:
        """What the losses of a task do together, against the calm world in the same draws."""
        window = max([each.lasts for each in task.losses] + [12])
        bench = self._bench(task.draws, window)
        scope = self._scope(task.losses)
        name = (task.draws, window, scope)
        if name not in self.calm:
            self.calm[name] = bench.told(bench.variant((), scope))
        settings = [setting for each in task.losses for setting in each.settings]
        told = bench.told(bench.variant(settings, scope))
        bench.known.clear()
        return _compared(task.losses[0], self.calm[name], told, task.draws)

    def _bench(self, draws: int, window: int) -> Bench:
        key = (draws, window)
        if key not in self.benches:
            site = self.site
            self.benches[key] = Bench(
                self.world, site.scenario, draws, site.consumers, window=window, engine=site.engine
            )
        return self.benches[key]

    def _scope(self, losses: Sequence[Contingency]) -> tuple[str, ...]:
        """The minerals whose chains the losses touch; all in scope where a loss names no product."""
        everything = tuple(dict.fromkeys(product.partition(".")[0] for product in self.world.base))
        asked = self.site.scenario.scope or everything
        if not all(each.products for each in losses):
            return asked
        linked = self.world.catalog.linked
        hit = {product.partition(".")[0] for each in losses for product in each.products}
        minerals = hit | {mate for mineral in hit for mate in linked.get(mineral, ())}
        return tuple(mineral for mineral in asked if mineral in minerals)


def _compared(contingency: Contingency, before: Told, after: Told, draws: int) -> Row:
    more = {place: account.loss - before.accounts[place].loss for place, account in after.accounts.items()}
    loss = np.sum([np.zeros(draws), *more.values()], axis=0)
    by_place = {place: float(values.mean()) for place, values in more.items()}
    product, consumer = max(by_place, key=lambda place: (by_place[place], place)) if by_place else ("", "")

    def of(metric: str) -> Band:
        values = after.metrics.get(Key(metric, product, consumer))
        return (None, None, None) if values is None else band(values)

    hit = bool(by_place) and by_place[product, consumer] > 0
    return Row(
        contingency, loss, product, consumer, of("short_share"), of("peak_price_multiple"),
        of("time_to_survive_months"), of("time_to_recover_months"),
        _cover(before.accounts[product, consumer], after.accounts[product, consumer]) if hit else None,
        by_place, 0.0, None,
    )  # fmt: skip


def _cover(before: Account, after: Account) -> Cover | None:
    """Of the purchases that fell away in the window: what stocks, other suppliers and doing without made up for."""
    change = {region: after.bought[region] - before.bought[region] for region in before.bought}
    lost = float(np.mean(sum((np.maximum(-values, 0.0) for values in change.values()), np.zeros(1))))
    others = float(np.mean(sum((np.maximum(values, 0.0) for values in change.values()), np.zeros(1))))
    without = float(np.mean(np.maximum(before.used - after.used, 0.0)))
    if lost <= 0:
        return None
    others, without = min(others / lost, 1.0), min(without / lost, 1.0)
    return Cover(max(1.0 - others - without, 0.0), others, without)
