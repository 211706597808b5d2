"""Everything that can be set is listed."""

from __future__ import annotations

from supplysim.scenario.params import markdown, params
from supplysim.scenario.world_names import of_world


def test_every_path_is_listed_with_unit_default_and_doc() -> None:
    listed = {param.path: param for param in params(of_world())}
    halt = listed["events.<id>.severity"]

    assert (halt.unit, halt.default, halt.bounds) == ("a number from 0 to 1, %", "1", ">= 0, <= 1")
    assert all(param.doc for param in listed.values())
    assert "| `contracts.<id>.volume` | t/yr, kt/yr, t/month | needed |" in markdown()


def test_a_pattern_with_a_mineral_lists_the_worlds_values() -> None:
    found = params(of_world(), "minerals.tungsten.apt.supply.CHN")

    assert {param.path.rsplit(".", 1)[-1] for param in found} == {"capacity", "scale"}
    assert "world tungsten/production.csv" in found[0].doc
