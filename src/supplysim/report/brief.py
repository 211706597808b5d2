"""A run in a few lines: for a prompt, and for a notebook."""

from __future__ import annotations

from pathlib import Path

from supplysim.report.choice import choose
from supplysim.report.html import details, esc, prose, table
from supplysim.report.names import many, over
from supplysim.report.sentences import answer
from supplysim.report.source import Run
from supplysim.report.tiles import everything

SENTENCES = 2


def brief(run: Run) -> list[str]:
    """Title, what was run, and the most important sentences: four lines."""
    made = f"{many(len(run.draws), 'draw')}, seed {run.scenario.seed}, {run.manifest['engine']} engine"
    what = f"{run.name}: {over(run.months)}, {made}"
    said = [*(clause.text for clause in answer(run, choose(run))), ""][:SENTENCES]
    return [run.title, what, *said]


def brief_html(run: Run, page: Path | None) -> str:
    """The same with all sentences, the headline table behind a click, and a link to the page where it is written."""
    choice = choose(run)
    title, what, *_ = brief(run)
    said = "".join(
        f"<p>{f'<b>{esc(head)}</b> ' if head else ''}{prose(text)}</p>" for head, text in answer(run, choice)
    )
    link = f'<p><a href="{esc(str(page))}">The whole page</a></p>' if page else (
        "<p><code>.report(&quot;page.html&quot;)</code> writes the whole page.</p>"
    )  # fmt: skip
    return f"<h3>{esc(title)}</h3><p><small>{esc(what)}</small></p>{said}" + (
        f"{details('Headline numbers', table(everything(run, choice)))}{link}"
    )
