"""Gathers published numbers that the base year is audited against, for maintainers.

    python tools/make_published.py RAW_DIR

RAW_DIR holds production, trade and uranium tables as their publishers have them. Why ours differs from a number stands
in published_reasons.py; `supplysim data --audit` prints number, ours, ratio and reason.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from published_reasons import REASONS
from raw_tables import LATER, TABLES, read, region_of

from supplysim.world.kit.write import replace_table, table
from supplysim.world.published import COLUMNS

USGS = "USGS Mineral Commodity Summaries 2026 data release (2024)"
BACI = "CEPII BACI V202601 (Etalab Open Licence 2.0), year 2024"
ORES = "CEPII BACI (Etalab Open Licence 2.0), HS92 vintage to 2024, year 2024"
WMD = "World Mining Data 2026, single fact (2024)"
WNA = "World Nuclear Association, World Nuclear Power Reactors & Uranium Requirements, single fact (2024)"
EIA = "EIA Uranium Marketing Annual Report 2024: purchases by origin, shares rounded to 1 %"
YEAR = "2024"
LARGEST = 6
"""Links of each trade code that are compared, besides those of Central Asia."""
ASIA = ("KAZ", "UZB", "KGZ", "TJK", "TKM")
ASIAN = 0.002
"""Share of a code's trade from which on a Central Asian link is compared."""

Fact = tuple[str, str, str, float, str, str, str]
MINED = {
    ("antimony", "mine"): ("antimony.concentrate", "mine_output", "t Sb", 1.0),
    ("copper", "mine"): ("copper.concentrate", "mine_output", "t Cu", 1000.0),
    ("copper", "refinery"): ("copper.refined", "output", "t Cu", 1000.0),
    ("gold", "mine"): ("gold.dore", "mine_output", "t Au", 1.0),
    ("graphite", "mine"): ("graphite.natural", "mine_output", "t product", 1.0),
    ("tungsten", "mine"): ("tungsten.concentrate", "mine_output", "t W", 1.0),
    ("rare_earths", "mine"): ("rare_earths.concentrate", "mine_output", "t REO", 1.0),
    ("titanium", "mine"): ("titanium.unwrought", "output", "t Ti", 1.0),
}
"""USGS's tables, the product, quantity and unit that they are compared with, and tonnes a unit of theirs."""
SALIENT = {
    ("antimony", "Consumption, apparent"): ("antimony.metal", "purchases", "t Sb", 1.0),
    ("antimony", "Net import reliance as a percentage of apparent consumption"): (
        "antimony.metal", "net_import_reliance", "fraction", 0.01),
    ("copper", "Imports for consumption: Refined"): ("copper.refined", "imports", "t Cu", 1000.0),
    ("copper", "Exports: Refined"): ("copper.refined", "exports", "t Cu", 1000.0),
    ("copper", "Exports: Ore and concentrate"): ("copper.concentrate", "exports", "t Cu", 1000.0),
    ("copper", "Consumption: Reported, refined copper"): ("copper.refined", "use", "t Cu", 1000.0),
    ("copper", "Net import reliance as a percentage of apparent consumption"): (
        "copper.refined", "net_import_reliance", "fraction", 0.01),
    ("gallium", "Imports for consumption: Metal"): ("gallium.primary", "imports", "t Ga", 0.001),
    ("gallium", "Consumption, reported"): ("gallium.primary", "use", "t Ga", 0.001),
    ("gallium", "Net import reliance as a percentage of reported consumption"): (
        "gallium.primary", "net_import_reliance", "fraction", 0.01),
    ("gold", "Consumption, reported"): ("gold.refined", "use", "t Au", 1.0),
    ("gold", "Imports for consumption"): ("gold.dore+gold.refined", "imports", "t Au", 1.0),
    ("gold", "Exports"): ("gold.dore+gold.refined", "exports", "t Au", 1.0),
    ("graphite", "Imports for consumption"): ("graphite.natural", "imports", "t product", 1.0),
    ("graphite", "Consumption, apparent"): ("graphite.natural", "use", "t product", 1.0),
    ("graphite", "Net import reliance as a percentage of apparent consumption"): (
        "graphite.natural", "net_import_reliance", "fraction", 0.01),
    ("rare_earths", "Imports: Compounds"): ("rare_earths.separated", "imports", "t REO", 1.0),
    ("rare_earths", "Exports: Ores and compounds"): (
        "rare_earths.concentrate+rare_earths.separated", "exports", "t REO", 1.0),
    ("rare_earths", "Consumption, apparent, compounds and metals"): ("rare_earths.separated", "use", "t REO", 1.0),
    ("rare_earths", "Net import reliance as a percentage of apparent consumption: Compounds and metals"): (
        "rare_earths.separated", "net_import_reliance", "fraction", 0.01),
    ("titanium", "Imports for consumption"): ("titanium.unwrought", "imports", "t Ti", 1.0),
    ("titanium", "Consumption, apparent"): ("titanium.unwrought", "use", "t Ti", 1.0),
    ("tungsten", "Imports for consumption: Ores and concentrates"): ("tungsten.concentrate", "imports", "t W", 1.0),
    ("tungsten", "Exports: Ores and concentrates"): ("tungsten.concentrate", "exports", "t W", 1.0),
    ("tungsten", "Imports for consumption: Other forms"): ("tungsten.apt", "imports", "t W", 1.0),
    ("tungsten", "Exports: Other forms"): ("tungsten.apt", "exports", "t W", 1.0),
}  # fmt: skip
"""USGS's salient statistics of the United States, and what they are compared with."""
TRADED = (
    ("copper.concentrate", ("260300",), "baci_hs92_bilateral_2005_2024", 8344.0, 0.0, "t Cu", ORES),
    ("copper.refined", ("740311",), "baci_refined_bilateral_2005_2024", 0.0, 0.9999, "t Cu", BACI),
    ("gold.dore+gold.refined", ("710812",), "baci_hs92_bilateral_2005_2024", 76775983.0, 0.0, "t Au", ORES),
    ("tungsten.concentrate", ("261100",), "baci_hs92_bilateral_2005_2024", 25422.0, 0.0, "t W", ORES),
    ("antimony.concentrate", ("261710",), "baci_hs92_bilateral_2005_2024", 15803.0, 0.0, "t Sb", ORES),
    ("antimony.metal", ("811010",), "baci_refined_bilateral_2005_2024", 0.0, 0.9965, "t Sb", BACI),
    ("titanium.unwrought", ("810820",), "new", 0.0, 1.0, "t Ti", BACI),
    ("graphite.natural", ("250410", "250490"), "new", 0.0, 1.0, "t product", BACI),
    ("beryllium.unwrought", ("811212",), "new", 1000.0, 0.0, "k USD", BACI),
)
"""Trade codes with their file, USD a t contained (by value) or content (by weight), unit and source."""
BEYOND = (("graphite.natural", ("MDG", "MEX", "TZA", "UKR", "MOZ")), ("titanium.unwrought", ("SAU",)))
"""Regions that export more than they make."""
URANIUM = {"KAZ", "CAN", "NAM", "AUS", "UZB", "RUS", "NER", "CHN"}
REACTORS = {"USA", "CHN", "RUS", "KOR", "JPN", "IND", "UKR", "GBR"}


def main(raw: Path) -> None:
    """Write published.csv."""
    regions = region_of(read(TABLES / "regions.csv"), apart=LATER)
    alone = {
        iso: region for iso, region in regions.items() if list(regions.values()).count(region) == 1 or iso == region
    }
    facts = [
        *mined(raw, alone),
        *salient(raw),
        *traded(raw, regions),
        *beyond(raw, regions),
        *uranium(raw),
        *copper(raw),
    ]
    if left := unused(facts):
        raise SystemExit(f"reasons for which there is no number: {sorted(left)}")
    rows = [(p, q, r, f"{v:.4g}" if abs(v) < 1000 else f"{v:.0f}", u, c, s, REASONS.get((p, q, r), ""))
            for p, q, r, v, u, c, s in facts]  # fmt: skip
    replace_table(TABLES / "published.csv", table(COLUMNS, rows))


def mined(raw: Path, alone: dict[str, str]) -> Iterator[Fact]:
    """Output of 2024 by country, where a region is a country."""
    for row in read(raw / "production/usgs_mcs_2026.csv"):
        key = row["mineral"], row["stage"]
        if key in MINED and row["year"] == YEAR and row["country_iso3"] in alone and float(row["value"] or 0) > 0:
            product, quantity, unit, tonnes = MINED[key]
            amount = float(row["value"]) * (1.0 if row["unit"] == "metric tons" else tonnes)
            yield product, quantity, alone[row["country_iso3"]], amount, unit, "A", USGS


def salient(raw: Path) -> Iterator[Fact]:
    """American trade, use and reliance of 2024."""
    for row in read(raw / "production/us_salient_usgs_mcs_2026.csv"):
        found = SALIENT.get((row["mineral"], row["statistic"]))
        pigment = row["mineral"] == "titanium" and float(row["value"] or 0) > 100000
        if found and row["year"] == YEAR and row["value"] and not pigment:
            product, quantity, unit, tonnes = found
            yield product, quantity, "USA", float(row["value"]) * tonnes, unit, "A", USGS


def flows(raw: Path, code: tuple[object, ...], regions: dict[str, str]) -> dict[tuple[str, str], float]:
    """Trade between regions in the product's unit."""
    _, codes, file, usd_per_t, content, *_ = code
    name = "new_minerals/trade_baci_2024_new_minerals.csv.gz" if file == "new" else f"trade/{file}.csv.gz"
    found: dict[tuple[str, str], float] = {}
    for row in read(raw / name):
        if row.get("hs92", row.get("hs6")) not in codes or row.get("year", YEAR) != YEAR:  # type: ignore[operator]
            continue
        ends = regions.get(row["exporter_iso3"], "ROW"), regions.get(row["importer_iso3"], "ROW")
        tonnes = float(row["quantity_t"]) if row["quantity_t"] not in ("", "NA") else 0.0
        amount = 1000.0 * float(row["value_kusd"] or 0) / usd_per_t if usd_per_t else tonnes * content  # type: ignore[operator]
        if ends[0] != ends[1]:
            found[ends] = found.get(ends, 0.0) + amount
    return found


def traded(raw: Path, regions: dict[str, str]) -> Iterator[Fact]:
    """The largest links of each code, and Central Asia's, as customs have them: with hubs and re-exports."""
    for code in TRADED:
        product, _, _, _, content, unit, source = code
        found = flows(raw, code, regions)
        total = sum(found.values())
        ranked = sorted(((v, ends) for ends, v in found.items() if "ROW" not in ends), reverse=True)
        chosen = [ends for _, ends in ranked[:LARGEST]]
        chosen += [ends for v, ends in ranked[LARGEST:] if ends[0] in ASIA and v > ASIAN * total]
        for ends in chosen:
            yield product, "flow", ">".join(ends), found[ends], unit, "A" if content else "derived", source


def beyond(raw: Path, regions: dict[str, str]) -> Iterator[Fact]:
    """Exports of those that send more than they make."""
    for product, places in BEYOND:
        code = next(code for code in TRADED if code[0] == product)
        found = flows(raw, code, regions)
        for region in places:
            yield (
                product,
                "exports",
                region,
                sum(v for (a, _), v in found.items() if a == region),
                code[5],
                "A",
                code[6],
            )


def uranium(raw: Path) -> Iterator[Fact]:
    """Mines, reactors and American purchases by origin: single facts."""
    for row in read(raw / "uranium/mine_output_2018_2024.csv"):
        if row["year"] == YEAR and row["country_iso3"] in URANIUM:
            yield "uranium.concentrate", "mine_output", row["country_iso3"], float(row["value"]), "tU", "B", WMD
    for row in read(raw / "uranium/reactor_requirements_2018_2024.csv"):
        if row["year"] == YEAR and row["country_iso3"] in REACTORS:
            what = "uranium.concentrate+uranium.enriched"
            yield what, "use", row["country_iso3"], float(row["value"]), "tU", "B", WNA
    for row in read(raw / "uranium/flows_known.csv"):
        by_origin = row["consumer_region"] == "USA" and row["basis"].startswith("purchases_delivered_by")
        if row["year"] == YEAR and by_origin and row["supplier_iso3"] != "USA":
            ends = f"{row['supplier_iso3']}>USA"
            yield "uranium.concentrate", "flow", ends, float(row["value_tU"]), "tU", "B", EIA


def copper(raw: Path) -> Iterator[Fact]:
    """Apparent use of refined copper where output is the USGS's: the BGS's tables may not be passed on."""
    for row in read(raw / "production/copper_apparent_refined_use_2024.csv"):
        if row["region"] not in ("ROW", "USA") and "BGS" not in row["source"]:
            source = "refinery output (USGS MCS 2026) less net exports (CEPII BACI V202601, HS 740311), 2024"
            yield (
                "copper.refined",
                "use",
                row["region"],
                1000 * float(row["apparent_use_kt"]),
                "t Cu",
                "derived",
                source,
            )


def unused(facts: Iterable[Fact]) -> set[tuple[str, str, str]]:
    """Reasons for which there is no number."""
    return set(REASONS) - {(p, q, r) for p, q, r, *_ in facts}


if __name__ == "__main__":
    main(Path(sys.argv[1]))
