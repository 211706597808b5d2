"""The maintainers' script: hubs are taken out without losing a tonne, and doubtful weights are not believed."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from supplysim.world.kit.hubs import without_hubs

SCRIPT = Path(__file__).parents[2] / "tools" / "make_world_tables.py"


@pytest.fixture(scope="module")
def script() -> Iterator[ModuleType]:
    spec = importlib.util.spec_from_file_location("make_world_tables", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(SCRIPT.parent))  # the table makers share raw_tables.py
        spec.loader.exec_module(module)
        yield module


def test_a_pure_hub_disappears_and_its_customers_meet_its_sources() -> None:
    flows = {("PRT", "NLD"): 30.0, ("BOL", "NLD"): 10.0, ("NLD", "USA"): 40.0, ("PRT", "USA"): 5.0}
    direct = {ends: t for ends, t in without_hubs(flows, {"NLD": 1.0}).items() if t > 0}
    assert direct == {("PRT", "USA"): 35.0, ("BOL", "USA"): 10.0}


def test_a_mixed_hub_keeps_what_it_makes_itself() -> None:
    flows = {("MLI", "CHE"): 100.0, ("CHE", "IND"): 60.0}
    left = without_hubs(flows, {"CHE": 0.5})
    assert left == {("MLI", "CHE"): 70.0, ("MLI", "IND"): 30.0, ("CHE", "IND"): 30.0}


def test_goods_that_only_come_back_are_no_trade() -> None:
    flows = {("MMR", "THA"): 50.0, ("THA", "MMR"): 20.0, ("THA", "CHN"): 30.0}
    left = without_hubs(flows, {"THA": 1.0})
    assert left["MMR", "CHN"] == 30.0
    assert ("MMR", "MMR") not in left
    assert left["THA", "MMR"] == left["THA", "CHN"] == left["MMR", "THA"] == 0.0


def test_a_weight_far_off_the_price_gives_way_to_the_value(script: ModuleType) -> None:
    code = next(code for code in script.CODES if code.product == "copper.refined")
    assert script.contained(code, "9142", "1000") == pytest.approx(999.9)
    assert script.contained(code, "9142", "10") == pytest.approx(1000.0)
    assert script.contained(code, "9142", "NA") == pytest.approx(1000.0)


def test_ores_come_from_value_whatever_they_weigh(script: ModuleType) -> None:
    code = next(code for code in script.CODES if code.product == "copper.concentrate")
    assert script.contained(code, "8344", "1") == script.contained(code, "8344", "9999") == pytest.approx(1000.0)
