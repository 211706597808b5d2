"""One mistake in a good scenario is found, and found where it is; `python -m tests.stress language` tries 2,000."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from tests.stress.language import LEAST_RIGHT, chosen, tried
from tests.stress.mutants import mutations

from supplysim.scenario import shipped

SOME = 250


def test_single_mistakes_in_shipped_scenarios_are_reported_where_they_are(tmp_path: Path) -> None:
    found = list(tried(chosen(SOME, 20261123), tmp_path))
    wrong = [(v.what, v.name, v.mutation.kind, v.mutation.what, v.said) for v in found if v.what != "right"]

    assert not [each for each in wrong if each[0] in ("ignored", "broken")], "\n".join(map(str, wrong))
    assert len(wrong) <= (1 - LEAST_RIGHT) * SOME, "\n".join(map(str, wrong))


def test_there_are_mistakes_of_every_kind_and_enough_of_them() -> None:
    kinds = Counter(m.kind for path in shipped().values() for m in mutations(path.read_text(encoding="utf-8")))

    assert set(kinds) == {
        "misspelt key", "misspelt id", "wrong type", "wrong unit", "out of bounds", "wrong date", "missing key",
        "control character", "decimal comma", "quote left open", "an anchor", "a tag", "written twice",
    }  # fmt: skip
    assert kinds.total() > 4_000
