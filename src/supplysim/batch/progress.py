"""How long work tells that it goes on, and the bar that shows it on a terminal and in a notebook."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Protocol

Told = Callable[[int, int], None]
"""Called with how much is done and how much there is in all."""


class Progress(Protocol):
    """A `Told` that takes also how many failed, from work whose draws may fail one by one."""

    def __call__(self, done: int, total: int, failed: int = 0, /) -> None: ...


@contextmanager
def bar(title: str, unit: str = "") -> Iterator[Progress]:
    """A bar on stderr, its length what the first call says; `unit` is what is counted, such as `draws`."""
    from rich import progress as rich
    from rich.console import Console

    columns = (rich.TextColumn("{task.description}"), rich.BarColumn(), rich.MofNCompleteColumn(),
               rich.TextColumn("{task.fields[pace]}"))  # fmt: skip
    pace = Pace(unit)
    with rich.Progress(*columns, console=Console(stderr=True), transient=True) as shown:
        task = shown.add_task(title, total=None, pace="")

        def told(done: int, total: int, failed: int = 0, /) -> None:
            shown.update(task, completed=done, total=total, pace=pace.text(done, total, failed))

        yield told


class Pace:
    """How much is done a second and the time left, counted from the first report."""

    def __init__(self, unit: str = "") -> None:
        self._unit = unit
        self._start: tuple[float, int] | None = None

    def numbers(self, done: int, total: int) -> dict[str, float]:
        """`per_second` and `seconds_left`; none before anything was computed."""
        import time

        now = time.monotonic()
        self._start = self._start or (now, done)
        began, already = self._start
        if done == already or now <= began:
            return {}
        rate = (done - already) / (now - began)
        return {"per_second": round(rate, 3), "seconds_left": round((total - done) / rate, 1)}

    def text(self, done: int, total: int, failed: int) -> str:
        """Such as `210 draws/s, 4 min left, 2 failed`; empty before anything was computed."""
        found = self.numbers(done, total)
        said = [f"{found['per_second']:.3g} {self._unit}/s".replace(" /", "/")] if found else []
        left = [f"{duration(found['seconds_left'])} left"] if found and done < total else []
        return ", ".join([*said, *left, *([f"{failed} failed"] if failed else [])])


def duration(seconds: float) -> str:
    """A time for people: seconds, minutes, hours or days."""
    for unit, size in (("days", 86400.0), ("h", 3600.0), ("min", 60.0)):
        if seconds >= 1.5 * size:
            return f"{seconds / size:.1f} {unit}" if seconds < 10 * size else f"{seconds / size:.0f} {unit}"
    return f"{seconds:.0f} s"
