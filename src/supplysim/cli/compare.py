"""`supplysim compare`: what runs, or the cells of a sweep, do differently, draw by draw."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from supplysim.cli.sweep import as_json_option, folder_of, print_table
from supplysim.cli.terminal import NOTHING, digits

if TYPE_CHECKING:
    from supplysim.results.compare import Contrast, Run

HEADLINES = ("short_t", "peak_price_multiple", "bought_abroad_share", "rival_share", "durability")
"""Metrics of the printed table; --json has all."""


@click.command()
@click.argument("runs", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="RUN...")
@click.option("--metric", "metrics", multiple=True, help="Metric to compare; may be repeated.")
@click.option("--product", help="Only this product.")
@click.option("--region", help="Only this consumer.")
@as_json_option
def compare(runs: tuple[Path, ...], metrics: tuple[str, ...], product: str | None, region: str | None, as_json: bool
            ) -> None:  # fmt: skip
    """Compare finished runs with the first of them: inputs that differ, then differences draw by draw.

    RUN is the folder of a run, of a sweep (all of its cells), or of one cell. Each number is a median over draws, as
    `run` has it; a difference has its 95 % confidence interval, and the 5 % and 95 % quantiles over draws. --json has
    the means too.

    \b
    Examples:
      supplysim compare results/my/0123456789ab
      supplysim compare results/calm/0123456789ab results/halt/ba9876543210 --metric short_t
    """
    from supplysim.results.compare import contrasts, differing_inputs, find_runs
    from supplysim.results.metrics import UNITS

    unknown = [name for name in metrics if name not in UNITS]
    if unknown:
        raise click.BadParameter(f"no such metric '{unknown[0]}'; there are {', '.join(UNITS)}", param_hint="--metric")
    found = find_runs([folder_of(run) for run in runs])
    rows = contrasts(found, metrics or (tuple(UNITS) if as_json else HEADLINES))
    _known("--product", product, {row.product for row in rows})
    _known("--region", region, {row.region for row in rows})
    rows = [row for row in rows if product in (None, row.product) and region in (None, row.region)]
    inputs = differing_inputs(found)
    if as_json:
        click.echo(json.dumps(_document(found, inputs, rows), indent=2))
    else:
        _print(found, inputs, rows)


def _known(option: str, name: str | None, names: set[str]) -> None:
    """Raises a usage error for a product or consumer that the runs say nothing of."""
    from supplysim.scenario.names import suggestion

    if name is not None and name not in names:
        raise click.BadParameter(f"nothing is known of '{name}'{suggestion(name, sorted(names))}", param_hint=option)


def _document(runs: list[Run], inputs: dict[str, list[Any]], rows: list[Contrast]) -> dict[str, Any]:
    listed = [{"run": str(run.folder), "label": run.label, "scenario": run.scenario.name, "draws": run.scenario.draws,
               "seed": run.scenario.seed, "n_failed": run.n_failed} for run in runs]  # fmt: skip
    return {"runs": listed, "inputs": inputs, "differences": [_row(row) for row in rows]}


def _row(row: Contrast) -> dict[str, Any]:
    from supplysim.results.compare import OUTER
    from supplysim.results.summary import NAMES

    low, middle, high = row.band
    outer = {name: dict(zip(NAMES, found, strict=True)) for name in OUTER if (found := getattr(row, name))}
    plain = {name: _finite(value) for name, value in vars(row).items() if name not in ("band", "contract", *OUTER)}
    named = {"contract": row.contract} if row.contract else {}
    return {**plain, **named, **outer, "difference": {"p5": low, "p50": middle, "p95": high}}


def _finite(value: Any) -> Any:
    return None if isinstance(value, float) and value != value else value


def _print(runs: list[Run], inputs: dict[str, list[Any]], rows: list[Contrast]) -> None:
    from supplysim.results.compare import uneven

    listed = [(str(k), run.label, str(run.folder), f"{run.scenario.draws:,}", str(run.n_failed))
              for k, run in enumerate(runs)]  # fmt: skip
    print_table(("run", "label", "folder", "n", "n_failed"), listed, left=3)
    click.echo()
    if inputs:
        titles = ("input that differs", *(f"run {k}" for k in range(len(runs))))
        print_table(titles, [(path, *(_text(v) for v in values)) for path, values in inputs.items()], left=1)
    else:
        click.echo("no input differs")
    click.echo()
    titles = ("run", "region", "product", "metric", "run 0", "this run", "difference", "95 % interval", "p5 to p95",
              "n", "n_failed")  # fmt: skip
    moved = [row for row in rows if _moved(row)]
    if moved:
        print_table(titles, [cells for row in moved for cells in _lines(row)], left=4)
    if any(row.other_outer for row in moved):
        click.echo("Prices: the outer band has the noise that such a market has; the inner band, of which differences "
                   "are, is what is not known of the parameters.")  # fmt: skip
    still = sum(not _moved(row) for row in rows)
    if still:
        click.echo(f"{still} metric{'s' if still > 1 else ''} the same in every draw: not shown")
    if uneven(runs):
        click.echo(uneven(runs))
    if not all(row.paired for row in rows):
        click.echo(
            "Runs of different seeds or samplers share no draws: their intervals are those of independent samples."
        )


def _moved(row: Contrast) -> bool:
    known = [abs(x) for x in (row.mean, row.low, row.high, *row.band) if x is not None and x == x]
    return row.n > 0 and not (row.paired and max(known, default=0.0) < NOTHING)


def _lines(row: Contrast) -> list[tuple[str, ...]]:
    """A metric's line; of a price one for each band, the outer one without differences."""
    from supplysim.results.summary import BOTH_BANDS

    cells = _cells(row)
    if row.base_outer is None or row.other_outer is None:
        return [cells]
    outer, inner = (f"{cells[3]}, {which}" for which in BOTH_BANDS)
    medians = ["-" if found[1] is None else _number(found[1]) for found in (row.base_outer, row.other_outer)]
    return [(*cells[:3], outer, *medians, "-", "-", "-", *cells[9:]), (*cells[:3], inner, *cells[4:])]


def _cells(row: Contrast) -> tuple[str, ...]:
    scale, end, points = (100.0, " %", " points") if row.unit == "share" else (1.0, "", "")
    low, _, high = row.band
    band = f"{_number(low * scale)} to {_number(high * scale)}{points}" if low is not None and high is not None else "-"
    metric = f"{row.metric} ({row.contract})" if row.contract else row.metric
    return (
        str(row.other), row.region, row.product, f"{metric}{'' if row.unit == 'share' else f', {row.unit}'}",
        _number(row.base_median * scale) + end, _number(row.other_median * scale) + end,
        _number(row.median * scale) + points, f"{_number(row.median_low * scale)} to "
        f"{_number(row.median_high * scale)}{points}", band, f"{row.n:,}", str(row.n_failed),
    )  # fmt: skip


def _number(value: float) -> str:
    return "-" if value != value else digits(value)


def _text(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key}: {item}" for key, item in value.items())
    return "-" if value is None else str(value)
