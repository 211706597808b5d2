"""Uranium's tables against figures that publishers state, first as written and then in the balanced base year."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from supplysim import world
from supplysim.world import World

FOLDER = Path(world.__file__).parent / "tables" / "uranium"
MINED, ENRICHED = "uranium.concentrate", "uranium.enriched"
Row = dict[str, str]


def table(name: str) -> list[Row]:
    with (FOLDER / f"{name}.csv").open(newline="", encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


def mines() -> dict[str, float]:
    return {
        row["region"]: float(row["output_t"])
        for row in table("production")
        if row["product"] == MINED and row["kind"] == "mine"
    }


def inflow(product: str, region: str) -> dict[str, float]:
    return {
        row["from"]: float(row["flow_t"]) for row in table("trade") if row["product"] == product and row["to"] == region
    }


@pytest.fixture(scope="module")
def base() -> World:
    return world.load()


def shares(base: World, product: str, region: str) -> dict[str, float]:
    flows = {origin: flow for (origin, to), flow in base.base[product].trade().items() if to == region}
    return {origin: flow / sum(flows.values()) for origin, flow in flows.items()}


def test_kazakhstan_mines_four_tenths_of_the_worlds_uranium() -> None:
    mined = mines()
    assert sum(mined.values()) == pytest.approx(60213, rel=0.01)  # World Nuclear Association, 2024
    assert mined["KAZ"] / sum(mined.values()) == pytest.approx(0.385, abs=0.01)
    assert (mined["KAZ"] + mined["UZB"]) / sum(mined.values()) == pytest.approx(0.454, abs=0.01)


def test_reactors_need_what_the_world_nuclear_association_says() -> None:
    stock_building = 4996  # bought by China, not burnt
    used = sum(float(row["use_t"]) for row in table("use")) - stock_building
    assert used == pytest.approx(67000, rel=0.01)


def test_secondary_supply_fills_the_gap_and_stays_below_the_published_ceiling() -> None:
    other = sum(float(row["output_t"]) for row in table("production") if row["kind"] in ("other", "recycling"))
    assert 0.1 * 67000 < other < 14000  # Euratom quoting the WNA: less than 14 000 tU
    assert sum(mines().values()) + other == pytest.approx(sum(float(row["use_t"]) for row in table("use")), abs=20)


def test_the_american_plant_is_fed_with_the_origins_that_eia_publishes() -> None:
    feed = inflow(MINED, "USA")
    assert "RUS" not in feed  # Russian uranium comes enriched
    assert feed["CAN"] / feed["KAZ"] == pytest.approx(36 / 24, rel=0.01)
    assert feed["AUS"] / feed["UZB"] == pytest.approx(17 / 9, rel=0.01)
    assert feed["NAM"] / feed["KAZ"] == pytest.approx(4 / 24, rel=0.01)


def test_american_enrichment_by_origin_is_eias_table_16() -> None:
    total, requirement = 15159.258, 18137.0
    bought = inflow(ENRICHED, "USA")
    for origin, kswu in {"RUS": 3042.634, "GBR": 1308.208, "EU27": 2672.778 + 2242.908 + 1046.155}.items():
        assert bought[origin] == pytest.approx(kswu / total * requirement, abs=1)
    known = {row["from"] for row in table("trade") if row["to"] == "USA" and row["known"] == "1"}
    assert {"RUS", "GBR", "EU27"} <= known


def test_only_what_is_published_is_held() -> None:
    held = [row for row in table("trade") if row["known"] == "1"]
    assert {row["to"] for row in held} == {"USA"}
    assert all(row["confidence"] in ("A", "B", "derived") for row in held)


def test_a_ban_on_russian_fuel_meets_western_plants_that_are_nearly_full() -> None:
    load = {
        row["region"]: float(row["output_t"]) / float(row["capacity_t"])
        for row in table("production")
        if row["product"] == ENRICHED and row["kind"] == "plant"
    }
    assert all(load[region] > 0.85 for region in ("USA", "EU27", "GBR"))
    assert load["RUS"] < 0.7
    assert max(load.values()) <= 1.001


def test_balancing_hardly_moves_the_tables(base: World) -> None:
    moved = {
        (row.product, row.region, row.name): row.after / row.before
        for row in base.audit
        if row.product.startswith("uranium.")
    }
    assert min(moved.values()) > 0.97
    assert max(moved.values()) < 1.03


def test_the_united_states_get_a_fifth_of_their_enrichment_from_russia(base: World) -> None:
    assert shares(base, ENRICHED, "USA")["RUS"] == pytest.approx(0.20, abs=0.01)
    assert shares(base, ENRICHED, "EU27")["RUS"] == pytest.approx(0.24, abs=0.02)


def test_the_eu_complex_gets_as_much_kazakh_uranium_as_euratom_counts(base: World) -> None:
    flows = base.base[MINED].trade()
    assert flows["KAZ", "EU27"] == pytest.approx(3145, rel=0.1)  # ESA 2022; 24 % of 2024 deliveries
    assert flows["NER", "EU27"] > 0.7 * mines()["NER"]


def test_kazakh_uranium_goes_east_and_north_first(base: World) -> None:
    flows = base.base[MINED].trade()
    assert 7242 <= flows["KAZ", "CHN"] <= 9600
    assert 4831 <= flows["KAZ", "RUS"] <= 9713  # ownership and customs, 2023
    assert flows["KAZ", "CHN"] + flows["KAZ", "RUS"] > 0.7 * mines()["KAZ"]


def test_russia_enriches_on_its_own_and_kazakh_uranium(base: World) -> None:
    feed = shares(base, MINED, "RUS")
    assert feed["RUS"] + feed["KAZ"] > 0.85
    assert sum(feed.get(origin, 0.0) for origin in ("CAN", "AUS", "USA", "NAM")) < 1e-6


def test_what_an_enricher_ships_is_what_it_is_fed(base: World) -> None:
    feed = base.base[MINED]
    fed = {
        buyer.region: got for buyer, got in zip(feed.buyers, feed.flow.sum(axis=0), strict=True) if buyer.user != "use"
    }
    for supplier, made in zip(base.base[ENRICHED].suppliers, base.base[ENRICHED].flow.sum(axis=1), strict=True):
        if supplier.kind == "plant":
            assert made == pytest.approx(fed[supplier.region], rel=1e-9)
