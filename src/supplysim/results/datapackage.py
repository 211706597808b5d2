"""What a run folder's tables hold, for machines: metadata of Parquet schemas and a Frictionless data package.

Data Package 1 (specs.frictionlessdata.io): `datapackage.json` names every table with its columns, types, units and
meaning. The same run gives the same bytes.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from supplysim.results.folder import run_hash, sha256_of, write_text
from supplysim.results.metrics import UNITS, Key
from supplysim.scenario import Scenario
from supplysim.scenario.schema import unit_of

if TYPE_CHECKING:
    import pyarrow as pa

PACKAGE = "datapackage.json"
TABLES = {
    "summary.csv": "Headline metrics by product and consumer: quantiles over draws of each variant and of differences.",
    "durability.csv": "What becomes of each supported flow 24 months after support ends, and who buys more then.",
    "draws.parquet": "A row a draw: sampled inputs (input|path) and metrics (variant|metric|product|region).",
    "monthly.parquet": "Quantiles by variant, month, product, region and quantity.",
    "flows.parquet": "Quantiles of tonnes by variant, year of the run, product and pair of regions.",
    "embodied.parquet": "Shares of mines and plants, by stage and region, in what each consumer uses of a product.",
    "contracts.parquet": "Quantiles of monthly tonnes by variant and contract, on the contract's own links.",
}
"""What each table of a run folder is."""
COLUMNS = {
    "metric": "id of the metric, as in docs/results.md", "mineral": "mineral", "product": "product, mineral.stage",
    "region": "consumer region", "contract": "id of the contract", "unit": "unit of the quantiles in this row",
    "supported": "flow in the last year under support, in the unit of the row", "rank": "1 for the largest taker",
    "taker": "region that buys more from the supplier than under support",
    "variant": "baseline, without_contracts or scenario", "month": "calendar month", "year": "year of the run, from 1",
    "calendar_year": "calendar year in which that year begins", "from_month": "first month of that year",
    "from": "exporter", "to": "importer", "quantity": "what is counted",
    "n": "draws that have a number", "draw": "number of the draw",
}  # fmt: skip
BANDS = {"p5": "5 % quantile over draws", "p50": "median over draws", "p95": "95 % quantile over draws",
         "outer_p5": "5 % quantile with market noise", "outer_p95": "95 % quantile with market noise"}  # fmt: skip


def about(scenario: Scenario, name: str, engine: str = "numpy", design: str = "") -> dict[str, str]:
    """Metadata of a table's schema: what it is, and the run that it belongs to."""
    return {"description": TABLES[name], "scenario": scenario.name, "run": run_hash(scenario, engine, design)}


def meaning(column: str) -> dict[str, str]:
    """A column's meaning and unit, as far as the column has one of its own."""
    head, _, rest = column.partition("|")
    if head == "input":
        path = rest.removesuffix(".happens")
        text = "uniform number below which it comes true" if path != rest else "value drawn for this path"
        return {"meaning": text, "unit": "" if path != rest else unit_of(rest)}
    if rest:
        key = Key(*rest.split("|"))
        return {"meaning": f"{key.metric} of {key.product} in {key.region}, {head}", "unit": UNITS.get(key.metric, "")}
    for end, text in sorted(BANDS.items(), key=lambda item: -len(item[0])):
        if column == end or column.endswith(f"_{end}"):
            whose = column.removesuffix(end).rstrip("_").replace("_", " ")
            return {"meaning": f"{whose}: {text}" if whose else text, "unit": "as in the row's unit"}
    return {"meaning": COLUMNS.get(column, column.replace("_", " ")), "unit": ""}


def write_datapackage(
    folder: Path, scenario: Scenario, tables: Mapping[str, pa.Table], engine: str = "numpy", design: str = "",
) -> None:  # fmt: skip
    """Write datapackage.json beside `tables`, which lie in the folder already."""
    resources = [_resource(folder, name, frame) for name, frame in tables.items()]
    package = {
        "profile": "data-package", "name": _slug(scenario.name), "id": run_hash(scenario, engine, design),
        "title": scenario.title or scenario.name, "description": scenario.question,
        "resources": resources,
    }  # fmt: skip
    write_text(folder / PACKAGE, json.dumps({k: v for k, v in package.items() if v}, indent=1) + "\n")


def _slug(name: str) -> str:
    """A name as a data package may have: small letters, digits, hyphens."""
    return "".join(c if c.isascii() and c.isalnum() else "-" for c in name.lower()).strip("-") or "scenario"


def _resource(folder: Path, name: str, table: pa.Table) -> dict[str, Any]:
    stem, _, form = name.partition(".")
    path = folder / name
    made = {
        "name": stem, "path": name, "format": form, "description": TABLES[name], "bytes": path.stat().st_size,
        "hash": f"sha256:{sha256_of(path)}",
        "mediatype": "text/csv" if form == "csv" else "application/vnd.apache.parquet",
    }  # fmt: skip
    return made if form != "csv" and table.num_columns > 50 else {
        **made, **({"encoding": "utf-8"} if form == "csv" else {}), "schema": {"fields": _fields(table)},
    }  # fmt: skip


def _fields(table: pa.Table) -> Sequence[dict[str, str]]:
    import pyarrow as pa

    fields = []
    for field in table.schema:
        known = meaning(field.name)
        unit = {"unit": known["unit"]} if known["unit"] else {}
        kind = {pa.types.is_floating: "number", pa.types.is_integer: "integer"}
        found = next((name for is_one, name in kind.items() if is_one(field.type)), "string")
        fields.append({"name": field.name, "type": found, "description": known["meaning"], **unit})
    return fields
