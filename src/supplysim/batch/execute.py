"""One scenario, all its draws, in this process: what `supplysim run` does."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from supplysim.batch.block import TRACED, Block, compute, spans
from supplysim.batch.design import digest_of
from supplysim.batch.progress import Told
from supplysim.engine.market import Array
from supplysim.errors import InputError
from supplysim.results import folder as run_folder
from supplysim.results.csv_text import csv_text
from supplysim.results.datapackage import PACKAGE, about, meaning, write_datapackage
from supplysim.results.durability import durability_table
from supplysim.results.quantiles import join_traces
from supplysim.results.result import Result
from supplysim.results.summary import join
from supplysim.results.tables import summary_table
from supplysim.scenario import Scenario, to_yaml
from supplysim.world import World, load

FILES = ("scenario.yaml", "draws.parquet", "monthly.parquet", "flows.parquet", "contracts.parquet", "embodied.parquet",
         "durability.csv", "summary.csv", PACKAGE)  # fmt: skip
"""What a run consists of; its page is made of these and can be made again."""
LOG = logging.getLogger(__name__)
Manifest = dict[str, object]


def execute(
    scenario: Scenario, world: World | None = None, progress: Told | None = None, engine: str = "numpy",
    given: Mapping[str, Array] | None = None,
) -> Result:  # fmt: skip
    """Simulate the scenario and its baseline over the scenario's draws; `engine` is numpy or compiled.

    `given` are values by path, one a draw, that take the place of what would be sampled (see `design.given_inputs`).

    Raises `InputError`, `SolverError` or `AuditError` as `compute` does.
    """
    world = world or load(scenario.world)
    blocks: list[Block] = []
    for first, count in spans(0, scenario.draws, engine):
        mine = {path: values[first : first + count] for path, values in (given or {}).items()}
        blocks.append(compute(world, scenario, first, count, traced=first < TRACED, engine=engine, given=mine))
        if progress:
            progress(first + count, scenario.draws)
    return gather(scenario, blocks, engine, digest_of(given) if given else "")


def gather(scenario: Scenario, blocks: list[Block], engine: str = "numpy", design: str = "") -> Result:
    """Blocks of draws in order as one result, with what computed them and the digest of an own design."""
    import numpy as np

    traced = [block for block in blocks if block.traces]
    inputs = {path: np.concatenate([block.inputs[path] for block in blocks]) for path in blocks[0].inputs}
    return Result(
        scenario,
        inputs,
        join([block.metrics for block in blocks]),
        join_traces([block.traces for block in traced]),
        sum(block.count for block in traced),
        engine,
        design,
        {product: why for block in blocks for product, why in block.by_numpy.items()},
    )


@contextmanager
def saving(result: Result, results: Path, command: str) -> Iterator[tuple[Path, Manifest]]:
    """Write the run folder; yields it and its manifest, which is written last: a folder with one is finished.

    So a page about the run, written within, belongs to the finished folder or there is none. `command` is what was
    typed.
    """
    scenario = result.scenario
    made = (result.engine, result.design)
    where = run_folder.run_folder(results, scenario, *made)
    run_folder.write_text(where / "scenario.yaml", to_yaml(scenario, origin=True))
    tables = {f"{name}.parquet": table for name, table in result.tables.items()}
    for name, table in tables.items():
        run_folder.write_parquet(where / name, table, about(scenario, name, *made), meaning)
    written = {"summary.csv": summary_table(result.rows()), "durability.csv": durability_table(result.rows())}
    for name, table in written.items():
        run_folder.write_text(where / name, csv_text(table))
    write_datapackage(where, scenario, {**written, **tables}, *made)
    counts = {"ok": scenario.draws, "failed": 0, "traced": result.traced}
    manifest = run_folder.manifest_of(scenario, command, counts, "finished", *made)
    manifest |= {"left_to_numpy": dict(result.by_numpy)} if result.by_numpy else {}
    manifest["files"] = {name: run_folder.sha256_of(where / name) for name in FILES}
    yield where, manifest
    run_folder.write_manifest(where, manifest)


def saved(results: Path, scenario: Scenario, engine: str = "numpy", design: str = "") -> Path | None:
    """The folder of an equal run that has finished, if there is one whose files are as they were written."""
    where = run_folder.run_folder(results, scenario, engine, design)
    if not (where / run_folder.MANIFEST).is_file():
        return None
    try:
        manifest = run_folder.read_manifest(where)
    except InputError as error:
        LOG.warning("%s: it is run again", error)
        return None
    for name, digest in manifest.get("files", {}).items():
        if not run_folder.holds(where / name, digest):
            LOG.warning("%s is not as it was written: it is run again", where / name)
            return None
    return where if manifest["state"] == "finished" else None
