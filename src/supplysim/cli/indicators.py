"""`supplysim indicators`: published risk measures on the base year."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from supplysim.indicators.base_year import Measure

COLUMNS = {
    "import_reliance": "reliance",
    "supplier_hhi": "HHI",
    "effective_suppliers": "equal",
    "top_supplier_share": "top 1",
    "top3_supplier_share": "top 3",
    "n1_coverage": "N-1",
    "geopolrisk": "GeoPol",
    "eu_supply_risk": "EU SR",
}
LEGEND = """reliance: net imports over use (negative: a net exporter). HHI, equal: concentration of what the region
uses, and how many equal suppliers that is. N-1: the others' output over the others' use. GeoPol: GeoPolRisk.
EU SR: supply risk of the EU method. Empty: not defined or not published; --json says why."""


@click.command()
@click.argument("mineral", required=False)
@click.option("--world", type=click.Path(path_type=Path), help="Folder of tables laid over the shipped ones.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document instead of tables.")
def indicators(mineral: str | None, world: Path | None, as_json: bool) -> None:
    """HHI, N-1, import reliance, EU supply risk and GeoPolRisk on the base year.

    MINERAL limits the table to one mineral (all by default). WLD is the world: concentration of output, and how much
    of the others' demand is covered without the largest supplier.

    \b
    Examples:
      supplysim indicators uranium
      supplysim indicators lithium --world my-world
    """
    from supplysim.indicators.base_year import indicate

    rows = indicate(mineral, world)
    if as_json:
        click.echo(json.dumps({"indicators": [row.as_dict() for row in rows]}, indent=2))
    else:
        _print(rows)


def _print(rows: Sequence[Measure]) -> None:
    from rich.box import SIMPLE
    from rich.table import Table

    from supplysim.cli.terminal import console

    out = console()
    for product in dict.fromkeys(row.product for row in rows):
        table = Table(title=product, title_justify="left", box=SIMPLE, padding=(0, 1), pad_edge=False)
        table.add_column("region")
        for title in (*COLUMNS.values(), "largest"):
            table.add_column(title, justify="right")
        of_product = [row for row in rows if row.product == product]
        for region in dict.fromkeys(row.region for row in of_product):
            cells = {row.metric: row for row in of_product if row.region == region}
            largest = cells["top_supplier_share"].note if "top_supplier_share" in cells else ""
            table.add_row(region, *(_cell(cells.get(metric)) for metric in COLUMNS), largest)
        out.print(table)
    out.print(LEGEND)


def _cell(row: Measure | None) -> str:
    return "" if row is None or row.value is None else f"{row.value:.2f}"
