"""Tables of one's own: templates run, trade becomes flows from maker to user, and what cannot be is told."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from supplysim.errors import InputError
from supplysim.world import load
from supplysim.world.kit.checkup import check
from supplysim.world.kit.from_trade import Order, from_trade
from supplysim.world.kit.hubs import led_back
from supplysim.world.kit.template import create
from supplysim.world.kit.write import number, table

TRADE = """year,hs6,exporter_iso3,importer_iso3,value_kusd,quantity_t
2023,283691,CHL,CHN,100000,10000
2023,283691,CHL,NLD,20000,2000
2023,283691,NLD,DEU,9000,900
2023,283691,NLD,USA,11000,1100
2023,283691,CHL,KOR,30000,30000000
2023,283691,MOZ,CHN,5000,500
2022,283691,CHL,CHN,1,1
"""
OUTPUT = """country_iso3,output_t,capacity_t,confidence,source
CHL,16000,20000,A,made for a test
CHN,4000,,B,made for a test
"""


@pytest.fixture
def order(tmp_path: Path) -> Order:
    (tmp_path / "baci.csv").write_text(TRADE, encoding="utf-8")
    (tmp_path / "output.csv").write_text(OUTPUT, encoding="utf-8")
    return Order("lithium.carbonate", tmp_path / "baci.csv", tmp_path / "output.csv", hubs={"NLD": 1.0})


def test_goods_sent_on_are_led_back_to_their_maker_by_hand() -> None:
    """A makes 100 and keeps 20; B gets 80 of it, makes 20, keeps half of the mix and sends half to C."""
    found = led_back({("A", "B"): 80.0, ("B", "C"): 50.0}, {"A": 100.0, "B": 20.0})
    expected = {("A", "A"): 20, ("A", "B"): 40, ("B", "B"): 10, ("A", "C"): 40, ("B", "C"): 10}
    assert found.flows == pytest.approx(expected)
    assert found.use == pytest.approx({"A": 20, "B": 50, "C": 50})
    assert not found.cuts


def test_exports_above_what_can_be_had_are_cut_and_told() -> None:
    found = led_back({("A", "B"): 80.0}, {"A": 50.0})
    (cut,) = found.cuts
    assert (cut.region, cut.stated, cut.can_be_had) == ("A", 80.0, pytest.approx(49))
    assert sum(found.flows.values()) == pytest.approx(50)


def test_a_mineral_made_from_trade_balances_as_it_stands(tmp_path: Path, order: Order) -> None:
    world = tmp_path / "world"
    made = from_trade(world, order)
    assert (made.trade.year, made.trade.replaced) == (2023, 1)  # tonnes of CHL-KOR are a unit error
    trade = load(world).base["lithium.carbonate"].trade()
    assert trade["CHL", "USA"] == pytest.approx(1100, rel=1e-3)  # Rotterdam passes on
    assert trade["CHL", "KOR"] == pytest.approx(3000, rel=1e-3)  # value over the usual 10,000 USD/t
    assert trade["CHN", "CHN"] == pytest.approx(4000, rel=1e-3)
    (cut,) = made.cuts
    assert cut.region == "MOZ"  # ships 500 t, makes and buys none
    found = check(world)
    assert (*found.faults, *found.totals, *found.links, *found.beyond) == ()
    assert "lithium.carbonate: no capacity of CHN: output / 0.9 is assumed" in found.missing


def test_a_year_may_be_written_with_a_point(tmp_path: Path, order: Order) -> None:
    order.trade.write_text(TRADE.replace("2023,", "2023.0,"), encoding="utf-8")
    assert from_trade(tmp_path / "world", order).trade.lines == 6


def test_a_packed_table_reads_like_a_plain_one(tmp_path: Path, order: Order) -> None:
    (tmp_path / "baci.csv.gz").write_bytes(gzip.compress(TRADE.encode()))
    packed = Order("lithium.carbonate", tmp_path / "baci.csv.gz", order.production)
    assert from_trade(tmp_path / "world", packed).trade.flows[("CHL", "CHN")] == 10000
    (tmp_path / "baci.csv.gz").write_bytes(b"no gzip")
    with pytest.raises(InputError, match=r"baci\.csv\.gz: cannot be read"):
        from_trade(tmp_path / "other", packed)


@pytest.mark.parametrize(
    ("table", "old", "new", "message"),
    [
        ("baci", "2023,283691,CHL,CHN,100000", "2023,283691,CHL,CHN,much", "baci.csv:2:21: value_kusd: 'much' is not"),
        ("baci", "hs6", "sitc", "baci.csv:1:1: no column of the trade code; it may be called hs6"),
        ("baci", "2022,283691", "2022,282520", "baci.csv:1:1: the table has the codes 282520, 283691; name those"),
        ("baci", TRADE[TRADE.index("2023") :], "", "baci.csv:1:1: the table has no lines"),
        (
            "output",
            OUTPUT[OUTPUT.index("CHL") :],
            "CHL,0,,A,made for a test\n",
            "output.csv:1:1: nobody makes anything",
        ),
        (
            "output",
            OUTPUT,
            "country_iso3,kind,output_t\nCHL,plant,9\n",
            "output.csv:2:5: kind: a plant needs the product",
        ),
        ("output", "CHN,4000", "CHN,-1", "output.csv:3:5: output_t: -1 must be at least 0"),
        ("output", "CHN,4000", "CHL,4000", "output.csv:3:1: the same row as"),
    ],
)
def test_faults_of_both_tables_have_their_place(
    tmp_path: Path, order: Order, table: str, old: str, new: str, message: str
) -> None:
    path = tmp_path / f"{table}.csv"
    path.write_text(path.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
    with pytest.raises(InputError) as caught:
        from_trade(tmp_path / "world", order)
    assert message in str(caught.value)
    assert not (tmp_path / "world").exists()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"product": "lithium"}, "'lithium' must read mineral.stage, in small letters"),
        ({"product": "Lithium.ore"}, "'Lithium.ore' must read mineral.stage, in small letters"),
        ({"codes": ("999999", "283691")}, "baci.csv:1:1: no code 999999; there are 283691"),
        ({"year": 2019}, "baci.csv:1:1: no trade of 2019; there are 2022 to 2023"),
    ],
)
def test_an_order_that_the_tables_cannot_fill_is_told(
    tmp_path: Path, order: Order, change: dict[str, object], message: str
) -> None:
    with pytest.raises(InputError) as caught:
        from_trade(tmp_path / "world", replace(order, **change))  # type: ignore[arg-type]
    assert str(caught.value).endswith(message)
    assert not (tmp_path / "world").exists()


def test_a_code_without_any_tonnes_cannot_be_weighed(tmp_path: Path, order: Order) -> None:
    order.trade.write_text("year,hs6,exporter_iso3,importer_iso3,value_kusd,quantity_t\n2023,283691,CHL,CHN,9,\n",
                           encoding="utf-8")  # fmt: skip
    with pytest.raises(
        InputError, match=r"baci\.csv:2:\d+: quantity_t: no line of code 283691 has both value and tonnes"
    ):
        from_trade(tmp_path / "world", order)


def test_countries_of_a_region_are_one_row_that_names_them(tmp_path: Path, order: Order) -> None:
    text = OUTPUT + "DEU,100,120,A,a survey\nFRA,50,60,B,a survey\n"
    order.production.write_text(text, encoding="utf-8")
    from_trade(tmp_path / "world", order)
    lines = (tmp_path / "world" / "lithium" / "production.csv").read_text(encoding="utf-8").splitlines()
    (row,) = [line for line in lines if ",EU27," in line]
    assert row == "lithium.carbonate,EU27,mine,150,180,B,a survey,DEU FRA"


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path, order: Order) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(InputError, match=r"file.world.lithium cannot be written \(Not a directory\)"):
        from_trade(tmp_path / "file" / "world", order)


def test_what_tables_lack_is_told_with_what_is_done_without_it(cobalt: Path) -> None:
    for name in ("stocks", "growth"):
        path = cobalt / "cobalt" / f"{name}.csv"
        path.write_text(path.read_text(encoding="utf-8").splitlines()[0] + "\n", encoding="utf-8")
    path = cobalt / "cobalt" / "trade.csv"
    rows = path.read_text(encoding="utf-8").splitlines(keepends=True)
    path.write_text("".join(row for row in rows if "hydroxide" not in row), encoding="utf-8")
    found = check(cobalt)
    assert not found.faults
    for product, words in (
        ("cobalt.metal", "no grade: a reader cannot see how far to trust the tables"),
        ("cobalt.hydroxide", "no trade stated: everybody sells to everybody by size"),
        ("cobalt.metal", "no stocks: every shortfall is felt at once"),
        ("cobalt.metal", "no growth of use: it stays as it is"),
        ("cobalt.metal", "no scrap elasticity: recyclers answer prices like mines"),
    ):
        assert f"{product}: {words}" in found.missing


def test_nothing_is_overwritten(tmp_path: Path, order: Order) -> None:
    from_trade(tmp_path / "world", order)
    with pytest.raises(InputError, match="exists already"):
        from_trade(tmp_path / "world", order)
    with pytest.raises(InputError, match="exists already"):
        create(tmp_path / "world", "lithium")


def test_a_template_loads_as_it_is_and_explains_itself(tmp_path: Path) -> None:
    create(tmp_path, "lithium")
    assert all(path.read_text(encoding="utf-8").startswith("# ") for path in (tmp_path / "lithium").glob("*.csv"))
    found = check(tmp_path)
    assert found.minerals == ("lithium",)
    assert (*found.faults, *found.totals, *found.links, *found.beyond) == ()


@pytest.mark.parametrize("name", ["Lithium", "lithium.ore", "../x", "", "copper"])
def test_a_template_needs_a_plain_new_name(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError):
        create(tmp_path, name)
    assert not list(tmp_path.iterdir())


def test_a_comment_moves_no_line_number(tmp_path: Path) -> None:
    create(tmp_path, "lithium")
    path = tmp_path / "lithium" / "use.csv"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("CHN,700", "CHN,lots"), encoding="utf-8")
    line = text[: text.index("CHN,700")].count("\n") + 1
    (fault,) = check(tmp_path).faults
    assert fault.place.endswith(f"use.csv:{line}:21")


def test_faults_of_all_tables_come_at_once_and_none_twice(edit: Callable[[str, str, str], Path]) -> None:
    edit("production", "COD,mine,1000", "COD,mine,much")
    edit("trade", "IDN,CHN,190", "IDN,CHN,-190")
    faults = check(edit("use", "USA,250", "USA,x")).faults
    assert [fault.place.rpartition("/")[2] for fault in faults] == [
        "production.csv:2:27", "use.csv:3:18", "trade.csv:4:26",
    ]  # fmt: skip


def test_what_balancing_moves_is_told_with_its_place(edit: Callable[[str, str, str], Path]) -> None:
    """Trade says that China sells Europe three times what Europe has left to buy."""
    found = check(edit("trade", "CHN,EU27,100", "CHN,EU27,300"))
    assert not found.faults
    (link,) = [link for link in found.links if link.destination == "EU27"]
    assert link.before == 300 > 1.15 * link.after
    assert link.place.endswith("trade.csv:6:23")
    (told,) = [each for each in found.beyond if each.region == "EU27"]
    assert str(told) == "cobalt.metal: imports of EU27 are 300, and it uses or processes 230"


def test_a_total_that_moves_without_a_reason_is_a_fault_at_its_amount(edit: Callable[[str, str, str], Path]) -> None:
    found = check(edit("use", "USA,250,A", "USA,600,R"))
    assert any(fault.place.endswith("use.csv:3:18") for fault in found.faults)


def test_numbers_are_written_as_people_write_them() -> None:
    assert [number(x) for x in (1234.5678, 12.345678, 0.00012345, 7, "x")] == ["1235", "12.35", "0.0001234", 7, "x"]
    assert table(("a", "b"), [(1, "x, y")], "two\nlines") == '# two\n# lines\na,b\n1,"x, y"\n'
