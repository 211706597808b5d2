"""`supplysim report`: a run folder becomes one page that opens offline."""

from __future__ import annotations

from pathlib import Path

import click


@click.command()
@click.argument("runs", nargs=-1, required=True, metavar="RUN...", type=click.Path(file_okay=False, path_type=Path))
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help="Where to write the page.")
@click.option("--brief", is_flag=True, help="Two sheets of paper: answer and numbers, flows and months.")
def report(runs: tuple[Path, ...], output: Path | None, brief: bool) -> None:
    """Write one self-contained HTML page of RUN, a run's folder; of several (or of a sweep), one that compares them.

    One run's page goes to report.html in its folder unless -o is given, its brief to brief.html (the
    browser prints it, or saves it as PDF); a comparison goes to comparison.html here.

    \b
    Examples:
      supplysim report results/baseline/0123456789ab
      supplysim report results/baseline/0123456789ab --brief
      supplysim report results/halt/0123456789ab results/halt/ba9876543210 -o both.html
    """
    from supplysim.report import write_brief, write_comparison, write_report

    if brief and (len(runs) > 1 or _is_sweep(runs[0])):
        raise click.BadParameter("a brief is of one run", param_hint="--brief")
    if brief:
        click.echo(write_brief(runs[0], output))
    elif len(runs) == 1 and not _is_sweep(runs[0]):
        click.echo(write_report(runs[0], output))
    else:
        click.echo(write_comparison(list(runs), output or Path("comparison.html")))


def _is_sweep(folder: Path) -> bool:
    from supplysim.results.folder import read_manifest

    return read_manifest(folder).get("kind") == "sweep"
