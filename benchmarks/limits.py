"""How far a market is from what the machine can do: its operations and bytes against measured peaks."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from benchmarks import worlds
from benchmarks.registry import Case, Task, subject
from supplysim.engine.run import simulate

DRAWS = 256
TOGETHER, MONTHS = 128, 24
"""Draws and months of the whole world, by the compiled month."""


@subject("limits", "operations", "Multiply-adds of markets, of a matrix product; numbers copied, and exponentials.")
def limits(smoke: bool) -> Iterator[Case]:
    size = 64 if smoke else 512
    yield Case(f"matrix product, {size} x {size}", float(size) ** 3, lambda: _product(size))
    length = 1000 if smoke else 8_000_000
    yield Case("memory, numbers copied", float(length), lambda: _copy(length), "")
    yield Case("exponentials by NumPy", float(length), lambda: _exponentials(length), "")
    draws, months = (4, 2) if smoke else (TOGETHER, MONTHS)
    work = 1.0 if worlds.NOT_COMPILED else world_operations(draws, months)

    def whole() -> Task:
        world = worlds.assembled("baseline", months, draws)
        return lambda: worlds.run(world, "compiled")

    yield Case("whole world, calm, compiled", work, whole, f"matrix product, {size} x {size}", worlds.NOT_COMPILED)
    draws = 4 if smoke else DRAWS
    for suppliers, buyers in ((15, 15), (28, 23)):
        work = kernel_operations(draws, suppliers, buyers)

        def prepare(suppliers: int = suppliers, buyers: int = buyers) -> Task:
            market = worlds.market(draws, suppliers, buyers)
            worlds.clear(market)
            return lambda: worlds.clear(market)

        yield Case(f"market {suppliers} x {buyers}", work, prepare, f"matrix product, {size} x {size}")


def kernel_operations(draws: int, suppliers: int, buyers: int) -> float:
    """Multiply-adds of Newton's method on one market, all draws."""
    market = worlds.market(draws, suppliers, buyers)
    return draws * operations(market.q[0] > 0, worlds.clear(market)["iterations"])


def world_operations(draws: int, months: int) -> float:
    """The same of a calm run of the whole world by the compiled month: what its markets need, and nothing of the rest
    of a month."""
    world = worlds.assembled("baseline", months, draws)
    histories = simulate(world.chain, world.watch, "compiled")
    each = [operations(s.q > 0, h.iterations) for s, h in zip(world.chain.stages, histories, strict=True)]
    return draws * months * sum(each)


def operations(is_open: NDArray[np.bool_], steps: float) -> float:
    """Multiply-adds that Newton's method needs on a market's open links `(s, b)`: 8 a link and look, the Schur products
    of links that share the node that goes, a third of the kept side cubed over two, 20 for each of 6 exponentials a
    node."""
    suppliers, buyers = is_open.shape
    kept = min(suppliers, buyers)
    shared = is_open.sum(axis=1 if buyers <= suppliers else 0)
    products = float((shared * (shared + 1) / 2).sum())
    look = 8.0 * is_open.sum() + 60.0 * (suppliers + buyers)
    return float((steps + 1) * look + steps * (products + kept**3 / 6 + 2.0 * is_open.sum()))


def _product(size: int) -> Task:
    matrix = np.random.default_rng(0).random((size, size))
    return lambda: matrix @ matrix


def _exponentials(length: int) -> Task:
    source = np.random.default_rng(0).random(length)
    target = np.zeros(length)
    return lambda: np.exp(source, out=target)


def _copy(length: int) -> Task:
    source, target = np.zeros(length), np.zeros(length)
    return lambda: np.copyto(target, source)
