"""Subjects: each has a name, what it counts, and cases of growing size; measured by CPU time, the least of several."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

Task = Callable[[], object]


@dataclass(frozen=True)
class Case:
    """One size or severity of a subject. `prepare` returns the task to be timed; `work` is what the task gets through.

    `compare` is whose time the case is set against, by label; `skip` says why it cannot be run here.
    """

    label: str
    work: float
    prepare: Callable[[], Task]
    compare: str = ""
    skip: str = ""


@dataclass(frozen=True)
class Subject:
    """Cases that belong together. `cases(smoke)` makes small ones for the test suite, or the ones that are reported."""

    name: str
    unit: str
    note: str
    cases: Callable[[bool], Iterator[Case]]


@dataclass(frozen=True)
class Row:
    """A case measured: CPU seconds, `work` a second, how often the other case's time fits in, facts of the task."""

    subject: str
    label: str
    unit: str
    work: float
    seconds: float | None
    rate: float | None
    times_faster: float | None = None
    skipped: str = ""
    facts: dict[str, float] = field(default_factory=dict)


SUBJECTS: dict[str, Subject] = {}


def subject(name: str, unit: str, note: str) -> Callable[[Callable[[bool], Iterator[Case]]], Subject]:
    """Register a generator of cases as a subject. Raises `ValueError` for a name that is taken."""

    def register(cases: Callable[[bool], Iterator[Case]]) -> Subject:
        if name in SUBJECTS:
            raise ValueError(f"two subjects are called {name}")
        SUBJECTS[name] = Subject(name, unit, note, cases)
        return SUBJECTS[name]

    return register


def cpu_seconds(task: Task, repeats: int, budget: float) -> tuple[float, object]:
    """Least CPU time of a few repeats, within a budget of CPU seconds, and what the task returned last."""
    spent, least, result = 0.0, float("inf"), None
    for _ in range(repeats):
        start = time.process_time()
        result = task()
        took = time.process_time() - start
        spent, least = spent + took, min(least, took)
        if spent > budget:
            break
    return least, result


def measure(chosen: Subject, smoke: bool, budget: float = 20.0) -> list[Row]:
    """Measure every case of a subject."""
    rows: list[Row] = []
    for case in chosen.cases(smoke):
        if case.skip:
            rows.append(Row(chosen.name, case.label, chosen.unit, case.work, None, None, skipped=case.skip))
            continue
        seconds, result = cpu_seconds(case.prepare(), 1 if smoke else 5, budget)
        against = next((row.seconds / row.work for row in rows if row.label == case.compare and row.seconds), None)
        rows.append(
            Row(
                chosen.name, case.label, chosen.unit, case.work, seconds, case.work / max(seconds, 1e-9),
                None if against is None else against * case.work / max(seconds, 1e-9),
                facts=result if isinstance(result, dict) else {},
            )
        )  # fmt: skip
    return rows
