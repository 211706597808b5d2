"""docs/performance.md holds the table of goals as it was measured, with the machine that it was measured on."""

from __future__ import annotations

import pytest
from benchmarks import goals
from benchmarks.goals import BEGIN, END, GOALS, PAGE, table, write_docs
from benchmarks.machine import machine

MACHINE = {
    "cpu": "Some CPU",
    "family": "1",
    "model": "2",
    "flags": ["avx2"],
    "cores": 3,
    "python": "3.11",
    "numpy": "2",
}
ROWS = [
    {"name": "fast", "unit": "million", "goal": 25.0, "more": True, "numpy": {"middle": 2.0, "low": 2.0, "high": 2.0},
     "compiled": {"middle": 30.0, "low": 29.0, "high": 31.0}},
    {"name": "slow", "unit": "s", "goal": 0.1, "more": False, "numpy": {"middle": 3.0, "low": 3.0, "high": 3.0},
     "compiled": None},
]  # fmt: skip


def test_a_table_names_the_machine_and_says_which_goals_are_met():
    text = table({"machine": MACHINE, "rows": ROWS})
    assert "3 cores of Some CPU, family 1, model 2 (avx2)" in text
    assert "| fast | 2 million | 30 million (29 to 31) | at least 25 million | yes |" in text
    assert "| slow | 3 s |  | at most 0.1 s | no |" in text


def test_the_page_keeps_its_markers_and_a_row_for_each_goal():
    text = PAGE.read_text(encoding="utf-8")
    assert text.count(BEGIN) == text.count(END) == 1
    written = text[text.index(BEGIN) : text.index(END)]
    assert "Measured on" in written
    assert [goal.name for goal in GOALS if not goal.long and f"| {goal.name} |" not in written] == []


def test_figures_of_another_cpu_are_not_written(monkeypatch, tmp_path):
    page = tmp_path / "performance.md"
    page.write_text(f"before\n{BEGIN}\nold\n{END}\nafter\n", encoding="utf-8")
    monkeypatch.setattr(goals, "PAGE", page)
    with pytest.raises(ValueError, match="of another CPU"):
        write_docs({"machine": MACHINE, "rows": ROWS})
    write_docs({"machine": machine(), "rows": ROWS})
    text = page.read_text(encoding="utf-8")
    assert text.startswith(f"before\n{BEGIN}\nMeasured on")
    assert text.endswith(f"{END}\nafter\n")
    assert "old" not in text
