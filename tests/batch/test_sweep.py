"""One sweep, many ways of computing it, the same bytes."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from tests.stress.sweeps import cluster

from supplysim.assembly import Inputs
from supplysim.batch import chunk as chunks
from supplysim.batch import plan as plans
from supplysim.batch import sweep as sweeps
from supplysim.batch.block import TRACED, Block, compute
from supplysim.batch.plan import Chunk, Plan, plan_of
from supplysim.batch.sweep import Options, estimate, reopened, status, sweep
from supplysim.batch.verify import draw_alone, verify
from supplysim.batch.workers import Where
from supplysim.errors import InputError, RunError, SolverError
from supplysim.scenario import Scenario, load
from supplysim.world import World

from .conftest import bytes_of


@pytest.fixture(scope="module")
def many(file: Path) -> Scenario:
    """One cell with more draws than keep their months."""
    return load(file, ["draws=300", "horizon.months=4"])


@pytest.fixture(scope="module")
def alone(many: Scenario, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The bytes of that sweep computed in this process in blocks of 64."""
    return bytes_of(sweep(Plan(many, 64), tmp_path_factory.mktemp("alone")).folder)


def test_chunks_cover_every_draw_once(scenario: Scenario) -> None:
    for draws, block in ((1, 1), (24, 7), (300, 64), (2000, 500), (256, 1000)):
        plan = Plan(replace(scenario, draws=draws, sweep=replace(scenario.sweep, axes={})), block)
        cut = list(plan.chunks())
        assert [chunk.first for chunk in cut] == [sum(c.count for c in cut[:k]) for k in range(len(cut))]
        assert sum(chunk.count for chunk in cut) == draws
        assert all(chunk.count <= block for chunk in cut)
        assert sum(chunk.count for chunk in cut if chunk.traced) == min(draws, TRACED)


def test_large_worlds_are_cut_into_smaller_chunks(scenario: Scenario) -> None:
    assert plan_of(scenario).block == 512
    whole = replace(scenario, months=120, scope=())
    assert [plan_of(whole, engine=engine).block for engine in ("numpy", "compiled")] == [32, 256]


def test_many_draws_are_cut_into_larger_chunks(scenario: Scenario) -> None:
    wide = replace(scenario, months=120, scope=())
    assert [plan_of(replace(wide, draws=n)).block for n in (8_000, 10_000, 1_000_000)] == [64, 128, 512]


def test_the_finished_folder_has_a_run_for_each_cell(finished: Path) -> None:
    names = {path.relative_to(finished).as_posix() for path in finished.rglob("*") if path.is_file()}
    run = ("contracts.parquet", "draws.parquet", "durability.csv", "embodied.parquet", "flows.parquet",
           "manifest.json", "monthly.parquet", "scenario.yaml",
           "summary.csv")  # fmt: skip
    assert names == {"manifest.json", "scenario.yaml", "summary.csv", "summary.parquet"} | {
        f"cells/{cell}/{name}" for cell in ("0000", "0001") for name in run
    }


def test_the_summary_has_a_column_for_each_axis(finished: Path) -> None:
    import pandas as pd
    import pyarrow.parquet as pq

    path = finished / "summary.parquet"
    table = pd.read_parquet(path)
    assert table.groupby("cell")["axis|events.halt.severity"].unique().map(list).tolist() == [[0.5], [1.0]]
    plain = pd.read_csv(finished / "summary.csv")
    assert table["scenario_p50"].fillna(-1).tolist() == plain["scenario_p50"].fillna(-1).tolist()
    assert pq.read_schema(path).metadata[b"run"].decode()[:12] == finished.name


def test_blocks_of_500_give_the_same_bytes(many: Scenario, alone: dict[str, str], tmp_path: Path) -> None:
    assert bytes_of(sweep(Plan(many, 500), tmp_path).folder) == alone


def test_two_processes_give_the_same_bytes(many: Scenario, alone: dict[str, str], tmp_path: Path) -> None:
    assert bytes_of(sweep(Plan(many, 64), tmp_path, Options(Where(2))).folder) == alone


@pytest.mark.slow
def test_a_scheduler_with_two_workers_gives_the_same_bytes(
    many: Scenario, alone: dict[str, str], tmp_path: Path
) -> None:
    with cluster(tmp_path) as (address, _):
        folder = sweep(Plan(many, 50), tmp_path / "results", Options(Where(scheduler=address))).folder
    assert bytes_of(folder) == alone


def test_parts_on_machines_that_share_a_disk_make_one_sweep(scenario: Scenario, finished: Path, tmp_path: Path) -> None:
    states = [sweep(Plan(scenario, 6), tmp_path, Options(part=(k, 3))) for k in (2, 3, 1)]
    assert [found.state for found in states] == ["unfinished", "unfinished", "finished"]
    assert [found.missing for found in states] == [30, 18, 0]
    assert bytes_of(states[-1].folder) == bytes_of(finished)


def test_a_finished_sweep_is_found_again(scenario: Scenario, finished: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sweeps, "computed", None)
    assert sweep(Plan(scenario, 3), finished.parents[1]).state == "finished"


def test_a_sweep_goes_on_from_its_own_folder(scenario: Scenario, finished: Path, tmp_path: Path) -> None:
    first = sweep(Plan(scenario, 6), tmp_path, Options(part=(1, 2)))
    assert (first.done, first.missing) == (24, 24)
    plan = reopened(first.folder)
    assert (plan.block, plan.hash) == (6, Plan(scenario, 6).hash)
    assert bytes_of(sweep(plan, tmp_path).folder) == bytes_of(finished)


def test_what_was_reopened_before_in_this_process_changes_no_byte(
    scenario: Scenario, finished: Path, tmp_path: Path
) -> None:
    half = sweep(Plan(scenario, 6), tmp_path / "a", Options(part=(1, 2))).folder
    plans._cell.cache_clear()  # as where another process began it
    assert sum(reopened(half).draws) == 48
    assert bytes_of(sweep(Plan(scenario, 6), tmp_path / "b").folder) == bytes_of(finished)


def test_a_draw_that_fails_is_recorded_and_the_rest_goes_on(
    scenario: Scenario, finished: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def brittle(world: World, cell: Scenario, first: int, count: int, *, traced: bool, engine: str) -> Block:
        if first <= 9 < first + count and severe(cell):
            raise SolverError("the market of antimony.metal did not clear")
        return compute(world, cell, first, count, traced=traced, engine=engine)

    monkeypatch.setattr(chunks, "compute", brittle)
    found = sweep(Plan(scenario, 6), tmp_path)
    assert (found.state, found.done, found.failed) == ("finished", 48, 1)
    assert [(f.cell, f.draw) for f in found.failures] == [(1, 9)]
    text = (found.folder / "cells/0001/failures.csv").read_text(encoding="utf-8")
    assert text.splitlines()[1] == (
        "1,9,SolverError: the market of antimony.metal did not clear,"
        f"supplysim verify ban/{found.folder.name} --cell 1 --draw 9"
    )
    import pandas as pd

    whole, lacking = (pd.read_parquet(folder / "cells/0001/draws.parquet") for folder in (finished, found.folder))
    pd.testing.assert_frame_equal(whole[whole["draw"] != 9].reset_index(drop=True), lacking)
    summary = pd.read_csv(found.folder / "summary.csv")
    assert summary.groupby("cell")["n_failed"].first().tolist() == [0, 1]
    monkeypatch.setattr(chunks, "compute", compute)
    alone = draw_alone(found.folder, 1, 9)
    assert alone["draw"].tolist() == [9]
    pd.testing.assert_frame_equal(alone, whole[whole["draw"] == 9].reset_index(drop=True))


def severe(cell: Scenario) -> bool:
    return Inputs(cell, {}, 1).at("events.halt.severity").item() == 1.0


def test_fail_fast_stops_at_the_first_failure(
    scenario: Scenario, finished: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(world: World, cell: Scenario, first: int, count: int, *, traced: bool, engine: str) -> Block:
        raise ZeroDivisionError("nothing works")

    monkeypatch.setattr(chunks, "compute", broken)
    with pytest.raises(RunError, match="cell 0, draw 0: ZeroDivisionError: nothing works"):
        sweep(Plan(scenario, 6), tmp_path, Options(fail_fast=True))


def test_a_cell_in_which_every_draw_fails_says_so(file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def half(world: World, cell: Scenario, first: int, count: int, *, traced: bool, engine: str) -> Block:
        if severe(cell):
            raise SolverError("no")
        return compute(world, cell, first, count, traced=traced, engine=engine)

    monkeypatch.setattr(chunks, "compute", half)
    found = sweep(Plan(load(file, ["draws=4"]), 2), tmp_path)
    assert [(cell["draws"], cell["failed"]) for cell in found.cells] == [(4, 0), (4, 4)]
    assert len((found.folder / "cells/0001/failures.csv").read_text(encoding="utf-8").splitlines()) == 5


def test_a_wrong_cell_is_told_before_anything_runs(file: Path, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text(file.read_text(encoding="utf-8").replace("[50%, 100%]", "[50%, 300%]"), encoding="utf-8")
    with pytest.raises(InputError, match="severity"):
        sweep(Plan(load(wrong), 6), tmp_path / "results")
    assert not (tmp_path / "results").exists()


def test_verify_finds_a_changed_file_and_a_changed_draw(scenario: Scenario, tmp_path: Path) -> None:
    import pandas as pd

    from supplysim.results.folder import write_parquet

    folder = sweep(Plan(scenario, 6), tmp_path).folder
    assert verify(folder, everything=True).good
    path = folder / "cells/0001/draws.parquet"
    frame = pd.read_parquet(path)
    frame.loc[3, frame.columns[-1]] += 1e-9
    write_parquet(path, frame)
    found = verify(folder, everything=True)
    assert found.damaged == ("cells/0001/draws.parquet",)
    assert found.different == (Chunk(1, 0, 24),)
    path.unlink()
    assert verify(folder).different == (Chunk(1, 0, 24),)


def test_verify_checks_the_manifest_too(finished: Path, tmp_path: Path) -> None:
    folder = tmp_path / "ban" / finished.name
    shutil.copytree(finished, folder)
    path = folder / "manifest.json"
    path.write_text(path.read_text(encoding="utf-8").replace('"failed": 0', '"failed": 1', 1), encoding="utf-8")
    assert verify(folder).damaged == ("manifest.json",)


def test_verify_checks_the_chunks_of_an_unfinished_sweep(scenario: Scenario, tmp_path: Path) -> None:
    folder = sweep(Plan(scenario, 6), tmp_path, Options(part=(1, 2))).folder
    assert verify(folder, everything=True).good
    damaged = sorted((folder / "chunks").rglob("*.draws.arrow"))[0]
    content = bytearray(damaged.read_bytes())
    content[100] ^= 1
    damaged.write_bytes(content)
    assert verify(folder).damaged == (f"{damaged.relative_to(folder).as_posix()} is not as it was written",)


def test_the_plan_is_an_estimate_from_a_chunk(scenario: Scenario, tmp_path: Path) -> None:
    found = estimate(Plan(scenario, 6), tmp_path, jobs=2)
    assert (found.cells, found.draws, found.chunks, found.probed) == (2, 48, 8, 6)
    assert found.seconds == pytest.approx(found.seconds_a_draw * 24)
    assert found.memory > 0
    assert not list(tmp_path.iterdir())


def test_status_of_what_is_no_sweep_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="not the folder of a sweep"):
        status(tmp_path)
