"""`supplysim world`: a modeler's own mineral from first table to first run."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

TRADE = """year,hs6,exporter_iso3,importer_iso3,value_kusd,quantity_t
2023,283691,CHL,CHN,100000,10000
2023,283691,MOZ,CHN,5000,500
"""
OUTPUT = "country_iso3,output_t\nCHL,16000\n"


def test_a_template_is_written_checked_and_run(supplysim, tmp_path: Path) -> None:
    supplysim("world", "new", "mine", "--mineral", "lithium")
    assert "mine: ok, with lithium" in supplysim("world", "check", "mine").stdout
    rows = json.loads(supplysim("indicators", "lithium", "--world", "mine", "--json").stdout)["indicators"]
    assert {row["product"] for row in rows} == {"lithium.concentrate", "lithium.refined"}
    assert "minerals.lithium.refined.price" in supplysim("params", "minerals.lithium", "--world", "mine").stdout
    assert "mine/lithium-stop.yaml" in supplysim("list", "--world", "mine", "--json").stdout
    run = supplysim("run", "mine/lithium-stop.yaml", "--draws", "2", "--json").stdout
    assert {row["mineral"] for row in json.loads(run)["metrics"]} == {"lithium"}


def test_a_world_from_trade_tells_what_it_cut(supplysim, tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text(TRADE, encoding="utf-8")
    (tmp_path / "p.csv").write_text(OUTPUT, encoding="utf-8")
    words = ("world", "from-trade", "w", "--product", "lithium.carbonate", "--trade", "t.csv", "--production", "p.csv")
    text = supplysim(*words, "--content", "0.188", "--hub", "MOZ=0.5").stdout
    assert "exports of MOZ are 94 t, and 0 t can be had" in text
    assert json.loads(supplysim("world", "check", "w", "--json").stdout)["ok"]
    assert "exists already" in supplysim(*words, expect=2).stderr
    assert "must read ISO3" in supplysim(*words, "--hub", "NLD=2", expect=2).stderr
    assert "no such country" in supplysim(*words, "--hub", "XXX", expect=2).stderr


def test_a_world_from_trade_is_told_alike_in_words_and_as_a_document(supplysim, tmp_path: Path) -> None:
    """Andorra is nobody's region: what it sends is the rest of the world's, which makes none of it."""
    (tmp_path / "t.csv").write_text(TRADE + "2023,283691,AND,CHN,7000,700\n", encoding="utf-8")
    (tmp_path / "p.csv").write_text(OUTPUT, encoding="utf-8")
    words = ("world", "from-trade", "--product", "lithium.carbonate", "--trade", "t.csv", "--production", "p.csv")
    made = json.loads(supplysim(*words, "a", "--json").stdout)["made"]
    text = supplysim(*words, "b").stdout
    assert (made["folder"], made["year"], made["lines"], made["codes"]) == ("a/lithium", 2023, 3, ["283691"])
    assert text.startswith(f"b/lithium: {made['made']:,.0f} t made and {made['used']:,.0f} t used in 2023\n")
    assert f"trade of 283691: tonnes of {made['tonnes_replaced']} of 3 lines replaced by value, 10,000 USD" in text
    assert {cut["region"]: cut["stated"] for cut in made["exports_cut"]} == {"MOZ": 500.0, "ROW": 700.0}
    for cut in made["exports_cut"]:
        told = f"exports of {cut['region']} are {cut['stated']:,.0f} t, and {cut['can_be_had']:,.0f} t can be had"
        assert f"exports above what can be had, cut: {told}\n" in text
    assert made["countries_in_rest"] == [{"country": "AND", "amount": 700.0}]
    assert "part of the rest of the world, unless regions.csv in the folder gives it a region: AND 700 t\n" in text


def test_what_balancing_moves_is_told_alike_in_words_and_as_a_document(supplysim) -> None:
    supplysim("world", "new", "mine", "--mineral", "lithium")
    path = Path("mine/lithium/use.csv")
    path.write_text(path.read_text(encoding="utf-8").replace("CHN,700", "CHN,760"), encoding="utf-8")
    found = json.loads(supplysim("world", "check", "mine", "--json").stdout)
    text = supplysim("world", "check", "mine").stdout
    assert f"totals moved by 1 % or more: {len(found['totals_moved'])}\n" in text
    assert ("lithium.refined", "CHN", 760.0) in {
        (r["product"], r["region"], r["before"]) for r in found["totals_moved"]
    }
    for row in found["totals_moved"]:
        moved = f"{row['before']:,.0f} -> {row['after']:,.0f} ({row['change_percent']:+.1f} %)"
        assert f"  {row['product']} {row['region']} {row['name']}: {moved}\n" in text
    assert [line.strip() for line in text.partition("missing: ")[2].splitlines()[1:]] == found["missing"]


@pytest.mark.parametrize(
    ("option", "value", "says"),
    [
        ("--content", "nan", "no number that can be reckoned with"),
        ("--price", "nan", "no number that can be reckoned with"),
        ("--price", "1e308", "is not in the range"),
        ("--unit", " ", "is no text for a table"),
        ("--name", "two\nlines", "is no text for a table"),
    ],
)
def test_an_option_that_no_table_could_hold_is_refused_before_any_is_written(
    supplysim, tmp_path: Path, option: str, value: str, says: str
) -> None:
    (tmp_path / "t.csv").write_text(TRADE, encoding="utf-8")
    (tmp_path / "p.csv").write_text(OUTPUT, encoding="utf-8")
    words = ("world", "from-trade", "w", "--product", "lithium.carbonate", "--trade", "t.csv", "--production", "p.csv")
    assert says in supplysim(*words, option, value, expect=2).stderr
    assert not (tmp_path / "w").exists()


def test_a_file_is_no_place_for_a_world(supplysim, tmp_path: Path) -> None:
    (tmp_path / "w").write_text("", encoding="utf-8")
    assert "w is a file, not a folder" in supplysim("world", "new", "w", "--mineral", "lithium", expect=2).stderr


def test_faults_are_told_with_their_line(supplysim) -> None:
    supplysim("world", "new", "mine", "--mineral", "lithium")
    path = Path("mine/lithium/use.csv")
    path.write_text(path.read_text(encoding="utf-8").replace("CHN,700", "CHN,-7"), encoding="utf-8")
    assert "use_t: -7 must be at least 0" in supplysim("world", "check", "mine", expect=2).stderr
    assert not json.loads(supplysim("world", "check", "mine", "--json", expect=2).stdout)["ok"]
    assert "does not exist" in supplysim("world", "check", "elsewhere", expect=2).stderr
    assert "does not exist" in supplysim("list", "--world", "elsewhere", expect=2).stderr
