"""`supplysim indicators`: published risk measures on the base year, origin looked through, and owners."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from supplysim.indicators.base_year import Measure

COLUMNS = {
    "bought_abroad_share": "abroad",
    "net_import_reliance": "net",
    "supplier_hhi": "HHI",
    "effective_suppliers": "equal",
    "top_supplier_share": "top 1",
    "top3_supplier_share": "top 3",
    "n1_coverage": "N-1",
    "geopolrisk": "GeoPol",
    "eu_supply_risk": "EU SR",
}
LEGEND = """abroad: bought from other regions over all bought. net: net import reliance as the USGS has it, net imports
over apparent consumption (negative: a net exporter). HHI, equal: concentration of what the region
uses, and how many equal suppliers that is. N-1: the others' output over the others' use. GeoPol: GeoPolRisk.
EU SR: supply risk of the EU method. Empty: not defined or not published; --json says why."""

LEAST = 0.01
"""Smallest share of an origin that is printed."""

OWNERS = """Ventures count by their capacity, scaled down to the base year's output where they could make more; what no
venture of the table makes stays with the region. --json has the stakes with their sources."""


@click.command()
@click.argument("mineral", required=False)
@click.option("--origin", is_flag=True, help="Whose mines and plants what regions use has passed, stage by stage.")
@click.option("--run", "run", type=click.Path(file_okay=False, path_type=Path),
              help="With --origin: of a finished run's folder instead of the base year.")  # fmt: skip
@click.option("--owners", is_flag=True, help="Output by region of the owner, where stakes are known.")
@click.option("--stakes", type=click.Path(dir_okay=False, path_type=Path),
              help="With --owners: an own table of stakes instead of the shipped one.")  # fmt: skip
@click.option("--world", type=click.Path(path_type=Path), help="Folder of tables laid over the shipped ones.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document instead of tables.")
def indicators(
    mineral: str | None, origin: bool, run: Path | None, owners: bool, stakes: Path | None, world: Path | None,
    as_json: bool,
) -> None:  # fmt: skip
    """HHI, N-1, import reliance, EU supply risk and GeoPolRisk on the base year.

    MINERAL limits the table to one mineral (all by default). WLD is the world: concentration of output, and how much
    of the others' demand is covered without the largest supplier.

    \b
    Examples:
      supplysim indicators uranium
      supplysim indicators uranium --origin
      supplysim indicators uranium --origin --run results/c5-contracts/0123456789ab --json
      supplysim indicators uranium --owners
      supplysim indicators lithium --world my-world
    """
    if origin or run:
        _looked_through(mineral, run, world, as_json)
        return
    if owners or stakes:
        _owners(mineral, stakes, world, as_json)
        return
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


def _looked_through(mineral: str | None, run: Path | None, world: Path | None, as_json: bool) -> None:
    """Embodied origins of the base year, or of a run's scenario, as tables or JSON."""
    rows = _of_base_year(mineral, world) if run is None else _of_run(mineral, run)
    if as_json:
        click.echo(json.dumps({"embodied": rows}, indent=2))
        return
    from supplysim.cli.terminal import console

    last = None if run is None else _last_year(run)
    shown = [row for row in rows if row.get("year") == last]
    told = _by(shown, "product", "stage")
    for (product, stage), found in told.items():
        _print_origins(f"{product}, by region of {stage}", _by(found, "region"))
    when = "base year" if run is None else "last whole year of the run's scenario, medians over draws"
    console().print(
        f"Shares of what each region uses, {when}; the five largest of 1 % or more. --json has all, with tonnes."
    )


def _last_year(run: Path) -> int:
    """The last whole year of a run, counted from 1."""
    from supplysim.results.folder import read_manifest

    return max(int(read_manifest(run)["horizon"]["months"]) // 12, 1)


def _by(rows: Iterable[Mapping[str, Any]], *names: str) -> dict[tuple[str, ...], list[Mapping[str, Any]]]:
    found: dict[tuple[str, ...], list[Mapping[str, Any]]] = {}
    for row in rows:
        found.setdefault(tuple(row[name] for name in names), []).append(row)
    return found


def _print_origins(title: str, regions: Mapping[tuple[str, ...], Sequence[Mapping[str, Any]]]) -> None:
    from rich.box import SIMPLE
    from rich.table import Table

    from supplysim.cli.terminal import console

    console().print(title, style="italic", soft_wrap=True)  # a table's own title is broken at the table's width
    table = Table(box=SIMPLE, padding=(0, 1), pad_edge=False)
    table.add_column("region")
    table.add_column("t/yr", justify="right")
    table.add_column("from")
    size = {region: sum(row["tonnes"] for row in rows) for (region,), rows in regions.items()}
    for (region,), rows in sorted(regions.items(), key=lambda pair: -size[pair[0][0]]):
        most = [row for row in sorted(rows, key=lambda row: -row["share"]) if row["share"] >= LEAST][:5]
        told = ", ".join(f"{row['origin']} {100 * row['share']:.0f} %" for row in most)
        table.add_row(region, f"{size[region]:,.0f}", told)
    console().print(table)


def _of_base_year(mineral: str | None, world: Path | None) -> list[dict[str, Any]]:
    from supplysim.indicators.origin import embodied
    from supplysim.world import load

    base = load(world).base
    _check_mineral(mineral, base)
    return [row.as_dict() for row in embodied(base, mineral)]


def _of_run(mineral: str | None, run: Path) -> list[dict[str, Any]]:
    """A run's rows: every variant's in the order of its table; `share` and `tonnes` are medians over draws."""
    import pandas as pd

    from supplysim.errors import InputError
    from supplysim.results.folder import read_manifest, reading

    read_manifest(run)
    path = run / "embodied.parquet"
    if not path.is_file():
        raise InputError(f"{path} is missing: the run was made by a version without it, or is a sweep (name a cell)")
    with reading(path):
        frame = pd.read_parquet(path)
    _check_mineral(mineral, frame["product"].unique())
    frame = frame[frame["variant"] == "scenario"]
    if mineral:
        frame = frame[frame["product"].str.partition(".")[0] == mineral]
    frame = frame.rename(columns={"p50": "share"})
    names = ["product", "stage", "origin", "region", "share", "tonnes", "year", "from_month", "p5", "p95"]
    return [{name: row[name] for name in names} for row in frame[names].to_dict("records")]


def _check_mineral(mineral: str | None, products: Iterable[str]) -> None:
    from supplysim.errors import InputError

    known = sorted({product.partition(".")[0] for product in products})
    if mineral is not None and mineral not in known:
        raise InputError(f"no mineral {mineral!r}; there are {', '.join(known)}")


def _owners(mineral: str | None, table: Path | None, folder: Path | None, as_json: bool) -> None:
    """Output by region of the owner, as a table or JSON with the stakes behind it."""
    from rich.box import SIMPLE
    from rich.table import Table

    from supplysim.cli.terminal import console
    from supplysim.indicators.owners import owned, stakes
    from supplysim.world import load

    world = load(folder)
    _check_mineral(mineral, world.base)
    held = stakes(world.base, list(world.regions), table)
    rows = owned(world.base, held, mineral)
    if as_json:
        used = [vars(stake) for stake in held if mineral in (None, stake.product.partition(".")[0])]
        click.echo(json.dumps({"owners": [row.as_dict() for row in rows], "stakes": used}, indent=2))
        return
    if not rows:
        click.echo(f"no stakes in {mineral or 'anything'} are known; --stakes reads an own table")
        return
    out = console()
    for (product, region), found in _by([row.as_dict() for row in rows], "product", "region").items():
        out.print(f"{product} made in {region}, by region of the owner", style="italic", soft_wrap=True)
        shown = Table(box=SIMPLE)
        for name in ("owner", "share", "t/yr", "of it on assumed stakes"):
            shown.add_column(name, justify="left" if name == "owner" else "right")
        for row in found:
            cells = (f"{100 * row['share']:.1f} %", f"{row['tonnes']:,.0f}", f"{row['assumed']:,.0f}")
            shown.add_row(row["owner_region"], *cells)
        out.print(shown)
    out.print(OWNERS)
