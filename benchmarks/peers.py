"""Peers in the same run: a linear program by HiGHS, Sinkhorn's iterations by POT, an input-output world by BoARIO."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from importlib.util import find_spec

import numpy as np

from benchmarks import worlds
from benchmarks.registry import Case, Task, subject
from supplysim.engine.market import Array

SUPPLIERS, BUYERS = 30, 20
STEPS = 120
REGIONS, SECTORS = 34, 12
"""BoARIO's world: 408 nodes, as many as the shipped world has sellers and buyers."""


def missing(module: str) -> str:
    """Why a peer is left out; "" where it is not."""
    return "" if find_spec(module) else f"{module} is not installed (extra peers)"


@subject("peers: a market", "markets", "One 30 x 20 market, all links open.")
def market_peers(smoke: bool) -> Iterator[Case]:
    yield Case("HiGHS, linear program", 3 if smoke else 20, lambda: _highs(3 if smoke else 20))
    many = 1 if smoke else 5
    yield Case("POT, Sinkhorn", many, lambda: _sinkhorn(many), "HiGHS, linear program", missing("ot"))
    for draws in (1, 4 if smoke else 256):

        def prepare(draws: int = draws) -> Task:
            market = worlds.market(draws, SUPPLIERS, BUYERS, open_share=1.0)
            worlds.clear(market)
            return lambda: worlds.clear(market)

        yield Case(f"supplysim, {draws} at once", draws, prepare, "HiGHS, linear program")


@subject(
    "peers: a world",
    "runs of 120 steps",
    "A world of about 410 nodes, 120 steps.",
)
def world_peers(smoke: bool) -> Iterator[Case]:
    steps, draws = (2, 2) if smoke else (STEPS, 64)
    reason = missing("boario") or ("left out of the smoke run" if smoke else "")
    yield Case("BoARIO", 1, lambda: _boario(steps), skip=reason)
    for engine, skip in worlds.ENGINES:
        for count in (1, draws):

            def prepare(engine: str = engine, count: int = count) -> Task:
                worlds.run(worlds.assembled("china-ree-halt", 2, 2), engine)
                world = worlds.assembled("china-ree-halt", steps, count)
                return lambda: worlds.run(world, engine)

            yield Case(f"supplysim, {engine}, {count} at once", count, prepare, "BoARIO", skip)


def _instance() -> tuple[Array, Array, Array, Array]:
    m = worlds.market(1, SUPPLIERS, BUYERS, open_share=1.0)
    cost = np.random.default_rng(1).uniform(0, 1, m.q.shape[1:])
    return m.q[0], m.q[0].sum(axis=1), m.q[0].sum(axis=0), cost


def _highs(many: int) -> Task:
    """The cheapest way to serve given demand from given supply, dense."""
    from scipy.optimize import linprog
    from scipy.sparse import eye_array, kron, vstack

    _, made, used, cost = _instance()
    rows = kron(eye_array(SUPPLIERS), np.ones((1, BUYERS)))
    columns = kron(np.ones((1, SUPPLIERS)), eye_array(BUYERS))
    equal, right = vstack([rows, columns]).tocsr(), np.concatenate([made, used])

    def task() -> None:
        for _ in range(many):
            linprog(cost.ravel(), A_eq=equal, b_eq=right, method="highs")  # type: ignore[call-overload]

    return task


def _sinkhorn(many: int) -> Task:
    """Our market without stocks and ceiling, to a like tolerance."""
    from ot.unbalanced import sinkhorn_unbalanced

    q, made, used, cost = _instance()

    def task() -> None:
        for _ in range(many):
            sinkhorn_unbalanced(
                0.7 * made, used, 0.1 * cost, reg=1 / 4.0, reg_m=(1 / 0.1, 1 / 0.2), c=q, reg_type="kl",
                method="sinkhorn", numItermax=100_000, stopThr=1e-10,
            )  # fmt: skip

    return task


def _boario(steps: int) -> Task:
    """An ARIO model of random, balanced sectors with one shock to capital, from a ready table."""
    import pandas as pd
    import pymrio  # type: ignore[import-not-found]
    from boario.event import from_scalar_regions_sectors
    from boario.extended_models import ARIOPsiModel
    from boario.simulation import Simulation

    random = np.random.default_rng(0)
    regions, sectors = [f"r{k}" for k in range(REGIONS)], [f"s{k}" for k in range(SECTORS)]
    index = pd.MultiIndex.from_product([regions, sectors], names=["region", "sector"])
    final = pd.MultiIndex.from_product([regions, ["use"]], names=["region", "category"])
    Z = pd.DataFrame(random.lognormal(0, 1, (len(index), len(index))), index=index, columns=index)
    Y = pd.DataFrame(random.lognormal(3, 1, (len(index), len(final))), index=index, columns=final)
    table = pymrio.IOSystem(Z=Z, Y=Y).calc_all()

    shock = from_scalar_regions_sectors(
        100, event_type="recovery", affected_regions=["r0"], affected_sectors=sectors, event_monetary_factor=10**6,
        impact_regional_distrib="equal", impact_sectoral_distrib="equal", occurrence=2, recovery_tau=60,
    )  # fmt: skip

    def task() -> None:
        with warnings.catch_warnings(action="ignore"):  # it tells its default of capital to value added
            simulation = Simulation(ARIOPsiModel(table), n_temporal_units_to_sim=steps)
        simulation.add_event(shock)
        simulation.loop()
        if simulation.has_crashed:
            raise RuntimeError("BoARIO's run ended early")

    return task
