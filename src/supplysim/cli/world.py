"""`supplysim world`: tables of a mineral of one's own, from a template or from trade, and a check of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from supplysim.cli.numbers import Finite
from supplysim.cli.scenarios import WRONG_INPUT, as_json_option, refuse

if TYPE_CHECKING:
    from supplysim.world.kit.checkup import Checkup
    from supplysim.world.kit.from_trade import Made

SHOWN = 20
"""Rows of each kind that are printed; --json has all."""
MOST_PRICE = 1e9
"""USD a t: ten times what gold costs."""
folder_argument = click.argument("folder", type=click.Path(path_type=Path))


def _word(_: click.Context, option: click.Parameter, value: str) -> str:
    """A text that fits a cell of a table. Raises a usage error for one that cannot."""
    if not value.isprintable() or (not value.strip() and option.default):
        raise click.BadParameter(f"{value[:80]!r} is no text for a table")
    return value


@click.group()
def world() -> None:
    """Make and check tables of minerals of your own.

    A world is a folder laid over the shipped tables: a folder MINERAL with products.csv and the other tables for each
    mineral it adds or replaces, and its own regions.csv if it needs further regions. A scenario says `world: FOLDER`.

    \b
    Examples:
      supplysim world new my-world --mineral lithium
      supplysim world check my-world
      supplysim world from-trade my-world --product lithium.carbonate --trade baci.csv.gz --production output.csv
    """


@world.command()
@folder_argument
@click.option("--mineral", required=True, help="Name of the mineral, in small letters.")
@as_json_option
def new(folder: Path, mineral: str, as_json: bool) -> None:
    """Write commented template tables of a mineral, and a scenario that runs on them.

    Every number in them is made up: two stages, a handful of rows, each column explained. Nothing is overwritten.

    \b
    Examples:
      supplysim world new my-world --mineral lithium
      supplysim run my-world/lithium-stop.yaml
    """
    from supplysim.world.kit.template import create

    written = create(folder, mineral)
    if as_json:
        click.echo(json.dumps({"created": [str(path) for path in written]}, indent=2))
        return
    for path in written:
        click.echo(str(path))
    click.echo(f"`supplysim world check {folder}` checks them, `supplysim run {written[-1]}` runs on them")


@world.command()
@folder_argument
@as_json_option
def check(folder: Path, as_json: bool) -> None:
    """Say all faults of a world's tables, what balancing moved, what cannot be, and what is missing.

    Faults come all at once with file, line and column. Balancing tells totals moved by 1 % or more, and links moved
    by more than 15 % of themselves and 5 % of all that their buyer takes. Trade beyond what can be had is told: exports
    above the output stated, imports above what is used and processed.

    \b
    Examples:
      supplysim world check my-world
      supplysim world check my-world --json
    """
    from supplysim.world.kit.checkup import check as checked

    found = checked(folder)
    if as_json:
        click.echo(json.dumps(document(found), indent=2, ensure_ascii=False))
        raise click.exceptions.Exit(WRONG_INPUT if found.faults else 0)
    _print(folder, found)


@world.command("from-trade")
@folder_argument
@click.option("--product", required=True, metavar="MINERAL.STAGE", help="What the tables are of.")
@click.option("--trade", required=True, type=click.Path(path_type=Path), help="Bilateral trade, csv or csv.gz.")
@click.option("--production", required=True, type=click.Path(path_type=Path), help="Output by country, csv.")
@click.option("--code", "codes", multiple=True, help="Trade code of the product; repeatable. All, if there is one.")
@click.option("--year", type=int, help="The base year; the last of the trade, if left out.")
@click.option(
    "--content",
    type=Finite(0, 1, min_open=True),
    default=1.0,
    show_default=True,
    help="Tonnes of the unit in a gross tonne traded.",
)
@click.option(
    "--unit", default="t gross", show_default=True, callback=_word, help="What output and use are counted in."
)
@click.option("--price", type=Finite(0, MOST_PRICE, min_open=True), help="USD a t of the unit; else the trade's.")
@click.option(
    "--hub",
    "hubs",
    multiple=True,
    metavar="ISO3[=SHARE]",
    help="A country whose trade only passes through, or a share of it; repeatable.",
)
@click.option("--name", default="", callback=_word, help="What the product is called.")
@click.option(
    "--source", default="", callback=_word, help="Whose trade it is, as tables cite it; else the file's name."
)
@as_json_option
def from_trade(
    folder: Path,
    product: str,
    trade: Path,
    production: Path,
    codes: tuple[str, ...],
    hubs: tuple[str, ...],
    as_json: bool,
    **rest: Any,
) -> None:
    """Make first tables of a mineral from a bilateral table and output by country.

    TRADE has BACI's columns: year, exporter_iso3, importer_iso3, value_kusd, quantity_t, and the code in hs6, hs92 or
    another year's. PRODUCTION has country_iso3 and output_t in the unit, and if known capacity_t, kind, confidence,
    source, note. Countries become regions by regions.csv, that of FOLDER laid over the shipped one. Tonnes whose unit
    value is off the usual one by more than four times are replaced by value over the usual one. Re-exports are led
    back to who made the goods; use is output + imports - exports. Exports above what can be had are told and cut.

    \b
    Examples:
      supplysim world from-trade my-world --product lithium.carbonate --trade baci.csv.gz --production output.csv
      supplysim world from-trade my-world --product lithium.carbonate --trade baci.csv.gz --production output.csv \\
        --code 283691 --year 2023 --content 0.188 --unit "t Li" --hub NLD --hub BEL=0.5 --source "CEPII BACI V202601"
    """
    from supplysim.world.kit.checkup import check as checked
    from supplysim.world.kit.from_trade import Order
    from supplysim.world.kit.from_trade import from_trade as make

    made = make(folder, Order(product, trade, production, codes=codes, hubs=dict(map(_hub, hubs)), **rest))
    found = checked(folder)
    if as_json:
        click.echo(json.dumps({"made": _made(made), "check": document(found)}, indent=2, ensure_ascii=False))
        raise click.exceptions.Exit(WRONG_INPUT if found.faults else 0)
    _tell(made)
    _print(folder, found)


def _hub(text: str) -> tuple[str, float]:
    country, _, share = text.partition("=")
    try:
        part = float(share) if share else 1.0
    except ValueError:
        part = -1.0
    if not country or not 0 < part <= 1:
        raise click.BadParameter(
            f"{text!r} must read ISO3 or ISO3=SHARE, a share above 0 and up to 1", param_hint="--hub"
        )
    return country, part


def document(found: Checkup) -> dict[str, Any]:
    """A checkup as JSON has it."""
    return {
        "ok": not found.faults,
        "minerals": list(found.minerals),
        "faults": [{"place": fault.place, "message": fault.message} for fault in found.faults],
        "totals_moved": [
            {"product": row.product, "side": row.side, "region": row.region, "name": row.name, "before": row.before,
             "after": row.after, "change_percent": row.change, "reason": row.reason} for row in found.totals
        ],
        "links_moved": [
            {"product": link.product, "from": link.origin, "to": link.destination, "before": link.before,
             "after": link.after, "change_percent": link.change, "place": link.place} for link in found.links
        ],
        "beyond_what_can_be_had": [
            {"product": each.product, "region": each.region, "side": each.side, "stated": each.stated,
             "can_be_had": each.can_be_had} for each in found.beyond
        ],
        "missing": list(found.missing),
    }  # fmt: skip


def _made(made: Made) -> dict[str, Any]:
    trade = made.trade
    return {
        "folder": str(made.folder), "codes": list(trade.codes), "year": trade.year, "lines": trade.lines,
        "tonnes_replaced": trade.replaced, "unit_value_usd_t": trade.unit_value, **made.amounts,
        "left_out": made.left_out,
        "exports_cut": [{"region": c.region, "stated": c.stated, "can_be_had": c.can_be_had} for c in made.cuts],
        "countries_in_rest": [{"country": country, "amount": amount} for country, amount in made.in_rest],
    }  # fmt: skip


def _tell(made: Made) -> None:
    trade = made.trade
    say = click.echo
    say(f"{made.folder}: {made.amounts['made']:,.0f} t made and {made.amounts['used']:,.0f} t used in {trade.year}")
    say(f"  trade of {', '.join(trade.codes)}: tonnes of {trade.replaced} of {trade.lines} lines replaced by value, "
        f"{trade.unit_value:,.0f} USD a gross tonne")  # fmt: skip
    for cut in made.cuts:
        say(f"  exports above what can be had, cut: {cut}")
    if made.in_rest:
        names = ", ".join(f"{country} {amount:,.0f} t" for country, amount in made.in_rest)
        say(f"  part of the rest of the world, unless regions.csv in the folder gives it a region: {names}")


def _print(folder: Path, found: Checkup) -> None:
    if found.faults:
        count = len(found.faults)
        refuse(found.faults, f"{count} error{'s' if count > 1 else ''} in {folder}.")
    click.echo(f"{folder}: ok, with {', '.join(found.minerals) or 'no mineral of its own'}")
    _section("totals moved by 1 % or more", [
        f"{row.product} {row.region} {row.name}: {row.before:,.0f} -> {row.after:,.0f} ({row.change:+.1f} %)"
        for row in found.totals
    ])  # fmt: skip
    _section("links moved by more than 15 %, and 5 % of what their buyer takes", [
        f"{link.place}: {link.product} {link.origin} -> {link.destination}: {link.before:,.0f} -> {link.after:,.0f} "
        f"({link.change:+.0f} %)" for link in found.links
    ])  # fmt: skip
    _section("trade beyond what can be had", [str(each) for each in found.beyond])
    _section("missing", list(found.missing))


def _section(title: str, lines: list[str]) -> None:
    click.echo(f"{title}: {len(lines) or 'none'}")
    for line in lines[:SHOWN]:
        click.echo(f"  {line}")
    if len(lines) > SHOWN:
        click.echo(f"  ... and {len(lines) - SHOWN} more: --json has them all")
