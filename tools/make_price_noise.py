"""Learns the outer band's figures for exchange metals again from the shipped monthly prices, for maintainers.

    python tools/make_price_noise.py [OUT_FILE]

Months in which a supply event was news, and the eleven after, are left out whether or not the event meets the list's
rule: the band is learned in calm months and never from the events it is tested on. Gold's price is no industrial
metal's and is left out. Changes are taken about zero: the band has no drift. Minor metals have no series that may be
shipped; their rows are facts about series of others, kept as they are. See src/supplysim/results/tables/SOURCES.md.
"""

from __future__ import annotations

import csv
import sys
from pathlib import Path

import numpy as np

from supplysim.history.events_table import read_events
from supplysim.history.prices import calm_months, read_prices

OUT = Path(__file__).parents[1] / "src" / "supplysim" / "results" / "tables" / "price_noise.csv"
METALS = ("copper", "nickel", "platinum", "tin")
HORIZONS = (1, 3, 6, 12, 24, 36)
HEADER = ("class", "quantity", "value", "confidence", "source", "note")
BANK = "World Bank Pink Sheet, calm months since 1990 of copper, nickel, platinum and tin"
IMF = "IMF Primary Commodity Prices: monthly uranium and rare-earth carbonate"
MINOR = dict(zip(HORIZONS, (0.077, 0.167, 0.250, 0.370, 0.513, 0.544), strict=True))
SHAPE = {
    "degrees_of_freedom": (5, "R", "assumption: tails of monthly changes as heavy as Student's t with 5", ""),
    "event_factor": (1.15, "R", "assumption: months of an event are somewhat wilder than calm ones", ""),
}


def changes(horizon: int) -> np.ndarray:
    """Log changes over so many months in which no event was news."""
    prices, news = read_prices(), read_events().news
    found = []
    for metal in METALS:
        calm = calm_months(prices, metal, news.get(metal, ()))
        series = prices.log[metal]
        whole = [k for k in range(len(series) - horizon) if calm[k + 1 : k + horizon + 1].all()]
        found.append(np.array([series[k + horizon] - series[k] for k in whole]))
    return np.concatenate(found)


def autocorrelation() -> float:
    """Of neighbouring months' changes, both calm, about zero."""
    prices, news = read_prices(), read_events().news
    pairs = []
    for metal in METALS:
        calm, change = calm_months(prices, metal, news.get(metal, ()))[1:], np.diff(prices.log[metal])
        pairs += [(a, b) for a, b, ok in zip(change[:-1], change[1:], calm[:-1] & calm[1:], strict=True) if ok]
    both = np.array(pairs)
    return float((both[:, 0] * both[:, 1]).sum() / np.sqrt((both**2).sum(axis=0).prod()))


def rows() -> list[tuple[object, ...]]:
    """The table: what is learned, then what is kept."""
    shape = {"autocorrelation": (round(autocorrelation(), 2), "derived", BANK, ""), **SHAPE}
    spread = {h: round(float(np.sqrt((changes(h) ** 2).mean())), 3) for h in HORIZONS}
    exchange = [("exchange", f"sd_{h}", sd, "derived", BANK, f"{len(changes(h))} changes") for h, sd in spread.items()]
    minor = [("minor", f"sd_{h}", sd, "derived", IMF, "series may not be shipped") for h, sd in MINOR.items()]
    alike = [(name, key, *fact) for name in ("exchange", "minor") for key, fact in shape.items()]
    return [*exchange, *minor, *alike]


def main(out: Path) -> None:
    """Write the table."""
    with out.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(HEADER)
        writer.writerows(rows())


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else OUT)
