"""Several runs on one page."""

from __future__ import annotations

import shutil

import pandas as pd
import pytest
from click.testing import CliRunner

from supplysim.cli.report import report
from supplysim.errors import InputError
from supplysim.report import write_comparison, write_report
from supplysim.report.choice import Choice
from supplysim.report.figures.apart import MOST, SEEN, apart
from supplysim.report.figures.together import together
from supplysim.report.names import Names, telling
from supplysim.report.numbers import amount, band_text
from supplysim.results.compare import find_runs
from supplysim.world import catalog


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


def test_a_folder_that_is_no_run_is_refused_by_name(folders, tmp_path):
    with pytest.raises(InputError, match="is not the folder of a run: it has no manifest"):
        write_report(tmp_path)
    shutil.copy(folders["events"] / "manifest.json", tmp_path)
    with pytest.raises(InputError, match=r"has no scenario\.yaml"):
        write_report(tmp_path)


def test_runs_are_drawn_on_the_same_axes_and_named_without_hashes(folders, tmp_path):
    """Each line is the run's own median of monthly.parquet."""
    labels, names = ("events", "both"), Names(catalog())
    choice = Choice(("rare_earths.separated",), {"rare_earths.separated": ("USA",)}, {}, ())
    (panel,) = together(find_runs([folders[name] for name in labels]), labels, choice, names).panels
    for name, trace in zip(labels, (t for t in panel.plot.traces if t["yaxis"] == "y"), strict=True):
        months = pd.read_parquet(folders[name] / "monthly.parquet").query(
            "variant == 'scenario' and product == 'rare_earths.separated' and region == 'USA' and quantity == 'price'"
        )
        assert trace["y"] == pytest.approx(months["p50"].tolist(), rel=1e-3)
    page = write_comparison([folders[name] for name in labels], tmp_path / "two.html").read_text(encoding="utf-8")
    assert 'id="months"' in page
    assert f"events {folders['events'].name}" not in page


def test_labels_keep_what_tells_them_apart():
    assert telling(["A halt for 18 months", "A halt for 6 months"]) == ["… 18 months", "… 6 months"]
    assert telling(["calm", "halt"]) == ["calm", "halt"]
    assert telling(["A halt", "A halt for long"]) == ["A halt", "A halt for long"]


def test_a_map_shows_what_one_run_ships_more_and_less_than_the_other(folders):
    """Differences of the medians of flows.parquet, in the year with the largest; small ones are left to the table."""
    runs = find_runs([folders["neither"], folders["events"]])
    choice = Choice(("rare_earths.separated",), {"rare_earths.separated": ("USA",)}, {}, ())
    (panel,) = apart(runs, ["calm", "halt"], choice, catalog()).panels
    calm, halt = (
        pd.read_parquet(run.folder / "flows.parquet")
        .query("variant == 'scenario' and product == 'rare_earths.separated' and `from` != `to`")
        .set_index(["year", "from", "to"])["p50"]
        for run in runs
    )
    gap = halt.sub(calm, fill_value=0.0)
    year = gap.loc[[1, 2]].abs().groupby("year").sum().idxmax()
    gap = gap.loc[year].sort_values(key=abs, ascending=False)
    (origin, destination), most = gap.index[0], float(gap.iloc[0])
    names = Names(catalog())
    told = f"from {names.place(origin)} to {names.place(destination)} ({amount(most, 't')})"
    assert told in panel.reading
    assert f"in {2025 + year}, in “halt” against “calm”" in panel.reading
    lines = [t for t in panel.plot.traces if t["mode"] == "lines" and "text" in t]
    floor = SEEN * max(calm.loc[year].sum(), halt.loc[year].sum())
    assert len(lines) == min(int((gap.abs() >= floor).sum()), MOST)
    assert lines[-1]["text"].endswith(f": {amount(most, 't')}"), "the largest lies on top"
    assert {t["name"] for t in lines if t["showlegend"]} >= {"more than in the first run"}
    widths = {t["text"]: t["line"]["width"] for t in lines}
    assert max(widths, key=widths.get) == lines[-1]["text"]


def test_runs_that_ship_alike_have_no_map_and_say_so(folders):
    runs = find_runs([folders["neither"], folders["neither"]])
    choice = Choice(("rare_earths.separated",), {"rare_earths.separated": ("USA",)}, {}, ())
    (panel,) = apart(runs, ["a", "b"], choice, catalog()).panels
    assert panel.plot is None
    assert panel.reading == "No flow of separated rare earths differs by 1 % of its trade or more between the runs."


def test_a_comparison_draws_the_map_and_tells_of_unequal_horizons(folders, tmp_path):
    page = write_comparison([folders["events"], folders["both"]], tmp_path / "two.html").read_text(encoding="utf-8")
    assert 'id="apart"' in page
    assert "not of equal times" not in page
    page = write_comparison([folders["events"], folders["tiny"]], tmp_path / "two.html").read_text(encoding="utf-8")
    assert "The runs count 12 to 26 months: what is summed over the horizon is not of equal times." in page


def test_what_all_runs_share_is_said_once_and_of_many_runs_the_ends_are_told(folders):
    names, choice = Names(catalog()), Choice(("rare_earths.separated",), {"rare_earths.separated": ("USA",)}, {}, ())

    def said(*runs):
        found = find_runs([folders[name] for name in runs])
        return together(found, [f"{name} {k}" for k, name in enumerate(runs)], choice, names).panels[0].reading

    assert said("events", "events").endswith(" times the base price, in every run.")
    assert said("neither", "events").count("(“") == 2
    many = said("neither", "events", "both", "neither")
    assert "rises furthest in “events 1”" in many or "rises furthest in “both 2”" in many
    assert many.count("“") == 2
