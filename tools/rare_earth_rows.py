"""Rare earths: ore to separators, then oxides and magnets from maker to user."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from raw_tables import BACI, SMALLEST, YEAR, Flows, baci, read, totals, write

from supplysim.world.kit.from_trade import LED_BACK
from supplysim.world.kit.hubs import led_back

MAGNETS_OF_ALL = "rare_earths.magnets"
SMALL = 10
"""t REO below which amounts of the two grades are kept in hundredths."""
MCS26 = "USGS Mineral Commodity Summaries 2026"
CONTAINED = 0.356  # t REO a t of NdFeB magnet
FINISHED = 0.72  # finished magnet a t of alloy
RECOVERY = 254.0 / 270.0  # China's separation quota over its mining quota
MAGNET_USD_T = 49181.0
HEAVY = 0.43
"""Share of magnets of heavy grades: 0.85 % Dy in the mean magnet over 2 % in heavy ones, everywhere (an assumption)."""
MAGNETS = {  # region: finished t, capacity t, confidence, source
    "CHN": (260000 * FINISHED, None, "B", "SMM Jun 2024: 260 kt of blanks forecast x 0.72 finished (Argus scrap rate)"),
    "JPN": (14000, 16000, "R", "assumption: 14 kt in a range of 11 to 16"),
    "EU27": (1000, 1500, "R", "assumption: VAC, Neorem and Magneti make about 1 kt; VAC's capacity 1.5 kt"),
    "VNM": (0.8 * 2200, 2200, "C", "Shin-Etsu capacity of 2.2 kt (trade press, 2022) at an assumed 80 %"),
    "THA": (0.8 * 1800, 1800, "C", "Neo's powder capacity of 1.8 kt (trade press, 2022) at an assumed 80 %"),
    "KOR": (800, 1000, "R", "assumption: capacity of 1 kt at 80 %"),
}  # fmt: skip
FACTORS = {"CHN": 0.75, "MYS": 0.85, "JPN": 0.95, "EU27": 0.9, "USA": 0.6, "IND": 0.6, "VNM": 0.95}  # REO a t, 2846.90
FACTOR_REST, FACTOR_CERIUM, FACTOR_METAL, FACTOR_CARBONATE = 0.7, 0.8, 1.166, 0.435
ORE_EXPORTERS = ("MMR", "LAO", "RUS", "KAZ", "TUR", "AUS", "MDG", "NGA")  # ship ore, carbonate, or misreport tonnes
US_SOURCES = {"CHN": 0.71, "MYS": 0.13, "JPN": 0.05, "EU27": 0.05, "ROW": 0.06}
US_IMPORTS, US_EXPORTS, US_ORE_EXPORTS = (8454.0, 4300.0 + 8454.0 - 9010.0, 37500.0 - (3744.0 - 1249.0))
LAO_RATIO = 0.61  # REO a gross t: USGS Burma over BACI Burma to China
ORE_NOTES: dict[str, tuple[str, str, float | str]] = {
    "AUS": ("USGS Mineral Commodity Summaries 2025 (2024)", "MCS 2026 says 29 000 and World Mining Data 20 000; 13 000 "
            "fits the 31 200 t of concentrate shipped to Malaysia; capacity: USGS 16 000 t in 2023", 16000.0),
    "CHN": (f"{MCS26} (2024)", "the mining quota; undocumented output not included", 270000.0),
    "LAO": (f"{BACI} Chinese imports of 2846.90",
            "10 748 t gross x 0.61 t REO (the ratio of USGS's Burma to BACI's); part may be Burmese", ""),
    "ROW": (f"{MCS26} (2024) for Nigeria, Madagascar, others", "", ""),
    "MMR": (f"{MCS26} (2024)", "from Chinese customs; ion clay rich in heavy rare earths; 2023 was 43 000", 43000.0),
    "USA": (f"{MCS26} (2024)", "Mountain Pass; capacity: 51 000 t in 2025", 51000.0),
}  # fmt: skip
PLANT_NOTES: dict[str, tuple[str, str, str, float | str]] = {
    "CHN": ("derived", "(mining quota 270 000 + imported ore) x 254/270, the separation quota over the mining quota",
            "includes cerium and lanthanum that find few buyers", ""),
    "MYS": ("B", "Lynas FY2024 (metalnomist, Sep 2024); 16 780 t in the year to June 2023 as capacity",
            "six weeks of shutdown", 16780.0),
    "USA": ("A", f"{MCS26}: compounds and metals 2024; 2025 (8900 t) as capacity", "Mountain Pass and Utah", 8900.0),
    "IND": ("derived", f"{MCS26}: mine output 2900 t x 0.94", "IREL; assumption: separated at home", ""),
    "RUS": ("derived", f"{MCS26}: mine output 2600 t less carbonate exports ({BACI}) x 0.94", "small", ""),
    "EU27": ("derived", f"{BACI}: Russian carbonate to Estonia x 0.45 t REO x 0.94", "Silmet; La Rochelle works on "
             "bought compounds and is in use, not here", 3000.0),
}  # fmt: skip


def rare_earths(raw: Path, regions: dict[str, str]) -> None:
    """Ore to separators, then two matrices in which re-exports are led back to the region that makes the product."""
    ore = ore_output(raw, regions)
    ore_flows = ore_trade(raw, ore)
    plants, scrap = separators(ore, ore_flows), {"CHN": 34147.0, "JPN": 2000.0}
    separated = led_back(separated_trade(raw, regions), totals([*plants.items(), *scrap.items()])).flows
    magnets = led_back(magnet_trade(raw, regions), {r: fact[0] * CONTAINED for r, fact in MAGNETS.items()}).flows
    write("rare_earths", "production", rare_earth_production(ore, plants, scrap))
    use = rare_earth_use(ore, ore_flows, plants, separated, magnets)
    write("rare_earths", "use", ((*row, "")[:7] for row in use))
    write("rare_earths", "trade", rare_earth_trade(ore_flows, separated, magnets))


def ore_output(raw: Path, regions: dict[str, str]) -> dict[str, float]:
    """Mine output in t REO: USGS 2026, but Australia as USGS 2025 (see ranges.csv), and Laos from Chinese imports."""
    ore = totals(
        (regions.get(row["country_iso3"], "ROW"), float(row["value"]))
        for row in read(raw / "production/usgs_mcs_2026.csv")
        if (row["mineral"], row["stage"], row["year"]) == ("rare_earths", "mine", YEAR)
        and row["country_iso3"] != "WLD"
        and float(row["value"]) > 0
    )
    laos = sum(float(row["quantity_t"] or 0) for row in baci(raw, "284690") if row["exporter_iso3"] == "LAO")
    return ore | {"AUS": 13000.0, "LAO": laos * LAO_RATIO}


def ore_trade(raw: Path, ore: dict[str, float]) -> Flows:
    """Where ore and mixed carbonate go to be separated."""
    russian = totals(
        (row["importer_iso3"], float(row["quantity_t"] or 0) * 0.45)
        for code in ("284610", "284690")
        for row in baci(raw, code)
        if row["exporter_iso3"] == "RUS"
    )
    flows = {("RUS", "EU27"): russian["EST"], ("RUS", "CHN"): russian["CHN"], ("USA", "CHN"): US_ORE_EXPORTS}
    flows["AUS", "MYS"] = 10908.0 / RECOVERY
    return flows | {(r, "CHN"): ore[r] for r in ("LAO", "MMR", "THA", "VNM", "MYS", "BRA", "ROW")}


def separators(ore: dict[str, float], flows: Flows) -> dict[str, float]:
    """Separated output in t REO."""
    got = totals((b, v) for (_, b), v in flows.items())
    sent = totals((a, v) for (a, _), v in flows.items())
    return {
        "CHN": (ore["CHN"] + got["CHN"]) * RECOVERY,
        "MYS": 10908.0,
        "USA": 4300.0,
        "IND": ore["IND"] * RECOVERY,
        "RUS": (ore["RUS"] - sent["RUS"]) * RECOVERY,
        "EU27": got["EU27"] * RECOVERY,
    }


def separated_trade(raw: Path, regions: dict[str, str]) -> Flows:
    """Gross trade in oxides, salts and metals in t REO, re-exports included; the US as its own statistics have it."""
    flows = totals(
        pair
        for code in ("284610", "284690", "280530")
        for row in baci(raw, code)
        if (pair := separated_flow(code, row, regions)) is not None
    )
    exports = sum(v for (a, _), v in flows.items() if a == "USA")
    flows = {
        (a, b): v * (US_EXPORTS / exports if a == "USA" else 1.0) for (a, b), v in flows.items() if "USA" not in (b,)
    }
    return flows | {(a, "USA"): share * US_IMPORTS for a, share in US_SOURCES.items()}


def separated_flow(code: str, row: dict[str, str], regions: dict[str, str]) -> tuple[tuple[str, str], float] | None:
    """A shipment in t REO, or None for ore, intermediates sent to China, and tonnes that cannot be right."""
    origin, goal = (regions.get(row["exporter_iso3"], "ROW"), regions.get(row["importer_iso3"], "ROW"))
    tonnes, value = float(row["quantity_t"] or 0), float(row["value_kusd"])
    if row["exporter_iso3"] in ORE_EXPORTERS or origin == goal or not tonnes or value / tonnes < 0.5:
        return None
    if row["importer_iso3"] == "PHL" and value / tonnes < 10:  # residues for recovery
        return None
    if code == "284690" and goal == "CHN" and value / tonnes < 20:  # carbonate for separation, not an oxide
        return ((origin, goal), tonnes * FACTOR_CARBONATE) if origin == "MYS" else None
    factor = {"284610": FACTOR_CERIUM, "280530": FACTOR_METAL}.get(code, FACTORS.get(origin, FACTOR_REST))
    return (origin, goal), tonnes * factor


def magnet_trade(raw: Path, regions: dict[str, str]) -> Flows:
    """t REO in traded magnets: value x 0.92 (rare-earth share) over the Chinese export price."""
    return totals(
        ((a, b), float(row["value_kusd"]) * 1000 * 0.92 / MAGNET_USD_T * CONTAINED)
        for row in baci(raw, "850511")
        if (a := regions.get(row["exporter_iso3"], "ROW")) != (b := regions.get(row["importer_iso3"], "ROW"))
    )


def rare_earth_production(
    ore: dict[str, float], plants: dict[str, float], scrap: dict[str, float]
) -> Iterable[Sequence[object]]:
    for region, output in sorted(ore.items()):
        source, note, capacity = ORE_NOTES.get(region, (f"{MCS26} (2024)", "", ""))
        yield (
            "rare_earths.concentrate",
            region,
            "mine",
            output,
            capacity,
            "C" if region in ("LAO", "ROW") else "A",
            source,
            note,
        )
    for region, output in sorted(plants.items()):
        confidence, source, note, capacity = PLANT_NOTES[region]
        yield ("rare_earths.separated", region, "plant", output, capacity, confidence, source, note)
    yield ("rare_earths.separated", "CHN", "recycling", scrap["CHN"], 80000.0, "B", "Argus Apr 2025; capacity 80 kt: "
           "Ji'an Xintai", "mostly magnet-making swarf, which the magnet yield of 0.72 sends back")  # fmt: skip
    yield ("rare_earths.separated", "JPN", "recycling", scrap["JPN"], 2000.0, "R", "assumption: Shin-Etsu and others "
           "recover about 2 kt from swarf and toll material", "")  # fmt: skip
    for region, (finished, most, confidence, source) in MAGNETS.items():
        limit = most * CONTAINED if most else ""
        yield from grades(region, "plant", finished * CONTAINED, limit, confidence, source,
                          f"{finished:.0f} t of finished magnets x 0.356 t REO")  # fmt: skip


def rare_earth_use(
    ore: dict[str, float], ore_flows: Flows, plants: dict[str, float], separated: Flows, magnets: Flows
) -> Iterable[Sequence[object]]:
    for region, label in (("USA", "at Mountain Pass"), ("AUS", "at Mt Weld and Kalgoorlie")):
        sent = sum(v for (a, _), v in ore_flows.items() if a == region)
        left = ore[region] - sent - plants.get(region, 0.0) / RECOVERY
        yield ("rare_earths.concentrate", region, left, "derived", "mine output less ore exports and the feed of own "
               "plants", f"stock change and process losses {label}, not a use", "stock_change")  # fmt: skip
    feed_ = {region: fact[0] * CONTAINED / FINISHED for region, fact in MAGNETS.items()}
    source = f"apparent: output + imports - exports ({BACI} x t REO factors), less what magnet makers take"
    for region, amount in sorted(totals((b, v) for (_, b), v in separated.items()).items()):
        if amount - feed_.get(region, 0.0) > SMALLEST:
            note = "includes building of cerium and lanthanum stocks" if region == "CHN" else "non-magnet uses"
            yield ("rare_earths.separated", region, amount - feed_.get(region, 0.0), "derived", source, note)
    source = f"apparent: output + imports - exports ({BACI} HS 8505.11: value x 0.92 / 49 181 USD/t x 0.356)"
    for region, amount in sorted(totals((b, v) for (_, b), v in magnets.items()).items()):
        if amount > SMALLEST:
            yield from grades(region, amount, "derived", source, "t REO in magnets built in, by first user")


def rare_earth_trade(ore_flows: Flows, separated: Flows, magnets: Flows) -> Iterable[Sequence[object]]:
    for (a, b), flow in sorted(ore_flows.items()):
        known = int((a, b) in (("MMR", "CHN"), ("USA", "CHN")))
        note = {"USA": "exports of ores and compounds 37 500 t less compounds", "AUS": "Lynas' feed: output / 0.94"}
        source = MCS26 if a not in ("AUS", "LAO", "RUS") else f"{BACI}, x t REO factors"
        yield ("rare_earths.concentrate", a, b, flow, "derived", known, source,
               note.get(a, "sold to the only outlet known"))  # fmt: skip
    for product, flows, codes in (
        ("rare_earths.separated", separated, "2846.10, 2846.90, 2805.30 x t REO a t (US imports: USGS)"),
        (MAGNETS_OF_ALL, magnets, "8505.11: value x 0.92 / 49 181 USD/t x 0.356 t REO"),
    ):
        for (a, b), flow in sorted(flows.items()):
            if a != b and flow >= SMALLEST:
                cells = a, b, flow, "derived", 0, f"{BACI}, HS {codes}", LED_BACK
                yield from (grades(*cells) if product == MAGNETS_OF_ALL else [(product, *cells)])


def grades(*cells: object) -> Iterable[Sequence[object]]:
    """A row of magnets as two: heavy grades and others; amounts stay whole, or in hundredths where they are small."""
    heavy, other = list(cells), list(cells)
    for at, cell in enumerate(cells):
        if isinstance(cell, float):
            whole = round(cell)
            part = round(whole * HEAVY, 0 if whole >= SMALL else 2)
            heavy[at], other[at] = f"{part:.10g}", f"{whole - part:.10g}"
    heavy[-1], other[-1] = (f"{cells[-1]}; heavy grades: 43 %", f"{cells[-1]}; without heavy grades: 57 %")
    yield f"{MAGNETS_OF_ALL}_heavy", *heavy
    yield MAGNETS_OF_ALL, *other
