"""The scenario language: YAML text with positions to a checked, frozen `Scenario`."""

from __future__ import annotations

from supplysim.scenario.distributions import Distribution
from supplysim.scenario.files import shipped, shipped_folder
from supplysim.scenario.load import altered, load
from supplysim.scenario.places import Origin
from supplysim.scenario.scenario import Scenario
from supplysim.scenario.sweep import Cell, cells, with_choices
from supplysim.scenario.write import digest, resolved, to_yaml

__all__ = [
    "Cell", "Distribution", "Origin", "Scenario", "altered", "cells", "digest", "load", "resolved", "shipped",
    "shipped_folder", "to_yaml", "with_choices",
]  # fmt: skip
