"""`supplysim indicators` as it is printed: whose mines and plants, whose shares, and what cannot be told."""

from __future__ import annotations

import json
import re

import pytest
from click.testing import CliRunner

from supplysim.cli import cli

CALM = """\
format: 1
title: Antimony as it is
scope: [antimony]
horizon: {start: 2026-07, months: 18}
draws: 3
"""


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A finished run of a year and a half."""
    where = tmp_path_factory.mktemp("calm")
    (where / "calm.yaml").write_text(CALM, encoding="utf-8")
    done = CliRunner().invoke(cli, ["run", str(where / "calm.yaml"), "--no-report", "--results", str(where / "out")])
    assert done.exit_code == 0, done.output
    return next((where / "out" / "calm").iterdir())


def _shares(line):
    return {origin: int(share) for origin, share in re.findall(r"(\w+) (\d+) %", line)}


@pytest.mark.parametrize("of_run", [False, True])
def test_origins_are_printed_as_the_document_has_them(supplysim, run, monkeypatch, *, of_run):
    monkeypatch.setenv("COLUMNS", "160")
    words = ("indicators", "antimony", "--origin", *(("--run", run) if of_run else ()))
    rows = json.loads(supplysim(*words, "--json").stdout)["embodied"]
    text = supplysim(*words).stdout
    head, _, rest = text.partition("antimony.metal, by region of antimony.concentrate")
    assert head
    line = next(line for line in rest.splitlines() if line.split()[:1] == ["USA"])
    mine = [row for row in rows if (row["product"], row["stage"], row["region"]) == (
        "antimony.metal", "antimony.concentrate", "USA") and row.get("year") in (None, 1)]  # fmt: skip
    told = {row["origin"]: round(100 * row["share"]) for row in sorted(mine, key=lambda row: -row["share"])[:5]}
    assert _shares(line) == {origin: share for origin, share in told.items() if share >= 1}
    assert f" {sum(row['tonnes'] for row in mine):,.0f} " in line
    assert ("last whole year of the run's scenario" if of_run else "base year") in text
    assert " 0 %" not in text


def test_owners_are_printed_as_the_document_has_them(supplysim, monkeypatch):
    monkeypatch.setenv("COLUMNS", "160")
    rows = json.loads(supplysim("indicators", "--owners", "--json").stdout)["owners"]
    text = supplysim("indicators", "--owners").stdout
    for region in dict.fromkeys(row["region"] for row in rows):
        rest = text.partition(f"uranium.concentrate made in {region}, by region of the owner")[2]
        for row in (row for row in rows if row["region"] == region):
            line = next(line for line in rest.splitlines() if line.split()[:1] == [row["owner_region"]])
            assert line.split()[1:] == [
                f"{100 * row['share']:.1f}",
                "%",
                f"{row['tonnes']:,.0f}",
                f"{row['assumed']:,.0f}",
            ]
    assert "what no\nventure of the table makes stays with the region" in text


def test_another_mineral_has_no_owners(supplysim):
    assert json.loads(supplysim("indicators", "copper", "--owners", "--json").stdout) == {"owners": [], "stakes": []}
    assert supplysim("indicators", "copper", "--owners").stdout.startswith("no stakes in copper are known")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("cobaltum", "--origin"), "no mineral 'cobaltum'; there are antimony, beryllium"),
        (("copper", "--origin", "--run", "RUN"), "no mineral 'copper'; there are antimony\n"),
        (("--origin", "--run", "."), ". is not the folder of a run: it has no manifest.json"),
    ],
)
def test_what_cannot_be_told_is_said_in_a_line(supplysim, run, words, said):
    assert said in supplysim("indicators", *(run if word == "RUN" else word for word in words), expect=2).stderr


def test_a_run_without_origins_is_told(supplysim, run, tmp_path):
    (tmp_path / "manifest.json").write_bytes((run / "manifest.json").read_bytes())
    said = supplysim("indicators", "--origin", "--run", tmp_path, expect=2).stderr
    assert "embodied.parquet is missing: the run was made by a version without it, or is a sweep" in said
