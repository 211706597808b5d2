"""What long work tells as it goes: lines with their time on standard error, or one JSON object each."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

LOG = logging.getLogger("supplysim.cli")


class Line(logging.Formatter):
    """`2026-01-31T12:00:00Z text`; warnings are named as such."""

    def format(self, record: logging.LogRecord) -> str:
        level = "" if record.levelno < logging.WARNING else f"{record.levelname.lower()}: "
        return f"{_time(record)} {level}{record.getMessage()}"


class Json(logging.Formatter):
    """An object with `time`, `level`, `message`, and the numbers that the message has (`fields` of the record)."""

    def format(self, record: logging.LogRecord) -> str:
        head = {"time": _time(record), "level": record.levelname.lower(), "message": record.getMessage()}
        return json.dumps(head | getattr(record, "fields", {}), ensure_ascii=False)


def _time(record: logging.LogRecord) -> str:
    return datetime.fromtimestamp(record.created, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


class Errors(logging.Handler):
    """Writes to what is standard error at the moment, so that a progress bar there stays below the lines."""

    def emit(self, record: logging.LogRecord) -> None:
        import click

        click.echo(self.format(record), err=True)


@contextmanager
def logged(as_json: bool) -> Iterator[None]:
    """Everything that supplysim logs goes to standard error, from progress up."""
    handler, ours = Errors(), logging.getLogger("supplysim")
    handler.setFormatter(Json() if as_json else Line())
    before = ours.level
    ours.addHandler(handler)
    ours.setLevel(logging.INFO)
    try:
        yield
    finally:
        ours.removeHandler(handler)
        ours.setLevel(before)
