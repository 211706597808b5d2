"""What only the world can tell to be wrong: one clear line with its place."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from supplysim.assembly import Inputs, assemble
from supplysim.errors import InputError
from supplysim.scenario import load

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
OFFER = (
    EVENT.format(kind="offer")
    + "    product: tungsten.concentrate\n    from: {seller}\n    to: {buyer}\n"
    + ("    volume: 9 t/yr\n")
)
CROWDED = (
    """\
corridors:
  first:
    legs: {way: {mode: rail, service: 3 days}}
    serves: [{from: TJK, to: TUR, product: antimony.metal, share: 80%}]
  second:
    legs: {way: {mode: road, service: 3 days}}
    serves: [{from: TJK, to: TUR, product: antimony.metal, share: 30%}]
"""
    + EVENT.format(kind="corridor_closure")
    + "    corridor: first\n"
)


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
        (OFFER.format(seller="JPN", buyer="CHN"), "from", "JPN makes no tungsten.concentrate"),
        (OFFER.format(seller="CHN", buyer="CHE"), "to", "CHE has no plants or users that buy tungsten.concentrate"),
        (
            "minerals:\n  tungsten.apt.demand.KAZ.growth: 1 %/yr\n",
            "KAZ",
            "KAZ has no final use of tungsten.apt, so this",
        ),
        ("minerals:\n  tungsten.apt.stocks.TJK.cover: 9 months\n", "TJK", "TJK buys no tungsten.apt, so this would"),
        (CROWDED, "serves", "corridors carry more than all of some antimony.metal: the shares of a link must not"),
    ],
    ids=[
        "volume",
        "seller",
        "buyer",
        "ban",
        "outage",
        "unknown corridor",
        "idle corridor",
        "stockpile",
        "offer from",
        "offer to",
        "no maker",
        "no buyer",
        "crowded",
    ],
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


def test_a_supplier_that_qualifies_for_nobody_there_is_told_from_one_that_nobody_needs(world, tmp_path):
    """As where a region's only users are makers of aircraft, who may not buy of everybody."""
    market = replace(world.base["tungsten.concentrate"], able=lambda _product, _user, supplier: supplier != "CHN")
    strict = replace(world, base={**world.base, "tungsten.concentrate": market})
    path = tmp_path / "story.yaml"
    path.write_text(HEAD + DEAL.format(seller="CHN", buyer="USA", volume=9), encoding="utf-8")

    with pytest.raises(InputError, match=r"story\.yaml:9:9: contracts\.deal\.to: CHN does not qualify for what USA"):
        assemble(strict, Inputs(load(path), {}, 1), "scenario")
