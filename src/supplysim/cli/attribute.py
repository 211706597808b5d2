"""`supplysim attribute`: what each contract and project adds."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from supplysim.cli.sweep import as_json_option, print_table

if TYPE_CHECKING:
    from supplysim.decisions.attribute import Attribution, Part
    from supplysim.results.metrics import Key

MOST = 4
"""Products and consumers in the printed table; --json and the page have all."""


@click.command()
@click.argument("scenario")
@click.option("--set", "settings", multiple=True, metavar="PATH=VALUE", help="Override one value; may be repeated.")
@click.option("--draws", type=click.IntRange(1), help="Number of draws.")
@click.option("--seed", type=click.IntRange(0), help="Seed of all random numbers.")
@click.option("--metric", default="short_t", show_default=True, help="Metric of the printed table.")
@click.option("-j", "--jobs", type=click.IntRange(1), default=1, show_default=True, help="Worker processes.")
@click.option("--results", type=click.Path(file_okay=False, path_type=Path), default=Path("results"), show_default=True)
@click.option("--engine", type=click.Choice(["auto", "numpy", "compiled"]), default="auto", show_default=True)
@as_json_option
def attribute(
    scenario: str, settings: tuple[str, ...], draws: int | None, seed: int | None, metric: str, jobs: int,
    results: Path, engine: str, as_json: bool,
) -> None:  # fmt: skip
    """Say what each contract and project of SCENARIO adds to shortage, price and dependence on rivals.

    Leave-one-out (what is lost without that one alone) and Shapley values (the mean over all orders of signing; they
    add up to what all deals do together), with the range of nine draws in ten. Up to eight deals of a chain are done
    exactly, more by sampled orders with their error. Writes attribution.json and attribution.html into the folder of
    the run; `supplysim report` shows them.

    \b
    Examples:
      supplysim attribute all-c5-deals-realised --draws 32 -j 2
      supplysim attribute c5-contracts --metric embodied_rival_share --json
    """
    from supplysim.batch.engine import engine_for
    from supplysim.cli.progress import quiet_bar
    from supplysim.decisions.attribute import METRICS, document
    from supplysim.decisions.attribute import attribute as share_out
    from supplysim.report.decisions.attribute import attribute_page
    from supplysim.results.folder import run_folder, write_text
    from supplysim.scenario import load

    if metric not in METRICS:
        raise click.BadParameter(f"no such metric '{metric}'; there are {', '.join(METRICS)}", param_hint="--metric")
    overrides = [*settings, *([f"draws={draws}"] if draws else []), *([f"seed={seed}"] if seed is not None else [])]
    loaded, used = load(scenario, overrides), engine_for(engine)
    with quiet_bar(f"{loaded.name}, coalitions") as progress:
        found = share_out(loaded, engine=used, jobs=jobs, progress=progress)
    told = document(found)
    folder = run_folder(results, loaded, used)
    write_text(folder / "attribution.json", json.dumps(told, indent=1) + "\n")
    write_text(folder / "attribution.html", attribute_page(loaded, told))
    if as_json:
        click.echo(json.dumps(told, indent=2))
    else:
        _print(found, metric, folder)


def _print(found: Attribution, metric: str, folder: Path) -> None:
    from supplysim.decisions.attribute import ranked
    from supplysim.report.names import own_name

    groups = ranked(found, metric)
    if not groups:
        click.echo(f"No contract or project moves {metric} of any consumer.")
    for key, parts in groups[:MOST]:
        click.echo(f"\n{key.product} for {key.region}: all deals together {_text(found.total[key], key)}")
        print_table(("deal", "adds (Shapley)", "left out alone", "cost"), [_row(found, part) for part in parts], left=1)
    left = len(groups) - MOST
    more = f"{left} more products and consumers are" if left > 0 else "All of it is"
    sampled = any(part.error is not None for part in found.parts)
    how = "sampled orders, errors in attribution.json" if sampled else "exact"
    click.echo(f"\n{own_name(metric)}, {found.draws} draws, {found.simulated} coalitions ({how}). {more} in {folder}")


def _row(found: Attribution, part: Part) -> tuple[str, ...]:
    from supplysim.report.numbers import amount

    cost = found.cost(part.deal)
    shares = (_text(part.shapley, part.key), _text(part.leave_one_out, part.key))
    return (part.deal.id, *shares, "-" if cost is None else amount(cost, "USD"))


def _text(values: Any, key: Key) -> str:
    from supplysim.report.numbers import band_text
    from supplysim.results.metrics import UNITS
    from supplysim.results.summary import band

    return band_text(band(values), UNITS[key.metric], signed=True)
