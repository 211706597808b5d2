"""Our own subjects: one market, how a run scales, how severity costs, the whole world with its results."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from benchmarks import worlds
from benchmarks.registry import Case, Task, cpu_seconds, subject
from supplysim.batch.block import compute

SIZES = ((6, 31), (15, 15), (28, 23), (30, 20), (60, 40))
"""Suppliers and buyers: the shipped world's flattest market, an average, its largest, the peers', a large one."""
SEVERITIES = ("baseline", "kazakhstan-uranium-outage", "china-ree-halt", "combined-stress", "two-bloc-world")
"""Shipped scenarios from calm to many bans, quotas and outages at once."""


@subject("kernel", "markets", "One market cleared from the base year's prices, 256 draws at once.")
def kernel(smoke: bool) -> Iterator[Case]:
    draws = 4 if smoke else 256
    for suppliers, buyers in SIZES[:1] if smoke else SIZES:

        def prepare(suppliers: int = suppliers, buyers: int = buyers) -> Task:
            market = worlds.market(draws, suppliers, buyers)
            worlds.clear(market)
            return lambda: worlds.clear(market)

        yield Case(f"{suppliers} x {buyers}", draws, prepare)


@subject("scaling", "links x months x draws", "The whole world without events; links that trade in the base year.")
def scaling(smoke: bool) -> Iterator[Case]:
    sizes = [(2, 2)] if smoke else [(1, 120), (64, 24), (128, 24), (256, 24), (128, 12), (128, 48)]
    for draws, months in sizes:
        for engine, skip in worlds.ENGINES:
            label = f"{draws} draws, {months} months, {engine}"
            compare = f"{draws} draws, {months} months, numpy" if engine == "compiled" else ""
            world = worlds.assembled("baseline", months, draws, "baseline")
            work = worlds.links(world) * months * draws
            yield Case(label, work, _simulation("baseline", months, draws, engine), compare, skip)


@subject("severity", "links x months x draws", "The whole world, 64 draws, 60 months, calm to many measures.")
def severity(smoke: bool) -> Iterator[Case]:
    draws, months = (2, 2) if smoke else (64, 60)
    for name in SEVERITIES[1:2] if smoke else SEVERITIES:
        work = worlds.links(worlds.assembled(name, months, draws)) * months * draws
        for engine, skip in worlds.ENGINES:
            compare = f"{name}, numpy" if engine == "compiled" else ""
            yield Case(f"{name}, {engine}", work, _simulation(name, months, draws, engine), compare, skip)


@subject(
    "whole",
    "draws",
    "128 draws, 120 months, all minerals, from inputs to metrics of every variant.",
)
def whole(smoke: bool) -> Iterator[Case]:
    draws, months = (2, 2) if smoke else (128, 120)
    for name in ("baseline",) if smoke else ("baseline", "china-ree-halt-with-c5"):
        for engine, skip in worlds.ENGINES:
            asked = worlds.scenario(name, months, draws)

            def prepare(asked=asked, engine: str = engine) -> Task:  # type: ignore[no-untyped-def]
                compute(worlds.shipped(), asked, 0, 2, traced=False, engine=engine)
                return lambda: compute(worlds.shipped(), asked, 0, draws, traced=False, engine=engine) and None

            yield Case(f"{name}, {engine}", draws, prepare, f"{name}, numpy" if engine == "compiled" else "", skip)


OFF = (
    "model.demand_curvature=0 %", "model.stocks.responding_months=1200 months", "model.stocks.news_cover=0 months",
    "model.new_links.gravity=0 %", "model.break_even=off", "model.stocks.cargo_follows_price=off",
)  # fmt: skip
"""The mechanisms of prices as the model had none of them: docs/validation.md says what each is for."""
ROUNDS = 5


@subject(
    "mechanisms", "links x months x draws", "The mechanisms of prices on and off by turns, whole world, 60 months."
)
def mechanisms(smoke: bool) -> Iterator[Case]:
    """The facts are CPU seconds with all of them and with none, the least of five each, and one over the other."""
    draws, months = (2, 2) if smoke else (64, 60)
    for name in SEVERITIES[1:2] if smoke else (*SEVERITIES, "in-force"):
        work = 2 * ROUNDS * worlds.links(worlds.assembled(name, months, draws)) * months * draws
        for engine, skip in worlds.ENGINES:

            def prepare(name: str = name, engine: str = engine) -> Task:
                on = worlds.assembled(name, months, draws)
                off = worlds.assembled(name, months, draws, settings=OFF)
                worlds.run(worlds.assembled(name, 2, 2), engine)
                return lambda: _by_turns(lambda: worlds.run(on, engine), lambda: worlds.run(off, engine))

            yield Case(f"{name}, {engine}", work, prepare, "", skip)


def _by_turns(on: Task, off: Task) -> dict[str, float]:
    took = [(cpu_seconds(on, 1, 0.0)[0], cpu_seconds(off, 1, 0.0)[0]) for _ in range(ROUNDS)]
    with_all, without = (min(each) for each in zip(*took, strict=True))
    return {"on_s": with_all, "off_s": without, "times": with_all / without}


def _simulation(name: str, months: int, draws: int, engine: str) -> Callable[[], Task]:
    def prepare() -> Task:
        world = worlds.assembled(name, months, draws)
        worlds.run(worlds.assembled(name, 2, 2), engine)
        return lambda: worlds.run(world, engine)

    return prepare
