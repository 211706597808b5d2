"""What the minerals of the second round are there to say, asked of the engine at central values."""

from __future__ import annotations

import numpy as np
import pytest

from supplysim.assembly import Assembly, Inputs, assemble
from supplysim.batch.block import compute
from supplysim.engine.history import History
from supplysim.engine.run import simulate
from supplysim.scenario import load
from supplysim.world import World
from supplysim.world import load as load_world

HEAD = "format: 1\ntitle: A test\nhorizon: {start: 2026-01, months: 24}\ndraws: 2\nmodel: {growth: off}\n"
STOP = "{kind: %s, product: %s, %s, starts: 2026-01, lasts: 12 months}"


def played(assembly: Assembly, product: str) -> tuple[Assembly, int, History]:
    place = list(assembly.nodes).index(product)
    return assembly, place, simulate(assembly.chain)[place]


def mean_price(history: History, weight: np.ndarray) -> float:
    """Use-weighted price of the first year as a multiple of the base price."""
    return float((np.exp(history.monthly["spot"][:12, 0]) @ weight).mean() / weight.sum())


def test_a_chinese_stop_of_gallium_raises_the_price_outside_china_two_to_four_times(assembled):
    """USGS Open-File Report 2024-1057: by more than 150 %; the elasticity of demand was fitted to it."""
    event = STOP % ("export_ban", "gallium.primary", "from: CHN, to: others")
    text = f"scope: [gallium]\nmodel: {{growth: off}}\nevents:\n  stop: {event}\n"
    assembly, place, history = played(assembled(text), "gallium.primary")
    stage = assembly.chain.stages[place]
    outside = np.array([not name.startswith("CHN") for name in stage.buyers]) * stage.D0[0]
    assert 2.0 < mean_price(history, outside) < 4.0


def test_kazakhstan_has_about_half_of_europes_koreas_and_indias_titanium_and_china_none_of_it(world):
    """By last country of shipment 46.5, 43 and 34 %; India's is 45 % when re-exports are led back to their makers."""
    trade = world.base["titanium.unwrought"].trade()
    for region, published in (("EU27", 0.465), ("KOR", 0.43), ("IND", 0.45)):
        abroad = {a: flow for (a, b), flow in trade.items() if b == region and a != region}
        assert abroad["KAZ"] / sum(abroad.values()) == pytest.approx(published, abs=0.06), region
    europe = sum(flow for (a, b), flow in trade.items() if b == "EU27" and a != "EU27")
    assert 0.36 < trade["KAZ", "EU27"] / europe < 0.56
    assert trade.get(("KAZ", "CHN"), 0.0) < 0.01 * 19000, "none is sent; a trace comes round by others"


def test_nobody_without_qualification_feeds_aircraft_however_long_the_shortage(assembled):
    event = STOP % ("outage", "titanium.unwrought", "region: KAZ")
    text = f"scope: [titanium]\nmodel: {{growth: off}}\nevents:\n  out: {event}\n"
    assembly, place, history = played(assembled(text), "titanium.unwrought")
    stage = assembly.chain.stages[place]
    wings = [j for j, name in enumerate(stage.buyers) if name.endswith(":aerospace")]
    banned = [i for i, name in enumerate(stage.suppliers) if name.partition(":")[0] in ("CHN", "RUS", "IND")]
    assert len(wings) == 7
    assert not stage.links[np.ix_(banned, wings)].any()
    assert not history.flow[:, 0][:, banned][:, :, wings].any()


def test_kazakh_titanium_out_for_a_year_hurts_aircraft_more_than_other_users(assembled):
    event = STOP % ("outage", "titanium.unwrought", "region: KAZ")
    text = f"scope: [titanium]\nmodel: {{growth: off}}\nevents:\n  out: {event}\n"
    assembly, place, history = played(assembled(text), "titanium.unwrought")
    stage = assembly.chain.stages[place]
    price = np.exp(history.monthly["spot"][:12, 0]).mean(axis=0)
    missing = 1.0 - history.monthly["used"][:12, 0].sum(axis=0) / (12 * stage.D0[0])
    for region in ("EU27", "USA", "GBR", "KOR"):
        wings, other = (stage.buyers.index(f"{region}:{user}") for user in ("aerospace", "other"))
        assert price[wings] > price[other], region
        assert missing[wings] > missing[other], region


def test_a_contract_with_a_supplier_that_does_not_qualify_reaches_other_users_alone(assembled):
    deal = "{kind: take_or_pay, product: titanium.unwrought, from: CHN, to: USA, volume: 1000 t/yr, starts: 2026-06}"
    assembly = assembled(f"scope: [titanium]\ncontracts:\n  deal: {deal}\n")
    place, ((_, buyer),) = assembly.contract_links["deal"]
    assert assembly.chain.stages[place].buyers[buyer] == "USA:other"


def test_burmas_clay_takes_its_dysprosium_along(assembled):
    """Four fifths of the capacity for Burmese ore is lost for half a year: what that does to light concentrate it does
    to what can be made of heavy the month after."""
    event = (
        "{kind: outage, product: rare_earths.concentrate, region: MMR, severity: 80%, starts: 2026-01, lasts: 6 months}"
    )
    assembly = assembled(f"scope: [rare_earths]\nmodel: {{growth: off}}\nevents:\n  clay: {event}\n")
    histories = dict(zip(assembly.nodes, simulate(assembly.chain), strict=True))
    light, heavy = (histories[f"{name}.concentrate"].made[:, 0] for name in ("rare_earths", "heavy_rare_earths"))
    places = [
        [str(node) for node in assembly.nodes[f"{name}.concentrate"].suppliers].index("MMR:mine")
        for name in ("rare_earths", "heavy_rare_earths")
    ]
    ratio = light[:6, places[0]] * 12 / 27000
    assert ratio.max() < 0.4
    most = assembly.chain.stages[list(assembly.nodes).index("heavy_rare_earths.concentrate")].K[0, places[1]]
    assert (heavy[1:7, places[1]] <= ratio * most * (1 + 1e-9)).all()


def test_without_dysprosium_heavy_magnets_stop_and_light_ones_do_not(assembled):
    event = STOP % ("export_ban", "heavy_rare_earths.separated", "from: CHN, to: JPN")
    assembly = assembled(f"scope: [heavy_rare_earths]\nmodel: {{growth: off}}\nevents:\n  stop: {event}\n")
    histories = dict(zip(assembly.nodes, simulate(assembly.chain), strict=True))
    left = {}
    for product in ("rare_earths.magnets_heavy", "rare_earths.magnets"):
        i = [str(node) for node in assembly.nodes[product].suppliers].index("JPN:plant")
        made = histories[product].made[:, 0, i]
        left[product] = made[11] / made[0]
    assert left["rare_earths.magnets_heavy"] < 0.05
    assert left["rare_earths.magnets"] > 0.95


def test_a_region_more_changes_no_byte_of_minerals_that_do_not_trade_there(world: World, tmp_path):
    (tmp_path / "regions.csv").write_text(
        "id,name,members,lon,lat,group,source\nLKA,Sri Lanka,LKA,81,7.5,producer,plain geography\n", encoding="utf-8"
    )
    text = HEAD + "scope: [tungsten]\nevents:\n  out: " + STOP % ("outage", "tungsten.apt", "region: CHN") + "\n"
    (tmp_path / "with.yaml").write_text(text + "world: .\n", encoding="utf-8")
    (tmp_path / "without.yaml").write_text(text, encoding="utf-8")
    wide = load_world(tmp_path)
    assert "LKA" in wide.regions
    one = compute(world, load(tmp_path / "without.yaml"), 0, 2, traced=False).metrics["scenario"]
    other = compute(wide, load(tmp_path / "with.yaml"), 0, 2, traced=False).metrics["scenario"]
    assert one.keys() == other.keys()
    for key, values in one.items():
        assert values.tobytes() == other[key].tobytes(), key


def test_minerals_are_linked_in_scope(world: World, tmp_path):
    path = tmp_path / "story.yaml"
    path.write_text(HEAD + "scope: [heavy_rare_earths]\n", encoding="utf-8")
    scenario = load(path)
    assert set(scenario.scope) == {"heavy_rare_earths", "rare_earths"}
    chain = assemble(world, Inputs(scenario, {}, 1), "baseline").chain
    assert [stage.product.partition(".")[0] for stage in chain.stages] == ["heavy_rare_earths"] * 2 + [
        "rare_earths"
    ] * 4
    assert len(chain.parts()) == 1
