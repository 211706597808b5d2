"""Derives the small world of the rare-earth backtest from the shipped trade table, for maintainers.

    python tools/make_backtest_worlds.py [OUT_DIR]

The result, scenarios/backtests/worlds/rare-earths-2009, has two markets in 2009, the year before the quota was cut:
separated rare earths in t REO, and dysprosium and terbium. China's and Russia's exports are CEPII BACI's tonnes of that
year, made t REO with the factors of the base year 2024; the others could make 11 kt. Nobody publishes dysprosium and
terbium of 2009: output is what the mining quota's clay and rock hold, exports are the basket's share of it, and go
where rare-earth metals went.
"""

from __future__ import annotations

import csv
import gzip
import sys
from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path

from supplysim.world.kit.write import replace_table, texts

ROOT = Path(__file__).parents[1]
TRADE = ROOT / "src" / "supplysim" / "history" / "tables" / "trade_2005_2024.csv.gz"
SHIPPED = ROOT / "src" / "supplysim" / "world" / "tables"
CODES = ("280530", "284610", "284690")
PRODUCT = "rare_earths.separated"
ELSEWHERE, CHINA = 11000.0, 130000.0
SMALL = 100.0
MINES = {"IND": 2680.0, "BRA": 563.0, "MYS": 362.0}
KINGSNORTH = "Kingsnorth (IMCOA) 2010, techmetalsresearch.net, part 1 of China's rare-earths game plan"
SHARES = "USGS for 2010 as quoted by IndexMundi: China 130 000 t and 97 %, India 2, Brazil 0.42, Malaysia 0.27 %"
BACI = "CEPII BACI V202601, HS 2805.30, 2846.10 and 2846.90 of 2009"
HEAVY = "heavy_rare_earths.separated"
METALS = ("280530",)
CLAY, ROCK = 0.047, 0.0005
"""Dysprosium and terbium in Chinese ion clay and in rock, as in the base year (heavy_rare_earths/production.csv)."""
QUOTA = (13400.0, 93800.0)
QUOTA_SOURCE = "Ministry of Land and Resources in Shanghai Daily, 2011: 13 400 of 93 800 t REO may be mined as heavy"
LEAST = 0.01
"""Part of the exports below which a buyer is put to the rest of the world."""


def factor(code: str, origin: str) -> float:
    """t REO a gross tonne, as in the base year 2024."""
    rest = {"CHN": 0.75, "RUS": 0.45}
    return {"284610": 0.8, "280530": 1.166}.get(code, rest.get(origin, 0.7))


def regions() -> dict[str, str]:
    """The region of each country."""
    with (SHIPPED / "regions.csv").open(encoding="utf-8") as file:
        return {iso: row["id"] for row in csv.DictReader(file) for iso in row["members"].split()}


def exports(origin: str, codes: Sequence[str] = CODES) -> dict[str, float]:
    """A region's exports of 2009 by buying region, t REO."""
    place, found = regions(), defaultdict(float)
    with gzip.open(TRADE, "rt", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            if row["year"] != "2009" or row["hs92"] not in codes:
                continue
            seller, buyer = (place.get(row["exporter_iso3"], "ROW"), place.get(row["importer_iso3"], "ROW"))
            if seller == origin != buyer:
                found[buyer] += float(row["quantity_t"] or 0) * factor(row["hs92"], row["exporter_iso3"])
    small = sum(tonnes for tonnes in found.values() if tonnes < SMALL)
    large = {buyer: tonnes for buyer, tonnes in found.items() if tonnes >= SMALL}
    return {**large, "ROW": large.get("ROW", 0.0) + small}


def write(folder: Path, name: str, rows: Iterable[Sequence[object]]) -> None:
    """Write one table."""
    replace_table(folder / f"{name}.csv", texts({name: list(rows)})[name])


def priors(folder: Path, product: str) -> None:
    """The shipped priors for a separated product, unchanged; stocks and growth that hold everywhere."""
    for name in ("elasticities", "stocks", "growth"):
        lines = (SHIPPED / folder.name / f"{name}.csv").read_text(encoding="utf-8").splitlines()
        kept = [line for line in lines if line.startswith(f"{product},")]
        kept = [line for line in kept if name == "elasticities" or line.startswith(f"{product},*,")]
        (folder / f"{name}.csv").write_text("\n".join([lines[0], *kept]) + "\n", encoding="utf-8")


def heavy(folder: Path) -> None:
    """Dysprosium and terbium: all of it Chinese."""
    part = QUOTA[0] / QUOTA[1]
    made = CHINA * (part * CLAY + (1.0 - part) * ROCK)
    abroad = made * sum(exports("CHN").values()) / CHINA
    metals = exports("CHN", METALS)
    whole = sum(metals.values())
    large = {buyer: tonnes / whole for buyer, tonnes in metals.items() if buyer != "ROW" and tonnes >= LEAST * whole}
    sold = {buyer: abroad * share for buyer, share in (large | {"ROW": 1.0 - sum(large.values())}).items()}
    where = (
        "assumption: the share of the basket that was exported, where China's metals (BACI, HS 2805.30 of 2009) went"
    )
    write(folder, "products", [(HEAVY, "Separated dysprosium and terbium", "", "", "", "t Dy+Tb oxide", 91000, "B",
                                "Adamas Intelligence at mining.com: dysprosium oxide, January 2009",
                                "terbium, about a seventh of it, is priced like dysprosium")])  # fmt: skip
    write(folder, "production", [(HEAVY, "CHN", "mine", round(made), "", "derived",
                                  f"{QUOTA_SOURCE}; that part of 130 000 t at 4.7 % and the rest at 0.05 % Dy+Tb, the "
                                  "contents of 2024", "what was mined past the quota held more")])  # fmt: skip
    used = {**sold, "CHN": made - abroad}
    write(folder, "use", [(HEAVY, region, round(tonnes, 1), "R", where, "")
                          for region, tonnes in sorted(used.items())])  # fmt: skip
    write(folder, "trade", [(HEAVY, "CHN", buyer, round(tonnes, 1), "R", 0, where, "")
                            for buyer, tonnes in sorted(sold.items())])  # fmt: skip
    priors(folder, HEAVY)


def main(out: Path) -> None:
    """Write every table of the world."""
    folder = out / "rare_earths"
    heavy(out / "heavy_rare_earths")
    chinese, russian = exports("CHN"), exports("RUS")
    russia = sum(russian.values())
    others = {**MINES, "RUS": russia, "USA": ELSEWHERE - sum(MINES.values()) - russia}
    use = defaultdict(float, {"CHN": CHINA - sum(chinese.values())})
    for buyer, tonnes in chinese.items():
        use[buyer] += tonnes
    for buyer, tonnes in russian.items():
        use[buyer] += tonnes
    for seller, tonnes in others.items():
        use[seller] += tonnes if seller != "RUS" else 0.0
    write(
        folder, "products",
        [(PRODUCT, "Separated rare earths: oxides, salts, metals", "", "", "", "t REO", 12429, "derived",
          f"{BACI}: China's exports of 2846.90 at 9321 USD a gross tonne over 0.75 t REO", "one basket: cerium as much "
          "as neodymium; dysprosium and terbium are a product of their own")],
    )  # fmt: skip
    balance = "what of 11 000 t the others leave: stockpiled concentrate of Mountain Pass and recyclers, an assumption"
    sources = {"RUS": ("derived", f"{BACI}, x 0.45 t REO", "exports to Estonia, Latvia and others"),
               "USA": ("R", f"assumption: {KINGSNORTH}, 11 000 t outside China", balance)}  # fmt: skip
    made = [(PRODUCT, "CHN", "mine", round(CHINA), "", "B", SHARES, "the figure of 2010 stands for 2009")]  # fmt: skip
    made += [
        (PRODUCT, seller, "mine", round(tonnes), "", *sources.get(seller, ("B", SHARES, "share of the world's 134 kt")))
        for seller, tonnes in others.items()
    ]
    write(folder, "production", made)
    write(
        folder, "use",
        [(PRODUCT, region, round(tonnes), "derived", f"imports from China and Russia ({BACI}, t REO) and own output",
          "China: its output less its exports" if region == "CHN" else "") for region, tonnes in sorted(use.items())],
    )  # fmt: skip
    trade = [("CHN", buyer, tonnes) for buyer, tonnes in chinese.items()]
    trade += [("RUS", buyer, tonnes) for buyer, tonnes in russian.items()]
    write(
        folder,
        "trade",
        [
            (PRODUCT, seller, buyer, round(tonnes), "derived", 0, f"{BACI}, t REO", "")
            for seller, buyer, tonnes in sorted(trade)
        ],
    )
    priors(folder, PRODUCT)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "scenarios" / "backtests" / "worlds" / "rare-earths-2009")
