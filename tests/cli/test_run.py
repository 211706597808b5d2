"""`supplysim run` as a strategist uses it, and what it says when something is wrong."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from supplysim.cli.run import _text

FILES = {
    "contracts.parquet",
    "datapackage.json",
    "durability.csv",
    "embodied.parquet",
    "manifest.json",
    "scenario.yaml",
    "draws.parquet",
    "monthly.parquet",
    "flows.parquet",
    "summary.csv",
    "report.html",
}
HEAD = "format: 1\ntitle: x\n"
OUTAGE = HEAD + "events:\n  e: {{kind: outage, product: tungsten.apt, region: {region}, starts: {month}}}\n"
FIELDS = {"metric", "mineral", "product", "region", "unit", "baseline", "scenario", "difference"}


def test_a_run_prints_ten_lines_at_most_and_leaves_a_folder(supplysim, halt, tmp_path):
    """Sentences, the page and what to try next; the table is there for the asking."""
    done = supplysim("run", halt)
    lines = done.stdout.splitlines()
    assert len(lines) <= 10
    assert "in its worst twelve months" in lines[1]
    assert "The page: " in lines[-2]
    assert "report.html" in lines[-2]
    assert "--set events.halt.lasts=" in lines[-1]
    assert "short share" not in done.stdout
    full = supplysim("run", halt, "--full").stdout
    assert "rare_earths.separated" in full
    assert "short share" in full
    assert " points (" in full
    assert full.endswith(done.stdout)
    folder = next((tmp_path / "results" / "halt").iterdir())
    assert {path.name for path in folder.iterdir()} == FILES
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["state"] == "finished"
    assert manifest["counts"]["ok"] == 5
    assert len(pd.read_parquet(folder / "draws.parquet")) == 5


def test_what_to_try_next_is_another_length_than_the_one_that_ran(supplysim, halt):
    said = supplysim("run", halt, "--no-report", "--set", "events.halt.lasts=6 months").stdout.splitlines()[-1]
    assert '--set events.halt.lasts="12 months"' in said


@pytest.mark.parametrize(
    ("terms", "said"),
    [
        ("realised: 0.6", "or the deal for certain: --set contracts.deal.realised=100%"),
        ("delay: 1 months", "or half of the deal: --set contracts.deal.volume=0.5x"),
        ("", "or something that breaks: supplysim new my-scenario"),
    ],
)
def test_what_to_try_next_is_something_else_than_what_ran(supplysim, tmp_path, terms, said):
    deal = ("kind: take_or_pay, product: antimony.metal, from: TJK, to: USA, volume: 3 kt/yr, starts: 2026-03"
            if terms else "kind: no_flow")  # fmt: skip
    head = "scope: [antimony]\nconsumers: [USA]\nhorizon: {start: 2026-01, months: 12}\ndraws: 2\n"
    text = f"{head}contracts: {{deal: {{{deal}, {terms}}}}}\n"
    (tmp_path / "deal.yaml").write_text(HEAD + text, encoding="utf-8")
    done = supplysim("run", "deal.yaml", "--no-report", "--full")
    assert done.stdout.splitlines()[-1].endswith(said)
    assert ("The last column is the scenario less the same world without contracts" in done.stdout) is bool(terms)
    if terms:
        setting = said.rpartition("--set ")[2]
        again = supplysim("run", "deal.yaml", "--no-report", "--set", setting).stdout.splitlines()[-2]
        assert again != done.stdout.splitlines()[-2], "the folder of another run"


def test_a_value_that_does_nothing_is_noted_before_the_answer(supplysim, halt):
    done = supplysim("run", halt, "--no-report", "--set", "events.halt.lasts=0 months")
    assert done.stderr == "note: --set: events.halt.lasts: 0 months is no time, so the event never happens\n"


def test_the_page_is_opened_in_the_browser_and_made_where_there_is_none(supplysim, halt, tmp_path, monkeypatch):
    opened = []
    monkeypatch.setattr("webbrowser.open", opened.append)
    supplysim("run", halt, "--no-report")
    (folder,) = (tmp_path / "results" / "halt").iterdir()
    assert not (folder / "report.html").exists()
    supplysim("run", halt, "--no-report", "--open")
    made = (folder / "report.html").read_bytes()
    supplysim("run", halt, "--open")
    assert opened == [(folder / "report.html").resolve().as_uri()] * 2
    assert (folder / "report.html").read_bytes() == made


def test_a_change_that_rounds_to_nothing_has_no_sign():
    assert _text((-0.01, -0.004, -0.001), "x base price") == "0.00 x (-0.01 to 0.00)"
    assert _text((-0.0004, -0.0002, 0.0), "points") == "0.0 points"


def test_a_run_without_a_page_names_its_folder(supplysim, halt):
    said = supplysim("run", halt, "--no-report").stdout.splitlines()[-2]
    assert "The folder: " in said
    assert "The page" not in said


def test_json_has_the_names_that_scripts_rely_on(supplysim, halt):
    document = json.loads(supplysim("run", halt, "--json").stdout)
    assert set(document) == {"scenario", "run", "horizon", "draws", "seed", "metrics", "durability"}
    assert document["horizon"] == {"start": "2026-01", "months": 18}
    for row in document["metrics"]:
        assert set(row) >= FIELDS
        outer = (
            {"outer_p5", "outer_p50", "outer_p95"}
            if row["metric"].endswith("price_multiple") or row["metric"] == "months_above_2x"
            else set()
        )
        assert set(row["scenario"]) == set(row["baseline"]) == {"p5", "p50", "p95"} | outer
    short = next(r for r in document["metrics"] if r["metric"] == "unmet_demand_t" and r["region"] == "USA"
                 and r["product"] == "rare_earths.separated")  # fmt: skip
    assert short["difference"]["p50"] > 0


def test_a_finished_run_is_found_again_and_the_same_seed_gives_the_same_bytes(supplysim, halt, tmp_path):
    supplysim("run", halt, "--results", tmp_path / "a")
    apart = [sys.executable, "-m", "supplysim", "run", str(halt), "--results", str(tmp_path / "b")]
    subprocess.run(apart, check=True, capture_output=True, env=os.environ | {"PYTHONHASHSEED": "1"})
    again = supplysim("run", halt, "--results", tmp_path / "a")
    first, second = (next((tmp_path / name / "halt").iterdir()) for name in "ab")
    assert first.name == second.name
    assert str(first) in again.stdout
    for name in FILES - {"manifest.json"}:
        assert (first / name).read_bytes() == (second / name).read_bytes(), name


def test_another_seed_is_another_run(supplysim, halt, tmp_path):
    supplysim("run", halt)
    supplysim("run", halt, "--seed", "8")
    assert len(list((tmp_path / "results" / "halt").iterdir())) == 2


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "is empty"),
        ("a: [1, 2", "not YAML"),
        ("format: 1\ntitel: x\n", "2:1: titel"),
        ("format: 1\ntitle: x\ndraws: many\n", "3:8: draws"),
        ("format: 1\ntitle: x\ndraws: 0\n", "3:8: draws"),
        ("format: 1\ntitle: x\nhorizon: {months: 12 furlongs}\n", "horizon.months"),
        (HEAD + "projects:\n  p: {product: tungsten.apt, region: USA, size: -5 t/yr, starts: 2027-01}\n", "p.size"),
        (OUTAGE.format(region="KZA", month="2027-01"), "did you mean 'KAZ'"),
        (OUTAGE.format(region="CHN", month="2077-01"), "events.e.starts"),
    ],
)  # fmt: skip
def test_every_mistake_is_one_clear_line_and_nothing_is_run(supplysim, tmp_path, text, words):
    path = tmp_path / "wrong.yaml"
    path.write_text(text, encoding="utf-8")
    done = supplysim("run", path, expect=2)
    assert words in done.stderr
    assert done.stdout == ""
    assert not (tmp_path / "results").exists()


def test_a_missing_file_and_a_misspelt_scenario(supplysim, tmp_path):
    assert "nowhere.yaml" in supplysim("run", tmp_path / "nowhere.yaml", expect=2).stderr
    assert "did you mean 'baseline'" in supplysim("run", "baselin", expect=2).stderr


def test_what_only_the_world_can_tell_is_found_before_anything_is_written(supplysim, tmp_path):
    path = tmp_path / "greedy.yaml"
    path.write_text(
        "format: 1\ntitle: x\ncontracts:\n"
        "  greedy: {kind: take_or_pay, product: tungsten.concentrate, from: RUS, to: USA, volume: 900 kt/yr,\n"
        "           starts: 2027-01}\n",
        encoding="utf-8",
    )
    done = supplysim("run", path, "--draws", "2", expect=2)
    assert "greedy.yaml:4" in done.stderr
    assert "more than RUS can ever make" in done.stderr
    assert not (tmp_path / "results").exists()


def test_a_misspelt_command_metric_or_override_gets_a_suggestion(supplysim, halt):
    assert "did you mean 'run'" in supplysim("rum", expect=2).stderr
    assert "no such metric" in supplysim("run", halt, "--metric", "unmet", expect=2).stderr
    assert "did you mean 'halt'" in supplysim("run", halt, "--set", "events.holt.severity=0.5", expect=2).stderr


def test_results_that_cannot_be_written_are_said_in_one_line(supplysim, halt, tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("", encoding="utf-8")
    done = supplysim("run", halt, "--results", blocked / "results", expect=2)
    assert str(blocked) in done.stderr


def test_a_run_says_where_its_values_come_from(supplysim, halt, tmp_path):
    supplysim("run", halt, "--set", "events.halt.severity=50%")
    folder = next((tmp_path / "results" / "halt").iterdir())
    text = Path(folder / "scenario.yaml").read_text(encoding="utf-8")
    assert "--set" in text
    assert "halt.yaml:" in text


def test_a_run_says_where_it_is_not_what_its_title_was_written_for(supplysim, halt):
    done = supplysim("run", halt, "--full", "--set", "events.halt.lasts=3 months")
    notice = "Not as in halt.yaml, where the title was written: events.halt.lasts 3 months."
    assert notice in done.stdout.replace("\n", " ")
    page = next(Path("results/halt").iterdir()) / "report.html"
    assert "Not as in halt.yaml" in page.read_text(encoding="utf-8")
    assert json.loads((page.parent / "manifest.json").read_text(encoding="utf-8"))["departs"]["values"] == [
        "events.halt.lasts 3 months"
    ]


def test_the_table_and_json_name_both_bands_of_a_price_and_agree(supplysim, halt):
    """Median and brackets of a cell are of one band: a number never stands outside its own brackets."""
    table = supplysim("run", halt, "--full", "--no-report").stdout
    found = json.loads(supplysim("run", halt, "--json").stdout)
    row = next(r for r in found["metrics"] if r["metric"] == "peak_price_multiple" and r["region"] == "USA"
               and r["product"] == "rare_earths.separated")  # fmt: skip
    part = table[table.index("rare_earths.separated") :]
    outer, inner = (next(line for line in part.splitlines() if f"peak price, {which} band" in line)
                    for which in ("outer", "inner"))  # fmt: skip
    for line, ends in ((outer, ("outer_p5", "outer_p50", "outer_p95")), (inner, ("p5", "p50", "p95"))):
        low, middle, high = (row["scenario"][name] for name in ends)
        assert f"{middle:.2f} x ({low:.2f} to {high:.2f})" in line
    cells = [[float(number) for number in cell]
             for cell in re.findall(r"([\d.]+) x \(([\d.]+) to ([\d.]+)\)", table)]  # fmt: skip
    assert cells
    assert all(low <= middle <= high for middle, low, high in cells)


def test_the_table_says_which_prices_only_ration_what_is_left(supplysim, halt):
    low = supplysim("run", halt, "--full", "--no-report", "--set", "model.price_ceiling=1.3").stdout.replace("\n", " ")
    assert "Of the price of rare_earths" in low
    assert "in a twentieth of the draws or more it is at the model's ceiling (1.3 x)" in low
    assert "twentieth of the draws" not in supplysim("run", halt, "--full", "--no-report").stdout
