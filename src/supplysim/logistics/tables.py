"""The shipped corridors: legs, freight and who is served, each figure with its source."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType

from supplysim.errors import Fault, InputError
from supplysim.logistics.corridor import OPEN_ALL_YEAR, Corridor, Leg, Stream

BASE_YEAR = 2024
FOLDER = Path(__file__).parent / "tables"
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


@dataclass(frozen=True)
class Service:
    """The share of the flow of `product` from one region to others that takes `corridor`.

    `cargo_t_per_t` is the weight of the cargo for a tonne of the product as the model counts it (contained element).
    """

    corridor: str
    product: str
    origin: str
    to: tuple[str, ...]
    share: float
    cargo_t_per_t: float = 1.0
    enters: str = ""
    leaves: str = ""
    skips: tuple[str, ...] = ()


def leg_from(name: str, mode: str, figures: Mapping[str, float]) -> Leg:
    """A leg from named figures: fields of `Leg`, `distance_km` with `speed_km_h`, `closed_share_nov` and its like.

    Raises InputError for a figure that no leg has.
    """
    fields = dict(figures)
    distance, speed = fields.pop("distance_km", 0.0), fields.pop("speed_km_h", 0.0)
    if distance and speed and "transit_days" not in fields:
        fields["transit_days"] = distance / speed / 24
    share = fields.pop("closed_share", 0.0)
    months = tuple(fields.pop(f"closed_share_{month}", share) for month in MONTHS)
    servers = int(fields.pop("servers", 0))
    unknown = sorted(set(fields) - set(Leg.__dataclass_fields__))
    if unknown:
        raise InputError(Fault(f"no such figure: {', '.join(unknown)}", path=f"legs.{name}"))
    return Leg(name, mode, servers=servers, closed_share=months if any(months) else OPEN_ALL_YEAR, **fields)


@cache
def legs(folder: Path = FOLDER) -> Mapping[str, Leg]:
    """Every shipped leg by name."""
    modes: dict[str, str] = {}
    figures: dict[str, dict[str, float]] = {}
    for row in rows("legs.csv", folder):
        modes[row["leg"]] = row["mode"]
        figures.setdefault(row["leg"], {})[row["figure"]] = float(row["value"])
    return MappingProxyType({name: leg_from(name, modes[name], figures[name]) for name in modes})


@cache
def corridors(folder: Path = FOLDER) -> Mapping[str, Corridor]:
    """Every shipped corridor by name."""
    known = legs(folder)
    found = {
        row["corridor"]: Corridor(
            row["corridor"], row["title"], tuple(known[name] for name in row["legs"].split()), row["status"]
        )
        for row in rows("corridors.csv", folder)
    }
    return MappingProxyType(found)


@cache
def services(folder: Path = FOLDER) -> tuple[Service, ...]:
    """Which flows take which corridor in the base year."""
    return tuple(
        Service(
            row["corridor"],
            row["product"],
            row["from"],
            tuple(row["to"].split()),
            float(row["share"]),
            float(row["cargo_t_per_t"]),
            row["enters"],
            row["leaves"],
            tuple(row["skips"].split()),
        )
        for row in rows("serves.csv", folder)
    )


def arrivals(corridor: str, year: int = BASE_YEAR, folder: Path = FOLDER) -> tuple[Stream, ...]:
    """What entered a shipped corridor in `year`, month by month alike; where a year is missing, the latest before it.

    The published total of all freight includes the minerals listed beside it, so they are taken off it. A mineral not
    recorded by `year` is left out. Raises InputError if the corridor has no freight on record by that year.
    """
    latest: dict[str, dict[str, str]] = {}
    for row in rows("freight.csv", folder):
        if row["corridor"] == corridor and int(row["year"]) <= year:
            kept = latest.get(row["stream"])
            if kept is None or int(row["year"]) > int(kept["year"]):
                latest[row["stream"]] = row
    if not latest:
        raise InputError(Fault(f"no freight on record for {corridor!r} by {year}"))
    minerals = sum(float(row["t_per_year"]) for row in latest.values() if row["product"])
    return tuple(_stream(row, 0.0 if row["product"] else minerals) for row in latest.values())


def _stream(row: Mapping[str, str], less: float) -> Stream:
    monthly = (float(row["t_per_year"]) - less) / 12
    skips = tuple(row["skips"].split())
    return Stream(row["stream"], (monthly,), float(row["lot_t"]), row["product"], row["enters"], row["leaves"], skips)


def rows(name: str, folder: Path = FOLDER) -> list[dict[str, str]]:
    """The rows of a table, sources and notes included."""
    with (folder / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
