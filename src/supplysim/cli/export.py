"""`supplysim export`: a run's results in the columns that other models' tools read."""

from __future__ import annotations

from pathlib import Path

import click

from supplysim.cli.sweep import folder_of


@click.command()
@click.argument("run", type=click.Path(path_type=Path))
@click.option("--iamc", "target", type=click.Path(dir_okay=False, path_type=Path), required=True,
              help="CSV file to write, in IAMC columns.")  # fmt: skip
def export(run: Path, target: Path) -> None:
    """Write RUN, the folder of a run or of a sweep, as a table for pyam and the IAMC's scenario databases.

    Columns are model, scenario, region, variable, unit, year and value. Variables are Production, Use, Shortage, Price
    (a multiple of the base price), Stocks (December's) and, where the run starts in January, Trade between FROM>TO, all
    by product, such as Use|Rare Earths|Magnets. Numbers are of whole calendar years.

    \b
    Examples:
      supplysim export results/china-ree-halt/0123456789ab --iamc halt.csv
      python -c "import pyam; print(pyam.IamDataFrame('halt.csv'))"
    """
    from supplysim.results.csv_text import csv_text
    from supplysim.results.folder import write_text
    from supplysim.results.iamc import iamc_frame

    frame = iamc_frame(folder_of(run))
    write_text(target, csv_text(frame))
    click.echo(f"{target}: {len(frame):,} rows, {frame['variable'].nunique()} variables")
