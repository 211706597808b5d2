"""What the subjects run on: single markets at random, and the shipped world through the assembly."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cache

import numpy as np

from supplysim.assembly import Assembly, Inputs, assemble
from supplysim.assembly.chain import Variant
from supplysim.batch.sampling import sample
from supplysim.engine.market import Array, Market, StockDemand
from supplysim.engine.native.library import library
from supplysim.engine.run import simulate
from supplysim.engine.solver import Solver
from supplysim.scenario import Scenario, load
from supplysim.world import World
from supplysim.world import load as load_world

NOT_COMPILED = "" if library() else "this install has no compiled engine"
ENGINES = (("numpy", ""), ("compiled", NOT_COMPILED))


def market(draws: int, suppliers: int, buyers: int, open_share: float = 0.45, seed: int = 0) -> Market:
    """A market with about the share of open links of the shipped world's, under moderate stress, with stocks."""
    random = np.random.default_rng(seed)
    shape = (draws, suppliers, buyers)
    q = random.lognormal(0, 1.5, shape[1:]) * (random.random(shape[1:]) < open_share)
    q[np.arange(suppliers), np.arange(suppliers) % buyers] += 0.1
    q[np.arange(buyers) % suppliers, np.arange(buyers)] += 0.1
    q = np.broadcast_to(q, shape).copy()
    made, used = q.sum(axis=2), q.sum(axis=1)
    stock = StockDemand(2 * used, 2 * used, 2 * used, 0 * used, used, 2.0, 3.0, 2.0)
    capacity = made * random.choice([0.3, 1.1], made.shape, p=[0.15, 0.85])
    return Market(
        q, random.uniform(2, 6, draws), made, capacity, np.full(made.shape, 0.1), used, np.full(used.shape, 0.2),
        np.full(used.shape, np.log(20.0)), stock=stock,
    )  # fmt: skip


def start(m: Market) -> tuple[Array, Array, Array]:
    """The base year's prices."""
    n, s, b = m.q.shape
    return np.zeros((n, s)), np.zeros((n, b)), np.zeros((n, 0))


def clear(m: Market) -> dict[str, float]:
    """Clear a market from the base year's prices."""
    done = Solver(m).solve(*start(m))
    return {"iterations": float(done.iterations.mean())}


@cache
def shipped() -> World:
    """The world as shipped."""
    return load_world(None)


def scenario(name: str, months: int, draws: int, settings: Sequence[str] = ()) -> Scenario:
    """A shipped scenario, shortened; the whole world is simulated whatever its scope."""
    return replace(load(name, settings), months=months, draws=draws, scope=())


def assembled(
    name: str, months: int, draws: int, variant: Variant = "scenario", settings: Sequence[str] = ()
) -> Assembly:
    """A shipped scenario over the whole world as arrays for a block of draws."""
    asked = scenario(name, months, draws, settings)
    return assemble(shipped(), Inputs(asked, sample(asked, 0, draws), draws), variant)


def links(world: Assembly) -> int:
    """Pairs of seller and buyer that trade in the base year; those that never do are not counted."""
    return sum(int((stage.q > 0).sum()) for stage in world.chain.stages)


def nodes(world: Assembly) -> int:
    """Sellers and buyers of all products."""
    return sum(sum(stage.q.shape) for stage in world.chain.stages)


def run(world: Assembly, engine: str) -> dict[str, float]:
    """Simulate all stages; results are kept as they are in a run."""
    histories = simulate(world.chain, world.watch, engine)
    return {"iterations": mean([history.iterations for history in histories])}


def mean(values: Sequence[float]) -> float:
    """Plain mean."""
    return sum(values) / len(values)
