"""What is seen while a command works: a bar on a terminal alone, with the pace and the time left in words."""

from __future__ import annotations

import sys
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO

import pytest

from supplysim.batch.progress import Pace, duration
from supplysim.cli import main


class Terminal(StringIO):
    """A stream that says it is a terminal."""

    encoding = "utf-8"

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.4, "0 s"), (89, "89 s"), (90, "1.5 min"), (599, "10.0 min"), (600, "10 min"), (5399, "90 min"),
        (5400, "1.5 h"), (36_000, "10 h"), (129_600, "1.5 days"), (8_640_000, "100 days"),
    ],
)  # fmt: skip
def test_a_time_is_told_in_the_unit_that_people_use(seconds, words):
    assert duration(seconds) == words


def test_the_pace_is_of_what_was_computed_since_the_first_report(monkeypatch):
    """300 draws were there already; 100 more in ten seconds leave 200 at ten a second."""
    now = iter([100.0, 110.0, 130.0])
    monkeypatch.setattr("time.monotonic", lambda: next(now))
    pace = Pace("draws")
    assert pace.text(300, 600, 0) == ""
    assert pace.text(400, 600, 2) == "10 draws/s, 20 s left, 2 failed"
    assert pace.text(600, 600, 2) == "10 draws/s, 2 failed"


@pytest.mark.parametrize("words", [["run", "HALT", "--no-report"], ["sweep", "HALT", "-j", "1"]])
def test_a_bar_is_drawn_on_a_terminal_and_nothing_of_it_in_the_answer(halt, tmp_path, monkeypatch, words):
    monkeypatch.setenv("TERM", "xterm")
    said, told = StringIO(), Terminal()
    asked = [str(halt) if word == "HALT" else word for word in words]
    with redirect_stdout(said), redirect_stderr(told), pytest.raises(SystemExit) as end:
        main([*asked, "--results", str(tmp_path / "out")])
    assert not end.value.code
    assert "halt" in told.getvalue()
    assert "5/5" in told.getvalue()
    assert "━" in told.getvalue()
    assert "━" not in said.getvalue()


def test_no_bar_is_drawn_into_a_file(supplysim, halt):
    done = supplysim("run", halt, "--no-report")
    assert done.stderr == ""
    assert not sys.stderr.isatty() or done.stdout
