"""IAMC columns: a run goes into pyam and comes back with the numbers of its frames."""

from __future__ import annotations

import pandas as pd
import pytest

import supplysim
from supplysim.cli import main
from supplysim.results.iamc import iamc_frame


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    scenario = supplysim.load("china-ree-halt", ["horizon.months=30", "scope=[rare_earths]"])
    result = supplysim.run(scenario, draws=3)
    return result, result.save(tmp_path_factory.mktemp("runs"))


def test_years_are_whole_calendar_years_and_sums_of_months(saved):
    result, folder = saved
    frame = iamc_frame(folder)
    assert set(frame["year"]) == {2026, 2027}
    mine = frame.set_index(["scenario", "region", "variable", "year"])["value"]
    monthly = result.monthly()
    used = monthly[(monthly["variant"] == "scenario") & (monthly["product"] == "rare_earths.magnets")
                   & (monthly["region"] == "USA") & (monthly["month"].dt.year == 2027)]  # fmt: skip
    whole = used[used["quantity"] == "used"]["p50"].sum()
    assert mine["china-ree-halt", "United States", "Use|Rare Earths|Magnets", 2027] == pytest.approx(whole)
    price = used[used["quantity"] == "price"]["p50"].mean()
    assert mine["china-ree-halt", "United States", "Price|Rare Earths|Magnets", 2027] == pytest.approx(price)
    december = used[(used["quantity"] == "stock") & (used["month"] == "2027-12-01")]["p95"].iloc[0]
    name = "Stocks|Rare Earths|Magnets|95th Percentile"
    assert mine["china-ree-halt", "United States", name, 2027] == pytest.approx(december)
    flows = result.flows().query("variant == 'baseline' and product == 'rare_earths.magnets' and year == 1")
    trade = flows[(flows["from"] == "CHN") & (flows["to"] == "USA")]["p50"].iloc[0]
    pair = "china-ree-halt|Baseline", "China>United States", "Trade|Rare Earths|Magnets", 2026
    assert mine[pair] == pytest.approx(trade)


@pytest.mark.filterwarnings("ignore")  # what pyam imports warns of itself
def test_pyam_reads_it_and_gives_it_back(saved, tmp_path, capsys):
    pyam = pytest.importorskip("pyam", reason="the extra `test` is not installed")
    target = tmp_path / "halt.csv"
    with pytest.raises(SystemExit) as end:
        main(["export", str(saved[1]), "--iamc", str(target)])
    assert not end.value.code
    assert "rows" in capsys.readouterr().out
    read = pyam.IamDataFrame(target)
    assert read.model == [f"supplysim {supplysim.__version__}"]
    assert read.scenario == ["china-ree-halt", "china-ree-halt|Baseline"]
    back = read.data[["model", "scenario", "region", "variable", "unit", "year", "value"]]
    keys = list(back.columns[:-1])
    own = iamc_frame(saved[1])
    pd.testing.assert_frame_equal(
        back.sort_values(keys, ignore_index=True), own.sort_values(keys, ignore_index=True), check_dtype=False
    )


def test_a_folder_without_a_run_is_told(tmp_path):
    with pytest.raises(supplysim.InputError, match="is not the folder of a run: it has no manifest"):
        iamc_frame(tmp_path)
