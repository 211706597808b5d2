"""`supplysim run`: one scenario, its baseline, the answer in sentences and a folder."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from rich.table import Table

    from supplysim.report.source import Run
    from supplysim.results.summary import Band, Row
    from supplysim.scenario import Scenario

HEADLINES = {
    "short_t": "short",
    "short_share": "short share",
    "worst_month_short_share": "worst month",
    "peak_price_multiple": "peak price",
    "bought_abroad_share": "bought abroad",
    "rival_share": "from rivals",
    "embodied_rival_share": "through rivals",
    "durability": "durability",
}
"""Metrics of the table of --full with their short names; summary.csv and --json have all."""
OTHERWISE = 6
"""Months for which to let an event last next; twice that where it lasts as long."""
MOST_LINES = 10
"""Lines that a run prints."""


@click.command()
@click.argument("scenario")
@click.option("--set", "settings", multiple=True, metavar="PATH=VALUE", help="Override one value; may be repeated.")
@click.option("--draws", type=click.IntRange(1), help="Number of draws.")
@click.option("--seed", type=click.IntRange(0), help="Seed of all random numbers.")
@click.option("--results", type=click.Path(file_okay=False, path_type=Path), default=Path("results"), show_default=True)
@click.option("--engine", type=click.Choice(["auto", "numpy", "compiled"]), default="auto", show_default=True,
              help="What computes it; auto takes compiled wherever this install has it.")  # fmt: skip
@click.option("--metric", "metrics", multiple=True, help="Metric for the table of --full; may be repeated.")
@click.option("--no-report", is_flag=True, help="Leave out report.html, the page about the run.")
@click.option("--full", is_flag=True, help="Print the table of headline metrics too.")
@click.option("--open", "show", is_flag=True, help="Open the page in the browser.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document instead of sentences.")
def run(
    scenario: str, settings: tuple[str, ...], draws: int | None, seed: int | None, results: Path,
    engine: str, metrics: tuple[str, ...], no_report: bool, full: bool, show: bool, as_json: bool,
) -> None:  # fmt: skip
    """Run SCENARIO (a file, or the name of a shipped one) and its no-event baseline over the same draws.

    \b
    Examples:
      supplysim run china-ree-halt-with-c5
      supplysim run baseline --draws 1 --set model.growth=off
      supplysim run china-ree-halt --full --open
      supplysim run my.yaml --set events.halt.severity=50% --json
    """
    from supplysim.results.metrics import UNITS
    from supplysim.scenario import load

    unknown = [name for name in metrics if name not in UNITS]
    if unknown:
        raise click.BadParameter(f"no such metric '{unknown[0]}'; there are {', '.join(UNITS)}", param_hint="--metric")
    overrides = [*settings, *([f"draws={draws}"] if draws else []), *([f"seed={seed}"] if seed is not None else [])]
    loaded = load(scenario, overrides)
    for note in loaded.notices:
        click.echo(f"note: {note}", err=True)
    folder, read = _run(loaded, results, engine, report=not no_report)
    if as_json:
        from supplysim.results.result import document

        click.echo(json.dumps(document(loaded, str(folder), read.rows), indent=2))
    else:
        if full or metrics:
            _tables(loaded, read.rows, metrics or tuple(HEADLINES))
        _say(loaded, folder, read)
    if show:
        _open(folder)


def _run(scenario: Scenario, results: Path, asked: str, report: bool) -> tuple[Path, Run]:
    """Run it, or find the finished folder of an equal run again; the folder, and what it holds."""
    from supplysim.batch.engine import engine_for
    from supplysim.batch.execute import execute, saved, saving
    from supplysim.cli.progress import quiet_bar
    from supplysim.cli.terminal import typed
    from supplysim.report import write_report
    from supplysim.report.source import read_run, run_of

    engine = engine_for(asked)
    folder = saved(results, scenario, engine)
    if folder is None:
        with quiet_bar(f"{scenario.name}, {scenario.draws} draws", "draws") as progress:
            result = execute(scenario, progress=progress, engine=engine)
        with saving(result, results, typed()) as (folder, manifest):
            made = run_of(result, manifest)
            if report:
                write_report(folder, run=made)
        return folder, made
    return folder, read_run(folder)


def _say(scenario: Scenario, folder: Path, read: Run) -> None:
    """The answer in sentences, where the page is and what to try next: ten lines at most."""
    from rich.markup import escape

    from supplysim.cli.terminal import console as stdout
    from supplysim.report import PAGE
    from supplysim.report.choice import choose
    from supplysim.report.names import many
    from supplysim.report.sentences import answer
    from supplysim.report.source import departs_text

    head = [f"[bold]{escape(scenario.title)}[/]"]
    head += [f"[yellow]{escape(departs_text(*scenario.departs))}[/]"] if scenario.departs[1] else []
    choice = choose(read)
    lead, *clauses = answer(read, choice)
    said = [escape(lead.text), *(f"[bold]{head}.[/] {escape(text)}" for head, text in clauses)]
    page = folder / PAGE
    where = f"The page: {page}" if page.is_file() else f"The folder: {folder}"
    told = "medians, and in brackets nine of ten draws" if scenario.draws > 1 else "numbers of that draw, without bands"
    tail = [
        f"{many(scenario.draws, 'draw')}, seed {scenario.seed}; {told}. {escape(where)}",
        f"Next: --full for the table, --open for the page, {escape(_next(scenario, choice.product))}",
    ]
    for line in [*head, *said[: MOST_LINES - len(head) - len(tail)], *tail]:
        stdout().print(line, soft_wrap=True)


def _next(scenario: Scenario, product: str) -> str:
    """A value of this scenario that is worth another look, as a setting: of an event on the product first."""
    events = sorted(scenario.happening.items(), key=lambda item: product not in getattr(item[1], "product", ()))
    for name, event in events:
        lasts = getattr(event, "lasts", None)
        if lasts is not None:
            return f'or another length: --set events.{name}.lasts="{12 if lasts == OTHERWISE else OTHERWISE} months"'
    for name, contract in scenario.contracts.items():
        if contract.kind != "no_flow" and contract.realised < 1.0:
            return f"or the deal for certain: --set contracts.{name}.realised=100%"
        if contract.kind != "no_flow" and contract.volume:
            return f"or half of the deal: --set contracts.{name}.volume=0.5x"
    return "or something that breaks: supplysim new my-scenario"


def _open(folder: Path) -> None:
    import webbrowser

    from supplysim.report import PAGE, write_report

    page = folder / PAGE
    webbrowser.open((page if page.is_file() else write_report(folder)).resolve().as_uri())


def _tables(scenario: Scenario, rows: Sequence[Row], metrics: tuple[str, ...]) -> None:
    from supplysim.cli.terminal import console as stdout
    from supplysim.results.notable import notable

    console = stdout()
    shown = notable(rows)
    for product in dict.fromkeys(row.product for row in rows):
        if product in shown:
            console.print(_table(scenario, [r for r in rows if r.product == product and r.metric in metrics]))
    quiet = [product for product in dict.fromkeys(row.product for row in rows) if product not in shown]
    if quiet:
        console.print(f"Hardly moved: {', '.join(quiet)}.", soft_wrap=True)
    console.print("Each cell is the median over draws, with the 5 % and 95 % quantiles.")
    _say_ceiling(scenario, rows)
    if any(row.contracts_effect for row in rows):
        console.print("The last column is the scenario less the same world without contracts and their projects.")
    console.print("A price's inner band, in which its differences are taken, is what is not known of the parameters;")
    console.print("the outer band, the one to read a price by, adds the noise that such a market has in calm months.")


def _say_ceiling(scenario: Scenario, rows: Sequence[Row]) -> None:
    """Which markets' prices only ration what there is."""
    from supplysim.cli.terminal import console as stdout
    from supplysim.report.names import listed
    from supplysim.results.ceiling import PRICES, binds, ceiling_of, told_rationing

    ceiling = ceiling_of(scenario)
    held: dict[str, list[str]] = {}
    for row in rows:
        if row.metric in PRICES and binds(row.scenario, ceiling):
            held.setdefault(row.product, []).append(row.region)
    if held:
        where = "; ".join(f"{product} in {listed(regions)}" for product, regions in held.items())
        stdout().print(f"Of the price of {where}: {told_rationing(ceiling)}.", soft_wrap=True)


def _table(scenario: Scenario, rows: list[Row]) -> Table:
    from rich.table import Table

    from supplysim.results.ceiling import ceiling_of, or_ceiling

    ceiling = ceiling_of(scenario)
    without = any(row.without_contracts for row in rows)
    table = Table(title=rows[0].product, title_justify="left", title_style="bold", header_style="dim", box=None)
    for name in ("", "metric"):
        table.add_column(name)
    last_column = "effect of contracts" if without else "difference"
    for name in ("baseline", *(["without contracts"] if without else []), "scenario", last_column):
        table.add_column(name, justify="right")
    order = {region: k for k, region in enumerate(scenario.consumers)}
    last = ""
    variants = ("baseline", *(["without_contracts"] if without else []), "scenario")
    for row in sorted(rows, key=lambda r: order.get(r.region, len(order))):
        name = HEADLINES.get(row.metric, row.metric) + (f" of {row.contract}" if row.contract else "")
        for which, line in row.lines():
            cells = [or_ceiling(_text(getattr(line, variant), row.unit), row.metric, getattr(row, variant), ceiling)
                     for variant in variants]  # fmt: skip
            change = _text(line.contracts_effect if without else line.difference,
                           "points" if row.unit == "share" else row.unit)  # fmt: skip
            named = ", ".join(part for part in (name, which) if part)
            table.add_row(row.region if row.region != last else "", named, *cells, change)
            last = row.region
    return table


def _text(band: Band | None, unit: str) -> str:
    if band is None or band == (None, None, None):
        return "-"
    low, middle, high = (_number(value, unit) for value in band)
    ending = {
        "share": " %",
        "points": " points",
        "t": " t",
        "x base price": " x",
        "months": " months",
        "USD": " USD",
    }.get(unit, "")
    return middle + ending if low == middle == high else f"{middle}{ending} ({low} to {high})"


def _number(value: float | None, unit: str) -> str:
    if value is None:
        return "never"
    if unit in ("share", "points"):
        return f"{100 * value + 0.0:.1f}".replace("-0.0", "0.0")
    if unit == "t" or abs(value) >= 1000:
        return f"{value:,.0f}".replace("-0", "0") if abs(value) < 0.5 else f"{value:,.0f}"
    return f"{value:.2f}".replace("-0.00", "0.00")
