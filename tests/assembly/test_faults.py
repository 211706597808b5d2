"""What only the world can tell to be wrong: one clear line with its place."""

from __future__ import annotations

import re

import pytest

from supplysim.errors import InputError

from .conftest import HEAD

DEAL = """\
contracts:
  deal:
    product: tungsten.concentrate
    from: {seller}
    to: {buyer}
    volume: {volume} t/yr
    starts: 2026-06
    kind: take_or_pay
"""
EVENT = "events:\n  it:\n    kind: {kind}\n    starts: 2026-06\n"
TRADE = EVENT + "    product: {product}\n    from: {seller}\n    to: {buyer}\n"


@pytest.mark.parametrize(
    ("text", "key", "message"),
    [
        (DEAL.format(seller="CHN", buyer="USA", volume=9e6), "volume", "can ever make of tungsten.concentrate"),
        (DEAL.format(seller="JPN", buyer="USA", volume=10), "from", "JPN makes no tungsten.concentrate"),
        (DEAL.format(seller="CHN", buyer="CHE", volume=10), "to", "CHE has no plants or users that buy"),
        (
            TRADE.format(kind="export_ban", product="rare_earths.magnets", seller="KAZ", buyer="TJK"),
            "",
            "carried no flow",
        ),
        (EVENT.format(kind="outage") + "    product: gold.dore\n    region: JPN\n", "", "no producer or user"),
        (EVENT.format(kind="corridor_closure") + "    corridor: nowhere\n", "corridor", "no such corridor 'nowhere'"),
        (
            EVENT.format(kind="corridor_closure") + "    corridor: north_south\n",
            "corridor",
            "no mineral of the base year",
        ),
        (
            EVENT.format(kind="stockpile_release") + "    product: gold.dore\n    region: KAZ\n    volume: 1 t\n",
            "",
            "has no stockpile there",
        ),
    ],
    ids=["volume", "seller", "buyer", "ban", "outage", "unknown corridor", "idle corridor", "stockpile"],
)
def test_a_mistake_is_named_with_its_line(assembled, text, key, message):
    """The line of the field at fault, or one of the entity's where the whole of it is."""
    with pytest.raises(InputError, match=message) as caught:
        assembled(text)
    (fault,) = caught.value.faults
    named = re.search(r"story\.yaml:(\d+)", fault.place)
    assert named
    lines = (HEAD + text).splitlines()
    assert key in lines[int(named[1]) - 1]
    assert int(named[1]) > HEAD.count("\n") + 1
    assert "\n" not in str(caught.value)
