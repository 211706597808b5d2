"""Uranium: owners' purchases by origin, and the enrichers that treat them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from raw_tables import BACI, SMALLEST, YEAR, Flows, fit, read, totals, write

SWU_PER_TU = 0.8416  # kSWU a tU of feed at 4.5 % and 0.22 % tails
WMD = "World Mining Data 2026 (BMF Austria), single fact"
WNA = "World Nuclear Association, Reactors and Uranium Requirements, single fact"
EIA = "EIA Uranium Marketing Annual Report 2024"
CANDU = 92.5  # tU a CANDU-6: Romania's 185 tU for two
NATURAL = {  # natural uranium burnt as such: tU, confidence, source, note
    "CAN": (1455.0, "A", WNA, "all Canadian reactors burn natural uranium"),
    "IND": (1325.0, "R", "assumption: requirement of 1725 tU (WNA) less 400 tU for light-water units", "PHWR"),
    "KOR": (3 * CANDU, "R", "assumption: three CANDU-6 at Romania's 92.5 tU each (WNA 185 tU for two)", "Wolsong"),
    "CHN": (2 * CANDU, "derived", "two CANDU-6 at 92.5 tU", "Qinshan III"),
    "EU27": (185.0, "A", WNA, "Romania's two CANDU-6"),
    "ROW": (219.0, "A", WNA, "Argentina"),
}  # fmt: skip
STOCK_BUILD = (
    "uranium.concentrate", "CHN", 4996.0, "derived", "Kazakh 8755 tU (customs value share) + Namibian 5350 (BACI) + "
    "own 1600 + feed in Russian enriched uranium 2978 (BACI) less requirements of China 13 132 and Pakistan 555 (WNA)",
    "what goes to stock, not to reactors: a standing policy (173 000 tU held according to Citi)", "stock_change",
)  # fmt: skip
WNA_SOLO = {"USA": "USA", "JPN": "JPN", "RUS": "RUS", "GBR": "GBR", "UKR": "UKR", "CHE": "CHE", "BRA": "BRA",
            "ZAF": "ZAF", "TUR": "TUR", "UAE": "ARE", "MEX": "MEX"}  # fmt: skip
TVEL = ("BLR", "ARM", "BGD", "IRN")  # supplied with Russian fuel; all in ROW
MOX = 823.0  # tU, a tenth of the French requirement of 8232
SWU_US = {"RUS": 3042.634, "USA": 2892.348, "EU27": 2672.778 + 2242.908 + 1046.155, "GBR": 1308.208}
SWU_US_TOTAL, US_NEED = 15159.258, 18137.0
CHINA_TO_US = 1413.0  # tU: 577 MUSD of HS 2844.20 in 2024 x the 2023 US share 315/445 / 1769 USD/kg x 0.7 x 8.717
US_OTHER = US_NEED * (1 - sum(SWU_US.values()) / SWU_US_TOTAL) - CHINA_TO_US
TO_ENRICHERS = {"USA": US_NEED - US_OTHER, "EU27": 13606.0 - MOX}
SHARES = {  # consumer -> share of its uranium that each enricher treats, confidence, source
    "USA": ({k: v / SWU_US_TOTAL * US_NEED / TO_ENRICHERS["USA"] for k, v in SWU_US.items()}
            | {"CHN": CHINA_TO_US / TO_ENRICHERS["USA"]}, "A", f"{EIA}, Table 16: SWU by origin x requirement"),
    "EU27": ({"EU27": 0.61, "RUS": 0.25, "GBR": 0.08, "USA": 0.04, "CHN": 0.02}, "C",
             "Russian share 23 to 25 % (Financial Times for 2024), own share above 60 % (press); the rest assumed"),
    "RUS": ({"RUS": 1.0}, "derived", "no imports of enriched uranium known"),
    "CHN": ({"CHN": 0.77, "RUS": 0.23}, "derived",
            "imports of HS 2844.20 1036 MUSD (BACI 2024) / 1769 USD/kg x 0.7 x 8.717 = 3570 tU, five sixths Russian"),
    "KOR": ({"RUS": 0.337, "EU27": 0.35, "GBR": 0.15, "USA": 0.12, "CHN": 0.043}, "C",
            "Russian share 33.7 % of imports 2023-24 (RIA from Comtrade); the rest assumed"),
    "JPN": ({"EU27": 0.50, "GBR": 0.26, "USA": 0.20, "JPN": 0.04}, "R", "assumption: Western enrichers, some own"),
    "UKR": ({"EU27": 0.42, "GBR": 0.29, "USA": 0.29}, "R", "assumption: Western enrichers since 2022"),
    "GBR": ({"GBR": 0.65, "EU27": 0.30, "USA": 0.05}, "R", "assumption: mostly Capenhurst"),
    "CHE": ({"EU27": 0.50, "GBR": 0.20, "RUS": 0.30}, "R", "assumption: mixed suppliers"),
    "IND": ({"RUS": 1.0}, "R", "assumption: Kudankulam's fuel is Russian, order of 400 tU"),
    "BRA": ({"EU27": 0.60, "GBR": 0.20, "BRA": 0.20}, "R", "assumption: Urenco, a fifth at Resende"),
    "ZAF": ({"EU27": 0.60, "USA": 0.40}, "R", "assumption: Western enrichers"),
    "TUR": ({"RUS": 1.0}, "derived", "Akkuyu runs on Russian package fuel (2023 matrix)"),
    "ARE": ({"EU27": 0.45, "RUS": 0.30, "GBR": 0.10, "USA": 0.15}, "R", "assumption: diversified contracts"),
    "MEX": ({"EU27": 0.5, "USA": 0.5}, "R", "assumption: Western enrichers"),
    "TVEL": ({"RUS": 1.0}, "derived", "Belarus, Armenia, Bangladesh, Iran: Russian package fuel (2023 matrix)"),
    "PAK": ({"CHN": 1.0}, "R", "assumption: Chinese fuel for Chinese reactors"),
}  # fmt: skip
CAPACITY_KSWU = {
    "RUS": (26600.0, "ESA and WNA nameplate 2015: 26 600 kSWU"),
    "EU27": (7000.0 + 14200.0 * 14 / 21, "ESA and WNA 2015: Orano 7000, Urenco 19 100 kSWU less 4900 in the USA, split "
             "NLD:GBR:DEU = 8:7:6 (Thunder Said Energy)"),
    "GBR": (14200.0 * 7 / 21, "ESA and WNA 2015: Urenco 19 100 kSWU less 4900 in the USA, split 8:7:6"),
    "USA": (4900.0, "Urenco USA 4900 kSWU (International Panel on Fissile Materials, 2023)"),
    "CHN": (26600.0 * 17 / 40, "Thunder Said Energy 2023: China 17 %, Russia 40 % of the world; Russia 26 600 kSWU"),
}  # fmt: skip
EIA_ORIGINS = {"CAN": 36, "KAZ": 24, "AUS": 17, "UZB": 9, "USA": 8, "NAM": 4, "RUS": 4}  # percent, sum 102
EU_ORIGINS = {"CAN": 33, "KAZ": 24, "RUS": 15, "AUS": 10}  # percent, ESA Annual Report 2024 as quoted
FIXED = {  # origin -> consumer, tU: owner's purchases that customs or contracts show
    ("KAZ", "CHN"): 8755.0, ("NAM", "CHN"): 5350.0, ("NAM", "EU27"): 1010.0, ("CAN", "CAN/natural"): 1455.0,
    ("UZB", "IND/natural"): 341.0, ("IND", "IND/natural"): 500.0, ("UZB", "JPN"): 1100.0,
}  # fmt: skip
RUSSIAN_TAILS = 6000.0
HOME_ONLY = ("RUS", "CHN")  # uranium mined there is enriched there
SOURCES_OF = {"RUS": ("RUS", "KAZ", "UZB", "ROW"), "CHN": ("CHN", "KAZ", "UZB", "NAM", "ROW")}  # 2023 matrix: no others
BEST_YEAR_MARGIN = 1.05
SECONDARY = "secondary"


def uranium(raw: Path, regions: dict[str, str]) -> None:
    """Owners' purchases by origin, passed to the enrichers they choose; what enrichers ship is what they are fed."""
    mines = totals(
        (regions.get(row["country_iso3"], "ROW"), float(row["value"]))
        for row in read(raw / "uranium/mine_output_2018_2024.csv")
        if row["year"] == YEAR and row["country_iso3"] != "WLD"
    )
    needs = owner_needs(raw)
    bought, secondary = owner_purchases(mines, needs, seed(raw))
    shipped = totals(
        ((enricher, name), need * share)
        for name, need in needs.items()
        if "/" not in name
        for enricher, share in SHARES[name][0].items()
    )
    fed = feed(bought, shipped)
    enriched = totals(((a, place(b)), v) for (a, b), v in shipped.items())
    write("uranium", "production", uranium_production(raw, regions, mines, secondary, enriched))
    write("uranium", "use", ((*row, "")[:7] for row in uranium_use(needs)))
    write("uranium", "trade", [*concentrate_trade(fed), *enriched_trade(enriched)])


def owner_needs(raw: Path) -> dict[str, float]:
    """tU that each consumer needs mined (or as feed): reactors' requirement less what comes enriched already."""
    wna = {
        row["country_iso3"]: float(row["value"])
        for row in read(raw / "uranium/reactor_requirements_2018_2024.csv")
        if row["year"] == YEAR
    }
    needs = {region: wna[iso] for iso, region in WNA_SOLO.items()} | TO_ENRICHERS
    needs |= {"CHN": wna["CHN"] - 2 * CANDU, "KOR": wna["KOR"] - 3 * CANDU, "IND": 400.0, "PAK": wna["PAK"]}
    needs["TVEL"] = sum(wna[iso] for iso in TVEL)
    return needs | {f"{region}/natural": fact[0] for region, fact in NATURAL.items()}


def seed(raw: Path) -> Flows:
    """The 2023 matrix (supplier x consumer) as the pattern of what no publisher states."""
    return {
        (row["supplier"].replace("SECONDARY", SECONDARY), row["consumer"]): float(row["value_tU"])
        for row in read(raw / "uranium/matrix_2023.csv")
    }


def owner_purchases(mines: dict[str, float], needs: dict[str, float], pattern: Flows) -> tuple[Flows, float]:
    """Uranium bought by origin and owner: stated shares and customs first, then the 2023 pattern on what is left."""
    fixed = stated_purchases(mines, needs)
    supply = mines | {"RUS": mines["RUS"] + RUSSIAN_TAILS, "USA": us_origin(needs)}
    origins, owners = list(supply), list(needs)
    left = np.array([max(supply[o] - sum(v for (a, _), v in fixed.items() if a == o), 0.0) for o in origins])
    open_ = np.array([max(needs[c] - sum(v for (_, b), v in fixed.items() if b == c), 0.0) for c in owners])
    secondary = float(open_.sum() - left.sum())
    rows = [*origins, SECONDARY]
    guess = np.array([[likely(o, c, pattern, fixed) for c in owners] for o in rows]) * open_
    done = fit(guess, np.append(left, secondary), open_)
    flows = totals(((o, c), float(done[i, j])) for i, o in enumerate(rows) for j, c in enumerate(owners))
    return totals([*flows.items(), *fixed.items()]), secondary


def us_origin(needs: dict[str, float]) -> float:
    return EIA_ORIGINS["USA"] / sum(EIA_ORIGINS.values()) * needs["USA"]


def stated_purchases(mines: dict[str, float], needs: dict[str, float]) -> Flows:
    """What publishers state: US and EU shares of origin, customs flows, home use, Russian package fuel."""
    total = sum(EIA_ORIGINS.values())
    flows = {(o, "USA"): p / total * needs["USA"] for o, p in EIA_ORIGINS.items()}
    flows |= {(o, "EU27"): p / 100 * needs["EU27"] for o, p in EU_ORIGINS.items()} | FIXED
    flows |= {("RUS", name): needs[name] for name in ("TUR", "TVEL", "IND")}
    flows["RUS", "CHN"] = SHARES["CHN"][0]["RUS"] * needs["CHN"]
    flows |= {("NER", "EU27"): mines["NER"], ("UKR", "UKR"): mines["UKR"], ("CHN", "CHN"): mines["CHN"]}
    china = {"KAZ": FIXED["KAZ", "CHN"], "NAM": FIXED["NAM", "CHN"]}
    for origin, amount in china.items():  # what Pakistan and the Chinese stock take, in proportion
        for name in ("PAK", "CHN/natural"):
            flows[origin, name] = needs[name] * amount / sum(china.values())
            flows[origin, "CHN"] -= flows[origin, name]
    flows["RUS", "RUS"] = mines["RUS"] + RUSSIAN_TAILS - sum(v for (o, _), v in flows.items() if o == "RUS")
    flows["KAZ", "RUS"] = needs["RUS"] - flows["RUS", "RUS"]
    return flows


def likely(origin: str, owner: str, pattern: Flows, fixed: Flows) -> float:
    """Weight of an origin in what an owner still has to buy: the 2023 matrix, nothing where it is known already."""
    column = place(owner) if place(owner) in ("CHN", "RUS", "JPN", "KOR", "IND", "USA") else "ROW"
    column = "EUU" if place(owner) == "EU27" else column
    if (origin, owner) in fixed or origin in HOME_ONLY or owner in ("RUS", "CHN", "PAK", "TVEL"):
        return 0.0
    floor = 0.0 if origin == "IND" else 1.0
    return pattern.get((origin, column), 0.0) + (floor if origin != SECONDARY else 100.0)


def feed(bought: Flows, shipped: Flows) -> Flows:
    """Uranium by origin and region of delivery: an enricher, or the user of natural uranium.

    Russian and Chinese uranium is enriched at home; the owner's other uranium is shared out among its enrichers in
    proportion to what they still have to get. The American plant is fed with the mix that US utilities buy.
    """
    flows: Flows = defaultdict(float)
    for owner in {b for _, b in bought}:
        own = {o: v for (o, b), v in bought.items() if b == owner}
        if "/" in owner:
            flows |= {(o, place(owner)): flows[o, place(owner)] + v for o, v in own.items()}
            continue
        wanted = {e: v for (e, b), v in shipped.items() if b == owner}
        for origin in HOME_ONLY:
            home = min(own.pop(origin, 0.0), wanted.get(origin, 0.0))
            flows[origin, origin] += home
            if origin in wanted:
                wanted[origin] -= home
        wanted = wanted if sum(wanted.values()) > SMALLEST else {e: v for (e, b), v in shipped.items() if b == owner}
        for origin, amount in own.items():
            for enricher, want in wanted.items():
                flows[origin, enricher] += amount * want / sum(wanted.values())
    return settle(totals(((place(a), b), v) for (a, b), v in flows.items()))


def settle(flows: Flows) -> Flows:
    """The same totals by origin and place, with EIA's origins (less the Russian one) at the American plant.

    Owners' uranium for Russian and Chinese plants is swapped: the plants get only what `SOURCES_OF` allows.
    """
    origins, places = sorted({a for a, _ in flows}), sorted({b for _, b in flows})
    matrix = np.array([[flows.get((o, p), 0.0) for p in places] for o in origins])
    rows, columns, usa = matrix.sum(axis=1), matrix.sum(axis=0), places.index("USA")
    western = {o: p for o, p in EIA_ORIGINS.items() if o != "RUS"}
    column = np.array([western.get(o, 0) for o in origins]) / sum(western.values()) * columns[usa]
    matrix[:, usa], columns[usa] = 0.0, 0.0
    for region, allowed in SOURCES_OF.items():
        matrix[[o not in allowed for o in origins], places.index(region)] = 0.0
    matrix = fit(matrix, rows - column, columns)
    matrix[:, usa] = column
    return totals(((o, p), float(matrix[i, j])) for i, o in enumerate(origins) for j, p in enumerate(places))


def place(name: str) -> str:
    """The region of an owner."""
    region = name.removesuffix("/natural")
    return {"PAK": "ROW", "TVEL": "ROW", SECONDARY: "ROW"}.get(region, region)


def uranium_production(
    raw: Path, regions: dict[str, str], mines: dict[str, float], secondary: float, enriched: Flows
) -> Iterable[Sequence[object]]:
    """Mines, secondary supply, enrichers and what comes enriched without a plant."""
    product = "uranium.concentrate"
    for region, output in sorted(mines.items()):
        if output > SMALLEST:
            capacity, note = mine_capacity(raw, regions, region, output)
            yield product, region, "mine", output, capacity, "A", WMD, note
    us_stock = us_origin(owner_needs(raw)) - mines["USA"]
    yield (product, "USA", "other", us_stock, us_stock, "derived", f"{EIA}: 8 % of purchases are of US origin, less "
           "mine output", "US-origin uranium out of inventories")  # fmt: skip
    yield (product, "RUS", "other", RUSSIAN_TAILS, RUSSIAN_TAILS, "R",
           "assumption: re-enrichment of tails and underfeeding with 10 million SWU that Russian plants have left over",
           "lower estimates: 3000 tU; with 6000 Kazakh uranium to Russia stays below customs' 9600 tU")  # fmt: skip
    yield (product, "ROW", "other", secondary, secondary, "derived",
           "requirements (WNA) less mines (World Mining Data) and the other secondary rows",
           "inventories, underfeeding, unknown origin: a balancing item; the WNA counts 10 % in all")  # fmt: skip
    yield from enrichment(enriched)


def enrichment(enriched: Flows) -> Iterable[Sequence[object]]:
    product = "uranium.enriched"
    for region, output in sorted(totals((a, v) for (a, _), v in enriched.items()).items()):
        kswu, source = CAPACITY_KSWU.get(region, (output * SWU_PER_TU, "assumption: small plant run at its capacity"))
        note = f"output is what its customers' shares add up to; capacity {kswu:.0f} kSWU / 0.8416"
        confidence = "derived" if region in CAPACITY_KSWU else "R"
        yield (product, region, "plant", output, kswu / SWU_PER_TU, confidence, source, note)
    yield (product, "EU27", "recycling", MOX, MOX, "R",
           "assumption: a tenth of the French requirement of 8232 tU (WNA)", "MOX and reprocessed uranium")  # fmt: skip
    yield (product, "ROW", "other", US_OTHER, US_OTHER, "derived",
           f"{EIA}, Table 16: SWU total less the origins that are published and the Chinese part (HS 2844.20)",
           "enriched uranium whose origin EIA withholds")  # fmt: skip


def mine_capacity(raw: Path, regions: dict[str, str], region: str, output: float) -> tuple[float, str]:
    """The best year since 2018 as shown capacity, or a little more than 2024 where that was the best."""
    if region == "KAZ":
        return (25750.0, "capacity: middle of Kazatomprom's guidance for 2025 (NucNet Aug 2024)")
    years = totals(
        (row["year"], float(row["value"]))
        for row in read(raw / "uranium/mine_output_2018_2024.csv")
        if regions.get(row["country_iso3"], "ROW") == region and row["country_iso3"] != "WLD"
    )
    best = max(years, key=lambda year: years[year])
    if years[best] <= output * BEST_YEAR_MARGIN:
        return (output * BEST_YEAR_MARGIN, "capacity: assumption, 5 % above the output of 2024, about the best year")
    return years[best], f"capacity: output of {best}, the best year since 2018"


def uranium_use(needs: dict[str, float]) -> Iterable[Sequence[object]]:
    for region, (amount, confidence, source, note) in NATURAL.items():
        yield "uranium.concentrate", region, amount, confidence, source, note
        if region == "CHN":
            yield STOCK_BUILD
    light_water = totals((place(name), need) for name, need in needs.items() if "/" not in name)
    light_water |= {"USA": US_NEED, "EU27": TO_ENRICHERS["EU27"] + MOX}
    for region, need in sorted(light_water.items()):
        confidence, source = ("R", "assumption: Kudankulam and Tarapur, order of 400 tU") if region == "IND" else (
            "A", WNA)  # fmt: skip
        note = "reactor requirement 2024 less natural-uranium reactors" if region in NATURAL else "reactor requirement"
        yield "uranium.enriched", region, need, confidence, source, note


def concentrate_trade(fed: Flows) -> Iterable[Sequence[object]]:
    for (origin, region), flow in sorted(fed.items()):
        if origin == region or flow < SMALLEST:
            continue
        confidence = "derived"
        source = (
            "owners' purchases by origin (EIA 2024; ESA Annual Report 2024 as quoted: Canada 33, Kazakhstan 24, Russia "
            "15, Australia 10 %; CEPII BACI; balanced 2023 matrix) x the enrichers they use (see uranium.enriched)"
        )
        note = "delivered to the enricher (or natural-uranium reactor), whoever owns it; rests partly on assumed shares"
        if region == "USA":
            confidence, source = ("B", f"{EIA} shares of purchases by origin, via ExchangeMonitor")
            note = "shares held, less the Russian 4 % which comes enriched; amount is the American plant's feed"
        yield ("uranium.concentrate", origin, region, flow, confidence, int(region == "USA"), source, note)


def enriched_trade(enriched: Flows) -> Iterable[Sequence[object]]:
    for (enricher, region), flow in sorted(enriched.items()):
        if enricher == region or flow < SMALLEST:
            continue
        known = region == "USA" and enricher in SWU_US
        _, confidence, source = SHARES.get(region, SHARES["TVEL"])
        note = "tU of natural feed in the enriched product"
        if (enricher, region) == ("CHN", "ROW"):
            confidence, source = SHARES["PAK"][1:]
        if (enricher, region) == ("CHN", "USA"):
            confidence, source = ("C", f"{BACI}: HS 2844.20 577 MUSD x US share of 2023 / 1769 USD/kg x 0.7 x 8.717")
        yield ("uranium.enriched", enricher, region, flow, confidence, int(known), source, note)
    yield ("uranium.enriched", "ROW", "USA", US_OTHER, "derived", 1, f"{EIA}, Table 16",
           "SWU total less the published origins and the Chinese part")  # fmt: skip
