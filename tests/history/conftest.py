"""Small trade tables made by hand, and the card of the shipped table, computed once."""

from __future__ import annotations

import pytest

from supplysim.history.card import backtest
from supplysim.history.trade import COLUMNS, shipped_trade


@pytest.fixture(scope="session")
def shipped():
    return shipped_trade()


@pytest.fixture(scope="session")
def card():
    return backtest()


@pytest.fixture
def write(tmp_path):
    """Write trade lines (code, year, exporter, importer, kUSD, tonnes) to a file and give its path."""

    def _write(lines, name="trade.csv", header=COLUMNS):
        path = tmp_path / name
        path.write_text(
            "\n".join([",".join(header), *(",".join(map(str, line)) for line in lines)]) + "\n", encoding="utf-8"
        )
        return path

    return _write


@pytest.fixture
def flows():
    """Lines of a `{(exporter, importer): tonnes}` dict, all at one unit value."""

    def _flows(code, year, matrix, price=1.0):
        return [(code, year, *pair, tonnes * price, tonnes) for pair, tonnes in matrix.items() if tonnes > 0]

    return _flows
