"""Results in IAMC columns (Integrated Assessment Modeling Consortium): model, scenario, region, variable, unit, year.

A row is a calendar year of a region. What is made, used or short is the sum and a price the mean of the year's monthly
medians; a stock is December's. Years that the run does not hold whole are left out. Quantiles over draws (`|5th
Percentile`, `|95th Percentile`) stand where the folder has them for that very number: stocks, and trade, which is told
where the run starts in January, so that its years are calendar years; trade's region is `FROM>TO`.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from supplysim import __version__
from supplysim.errors import InputError
from supplysim.results.folder import read_manifest, reading
from supplysim.scenario import load
from supplysim.world import catalog

if TYPE_CHECKING:
    import pandas as pd

MODEL = f"supplysim {__version__}"
COLUMNS = ("model", "scenario", "region", "variable", "unit", "year", "value")
YEARLY = {
    "made": ("Production", "t/yr", "sum"), "used": ("Use", "t/yr", "sum"), "short": ("Shortage", "t/yr", "sum"),
    "price": ("Price", "x base price", "mean"), "contract_price": ("Price|Contract", "x base price", "mean"),
}  # fmt: skip
"""Variable, unit and what is taken over the months of a year, by monthly quantity."""
PERCENTILES = {"p5": "|5th Percentile", "p50": "", "p95": "|95th Percentile"}


def iamc_frame(folder: Path) -> pd.DataFrame:
    """A finished run, or every cell of a finished sweep, one row a scenario, region, variable and year.

    Scenarios are the scenario's name and, for what it is compared with, `NAME|Baseline` and `NAME|Without Contracts`;
    a cell's label stands in brackets. Raises `InputError` where the folder is not one of a finished run.
    """
    import pandas as pd

    manifest = read_manifest(folder)
    if manifest.get("state") != "finished":
        raise InputError(f"{folder} is not finished")
    cells = [(folder / "cells" / f"{cell['cell']:04d}", f" [{cell['label']}]") for cell in manifest.get("cells", [])]
    parts = [part for where, label in cells or [(folder, "")] for part in _of_run(where, manifest["scenario"] + label)]
    found = pd.concat(parts, ignore_index=True)[list(COLUMNS)]
    return found.sort_values(list(COLUMNS[:-1]), ignore_index=True)


def _frame(path: Path) -> pd.DataFrame:
    import pandas as pd

    with reading(path):
        return pd.read_parquet(path)


def _of_run(folder: Path, name: str) -> Iterator[pd.DataFrame]:
    import pandas as pd

    if not (folder / "monthly.parquet").is_file():
        raise InputError(f"{folder} is not the folder of a finished run: it has no monthly.parquet")
    scenario = load(folder / "scenario.yaml")
    known = catalog(scenario.world)
    places = {key: region.name for key, region in known.regions.items()}
    monthly, flows = (_frame(folder / f"{table}.parquet") for table in ("monthly", "flows"))
    months = pd.to_datetime(monthly["month"], format="%Y-%m")
    monthly = monthly.assign(year=months.dt.year, month=months.dt.month)
    monthly = monthly[monthly["year"].isin(_whole_years(scenario.start, scenario.months))]
    parts = [*_yearly(monthly), *_stocks(monthly)]
    if scenario.start % 12 == 0:
        whole = flows[flows["calendar_year"].isin(_whole_years(scenario.start, scenario.months))]
        parts += [
            whole.assign(region=whole["from"].map(places) + ">" + whole["to"].map(places), variable="Trade",
                         unit="t/yr", year=whole["calendar_year"], value=whole[column], ending=ending)
            for column, ending in PERCENTILES.items()
        ]  # fmt: skip
    for part in parts:
        goods = part["product"].map(_title)
        yield part.assign(
            model=MODEL, scenario=name + part["variant"].map(_variant), region=part["region"].replace(places),
            variable=part["variable"] + "|" + goods + part["ending"],
        ).dropna(subset=["value"])  # fmt: skip


def _yearly(monthly: pd.DataFrame) -> Iterator[pd.DataFrame]:
    keys = ["variant", "product", "region", "year"]
    for quantity, (variable, unit, taken) in YEARLY.items():
        mine = monthly[monthly["quantity"] == quantity]
        found = mine.groupby(keys, observed=True)["p50"].agg(taken).rename("value").reset_index()
        yield found.assign(variable=variable, unit=unit, ending="")


def _stocks(monthly: pd.DataFrame) -> Iterator[pd.DataFrame]:
    december = monthly[(monthly["quantity"] == "stock") & (monthly["month"] == 12)]
    for column, ending in PERCENTILES.items():
        yield december.assign(variable="Stocks", unit="t", value=december[column], ending=ending)


def _whole_years(start: int, months: int) -> range:
    """Calendar years of which every month is in the run."""
    return range(-(-start // 12), (start + months) // 12)


def _title(product: str) -> str:
    """`rare_earths.magnets` as `Rare Earths|Magnets`."""
    return "|".join(part.replace("_", " ").title() for part in product.split("."))


def _variant(variant: str) -> str:
    return "" if variant == "scenario" else f"|{variant.replace('_', ' ').title()}"
