"""Every benchmark runs at its smallest size, and a subject is registered once."""

from __future__ import annotations

import pytest
from benchmarks import engine, limits, peers  # noqa: F401  (they register their subjects)
from benchmarks.__main__ import text
from benchmarks.registry import SUBJECTS, Row, measure, subject


@pytest.mark.parametrize("name", SUBJECTS)
def test_a_subject_runs_at_its_smallest(name):
    rows = measure(SUBJECTS[name], smoke=True)
    assert rows
    for row in rows:
        assert row.skipped or (row.seconds is not None and row.rate > 0)
        assert row.label in text(row)
    assert any(not row.skipped for row in rows)


def test_a_name_is_given_once():
    with pytest.raises(ValueError, match="two subjects are called kernel"):
        subject("kernel", "", "")(lambda _: iter(()))


def test_what_is_left_out_says_why():
    assert "no such peer" in text(Row("peers", "peer", "runs", 1.0, None, None, skipped="no such peer"))
