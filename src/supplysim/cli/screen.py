"""`supplysim screen`: every single loss by what it costs, and the pairs that matter."""

from __future__ import annotations

import json
from pathlib import Path

import click

from supplysim.cli.sweep import as_json_option, print_table

SHOWN = 15


@click.command()
@click.argument("scenario", default="baseline")
@click.option("--for", "consumers", multiple=True, metavar="REGION", help="Whose final users count; may be repeated. "
              "The scenario's consumers unless said.")  # fmt: skip
@click.option("--set", "settings", multiple=True, metavar="PATH=VALUE", help="Override one value; may be repeated.")
@click.option("--pairs", type=click.IntRange(0), default=60, show_default=True, help="Most pairs to simulate.")
@click.option("--draws", type=click.IntRange(2), default=32, show_default=True, help="Draws of every loss.")
@click.option(
    "--months",
    type=click.IntRange(12),
    default=36,
    show_default=True,
    help="Months that are simulated; at most the scenario's.",
)
@click.option("-j", "--jobs", type=click.IntRange(1), default=1, show_default=True, help="Processes on this machine.")
@click.option("--engine", type=click.Choice(["auto", "numpy", "compiled"]), default="auto", show_default=True)
@click.option("--results", type=click.Path(file_okay=False, path_type=Path), default=Path("results"), show_default=True)
@as_json_option
def screen(
    scenario: str, consumers: tuple[str, ...], settings: tuple[str, ...], pairs: int, draws: int, months: int,
    jobs: int, engine: str, results: Path, as_json: bool,
) -> None:  # fmt: skip
    """Let everything in SCENARIO's world fail, one thing at a time, and rank it by what users then go without.

    Suppliers, countries, export bans, corridors, consumers' own bans and contracts, at half and full severity, for 6
    and 18 months; then pairs of the worst. Writes screen.csv, pairs.csv and screen.html. Each row has the --set that
    reproduces it. Events of the scenario with a `likelihood` are screened as written, with their expected loss.

    \b
    Examples:
      supplysim screen -j 2
      supplysim screen baseline --for EU27 --set scope=[tungsten] --pairs 0
      supplysim screen c5-contracts --json
    """
    from supplysim.batch.engine import engine_for
    from supplysim.cli.progress import quiet_bar
    from supplysim.decisions.screen import Effort, screened
    from supplysim.decisions.screen_files import covered_text, document, screen_folder, write_screen
    from supplysim.report.decisions.screen import screen_page, sentences
    from supplysim.report.names import Names
    from supplysim.report.numbers import amount
    from supplysim.scenario import load
    from supplysim.world import catalog

    loaded, effort, chosen = load(scenario, settings), Effort(draws, months, pairs=pairs), engine_for(engine)
    with quiet_bar(f"screen of {loaded.name}") as progress:
        found = screened(loaded, consumers, effort=effort, jobs=jobs, engine=chosen, progress=progress)
    folder = screen_folder(results, loaded, found.consumers, effort, chosen)
    command = f"supplysim screen {scenario}"
    write_screen(folder, found, effort, command, chosen, screen_page(found))
    if as_json:
        click.echo(json.dumps(document(found), indent=2))
        return
    names = Names(catalog(loaded.world))
    for text in sentences(found, names):
        click.echo(text)
    click.echo()
    closed = found.rank_closed_form()
    rows = [
        (str(k), row.contingency.words(), amount(row.mean_loss, "USD"), f"{row.consumer} {row.product}",
         amount(row.short_share[1] or 0.0, "share"), covered_text(row) or "-", str(closed[row.contingency.id]))
        for k, row in enumerate(found.rows[:SHOWN], 1)
    ]  # fmt: skip
    print_table(("", "loss", "costs", "hits most", "short", "covered by", "rank without time"), rows, left=2)
    click.echo(f"{len(found.rows)} losses, {len(found.pairs)} pairs. Everything is in {folder}")
