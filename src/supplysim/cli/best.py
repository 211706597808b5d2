"""`supplysim best`: which cells of a sweep are best by a metric."""

from __future__ import annotations

import json
from pathlib import Path

import click

from supplysim.cli.sweep import as_json_option, folder_of, print_table
from supplysim.cli.terminal import digits


@click.command()
@click.argument("run", type=click.Path(path_type=Path))
@click.option("--by", "metric", required=True, metavar="METRIC", help="Such as 'short_share rare_earths.magnets USA'.")
@click.option("--top", type=click.IntRange(1), default=10, show_default=True, help="Cells to show.")
@click.option("--worst", is_flag=True, help="Worst cells first.")
@as_json_option
def best(run: Path, metric: str, top: int, worst: bool, as_json: bool) -> None:
    """Show the cells of the finished sweep in the folder RUN that are best by METRIC, with their bands.

    Cells go by the median over draws; equal ones by the worse end of the band. Less is better of most metrics; more is
    of coverage, months of cover, time to survive, durability and effective suppliers.

    \b
    Examples:
      supplysim best results/my/0123456789ab --by 'short_share tungsten.apt USA'
      supplysim best results/my/0123456789ab --by 'peak_price_multiple tungsten.apt USA' --top 3 --json
    """
    from supplysim.results.best import best_cells
    from supplysim.results.metrics import UNITS
    from supplysim.results.summary import BOTH_BANDS, NAMES

    folder = folder_of(run)
    key, cells = best_cells(folder, metric, worst=worst)
    unit = UNITS[key.metric]
    if as_json:
        rows = [
            {"cell": row.cell, "label": row.label, "settings": dict(row.settings), "n": row.n, "n_failed": row.n_failed,
             **dict(zip(NAMES, row.band, strict=True))} for row in cells[:top]
        ]  # fmt: skip
        document = {"run": str(folder), "by": {**key._asdict(), "unit": unit}, "worst_first": worst, "cells": rows}
        click.echo(json.dumps(document, indent=2))
        return
    which = f", {BOTH_BANDS[1]}" if unit == "x base price" else ""
    click.echo(" ".join(part for part in key if part) + f" ({'%' if unit == 'share' else unit}{which}), "
               + ("worst first" if worst else "best first"))  # fmt: skip
    scale = 100.0 if unit == "share" else 1.0
    shown = []
    for place, row in enumerate(cells[:top], 1):
        low, middle, high = (_number(value, scale, row.n) for value in row.band)
        shown.append((str(place), str(row.cell), row.label, middle, low, high, str(row.n_failed)))
    print_table(("", "cell", "label", "median", "p5", "p95", "failed"), shown, left=3)
    if len(cells) > top:
        click.echo(f"{len(cells) - top} more cells; --top shows more of them")


def _number(value: float | None, scale: float, n: int) -> str:
    if value is None:
        return "never" if n else "-"
    return digits(value * scale)
