"""Random markets, mild and wild, in batches of one shape: has each a solution, and do its conditions hold?

Mild markets have the parameters of the shipped priors and one or two measures; wild ones have sigma 0.1 to 30,
elasticities 0.01 to 2, capacities down to 1e-3 of the flows, bans down to 1e-4, floors, ceilings, price caps, stocks,
and up to four caps that overlap, some of which say nearly the same as another or as a capacity.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from time import process_time

import numpy as np
from tests.stress import newton, quasi_newton

from supplysim.engine.dual import PRICE_BOUND
from supplysim.engine.floors import scale_floors
from supplysim.engine.market import Array, Cleared, Market, StockDemand
from supplysim.engine.solver import MAX_ITERATIONS, Solver
from supplysim.errors import SolverError

COUNT = 100_000
TOGETHER = 64
"""Markets of one shape that are solved at once."""
COMPARED = 300
"""About so many are solved by others as well."""
OTHERS = {"a second Newton solver": newton.flows, "L-BFGS-B on the dual": quasi_newton.flows}
NEAR = 1e-8 if np.finfo(np.longdouble).nmant > 60 else 1e-6
"""Largest difference of a flow from theirs, of the market's total; 64 bits of a value do not reach further."""
KINDS = ("mild", "wild")


def batches(count: int, seed: int) -> Iterator[tuple[str, Market]]:
    """`count` markets, mild and wild in turn, in batches of at most `TOGETHER`."""
    for k, first in enumerate(range(0, count, TOGETHER)):
        kind = KINDS[k % 2]
        yield kind, batch(np.random.default_rng([seed, k]), min(TOGETHER, count - first), kind)


def batch(random: np.random.Generator, n: int, kind: str) -> Market:
    """`n` markets of one shape."""
    wild = kind == "wild"
    s, b = random.integers(1, 9, 2)
    q = random.lognormal(0, 2 if wild else 1, (n, s, b)) * (random.random((s, b)) < random.uniform(0.3, 1))
    q[:, np.arange(s), np.arange(s) % b] += 0.1
    q[:, np.arange(b) % s, np.arange(b)] += 0.1
    made, used = q.sum(axis=2), q.sum(axis=1)
    least = (1e-3, 1e-4) if wild else (0.3, 1e-2)
    K = made * _some(random, (n, s), 0.5 if wild else 0.3, least[0], 1.5, np.inf)
    elastic = (0.01, 2.0) if wild else (0.03, 0.5)
    sigma = _between(random, (n,), *((0.1, 30.0) if wild else (1.0, 8.0)))
    caps = random.integers(0, 5) if wild else random.integers(0, 3)
    groups, limits = _caps(random, q, K, int(caps), near=wild)
    H = None
    if random.random() < 0.5:
        share = _some(random, (n, s, b), 0.3 if wild else 0.15, least[1], 1.2, np.inf)
        H = np.where(np.isinf(share), np.inf, np.minimum(share, 2.0) * q)
    L = None
    if random.random() < 0.4:
        L = q * _some(random, (n, s, b), 0.2, 0.1, 3.0, 0.0)
        L = scale_floors(L if H is None else np.minimum(L, H), np.minimum(K, made), used, groups, limits)
    cap = _between(random, (n, b), *((1.5, 1e4) if wild else (5.0, 100.0)))
    return Market(
        q, sigma, made, K, _between(random, (n, s), *elastic), used, _between(random, (n, b), *elastic), np.log(cap),
        T=random.normal(0, 0.5 if wild else 0.1, (n, s, b)) if random.random() < 0.5 else None, L=L, H=H,
        F=None if random.random() < 0.7 else used * random.uniform(-0.4, 0.3, (n, b)),
        stock=_stock(random, used) if random.random() < 0.4 else None,
        groups=groups, limits=limits, curvature=float(random.choice([0.0, 0.0, 0.5, 1.0])),
    )  # fmt: skip


def _between(random: np.random.Generator, shape: tuple[int, ...], low: float, high: float) -> Array:
    """Even in logs."""
    return np.exp(random.uniform(np.log(low), np.log(high), shape))


def _some(
    random: np.random.Generator, shape: tuple[int, ...], share: float, low: float, high: float, rest: float
) -> Array:
    return np.where(random.random(shape) < share, _between(random, shape, low, high), rest)


def _caps(
    random: np.random.Generator, q: Array, K: Array, count: int, near: bool
) -> tuple[np.ndarray | None, Array | None]:
    """Caps on a supplier's exports, a buyer's imports or any links; some repeat the one before, or a capacity."""
    if not count:
        return None, None
    n, s, b = q.shape
    groups: list[np.ndarray] = []
    limits: list[Array] = []
    for _ in range(count):
        if groups and near and random.random() < 0.4:
            groups.append(groups[-1] | (random.random((s, b)) < random.choice([0.0, 0.1])))
            limits.append(limits[-1] * (1 + random.choice([0.0, 1e-9, 3e-6, 1e-3])))
            continue
        i, j, way = random.integers(s), random.integers(b), random.integers(3)
        mask = random.random((s, b)) < 0.5
        mask = (np.arange(s) == i)[:, None] & np.ones(b, bool) if way == 0 else mask
        mask = (np.arange(b) == j)[None, :] & np.ones((s, 1), bool) if way == 1 else mask
        limit = (q * mask).sum(axis=(1, 2)) * _between(random, (n,), 0.05 if near else 0.3, 1.2) + 1e-3
        if way == 0 and random.random() < 0.5:
            limit = np.where(np.isfinite(K[:, i]), K[:, i] * random.uniform(0.9, 1.1, n), limit)
        groups.append(mask)
        limits.append(limit)
    return np.stack(groups), np.stack(limits, axis=1)


def _stock(random: np.random.Generator, used: Array) -> StockDemand:
    cover, held = random.uniform(0.5, 6, used.shape), random.uniform(0, 1.2, used.shape)
    target = cover * used
    answering = np.minimum(1.0, 2.0 / cover)
    return StockDemand(
        target, target * random.uniform(0.3, 1.2, used.shape), target * held,
        random.normal(0, 0.3, used.shape), used, 2.0, 3.0, 2.0, answering, random.integers(0, 4, used.shape) * 1.0,
    )  # fmt: skip


def start(m: Market) -> tuple[Array, Array, Array]:
    """The base year's prices."""
    n, s, b = m.q.shape
    return np.zeros((n, s)), np.zeros((n, b)), np.zeros((n, 0 if m.groups is None else len(m.groups)))


def residual(m: Market, found: Cleared) -> Array:
    """By how much a solution misses its conditions, of the market's total `(d,)`; written out anew from the model.

    A seller at the least of prices may make more than it sells; that is the only way out of a condition.
    """
    n = len(m.q)
    U, V, W = found.U[:, :, None], found.V[:, None, :], np.zeros((n, 1, 1))
    if m.groups is not None:
        W = np.einsum("dg,gsb->dsb", found.W, m.groups)
    e = m.sigma[:, None, None] * (V - U - (0.0 if m.T is None else m.T) - W)
    with np.errstate(over="ignore", invalid="ignore"):
        x = np.where((m.q > 0) & (m.K > 0)[:, :, None], m.q * np.exp(e), 0.0)
        supply = np.minimum(m.K, m.S0 * np.exp(m.eps * found.U))
    x = np.minimum(x if m.L is None else np.maximum(x, m.L), np.inf if m.H is None else m.H)
    slope, miss = m.curvature, [np.abs(x - found.x).max(axis=(1, 2))]
    h = np.where(found.V > 0, (1 - slope) * found.V + slope * np.expm1(found.V), found.V)
    used = m.D0 * np.exp(-m.eta * h)
    extra = 0.0 if m.stock is None else m.stock.at(found.V, used - m.D0, 0.0 * used)[0]
    asked = used - m.D0 * np.exp(np.minimum(m.kappa * (found.V - m.vcap), 300))
    asked = asked + (0.0 if m.F is None else m.F) + extra
    over = supply - x.sum(axis=2)
    miss.append(np.abs(np.where(found.U <= -PRICE_BOUND, np.minimum(over, 0.0), over)).max(axis=1))
    miss.append(np.abs(x.sum(axis=1) - asked).max(axis=1))
    if m.groups is not None and m.limits is not None:
        room = m.limits - np.einsum("dsb,gsb->dg", x, m.groups)
        miss.append(np.abs(np.where(found.W > 0, room, np.minimum(room, 0.0))).max(axis=1))
    return np.asarray(np.max(miss, axis=0) / m.D0.sum(axis=1))


@dataclass
class Told:
    """What came of the markets of a kind."""

    markets: int = 0
    unsolved: int = 0
    steps: int = 0
    most: int = 0
    projected: int = 0
    residual: float = 0.0
    apart: dict[str, list[float]] = field(default_factory=lambda: {name: [] for name in OTHERS})
    """Largest difference of a flow from each other solver's, of the total, one number a market compared."""

    def line(self, kind: str) -> str:
        others = "; ".join(
            f"{sum(a <= NEAR for a in apart)} of {len(apart)} within {NEAR:.0e} of {name} (at most {max(apart):.1e})"
            for name, apart in self.apart.items()
            if apart
        )
        return (
            f"{kind}: {self.markets:,} markets, {self.unsolved} without a solution, {self.projected:,} by more than "
            f"plain steps; {self.steps / max(self.markets, 1):.1f} steps on average, {self.most:,} at most; worst "
            f"residual {self.residual:.1e} of the total; {others}"
        )

    @property
    def well(self) -> bool:
        """Whether each market has a solution, and each compared the same one."""
        same = all(a <= NEAR for apart in self.apart.values() for a in apart)
        return self.unsolved == 0 and self.residual < 1e-9 and same


def tell(told: Told, market: Market, compare: int) -> None:
    """Solve a batch; its first `compare` markets by the other solvers, too."""
    told.markets += len(market.q)
    try:
        found = Solver(market).solve(*start(market))
    except SolverError:
        told.unsolved += sum(not _solved(market.take(np.array([d]))) for d in range(len(market.q)))
        return
    told.steps += int(found.iterations.sum())
    told.most = max(told.most, int(found.iterations.max()))
    told.projected += int((found.iterations > MAX_ITERATIONS).sum())
    told.residual = max(told.residual, float(residual(market, found).max()))
    for draw in range(compare):
        for name, flows in OTHERS.items():
            flow, _ = flows(market, draw)
            told.apart[name].append(float(np.abs(flow - found.x[draw]).max() / market.D0[draw].sum()))


def _solved(market: Market) -> bool:
    try:
        Solver(market).solve(*start(market))
    except SolverError:
        return False
    return True


def run(count: int, seed: int) -> bool:
    """Solve `count` markets, compare some 300 of them, and print what came of it."""
    begun, all_told = process_time(), {kind: Told() for kind in KINDS}
    every = max(1, count // TOGETHER // COMPARED)
    for k, (kind, market) in enumerate(batches(count, seed)):
        tell(all_told[kind], market, compare=int(k // 2 % every == 0))
    print("\n".join(told.line(kind) for kind, told in all_told.items()))
    print(f"{process_time() - begun:.0f} s of CPU")
    return all(told.well for told in all_told.values())
