"""Tables of one's own: templates run, trade becomes flows from maker to user, and what cannot be is told."""

from __future__ import annotations

import gzip
from collections.abc import Callable
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
