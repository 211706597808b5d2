"""`supplysim run`: one scenario, its baseline, a table and a folder."""

from __future__ import annotations

import json
import sys
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from supplysim.results.summary import Band, Row
    from supplysim.scenario import Scenario

HEADLINES = (
    "unmet_demand_t",
    "unmet_demand_share",
    "peak_price_multiple",
    "import_reliance",
    "rival_share",
    "durability",
)
"""Metrics of the printed table; summary.csv and --json have all."""


@click.command()
@click.argument("scenario")
@click.option("--set", "settings", multiple=True, metavar="PATH=VALUE", help="Override one value; may be repeated.")
@click.option("--draws", type=click.IntRange(1), help="Number of draws.")
@click.option("--seed", type=click.IntRange(0), help="Seed of all random numbers.")
@click.option("--results", type=click.Path(file_okay=False, path_type=Path), default=Path("results"), show_default=True)
@click.option("--metric", "metrics", multiple=True, help="Metric of the table; may be repeated.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document instead of a table.")
def run(
    scenario: str, settings: tuple[str, ...], draws: int | None, seed: int | None, results: Path,
    metrics: tuple[str, ...], as_json: bool,
) -> None:  # fmt: skip
    """Run SCENARIO (a file, or the name of a shipped one) and its no-event baseline over the same draws.

    \b
    Examples:
      supplysim run china-ree-halt-with-c5
      supplysim run baseline --draws 1 --set model.growth=off
      supplysim run my.yaml --set events.halt.severity=50% --json
    """
    from supplysim.results.metrics import UNITS
    from supplysim.scenario import load

    unknown = [name for name in metrics if name not in UNITS]
    if unknown:
        raise click.BadParameter(f"no such metric '{unknown[0]}'; there are {', '.join(UNITS)}", param_hint="--metric")
    overrides = [*settings, *([f"draws={draws}"] if draws else []), *([f"seed={seed}"] if seed is not None else [])]
    loaded = load(scenario, overrides)
    folder, rows = _run(loaded, results)
    if as_json:
        from supplysim.results.result import document

        click.echo(json.dumps(document(loaded, str(folder), rows), indent=2))
    else:
        _print(loaded, rows, metrics or HEADLINES, folder)


def _run(scenario: Scenario, results: Path) -> tuple[Path, list[Row]]:
    """Run it, or find the finished folder of an equal run again."""
    import pandas as pd

    from supplysim.batch.execute import execute, save, saved
    from supplysim.results.summary import summarise
    from supplysim.results.tables import metrics_of

    folder = saved(results, scenario)
    if folder is None:
        with _bar(scenario) as progress:
            result = execute(scenario, progress=progress)
        folder = save(result, results, "supplysim run")
        return folder, result.rows()
    return folder, summarise(metrics_of(pd.read_parquet(folder / "draws.parquet")))


def _bar(scenario: Scenario) -> Any:
    """A progress bar of draws on a terminal, nothing elsewhere."""
    if not sys.stderr.isatty():
        return nullcontext(None)
    from supplysim.cli.progress import bar

    return bar(f"{scenario.name}, {scenario.draws} draws", scenario.draws)


def _print(scenario: Scenario, rows: list[Row], metrics: tuple[str, ...], folder: Path) -> None:
    from rich.console import Console
    from rich.table import Table

    console = Console()
    without = any(row.without_contracts for row in rows)
    table = Table(title=scenario.title, caption="median (5 % to 95 % of draws)", title_justify="left")
    for name in ("region", "product", "metric", "unit"):
        table.add_column(name)
    for name in ("baseline", *(["without contracts"] if without else []), "scenario", "difference"):
        table.add_column(name, justify="right")
    for row in sorted(
        _headline(rows, metrics),
        key=lambda r: (scenario.consumers.index(r.region) if r.region in scenario.consumers else 99, r.product),
    ):
        extra = [_text(row.without_contracts, row.unit)] if without and row.without_contracts else []
        name = f"{row.metric} ({row.contract})" if row.contract else row.metric
        bands = [_text(row.baseline, row.unit), *extra, _text(row.scenario, row.unit), _text(row.difference, row.unit)]
        table.add_row(row.region, row.product, name, row.unit, *bands)
    console.print(table)
    console.print(
        f"{scenario.draws} draws, seed {scenario.seed}. All metrics, months and links: {folder}", soft_wrap=True
    )


def _headline(rows: list[Row], metrics: tuple[str, ...]) -> list[Row]:
    """Rows of the metrics asked for: of products that the scenario touches, or of final products if it touches none."""
    asked = [row for row in rows if row.metric in metrics]
    moved = {row.product for row in rows if row.metric != "durability" and _moves(row)}
    if moved:
        return [row for row in asked if row.product in moved or row.metric == "durability"]
    final = {row.mineral: row.product for row in rows}
    return [row for row in asked if row.product == final[row.mineral]]


def _moves(row: Row) -> bool:
    middle, base = row.difference[1], row.baseline[1]
    return row.metric in ("unmet_demand_t", "peak_price_multiple", "import_reliance") and abs(
        middle or 0.0
    ) > 0.02 * max(abs(base or 0.0), 1e-6 if row.unit != "t" else 10.0)


def _text(band: Band | None, unit: str) -> str:
    if band is None or band[1] is None:
        return "-"
    low, middle, high = (_number(value, unit) for value in band)
    return middle if low == middle == high else f"{middle} ({low} to {high})"


def _number(value: float | None, unit: str) -> str:
    if value is None:
        return "never"
    if unit == "share":
        return f"{100 * value:.1f} %"
    if unit == "t":
        return f"{value:,.0f}"
    return f"{value:,.3g}" if abs(value) < 1000 else f"{value:,.0f}"
