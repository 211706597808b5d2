"""Rare earths' tables against figures that publishers state, first as written and then in the balanced base year."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from supplysim import world
from supplysim.world import World

FOLDER = Path(world.__file__).parent / "tables" / "rare_earths"
ORE, OXIDE, MAGNET = "rare_earths.concentrate", "rare_earths.separated", "rare_earths.magnets"
HEAVY = "rare_earths.magnets_heavy"
MAGNETS = (HEAVY, MAGNET)
DYSPROSIUM = "heavy_rare_earths.separated"
MAGNET_REO = 0.356  # t REO a t of magnet
Row = dict[str, str]


def table(name: str) -> list[Row]:
    with (FOLDER / f"{name}.csv").open(newline="", encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


def made(product: str) -> dict[str, float]:
    output: dict[str, float] = {}
    for row in table("production"):
        if row["product"] == product:
            output[row["region"]] = output.get(row["region"], 0.0) + float(row["output_t"])
    return output


def used(product: str) -> dict[str, float]:
    return {row["region"]: float(row["use_t"]) for row in table("use") if row["product"] == product}


@pytest.fixture(scope="module")
def base() -> World:
    return world.load()


def shares(base: World, product: str, region: str, *, abroad: bool = False) -> dict[str, float]:
    flows = {
        origin: flow
        for (origin, to), flow in base.base[product].trade().items()
        if to == region and not (abroad and origin == region)
    }
    return {origin: flow / sum(flows.values()) for origin, flow in flows.items()}


def test_mines_are_usgs_2026_but_for_australia_and_laos() -> None:
    ore = made(ORE)
    assert ore["CHN"] == 270000
    assert ore["USA"] == 45500
    assert ore["MMR"] == 27000
    laos, australia = ore["LAO"], 29000 - ore["AUS"]
    assert sum(ore.values()) - laos + australia == pytest.approx(380000, rel=0.02)  # USGS world total, rounded


def test_the_publishers_who_disagree_are_in_the_ranges() -> None:
    ranges = {(row["product"], row["region"]): row for row in table("ranges")}
    australia = ranges[ORE, "AUS"]
    assert (float(australia["low"]), float(australia["high"])) == (13000, 29000)
    assert {(ORE, "MMR"), (ORE, "THA"), (OXIDE, "USA")} <= set(ranges)


def test_chinas_separators_make_the_quota_and_what_they_import() -> None:
    imported = sum(float(row["flow_t"]) for row in table("trade") if row["product"] == ORE and row["to"] == "CHN")
    plants = next(
        float(row["output_t"])
        for row in table("production")
        if (row["product"], row["region"], row["kind"]) == (OXIDE, "CHN", "plant")
    )
    assert plants == pytest.approx(254000 + imported * 254 / 270, abs=2)


def test_scrap_is_about_a_twelfth_of_supply() -> None:
    supply = sum(made(ORE).values()) + 34147
    assert 34147 / supply == pytest.approx(0.075, abs=0.01)  # Argus: 34 of 454 kt


def test_japans_demand_is_what_its_metals_society_counts(base: World) -> None:
    bought = sum(flow for (_, to), flow in base.base[OXIDE].trade().items() if to == "JPN")
    assert bought == pytest.approx(18835, rel=0.1)  # product weight, 2024


def test_american_use_of_compounds_is_usgs_apparent_consumption() -> None:
    assert used(OXIDE)["USA"] == pytest.approx(9010, rel=0.05)


def test_chinas_magnet_exports_are_what_its_customs_count() -> None:
    exported = sum(float(row["flow_t"]) for row in table("trade") if row["product"] in MAGNETS and row["from"] == "CHN")
    assert exported / MAGNET_REO == pytest.approx(58152, rel=0.1)  # t of magnets, Adamas Intelligence


def test_europe_builds_in_about_twenty_thousand_tonnes_of_magnets() -> None:
    assert sum(used(each)["EU27"] for each in MAGNETS) / MAGNET_REO == pytest.approx(20000, rel=0.1)


def test_heavy_magnets_are_four_ninths_and_carry_two_percent_of_dysprosium_and_terbium(base: World) -> None:
    """43 % of all magnets; t Dy+Tb oxide a t REO x REO a t of magnet / oxide a t of metal x magnet yield = 2 %."""
    heavy, light = (sum(made(each).values()) for each in MAGNETS)
    assert heavy / (heavy + light) == pytest.approx(0.43, abs=0.001)
    (recipe,) = base.catalog.products[HEAVY].more
    assert recipe.product == DYSPROSIUM
    assert MAGNET_REO / recipe.yield_ / 1.15 * 0.72 == pytest.approx(0.02, rel=0.005)
    needed = {b.region: b.requirement for b in base.base[DYSPROSIUM].buyers if b.user == HEAVY}
    for region, output in base.base[HEAVY].output().items():
        assert needed[region] == pytest.approx(output / recipe.yield_, rel=1e-12)
    assert sum(needed.values()) / base.base[DYSPROSIUM].flow.sum() > 0.9, "nearly all goes into magnets"


def test_nobody_but_china_separates_dysprosium_and_laos_has_a_sixth_of_its_ore(base: World) -> None:
    assert set(base.base[DYSPROSIUM].output()) == {"CHN"}
    ore = base.base["heavy_rare_earths.concentrate"].output()
    assert ore["LAO"] / sum(ore.values()) == pytest.approx(0.18, abs=0.01)


def test_supply_of_each_market_meets_its_needs_as_written() -> None:
    recovery, finished, _ = (float(row["yield"]) for row in table("products")[1:])
    plants = {
        product: sum(
            float(row["output_t"])
            for row in table("production")
            if row["product"] == product and row["kind"] == "plant"
        )
        for product in (OXIDE, *MAGNETS)
    }
    needs = {
        ORE: sum(used(ORE).values()) + plants[OXIDE] / recovery,
        OXIDE: sum(used(OXIDE).values()) + sum(plants[each] for each in MAGNETS) / finished,
        **{each: sum(used(each).values()) for each in MAGNETS},
    }
    for product, need in needs.items():
        assert sum(made(product).values()) == pytest.approx(need, rel=0.02), product


def test_balancing_hardly_moves_the_tables(base: World) -> None:
    moved = {
        (row.product, row.region, row.name): row.after / row.before
        for row in base.audit
        if row.product.startswith("rare_earths.")
    }
    assert min(moved.values()) > 0.95
    assert max(moved.values()) < 1.05


def test_china_separates_and_makes_magnets_for_nine_tenths_of_the_world(base: World) -> None:
    for product, low, high in ((OXIDE, 0.88, 0.95), (MAGNET, 0.90, 0.94), (HEAVY, 0.90, 0.94)):
        output = base.base[product].output()
        assert low < output["CHN"] / sum(output.values()) < high


def test_american_imports_are_mostly_chinese(base: World) -> None:
    assert shares(base, OXIDE, "USA", abroad=True)["CHN"] > 0.71  # USGS, before Chinese oxide sent through Japan
    assert shares(base, MAGNET, "USA", abroad=True)["CHN"] > 0.85


def test_malaysia_is_japans_second_source_and_lives_on_australian_ore(base: World) -> None:
    abroad = shares(base, OXIDE, "JPN", abroad=True)
    assert sorted(abroad, key=abroad.__getitem__)[-2:] == ["MYS", "CHN"]
    assert abroad["MYS"] > 0.1
    assert shares(base, ORE, "MYS")["AUS"] > 0.95


def test_chinas_imported_ore_is_american_and_burmese(base: World) -> None:
    abroad = shares(base, ORE, "CHN", abroad=True)
    assert sorted(abroad, key=abroad.__getitem__)[-2:] == ["MMR", "USA"]
    assert base.base[ORE].trade()["MMR", "CHN"] == pytest.approx(27000)


def test_hubs_that_make_no_magnets_ship_none(base: World) -> None:
    makers = {supplier.region for supplier in base.base[MAGNET].suppliers}
    assert not makers & {"CHE", "GBR", "MYS", "ROW", "USA"}
