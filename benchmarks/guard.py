"""Whether the engine has come to do more work: counted, not timed, so that the numbers are the same on any machine."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from types import FrameType

from benchmarks import worlds

STEPS = 2.04
"""Newton steps that a draw of a market takes in a month, on average, when last recorded."""
CALLS = 163.0
"""Python calls that a market takes in a month, whatever the number of draws, when last recorded."""
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
