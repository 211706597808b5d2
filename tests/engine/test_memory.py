"""What months leave behind: habit, durability, new links, capacity."""

from __future__ import annotations

import numpy as np
import pytest

from supplysim.engine.policy import Ban, News, Offtake, Outage

from .markets import Told, chain_of, months, number, outage_price, small_stage, told

FIRST = np.array([0], dtype=np.intp)
BANNED = np.array([[True, False], [False, False]])


def banned_share(lam: float, mu: float, at: int) -> float:
    """The first supplier's share at the first buyer in month `at`, over its share before; banned in months 12 to 24."""
    stage = small_stage([[60.0, 40.0], [40.0, 60.0]], [Ban(BANNED, months(12, 24))])
    flow = told(stage, months=at + 1, lam=lam, mu=mu).of("flow")[at]
    return float(flow[0, 0] / flow[:, 0].sum() / 0.6)


def test_without_learning_a_ban_leaves_nothing():
    assert banned_share(lam=0.0, mu=0.01, at=26) == pytest.approx(1.0, abs=1e-9)


def test_without_reversion_a_ban_of_a_year_is_for_ever():
    lost = 1.0 - banned_share(lam=0.02, mu=0.0, at=26)
    assert lost > 0.05
    assert 1.0 - banned_share(lam=0.02, mu=0.0, at=264) > 0.8 * lost


def test_with_both_the_old_ties_come_back():
    lost = [1.0 - banned_share(lam=0.02, mu=0.01, at=at) for at in (26, 96, 480)]
    assert lost[0] > lost[1] > lost[2] > -1e-9
    assert lost[2] < 0.02 * lost[0] + 1e-6


def test_habit_is_about_from_whom_and_not_how_much():
    """Ties of each buyer sum to what it bought in the base year, whatever it went through."""
    run = told(small_stage([[60.0, 40.0], [40.0, 60.0]], [Ban(BANNED, months(2, 24))]), months=24, lam=0.05, mu=0.01)
    np.testing.assert_allclose(np.exp(run.states[0].log_q)[0].sum(axis=0), [100.0, 100.0])


def durability(lam: float, mu: float) -> float:
    """Share of a contract's flow on a new link that runs two years after its support ends."""
    deal = Offtake(1, 0, number(20), months(0, 48))
    stage = small_stage([[100.0, 50.0], [0.0, 30.0]], [deal], K=np.array([[150.0, 50.0]]))
    flow = told(stage, months=73, lam=lam, mu=mu).of("flow")[:, 1, 0]
    assert flow[47] == pytest.approx(20.0)
    return float(flow[72] / flow[47])


def test_what_was_supported_lasts_by_learning_and_is_lost_by_reversion():
    assert durability(0.0, 0.01) == 0.0
    assert durability(0.01, 0.01) < durability(0.03, 0.01) < durability(0.1, 0.01) <= 1.0
    assert durability(0.03, 0.03) < durability(0.03, 0.01) < durability(0.03, 0.0)


def scarce(gravity: float, last: float = 99, **rules: float) -> Told:
    """Half the market is lost; a third supplier sells elsewhere, and might be worth `gravity` to the first buyer."""
    links = np.array([[0, 0], [0, 0], [gravity, 0]])
    stage = small_stage([[50.0, 0.0], [50.0, 0.0], [0.0, 100.0]], [Outage(FIRST, months(2, last))], links=links)
    return told(stage, months=60, **rules)


def test_a_link_that_never_was_opens_while_the_buyer_is_short_and_stays_below_gravity():
    run = scarce(5.0)
    flow = run.of("flow")[:, 2, 0]
    assert not flow[:3].any()
    assert flow[10] > 0
    assert 0 < run.states[0].fresh[0, 2, 0] < 5.0
    assert run.price()[59, 0] < run.price()[2, 0]


def test_a_part_of_a_new_link_needs_no_qualification():
    """Lost in month 2: what is there at once is there in month 3, and the rest qualifies as it does without."""
    slow, some, whole = (scarce(5.0, at_once=share) for share in (0.0, 0.4, 1.0))
    assert [run.of("flow")[2, 2, 0] for run in (slow, some, whole)] == [0.0, 0.0, 0.0]
    assert slow.of("flow")[3, 2, 0] < some.of("flow")[3, 2, 0] < whole.of("flow")[3, 2, 0]
    assert whole.states[0].fresh[0, 2, 0] == pytest.approx(5.0)
    assert 2.0 < some.states[0].fresh[0, 2, 0] < 5.0
    assert whole.price()[3, 0] < some.price()[3, 0] < slow.price()[3, 0]
    assert not scarce(5.0, last=2, at_once=1.0).of("flow")[:, 2, 0].any()


def test_a_link_that_was_opened_is_forgotten_by_reversion():
    kept, lost = scarce(5.0, last=30), scarce(5.0, last=30, mu=0.05)
    assert kept.states[0].fresh[0, 2, 0] > 3 * lost.states[0].fresh[0, 2, 0] > 0


def test_nothing_opens_in_calm_times_or_under_a_ban():
    assert not scarce(5.0, last=2).of("flow")[:, 2, 0].any()
    links = np.array([[0, 0], [0, 0], [5.0, 0]])
    ban = Ban(np.array([[False] * 2, [False] * 2, [True, False]]), months(0))
    stage = small_stage([[50.0, 0], [50.0, 0], [0, 100.0]], [Outage(FIRST, months(2)), ban], links=links)
    assert not told(stage, months=30).states[0].fresh.any()


def test_long_run_demand_adjusts_over_time():
    """The multiple is 2.5: after years of a loss of 60 % demand has fallen by 1.5 eta V more, and the price with it."""
    stage = small_stage([[60.0], [40.0]], [Outage(FIRST, months(0))])
    price = told(stage, months=240, long_run_multiple=2.5, long_run_months=12.0).price()[:, 0]
    assert price[0] == pytest.approx(outage_price(0.4), rel=1e-4)
    assert price[-1] == pytest.approx(outage_price(0.4, eta=2.5 * 0.25), rel=1e-3)


def test_new_capacity_is_begun_after_a_year_of_high_prices_and_opens_after_its_lead():
    """Lead 6 months, begun in the twelfth month of scarcity (month 11), at work from month 17: a tenth of 40."""
    stage = small_stage(
        [[60.0], [40.0]], [Outage(FIRST, months(0))], K=np.array([[60.0, 40.0]]), build_lead=np.array([6, 6])
    )
    run = told(stage, months=20, investment=True)
    made = run.of("made")[:, 1]
    np.testing.assert_allclose(made[:17], 40.0, rtol=1e-6)
    np.testing.assert_allclose(made[17:], 44.0, rtol=1e-6)
    assert not run.of("made")[:, 0].any()


def test_idle_capacity_wakes_within_half_a_year_of_high_prices():
    """A supplier working at 80 of 100: 80 exp(eps U) at once, and all of its 100 six months on."""
    stage = small_stage([[60.0], [80.0]], [Outage(FIRST, months(0))], K=np.array([[60.0, 100.0]]), eps=0.01)
    made = told(stage, months=8, investment=True).of("made")[:, 1]
    assert made[0] < 84.0
    assert made[7] == pytest.approx(100.0)


@pytest.mark.parametrize("term_share", [1.0, 0.81, 0.0])
def test_what_is_paid_under_contracts_follows_the_spot_price_slowly(term_share):
    """A tenth of contracts is agreed again each month: after n months at P they cost 1 + (P - 1) (1 - 0.9^n)."""
    stage = small_stage([[60.0], [40.0]], [Outage(FIRST, months(0))], term_share=term_share, tenor=10.0)
    contract = Told(chain_of(stage, months=12)).of("contract")[:, 0]
    agreed = 1 + (outage_price(0.4) - 1) * (1 - 0.9 ** np.arange(1, 13))
    np.testing.assert_allclose(contract, term_share * agreed + (1 - term_share) * outage_price(0.4), rtol=1e-5)


@pytest.mark.parametrize("left", [0.95, 0.6, 0.1])
def test_with_every_mechanism_on_no_price_falls_while_capacity_is_away(left):
    """Buyers far and near, long cover and short, new ties at once and news: while the first supplier is short of
    capacity nobody pays less than before, and nobody less than where a little less is lost."""
    links = np.array([[0.0, 0.0, 1.0], [1.0, 0.0, 0.0], [3.0, 3.0, 0.0]])
    flows = [[40.0, 10.0, 0.0], [0.0, 50.0, 20.0], [0.0, 0.0, 60.0]]

    def price(left: float) -> np.ndarray:
        lost = Outage(FIRST, months(3, 20, severity=1.0 - left))
        news = News(months(1, 20, severity=0.5, ramp=6, fade=6, shape="exponential"))
        stage = small_stage(flows, [lost, news], cover=8.0, links=links, lead=1)
        return told(
            stage, months=20, lam=0.02, mu=0.01, curvature=0.5, responding=6.0, at_once=1.0, cargo_follows=True
        ).price()

    prices, milder = price(left), price(min(left + 0.04, 1.0))
    assert prices[:20].min() >= 1.0 - 1e-9
    assert (prices[3:6] >= milder[3:6] - 1e-9).all()
    assert prices[3:].max() > 1.01
