"""Where tables are printed: the terminal's width, or a width that keeps rows whole in files and pipes."""

from __future__ import annotations

import sys
from decimal import Decimal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console

PIPE_WIDTH = 160


NOTHING = 1e-9
"""What is smaller is rounding: of the smallest mineral it is a thousandth of a gram."""


def digits(value: float) -> str:
    """A number with three digits that count and no exponent, from a thousand on as a whole one."""
    if abs(value) < NOTHING:
        return "0"
    if abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{Decimal(f'{value:.3g}'):f}"


def typed() -> str:
    """The command that was typed, as a shell would take it again."""
    import shlex

    import click

    context = click.get_current_context(silent=True)
    words = context.find_root().obj if context else None
    return shlex.join(["supplysim", *(words or ([str(context.info_name)] if context else []))])


def console() -> Console:
    """A console on stdout."""
    from rich.console import Console

    class Read(Console):
        def on_broken_pipe(self) -> None:
            """Leave it to the command line: Rich would end with 1, which means that a run failed."""
            raise BrokenPipeError

    return Read(width=None if sys.stdout.isatty() else PIPE_WIDTH, highlight=False)
