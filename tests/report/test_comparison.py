"""Several runs on one page."""

from __future__ import annotations

import pandas as pd
import pytest
from click.testing import CliRunner

from supplysim.cli.report import report
from supplysim.errors import InputError
from supplysim.report import write_comparison, write_report
from supplysim.report.numbers import band_text


def test_differences_are_paired_by_draw(folders, tmp_path):
    page = write_comparison([folders["events"], folders["both"]], tmp_path / "two.html").read_text(encoding="utf-8")
    first, second = (pd.read_parquet(folders[name] / "draws.parquet") for name in ("events", "both"))
    column = "scenario|short_t|rare_earths.separated|USA"
    low, middle, high = (second[column] - first[column]).quantile([0.05, 0.5, 0.95])
    assert band_text((low, middle, high), "t", signed=True) in page
    assert "contracts.offtake.volume" in page
    assert page.index('id="headline"') < page.index('id="differences"') < page.index('id="inputs"')


def test_a_hostile_title_stays_text_in_a_comparison(folders, tmp_path):
    page = write_comparison([folders["hostile"], folders["both"]], tmp_path / "two.html").read_text(encoding="utf-8")
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)" in page


def test_the_same_runs_make_the_same_bytes(folders, tmp_path):
    pair = [folders["events"], folders["neither"]]
    assert write_comparison(pair, tmp_path / "a.html").read_bytes() == write_comparison(
        pair, tmp_path / "b.html"
    ).read_bytes()  # fmt: skip


def test_the_command_writes_where_it_is_told(folders, tmp_path):
    target = tmp_path / "page.html"
    done = CliRunner().invoke(report, [str(folders["events"]), "-o", str(target)])
    assert done.exit_code == 0
    assert str(target) in done.output
    assert target.is_file()
    both = tmp_path / "both.html"
    done = CliRunner().invoke(report, [str(folders["events"]), str(folders["both"]), "-o", str(both)])
    assert done.exit_code == 0
    assert "Runs side by side" in both.read_text(encoding="utf-8")


def test_a_folder_that_is_no_run_is_refused_by_name(tmp_path):
    with pytest.raises(InputError, match="is not the manifest of a run"):
        write_report(tmp_path)
    (tmp_path / "manifest.json").write_text("{}")
    with pytest.raises(InputError, match=r"has no scenario\.yaml"):
        write_report(tmp_path)
