"""Each instrument of policy on a market small enough to be solved by hand.

Where nothing else is said a market has one buyer or two, no stocks, eps 0.1, eta 0.25, sigma 3.
"""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import brentq

from supplysim.engine import policy
from supplysim.engine.run import simulate

from .markets import chain_of, months, number, outage_price, pile, small_stage, told

FIRST = np.array([0], dtype=np.intp)
ETA, EPS, SIGMA = 0.25, 0.1, 3.0


def link(i: int, j: int, s: int = 2, b: int = 1) -> np.ndarray:
    mask = np.zeros((s, b), dtype=bool)
    mask[i, j] = True
    return mask


def capped(loss: np.ndarray) -> np.ndarray:
    """Price when one supplier working at capacity loses a share: (1 - loss) = exp(-eta V)."""
    return (1.0 - loss) ** (-1.0 / ETA)


def test_an_outage_takes_the_price_to_where_demand_meets_what_is_left():
    """60 of 100 lost: V = -ln 0.4 / (eta + eps sigma / (sigma + eps)), see `outage_price`."""
    run = told(small_stage([[60.0], [40.0]], [policy.Outage(FIRST, months(2, 5))]))
    price = run.price()[:, 0]
    np.testing.assert_allclose(price[[0, 1, 5, 6]], 1.0, atol=1e-9)
    np.testing.assert_allclose(price[2:5], outage_price(0.4), rtol=1e-6)
    assert not run.of("flow")[2:5, 0].any()


@pytest.mark.parametrize(
    ("shape", "fade", "levels"),
    [
        ("step", 0, [0.4, 0.4, 0, 0, 0]),
        ("linear", 4, [0.4, 0.4, 0.3, 0.2, 0.1, 0, 0]),
        ("exponential", 1, [0.4, 0.4, *(0.4 * np.exp(-np.arange(1, 5))), 0, 0]),
    ],
)
def test_an_outage_recovers_in_its_shape(shape, fade, levels):
    """Capacity equal to output, so price = (1 - level)^(-1/eta) month by month."""
    stage = small_stage(
        [[100.0]], [policy.Outage(FIRST, months(0, 2, severity=0.4, fade=fade, shape=shape))], K=number(100)[:, None]
    )
    np.testing.assert_allclose(told(stage, months=len(levels)).price()[:, 0], capped(np.array(levels)), rtol=1e-6)


def test_an_event_that_ends_while_it_builds_up_fades_from_where_it_got_to():
    """Ramp of 4 months ended after 2: levels 1/4, 1/2, then half of that fading over two months: 1/4, 0."""
    stage = small_stage(
        [[100.0]],
        [policy.Outage(FIRST, months(0, 2, severity=0.8, ramp=4, fade=2, shape="linear"))],
        K=number(100)[:, None],
    )
    np.testing.assert_allclose(told(stage, months=4).price()[:, 0], capped(np.array([0.2, 0.4, 0.2, 0.0])), rtol=1e-6)


def test_a_banned_link_carries_nothing_and_the_ban_leaves_no_trace():
    """With one buyer a ban on the larger supplier is its outage."""
    run = told(small_stage([[60.0], [40.0]], [policy.Ban(link(0, 0), months(1, 4))]))
    assert not run.of("flow")[1:4, 0].any()
    np.testing.assert_allclose(run.price()[1:4, 0], outage_price(0.4), rtol=1e-6)
    np.testing.assert_allclose(run.of("flow")[4:, 0, 0], 60.0, rtol=1e-8)


def test_a_ban_on_one_buyer_leaves_the_supplier_to_the_other():
    """Two equal buyers, equal suppliers, one link of four banned: the cut buyer pays more than the other."""
    run = told(small_stage([[50.0, 50.0], [50.0, 50.0]], [policy.Ban(link(0, 0, b=2), months(1, 3))]))
    cut, other = run.price()[1]
    assert cut > 1.05
    assert run.of("flow")[1, 0, 1] > 50.0
    assert cut > other


def test_half_a_ban_halves_the_flow():
    """x_0 = 30; the other supplier gives 40 exp(eps U), U = sigma V / (sigma + eps); demand 100 exp(-eta V)."""
    run = told(small_stage([[60.0], [40.0]], [policy.Ban(link(0, 0), months(1, 3, severity=0.5))]))
    assert run.of("flow")[1, 0, 0] == pytest.approx(30.0)
    rises = EPS * SIGMA / (SIGMA + EPS)
    price = brentq(lambda v: 30 + 40 * np.exp(rises * v) - 100 * np.exp(-ETA * v), 0, 5)
    assert run.of("spot")[1, 0] == pytest.approx(price, abs=1e-8)


def test_the_licence_under_half_a_ban_is_worth_what_the_buyer_would_pay_for_the_last_tonne():
    """Paid on the held link: V - ln(x / q) / sigma with x = q / 2."""
    run = told(small_stage([[60.0], [40.0]], [policy.Ban(link(0, 0), months(1, 3, severity=0.5))]))
    assert run.of("paid")[1, 0, 0] == pytest.approx(run.of("spot")[1, 0] + np.log(2) / SIGMA, abs=1e-8)


def test_a_ban_that_fades_exponentially_ends():
    """Time constant 2 months: free again after 8, instead of holding the link at the base year's flow for ever."""
    surge = policy.Demand(FIRST, number(0.5), months(0))
    ban = policy.Ban(link(0, 0), months(1, 3, fade=2.0, shape="exponential"))
    flow = told(small_stage([[60.0], [40.0]], [ban, surge])).of("flow")[:, 0, 0]
    assert (np.diff(flow[2:12]) > 0).all()
    assert flow[12] == pytest.approx(flow[0])
    assert flow[12] > 60.0


def test_a_partial_ban_leaves_its_share_of_what_a_contract_ships():
    """No base-year trade, 20 contracted, a quarter banned: 15."""
    deal, ban = policy.Offtake(1, 0, number(20), months(0)), policy.Ban(link(1, 0), months(2, 4, severity=0.25))
    stage = small_stage([[100.0], [0.0]], [deal, ban], S0=np.array([[100.0, 20.5]]), K=np.array([[1000.0, 20.5]]))
    flow = told(stage, months=6).of("flow")[:, 1, 0]
    np.testing.assert_allclose(flow, [20, 20, 15, 15, 20, 20], rtol=1e-9)


def test_a_quota_holds_and_its_rent_is_paid():
    """60 of 100 allowed: 100 exp(-eta V) = 60; what is paid is V + ln(1/0.6) / sigma, the gate's price far below."""
    run = told(small_stage([[100.0]], [policy.Quota(link(0, 0, 1), months(1, 4), cut=number(0.4))]))
    assert run.of("flow")[1, 0, 0] == pytest.approx(60.0)
    assert run.price()[1, 0] == pytest.approx((100 / 60) ** (1 / ETA), rel=1e-8)
    assert run.of("paid")[1, 0, 0] == pytest.approx(np.log(100 / 60) * (1 / ETA + 1 / SIGMA), rel=1e-8)
    np.testing.assert_allclose(run.price()[4:, 0], 1.0, atol=1e-9)


def test_a_quota_is_shared_by_its_buyers_as_they_would_have_bought():
    """Disjoint groups: flows under a cap are all scaled by one factor, so equal buyers keep equal shares."""
    stage = small_stage(
        [[40.0, 20.0], [10.0, 5.0]],
        [policy.Quota(np.array([[True, True], [False, False]]), months(0), limit=number(30))],
    )
    flow = told(stage, months=1).of("flow")[0]
    assert flow[0].sum() == pytest.approx(30.0)
    assert flow[0, 0] / flow[0, 1] == pytest.approx(2.0)


def test_overlapping_quotas_hold_together():
    exports, imports = np.array([[False, True, True], [False] * 3]), np.array([[False, False, True]] * 2)
    effects = [policy.Quota(exports, months(0), limit=number(20)), policy.Quota(imports, months(0), limit=number(22))]
    flow = told(small_stage([[50.0, 30.0, 20.0], [30.0, 20.0, 25.0]], effects), months=2).of("flow")[1]
    assert flow[exports].sum() == pytest.approx(20.0)
    assert flow[imports].sum() == pytest.approx(22.0)


def test_a_quota_of_nothing_is_a_ban():
    run = told(small_stage([[60.0], [40.0]], [policy.Quota(link(0, 0), months(1, 3), limit=number(0))]))
    assert not run.of("flow")[1:3, 0].any()
    np.testing.assert_allclose(run.price()[1:3, 0], outage_price(0.4), rtol=1e-6)


def test_a_fixed_limit_eases_as_the_rule_fades():
    """Limit 40 of 100, linear over 2 months: 40, then half way back to 100."""
    stage = small_stage(
        [[100.0]], [policy.Quota(link(0, 0, 1), months(0, 1, fade=2, shape="linear"), limit=number(40))]
    )
    np.testing.assert_allclose(told(stage, months=3).of("flow")[:, 0, 0], [40, 70, 100], rtol=1e-8)


def test_a_quota_at_rest_costs_no_step():
    run = told(small_stage([[60.0], [40.0]], [policy.Quota(link(0, 0), months(99), limit=number(1))]))
    assert not run.of("iterations").any()


@pytest.mark.parametrize("duty", [True, False])
def test_a_tariff_of_a_quarter_turns_trade_and_earns_revenue_while_freight_earns_none(duty):
    """The 2 x 2 tariff of docs/validation.md: x_12 = 5.690850 at exp(U_1) = 0.944510; revenue 0.25 of their product."""
    stage = small_stage(
        [[40.0, 10.0], [10.0, 40.0]],
        [policy.Cost(link(0, 1, b=2), number(0.25), duty, months(0))],
        sigma=5,
        eps=0.2,
        eta=0.3,
    )
    history = simulate(chain_of(stage, months=1))[0]
    np.testing.assert_allclose(history.flow[0, 0], [[43.741502, 5.690850], [6.850057, 43.515874]], atol=1e-6)
    np.testing.assert_allclose(history.duty[0], [0, 0.25 * 0.944510 * 5.690850 if duty else 0], atol=1e-5)
    gate, flow = np.array([0.944510, 1.037133]), history.flow[0, 0]
    door = gate[1] * (flow[1] / np.array([10.0, 40.0])) ** (1 / 5)  # V = U + ln(x / q) / sigma
    paid = flow * np.minimum(gate[:, None], door) * np.array([[1, 1.25], [1, 1]])
    np.testing.assert_allclose(history.spend[0], paid.sum(axis=0), rtol=1e-5)


def test_a_licensing_delay_empties_the_pipeline_for_its_length():
    """Two months more on the way: nothing arrives in the two months after it begins, and nobody holds stocks."""
    run = told(small_stage([[100.0]], [policy.Delay(link(0, 0, 1), number(2), months(3))]), months=8)
    used = run.of("used")[:, 0]
    np.testing.assert_allclose(used[:3], 100.0)
    np.testing.assert_allclose(used[3:5], 0.0, atol=1e-9)
    assert (used[5:] > 95).all()
    assert run.price()[3, 0] > 1.0
    assert run.worst < 1e-12


def test_a_delay_longer_than_any_lead_time_of_the_stage_is_kept_in_full():
    run = told(small_stage([[100.0]], [policy.Delay(link(0, 0, 1), number(36), months(1, 2))], lead=1), months=40)
    used = run.of("used")[:, 0]
    arrived = run.of("flow")[1, 0, 0]
    assert used[38] + run.of("stock")[38, 0] - run.of("stock")[37, 0] == pytest.approx(
        run.of("flow")[37, 0, 0] + arrived
    )
    assert (used[4:37] > 95).all(), "late cargo is not counted on, so nobody waits for it"


def test_a_contract_inside_the_base_flow_changes_nothing():
    run = told(small_stage([[60.0, 40.0]], [policy.Offtake(0, 0, number(50), months(0))]))
    np.testing.assert_allclose(run.of("flow"), [[[60.0, 40.0]]] * 24)
    assert not run.of("iterations").any()


def test_a_contract_beyond_the_base_flow_is_a_floor():
    run = told(
        small_stage(
            [[60.0, 40.0]],
            [policy.Offtake(0, 0, number(55), months(0)), policy.Outage(FIRST, months(2, severity=0.3))],
            K=number(100)[:, None],
        ),
        months=4,
    )
    assert run.of("flow")[3, 0, 0] == pytest.approx(55.0)
    assert run.of("flow")[3, 0].sum() == pytest.approx(70.0)


def test_force_majeure_scales_contracts_to_what_the_supplier_can_make():
    """Half of 100 is lost and 80 + 10 are promised: 999 parts in 1000 of the 50 are shared 8 to 1."""
    deals = [policy.Offtake(0, 0, number(80), months(0)), policy.Offtake(0, 1, number(10), months(0))]
    stage = small_stage([[80.0, 20.0]], [*deals, policy.Outage(FIRST, months(1, severity=0.5))], K=number(100)[:, None])
    flow = told(stage, months=2).of("flow")[1, 0]
    assert flow.sum() == pytest.approx(50.0)
    assert flow[0] == pytest.approx(0.999 * 50 * 8 / 9, rel=1e-6)


def test_a_contract_wakes_idle_capacity():
    """80 made, 100 could be, 95 contracted by one buyer alone: it gets them at no more than the base price."""
    stage = small_stage([[80.0]], [policy.Offtake(0, 0, number(79.9), months(0))], K=number(100)[:, None])
    assert told(stage, months=2).of("flow")[1, 0, 0] == pytest.approx(80.0)
    two = small_stage(
        [[40.0, 40.0]],
        [
            policy.Offtake(0, 0, number(39.9), months(0)),
            policy.Offtake(0, 1, number(39.9), months(0)),
            policy.Demand(np.array([0, 1]), number(0.5), months(0)),
            policy.Offtake(0, 0, number(15), months(1)),
        ],
        K=number(100)[:, None],
    )
    flow = told(two, months=2).of("flow")
    assert flow[1].sum() > 94.0
    assert flow[1].sum() > flow[0].sum()


def test_a_buyer_takes_no_more_than_it_needs_under_its_contracts():
    """150 promised to a buyer of 100: floors are scaled to 66.6 and 33.3, and it buys little more."""
    run = told(
        small_stage(
            [[60.0], [40.0]],
            [policy.Offtake(0, 0, number(100), months(0)), policy.Offtake(1, 0, number(50), months(0))],
        ),
        months=2,
    )
    flow = run.of("flow")[1, :, 0]
    assert flow[0] == pytest.approx(66.6)
    assert 33.3 <= flow[1] < 40.0


def test_a_captive_supplier_is_paid_its_buyers_price():
    """New supply that only a contract buys has no gate price of its own to speak of."""
    stage = small_stage(
        [[100.0], [0.0]],
        [policy.Offtake(1, 0, number(10), months(0))],
        S0=np.array([[100.0, 40.0]]),
        K=np.array([[1000.0, 40.0]]),
    )
    run = told(stage, months=1)
    assert run.of("paid")[0, 1, 0] == pytest.approx(run.of("spot")[0, 0])


def test_an_option_draws_flow_without_forcing_it():
    """One supplier, two equal buyers; the option doubles the first one's tie: V_2 - V_1 = ln 2 / (sigma + eta)."""
    run = told(small_stage([[50.0, 50.0]], [policy.Option(0, 0, number(50), months(0))]), months=1)
    spot, flow = run.of("spot")[0], run.of("flow")[0, 0]
    assert spot[1] - spot[0] == pytest.approx(np.log(2) / (SIGMA + ETA), rel=1e-8)
    assert flow[0] / flow[1] == pytest.approx(2 ** (ETA / (SIGMA + ETA)), rel=1e-8)


@pytest.mark.parametrize(("most", "gets"), [(np.inf, 70.0), (65.0, 65.0)])
def test_a_stake_brings_its_share_of_output_up_to_what_was_agreed(most, gets):
    run = told(
        small_stage(
            [[60.0, 40.0]],
            [
                policy.EquityShare(0, 0, number(0.7), months(0), number(most)),
                policy.Demand(FIRST, number(0.3), months(0)),
            ],
        ),
        months=1,
    )
    assert run.of("flow")[0, 0, 0] >= gets - 1e-9
    low = told(
        small_stage(
            [[20.0, 80.0]],
            [
                policy.EquityShare(0, 0, number(0.7), months(0), number(most)),
                policy.Demand(FIRST, number(5.0), months(0)),
            ],
            sigma=0.1,
        ),
        months=1,
    )
    assert low.of("flow")[0, 0, 0] == pytest.approx(gets)


def test_capacity_that_doubles_supply_moves_the_price_as_a_loss_does_the_other_way():
    """V = -ln 2 / (eta + eps sigma / (sigma + eps)); the ramp of 4 months brings a quarter more each month."""
    new = policy.Capacity(0, number(100), months(1, ramp=4), share=np.ones(1))
    price = told(small_stage([[100.0]], [new]), months=6).price()[:, 0]
    np.testing.assert_allclose(price, [outage_price(k) for k in (1, 1.25, 1.5, 1.75, 2, 2)], rtol=1e-6)


def test_new_supply_that_is_not_realised_changes_nothing():
    new = policy.Capacity(0, number(100), months(1, ramp=4, happens=0), share=np.ones(1))
    assert not told(small_stage([[100.0]], [new])).of("spot").any()


def test_recycling_serves_the_buyers_it_is_offered_to():
    run = told(
        small_stage(
            [[50.0, 50.0], [0.0, 0.0]], [policy.Capacity(1, number(10), months(1), share=np.array([1.0, 0.0]))]
        ),
        months=2,
    )
    flow = run.of("flow")[1]
    assert flow[1, 0] > 9.0
    assert flow[1, 1] == 0.0
    assert run.of("spot")[1, 0] < run.of("spot")[1, 1] < 0.0


@pytest.mark.parametrize("change", [0.2, -0.2])
def test_demand_that_surges_or_is_thrifted_away(change):
    """100 (1 + change) exp(-eta V) against the same supply: as if 1 / (1 + change) of the market were left."""
    price = told(small_stage([[100.0]], [policy.Demand(FIRST, number(change), months(1, ramp=2))]), months=4).price()[
        :, 0
    ]
    np.testing.assert_allclose(price, [outage_price(1 / (1 + c)) for c in (0, change / 2, change, change)], rtol=1e-8)


def test_under_a_price_cap_the_capped_go_without_and_priority_users_do_not():
    """Half of supply is lost; the capped user stops at x2, the priority user pays on."""
    cap = policy.PriceCap(FIRST, number(np.log(2.0)), months(0))
    stage = small_stage([[50.0, 50.0]], [cap, policy.Outage(FIRST, months(0, severity=0.5))], K=number(100)[:, None])
    run = told(stage, months=1)
    price, unmet, used = run.price()[0], run.of("rationed")[0], run.of("used")[0]
    assert 1.98 < price[0] < 2.02
    assert price[1] > price[0]
    assert unmet[0] > 1.0 > 1e-6 > unmet[1]
    assert used[1] > used[0]
    assert used.sum() == pytest.approx(50.0)


def test_a_diversification_rule_caps_the_share_of_what_the_buyer_asks_for():
    """At most half of 100 asked for, of a supplier that gave 60; a surge of a tenth raises the cap with the need."""
    rule = policy.Quota(link(0, 0), months(1), of_demand=number(0.5))
    run = told(small_stage([[60.0], [40.0]], [rule, policy.Demand(FIRST, number(0.1), months(3))]), months=5)
    np.testing.assert_allclose(run.of("flow")[:, 0, 0], [60, 50, 50, 55, 55], rtol=1e-8)


def test_an_announced_ban_makes_buyers_stock_up_before_it():
    news, ban = policy.News(months(2, 9, severity=3.0)), policy.Ban(link(0, 0), months(5, 9))
    calm = told(small_stage([[60.0], [40.0]], [ban], cover=2.0), months=9)
    run = told(small_stage([[60.0], [40.0]], [news, ban], cover=2.0), months=9)
    assert (run.price()[2:5] > 1.02).all()
    assert run.of("stock")[4, 0] > calm.of("stock")[4, 0] + 10
    assert (run.of("stock")[5:9] > calm.of("stock")[5:9]).all()


def test_a_loss_in_the_news_makes_every_buyer_look_for_cover_while_it_lasts():
    """Up to half a month more over six months of news, then back by a sixth a month; of two losses the larger counts.

    Nothing is lost here, and stocks do not answer to the price, so that all the change is the buyers' own.
    """
    news = [policy.News(months(2, 14, severity=h, ramp=6, fade=6, shape="exponential")) for h in (0.5, 0.2)]
    flow = [[60.0, 10.0], [40.0, 20.0]]
    calm, run = (told(small_stage(flow, effects, cover=2.0), months=60, response=0.0) for effects in ([], news))
    wanted = run.of("stock") / calm.of("stock")
    np.testing.assert_array_equal(wanted[:2], 1.0)
    assert (np.diff(wanted[1:8], axis=0) > 0).all()
    assert (run.price()[2:8] > 1.0).all()
    assert 1.2 < wanted[13].min() <= wanted[13].max() < 1.25
    np.testing.assert_allclose(wanted[-1], 1.0, atol=1e-3)
    one = told(small_stage(flow, news[:1], cover=2.0), months=60, response=0.0)
    np.testing.assert_array_equal(one.price(), run.price())


def test_a_stockpile_releases_in_a_squeeze_and_refills_when_calm():
    """Half of 100 lost; 60 held, 10 a month released from the month after x1.5 is passed: (100/60)^4 while it lasts.

    Afterwards 60/24 a month is bought: a demand of 2.5 beside 100 exp(-eta V).
    """
    stage = small_stage(
        [[100.0]],
        [policy.Outage(FIRST, months(1, 10, severity=0.5))],
        K=number(100)[:, None],
        stockpiles=(pile([1.0], 60.0, refill_below=1.2),),
    )
    run = told(stage, months=60)
    price, reserve = run.price()[:, 0], run.of("reserve")[:, 0]
    np.testing.assert_allclose(price[1], 16.0, rtol=1e-4)
    np.testing.assert_allclose(price[2:8], (100 / 60) ** 4, rtol=1e-6)
    np.testing.assert_allclose(price[8:10], 16.0, rtol=1e-4)
    np.testing.assert_allclose(reserve[:9], [60, 60, 50, 40, 30, 20, 10, 0, 0], atol=1e-9)
    np.testing.assert_allclose(np.diff(reserve[9:14]), [0, 2.5, 2.5, 2.5], atol=1e-9)
    assert price[13] == pytest.approx((100 / 97.5) ** (1 / ETA), rel=1e-6)
    assert reserve[59] == pytest.approx(60.0)
    assert run.worst < 1e-12


def test_a_stockpile_filled_from_nothing_releases_by_its_target():
    empty = pile([1.0], 60.0, initial=0.0, refill_over=60.0)
    stage = small_stage(
        [[100.0]], [policy.Outage(FIRST, months(62, severity=0.5))], stockpiles=(empty,), K=number(100)[:, None]
    )
    reserve = told(stage, months=66).of("reserve")[:, 0]
    np.testing.assert_allclose(reserve[[0, 1, 59, 62, 63, 64]], [1, 2, 60, 60, 50, 40])


def test_a_stockpile_does_not_buy_while_its_buyers_are_short():
    """The price is capped at x1.05, below any trigger, yet half of demand goes unmet: the stockpile gives."""
    part = pile([1.0], 60.0, initial=30.0)
    stage = small_stage(
        [[100.0]], [policy.Outage(FIRST, months(0, severity=0.5))], K=number(100)[:, None], cap=1.05, stockpiles=(part,)
    )
    run = told(stage, months=4)
    assert (run.price() < 1.12).all()
    assert (np.diff(run.of("reserve")[:, 0]) < -9).all()


def fund(volume: float, *profile: float, **how: object) -> policy.Purchase:
    """Bought evenly over the ramp, sold back over 12 months from the profile's end."""
    return policy.Purchase(np.array([1.0]), number(volume), months(*profile, fade=12, shape="linear", **how))


def bought_price(tonnes: float) -> float:
    """One supplier, one buyer, `tonnes` a month beside demand: 100 exp(eps U) = 100 exp(-eta V) + tonnes, where the
    link's flow is the output: sigma (V - U) = eps U."""
    V = brentq(lambda v: 100 * np.exp(EPS * v * SIGMA / (SIGMA + EPS)) - 100 * np.exp(-ETA * v) - tonnes, -5, 5)
    return float(np.exp(V))


def test_a_purchase_is_demand_while_it_buys_nothing_while_it_keeps_and_supply_while_it_is_sold_back():
    """120 t over 12 months from month 2 on, sold back over 12 from month 20 on: 10 a month each way."""
    run = told(small_stage([[100.0]], [fund(120.0, 2, 20, ramp=12)]), months=36)
    price, stock = run.price()[:, 0], run.of("stock")[:, 0]
    np.testing.assert_allclose(price[2:14], bought_price(10.0), rtol=1e-7)
    np.testing.assert_allclose(price[20:32], bought_price(-10.0), rtol=1e-7)
    np.testing.assert_allclose(price[[0, 1, *range(14, 20), *range(32, 36)]], 1.0, atol=1e-7)
    np.testing.assert_allclose(stock, 0.0, atol=1e-9)
    assert not run.of("reserve").any(), "what a fund keeps is nobody's reserve"
    assert run.worst < 1e-12


def test_what_a_purchase_buys_is_on_its_way_as_long_as_other_cargo():
    """Two months on the way and no stocks: of 60 bought in months 0 to 5 some are owed then, none two months later."""
    stage = small_stage([[100.0]], [fund(60.0, 0, ramp=6)], lead=2)
    early, late = told(stage, months=6), told(stage, months=9)
    np.testing.assert_allclose(early.price()[:, 0], bought_price(10.0), rtol=1e-7)
    np.testing.assert_allclose(late.price()[6:, 0], 1.0, atol=1e-7)
    assert early.states[0].kept[0, 0] + early.states[0].owed[0, 0] == pytest.approx(60.0)
    assert early.states[0].owed[0, 0] > 1.0
    assert late.states[0].kept[0, 0] == pytest.approx(60.0)
    assert late.states[0].owed[0, 0] == pytest.approx(0.0, abs=1e-9)
    assert late.worst < 1e-12


def test_a_purchase_and_a_stockpile_of_the_same_buyers_are_two_piles():
    """The stockpile of 60 refills from nothing while the fund buys; each gets its own and no tonne is in both."""
    part = pile([1.0], 60.0, initial=0.0, refill_over=12.0, refill_below=9.0)
    run = told(small_stage([[100.0]], [fund(60.0, 0, ramp=12)], stockpiles=(part,)), months=14)
    np.testing.assert_allclose(run.of("reserve")[[0, 5, 13], 0], [5, 30, 60], rtol=1e-9)
    assert run.states[0].kept[0, 0] == pytest.approx(60.0)
    assert run.worst < 1e-12


def test_a_sale_from_a_stockpile_goes_beside_its_rule_and_ends_when_it_is_empty():
    sale = policy.Release(np.array([1.0]), number(25.0), months(1, 5))
    run = told(small_stage([[100.0]], [sale], stockpiles=(pile([1.0], 60.0, refill_below=0.5),)), months=6)
    np.testing.assert_allclose(run.of("reserve")[:, 0], [60, 35, 10, 0, 0, 0], atol=1e-9)
    assert (run.price()[1:3] < 1).all()


def test_a_contracts_price_floor_is_paid_on_its_tonnes_and_moves_no_mineral():
    """50 of 100 t have a floor of x1.2 while spot is x1: the link's price is the mean, 1.1."""
    bare = told(small_stage([[100.0]]), months=2)
    floored = policy.PriceTerms(0, 0, number(50), number(1.2), number(np.inf), months(1))
    run = told(small_stage([[100.0]], [floored]), months=2)
    np.testing.assert_array_equal(run.of("flow"), bare.of("flow"))
    assert np.exp(run.of("paid"))[:, 0, 0].tolist() == pytest.approx([1.0, 1.1])


def test_a_fixed_price_holds_while_spot_runs_away():
    fixed = policy.PriceTerms(0, 0, number(1000), number(1.0), number(1.0), months(0))
    lost = policy.Outage(FIRST, months(0, severity=0.5))
    run = told(small_stage([[100.0]], [fixed, lost], K=number(100)[:, None]), months=2)
    assert run.price()[1, 0] > 2
    assert np.exp(run.of("paid"))[1, 0, 0] == pytest.approx(1.0)
