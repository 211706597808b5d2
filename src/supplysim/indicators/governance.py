"""Political instability by country and region, from the World Bank's Worldwide Governance Indicators."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from functools import cache
from importlib.resources import files

LAST_YEAR = 2024


@cache
def _estimates() -> dict[str, dict[int, float]]:
    text = files("supplysim.indicators").joinpath("tables/wgi_political_stability.csv").read_text("utf-8")
    rows = csv.DictReader(text.splitlines())
    return {row["iso3"]: {int(year): float(row[year]) for year in row if year != "iso3"} for row in rows}


def country_instability(iso3: str, year: int = LAST_YEAR) -> float | None:
    """Political instability of a country, 0 stable .. 1 unstable, or None where the table does not have it.

    The indicator runs from about -2.5 to 2.5 (strong); instability is `(2.5 - estimate) / 5`, as GeoPolRisk scales it.
    """
    estimate = _estimates().get(iso3, {}).get(year)
    return None if estimate is None else min(1.0, max(0.0, (2.5 - estimate) / 5))


def region_instability(members: Iterable[str], year: int = LAST_YEAR) -> tuple[float, bool]:
    """Mean instability of a region's member countries, and whether any of them is in the table.

    Members are weighted equally, an assumption. A region none of whose members is in the table (the rest of the
    world, say) takes the mean of all countries, and the second value is False.
    """
    known = [value for iso3 in members if (value := country_instability(iso3, year)) is not None]
    found = bool(known)
    if not found:
        known = [value for iso3 in _estimates() if (value := country_instability(iso3, year)) is not None]
    if not known:
        raise ValueError(f"no governance data for {year}; the table has 2010 to {LAST_YEAR}")
    return sum(known) / len(known), found
