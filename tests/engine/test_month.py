"""From month to month: transit, processing, stocks, and the books."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

from supplysim.engine.audit import check, holdings
from supplysim.engine.market import Array
from supplysim.engine.month import step
from supplysim.engine.policy import (
    Ban,
    Capacity,
    Cost,
    Delay,
    Demand,
    Effect,
    Levers,
    News,
    Offtake,
    Outage,
    PriceCap,
    Quota,
)
from supplysim.engine.profile import Profile
from supplysim.engine.run import simulate
from supplysim.engine.stage import Stage
from supplysim.engine.state import opening
from supplysim.errors import AuditError, SolverError

from .markets import Told, chain_of, months, number, pile, small_stage, told

FIRST = np.array([0], dtype=np.intp)
EVER, LATER = months(0), months(1)


def loss(share: float, first: float, last: float) -> Outage:
    return Outage(FIRST, months(first, last, severity=share))


def mine_and_plant(
    cover: float = 1.0, lead: int = 0, ore: tuple[Effect, ...] = (), metal: tuple[Effect, ...] = (), **more: object
) -> tuple[Stage, Stage]:
    """A mine of 100 t a month, a plant with a yield of one half, and users of 50 t of metal."""
    mine = small_stage(
        [[100.0]], ore, cover, product="ore.rock", lead=lead, output_stage=np.array([1]), makes=np.array([0])
    )
    plant = small_stage([[50.0]], metal, 0.0, yields=np.array([[0.5]]), inputs=(0,), fed_by=np.array([[0]]), **more)
    return mine, plant


def test_what_is_shipped_arrives_after_its_time_on_the_way():
    """Everything stops at month 3; with two months on the way users live on the pipeline, and then are without."""
    run = told(small_stage([[100.0]], [loss(1.0, 3, 99)], lead=2), months=8)
    used = run.of("used")[:, 0]
    np.testing.assert_allclose(used[:4], 100.0)
    assert used[4:].max() < 60.0, "two months' cargo was under way, and is stretched"
    assert used.sum() + run.of("stock")[7, 0] == pytest.approx(500.0)
    assert not run.of("flow")[3:].any()


def test_a_plant_makes_its_input_times_the_yield():
    run = told(*mine_and_plant(metal=(Demand(FIRST, number(0.3), months(2)),)), months=12)
    np.testing.assert_allclose(run.of("made", 1)[:, 0], 0.5 * run.of("used", 0)[:, 0], rtol=1e-12)
    assert run.worst < 1e-12


def test_a_price_rise_downstream_pulls_input_through_a_month_later():
    """A surge in month 2 is planned for in month 3: the plant's demand is its supply curve at last month's price."""
    run = told(*mine_and_plant(metal=(Demand(FIRST, number(0.3), months(2)),)), months=6)
    ore = run.of("flow", 0)[:, 0, 0]
    np.testing.assert_allclose(ore[:2], 100.0)
    assert ore[3] > 101.0


def test_a_plant_stops_when_its_yard_is_empty():
    """The mine is lost for good; with one month of cover the plant makes 50 t at most of what is in the yard."""
    run = told(*mine_and_plant(ore=(loss(1.0, 3, 99),)), months=12)
    made = run.of("made", 1)[:, 0]
    assert made[3:].sum() <= 50.0 + 1e-9
    assert made[11] < 5.0
    assert (run.of("stock", 0) >= 0).all()


def test_what_is_given_up_for_the_price_is_short_and_what_has_left_for_good_is_adapted():
    """Half the supply fails for a year: 100 (1 - P^-eta) is short in the first month; then the long run takes its part
    of the gap, and after the halt, with prices below base, users who have left are missing and nobody is short."""
    stage = small_stage([[100.0]], [Outage(FIRST, months(0, 12, severity=0.5))], K=number(100)[:, None])
    run = told(stage, months=20, long_run_multiple=2.5)
    used, short, adapted = (run.of(name)[:, 0] for name in ("used", "short", "adapted"))
    price = run.price()[:, 0]
    assert price[0] == pytest.approx(0.5**-4, rel=1e-4)
    assert short[0] == pytest.approx(50.0)
    assert adapted[0] == 0.0
    np.testing.assert_allclose(used + short + adapted, 100.0)
    left = -np.expm1(-1.5 * 0.25 * np.log(price[0]) / 24)
    assert adapted[1] == pytest.approx(100 * left), "one month of 24 towards 1.5 times the short run's elasticity"
    assert (price[12:] < 1).all()
    assert short[12:].max() < 1e-9
    assert (adapted[12:] > 0).all()


def test_what_stays_unserved_at_the_ceiling_is_rationed_and_short():
    run = told(small_stage([[100.0]], [Outage(FIRST, months(0, severity=0.9))], K=number(100)[:, None]), months=2)
    rationed, short = run.of("rationed")[0, 0], run.of("short")[0, 0]
    assert short == pytest.approx(90.0)
    assert rationed == pytest.approx(100 * run.price()[0, 0] ** -0.25 - 10)


def test_a_plant_is_short_once_its_yard_is_empty():
    """The mine stops in month 1: a month's plan is in the yard, and from month 2 on the plant lacks all of it."""
    mine, plant = mine_and_plant(1.0, ore=(loss(1.0, 1, 99),))
    run = told(mine, plant, months=6)
    short, used = run.of("short", 0)[:, 0], run.of("used", 0)[:, 0]
    assert not short[:1].any()
    assert short[-1] == pytest.approx(100.0)
    assert ((short == 0) | (run.of("stock", 0)[:, 0] < 1)).all()
    np.testing.assert_allclose((used + short)[short > 0], 100.0)


def test_a_plant_whose_product_is_made_elsewhere_is_short_of_nothing():
    """A new plant takes half the market: the old one's ore is displaced, not missed."""
    mine = mine_and_plant(1.0)[0]
    wide = small_stage(
        [[50.0], [0.0]], [Capacity(1, number(50.0), months(1), share=np.array([1.0]))], yields=np.array([[0.5, 1.0]]),
        inputs=(0,), fed_by=np.array([[0, -1]]), eps=2.0,
    )  # fmt: skip
    run = told(mine, wide, months=8)
    assert run.of("used", 0)[-1, 0] < 75.0
    assert not run.of("short", 0).any()
    assert not run.of("adapted", 0).any()


def test_a_by_product_follows_its_host():
    """The host loses 40 % from month 2; the by-product's capacity, full in the base year, falls the month after."""
    host = small_stage([[100.0]], [loss(0.4, 2, 99)], K=np.array([[100.0]]), product="zinc.metal")
    follower = small_stage([[5.0]], K=np.array([[5.0]]), product="germanium.metal", host_stage=0, host=np.array([0]))
    made = told(host, follower, months=6).of("made", 1)[:, 0]
    np.testing.assert_allclose(made, [5, 5, 5, 3, 3, 3], rtol=1e-6)


@pytest.mark.parametrize(
    ("cover", "expected", "tolerance"),
    [
        (2.0, [1.55, 2.44, 5.04, 8.69, 12.9, 17.1, 19.2, 19.3], 0.04),
        (4.0, [1.22, 1.38, 1.62, 1.98, 2.55, 3.54, 6.46, 10.4], 0.025),
        (6.0, [1.13, 1.23, 1.34, 1.49, 1.68, 1.93, 2.28, 2.79], 0.02),
    ],
)
def test_the_stock_rule_gives_the_tabled_prices(cover, expected, tolerance):
    """70 % of supply lost for 8 months: two suppliers 70/30, K = 10 x output (docs/validation.md)."""
    run = told(small_stage([[70.0], [30.0]], [loss(1.0, 0, 8)], cover), months=8)
    np.testing.assert_allclose(run.price()[:, 0], expected, rtol=tolerance)


def test_with_two_months_of_cover_the_prices_are_these():
    """The same rule at the digits this engine gives, so that a change of it does not pass unseen."""
    run = told(small_stage([[70.0], [30.0]], [loss(1.0, 0, 8)], 2.0), months=8)
    np.testing.assert_allclose(run.price()[:, 0], [1.55, 2.45, 5.08, 8.82, 13.2, 17.5, 18.7, 19.0], rtol=5e-3)


@pytest.mark.parametrize("cover", [2.0, 4.0, 6.0])
def test_prices_come_back_without_swinging(cover):
    """After the loss the price falls from x2 to x3 to the base year's while yards are filled, and stays near it."""
    price = told(small_stage([[70.0], [30.0]], [loss(1.0, 0, 8)], cover), months=72).price()[:, 0]
    back = 8 + int(np.argmax(price[8:] < 1.0))
    assert (np.diff(price[8 : back + 1]) < 1e-9).all()
    assert 2.0 < price[8] < 3.5
    assert price[32] < 1.6
    assert price[8:].min() > 0.85, "what was bought at falling prices is worked off without a swing below that"
    assert price[back:].max() < 1.05


@pytest.mark.parametrize("cover", [1.5, 3.0])
def test_after_a_crisis_a_yard_is_filled_to_its_target_and_not_to_the_crisis_price(cover):
    """Half the supply is gone for a year and a half: nobody lays in months of use against the return of that price."""
    stage = small_stage([[100.0]], [loss(0.5, 1, 19)], cover, K=number(110)[:, None])
    run = told(stage, months=96, long_run_multiple=2.5)
    months_held = run.of("stock")[:, 0] / 100.0
    assert run.price()[1:19, 0].max() > 4
    assert months_held[19:].max() < 1.75 * cover
    assert months_held[-1] == pytest.approx(cover, rel=0.15)


def test_the_stock_rule_cuts_the_price_swing_and_gives_it_a_memory():
    """Harvests N(1, 0.05^2), demand elasticity -0.2: without stocks the price is h^-5, mean 1.039, sd 0.270."""
    harvest = np.random.default_rng(5).normal(1.0, 0.05, 200)
    prices = {
        cover: told(small_stage([[100.0]], [Harvest(tuple(harvest))], cover, eta=0.2, eps=0.0), months=200).price()[
            :, 0
        ]
        for cover in (0.0, 4.0)
    }
    np.testing.assert_allclose(prices[0.0], harvest**-5.0, rtol=1e-6)
    assert prices[4.0].std() < 0.7 * prices[0.0].std()
    assert np.corrcoef(prices[4.0][:-1], prices[4.0][1:])[0, 1] > 0.15 > np.corrcoef(harvest[:-1], harvest[1:])[0, 1]


@dataclass(frozen=True)
class Harvest:
    """Supply that nature sets each month."""

    sizes: tuple[float, ...]
    profile: Profile = EVER

    def apply(self, levers: Levers, _: Array) -> None:
        levers.S0 *= self.sizes[levers.month]


def test_growth_of_supply_and_demand_together_leaves_prices_where_they_are():
    """Three percent a year on both sides, ten years, no stocks: the reference flows grow along."""
    monthly = np.log(1.03) / 12
    run = told(small_stage([[60.0, 10.0], [20.0, 30.0]], growth=monthly, trend=monthly), months=120)
    np.testing.assert_allclose(run.price(), 1.0, atol=1e-9)
    np.testing.assert_allclose(run.of("flow")[-1].sum(), 120 * np.exp(119 * monthly), rtol=1e-9)


def test_stocks_that_grow_with_demand_cost_a_little():
    """Two months of cover growing 3 % a year want 0.5 % of use a month: V = about 0.005 / (eta + eps)."""
    monthly = np.log(1.03) / 12
    price = told(small_stage([[100.0]], cover=2.0, growth=monthly, trend=monthly), months=60).price()[-1, 0]
    assert price == pytest.approx(1 + 2 * monthly / 0.35, abs=0.005)


def stressed(seed: int, draws: int = 3) -> Told:
    """Two stages under a random pile of everything."""
    random = np.random.default_rng(seed)

    def when() -> Profile:
        first = random.integers(0, 20, draws).astype(float)
        return Profile(
            first, first + random.integers(1, 12, draws), random.uniform(0.3, 1, draws),
            fade=random.uniform(0, 4, draws),
            shape=str(random.choice(["step", "linear", "exponential"])), happens=random.random(draws) < 0.8,
        )  # fmt: skip

    def links(s: int, b: int) -> np.ndarray:
        mask = random.random((s, b)) < 0.4
        mask[0, 0] = True
        return mask

    def effects(s: int, b: int) -> tuple[Effect, ...]:
        return (
            Outage(FIRST, when()), Ban(links(s, b), when()), Demand(FIRST, random.uniform(-0.5, 1, draws), when()),
            Quota(links(s, b), when(), cut=random.uniform(0, 1, draws)), News(when()),
            Quota(links(s, b), when(), of_demand=random.uniform(0, 1, draws)),
            Delay(links(s, b), random.integers(0, 6, draws), when()),
            PriceCap(FIRST, random.uniform(0.2, 1, draws), when()),
            Cost(links(s, b), random.uniform(-0.3, 2, draws), True, when()),
            Capacity(1, random.uniform(0, 50, draws), when(), share=np.full(b, 1 / b)),
            Offtake(0, 0, random.uniform(0, 60, draws), when()), Offtake(1, 1, random.uniform(0, 30, draws), when()),
        )  # fmt: skip

    q = random.uniform(0, 20, (3, 3)) * (random.random((3, 3)) < 0.8) + np.eye(3) * 5
    ore = small_stage(
        q, effects(3, 3), 1.0, product="ore.rock", lead=random.integers(0, 4, (3, 3)), sigma=random.uniform(1, 8),
        makes=np.array([0, 1, -1]), output_stage=np.array([1, 1, -1]), stockpiles=(pile([0, 0, 1.0], 20.0),),
        links=np.where(q > 0, 0, 0.3),
    )  # fmt: skip
    made = 0.4 * q.sum(axis=0)[:2]
    metal = small_stage(
        np.outer(made, [0.5, 0.3, 0.2]), effects(2, 3), 1.5, yields=np.full((1, 2), 0.4), inputs=(0,),
        fed_by=np.array([[0, 1]]),
        stockpiles=(pile([0.6, 0.4, 0.0], 15.0),), build_lead=np.array([5, 9]),
    )  # fmt: skip
    return Told(
        chain_of(
            ore,
            metal,
            months=36,
            draws=draws,
            lam=0.03,
            mu=0.01,
            investment=True,
            invest_after=6,
            long_run_multiple=2.5,
        )
    )


@pytest.mark.parametrize("seed", range(10))
def test_under_any_stress_the_books_balance_and_no_stock_is_negative(seed):
    run = stressed(seed)
    assert run.worst < 1e-12
    for k in (0, 1):
        for name in ("stock", "reserve", "used", "rationed", "flow"):
            assert (run.of(name, k) >= 0).all()


@pytest.mark.parametrize("where", ["stock", "under_way", "strategic"])
def test_a_planted_leak_is_caught(where):
    chain = chain_of(small_stage([[60.0], [40.0]], cover=2.0, lead=1, stockpiles=(pile([1.0], 20.0),)))
    states = [opening(stage, chain.draws) for stage in chain.stages]
    before = holdings(states)
    outcomes = step(chain, states, 0)
    assert check(chain, before, holdings(states), outcomes, 0) < 1e-12
    getattr(states[0], where)[0] *= 1 + 1e-9
    with pytest.raises(AuditError, match=r"ore\.metal: mass off by .* in draw 0, month 7"):
        check(chain, before, holdings(states), outcomes, 7)


def test_output_without_input_is_caught():
    chain = chain_of(*mine_and_plant())
    states = [opening(stage, chain.draws) for stage in chain.stages]
    before = holdings(states)
    outcomes = step(chain, states, 0)
    outcomes[1].made[:] *= 1 + 1e-9
    with pytest.raises(AuditError, match="mass off"):
        check(chain, before, holdings(states), outcomes, 0)


def test_a_market_that_does_not_clear_names_product_draw_and_month():
    with pytest.raises(SolverError, match=r"month 1: ore\.metal: draw 0 did not clear"):
        simulate(chain_of(small_stage([[100.0]], [Poison()]), months=3))


@dataclass(frozen=True)
class Poison:
    """A cost that is no number."""

    profile: Profile = LATER

    def apply(self, levers: Levers, _: Array) -> None:
        levers.cost = np.full(levers.shape, np.nan)


def test_a_draw_does_not_depend_on_its_company():
    """The same bytes whether a draw is run with two others or with one; caps at work in some draws only."""
    start = np.array([2.0, 5.0, 8.0])

    def flows(rows: list[int]) -> Array:
        when = Profile(start[rows], start[rows] + 6)
        quota = Quota(np.array([[True, False], [False, False]]), when, cut=number(0.6))
        other = Quota(np.array([[True, True], [False, False]]), when, limit=np.array([50.0, 60.0, 40.0])[rows])
        stage = small_stage(
            [[60.0, 20.0], [20.0, 40.0]], [quota, other, Delay(other.links, np.array([1, 3, 2])[rows], when)], 2.0
        )
        return simulate(chain_of(stage, months=18, draws=len(rows), lam=0.02, mu=0.01))[0].monthly["spot"]

    whole = flows([0, 1, 2])
    for rows in ([0, 1], [1, 2], [2, 0]):
        np.testing.assert_array_equal(flows(rows), whole[:, rows])
