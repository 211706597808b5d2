"""`python -m benchmarks.goals [ROW...]`: the goals of speed beside what this machine reaches, NumPy beside compiled.

CPU time of whole processes and of tasks in this one; the median of a few repeats with their spread. Writes
benchmarks/out/goals.json, which `--write-docs` makes the table of docs/performance.md from. `--long` adds the sweep of
10,000 draws.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median

from benchmarks import web, worlds
from benchmarks.machine import machine
from benchmarks.page import PAGE, fill
from supplysim.batch.block import compute

OUT = Path(__file__).parent / "out" / "goals.json"
BEGIN, END = "<!-- benchmarks: goals -->", "<!-- end -->"
BLOCK = 128
LINKS_THEN = 1379
"""Links of the whole world when the goals were set."""
SCENARIOS = {"calm": "baseline", "combined stress": "combined-stress", "halt of rare earths": "china-ree-halt"}


@dataclass(frozen=True)
class Measured:
    """One figure of a row: the median of its repeats with the least and the most."""

    middle: float
    low: float
    high: float


@dataclass(frozen=True)
class Row:
    """A goal: `more` says that more is better; None where an engine was not measured."""

    name: str
    unit: str
    goal: float
    more: bool
    numpy: Measured | None
    compiled: Measured | None

    @property
    def met(self) -> bool:
        found = self.compiled or self.numpy
        return found is not None and (found.middle >= self.goal if self.more else found.middle <= self.goal)


def repeated(task: Callable[[], float], repeats: int) -> Measured:
    """Figures of a task that measures itself."""
    found = [task() for _ in range(repeats)]
    return Measured(median(found), min(found), max(found))


def cpu(task: Callable[[], object]) -> float:
    """CPU seconds that a task takes in this process."""
    before = time.process_time()
    task()
    return time.process_time() - before


def command(*words: str) -> float:
    """CPU seconds of a whole command, its children and imports among them."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    with tempfile.TemporaryDirectory() as folder:
        results = ["--results", folder] if words[0] in ("run", "sweep") else []
        typed = [sys.executable, "-m", "supplysim", *words, *results]
        subprocess.run(typed, check=True, capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def _rate(name: str, engine: str, months: int = 24) -> float:
    world = worlds.assembled(name, months, BLOCK)
    work = worlds.links(world) * months * BLOCK
    return work / cpu(lambda: worlds.run(world, engine)) / 1e6


def _one_draw(engine: str) -> float:
    asked = worlds.scenario("baseline", 120, 1)
    return cpu(lambda: compute(worlds.shipped(), asked, 0, 1, traced=False, engine=engine))


def _block_memory(engine: str) -> float:
    """MB that 128 draws of 120 months of the whole world, as a run computes them, add to a process that has run two."""
    code = (
        "from benchmarks import worlds\nfrom benchmarks.machine import peak_mb as peak\n"
        "from supplysim.batch.block import compute, spans\n"
        f"asked = worlds.scenario('baseline', 120, {BLOCK})\n"
        f"compute(worlds.shipped(), asked, 0, 2, traced=False, engine='{engine}')\nbefore = peak()\n"
        f"for piece in spans(0, {BLOCK}, '{engine}'):\n"
        f"    compute(worlds.shipped(), asked, *piece, traced=False, engine='{engine}')\nprint(peak() - before)"
    )
    root = str(Path(__file__).parents[1])
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True, cwd=root)
    return float(done.stdout)


def _links_now() -> float:
    """Links of the whole world over those that it had when the goal was set."""
    return worlds.links(worlds.assembled("baseline", 1, 1)) / LINKS_THEN


def _long_sweep(engine: str) -> float:
    """Wall seconds of 10,000 draws x 120 months of the whole world on two cores, on disk."""
    began = time.perf_counter()
    command("sweep", "baseline", "--draws", "10000", "--set", "horizon.months=120", "--engine", engine, "-j", "2")
    return time.perf_counter() - began


@dataclass(frozen=True)
class Goal:
    """What is measured and what is wanted; `measure` takes an engine."""

    name: str
    unit: str
    goal: float
    measure: Callable[[str], float]
    more: bool = False
    repeats: int = 3
    both: bool = True
    long: bool = False
    there: Callable[[], bool] = lambda: True
    scale: Callable[[], float] = lambda: 1.0
    """What the goal is multiplied by on the world as it is."""


def _run(*words: str) -> Callable[[str], float]:
    return lambda engine: command(*words, "--engine", engine)


GOALS = (
    *(Goal(f"links x months x draws a core-second, {BLOCK} draws, {told}", "million", 25.0 if told == "calm" else 12.0,
           lambda engine, name=name: _rate(name, engine), more=True)  # type: ignore[misc]
      for told, name in SCENARIOS.items()),
    Goal("one draw, 120 months, whole world, inputs to metrics", "s", 0.1, _one_draw, repeats=5),
    Goal("`run baseline --draws 1` with its folder", "s", 2.0, _run("run", "baseline", "--draws", "1")),
    Goal("`run baseline --draws 1 --no-report`", "s", 1.2, _run("run", "baseline", "--draws", "1", "--no-report")),
    Goal("`run china-ree-halt` (128 draws) with its report", "s", 3.0,
         _run("run", "china-ree-halt", "--draws", "128")),
    Goal("a block of 128 draws x 120 months", "MB", 60.0, _block_memory, repeats=1),
    Goal("`--help`", "s", 0.1, lambda _: command("--help"), both=False, repeats=5),
    Goal("what-if answer, one mineral, 50 draws, YAML to JSON (wall)", "s", 0.1, lambda _: web.answer(), both=False),
    Goal("slider to repaint in the browser, median (wall)", "s", 0.2, lambda _: web.slider(), both=False, repeats=1,
         there=lambda: web.browser() is not None),
    Goal("the page ready to answer (wall)", "s", 1.5, lambda _: web.ready(), both=False),
    Goal("10,000 draws x 120 months, two cores, on disk (wall)", "s", 45.0, _long_sweep, repeats=1, long=True,
         both=False, scale=_links_now),
)  # fmt: skip


def measured(goal: Goal) -> Row:
    """A goal's row on this machine."""
    there = worlds.NOT_COMPILED == ""
    numpy = repeated(lambda: goal.measure("numpy"), goal.repeats) if goal.both or not there else None
    compiled = repeated(lambda: goal.measure("compiled"), goal.repeats) if there else None
    return Row(goal.name, goal.unit, round(goal.goal * goal.scale(), 1), goal.more, numpy, compiled)


def table(document: dict[str, object]) -> str:
    """The rows as a Markdown table, with the machine that they were measured on."""
    about: dict[str, object] = document["machine"]  # type: ignore[assignment]
    rows = [_row(row) for row in document["rows"]]  # type: ignore[attr-defined]
    flags = ", ".join(about["flags"])  # type: ignore[arg-type]
    head = (
        f"Measured on {about['cores']} cores of {about['cpu']}, family {about['family']}, model {about['model']} "
        f"({flags}), Python {about['python']}, NumPy {about['numpy']}; CPU time, median (least to most).\n\n"
        "| | NumPy | compiled | goal | met |\n|---|---|---|---|---|\n"
    )
    return head + "\n".join(rows)


def _row(row: dict[str, object]) -> str:
    found = row["compiled"] or row["numpy"]
    middle = found["middle"]  # type: ignore[index]
    met = middle >= row["goal"] if row["more"] else middle <= row["goal"]
    sign = "at least" if row["more"] else "at most"
    cells = [_figure(row[engine], str(row["unit"])) for engine in ("numpy", "compiled")]
    return (
        f"| {row['name']} | {cells[0]} | {cells[1]} | {sign} {row['goal']:g} {row['unit']} | {'yes' if met else 'no'} |"
    )


def _figure(found: object, unit: str) -> str:
    if not isinstance(found, dict):
        return ""
    low, high = f"{found['low']:.3g}", f"{found['high']:.3g}"
    spread = f" ({low} to {high})" if low != high else ""
    return f"{found['middle']:.3g} {unit}{spread}"


def write_docs(document: dict[str, object]) -> None:
    """Put the table into docs/performance.md. Raises `ValueError` for results of another CPU than this one."""
    fill(PAGE, BEGIN, END, table(document), document["machine"])  # type: ignore[arg-type]


def main(words: Sequence[str] | None = None) -> None:
    """Measure what is asked for, printing each row as it comes."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.goals", description=__doc__)
    parser.add_argument("rows", nargs="*", help="parts of rows' names; all unless said")
    parser.add_argument("--long", action="store_true", help="also what takes minutes")
    parser.add_argument("--write-docs", action="store_true", help="put the last results into docs/performance.md")
    asked = parser.parse_args(words)
    if asked.write_docs:
        write_docs(json.loads(OUT.read_text(encoding="utf-8")))
        return
    about, rows = machine(), []
    print(f"{about['cpu']}, {about['cores']} cores, {' '.join(about['flags'])}")  # type: ignore[arg-type]
    for goal in GOALS:
        wanted = not asked.rows or any(part in goal.name for part in asked.rows)
        if wanted and goal.there() and (asked.long or not goal.long):
            row = asdict(measured(goal))
            rows.append(row)
            print(_row(row), flush=True)
    OUT.parent.mkdir(exist_ok=True)
    OUT.write_text(json.dumps({"machine": about, "rows": rows}, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
