"""Random chains with every mechanism the month knows, and what it takes for two histories to be the same."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from supplysim.engine import policy
from supplysim.engine.corridor import AMPLE, Corridors, Narrowing
from supplysim.engine.history import History
from supplysim.engine.market import Array
from supplysim.engine.policy import Effect
from supplysim.engine.profile import Profile
from supplysim.engine.stage import Chain, Rules, Stage

from ..markets import chain_of, pile, small_stage

DRAWS, MONTHS = 5, 16


class Dice:
    """Numbers of one random chain; arrays differ by draw."""

    def __init__(self, seed: int) -> None:
        self.random = np.random.default_rng(seed)

    def by_draw(self, low: float, high: float) -> Array:
        return self.random.uniform(low, high, DRAWS)

    def when(self, **how: object) -> Profile:
        start = self.random.integers(0, 8, DRAWS).astype(float)
        shape = str(self.random.choice(["step", "linear", "exponential"]))
        return Profile(
            start, start + self.random.integers(1, 10, DRAWS), self.by_draw(0.2, 1.0),
            ramp=np.full(1, float(self.random.integers(0, 4))), fade=np.full(1, 3.0), shape=shape,
            happens=self.random.random(DRAWS) < 0.8, **how,
        )  # fmt: skip

    def one(self, length: int) -> int:
        return int(self.random.integers(length))

    def links(self, q: Array) -> np.ndarray:
        mask = self.random.random(q.shape) < 0.4
        mask[self.one(len(q)), self.one(q.shape[1])] = True
        return mask

    def nodes(self, length: int) -> np.ndarray:
        return np.flatnonzero(self.random.random(length) < 0.6)

    def shares(self, length: int) -> Array:
        return self.random.dirichlet(np.ones(length))


def _corridors(dice: Dice, q: Array) -> Corridors:
    share = np.stack([np.where(q > 0, each, 0.0) for each in (0.5, 0.3)])
    load = (share * q).sum(axis=(1, 2))
    return Corridors(
        share, share > 0, load, np.array([0.1 * load[0], AMPLE]), np.ones(2), np.ones(2), np.array([1.0, 3.0]),
        (Narrowing(0, dice.when(), dice.by_draw(0.0, 0.5) * load[0]), Narrowing(0, dice.when())),
    )  # fmt: skip


def _link(dice: Dice, q: Array) -> tuple[int, int]:
    return dice.one(len(q)), dice.one(q.shape[1])


EFFECTS: dict[str, Callable[[Dice, Array], Effect]] = {
    "outage": lambda d, q: policy.Outage(d.nodes(len(q)), d.when()),
    "ban": lambda d, q: policy.Ban(d.links(q), d.when()),
    "tariff": lambda d, q: policy.Cost(d.links(q), d.by_draw(-0.2, 0.8), True, d.when()),
    "freight": lambda d, q: policy.Cost(d.links(q), d.by_draw(0.0, 0.4), False, d.when()),
    "quota": lambda d, q: policy.Quota(d.links(q), d.when(), cut=d.by_draw(0.1, 1.0)),
    "tonnes": lambda d, q: policy.Quota(d.links(q), d.when(), limit=d.by_draw(0.2, 1.0) * q.sum() / 2),
    "diversify": lambda d, q: policy.Quota(d.links(q), d.when(), of_demand=d.by_draw(0.2, 0.9)),
    "delay": lambda d, q: policy.Delay(d.links(q), d.by_draw(0.0, 3.0), d.when()),
    "demand": lambda d, q: policy.Demand(d.nodes(q.shape[1]), d.by_draw(-0.3, 0.5), d.when()),
    "mine": lambda d, q: policy.Capacity(
        d.one(len(q)), d.by_draw(1.0, 30.0), d.when(), d.shares(q.shape[1]), d.by_draw(0, 9)
    ),
    "offtake": lambda d, q: policy.Offtake(*_link(d, q), d.by_draw(1.0, 40.0), d.when()),
    "equity": lambda d, q: policy.EquityShare(*_link(d, q), d.by_draw(0.1, 0.6), d.when(), d.by_draw(5.0, 50.0)),
    "option": lambda d, q: policy.Option(*_link(d, q), d.by_draw(1.0, 20.0), d.when()),
    "terms": lambda d, q: policy.PriceTerms(
        *_link(d, q), d.by_draw(1.0, 30.0), d.by_draw(0.8, 1.0), d.by_draw(1.0, 1.3), d.when()
    ),
    "price cap": lambda d, q: policy.PriceCap(d.nodes(q.shape[1]), d.by_draw(0.1, 1.0), d.when()),
    "release": lambda d, q: policy.Release(d.shares(q.shape[1]), d.by_draw(1.0, 20.0), d.when()),
    "purchase": lambda d, q: policy.Purchase(d.shares(q.shape[1]), d.by_draw(1.0, 40.0), d.when()),
    "news": lambda d, _: policy.News(d.when()),
    "corridors": _corridors,
}  # fmt: skip
"""Every kind of effect, by name."""


def _base(dice: Dice, made: Sequence[float], bought: Sequence[float]) -> Array:
    """Base flows with given totals, a third of the links closed."""
    q = dice.random.uniform(0.2, 1.0, (len(made), len(bought))) * (dice.random.random((len(made), len(bought))) < 0.7)
    q += np.eye(len(made), len(bought)) + 1e-2 * (q.sum(axis=0) == 0) + 1e-2 * (q.sum(axis=1) == 0)[:, None]
    for _ in range(2000):
        q *= (np.asarray(made) / q.sum(axis=1))[:, None]
        q *= np.asarray(bought) / q.sum(axis=0)
    return q


def _stage(dice: Dice, q: Array, effects: Sequence[str], **changes: object) -> Stage:
    s, b = q.shape
    growth = {"growth": dice.random.uniform(-0.002, 0.005), "trend": dice.random.uniform(-0.002, 0.005)}
    stage = small_stage(
        q, [EFFECTS[name](dice, q) for name in effects], dice.random.uniform(0.0, 3.0), eps=dice.by_draw(0.05, 0.4)[:1],
        lead=dice.random.integers(0, 4, (s, b)), links=np.where(q > 0, 0.0, dice.random.uniform(0, 2, (s, b))),
        build_lead=dice.random.integers(1, 6, s), K=q.sum(axis=1)[None] * dice.random.uniform(1.0, 1.5, (1, s)),
        stockpiles=(pile([0.0, *dice.shares(b - 1)], 30.0), pile(np.eye(b)[0], 10.0, initial=2.0)),
        term_share=dice.random.random(),
        stocking=dice.random.uniform(0.0, 0.1, (1, s)), tenor=12.0, **(growth | changes),
    )  # fmt: skip
    drawn = {"eta": np.stack([dice.by_draw(0.1, 0.5) for _ in range(b)], axis=1), "sigma": dice.by_draw(1.0, 6.0)}
    return Stage(**{**stage.__dict__, **drawn})


def chain(seed: int, ore: Sequence[str], metal: Sequence[str], draws: int = DRAWS) -> Chain:
    """Mines and scrap, plants fed by their metal and by a reagent, users; a by-product that follows the mines."""
    dice = Dice(seed)
    mines = _stage(
        dice, _base(dice, (60.0, 30.0, 10.0), (70.0, 30.0)), ore, product="ore.rock",
        output_stage=np.array([2, 2]), makes=np.array([0, 1]), worth=np.array([np.log(2.5), np.inf]),
    )  # fmt: skip
    reagent = _stage(
        dice, _base(dice, (12.0, 8.0), (14.0, 6.0)), (), product="ore.reagent",
        output_stage=np.array([2, 2]), makes=np.array([0, 1]), host_stage=0, host=np.array([0, -1]),
        worth=np.log([0.8, 4.0]),
    )  # fmt: skip
    plants = _stage(
        dice, _base(dice, (35.0, 15.0, 5.0), (30.0, 15.0, 7.0, 3.0)), metal, product="ore.metal", inputs=(0, 1),
        yields=np.array([[0.5, 0.5, 1.0], [2.5, 2.5, 1.0]]), fed_by=np.array([[0, 1, -1], [0, 1, -1]]),
    )  # fmt: skip
    rules = {"investment": bool(dice.one(2)), "long_run_multiple": 2.5, "invest_after": 3, "qualification": 6.0,
             "curvature": 0.5 * dice.one(2), "responding": (0.7, np.inf)[dice.one(2)],
             "at_once": 0.1 * dice.one(2), "cargo_follows": bool(dice.one(2))}  # fmt: skip
    built = chain_of(mines, reagent, plants, months=MONTHS, draws=draws, **rules)
    drawn = {"learning": dice.by_draw(0.0, 0.1)[:, None], "reversion": dice.by_draw(0.0, 0.02)[:, None]}
    return Chain(built.stages, Rules(**{**built.rules.__dict__, **drawn}), draws, MONTHS, counted_from=dice.one(6))


def tables(history: History) -> dict[str, Array]:
    """All arrays of a history by name."""
    whole = {
        name: getattr(history, name) for name in ("made", "limit", "flow", "carried", "delivered", "spend", "duty")
    }
    return whole | history.monthly | {f"flow of {link}": flows for link, flows in history.watched.items()}


def assert_same(chain: Chain, ours: Sequence[History], theirs: Sequence[History], tolerance: float = 1e-9) -> None:
    """Log prices within `tolerance`, tonnes within that share of the stage's base-year production."""
    for stage, mine, other in zip(chain.stages, ours, theirs, strict=True):
        tonnes = float(stage.q.sum())
        for name, values in tables(mine).items():
            scale = 1.0 if name in ("spot", "contract", "delivered") else tonnes * (1 + 11 * (name == "flow"))
            scale = scale * chain.months if name in ("spend", "duty") else scale
            np.testing.assert_allclose(
                values, tables(other)[name], rtol=tolerance, atol=tolerance * scale, err_msg=f"{stage.product}: {name}"
            )


def same_bytes(ours: Sequence[History], theirs: Sequence[History], mine: slice, other: slice) -> bool:
    """Whether draws `mine` of the one are, to the last bit, draws `other` of the other."""
    by_draw = {"spend": 0, "duty": 0}
    return all(
        np.array_equal(
            np.moveaxis(a, by_draw.get(name, 1), 0)[mine], np.moveaxis(tables(y)[name], by_draw.get(name, 1), 0)[other]
        )
        for x, y in zip(ours, theirs, strict=True)
        for name, a in tables(x).items()
    )
