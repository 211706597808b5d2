"""Derives the trade tables of the world from CEPII BACI, for maintainers.

    python tools/make_world_tables.py RAW_DIR [MINERAL ...]

RAW_DIR holds `trade/baci_hs92_bilateral_2005_2024.csv.gz`, `trade/baci_refined_bilateral_2005_2024.csv.gz` and
`model_inputs/hubs.csv`. Production and use of a mineral are read from the shipped tables first, because trade may
only start where something is made and end where something is used. Nothing here runs at installation: the tables it
writes are part of the package.
"""

from __future__ import annotations

import csv
import gzip
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from raw_tables import LATER

from supplysim.world.catalog import SHIPPED, Catalog, catalog
from supplysim.world.kit.hubs import Flows, by_region, without_hubs
from supplysim.world.kit.write import COLUMNS, replace_table, table

YEAR = "2024"
NOISE = 1e-4
"""Flows below this share of a product's trade are dropped."""
ORES = "CEPII BACI (Etalab Open Licence 2.0), HS92 vintage to 2024, year 2024"
REFINED = "CEPII BACI V202601 (Etalab Open Licence 2.0), year 2024"


@dataclass(frozen=True)
class Code:
    """How one product's trade is read from BACI.

    Ores and gold come from value at `usd_per_t` contained, because their tonnes carry unit errors. Refined metal comes
    from tonnes at `content`, except where the unit value is off the price by more than a factor of two.
    """

    product: str
    hs: str
    refined: bool
    usd_per_t: float
    content: float | None
    confidence: str
    note: str
    sells: Callable[[str], bool] = lambda _: True


BULLION_MAKERS = {
    *("CHE", "ZAF", "AUS", "CAN", "USA", "RUS", "KAZ", "UZB", "KGZ", "CHN", "HKG", "JPN", "GBR", "DEU", "ITA", "FRA"),
    *("AUT", "BEL", "ESP", "NLD", "SWE", "ARE", "TUR", "IND", "THA", "SGP", "KOR", "S19", "IDN", "SAU", "LBN", "JOR"),
    *("ARM", "ISR", "MYS"),
}
"""Countries whose gold exports are refined bars; the others sell dore. A judgement, from known refineries."""

REFINED_AGAIN = (("KAZ", "CHE"), ("UZB", "CHE"))
"""Bars of home mines that Swiss refineries melt again: feed of theirs, with no share taken out as passing through."""

AGAIN = "; bars that are refined again"

CODES = (
    Code("copper.concentrate", "260300", False, 8344, None, "derived",
         "HS 260300, value over 8344 USD/t Cu (LME 9142 less treatment and payable share)"),
    Code("copper.refined", "740311", True, 9142, 0.9999, "A", "HS 740311, tonnes x 0.9999"),
    Code("gold.dore", "710812", False, 76775983, None, "derived",
         "HS 710812 from countries without large refineries, value over 76.78 M USD/t",
         lambda iso: iso not in BULLION_MAKERS),
    Code("gold.refined", "710812", False, 76775983, None, "derived",
         "HS 710812 from countries with refineries, value over 76.78 M USD/t", lambda iso: iso in BULLION_MAKERS),
    Code("tungsten.concentrate", "261100", False, 25422, None, "derived",
         "HS 261100, value over 25422 USD/t W (USGS 252 USD/mtu WO3, sellers paid 80 %)"),
    Code("antimony.concentrate", "261710", False, 15803, None, "derived",
         "HS 261710, value over 15803 USD/t Sb (metal price x 0.70 payable, an assumption)"),
    Code("antimony.metal", "811010", True, 22575, 0.9965, "A", "HS 811010, tonnes x 0.9965"),
)  # fmt: skip


def main(arguments: list[str]) -> None:
    """Write trade.csv of the minerals named (all configured ones by default)."""
    raw, wanted = Path(arguments[0]), arguments[1:]
    hubs = read_hubs(raw / "model_inputs" / "hubs.csv")
    names = catalog()
    for mineral in dict.fromkeys(code.product.partition(".")[0] for code in CODES):
        if not wanted or mineral in wanted:
            codes = [code for code in CODES if code.product.startswith(mineral + ".")]
            write(mineral, [row for code in codes for row in derive(raw, code, hubs, names)])


def derive(raw: Path, code: Code, hubs: dict[tuple[str, str], float], names: Catalog) -> list[tuple[str, ...]]:
    """The rows of one product: read, hubs removed, summed by region, noise and impossible ends dropped."""
    again = REFINED_AGAIN if code.product == "gold.dore" else ()
    sold = {ends: t for ends, t in read_flows(raw, code).items() if code.sells(ends[0]) or ends in again}
    flows = without_hubs(sold, {iso: flag for (hs, iso), flag in hubs.items() if hs == code.hs})
    if code.product == "gold.refined":
        flows = {ends: tonnes for ends, tonnes in flows.items() if ends not in REFINED_AGAIN}
    regional = by_region(flows, lambda iso: "ROW" if names.region_of(iso) in LATER else names.region_of(iso))
    makers, takers = ends_of(code.product, names)
    kept = {ends: t for ends, t in regional.items() if ends[0] in makers and ends[1] in takers}
    floor = NOISE * sum(kept.values())
    print(f"{code.product}: {sum(regional.values()):,.0f} t between regions, {sum(kept.values()):,.0f} t kept")
    for ends, tonnes in sorted(regional.items(), key=lambda item: -item[1])[:40]:
        if ends not in kept and tonnes > 20 * floor:
            print(f"   left out {ends[0]}>{ends[1]} {tonnes:,.0f} t")
    source = REFINED if code.refined else ORES
    return [
        (
            code.product,
            *ends,
            f"{tonnes:.6g}",
            code.confidence,
            "0",
            source,
            code.note + (AGAIN if ends in again else ""),
        )
        for ends, tonnes in sorted(kept.items())
        if tonnes >= floor
    ]


def read_flows(raw: Path, code: Code) -> Flows:
    """Contained tonnes between countries."""
    name, column = ("refined", "hs6") if code.refined else ("hs92", "hs92")
    flows: Flows = {}
    with gzip.open(raw / "trade" / f"baci_{name}_bilateral_2005_2024.csv.gz", "rt", newline="") as stream:
        for row in csv.DictReader(stream):
            if row["year"] == YEAR and row[column] == code.hs:
                ends = row["exporter_iso3"], row["importer_iso3"]
                flows[ends] = flows.get(ends, 0.0) + contained(code, row["value_kusd"], row["quantity_t"])
    return flows


def contained(code: Code, value_kusd: str, quantity_t: str) -> float:
    """Tonnes of contained element in one customs row."""
    by_value = 1000.0 * float(value_kusd or 0.0) / code.usd_per_t
    gross = float(quantity_t) if quantity_t not in ("", "NA") else 0.0
    if code.content is None or gross <= 0:
        return by_value
    by_weight = gross * code.content
    return by_weight if 0.5 <= by_value / by_weight <= 2.0 else by_value


def read_hubs(path: Path) -> dict[tuple[str, str], float]:
    """Share of trade that only passes through, by HS code and country."""
    with path.open(newline="") as stream:
        return {
            (row["item"][2:8], row["region"]): float(row["value"])
            for row in csv.DictReader(stream)
            if row["item"].endswith("_hub_flag") and float(row["value"]) > 0
        }


def ends_of(product: str, names: Catalog) -> tuple[set[str], set[str]]:
    """Regions that make the product, and regions that use or process it."""
    makers = {row.region for row in names.production if row.product == product and row.output > 0}
    made_of = {p.id for p in names.products.values() if p.input == product}
    takers = {
        row.region for row in names.production if row.product in made_of and row.kind == "plant" and row.output > 0
    }
    with (SHIPPED / product.partition(".")[0] / "use.csv").open(newline="") as stream:
        takers |= {row["region"] for row in csv.DictReader(stream) if row["product"] == product}
    return makers, takers


def write(mineral: str, rows: list[tuple[str, ...]]) -> None:
    """Replace the derived rows of a mineral's trade.csv; rows from other sources stay."""
    path = SHIPPED / mineral / "trade.csv"
    others: list[list[str]] = []
    if path.is_file():
        with path.open(newline="") as stream:
            others = [row for row in list(csv.reader(stream))[1:] if not row[6].startswith("CEPII BACI")]
    replace_table(path, table(COLUMNS["trade"], [*rows, *others]))


if __name__ == "__main__":
    main(sys.argv[1:])
