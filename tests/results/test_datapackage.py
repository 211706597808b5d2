"""A run folder says what its tables hold, in its Parquet schemas and in a Frictionless data package."""

from __future__ import annotations

import json

import pyarrow.parquet as pq
import pytest

from supplysim.batch.execute import execute, saving
from supplysim.results.datapackage import meaning
from supplysim.scenario import load


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A small run's folder."""
    scenario = load("baseline", ["scope=[tungsten]", "draws=3", "horizon.months=12"])
    with saving(execute(scenario), tmp_path_factory.mktemp("runs"), "supplysim run baseline") as (where, _):
        pass
    return where


def test_the_data_package_is_valid_and_its_table_is_what_it_says(folder):
    from frictionless import Package

    package = Package(str(folder / "datapackage.json"))
    assert {resource.name for resource in package.resources} == {
        "summary", "draws", "monthly", "flows", "contracts", "embodied", "durability"
    }  # fmt: skip
    report = package.get_resource("summary").validate()
    assert report.valid, report.flatten(["rowNumber", "fieldName", "message"])
    units = {field.name: field.custom.get("unit") for field in package.get_resource("flows").schema.fields}
    assert units["p50"] == "as in the row's unit"


def test_the_package_is_in_the_manifest_with_its_digest(folder):
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    assert "datapackage.json" in manifest["files"]


def test_parquet_says_what_a_column_means_and_which_run_it_is_of(folder):
    schema = pq.read_schema(folder / "draws.parquet")
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    assert schema.metadata[b"run"].decode() == manifest["run"]
    field = schema.field("scenario|short_t|tungsten.apt|USA")
    assert field.metadata[b"unit"] == b"t"
    drawn = schema.field("input|minerals.tungsten.apt.demand.elasticity")
    assert b"drawn" in drawn.metadata[b"meaning"]


@pytest.mark.parametrize(("column", "words", "unit"), [
    ("scenario|short_usd|tungsten.apt|USA", "short_usd of tungsten.apt in USA, scenario", "USD"),
    ("input|projects.mine.realised.happens", "comes true", ""),
    ("input|events.halt.lasts", "value drawn", "months"),
    ("baseline_p50", "baseline: median over draws", "as in the row's unit"),
    ("outer_p95", "95 % quantile with market noise", "as in the row's unit"),
])  # fmt: skip
def test_what_a_column_means(column, words, unit):
    assert words in meaning(column)["meaning"]
    assert meaning(column)["unit"] == unit
