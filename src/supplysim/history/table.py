"""A titled table of text, for the terminal and for pages."""

from __future__ import annotations

from typing import NamedTuple


class Table(NamedTuple):
    """A titled table of text cells."""

    title: str
    header: list[str]
    rows: list[list[str]]


def markdown(table: Table) -> str:
    """A table as Markdown, with its title as a bold line."""
    rule = "|".join("---" for _ in table.header)
    body = [f"| {' | '.join(row)} |" for row in table.rows]
    return "\n".join([f"**{table.title}**", "", f"| {' | '.join(table.header)} |", f"|{rule}|", *body])
