"""A bad table gives one clear line with its file and line, and all mistakes come at once."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from supplysim.errors import InputError
from supplysim.world import load
from supplysim.world.catalog import SHIPPED

Edit = Callable[[str, str, str], Path]

COLUMN = re.compile(r"(\.csv:\d+):\d+")
"""Columns are looked at by the tests that are about them."""
MISTAKES = [
    ("production", "output_t", "output", "production.csv:1: column 'output_t' is missing; column 'output' is unknown"),
    ("production", "COD,mine,1000", "XXX,mine,1000", "production.csv:2: region: 'XXX' is not known"),
    ("production", "mine,1000", "mine,-1000", "production.csv:2: output_t: -1000 must be at least 0"),
    ("production", "mine,1000", "mine,much", "production.csv:2: output_t: 'much' is not a number"),
    ("production", "mine,1000", "mine,nan", "production.csv:2: output_t: 'nan' is not a number"),
    ("production", "COD,mine", "COD,plant", "production.csv:2: kind: a plant needs something to process"),
    ("production", "1200,A,made for a test", "1200,A,", "production.csv:2: source: is empty"),
    ("production", "1200,A,", "1200,Z,", "production.csv:2: confidence: 'Z' is not known; it may be A, B"),
    ("production", "IDN,mine,200", "COD,mine,200", "production.csv:3: the same row as"),
    ("production", "1200,A,made for a test,", "1200,A,made for a test", "production.csv:2: 7 cells where the header"),
    ("products", "cobalt.hydroxide,0.9", "cobalt.hydroxide,0", "products.csv:3: yield: 0 must be above 0"),
    ("products", "cobalt.hydroxide,0.9", "cobalt.ore,0.9", "products.csv:3: input: 'cobalt.ore' is not known"),
    ("products", "t Co,20000", "t Co,0", "products.csv:2: price_usd_t: 0 must be above 0"),
    ("products", "cobalt.metal,Cobalt", "nickel.metal,Cobalt", "products.csv:3: product: 'nickel.metal' must read"),
    ("use", "cobalt.metal,USA", "cobalt.scrap,USA", "use.csv:3: product: 'cobalt.scrap' is not known"),
    ("trade", "IDN,CHN", "CHN,EU27", "trade.csv:4: from: CHN makes no cobalt.hydroxide"),
    ("trade", "IDN,CHN", "IDN,JPN", "trade.csv:4: to: JPN neither uses nor processes cobalt.hydroxide"),
    ("trade", "IDN,CHN", "IDN,IDN", "trade.csv:4: to: domestic sales are made by the balancing"),
    ("elasticities", "sigma,1.5,2.5,4", "sigma,1.5,5,4", "elasticities.csv:2: median: 5 must lie between p10 and p90"),
    ("elasticities", "*,demand", "cobalt.metal,demand", "elasticities.csv: no demand for cobalt.hydroxide"),
    ("stocks", "*,*,industry", "*,*,bank", "stocks.csv:2: holder: 'bank' is not known"),
    ("growth", "cobalt.metal,CHN", "cobalt.metal,CH", "growth.csv:3: region: 'CH' is not known"),
    ("growth", "CHN,-1", "CHN,150", "growth.csv:3: pct_per_year: 150 must be at most 100"),
    ("stocks", "*,*,industry,1", "*,*,industry,1e12", "stocks.csv:2: months: 1e+12 must be at most 120"),
    ("elasticities", "sigma,1.5,2.5,4", "sigma,1.5,2.5,400", "elasticities.csv:2: p90: 400 must be at most 100"),
    ("elasticities", "sigma,1.5,2.5,4", "sigma,0,2.5,4", "elasticities.csv:2: p10: 0 must be above 0"),
    ("products", "cobalt.metal,Cobalt", "cobalt.a|b,Cobalt", "products.csv:3: product: 'cobalt.a|b' must read"),
]


@pytest.mark.parametrize(("table", "old", "new", "message"), MISTAKES)
def test_a_mistake_is_named_with_its_place(edit: Edit, table: str, old: str, new: str, message: str) -> None:
    with pytest.raises(InputError) as caught:
        load(edit(table, old, new))
    assert message in COLUMN.sub(r"\1", str(caught.value))
    assert COLUMN.search(caught.value.faults[0].place) or message.startswith("elasticities.csv: no demand")
    assert "\n" not in str(caught.value.faults[0])


def test_all_mistakes_are_told_at_once(edit: Edit) -> None:
    edit("production", "COD,mine,1000", "XXX,mine,-1")
    with pytest.raises(InputError) as caught:
        load(edit("growth", "CHN,-1", "CHN,lots"))
    assert [fault.place.rpartition("/")[2] for fault in caught.value.faults] == [
        "production.csv:2:18", "production.csv:2:27", "growth.csv:3:18",
    ]  # fmt: skip


def test_the_caret_points_at_the_cell(edit: Edit) -> None:
    with pytest.raises(InputError) as caught:
        load(edit("use", "250", "-250"))
    first, line, caret = caught.value.faults[0].with_caret().splitlines()
    assert "use.csv:3:18: use_t" in first
    assert line[caret.index("^")] == "-"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("product,region\n".encode("utf-16"), "use.csv:1:1: is UTF-16 text; save the table as UTF-8"),
        ("product,region\n".encode("utf-16-le"), "use.csv:1:2: a control character (U+0000) is no text"),
        (b"product,region\ncobalt,\xc5land\n", "use.csv:2:8: not UTF-8 text (byte 0xC5); save the table as UTF-8"),
        (b"product,region\ncobalt,\x07\n", "use.csv:2:8: a control character (U+0007) is no text"),
        (b"", "use.csv:1:1: column 'product' is missing"),
        (b'"' + b"x" * 200_000 + b'"\n', "use.csv:1:1: "),
    ],
    ids=["UTF-16", "UTF-16 without a mark", "Latin-1", "a bell", "nothing", "an endless cell"],
)
def test_what_is_no_text_is_told_at_its_byte(cobalt: Path, content: bytes, words: str) -> None:
    (cobalt / "cobalt" / "use.csv").write_bytes(content)
    with pytest.raises(InputError) as caught:
        load(cobalt)
    assert words in str(caught.value)


def test_a_byte_order_mark_and_other_ends_of_lines_do_no_harm(cobalt: Path) -> None:
    path = cobalt / "cobalt" / "use.csv"
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n"))
    assert "cobalt.metal" in load(cobalt).base


def test_a_quote_left_open_is_told_in_the_line_in_which_it_was_opened(edit: Edit) -> None:
    with pytest.raises(InputError, match=r"production\.csv:2:1: \d+ cells where the header has"):
        load(edit("production", "COD,mine", '"COD,mine'))


def test_a_folder_in_place_of_a_table_is_told(cobalt: Path) -> None:
    (cobalt / "cobalt" / "use.csv").unlink()
    (cobalt / "cobalt" / "use.csv").mkdir()
    with pytest.raises(InputError, match=r"use\.csv: is a folder, not a table"):
        load(cobalt)


def test_a_table_that_is_too_large_is_not_read(cobalt: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with (cobalt / "cobalt" / "use.csv").open("ab") as stream:
        stream.truncate(60_000_000)
    with pytest.raises(InputError, match=r"use\.csv: is larger than 20 MB"):
        load(cobalt)


@pytest.mark.parametrize(
    ("table", "row", "line"),
    [
        ("elasticities", "*,sigma,1,2,3,R,made for a test,\n", 6),
        ("stocks", "*,*,industry,3,R,made for a test,\n", 5),
        ("growth", "cobalt.metal,CHN,-2,R,made for a test,\n", 4),
        ("use", "cobalt.metal,CHN,1,B,made for a test,\n", 5),
        ("trade", "cobalt.metal,CHN,USA,1,A,0,made for a test,\n", 7),
    ],
)
def test_what_is_said_twice_is_told(cobalt: Path, table: str, row: str, line: int) -> None:
    with (cobalt / "cobalt" / f"{table}.csv").open("a") as stream:
        stream.write(row)
    with pytest.raises(InputError, match=rf"{table}\.csv:{line}:1: the same row as .*{table}\.csv:\d"):
        load(cobalt)


@pytest.mark.parametrize(
    ("table", "header", "row"),
    [
        ("regions", "id,name,members,lon,lat,group,source", "ATL,Atlantis,,0,0,consumer,made for a test"),
        ("lead_times", "product,from,to,months,confidence,source,note", "cobalt.*,COD,CHN,2,R,made for a test,"),
        ("cobalt/ranges", "product,region,quantity,chosen,low,high,source,note", "cobalt.metal,CHN,use,6,5,7,made,"),
        ("cobalt/adjustments", "product,side,region,reason", "cobalt.metal,demand,CHN,made for a test"),
    ],
)
def test_what_is_said_twice_in_an_optional_table_is_told(cobalt: Path, table: str, header: str, row: str) -> None:
    (cobalt / f"{table}.csv").write_text(f"{header}\n{row}\n{row}\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"\.csv:3:1: the same row as .*\.csv:2"):
        load(cobalt)


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("cobalt.metal,CHX,use,6,5,7,made,", "ranges.csv:2:14: region: 'CHX' is not a region"),
        ("cobalt.metal,CHN>USX,flow,6,5,7,made,", "ranges.csv:2:14: region: 'USX' is not a region"),
        ("cobalt.metal,CHN,use,8,5,7,made,", "ranges.csv:2:22: chosen: 8 must lie between low and high"),
        (
            "cobalt.metal,CHN,stock,6,5,7,made,",
            "ranges.csv:2:18: quantity: 'stock' is not known; it may be output, use",
        ),
    ],
)
def test_what_others_say_is_a_band_around_what_was_chosen(cobalt: Path, row: str, words: str) -> None:
    header = "product,region,quantity,chosen,low,high,source,note"
    (cobalt / "cobalt" / "ranges.csv").write_text(f"{header}\n{row}\n", encoding="utf-8")
    with pytest.raises(InputError) as caught:
        load(cobalt)
    assert str(caught.value).partition("cobalt/")[2].endswith(words) or words in str(caught.value)


def test_a_user_goes_by_a_plain_name(cobalt: Path) -> None:
    path = cobalt / "cobalt" / "use.csv"
    head, *rows = path.read_text(encoding="utf-8").splitlines()
    lines = [f"{head},user", *(f"{row},batteries.cars" if "USA" in row else f"{row}," for row in rows)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"use\.csv:3:41: user: 'batteries\.cars' must be a plain"):
        load(cobalt)


@pytest.mark.parametrize(
    ("number", "words"),
    [
        ("1e308", "use.csv:3:18: use_t: 1e+308 is more than there is of anything (1e+15 at most)"),
        ("inf", "use.csv:3:18: use_t: 'inf' is not a number"),
        ("1_000", "use.csv:3:18: use_t: '1_000' is not a number"),
        ('"2,5"', "use.csv:3:18: use_t: '2,5' is not a number; write 2.5"),
    ],
)
def test_a_number_that_cannot_be_is_told(edit: Edit, number: str, words: str) -> None:
    with pytest.raises(InputError) as caught:
        load(edit("use", "250", number))
    assert words in str(caught.value)


def test_a_product_that_nobody_needs_is_told(edit: Edit) -> None:
    edit("use", "600", "0")
    edit("use", "250", "0")
    with pytest.raises(InputError) as caught:
        load(edit("use", "230", "0"))
    assert "products.csv:3:1: nobody uses cobalt.metal, or makes anything of it" in str(caught.value)


def test_a_product_that_nobody_makes_is_told(edit: Edit) -> None:
    edit("production", "mine,1000", "mine,0")
    with pytest.raises(InputError) as caught:
        load(edit("production", "mine,200", "mine,0"))
    assert "products.csv:2:1: nobody makes cobalt.hydroxide" in str(caught.value)


def test_a_missing_table_is_named(cobalt: Path) -> None:
    (cobalt / "cobalt" / "use.csv").unlink()
    with pytest.raises(InputError, match=r"use\.csv: this table is missing"):
        load(cobalt)


def test_a_missing_world_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="nowhere does not exist"):
        load(tmp_path / "nowhere")


def test_a_country_belongs_to_one_region(cobalt: Path) -> None:
    (cobalt / "regions.csv").write_text(
        "id,name,members,lon,lat,group,source\nFRA,France,FRA,2,47,consumer,made for a test\n", encoding="utf-8"
    )
    with pytest.raises(InputError, match="FRA belongs to both EU27 and FRA"):
        load(cobalt)


@pytest.mark.parametrize("path", sorted(SHIPPED.rglob("*.csv")), ids=lambda path: f"{path.parent.name}/{path.name}")
def test_every_shipped_row_has_a_source_and_assumptions_say_so(path: Path) -> None:
    with path.open(newline="", encoding="utf-8") as stream:
        for row in csv.DictReader(stream):
            source = row.get("source") or row.get("price_source") or row.get("reason") or ""
            assert len(source) > 3, row
            if row.get("confidence") == "R":
                assert "ssum" in source + row.get("note", ""), row


def test_shipped_tables_hold_no_restricted_series() -> None:
    """British Geological Survey tables and IMF series may not be passed on."""
    for path in SHIPPED.rglob("*.csv"):
        text = path.read_text(encoding="utf-8")
        assert "BGS" not in text
        assert "IMF" not in text
