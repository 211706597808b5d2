"""What the rows of scenarios/README.md say, from runs made again.

    python tools/make_answers.py [NAME...] [--draws N] [--cells N] [--results DIR]

Runs each shipped scenario (or those named) and prints its answer in sentences and, for the products it moves and the
consumers hit hardest, the metrics that the rows quote, with bands. Those with a `sweep:` are swept as well, with
`--cells` draws a cell. Finished runs are found again, so a second call only prints. `portfolio-c5` has a report of its
own, by `supplysim optimise`.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path

import pandas as pd

from supplysim.batch.engine import engine_for
from supplysim.batch.execute import execute, saved, saving
from supplysim.report import write_report
from supplysim.report.choice import choose
from supplysim.report.sentences import answer
from supplysim.report.source import read_run, run_of
from supplysim.results.notable import hardest_hit, movement, notable
from supplysim.results.summary import BOTH_BANDS, Band, Row
from supplysim.scenario import Scenario, load, shipped

QUOTED = (
    "worst_year_short_share", "worst_month_short_share", "short_share", "short_t", "peak_price_multiple",
    "rival_share", "embodied_rival_share", "durability", "added_stays",
)  # fmt: skip
"""Metrics that a row may quote, in the order of its sentences."""
PRODUCTS, CONSUMERS = 4, 4


def figure(band: Band | None, unit: str) -> str:
    """A band as rows write it."""
    if band is None or band[1] is None:
        return "-"
    scale = 100.0 if unit in ("share", "points") else 1.0
    sign = {"share": " %", "x base price": " x"}.get(unit, f" {unit}")
    low, middle, high = (f"{(value or 0.0) * scale:,.4g}" for value in band)
    return f"{middle}{sign} ({low} to {high})"


def quoted(row: Row) -> str:
    """One metric of one consumer: scenario, baseline, without contracts and what they change."""
    parts = []
    for which, line in row.lines():
        of = f" of {row.contract}" if row.contract else f", {which}" if which else ""
        parts += [f"{row.metric}{of}: {figure(line.scenario, row.unit)}", f"baseline {figure(line.baseline, row.unit)}"]
        if line.contracts_effect:
            unit = "points" if row.unit == "share" else row.unit
            parts.append(f"without contracts {figure(line.without_contracts, row.unit)}")
            parts.append(f"contracts change {figure(line.contracts_effect, unit)}")
    return "; ".join(parts)


def run(scenario: Scenario, results: Path) -> Path:
    """The folder of a run, made unless it is there."""
    engine = engine_for("auto")
    folder = saved(results, scenario, engine)
    if folder is None:
        result = execute(scenario, engine=engine)
        with saving(result, results, f"supplysim run {scenario.name}") as (folder, manifest):
            write_report(folder, run=run_of(result, manifest))
    return folder


def tell(scenario: Scenario, folder: Path) -> None:
    """Print the answer of a run and what a row quotes."""
    read = read_run(folder)
    lead, *clauses = answer(read, choose(read))
    print(f"\n## {scenario.name}: {scenario.title}\n{lead.text}")
    print(*(f"{head}. {text}" for head, text in clauses), sep="\n")
    moved = movement(read.rows)
    for product in sorted(notable(read.rows), key=lambda name: -moved[name])[:PRODUCTS]:
        for region in hardest_hit(read.rows, product)[:CONSUMERS]:
            print(f"  {product} {region}")
            here = [row for row in read.rows if (row.product, row.region) == (product, region)]
            for row in sorted((r for r in here if r.metric in QUOTED), key=lambda r: QUOTED.index(r.metric)):
                print(f"    {quoted(row)}")


def sweep(name: str, draws: int, results: Path) -> None:
    """Sweep a scenario and print what a row quotes, cell by cell."""
    command = [sys.executable, "-m", "supplysim", "sweep", name, "--draws", str(draws), "--results", str(results)]
    said = subprocess.run([*command, "--json"], check=True, capture_output=True, text=True).stdout
    cells = pd.read_csv(Path(json.loads(said)["run"]) / "summary.csv")
    print(f"\n## {name}, swept")
    quoted_here = (
        cells[cells.metric.isin(QUOTED)]
        .dropna(subset="scenario_p50")
        .sort_values(["metric", "product", "region", "cell"])
    )
    for row in quoted_here.to_dict("records"):
        price = row["unit"] == "x base price"
        band = tuple(row[f"{'outer_' if price else ''}scenario_p{q}"] for q in (5, 50, 95))
        metric = f"{row['metric']}, {BOTH_BANDS[0]}" if price else row["metric"]
        print(f"  {metric} {row['product']} {row['region']} [{row['label']}] {figure(band, row['unit'])}")


def main() -> None:
    """Run, sweep and tell what was asked for."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("names", nargs="*")
    options.add_argument("--draws", type=int, default=64)
    options.add_argument("--cells", type=int, default=64)
    options.add_argument("--results", type=Path, default=Path("results/answers"))
    asked = options.parse_args()
    for name in asked.names or shipped():
        scenario = load(name, [f"draws={asked.draws}"])
        tell(scenario, run(scenario, asked.results))
        if scenario.sweep.size > 1:
            sweep(name, asked.cells, asked.results)


if __name__ == "__main__":
    main()
