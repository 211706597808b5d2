"""Reading trade: the shipped table holds what is known of it, and a wrong table is refused with its line."""

from __future__ import annotations

import gzip
import re

import numpy as np
import pandas as pd
import pytest

from supplysim.errors import InputError
from supplysim.history.trade import COLUMNS, SHIPPED, read_trade

LINE = ("260300", 2020, "CHL", "CHN", 10.0, 4.0)


@pytest.fixture(scope="module")
def raw():
    return pd.read_csv(SHIPPED)


@pytest.mark.parametrize(("year", "kilotonnes"), [(2010, 56.3), (2011, 38.9), (2012, 24.8)])
def test_chinas_rare_earth_exports_fell_as_published(raw, year, kilotonnes):
    """CEPII BACI, HS 284610, 284690 and 280530 from China: 56.3, 38.9 and 24.8 kt in 2010, 2011 and 2012."""
    mine = raw[(raw.exporter_iso3 == "CHN") & (raw.year == year) & raw.hs92.isin([284610, 284690, 280530])]
    assert mine.quantity_t.sum() / 1000 == pytest.approx(kilotonnes, abs=0.05)


@pytest.mark.parametrize(("year", "usd_kg"), [(2010, 21.7), (2011, 106.3), (2012, 71.0), (2013, 23.9)])
def test_unit_value_of_chinas_rare_earths(raw, year, usd_kg):
    """CEPII BACI, HS 284690, exports of China: 21.7, 106, 71 and 24 USD/kg."""
    mine = raw[(raw.exporter_iso3 == "CHN") & (raw.year == year) & (raw.hs92 == 284690)].dropna()
    assert mine.value_kusd.sum() / mine.quantity_t.sum() == pytest.approx(usd_kg, rel=0.02)


def test_the_shipped_table_has_eight_codes_and_twenty_years(shipped):
    assert len(shipped.codes) == 8
    assert shipped.years("260300") == list(range(2005, 2025))
    assert shipped.years("261710") == [2021, 2022, 2023, 2024]
    assert 0 < shipped.repaired < shipped.count == 71406
    assert SHIPPED.stat().st_size < 1.5e6


def test_tonnes_are_a_matrix_over_the_codes_countries(write):
    trade = read_trade(
        write([LINE, ("260300", 2020, "CHL", "JPN", 5.0, 2.0), ("260300", 2020, "CHL", "JPN", 5.0, 2.0)])
    )
    assert trade.countries["260300"] == ("CHL", "CHN", "JPN")
    assert trade.tonnes("260300", 2020).tolist() == [[0, 4, 4], [0, 0, 0], [0, 0, 0]]
    assert trade.unit_value("260300", 2020) == pytest.approx(2.5)
    assert trade.unit_value("260300", 2020, 0) == pytest.approx(2.5)


def test_missing_tonnes_come_from_the_value(write):
    trade = read_trade(write([LINE, ("260300", 2020, "PER", "CHN", 5.0, "")]))
    assert trade.tonnes("260300", 2020).sum() == pytest.approx(6.0)
    assert trade.repaired == 1


def test_a_gzipped_table_with_more_columns_is_read_alike(write, tmp_path):
    plain = write([(*LINE, "x")], header=(*COLUMNS, "note"))
    zipped = tmp_path / "trade.csv.gz"
    zipped.write_bytes(gzip.compress(plain.read_bytes()))
    assert np.array_equal(read_trade(zipped).tonnes("260300", 2020), read_trade(plain).tonnes("260300", 2020))


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({4: "ten"}, "trade.csv:3: value_kusd must be a number, got 'ten'"),
        ({4: ""}, "trade.csv:3: value_kusd must be a number, got ''"),
        ({4: -1}, "trade.csv:3: value_kusd must not be negative, got '-1'"),
        ({5: -4.5}, "trade.csv:3: quantity_t must not be negative, got '-4.5'"),
        ({5: "nan"}, "trade.csv:3: quantity_t must be a number, got 'nan'"),
        ({5: "inf"}, "trade.csv:3: quantity_t must be a number, got 'inf'"),
        ({1: "20x4"}, "trade.csv:3: year must be a number, got '20x4'"),
        ({1: 2020.5}, "trade.csv:3: year must be a year, got '2020.5'"),
        ({1: 24}, "trade.csv:3: year must be a year, got '24'"),
        ({0: ""}, "trade.csv:3: hs92 must not be empty, got ''"),
        ({3: " "}, "trade.csv:3: importer_iso3 must not be empty, got ' '"),
    ],
)
def test_a_wrong_cell_is_refused_with_file_and_line(write, change, says):
    wrong = tuple(change.get(position, cell) for position, cell in enumerate(LINE))
    with pytest.raises(InputError, match=re.escape(says) + "$"):
        read_trade(write([LINE, wrong, LINE]))


def test_blank_lines_are_no_trade_and_do_not_shift_the_lines(tmp_path):
    text = ",".join(COLUMNS) + "\n260300,2020,CHL,CHN,10,4\n\n260300,2020,CHL,JPN,-1,4\n\n"
    (tmp_path / "trade.csv").write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=r"trade\.csv:4: value_kusd must not be negative"):
        read_trade(tmp_path / "trade.csv")
    (tmp_path / "trade.csv").write_text(text.replace("-1", "1"), encoding="utf-8")
    assert read_trade(tmp_path / "trade.csv").count == 2


def test_lines_with_too_many_or_too_few_cells_are_refused(write):
    with pytest.raises(InputError, match="not a readable csv"):
        read_trade(write([(*LINE, 7), (*LINE, 8)]))
    with pytest.raises(InputError, match="not a readable csv"):
        read_trade(write([LINE, (*LINE, 8)]))
    with pytest.raises(InputError, match=r"trade\.csv:3: value_kusd must be a number, got ''"):
        read_trade(write([LINE, LINE[:4]]))


def test_all_faults_are_told_at_once(write):
    with pytest.raises(InputError) as caught:
        read_trade(write([("260300", "x", "CHL", "CHN", -1, "y")]))
    assert len(caught.value.faults) == 3


def test_missing_columns_are_named(write):
    with pytest.raises(InputError, match=r"trade\.csv:1: missing column quantity_t; a trade table has hs92, year"):
        read_trade(write([LINE[:5]], header=COLUMNS[:5]))


def test_a_table_without_lines_and_one_without_tonnes_are_refused(write):
    with pytest.raises(InputError, match="the table has no lines"):
        read_trade(write([]))
    with pytest.raises(InputError, match="code 260300 has no line with value and tonnes in 2020"):
        read_trade(write([(*LINE[:5], "")]))


@pytest.mark.parametrize("path", [".", "/dev/zero"])
def test_a_folder_and_what_never_ends_are_no_tables(path):
    with pytest.raises(InputError, match="is a folder or a device, not a table"):
        read_trade(path)


def test_what_is_no_table_is_refused(tmp_path):
    with pytest.raises(InputError, match="there is no such file"):
        read_trade(tmp_path / "nothing.csv")
    for name, content in {"noise.csv": b"\xff\xfe\x00\x81", "noise.csv.gz": b"not gzip", "empty.csv": b""}.items():
        (tmp_path / name).write_bytes(content)
        with pytest.raises(InputError, match=re.escape(name)):
            read_trade(tmp_path / name)
