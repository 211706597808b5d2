"""The answer in plain words, made from the run's numbers alone: a sentence or two for each clause of a question."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

from supplysim.report.choice import Choice
from supplysim.report.deals import bought, chances, contracted, durable, exposure_after_shock, signed
from supplysim.report.market import instead, others, price_at
from supplysim.report.names import Names
from supplysim.report.shortage import broken, calm, first, how_long, how_much, rationed, shock, who
from supplysim.report.source import Run
from supplysim.report.ties import of_scenario, verdict
from supplysim.results.durability import fates


class Clause(NamedTuple):
    """What one clause of a question is answered with; the lead has no head."""

    head: str
    text: str


def question(run: Run) -> str:
    """The scenario's question, or one made from what it has."""
    if run.scenario.question:
        return run.scenario.question
    consumers = Names(run.catalog).places(run.scenario.consumers)
    if run.scenario.happening:
        tail = ", and what do the contracts change" if signed(run) else ""
        return f"What does {shock(run)} mean{tail}?"
    if signed(run):
        return f"What do the contracts change for {consumers} while nothing breaks?"
    return f"Where do {consumers} stand if nothing breaks and nothing new is signed?"


def answer(run: Run, choice: Choice) -> list[Clause]:
    """The lead, then the clauses that the question asks for in its own words, then what else there is to say."""
    names = Names(run.catalog)
    tied = verdict(of_scenario(fates(run.rows)), run.scenario.contracts, names)
    lead = _lead(run, choice, names)
    found = [Clause("", tied or lead)]
    asked = run.scenario.question.lower()
    order = sorted(CLAUSES, key=lambda row: not re.search(row[1], asked))  # a stable sort keeps the rest in order
    for head, _, say in order:
        text = say(run, choice, names)
        if text:
            found.append(Clause(head, text))
    return [*found, Clause("What else happens", lead)] if tied else found


def _lead(run: Run, choice: Choice, names: Names) -> str:
    row = run.row("short_t", choice.product, choice.region)
    if row is None:
        return "None of the scenario's consumers uses what it moves."
    if run.scenario.happening:
        return broken(run, row, names)
    return contracted(run, choice, names) if signed(run) else calm(run, row, names)


Say = Callable[[Run, Choice, Names], str]
CLAUSES: tuple[tuple[str, str, Say], ...] = (
    ("How much is short, and when", r"how much|short", how_much),
    ("How long stocks last", r"how long|stock|how far|survive", how_long),
    ("Who feels it most", r"\bwho\b|which side|which steelmakers|hit the us most|anyone|aircraft makers", who),
    ("What the deals buy", r"deal|contract|offtake|c5|kazakh|mine\b|stockpile", bought),
    ("Who takes over what support let go", r"support|two years later|\blast|partnership", durable),
    ("What gives way first", r"give way|first|mines or enrichment", first),
    ("Who supplies instead", r"from whom|to whom|supplies whom|replace|take over|gets the metal|make good|instead|"
     r"does russia|how much of the world", instead),
    ("What it does to prices", r"price|worth", price_at),
    ("Other products", r"of which mineral|lacks what|series", others),
    ("Dependence on rivals", r"rival|changes who", exposure_after_shock),
    ("What no price buys", r"at any price", rationed),
    ("What is uncertain", r"happen at all", chances),
)  # fmt: skip
"""Each clause with the words by which a question asks for it; those asked for are told first."""
