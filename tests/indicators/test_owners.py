"""Who holds what is mined: the shipped stakes against published totals, and tables that cannot be."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from supplysim.cli.indicators import indicators as command
from supplysim.errors import InputError
from supplysim.indicators.owners import owned, stakes
from supplysim.world import load

HEAD = "product,region,venture,capacity_t,owner,owner_region,stake_pct,year,confidence,source,note\n"


@pytest.fixture(scope="module")
def world():
    return load()


@pytest.fixture(scope="module")
def kazakh(world):
    rows = owned(world.base, stakes(world.base, list(world.regions)), "uranium")
    return {row.owner_region: row for row in rows if row.region == "KAZ"}


def test_owners_hold_the_whole_output(world, kazakh):
    output = world.base["uranium.concentrate"].output()["KAZ"]
    assert sum(row.tonnes for row in kazakh.values()) == pytest.approx(output)
    assert sum(row.share for row in kazakh.values()) == pytest.approx(1.0)


def test_shares_come_near_what_companies_published(kazakh):
    """Kazatomprom: 10,900 to 11,500 tU attributable of 21,000 to 22,000 (guidance for 2022). Rosatom: 4,831 tU in
    2023, when it still held the stake in Zarechnoye that it sold in December 2024."""
    assert kazakh["KAZ"].share == pytest.approx(11_200 / 21_500, abs=0.02)
    sold = 931 * 0.49979
    assert kazakh["RUS"].tonnes + sold == pytest.approx(4831, rel=0.1)
    assert kazakh["CHN"].tonnes > 1500


def test_more_than_all_of_a_venture_has_a_place(world, tmp_path):
    path = tmp_path / "own.csv"
    path.write_text(HEAD + "uranium.concentrate,KAZ,X,1000,A,RUS,60,2024,B,s,\n"
                    + "uranium.concentrate,KAZ,X,1000,B,CHN,50,2024,B,s,\n", encoding="utf-8")  # fmt: skip
    with pytest.raises(InputError, match=r"own\.csv:3:38: stake_pct: the stakes in X sum to 110 %") as caught:
        stakes(world.base, list(world.regions), path)
    assert len(caught.value.faults) == 1
    result = CliRunner().invoke(command, ["uranium", "--stakes", str(path)])
    assert isinstance(result.exception, InputError)


def test_a_venture_has_one_capacity(world, tmp_path):
    path = tmp_path / "own.csv"
    path.write_text(HEAD + "uranium.concentrate,KAZ,X,1000,A,RUS,60,2024,B,s,\n"
                    + "uranium.concentrate,KAZ,X,900,B,CHN,40,2024,B,s,\n", encoding="utf-8")  # fmt: skip
    with pytest.raises(InputError, match=r"own\.csv:3:27: capacity_t: X has another capacity in a row above"):
        stakes(world.base, list(world.regions), path)


def test_ventures_that_could_make_more_than_was_made_count_less(world, tmp_path):
    output = world.base["uranium.concentrate"].output()["UZB"]
    path = tmp_path / "own.csv"
    path.write_text(HEAD + f"uranium.concentrate,UZB,X,{2 * output},A,RUS,100,2024,R,s,\n", encoding="utf-8")
    row = owned(world.base, stakes(world.base, list(world.regions), path))[0]
    assert (row.owner_region, row.share) == ("RUS", pytest.approx(1.0))
    assert row.assumed == pytest.approx(output)


def test_the_command_prints_owners_with_their_stakes():
    found = json.loads(CliRunner().invoke(command, ["uranium", "--owners", "--json"]).output)
    assert {row["owner_region"] for row in found["owners"] if row["region"] == "KAZ"} >= {"KAZ", "RUS", "CHN"}
    assert all(row["source"] for row in found["stakes"])
