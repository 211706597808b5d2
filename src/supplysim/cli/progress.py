"""What a command shows while it works: a bar on a terminal, and elsewhere nothing or a line now and then."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from supplysim.batch.progress import Progress

LINE_EVERY = 10.0
"""Seconds between lines where there is no terminal to draw a bar on."""


def quiet_bar(title: str, unit: str = "") -> AbstractContextManager[Progress | None]:
    """A bar on a terminal, nothing elsewhere."""
    if not sys.stderr.isatty():
        return nullcontext(None)
    from supplysim.batch.progress import bar

    return bar(title, unit)


@contextmanager
def follow(title: str, log_json: bool = False) -> Iterator[Progress]:
    """A bar on a terminal, a line now and then elsewhere, both on stderr; moves as chunks of draws are completed.

    The first call says what was there already. Lines have their time, or are JSON objects with `log_json`, which draws
    no bar.
    """
    from supplysim.batch.progress import bar
    from supplysim.cli.logs import logged

    drawn = sys.stderr.isatty() and not log_json
    with logged(log_json), bar(title, "draws") if drawn else _lines_of(title) as shown:
        yield shown


@contextmanager
def _lines_of(title: str) -> Iterator[Progress]:
    import time

    from supplysim.batch.progress import Pace
    from supplysim.cli.logs import LOG

    pace, last = Pace("draws"), [0.0]

    def line(done: int, total: int, failed: int = 0, /) -> None:
        text = pace.text(done, total, failed)
        if done == total or time.monotonic() - last[0] >= LINE_EVERY:
            last[0] = time.monotonic()
            found = {"draws_per_second" if name == "per_second" else name: value
                     for name, value in pace.numbers(done, total).items()}  # fmt: skip
            fields = {"sweep": title, "done": done, "draws": total, "failed": failed, **found}
            said = f"{title}: {done} of {total} draws{', ' if text else ''}{text}"
            LOG.info("%s", said, extra={"fields": fields})

    yield line
