"""Tables to start from: two stages, a handful of rows, every column explained above its header, invented throughout."""

from __future__ import annotations

import re
import shutil
from contextlib import suppress
from pathlib import Path

from supplysim.errors import InputError
from supplysim.world.catalog import SHIPPED
from supplysim.world.kit.write import COLUMNS, texts, write

NAME = re.compile(r"[a-z][a-z0-9_]*\Z")
MADE_UP = "Assumption: a round number to show the table"
GRADE = "template: every number is made up"
SCENARIO = """\
# What happens to {name} if its largest miner stops for half a year: `supplysim run {file}`
format: 1
title: The largest miner of {name} stops for half a year
extends: baseline
world: .                      # the folder of this file
scope: [{mineral}]
horizon: {{start: 2026-01, months: 36}}
events:
  stop:
    kind: outage
    product: {mineral}.concentrate
    region: AUS
    starts: 2026-07
    lasts: 6 months
    severity: 100%
draws: 32
"""
COMMENTS = {
    "products": """The stages from mine to market, upstream first. input: the stage that plants of this one take,
yield: how many t of this one come of a t of it. One unit throughout a chain (here the element contained) makes
yields easy to check. price_usd_t: the base year's mean price in USD a t of unit.
grade: how far the tables can be trusted.""",
    "production": """Who makes what. kind: mine, plant (processes the input), recycling or other.
capacity_t may stay empty: output / 0.9. What plants make follows from what they get: it moves with their feed.
confidence: A a publisher's own figure, B press quoting it, derived computed, C weak, R an assumption, whose source
begins with Assumption:""",
    "use": """Final use by region. What plants need is not listed: it follows from what they make.
A column user tells uses apart that not every supplier may feed (qualification.csv).""",
    "trade": """Flows between regions; domestic sales are made by the balancing.
known: 1 holds a flow as it is, 0 lets it give way.""",
    "elasticities": """Priors, lognormal with these quantiles: sigma (substitution between origins), supply, demand, and
scrap where something is recycled. * stands for all products; a row of one product beats it.""",
    "stocks": """Months of use held by industry, or by a government (holder: strategic).""",
    "growth": """Growth of final use in percent a year.""",
    "ranges": """What other publishers say. chosen: the figure used here; low and high: theirs.
quantity: output, use or flow.""",
    "adjustments": """Why balancing may move a total by more than 10 %. side: supply or demand; region: an id or *.""",
}


def create(world: Path, mineral: str) -> tuple[Path, ...]:
    """Write MINERAL's tables and a scenario into a world folder and return what was written; overwrites nothing.

    Raises `InputError` for a name that is no plain word, for a mineral that the package ships, and where files exist.
    """
    if not NAME.match(mineral):
        raise InputError(f"{mineral[:80]!r} is no name for a mineral; write it in small letters, such as lithium")
    if (SHIPPED / mineral).is_dir():
        raise InputError(f"{mineral} comes with the package; copy its tables to change them, or choose another name")
    scenario = world / f"{mineral}-stop.yaml"
    if scenario.exists():
        raise InputError(f"{scenario} exists already")
    try:
        write(world / mineral, texts(_rows(mineral), COMMENTS))
        text = SCENARIO.format(mineral=mineral, name=mineral.replace("_", " "), file=scenario)
        scenario.write_text(text, encoding="utf-8")
    except FileExistsError as error:
        raise InputError(f"{error}; choose another mineral or folder") from None
    except OSError as error:
        shutil.rmtree(world / mineral, ignore_errors=True)
        with suppress(OSError):
            scenario.unlink()
        raise InputError(f"{world} cannot be written ({error.strerror})") from None
    return (
        *(world / mineral / f"{name}.csv" for name in COLUMNS if (world / mineral / f"{name}.csv").is_file()),
        scenario,
    )


def _rows(mineral: str) -> dict[str, list[tuple[object, ...]]]:
    name = mineral.replace("_", " ").capitalize()
    ore, metal = f"{mineral}.concentrate", f"{mineral}.refined"
    because = "R", MADE_UP, ""
    return {
        "products": [
            (ore, f"{name} concentrate", "", "", "", "t contained", 5000, *because, GRADE),
            (metal, f"Refined {name.lower()}", ore, 0.9, MADE_UP, "t contained", 12000, *because, GRADE),
        ],
        "production": [
            (ore, "AUS", "mine", 1000, 1200, *because),
            (ore, "CHL", "mine", 600, "", *because),
            (metal, "CHN", "plant", 1080, 1500, *because),
            (metal, "EU27", "plant", 360, "", *because),
            (metal, "EU27", "recycling", 60, "", *because),
        ],
        "use": [(metal, "CHN", 700, *because), (metal, "EU27", 450, *because), (metal, "USA", 350, *because)],
        "trade": [
            (ore, "AUS", "CHN", 900, "R", 0, MADE_UP, ""),
            (ore, "AUS", "EU27", 100, "R", 0, MADE_UP, ""),
            (ore, "CHL", "CHN", 300, "R", 0, MADE_UP, ""),
            (ore, "CHL", "EU27", 300, "R", 0, MADE_UP, ""),
            (metal, "CHN", "USA", 330, "R", 0, MADE_UP, ""),
            (metal, "CHN", "EU27", 50, "R", 0, MADE_UP, ""),
            (metal, "EU27", "USA", 20, "R", 0, MADE_UP, ""),
        ],
        "elasticities": [
            ("*", "sigma", 1.2, 3, 7.4, *because),
            ("*", "supply", 0.06, 0.15, 0.37, *because),
            (metal, "scrap", 0.12, 0.3, 0.74, *because),
            ("*", "demand", 0.08, 0.2, 0.49, *because),
        ],
        "stocks": [("*", "*", "industry", 2, *because)],
        "growth": [(metal, "*", 3, *because)],
        "ranges": [(metal, "USA", "use", 350, 300, 400, MADE_UP, "")],
        "adjustments": [],
    }  # fmt: skip
