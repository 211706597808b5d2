"""The written parts after the figures: data and sources, limits, how to run it again."""

from __future__ import annotations

import csv
from collections import Counter

from supplysim.report.choice import Choice
from supplysim.report.html import Table, details, esc, table
from supplysim.report.names import Names, listed, many
from supplysim.report.numbers import NONE
from supplysim.report.source import Run
from supplysim.world.catalog import mineral_folders

CONFIDENCE = (
    "A: the publisher's own table or text. B: press or a secondary source quoting it. derived: computed from others. "
    "C: weak or dated. R: a labelled assumption."
)


def sources(run: Run, choice: Choice) -> str:
    """Where the scenario's statements and the world's figures come from."""
    scenario = run.scenario
    stated = [[name, text] for name, text in scenario.sources.items()]
    for kind in ("events", "contracts", "projects"):
        for name, entity in getattr(scenario, kind).items():
            said = ". ".join(part.rstrip(". ") for part in (entity.source, entity.note) if part)
            stated.append([entity.title or name, said or "no source stated: an assumption of the scenario"])
    own = table(Table(("Statement", "Source"), stated)) if stated else "<p>The scenario states no sources.</p>"
    minerals = list(dict.fromkeys(product.partition(".")[0] for product in choice.products))
    world = world_sources(run, minerals)
    names = listed([mineral.replace("_", " ") for mineral in minerals])
    return (
        f'<section id="sources"><h2>Data and sources</h2><h3>What the scenario states</h3>{own}'
        f"<h3>The base year 2024</h3><p>Production, use and trade of {esc(names)}, balanced so that every tonne that "
        f"is made is bought. {esc(CONFIDENCE)}</p>"
        f"{details(f'Show {len(world.rows)} sources of the base year', table(world))}"
        "<p>World outline: Natural Earth, public domain.</p></section>"
    )


def world_sources(run: Run, minerals: list[str]) -> Table:
    """Each source of the world's tables for some minerals, with the number of figures taken and their confidence."""
    folders = mineral_folders(run.scenario.world)
    found: Counter[tuple[str, str, str, str]] = Counter()
    for mineral in minerals:
        for path in sorted(folders[mineral].glob("*.csv")):
            with path.open(encoding="utf-8", newline="") as lines:
                for row in csv.DictReader(lines):
                    source = row.get("source") or row.get("price_source")
                    if source:
                        grade = row.get("confidence") or row.get("price_confidence") or NONE
                        found[mineral.replace("_", " "), path.stem, source, grade] += 1
    rows = [[source, mineral, what, grade, str(count)] for (mineral, what, source, grade), count in found.items()]
    return Table(("Source", "Mineral", "Table", "Confidence", "Figures"), rows)


def limits(run: Run) -> str:
    """What the model does not do, where a reader of its results sees it."""
    on = run.scenario.model.variety_cost
    traced = run.manifest["counts"].get("traced", len(run.draws))
    premium = (
        "It is part of the spot prices shown here (model.variety_cost is on)."
        if on
        else "It is left out of the prices shown here (model.variety_cost is off): they are what is paid."
    )
    points = (
        ("No strategy.", "The model does not predict what an exporter will do, when it will lift a ban or whom it will "
         "favour: events are what the scenario says they are."),
        ("No market power.", "Sellers and buyers take prices as given; nobody withholds supply to raise them."),
        ("Spot overshoots.", "The spot price rises further than what firms pay under contracts on average; the page "
         "shows both."),
        ("Loss of variety.", "After a ban the price holds a premium for lost suppliers, about ln(1/remaining share) "
         "over sigma (the ease of switching), which stands for the cost of qualifying new ones. "
         f"{premium} Cost of supply is what is paid at spot, without it."),
        ("Elasticities are priors.", "How strongly producers, users and trade react to prices is not known for any of "
         "these minerals. The values are drawn from wide ranges, one set for all, and results are bands, not "
         "forecasts. Nothing was fitted to this episode."),
        ("Medians and quantiles.", f"Bands hold nine of ten draws ({many(len(run.draws), 'draw')}). Monthly and yearly "
         f"figures are medians over the first {many(traced, 'draw')}; medians of parts need not add up to the median "
         "of the whole."),
    )  # fmt: skip
    items = "".join(f"<li><strong>{esc(head)}</strong> {esc(text)}" for head, text in points)
    return f'<section id="limits"><h2>Limits of the model</h2><ul>{items}</ul></section>'


OWN_DESIGN = """\
import pandas, supplysim
inputs = pandas.read_parquet("draws.parquet").filter(regex="^input[|]").rename(columns=lambda name: name[6:])
supplysim.run(supplysim.load("scenario.yaml"), inputs=inputs)"""
"""How a run is made again whose inputs were given and not sampled."""


def again(run: Run) -> str:
    """The command that makes this run again, and what it was made with."""
    manifest = run.manifest
    command, same = "supplysim run scenario.yaml", "numbers and the same run id"
    if manifest.get("design"):
        command, same = OWN_DESIGN, "numbers"
    facts = [
        ["Run", str(manifest["run"])],
        ["Scenario, SHA-256", str(manifest["inputs"]["scenario"])],
        ["World tables, SHA-256", str(manifest["inputs"]["world"])],
        ["Draws, sampler, seed", f"{manifest['draws']}, {manifest['sampler']}, {manifest['seed']}"],
        ["Horizon", f"{manifest['horizon']['start']}, {many(manifest['horizon']['months'], 'month')}"],
        *([name, version] for name, version in manifest["versions"].items()),
    ]
    projects = Names(run.catalog).places(run.scenario.consumers)
    return (
        f'<section id="again"><h2>Run it again</h2><p>In the folder of this run, with the resolved scenario that lies '
        f"beside this page (draws and seed included):</p><pre><code>{esc(command)}</code></pre>"
        f"<p>The same inputs give the same {same}. Consumers shown: {esc(projects)}.</p>"
        f"{table(Table(('What', 'Value'), facts), 'facts')}</section>"
    )
