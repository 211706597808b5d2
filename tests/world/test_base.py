"""The base year holds together: what is made is sold, what is bought is processed, and known trade stays known."""

from __future__ import annotations

import csv
import pickle
from collections import defaultdict
from pathlib import Path

import numpy as np
import pytest

from supplysim.world import World, load
from supplysim.world.catalog import SHIPPED


def test_twelve_minerals_are_shipped_from_mine_to_last_product(world: World) -> None:
    assert set(world.catalog.minerals) == {
        "antimony", "beryllium", "chromium", "copper", "gallium", "gold", "graphite", "heavy_rare_earths",
        "rare_earths", "titanium", "tungsten", "uranium",
    }  # fmt: skip
    assert [product.final for product in world.catalog.chain("rare_earths")] == [False, False, True, True]
    assert tuple(world.base) == tuple(product.id for product in world.products)


def test_flows_are_the_outputs_and_the_requirements(world: World) -> None:
    for market in world.base.values():
        made, got = [s.output for s in market.suppliers], [b.requirement for b in market.buyers]
        np.testing.assert_allclose(market.flow.sum(axis=1), made, rtol=1e-12)
        np.testing.assert_allclose(market.flow.sum(axis=0), got, rtol=1e-12)
        assert (market.flow >= 0).all()
        assert np.isfinite(market.flow).all()
        assert min(made) > 0
        assert min(got) > 0


def test_a_plant_makes_its_input_times_the_yield(world: World) -> None:
    plants = 0
    for market in world.base.values():
        for each in market.product.recipe:
            upstream = world.base[each.product]
            got = {b.region: b.requirement for b in upstream.buyers if b.user == market.product.id}
            made = {s.region: s.output for s in market.suppliers if s.kind == "plant"}
            assert got.keys() == made.keys()
            for region, output in made.items():
                assert output == pytest.approx(got[region] * each.yield_, rel=1e-12)
                plants += 1
    assert plants > 60


def test_no_region_exports_more_than_it_makes(world: World) -> None:
    for market in world.base.values():
        output = market.output()
        exports: dict[str, float] = defaultdict(float)
        for (origin, destination), flow in market.trade().items():
            if origin != destination:
                exports[origin] += flow
        assert all(exports[region] <= made * (1 + 1e-12) for region, made in output.items())


def test_known_trade_is_held_to_the_tonne(world: World) -> None:
    held = 0
    for path in SHIPPED.glob("*/trade.csv"):
        with path.open(newline="") as stream:
            for row in csv.DictReader(stream):
                if row["known"] == "1":
                    flow = world.base[row["product"]].trade()[row["from"], row["to"]]
                    assert flow == pytest.approx(float(row["flow_t"]), rel=1e-12)
                    held += 1
    assert held > 10


def test_capacity_is_never_below_output_and_says_whether_anybody_stated_it(world: World) -> None:
    suppliers = [supplier for market in world.base.values() for supplier in market.suppliers]
    assert all(supplier.capacity >= supplier.output for supplier in suppliers)
    assert {supplier.capacity_stated for supplier in suppliers} == {True, False}


def test_well_known_shares_come_out_as_they_are_known(world: World) -> None:
    def share(product: str, region: str) -> float:
        market = world.base[product]
        return market.output().get(region, 0.0) / float(market.flow.sum())

    assert share("tungsten.concentrate", "CHN") == pytest.approx(0.82, abs=0.03)
    assert share("antimony.concentrate", "CHN") == pytest.approx(0.34, abs=0.03)
    assert share("copper.refined", "CHN") == pytest.approx(0.45, abs=0.03)
    miners = world.base["copper.concentrate"].output()
    assert sorted(miners, key=lambda region: -miners[region])[:3] == ["CHL", "COD", "PER"]


def test_american_imports_come_from_where_the_survey_says(world: World) -> None:
    """USGS import shares of 2021-24: refined copper Chile 68 %, Canada 16 %; antimony China 55 %."""

    def imports(product: str) -> dict[str, float]:
        trade = {o: f for (o, d), f in world.base[product].trade().items() if d == "USA" and o != "USA"}
        return {origin: flow / sum(trade.values()) for origin, flow in trade.items()}

    copper = imports("copper.refined")
    assert copper["CHL"] == pytest.approx(0.68, abs=0.06)
    assert copper["CAN"] == pytest.approx(0.16, abs=0.05)
    assert imports("antimony.metal")["CHN"] == pytest.approx(0.55, abs=0.08)


def test_priors_widen_around_their_median_by_the_stated_variation(world: World) -> None:
    for market in world.base.values():
        for prior in (market.sigma, market.supply, market.demand):
            spread = np.log(prior.p90 / prior.p10) / (2 * 1.2816)
            spread = np.sqrt(np.expm1(spread**2))
            assert 0.29 <= spread <= 0.51 or spread == pytest.approx(0.8, abs=0.01)


def test_ways_within_a_region_take_no_time_and_uranium_takes_a_season_to_america(world: World) -> None:
    assert world.lead_time("copper.refined", "KAZ", "KAZ") == 0
    assert world.lead_time("copper.refined", "KAZ", "CHN") == 1
    assert world.lead_time("uranium.concentrate", "KAZ", "USA") == 3
    assert world.lead_time("gold.refined", "UZB", "CHE") == 0
    assert world.lead_time("tungsten.apt", "CHN", "USA") == 2


def test_loading_is_deterministic_and_can_be_sent_to_other_processes(world: World) -> None:
    again = load()
    copy: World = pickle.loads(pickle.dumps(again))
    for product, market in world.base.items():
        assert market.flow.tobytes() == copy.base[product].flow.tobytes()
    assert again.audit == world.audit == copy.audit


def test_flows_cannot_be_changed_by_accident(world: World) -> None:
    with pytest.raises(ValueError, match="read-only"):
        world.base["copper.refined"].flow[0, 0] = 1.0


def test_a_seventh_mineral_is_a_folder_of_tables(cobalt: Path, world: World) -> None:
    wider = load(cobalt)
    assert set(wider.catalog.minerals) == {*world.catalog.minerals, "cobalt"}
    ore, metal = wider.base["cobalt.hydroxide"], wider.base["cobalt.metal"]
    assert ore.trade()["COD", "EU27"] == pytest.approx(77, rel=1e-12)
    assert metal.supply.median == 0.2
    assert ore.supply.median == 0.1
    assert {b.region: (b.cover, b.growth) for b in metal.buyers} == {"CHN": (1, -1), "USA": (2, 4), "EU27": (1, 4)}
    assert [(row.product, row.region, row.months) for row in wider.stockpiles if row.product == "cobalt.metal"] == [
        ("cobalt.metal", "JPN", 3)
    ]
    assert wider.base["copper.refined"].flow.tobytes() == world.base["copper.refined"].flow.tobytes()


def test_a_shipped_mineral_can_be_replaced_and_a_region_renamed(cobalt: Path) -> None:
    folder = cobalt / "gold"
    (cobalt / "cobalt").rename(folder)
    for path in folder.glob("*.csv"):
        path.write_text(path.read_text(encoding="utf-8").replace("cobalt.", "gold."), encoding="utf-8")
    (cobalt / "regions.csv").write_text(
        "id,name,members,lon,lat,group,source\nUSA,America,USA,-98.5,39.5,consumer,made for a test\n", encoding="utf-8"
    )
    world = load(cobalt)
    assert [product.id for product in world.catalog.chain("gold")] == ["gold.hydroxide", "gold.metal"]
    assert world.regions["USA"].name == "America"
