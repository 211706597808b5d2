"""What a scenario's lines become: effects on the right links, and the flows that follow."""

from __future__ import annotations

import numpy as np
import pytest

from supplysim.assembly.corridors import usual_days
from supplysim.engine.corridor import Corridors
from supplysim.engine.policy import Capacity, Cost, News, Offtake, PriceTerms, Purchase, Quota
from supplysim.engine.run import simulate
from supplysim.errors import InputError
from supplysim.logistics import corridors, services


def effects(assembly, product, kind):
    stage = next(stage for stage in assembly.chain.stages if stage.product == product)
    return [effect for effect in stage.effects if isinstance(effect, kind)]


def sent(assembly, product, seller, buyer):
    """Tonnes a month from one region to another, `(t,)`."""
    place = list(assembly.nodes).index(product)
    nodes = assembly.nodes[product]
    links = [
        (i, j)
        for i, a in enumerate(nodes.suppliers)
        for j, b in enumerate(nodes.buyers)
        if a.region == seller and b.region == buyer
    ]
    watched = simulate(assembly.chain, {place: links})[place].watched
    return sum(flow[:, 0] for flow in watched.values())


def test_the_specific_rule_beats_the_general_one_while_it_works(assembled):
    """China taxes everybody 10 %, Japan 50 % from month 5 to 9: Japan never pays both."""
    text = """\
scope: [tungsten]
events:
  all: {kind: tariff, product: tungsten.apt, from: CHN, to: others, rate: 10%, starts: 2026-01}
  one: {kind: tariff, product: tungsten.apt, from: CHN, to: JPN, rate: 50%, starts: 2026-06, lasts: 4 months}
"""
    assembly = assembled(text)
    nodes = assembly.nodes["tungsten.apt"]
    japan = np.array([b.region == "JPN" for b in nodes.buyers])
    for month, duty in ((0, 0.1), (6, 0.5), (12, 0.1)):
        total = np.zeros(nodes.q.shape)
        for cost in effects(assembly, "tungsten.apt", Cost):
            total[cost.links] += (cost.rate * cost.profile.at(month))[0]
        china = next(i for i, a in enumerate(nodes.suppliers) if a.region == "CHN")
        np.testing.assert_allclose(total[china, japan], duty)
        abroad = np.array([b.region not in ("JPN", "CHN") for b in nodes.buyers])
        np.testing.assert_allclose(total[china, abroad], 0.1)


def test_a_general_limit_covers_what_the_specific_ones_leave(assembled):
    """A quota on all and one on Japan: never two caps of the whole limit at once for the rest of the world."""
    text = """\
scope: [tungsten]
events:
  all: {kind: export_quota, product: tungsten.apt, from: CHN, limit: 100 t/yr, starts: 2026-01}
  one: {kind: export_quota, product: tungsten.apt, from: CHN, to: JPN, limit: 10 t/yr, starts: 2026-06, lasts: 4 months}
"""
    quotas = effects(assembled(text), "tungsten.apt", Quota)
    for month, at_work in ((0, [100 / 12]), (6, [10 / 12, 100 / 12]), (12, [100 / 12])):
        working = [quota for quota in quotas if quota.profile.at(month).any()]
        assert sorted(float(quota.limit[0]) for quota in working) == pytest.approx(at_work)
        assert not np.sum([quota.links for quota in working], axis=0).max() > 1


NEWS = """\
scope: [tungsten]
model: {stocks: {news_cover: %s}}
events:
  ban: {kind: export_ban, product: tungsten.apt, from: CHN, to: JPN, starts: 2026-06, announced: 3 months,
        lasts: 5 months}
  duty: {kind: tariff, product: tungsten.apt, from: CHN, to: JPN, starts: 2026-02, rate: 10 %%}
"""


def test_a_loss_is_in_the_news_from_its_announcement_until_it_is_over(assembled):
    """A sixth a month from March on, all from August, down by exp(-1/6) a month from November on. A duty is no loss."""
    assembly = assembled(NEWS % "0.6 months")
    (news,) = effects(assembly, "tungsten.apt", News)
    levels = [float(news.profile.at(month)[0]) for month in range(12)]
    fading = 0.6 * np.exp(-np.array([1, 2]) / 6)
    np.testing.assert_allclose(levels, [0, 0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.6, 0.6, *fading])
    assert not effects(assembly, "tungsten.concentrate", News)


def test_where_news_moves_nobody_there_is_none(assembled):
    assert not effects(assembled(NEWS % "0 months"), "tungsten.apt", News)


def test_a_contracted_mine_delivers_and_what_it_has_over_is_offered_to_the_world(assembled):
    text = """\
scope: [tungsten]
contracts:
  cove: {kind: take_or_pay, product: tungsten.concentrate, from: KAZ, to: USA,
         volume: 600 t/yr, starts: 2026-06, new_capacity: 2400 t/yr}
"""
    assembly = assembled(text)
    (mine,) = effects(assembly, "tungsten.concentrate", Capacity)
    assert effects(assembly, "tungsten.concentrate", Offtake)
    assert mine.share is not None
    assert mine.share.sum() == pytest.approx(1.0)
    bare = sent(assembled(text, "baseline"), "tungsten.concentrate", "KAZ", "USA")
    flow = sent(assembly, "tungsten.concentrate", "KAZ", "USA")
    np.testing.assert_allclose(flow[:5], bare[:5], rtol=1e-6)
    assert flow[6] >= 50.0 - 1e-6
    assert sent(assembly, "tungsten.concentrate", "KAZ", "CHN")[-1] > 20.0


def test_recycling_in_a_region_that_had_none_serves_that_region(assembled):
    text = """\
scope: [rare_earths]
events:
  scrap: {kind: recycling, product: rare_earths.magnets, region: USA, volume: 1200 t/yr, starts: 2026-06}
"""
    assembly = assembled(text)
    nodes = assembly.nodes["rare_earths.magnets"]
    place = list(assembly.nodes).index("rare_earths.magnets")
    made = simulate(assembly.chain)[place].made[-1, 0]
    scrap = next(i for i, node in enumerate(nodes.suppliers) if str(node) == "USA:recycling")
    assert made[scrap] > 80.0
    (new,) = effects(assembly, "rare_earths.magnets", Capacity)
    assert {nodes.buyers[j].region for j in np.flatnonzero(new.share)} == {"USA"}


def test_a_sale_without_an_end_is_spread_over_the_rest_of_the_run(assembled):
    text = """\
scope: [antimony]
stockpiles: {USA.antimony: {target: 6 months}}
events:
  sale: {kind: stockpile_release, product: antimony.metal, region: USA, volume: 120 t, starts: 2027-01}
"""
    assembly = assembled(text)
    stage = assembly.chain.stages[-1]
    (sale,) = stage.effects
    assert float(sale.volume[0]) == pytest.approx(10.0)


def test_closing_one_corridor_delays_and_closing_both_stops(assembled):
    """Kazakh uranium for the West: 64 % by the Caspian, 36 % by Russia, each with room for the other's."""
    shut = "  {0}: {{kind: corridor_closure, corridor: {0}, starts: 2026-06, lasts: 4 months}}\n"
    head = "scope: [uranium]\nmodel: {growth: off}\nevents:\n"
    one = sent(assembled(head + shut.format("russia")), "uranium.concentrate", "KAZ", "USA")
    both = assembled(head + shut.format("russia") + shut.format("trans_caspian"))
    gone = sent(both, "uranium.concentrate", "KAZ", "USA")
    assert one[6] > 0.95 * one[0]
    assert not gone[5:9].any()
    assert gone[10] > 0.5 * gone[0]
    (corridor,) = effects(both, "uranium.concentrate", Corridors)
    used = corridor.share[:, corridor.share.sum(axis=0) > 0]
    assert used.sum(axis=0).max() <= 1.0 + 1e-9


def test_days_on_a_corridor_agree_with_the_simulated_ones():
    """docs/logistics.md: 78 days by the Caspian, 30 by Russia."""
    by = {service.corridor: service for service in services() if service.product == "uranium.concentrate"}
    known = corridors()
    assert usual_days(known["trans_caspian"], by["trans_caspian"]) == pytest.approx(78, rel=0.05)
    assert usual_days(known["russia"], by["russia"]) == pytest.approx(30, rel=0.05)


OFFER = """\
scope: [tungsten]
contracts:
  deal: {{kind: take_or_pay, product: tungsten.concentrate, from: KAZ, to: USA, volume: 600 t/yr, starts: 2026-03,
         new_capacity: 1200 t/yr, support_ends: 2027-01}}
events:
  rival: {{kind: offer, product: tungsten.concentrate, from: KAZ, to: CHN, volume: {volume}, starts: 2027-01,
          against: deal, price: {{floor: 300 USD/mtu}}}}
"""


def test_an_offer_is_what_a_contract_of_its_terms_would_be(assembled):
    """600 t a year are 50 a month; a floor in money is a multiple of the base price."""
    assembly = assembled(OFFER.format(volume="600 t/yr"))
    nodes = assembly.nodes["tungsten.concentrate"]
    rivals = [o for o in effects(assembly, "tungsten.concentrate", Offtake) if nodes.buyers[o.buyer].region == "CHN"]
    assert sum(float(o.volume[0]) for o in rivals) == pytest.approx(50.0)
    assert [bool(rivals[0].profile.at(month).any()) for month in (11, 12, 23)] == [False, True, True]
    assert all(float(term.low[0]) > 0 for term in effects(assembly, "tungsten.concentrate", PriceTerms))
    assert sent(assembly, "tungsten.concentrate", "KAZ", "CHN")[-1] >= 50.0 - 1e-6


def test_an_offer_beyond_what_the_supplier_can_make_is_a_mistake(assembled):
    with pytest.raises(InputError, match=r"events\.rival\.volume: 900,000 t/yr is more than KAZ can ever make"):
        assembled(OFFER.format(volume="900 kt/yr"))


def test_a_purchase_is_spread_over_its_time_kept_and_sold_back_over_a_year(assembled):
    text = """\
scope: [antimony]
events:
  vault: {kind: purchase, product: antimony.metal, region: USA, volume: 120 t, starts: 2026-03, lasts: 6 months,
          returns: 2026-11}
  fund: {kind: purchase, product: antimony.metal, region: USA, volume: 22 t, starts: 2026-03, returns: never}
"""
    vault, fund = effects(assembled(text), "antimony.metal", Purchase)
    held = [float((vault.volume * vault.profile.at(month))[0]) for month in range(24)]
    np.testing.assert_allclose(held[:10], [0, 0, 20, 40, 60, 80, 100, 120, 120, 120])
    np.testing.assert_allclose(held[10:22], np.arange(110, -1, -10), atol=1e-9)
    assert vault.share.sum() == pytest.approx(1.0)
    assert float((fund.volume * fund.profile.at(23))[0]) == pytest.approx(22.0)
    assert float((fund.volume * fund.profile.at(2))[0]) == pytest.approx(1.0)


def test_a_price_floor_in_a_contract_is_a_term_of_its_deliveries(assembled):
    """The floor is in USD/t, the engine's in multiples of the base price (rounded tonnes: 12 t a year, 1 a month)."""
    text = """\
scope: [antimony]
contracts:
  deal: {kind: take_or_pay, product: antimony.metal, from: TJK, to: JPN, volume: 12 t/yr, starts: 2026-03,
         price: {floor: 45150 USD/t}}
"""
    (term,) = effects(assembled(text), "antimony.metal", PriceTerms)
    assert float(term.low[0]) == pytest.approx(2.0)
    assert float(term.volume[0]) == pytest.approx(1.0)
    assert np.isinf(term.high).all()
