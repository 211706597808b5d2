"""Derives production, use and trade of titanium, graphite, chromium and beryllium from a folder of raw tables.

Usage: python tools/make_newer_minerals.py RAW_DIR

RAW_DIR holds trade_baci_2024_new_minerals.csv.gz and trade_baci_exporter_totals_2024_new.csv in `new_minerals/`.
Prices, priors, stocks and the like are short and kept by hand, and so are gallium and heavy rare earths, whose flows
nobody publishes. Running it again gives the same files; what is cut is printed.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np
from raw_tables import LATER, TABLES, Flows, read, region_of, totals

from supplysim.world.kit.from_trade import LED_BACK
from supplysim.world.kit.hubs import by_region, led_back
from supplysim.world.kit.write import replace_table, texts

USGS = "USGS Mineral Commodity Summaries 2026 data release (2024)"
BACI = "CEPII BACI V202601 (Etalab Open Licence 2.0), year 2024"
LEAST = 20.0
"""t a year below which flows of titanium and graphite are left out."""
PAIRS = "new_minerals/trade_baci_2024_new_minerals.csv.gz"
Made = Mapping[str, float]
Rows = list[tuple[object, ...]]

TITANIUM = {"CHN": 256000.0, "IND": 300.0, "JPN": 57000.0, "KAZ": 19000.0, "RUS": 33000.0, "SAU": 14000.0}
AEROSPACE = {
    "USA": (0.75, "aerospace and defence take most American titanium"),
    "EU27": (0.6, "aircraft and engine parts"),
    "GBR": (0.8, "engine parts"),
    "JPN": (0.25, "mostly plant, power and exports of mill products"),
    "KOR": (0.2, "mostly plant and ships"),
    "IND": (0.25, "space and aircraft"),
    "CAN": (0.5, "aircraft parts"),
}
"""Share of apparent use by aerospace: an assumption."""
BERYLLIUM = {"KAZ": 25.0, "USA": 50.2, "JPN": 16.9, "CHN": 7.9}
"""Percent of processing in 2016-20 (European Commission, CRM study 2023)."""
ORE_PER_T = 2.35
"""t of chromite ore a t of ferrochrome, 2.2 to 2.5: an assumption."""
HOME = {"ZAF": 110e3, "KAZ": 74e3, "IND": 780e3, "RUS": 270e3, "TUR": 40e3, "BRA": 150e3}
"""t of ferrochrome used at home by its exporters."""
ORE_HUBS = (
    *("CHN", "EU27", "GBR", "USA", "SGP", "ARE", "MOZ", "KOR", "JPN", "THA", "MYS", "CHE", "CAN", "AUS", "RUS"),
)
"""Regions whose exports of chromite are re-exports or small."""
ALLOY_BUYERS = {"CHN": 2998.6, "IDN": 1110.7, "JPN": 685.7, "USA": 514.6, "KOR": 417.7, "EU27": 401.8 + 265.9 + 715,
                "ROW": 715}  # fmt: skip
"""M USD of ferrochrome imported, without Maputo."""
ORE_BUYERS = {"CHN": 3388.6 + 1982.2 + 92.7, "IDN": 630.2, "RUS": 134.3, "IND": 82.2, "ARE": 61.5, "ROW": 66.7,
              "EU27": 160.0, "USA": 80.0, "JPN": 80.0}  # fmt: skip
"""M USD of chromite imported, without Maputo."""
MINED_GROSS = {"ZAF": 22.9e6, "TUR": 9.3e6, "KAZ": 6.1e6, "IND": 3.37e6, "EU27": 1.94e6, "BRA": 1.4e6}
MAKERS = {
    "CHN": ("R", "Assumption: about 9.5 Mt, what ore imports of some 23 Mt allow"),
    "IDN": ("R", "Assumption: 1 Mt, what ore imports of 630 M USD allow"),
    "EU27": ("R", "Assumption: Outokumpu in Finland and smaller works"),
    "ROW": ("derived", "exports (CEPII BACI V202601, HS 720241): Zimbabwe, Albania, Oman, others"),
    "IND": ("R", "Assumption: exports and 0.8 Mt at home"),
    "RUS": ("R", "Assumption: exports and 0.27 Mt at home"),
}


def main(raw: Path) -> None:
    """Write the three derived tables of the four minerals."""
    regions = region_of(read(TABLES / "regions.csv"), apart=LATER)
    titanium(raw, regions)
    graphite(raw, regions)
    chromium(raw, regions)
    beryllium(raw, regions)


def write(mineral: str, tables: Mapping[str, Rows]) -> None:
    """Replace some tables of a mineral."""
    for name, rows in tables.items():
        replace_table(TABLES / mineral / f"{name}.csv", texts({name: rows})[name])


def trade(raw: Path, codes: Sequence[str], regions: Mapping[str, str], column: str = "quantity_t") -> Flows:
    """Trade between regions in one column's unit."""
    rows = (row for row in read(raw / PAIRS) if row["hs6"] in codes)
    pairs = (((row["exporter_iso3"], row["importer_iso3"]), float(row[column] or 0)) for row in rows)
    return by_region(totals(pairs), lambda iso: regions.get(iso, "ROW"))


def from_makers(name: str, gross: Flows, made: Made) -> tuple[Flows, dict[str, float]]:
    """Flows from maker to user and use, without those too small; what had to be cut is printed."""
    found = led_back(gross, made)
    for cut in found.cuts:
        if made.get(cut.region):
            print(f"{name}: {cut}")
    flows = {ends: tonnes for ends, tonnes in found.flows.items() if tonnes > LEAST}
    return flows, totals((user, tonnes) for (_, user), tonnes in flows.items())


def trade_rows(product: str, flows: Flows, source: str) -> Rows:
    return [(product, a, b, v, "derived", 0, source, LED_BACK) for (a, b), v in sorted(flows.items()) if a != b]


def titanium(raw: Path, regions: Mapping[str, str]) -> None:
    """Sponge and unwrought titanium: one product, two uses."""
    product = "titanium.unwrought"
    flows, users = from_makers(product, trade(raw, ("810820",), regions), TITANIUM)
    apparent = "apparent: output + imports - exports, by origin (USGS MCS 2026; CEPII BACI V202601, HS 810820)"
    use: Rows = []
    for region, used in sorted(users.items()):
        share, why = AEROSPACE.get(region, (0.0, ""))
        if share:
            for part, note, user in ((share, why, "aerospace"), (1 - share, "all other uses", "other")):
                source = f"Assumption: {100 * part:.0f} % of apparent use"
                use.append((product, region, used * part, "R", source, note, user))
        else:
            note = "uses not told apart: home sponge serves home aircraft" if region in ("CHN", "RUS") else ""
            use.append((product, region, used, "derived", apparent, note, "other"))
    capacity = {"KAZ": 26000}
    production: Rows = [
        (product, r, "other", v, capacity.get(r, ""), "A", USGS, "capacity: USGS, 2025" if r in capacity else "")
        for r, v in TITANIUM.items()
    ]
    rows = trade_rows(product, flows, f"{BACI}, HS 810820, tonnes")
    write("titanium", {"production": production, "use": use, "trade": rows})


def graphite(raw: Path, regions: Mapping[str, str]) -> None:
    """Natural graphite; output is in production.csv, rounded by its publisher."""
    product = "graphite.natural"
    made = {row["region"]: float(row["output_t"]) for row in read(TABLES / "graphite/production.csv")}
    flows, users = from_makers(product, trade(raw, ("250410", "250490"), regions), made)
    source = "apparent: output + imports - exports, by origin (USGS MCS 2026; CEPII BACI V202601, HS 250410 and 250490)"
    use: Rows = [(product, region, used, "derived", source, "first use") for region, used in sorted(users.items())]
    rows = trade_rows(product, flows, f"{BACI}, HS 250410 and 250490, tonnes")
    write("graphite", {"use": use, "trade": rows})


def beryllium(raw: Path, regions: Mapping[str, str]) -> None:
    """Unwrought beryllium in thousand USD: exports of its four makers, the rest used at home."""
    product = "beryllium.unwrought"
    gross = trade(raw, ("811212",), regions, "value_kusd")
    flows = {ends: v for ends, v in sorted(gross.items()) if ends[0] in BERYLLIUM and v > 10}
    sent, got = totals((a, v) for (a, _), v in flows.items()), totals((b, v) for (_, b), v in flows.items())
    world = sent["KAZ"] / (BERYLLIUM["KAZ"] / 100)
    made = {region: world * percent / 100 for region, percent in BERYLLIUM.items()}
    production: Rows = [
        (product, region, "other", value, "", "derived", "EU CRM study 2023 (mean of 2016-20): share of processing "
         f"{BERYLLIUM[region]:g} %, of a world that Kazakh exports (CEPII BACI V202601, HS 811212) scale", "")
        for region, value in made.items()
    ]  # fmt: skip
    left = {r: made.get(r, 0.0) - sent.get(r, 0.0) + got.get(r, 0.0) for r in {*made, *got}}
    use: Rows = [
        (product, region, used, "R", "Assumption: output less exports plus imports", "home use is what is not traded")
        for region, used in sorted(left.items()) if used > 1
    ]  # fmt: skip
    rows: Rows = [(product, a, b, v, "A", 0, f"{BACI}, HS 811212, thousand USD", "") for (a, b), v in flows.items()]
    write("beryllium", {"production": production, "use": use, "trade": rows})


def chromium(raw: Path, regions: Mapping[str, str]) -> None:
    """Chromite and ferrochrome: exporters observed, importers by value, destinations and ore balanced."""
    ore_sent, alloy_sent = (exports(raw, code, regions) for code in ("261000", "720241"))
    alloy = {r: alloy_sent.get(r, 0) + v for r, v in HOME.items()}
    alloy |= {"CHN": 9.5e6, "IDN": 1.0e6, "EU27": 450e3, "ROW": alloy_sent.get("ROW", 0) * 1.02}
    sold = {r: alloy_sent.get(r, 0.0) for r in alloy} | {"EU27": 100e3}
    alloys = pairs({r: v for r, v in sold.items() if v > 1000}, shared(ALLOY_BUYERS, sum(sold.values())))
    ores_from = {r: v for r, v in ore_sent.items() if r not in ORE_HUBS and v > 15e3}
    ores = pairs(ores_from, shared(ORE_BUYERS, sum(ores_from.values())))
    feed = {r: v * ORE_PER_T for r, v in alloy.items()}
    write("chromium", {
        "production": [*ore_rows(ores_from, ores, feed), *alloy_rows(alloy)],
        "use": chromium_use(ores_from, ores, feed, alloy, alloys),
        "trade": [*pair_rows("chromium.chromite", ores, "261000"),
                  *pair_rows("chromium.ferrochrome", alloys, "720241")],
    })  # fmt: skip


def exports(raw: Path, code: str, regions: Mapping[str, str]) -> dict[str, float]:
    rows = read(raw / "new_minerals/trade_baci_exporter_totals_2024_new.csv")
    return totals(
        (regions.get(r["exporter_iso3"], "ROW"), float(r["quantity_t"] or 0)) for r in rows if r["hs6"] == code
    )


def shared(value: Mapping[str, float], tonnes: float) -> dict[str, float]:
    """Tonnes shared out by value."""
    return {region: v / sum(value.values()) * tonnes for region, v in value.items()}


def pairs(sent: Mapping[str, float], got: Mapping[str, float]) -> Flows:
    """Who may have sold to whom, given both totals: fitted proportionally, no region to itself."""
    sellers, buyers = sorted(sent), sorted(got)
    rows, columns = np.array([sent[a] for a in sellers]), np.array([got[b] for b in buyers])
    flow = np.array([[float(a != b) for b in buyers] for a in sellers]) * np.outer(rows, columns)
    for _ in range(500):
        flow *= (rows / np.maximum(flow.sum(1), 1e-9))[:, None]
        flow *= columns / np.maximum(flow.sum(0), 1e-9)
    return {(a, b): float(flow[i, j]) for i, a in enumerate(sellers) for j, b in enumerate(buyers) if flow[i, j] > 1000}


def ore_output(sent: Made, ores: Flows, feed: Made) -> dict[str, float]:
    """Ore that exports and own smelters need beyond imports."""
    got = totals((b, v) for (_, b), v in ores.items())
    return {r: max(sent.get(r, 0) + feed.get(r, 0) - got.get(r, 0), 0) for r in sorted({*sent, *feed})}


def ore_rows(sent: Made, ores: Flows, feed: Made) -> Iterable[tuple[object, ...]]:
    source = "exports (CEPII BACI V202601, HS 261000) and the feed of own smelters"
    for region, tonnes in ore_output(sent, ores, feed).items():
        if tonnes > 15e3:
            note = f"USGS MCS 2026: {MINED_GROSS[region] / 1e6:.2f} Mt gross" if region in MINED_GROSS else ""
            yield "chromium.chromite", region, "mine", tonnes, "", "derived", source, note


def alloy_rows(alloy: Made) -> Iterable[tuple[object, ...]]:
    usual = "derived", "exports (CEPII BACI V202601, HS 720241) and a small home market"
    for region, tonnes in alloy.items():
        yield "chromium.ferrochrome", region, "plant", float(tonnes), "", *MAKERS.get(region, usual), ""


def chromium_use(sent: Made, ores: Flows, feed: Made, alloy: Made, alloys: Flows) -> Rows:
    got = totals((b, v) for (_, b), v in ores.items())
    ore = ore_output(sent, ores, feed)
    left = {r: ore.get(r, 0) + got.get(r, 0) - sent.get(r, 0) - feed.get(r, 0) for r in {*feed, *ORE_BUYERS}}
    rows: Rows = [
        ("chromium.chromite", region, float(tonnes), "R", "Assumption: ore that no smelter takes",
         "chemicals, refractories, foundry sand, and trading")
        for region, tonnes in sorted(left.items()) if tonnes > 1000
    ]  # fmt: skip
    sold, bought = totals((a, v) for (a, _), v in alloys.items()), totals((b, v) for (_, b), v in alloys.items())
    rows += [
        ("chromium.ferrochrome", region, float(alloy.get(region, 0) - sold.get(region, 0) + bought.get(region, 0)), "R",
         "Assumption: output less exports plus imports, by value shares of importers", "stainless steel")
        for region in sorted({*alloy, *ALLOY_BUYERS})
    ]  # fmt: skip
    return rows


def pair_rows(product: str, flows: Flows, code: str) -> Rows:
    source = f"CEPII BACI V202601: exporter totals and eight importers, HS {code}"
    return [
        (product, a, b, v, "C", 0, source, "balanced from margins, not observed") for (a, b), v in sorted(flows.items())
    ]


if __name__ == "__main__":
    main(Path(sys.argv[1]))
