"""`supplysim sweep`, `status`, `resume` and `verify`: every cell of a sweep over all draws, whatever happens."""

from __future__ import annotations

import json
import re
import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from supplysim.batch.plan import Plan
    from supplysim.batch.sweep import Estimate, Options, Status

RESULTS = Path("results")
SHOWN = 10
"""Failed draws that are printed; the rest are in failures.csv."""


class Part(click.ParamType[Any]):
    """`K/N`: the K-th of N parts."""

    name = "K/N"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[int, int]:
        found = re.fullmatch(r"([0-9]{1,6})/([0-9]{1,6})", str(value))
        if not found or not 1 <= int(found[1]) <= int(found[2]):
            self.fail(f"'{value}' is not K/N with K from 1 to N, such as 2/8", param, ctx)
        return int(found[1]), int(found[2])


log_json_option = click.option("--log-json", is_flag=True, help="Log one JSON object a line on standard error.")
as_json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON document instead of a table.")


def where_options(command: Callable[..., None]) -> Callable[..., None]:
    """Where to compute: the options that `sweep`, `resume` and `verify` share."""
    jobs = click.option(
        "-j", "--jobs", type=click.IntRange(1), default=1, show_default=True, help="Processes on this machine."
    )
    scheduler = click.option("--scheduler", metavar="ADDR", help="Dask scheduler to use, such as tcp://host:8786.")
    return jobs(scheduler(command))


@click.command()
@click.argument("scenario")
@click.option("--set", "settings", multiple=True, metavar="PATH=VALUE", help="Override one value; may be repeated.")
@click.option("--draws", type=click.IntRange(1), help="Number of draws of each cell.")
@click.option("--seed", type=click.IntRange(0), help="Seed of all random numbers.")
@click.option("--results", type=click.Path(file_okay=False, path_type=Path), default=RESULTS, show_default=True)
@where_options
@click.option("--part", type=Part(), default="1/1", help="The K-th of N parts; machines need only share a disk.")
@click.option("--block", type=click.IntRange(1), help="Draws of a chunk; decides nothing but speed and memory.")
@click.option(
    "--engine",
    type=click.Choice(["auto", "numpy", "compiled"]),
    default="auto",
    show_default=True,
    help="What computes it; auto takes compiled wherever this install has it.",
)
@log_json_option
@click.option("--plan", "only_plan", is_flag=True, help="Compute one chunk, say what the sweep will take, and stop.")
@click.option("--fail-fast", is_flag=True, help="Stop at the first draw that fails.")
@as_json_option
def sweep(
    scenario: str, settings: tuple[str, ...], draws: int | None, seed: int | None, results: Path, jobs: int,
    scheduler: str | None, part: tuple[int, int], block: int | None, engine: str, log_json: bool, only_plan: bool,
    fail_fast: bool, as_json: bool,
) -> None:  # fmt: skip
    """Run all cells of SCENARIO's sweep over all draws; may be stopped at any moment and gone on with.

    \b
    Examples:
      supplysim sweep my.yaml --plan
      supplysim sweep my.yaml -j 8 --draws 100000
      supplysim sweep my.yaml --scheduler tcp://head-node:8786
      supplysim sweep my.yaml --part 3/20
    """
    from supplysim.batch.engine import engine_for
    from supplysim.batch.plan import plan_of
    from supplysim.batch.sweep import Options
    from supplysim.batch.workers import Where
    from supplysim.cli.terminal import typed
    from supplysim.scenario import load

    overrides = [*settings, *([f"draws={draws}"] if draws else []), *([f"seed={seed}"] if seed is not None else [])]
    loaded = load(scenario, overrides)
    for note in loaded.notices:
        click.echo(f"note: {note}", err=True)
    plan = plan_of(loaded, block, engine_for(engine))
    if only_plan:
        from supplysim.batch.sweep import estimate

        _print_estimate(estimate(plan, results, jobs), jobs, as_json)
    else:
        _go(plan, results, Options(Where(jobs, scheduler), part, fail_fast, typed()), as_json, log_json)


@click.command()
@click.argument("run", type=click.Path(path_type=Path))
@where_options
@click.option("--part", type=Part(), default="1/1", help="Go on with the K-th of N parts.")
@click.option("--fail-fast", is_flag=True, help="Stop at the first draw that fails.")
@log_json_option
@as_json_option
def resume(
    run: Path, jobs: int, scheduler: str | None, part: tuple[int, int], fail_fast: bool, log_json: bool, as_json: bool
) -> None:  # fmt: skip
    """Go on with the sweep in the folder RUN, from its own scenario; what is done is not done again.

    \b
    Examples:
      supplysim resume results/my/0123456789ab -j 8
    """
    from supplysim.batch.sweep import Options, reopened
    from supplysim.batch.workers import Where
    from supplysim.cli.terminal import typed

    run = folder_of(run)
    options = Options(Where(jobs, scheduler), part, fail_fast, typed())
    _go(reopened(run), run.absolute().parents[1], options, as_json, log_json)


@click.command()
@click.argument("run", type=click.Path(path_type=Path))
@as_json_option
def status(run: Path, as_json: bool) -> None:
    """Show how much of the sweep in the folder RUN is done, failed and missing; ends with 3 while work is left.

    \b
    Examples:
      supplysim status results/my/0123456789ab
    """
    from supplysim.batch.sweep import status as status_of

    found = status_of(folder_of(run))
    _print_status(found, as_json)
    raise click.exceptions.Exit(3 if found.missing or found.state != "finished" else 0)


@click.command()
@click.argument("run", type=click.Path(path_type=Path))
@where_options
@click.option("--all", "everything", is_flag=True, help="Compute all chunks again, not one of each cell.")
@click.option("--cell", type=click.IntRange(0), default=0, show_default=True, help="Cell of --draw.")
@click.option("--draw", type=click.IntRange(0), help="Compute this draw alone and show its metrics or its error.")
@as_json_option
def verify(
    run: Path, jobs: int, scheduler: str | None, everything: bool, cell: int, draw: int | None, as_json: bool
) -> None:
    """Check the files of the sweep in the folder RUN, compute chunks again and compare every byte.

    \b
    Examples:
      supplysim verify results/my/0123456789ab
      supplysim verify results/my/0123456789ab --all -j 8
      supplysim verify results/my/0123456789ab --cell 3 --draw 1741
    """
    from supplysim.batch.verify import verify as verify_folder
    from supplysim.batch.workers import Where
    from supplysim.cli.progress import follow

    run = folder_of(run)
    if draw is not None:
        _print_draw(run, cell, draw, as_json)
        return
    with follow(f"verifying {run}") as progress:
        found = verify_folder(run, everything=everything, where=Where(jobs, scheduler), progress=progress)
    if as_json:
        chunks = [vars(chunk) for chunk in found.different]
        click.echo(json.dumps({"run": str(run), "good": found.good, **vars(found), "different": chunks}, indent=2))
    else:
        for name in found.damaged:
            click.echo(f"{name}: missing, or not as it was written")
        for chunk in found.different:
            click.echo(f"cell {chunk.cell}, draws {chunk.first} to {chunk.first + chunk.count - 1}: other bytes now")
        click.echo(f"{found.files} files, {found.chunks} chunks with {found.draws} draws computed again: "
                   + ("all the same" if found.good else "NOT the same"))  # fmt: skip
    raise click.exceptions.Exit(0 if found.good else 1)


def folder_of(run: Path) -> Path:
    """The folder that RUN names: itself, or a folder of that name under results/."""
    return run if run.exists() or not (RESULTS / run).is_dir() else RESULTS / run


@contextmanager
def _clean_stop(folder: Path) -> Iterator[None]:
    """Ctrl-C, a closed terminal, and the signal with which schedulers end jobs, stop between two writes.

    They say how to go on.
    """

    def stop(*_: Any) -> None:
        raise KeyboardInterrupt

    ends = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]
    before = {number: signal.signal(number, stop) for number in ends}
    try:
        yield
    except KeyboardInterrupt:
        click.echo(f"Interrupted. All completed chunks are kept; go on with: supplysim resume {folder}", err=True)
        raise click.exceptions.Exit(130) from None
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _go(plan: Plan, results: Path, options: Options, as_json: bool, log_json: bool) -> None:
    from supplysim.batch.sweep import sweep as run_sweep
    from supplysim.cli.progress import follow
    from supplysim.errors import RunError

    folder = plan.folder(results)
    try:
        with _clean_stop(folder), follow(plan.scenario.name, log_json) as progress:
            found = run_sweep(plan, results, options, progress)
    except RunError as error:
        raise RunError(f"{error}\nWhat is done is kept; go on with: supplysim resume {folder}") from None
    _print_status(found, as_json)
    raise click.exceptions.Exit(1 if found.failed else 0)


def _print_status(found: Status, as_json: bool) -> None:
    from supplysim.batch.finish import again

    failures = [{**vars(f), "alone": again(found.folder, f)} for f in found.failures]
    if as_json:
        click.echo(json.dumps({"run": str(found.folder), "state": found.state, "draws": found.draws,
                               "done": found.done, "failed": found.failed, "missing": found.missing,
                               "cells": found.cells, "failures": failures,
                               "damaged": found.damaged}, indent=2))  # fmt: skip
        return
    rows = [(str(c["cell"]), c["label"], *(f"{c[k]:,}" for k in ("draws", "done", "failed")),
             f"{c['draws'] - c['done']:,}") for c in found.cells]  # fmt: skip
    print_table(("cell", "label", "draws", "done", "failed", "missing"), rows, left=2)
    for failure in failures[:SHOWN]:
        click.echo(f"failed: cell {failure['cell']}, draw {failure['draw']}: {failure['error']}\n"
                   f"  alone: {failure['alone']}", err=True)  # fmt: skip
    if len(failures) > SHOWN:
        click.echo(f"{len(failures) - SHOWN} more; all are in cells/*/failures.csv when the sweep is done", err=True)
    for text in found.damaged:
        click.echo(f"{text}: it is passed over, and its chunk computed again", err=True)
    click.echo(f"{found.state}: {found.done:,} of {found.draws:,} draws, {found.failed} failed. {found.folder}")
    if found.missing:
        click.echo(f"go on with: supplysim resume {found.folder}")


def _print_estimate(found: Estimate, jobs: int, as_json: bool) -> None:
    from supplysim.batch.progress import duration

    if as_json:
        click.echo(json.dumps({**vars(found), "folder": str(found.folder), "jobs": jobs}, indent=2))
        return
    workers = f"{jobs} process{'es' if jobs > 1 else ''}"
    click.echo(
        f"{found.cells:,} cell{'s' if found.cells > 1 else ''}, {found.draws:,} draws in all, {found.chunks:,} chunks "
        f"of at most {found.block}\n"
        f"{duration(found.seconds)} with {workers} ({1000 * found.seconds_a_draw:.3g} ms a draw)\n"
        f"{found.memory / 2**20:,.0f} MB of memory a process, {found.disk / 2**20:,.0f} MB of disk while it runs "
        f"({found.free / 2**20:,.0f} MB free)\n"
        f"estimated from {found.probed} draws of the first cell; results would go to {found.folder}"
    )


def _print_draw(run: Path, cell: int, draw: int, as_json: bool) -> None:
    from supplysim.batch.verify import draw_alone

    row = draw_alone(run, cell, draw).iloc[0]
    if as_json:
        clean = {str(k): None if v != v or abs(v) == float("inf") else float(v) for k, v in row.items()}
        click.echo(json.dumps({"run": str(run), "cell": cell, "draw": draw, "values": clean}, indent=2))
    else:
        print_table(("value of draw " + str(draw), ""), [(str(k), f"{v:.6g}") for k, v in row.items()], left=1)


def print_table(titles: tuple[str, ...], rows: Sequence[tuple[str, ...]], left: int) -> None:
    """A plain table on stdout, numbers to the right from column `left` on."""
    from rich.table import Table
    from rich.text import Text

    from supplysim.cli.terminal import console

    table = Table(box=None, pad_edge=False, header_style="bold")
    for number, title in enumerate(titles):
        table.add_column(title, justify="left" if 0 < number < left or (left == 1 and not number) else "right")
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    console().print(table)
