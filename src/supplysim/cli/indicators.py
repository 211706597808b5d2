"""`supplysim indicators`: published risk measures on the base year."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from supplysim.indicators.base_year import Measure

COLUMNS = {
    "import_reliance": "import reliance",
    "supplier_hhi": "HHI",
    "effective_suppliers": "suppliers",
    "top_supplier_share": "top share",
    "top3_supplier_share": "top 3",
    "n1_coverage": "N-1",
    "geopolrisk": "GeoPolRisk",
    "eu_supply_risk": "EU risk",
}


@click.command()
@click.argument("mineral", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document instead of tables.")
def indicators(mineral: str | None, as_json: bool) -> None:
    """HHI, N-1, import reliance, EU supply risk and GeoPolRisk on the base year.

    MINERAL limits the table to one mineral (all by default). WLD is the world: concentration of output, and how much
    of the others' demand is covered without the largest supplier.
    """
    from supplysim.indicators.base_year import indicate

    rows = indicate(mineral)
    if as_json:
        click.echo(json.dumps({"indicators": [row.as_dict() for row in rows]}, indent=2))
    else:
        _print(rows)


def _print(rows: Sequence[Measure]) -> None:
    from rich.console import Console
    from rich.table import Table

    console = Console()
    for product in dict.fromkeys(row.product for row in rows):
        table = Table(title=product, title_justify="left")
        table.add_column("region")
        for title in (*COLUMNS.values(), "largest supplier"):
            table.add_column(title, justify="right")
        of_product = [row for row in rows if row.product == product]
        for region in dict.fromkeys(row.region for row in of_product):
            cells = {row.metric: row for row in of_product if row.region == region}
            largest = cells["top_supplier_share"].note if "top_supplier_share" in cells else ""
            table.add_row(region, *(_cell(cells.get(metric)) for metric in COLUMNS), largest)
        console.print(table)
    console.print("An empty cell is a measure that is not defined or not published for that row; --json says why.")


def _cell(row: Measure | None) -> str:
    return "" if row is None or row.value is None else f"{row.value:.2f}"
