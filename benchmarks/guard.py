"""Whether more work is done than was: counted, not timed, so that the numbers are the same on any machine."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from benchmarks import worlds
from supplysim.batch.engine import engine_for
from supplysim.batch.execute import execute, saving
from supplysim.report import PAGE, write_report
from supplysim.report.source import run_of
from supplysim.scenario import load

STEPS = 2.04
"""Newton steps that a draw of a market takes in a month, on average, when last recorded."""
CALLS = 149.0
"""Python calls that a market takes in a month, whatever the number of draws, when last recorded."""
COMPILED_STEPS = 1.84
"""Newton steps that a draw of a market takes in the compiled month, on average, when last recorded."""
PAGE_MB, FOLDER_MB = 2.1, 4.0
"""Size of the page about a run, and of its folder without the page, when last recorded (`run_folder`)."""
NEVER = ("plotly", "pandas", "pyarrow.compute", "scipy.stats", "scipy.optimize",
         "distributed", "simpy")  # fmt: skip
"""What a run without a page has no use for, and takes long to import: most of them longer than a draw to simulate."""
ALLOWED = 1.25
"""How many times what was recorded fails."""


@dataclass(frozen=True)
class Effort:
    """What a fixed piece of engine work took: Newton steps a market, draw and month; Python calls a market and month.

    Recorded anew after a change that is worth it: `python -c "from benchmarks.guard import effort; print(effort())"`.
    """

    steps: float
    calls: float

    def beyond(self) -> bool:
        """Whether it is more than allowed."""
        return self.steps > ALLOWED * STEPS or self.calls > ALLOWED * CALLS


def effort(draws: int = 16, months: int = 4) -> Effort:
    """The effort of the whole world under stress, by NumPy."""
    world = worlds.assembled("combined-stress", months, draws)
    count = 0

    def heard(frame: FrameType, event: str, _: object) -> None:
        nonlocal count
        count += event == "call" and frame.f_globals.get("__name__", "").startswith("supplysim.")

    before = sys.getprofile()
    sys.setprofile(heard)
    try:
        done = worlds.run(world, "numpy")
    finally:
        sys.setprofile(before)
    return Effort(done["iterations"], count / (len(world.chain.stages) * months))


def compiled_steps(draws: int = 16, months: int = 4) -> float:
    """Newton steps a market, draw and month of the compiled month, of the whole world under stress."""
    return worlds.run(worlds.assembled("combined-stress", months, draws), "compiled")["iterations"]


def imported(*words: str) -> set[str]:
    """The modules that a command has imported when it ends."""
    code = (
        "import sys\nfrom supplysim.cli import main\n"
        "try: main(sys.argv[1:])\nexcept SystemExit as stop: assert not stop.code\n"
        "print('IMPORTED', *sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code, *words], capture_output=True, text=True, check=True)
    return set(done.stdout.rpartition("IMPORTED ")[2].split())


def run_folder(results: Path) -> tuple[float, float]:
    """MB of the page about two draws of china-ree-halt, all of its products, and of the run's folder without it."""
    result = execute(load("china-ree-halt", ["draws=2"]), engine=engine_for("auto"))
    with saving(result, results, "guard") as (folder, manifest):
        write_report(folder, run=run_of(result, manifest))
    sizes = {path.name: path.stat().st_size / 2**20 for path in folder.iterdir()}
    return sizes[PAGE], sum(sizes.values()) - sizes[PAGE]
