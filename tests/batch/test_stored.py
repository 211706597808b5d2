"""Traces go to disk and come back, what variants share written once."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa

from supplysim.batch.stored import decode, encode, encoded, read
from supplysim.results.trace import Trace


def a_trace(value: float, draws: int = 3) -> Trace:
    """Two regions over four months; one link, one contract, one origin over a year."""
    each = {name: value + np.arange(4 * draws * 2.0).reshape(4, draws, 2) for name in ("price", "used")}
    key = ("x.ore", "KAZ", "USA")
    return Trace(
        ("KAZ", "USA"), each, (("KAZ", "USA"),), np.full((1, draws, 1), value), {"offtake": np.full((4, draws), value)},
        {"price": np.full((4, draws), -value)}, (key,), np.full((1, draws, 1), 2 * value),
    )  # fmt: skip


def written(folder: Path, name: str, traces: dict[str, dict[str, Trace]]) -> Path:
    path = folder / name
    path.write_bytes(encoded(traces))
    return path


def test_a_trace_comes_back_as_it_was(tmp_path: Path):
    [found] = read([written(tmp_path, "one", {"scenario": {"x.y": a_trace(1.5)}})])
    assert (found.product, found.variants) == ("x.y", ("scenario",))
    there, back = a_trace(1.5), found.trace
    assert (back.regions, back.links, back.passed) == (there.regions, there.links, there.passed)
    for name in ("monthly", "contracts", "noise"):
        mine, theirs = getattr(back, name), getattr(there, name)
        assert mine.keys() == theirs.keys()
        assert all((mine[key] == theirs[key]).all() for key in mine)
    assert (back.flow == there.flow).all()
    assert (back.embodied == there.embodied).all()


def test_what_variants_share_is_written_and_read_once(tmp_path: Path):
    one = a_trace(1.0)
    shared = written(tmp_path, "shared", {"baseline": {"x.y": one}, "scenario": {"x.y": one}})
    apart = written(tmp_path, "apart", {"baseline": {"x.y": one}, "scenario": {"x.y": a_trace(1.0)}})
    assert [found.variants for found in read([shared])] == [("baseline", "scenario")]
    assert shared.stat().st_size < 0.6 * apart.stat().st_size


def test_variants_that_part_in_one_of_the_chunks_are_read_apart(tmp_path: Path):
    one = a_trace(1.0)
    same = written(tmp_path, "same", {"baseline": {"x.y": one}, "scenario": {"x.y": one}})
    other = written(tmp_path, "other", {"baseline": {"x.y": a_trace(2.0, 2)}, "scenario": {"x.y": a_trace(3.0, 2)}})
    base, with_events = read([same, other])
    assert (base.variants, with_events.variants) == (("baseline",), ("scenario",))
    assert base.trace.flow.tolist() == [[[1.0], [1.0], [1.0], [2.0], [2.0]]]
    assert with_events.trace.flow.tolist() == [[[1.0], [1.0], [1.0], [3.0], [3.0]]]


def test_the_same_table_has_the_same_bytes():
    table = pa.table({"draw": [1, 2], "metric": pa.array([0.5, np.nan], from_pandas=True)})
    assert encode(table) == encode(pa.table({"draw": [1, 2], "metric": pa.array([0.5, np.nan], from_pandas=True)}))
    assert decode(encode(table)).equals(table)
