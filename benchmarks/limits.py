"""How far a market is from what the machine can do: its operations and bytes against measured peaks."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from benchmarks import worlds
from benchmarks.registry import Case, Task, subject

DRAWS = 256


@subject("limits", "operations", "Multiply-adds: the market, a matrix product, a copy of memory.")
def limits(smoke: bool) -> Iterator[Case]:
    size = 64 if smoke else 512
    yield Case(f"matrix product, {size} x {size}", float(size) ** 3, lambda: _product(size))
    length = 1000 if smoke else 8_000_000
    yield Case("memory, numbers copied", float(length), lambda: _copy(length), "")
    draws = 4 if smoke else DRAWS
    for suppliers, buyers in ((15, 15), (28, 23)):
        work = kernel_operations(draws, suppliers, buyers)

        def prepare(suppliers: int = suppliers, buyers: int = buyers) -> Task:
            market = worlds.market(draws, suppliers, buyers)
            worlds.clear(market)
            return lambda: worlds.clear(market)

        yield Case(f"market {suppliers} x {buyers}", work, prepare, f"matrix product, {size} x {size}")


def kernel_operations(draws: int, suppliers: int, buyers: int) -> float:
    """Multiply-adds that Newton's method needs on the open links: 8 a link and look, the Schur products of links that
    share the node that goes, a third of the kept side cubed over two, 20 for each of 6 exponentials a node."""
    market = worlds.market(draws, suppliers, buyers)
    steps = worlds.clear(market)["iterations"]
    is_open = market.q[0] > 0
    kept = min(suppliers, buyers)
    shared = is_open.sum(axis=1 if buyers <= suppliers else 0)
    products = float((shared * (shared + 1) / 2).sum())
    look = 8.0 * is_open.sum() + 60.0 * (suppliers + buyers)
    return float(draws * ((steps + 1) * look + steps * (products + kept**3 / 6 + 2.0 * is_open.sum())))


def _product(size: int) -> Task:
    matrix = np.random.default_rng(0).random((size, size))
    return lambda: matrix @ matrix


def _copy(length: int) -> Task:
    source, target = np.zeros(length), np.zeros(length)
    return lambda: np.copyto(target, source)
