"""Two states side by side."""

from __future__ import annotations

from pathlib import Path
from threading import Event

import numpy as np
import pytest

from supplysim.web import work
from supplysim.web.answer import answer
from supplysim.web.desk import VARIANTS
from supplysim.web.live import Live
from supplysim.web.parts import narrowed
from supplysim.web.sides import beside
from supplysim.web.work import Task, compute
from supplysim.world import catalog

TEXT = """\
format: 1
title: A halt
scope: [antimony]
horizon: {months: 24}
consumers: [USA, JPN]
events:
  halt: {kind: export_ban, product: antimony.metal, from: CHN, to: [USA, JPN], starts: 2026-06}
"""


def live(folder: Path, *overrides: str) -> Live:
    path = folder / "halt.yaml"
    path.write_text(TEXT, encoding="utf-8")
    scenario = work.asked_for(str(path), overrides, 24, 4)
    own = narrowed(scenario, "antimony")
    pieces = {("antimony", v): (compute(Task(own, "antimony", v, 0, 4), Event()),) for v in VARIANTS}
    return Live(scenario, catalog(), pieces, 4)


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> tuple[Live, Live]:
    folder = tmp_path_factory.mktemp("sides")
    return live(folder, "events.halt.severity=50%"), live(folder)


def test_differences_are_medians_draw_by_draw_of_this_less_the_other(pair: tuple[Live, Live]) -> None:
    this, other = pair
    shown = answer(this, "antimony.metal", "JPN")
    found = beside(this, other, shown)
    assert (found["same"], found["paired"]) == (True, True)
    rows = {row["metric"]: row for row in found["numbers"]}
    gaps = [run.metrics["scenario"][key] for run in pair for key in run.metrics["scenario"]
            if (key.metric, key.product, key.region) == ("short_share", "antimony.metal", "JPN")]  # fmt: skip
    median = float(np.median(gaps[0] - gaps[1]))
    assert median < 0
    assert float(rows["short_share"]["change"].split()[0]) == pytest.approx(100 * median, abs=0.06)
    assert "points" in rows["short_share"]["change"]
    assert set(found["figures"]) == set(shown["figures"])
    assert found["why"] != shown["why"]


def test_a_state_beside_itself_differs_in_nothing(pair: tuple[Live, Live]) -> None:
    found = beside(pair[0], pair[0], answer(pair[0], "antimony.metal", "JPN"))
    changes = {row["label"]: row["change"].split()[0] for row in found["numbers"]}
    assert changes.pop("Peak price, outer band") == "\u2013", "differences of prices are the model's own"
    assert set(changes.values()) == {"0"}
    assert all(row["a"] == row["b"] for row in found["numbers"])


def test_other_goods_are_shown_and_not_compared(pair: tuple[Live, Live]) -> None:
    shown = {**answer(pair[0], "antimony.metal", "JPN"), "region": "KOR"}
    found = beside(*pair, shown)
    assert (found["same"], found["numbers"]) == (False, [])
    assert found["why"]
