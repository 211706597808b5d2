"""Origin looked through, on chains worked out by hand and on the base year."""

from __future__ import annotations

import json
from types import SimpleNamespace

import numpy as np
import pytest
from click.testing import CliRunner

from supplysim.cli.indicators import indicators as command
from supplysim.indicators.origin import Market, delivered, embodied, mixed, output, reach, roots
from supplysim.world import load

REGIONS = ("CHN", "JPN", "KAZ")
RIVALS = frozenset({"CHN"})


def product(*recipe):
    return SimpleNamespace(recipe=tuple(SimpleNamespace(product=name, yield_=share) for name, share in recipe))


def supplier(region, kind="mine"):
    return SimpleNamespace(region=region, kind=kind)


def buyer(region, user="use"):
    return SimpleNamespace(region=region, user=user)


@pytest.fixture
def base():
    """Kazakhstan and China mine 60 and 40; Japan's plant gets 45 and 5 of it, China's the rest; Japan also melts scrap.

    Japan uses 50 of its own plant's, 10 of Chinese metal and 10 of scrap.
    """
    ore = SimpleNamespace(
        product=product(), suppliers=(supplier("KAZ"), supplier("CHN")),
        buyers=(buyer("JPN", "metal"), buyer("CHN", "metal")), flow=np.array([[45.0, 15.0], [5.0, 35.0]]),
    )  # fmt: skip
    metal = SimpleNamespace(
        product=product(("a.ore", 1.0)),
        suppliers=(supplier("JPN", "plant"), supplier("CHN", "plant"), supplier("JPN", "recycling")),
        buyers=(buyer("JPN"), buyer("CHN"), buyer("JPN", "stock_change")),
        flow=np.array([[50.0, 0.0, 0.0], [10.0, 38.0, 2.0], [10.0, 0.0, 0.0]]),
    )  # fmt: skip
    ore.buyers = (buyer("JPN", "a.metal"), buyer("CHN", "a.metal"))
    return {"a.ore": ore, "a.metal": metal}


def share(rows, stage, origin, region="JPN"):
    return next((r.share for r in rows if (r.stage, r.origin, r.region) == (stage, origin, region)), 0.0)


def test_metal_is_of_the_mines_behind_the_plants(base):
    rows = embodied(base)
    assert share(rows, "a.metal", "JPN") == pytest.approx(60 / 70), "its own plant and its scrap"
    assert share(rows, "a.metal", "CHN") == pytest.approx(10 / 70)
    assert share(rows, "a.ore", "KAZ") == pytest.approx((45 + 10 * 15 / 50) / 70)
    assert share(rows, "a.ore", "CHN") == pytest.approx((5 + 10 * 35 / 50) / 70)
    assert share(rows, "a.ore", "JPN") == pytest.approx(10 / 70), "scrap enters where it is melted"
    assert next(r.tonnes for r in rows if r.stage == "a.ore" and r.origin == "KAZ" and r.region == "JPN") == 48


def test_what_passed_a_rival_counts_once_however_often_it_did():
    ore = Market("ore", ("KAZ", "CHN"), (), np.empty((0, 2), dtype=np.intp), np.empty((0, 2)))
    metal = Market("metal", ("JPN", "CHN"), (0,), np.array([[0, 1]]), np.ones((1, 2)))
    flow = np.array([[45.0, 15.0], [5.0, 35.0]])
    yard = mixed(delivered(flow, output(ore, (), REGIONS, (RIVALS,))), flow)
    assert yard[RIVALS][:, 0] == pytest.approx([0.9, 0.3])
    made = output(metal, (yard,), REGIONS, (RIVALS,))
    assert made[RIVALS][:, 0] == pytest.approx([0.9, 0.0]), "nothing that a Chinese plant makes is free of China"
    assert roots([ore, metal]) == {"ore": ("ore",), "metal": ("ore",)}
    assert reach([ore, metal])[1] == {"metal": ("CHN", "JPN"), "ore": ("CHN", "KAZ")}


def test_a_yard_mixes_what_it_held_with_what_it_got():
    got, flow = {"ore": np.array([[30.0, 0.0]])}, np.array([[30.0]])
    assert mixed(got, flow, {"ore": np.array([[0.0, 1.0]])}, np.array([10.0]))["ore"][0] == pytest.approx([0.75, 0.25])


def test_inputs_that_passed_the_same_stage_count_by_their_tonnes():
    yards = [{"ore": np.array([[1.0, 0.0, 0.0]])}, {"ore": np.array([[0.0, 1.0, 0.0]])}]
    magnet = Market("magnet", ("JPN",), (1, 2), np.zeros((2, 1), dtype=np.intp), np.array([[1.0], [4.0]]))
    assert output(magnet, yards, REGIONS, ())["ore"][0] == pytest.approx([0.8, 0.2, 0.0])


def test_two_tainted_inputs_are_mixed_independently():
    yards = [{RIVALS: np.array([[0.5]])}, {RIVALS: np.array([[0.5]])}]
    magnet = Market("magnet", ("JPN",), (1, 2), np.zeros((2, 1), dtype=np.intp), np.ones((2, 1)))
    assert output(magnet, yards, REGIONS, (RIVALS,))[RIVALS] == pytest.approx(np.array([[0.25]]))


def test_shares_of_the_base_year_sum_to_one():
    total: dict[tuple[str, str, str], float] = {}
    for row in embodied(load().base):
        key = row.product, row.stage, row.region
        total[key] = total.get(key, 0.0) + row.share
    assert list(total.values()) == pytest.approx([1.0] * len(total), abs=1e-12)


EIA_2024 = 5160.0
"""tU of Kazakh origin bought by US reactor owners in 2024 (EIA, Uranium Marketing Annual Report 2024)."""


def test_kazakh_uranium_in_american_use_is_what_utilities_report():
    rows = embodied(load().base, "uranium")
    found = next(r.tonnes for r in rows if r.product == "uranium.enriched" and r.stage == "uranium.concentrate"
                 and (r.origin, r.region) == ("KAZ", "USA"))  # fmt: skip
    assert found == pytest.approx(EIA_2024, rel=0.15)


def test_the_command_prints_what_is_embodied():
    result = CliRunner().invoke(command, ["uranium", "--origin", "--json"])
    rows = json.loads(result.output)["embodied"]
    assert set(rows[0]) == {"product", "stage", "origin", "region", "share", "tonnes"}
    assert {row["product"] for row in rows} == {"uranium.concentrate", "uranium.enriched"}
    assert "KAZ" in CliRunner().invoke(command, ["uranium", "--origin"]).output
