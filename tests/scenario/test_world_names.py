"""The world's names and values, as scenarios see them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from supplysim.scenario import Scenario, digest, load, to_yaml
from supplysim.scenario.world_names import of_world

USUAL = ("price", "supply.elasticity", "demand.elasticity", "trade.sigma", "stocks.cover")


def test_every_product_has_its_usual_values() -> None:
    vocabulary = of_world()

    missing = [f"minerals.{p}.{path}" for p in vocabulary.products for path in USUAL]
    assert [path for path in missing if path not in vocabulary.defaults] == []
    assert {"uranium", "rare_earths", "tungsten", "copper", "gold", "antimony"} <= set(vocabulary.minerals)


def test_a_prior_is_centred_on_the_value_that_stands_for_it() -> None:
    drawn = [default for default in of_world().defaults.values() if default.prior]

    assert len(drawn) >= 3 * len(of_world().products) - 3
    assert all(default.prior and default.prior.central == pytest.approx(default.value) for default in drawn)


def test_a_lead_time_is_scaled_from_the_worlds(read: Callable[..., Scenario]) -> None:
    path = "minerals.tungsten.concentrate.trade.KAZ.USA.lead_time"
    default = of_world().default(path)
    assert default is not None

    assert read(f"set: {{{path}: 2x}}\n").values[path] == 2 * default.value
    assert read(f"set: {{{path}: +1 months}}\n").values[path] == default.value + 1
    assert path not in read("").values


def test_a_folder_of_tables_is_laid_over_the_world(write: Callable[..., Path]) -> None:
    path = write("world: tables\nrivals: XYZ\n")
    tables = path.parent / "tables"
    tables.mkdir()
    (tables / "regions.csv").write_text(
        "id,name,members,lon,lat,group,source\nXYZ,Nowhere,XYZ,0,0,producer,invented for this test\n", encoding="utf-8"
    )
    scenario = load(path)

    assert scenario.rivals == ("XYZ",)
    assert scenario.world == tables
    assert digest(load(write(to_yaml(scenario), "again.yaml"))) == digest(scenario)
