"""A progress bar that moves as draws are finished."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def quiet_bar(title: str) -> Iterator[Callable[[int, int], None] | None]:
    """A bar on a terminal, nothing elsewhere; its length is what the first call says."""
    import sys

    if not sys.stderr.isatty():
        yield None
        return
    with _bar_of(title) as shown:
        yield lambda done, total: shown(done, total, 0)


LINE_EVERY = 10.0
"""Seconds between lines where there is no terminal to draw a bar on."""


@contextmanager
def follow(title: str, log_json: bool = False) -> Iterator[Callable[[int, int, int], None]]:
    """A bar on a terminal, a line now and then elsewhere, both on stderr; moves as chunks of draws are completed.

    Yields a function of draws done, draws in all and draws failed. The first call says what was there already.
    Lines have their time, or are JSON objects with `log_json`, which draws no bar.
    """
    import sys

    from supplysim.cli.logs import logged

    with logged(log_json), _bar_of(title) if sys.stderr.isatty() and not log_json else _lines_of(title) as shown:
        yield shown


@contextmanager
def _bar_of(title: str) -> Iterator[Callable[[int, int, int], None]]:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[pace]}"))
    pace = Pace()
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(title, total=None, pace="")
        yield lambda done, total, failed: progress.update(
            task, completed=done, total=total, pace=pace.text(done, total, failed)
        )


@contextmanager
def _lines_of(title: str) -> Iterator[Callable[[int, int, int], None]]:
    import time

    from supplysim.cli.logs import LOG

    pace, last = Pace(), [0.0]

    def line(done: int, total: int, failed: int) -> None:
        text = pace.text(done, total, failed)
        if done == total or time.monotonic() - last[0] >= LINE_EVERY:
            last[0] = time.monotonic()
            fields = {"sweep": title, "done": done, "draws": total, "failed": failed, **pace.numbers(done, total)}
            said = f"{title}: {done} of {total} draws{', ' if text else ''}{text}"
            LOG.info("%s", said, extra={"fields": fields})

    yield line


class Pace:
    """Draws a second and the time left, counted from the first report."""

    def __init__(self) -> None:
        self._start: tuple[float, int] | None = None

    def numbers(self, done: int, total: int) -> dict[str, float]:
        """`draws_per_second` and `seconds_left`; none before anything was computed."""
        import time

        now = time.monotonic()
        self._start = self._start or (now, done)
        began, already = self._start
        if done == already or now <= began:
            return {}
        rate = (done - already) / (now - began)
        return {"draws_per_second": round(rate, 3), "seconds_left": round((total - done) / rate, 1)}

    def text(self, done: int, total: int, failed: int) -> str:
        """Such as `210 draws/s, 4 min left, 2 failed`; empty before anything was computed."""
        found = self.numbers(done, total)
        said = [f"{found['draws_per_second']:.3g} draws/s"] if found else []
        left = [f"{duration(found['seconds_left'])} left"] if found and done < total else []
        return ", ".join([*said, *left, *([f"{failed} failed"] if failed else [])])


def duration(seconds: float) -> str:
    """A time for people: seconds, minutes, hours or days."""
    for unit, size in (("days", 86400.0), ("h", 3600.0), ("min", 60.0)):
        if seconds >= 1.5 * size:
            return f"{seconds / size:.1f} {unit}" if seconds < 10 * size else f"{seconds / size:.0f} {unit}"
    return f"{seconds:.0f} s"
