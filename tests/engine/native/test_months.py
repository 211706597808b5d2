"""The compiled month against NumPy's, which is the reference; and that a draw knows nothing of its neighbours."""

from __future__ import annotations

import ctypes
from dataclasses import dataclass, fields, is_dataclass, replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from supplysim.assembly import Inputs, assemble
from supplysim.batch.sampling import sample
from supplysim.engine.history import MONTHLY
from supplysim.engine.native import library, months
from supplysim.engine.native.build import name_of
from supplysim.engine.native.levers import KNOWN
from supplysim.engine.policy import Levers, Outage
from supplysim.engine.run import simulate
from supplysim.engine.solver import Solver
from supplysim.engine.stage import Chain
from supplysim.errors import SolverError
from supplysim.scenario import Scenario, load
from supplysim.scenario.files import shipped
from supplysim.world import load as load_world

from ..markets import chain_of, small_stage
from ..markets import months as during
from .chains import DRAWS, EFFECTS, Dice, assert_same, chain, same_bytes

NAMES = st.lists(st.sampled_from(sorted(EFFECTS)), max_size=6, unique=True)


@settings(max_examples=15)
@given(st.integers(0, 2**32 - 1), NAMES, NAMES)
def test_random_chains_with_every_mechanism_are_the_same_by_both_engines(seed, ore, metal):
    built = chain(seed, ore, metal)
    watch = {0: [(0, 0), (1, 1)], 2: [(0, 3)]}
    assert_same(built, simulate(built, watch, "compiled"), simulate(built, watch))


SORTED = sorted(EFFECTS)
SHUFFLED = [
    "news", "terms", "release", "outage", "tonnes", "diversify", "freight", "offtake", "quota", "demand", "tariff",
    "price cap", "mine", "ban", "option", "equity", "corridors", "delay", "purchase",
]  # fmt: skip


@pytest.mark.parametrize(("seed", "effects"), [(1, SORTED), (2, SORTED), (171, SHUFFLED)])
def test_all_mechanisms_at_once_are_the_same_by_both_engines(seed, effects):
    """An owner's share, among others, is of what was there when it was asked for, whatever later effects open; and a
    supplier that was woken for a contract stands at the base price, whatever rounding says (the last chain)."""
    built = chain(seed, effects, effects)
    assert_same(built, simulate(built, {}, "compiled"), simulate(built))


@pytest.mark.parametrize("engine", ["numpy", "compiled"])
def test_months_of_some_buyers_are_those_of_all(engine):
    """What is kept decides nothing: the buyers asked for have the same bytes, and flows and years are whole."""
    built = chain(7, ["ban", "quota"], ["tariff"])
    whole = simulate(built, {}, engine)
    some = simulate(built, {}, engine, buyers={0: np.array([1]), 1: np.array([], dtype=int), 2: np.array([0, 2])})
    for part, all_of, kept in zip(some, whole, ([1], [], [0, 2]), strict=True):
        assert part.buyers.tolist() == kept
        for name in (*MONTHLY, "delivered"):
            assert np.array_equal(part.of(name, part.buyers), all_of.of(name, part.buyers)), name
        assert np.array_equal(part.flow, all_of.flow)
        assert np.array_equal(part.carried, all_of.carried)
        held = all_of.monthly["stock"] + all_of.monthly["reserve"]
        assert np.array_equal(part.carried[-1], held[-1])
        assert np.array_equal(part.carried[0], held[min(11, len(held) - 1)])


def test_every_instrument_that_the_compiled_month_knows_is_among_them():
    made = {type(make(Dice(1), np.ones((3, 2)))) for make in EFFECTS.values()}
    assert made == set(KNOWN)


def assert_engines_agree(scenario: Scenario, draws: int) -> None:
    inputs = Inputs(scenario, sample(scenario, 0, draws), draws)
    whole = assemble(load_world(scenario.world), inputs, "scenario")
    assert not months.unknown(whole.chain)
    ours, theirs = (simulate(whole.chain, whole.watch, engine) for engine in ("compiled", "numpy"))
    assert_same(whole.chain, ours, theirs)


@pytest.mark.parametrize("name", sorted(shipped()))
def test_shipped_scenarios_are_the_same_by_both_engines(name):
    assert_engines_agree(replace(load(name), months=20), draws=2)


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(shipped()))
def test_and_they_are_to_their_end(name):
    """New plants run dry only late: what rounding leaves in a yard must move nothing in any month."""
    assert_engines_agree(load(name), draws=4)


def _draws(whole: Chain, rows: list[int]) -> Chain:
    """The chain of some of its draws alone."""

    def taken(values: object) -> object:
        if isinstance(values, tuple):
            return type(values)(*map(taken, values)) if hasattr(values, "_fields") else tuple(map(taken, values))
        if is_dataclass(values):
            return replace(values, **{each.name: taken(getattr(values, each.name)) for each in fields(values)})
        by_draw = isinstance(values, np.ndarray) and values.ndim and len(values) == DRAWS
        return values[rows] if by_draw else values  # type: ignore[index]

    stages = tuple(replace(stage, effects=taken(stage.effects), sigma=stage.sigma[rows], eta=stage.eta[rows])
                   for stage in whole.stages)  # fmt: skip
    habit = {name: getattr(whole.rules, name)[rows] for name in ("learning", "reversion")}
    return Chain(stages, replace(whole.rules, **habit), len(rows), whole.months, whole.counted_from)


def test_a_draw_has_the_same_bytes_alone_and_in_any_company():
    """Alone, beside three others, in another order, and beside copies of itself; under all kinds of effects at once."""
    whole = chain(11, sorted(EFFECTS), sorted(EFFECTS))
    together = simulate(whole, {2: [(0, 0)]}, "compiled")
    for rows in ([3], [4, 0], [2, 2, 2, 2, 1], [4, 3, 2, 1, 0]):
        apart = simulate(_draws(whole, rows), {2: [(0, 0)]}, "compiled")
        for place, row in enumerate(rows):
            assert same_bytes(apart, together, slice(place, place + 1), slice(row, row + 1)), (rows, row)


def test_every_build_for_this_processor_computes_the_same_bytes(monkeypatch):
    """Wide vectors or narrow, four lanes or eight: no processor has results of its own."""
    whole = chain(5, ["quota", "ban", "offtake"], ["tariff", "corridors"])
    found = []
    for name in library.LEVELS[: library.best() + 1]:
        path = library.HERE / name_of(name)
        if path.is_file():
            build = library.check(ctypes.CDLL(str(path)))
            monkeypatch.setattr(months, "loaded", lambda few, build=build: build)  # noqa: ARG005
            found.append(simulate(whole, {}, "compiled"))
    assert all(same_bytes(found[0], other, slice(None), slice(None)) for other in found)


def test_few_draws_are_not_given_lanes_that_they_cannot_fill():
    found = [library.LEVELS.index(library.level(few=few)) for few in (True, False)]
    assert found[0] == min(found[1], library.LEVELS.index("avx2"))


def test_a_market_that_does_not_clear_is_handed_to_numpy_alone(monkeypatch):
    """Where sigma times a log price passes 300 its factors leave the range of numbers; the draws beside it stay."""
    lost = Outage(np.array([0]), during(2, 4, severity=1.0 - 1e-9))
    stage = small_stage([[100.0]], [lost], cap=np.exp(100.0), eta=0.25, eps=0.05)
    stage = replace(stage, sigma=np.array([6.0, 2.0, 1.0]))
    asked = []
    solve = Solver.solve
    monkeypatch.setattr(Solver, "solve", lambda self, *at: asked.append(self.draws.tolist()) or solve(self, *at))
    built = chain_of(stage, draws=3, months=6)
    ours = simulate(built, {}, "compiled")
    assert asked
    assert all(draws == [0] for draws in asked)
    monkeypatch.undo()
    np.testing.assert_allclose(ours[0].made, simulate(built)[0].made, rtol=1e-9)


def test_a_market_that_numpy_gives_up_on_stops_the_run_and_is_named(monkeypatch):
    stage = small_stage([[100.0]], [Outage(np.array([0]), during(2, 4, severity=1.0 - 1e-9))], cap=np.exp(100.0),
                        sigma=6.0, eps=0.05)  # fmt: skip

    def give_up(self: Solver, *_: object) -> None:
        raise SolverError(f"draw {self.draws[0]} did not clear")

    monkeypatch.setattr(Solver, "solve", give_up)
    with pytest.raises(SolverError, match=r"month 2: ore\.metal: draw 0 did not clear"):
        simulate(chain_of(stage, months=6), {}, "compiled")


@dataclass(frozen=True)
class Drought:
    """An effect that nobody has taught the compiled month."""

    profile = during(2, 5)

    def apply(self, levers: Levers, level: np.ndarray) -> None:
        levers.K[:, 0] *= 1.0 - 0.5 * level


def test_what_the_compiled_month_does_not_know_is_left_to_numpy_by_part(caplog):
    strange, plain = small_stage([[50.0]], [Drought()]), small_stage([[80.0]], [Outage(np.array([0]), during(1, 3))])
    built = chain_of(strange, plain, months=6)
    assert months.unknown(built.part([0])) == "Drought is not in the compiled month"
    assert not months.unknown(built.part([1]))
    both = simulate(built, {}, "compiled")
    assert [record.getMessage() for record in caplog.records] == [
        "ore.metal: left to NumPy, because Drought is not in the compiled month"
    ]
    assert np.array_equal(both[0].monthly["spot"], simulate(built)[0].monthly["spot"])


def test_a_new_field_must_be_taught_before_it_is_read(monkeypatch):
    """Whoever adds a field to stages, rules or levers decides what the compiled month does with it."""
    monkeypatch.setattr(months, "RULE_FIELDS", months.RULE_FIELDS - {"kappa"})
    assert months.unknown(chain_of(small_stage([[1.0]]))) == "Rules.kappa is not in the compiled month"


def test_all_that_the_month_is_made_of_is_known():
    """Where this fails a term was added to NumPy's month alone: every run is slow until it is in month.cpp, too."""
    assert not months.unknown(chain(0, sorted(EFFECTS), ()))


def test_an_old_library_is_refused():
    class Old:
        @staticmethod
        def layout(sizes: object) -> None:
            sizes[0] = 8  # type: ignore[index]

    with pytest.raises(Exception, match="build it again"):
        library.check(Old())  # type: ignore[arg-type]


def test_without_a_library_the_engine_says_so(monkeypatch):
    monkeypatch.setattr(library, "HERE", Path("nowhere"))
    library.loaded.cache_clear()
    with pytest.raises(Exception, match="no compiled engine"):
        library.loaded()
    library.loaded.cache_clear()
