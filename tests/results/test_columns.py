"""Arrow columns from arrays and names, and back: what goes in comes out, and no pandas is needed for it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from supplysim.results.columns import alike, array, by_row, named, plain, read, table, values
from supplysim.results.folder import write_parquet

PARTS = (
    {"variant": "baseline", "region": named(["USA", "JPN", "USA"]), "year": np.array([1, 2, 3]),
     "p50": np.array([1.5, np.nan, -0.0])},
    {"variant": "scenario", "region": named(["DRC ü"]), "year": np.array([1]), "p50": np.array([np.inf])},
)  # fmt: skip


def test_parts_stand_under_one_another() -> None:
    found = table(*PARTS)
    assert values(found["variant"]) == ["baseline"] * 3 + ["scenario"]
    assert values(found["region"]) == ["USA", "JPN", "USA", "DRC ü"]
    assert values(found["year"]) == [1, 2, 3, 1]
    assert values(found["p50"]) == [1.5, None, 0.0, np.inf]
    np.testing.assert_array_equal(array(found["p50"]), [1.5, np.nan, -0.0, np.inf])


def test_pandas_and_a_file_have_the_same(tmp_path: Path) -> None:
    path = tmp_path / "some.parquet"
    write_parquet(path, table(*PARTS))
    expected = pd.DataFrame({
        "variant": ["baseline"] * 3 + ["scenario"], "region": ["USA", "JPN", "USA", "DRC ü"], "year": [1, 2, 3, 1],
        "p50": [1.5, np.nan, -0.0, np.inf],
    })  # fmt: skip
    pd.testing.assert_frame_equal(pd.read_parquet(path), expected)
    again = read(path)
    assert [values(column) for column in again.columns] == [values(column) for column in table(*PARTS).columns]
    assert by_row(plain(table(*PARTS))["region"]).texts == ["USA", "JPN", "DRC ü"]


def test_no_rows_have_their_columns_and_types() -> None:
    found = table({"variant": "baseline", "region": named([]), "p50": np.empty(0)})
    assert (len(found), values(found["variant"]), array(found["p50"]).tolist()) == (0, [], [])
    assert alike(found, ("variant",)) == {}
    assert [str(kind) for kind in plain(found).schema.types] == ["large_string", "large_string", "double"]


def test_rows_alike_are_found_together_or_refused() -> None:
    found = table(*PARTS)
    assert alike(found, ("variant",)) == {("baseline",): slice(0, 3), ("scenario",): slice(3, 4)}
    with pytest.raises(ValueError, match="equal variant, region do not follow"):
        alike(found, ("variant", "region"))


def test_pandas_stays_out() -> None:
    code = (
        "import sys, numpy as np\nfrom supplysim.results.columns import *\n"
        "t = table({'a': named(['x', 'y']), 'n': np.array([1.0, np.nan])})\n"
        "[values(c) for c in (*t.columns, *plain(t).columns)], alike(t, ['a']), array(t['n'])\n"
        "assert 'pandas' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
