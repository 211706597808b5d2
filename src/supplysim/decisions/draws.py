"""The draws of a finished run or sweep as inputs and outputs: nature's draws and a sweep's choices together."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from supplysim.engine.market import Array
from supplysim.errors import InputError
from supplysim.results.folder import read_manifest, reading
from supplysim.results.metrics import Key
from supplysim.scenario import Scenario
from supplysim.scenario import load as load_scenario
from supplysim.scenario.schema import unit_of
from supplysim.world import catalog

if TYPE_CHECKING:
    import pandas as pd

HAPPENS = ".happens"
QUANTITY = re.compile(r"([-+]?\d+(?:\.\d*)?(?:[eE][-+]?\d+)?)\s*(.*)\Z")


@dataclass(frozen=True)
class Draws:
    """What was drawn and chosen, by path, with units, and every metric of the scenario by draw.

    `inputs` hold numbers in base units, "yes" or "no" for what may come true, and texts for choices that are no
    numbers; `n_failed` draws are not among the rows.
    """

    folder: Path
    scenario: Scenario
    inputs: Mapping[str, NDArray[Any]]
    units: Mapping[str, str]
    outputs: Mapping[Key, Array]
    n_failed: int

    def concerning(self, product: str) -> dict[str, NDArray[Any]]:
        """The inputs that can move a product and vary: priors of minerals that share no chain with it are left out."""
        minerals = chain_of(self.scenario, product)
        return {
            path: values
            for path, values in self.inputs.items()
            if len(np.unique(values)) > 1 and (not path.startswith("minerals.") or path.split(".")[1] in minerals)
        }


def read_draws(folder: Path) -> Draws:
    """The draws of the run or sweep in `folder`. Raises `InputError` where it is neither, or not finished."""
    import pandas as pd

    manifest = read_manifest(folder)
    if manifest.get("state") != "finished":
        raise InputError(f"{folder} is not finished")
    cells = [folder / "cells" / f"{cell['cell']:04d}" for cell in manifest.get("cells", [])] or [folder]
    frames = [_frame(cell) for cell in cells]
    scenario = load_scenario(cells[0] / "scenario.yaml")
    choices, units = _choices([read_manifest(cell).get("settings", {}) for cell in cells], [len(f) for f in frames])
    whole = pd.concat(frames, ignore_index=True)
    inputs = {str(name).removeprefix("input|"): whole[name].to_numpy() for name in whole if str(name)[:6] == "input|"}
    inputs = {path: values for path, values in inputs.items() if path not in choices and not np.isnan(values).any()}
    inputs = _come_true(inputs, scenario) | choices
    outputs = {Key(*str(name).split("|")[1:]): whole[name].to_numpy() for name in whole if str(name)[:9] == "scenario|"}
    units = {path: unit_of(path) for path in inputs} | units
    return Draws(folder, scenario, inputs, units, outputs, int(manifest["counts"]["failed"]))


def _frame(folder: Path) -> pd.DataFrame:
    import pandas as pd

    path = folder / "draws.parquet"
    if not path.is_file():
        raise InputError(f"{folder} has no draws")
    with reading(path):
        return pd.read_parquet(path)


def _choices(settings: list[Mapping[str, str]], sizes: list[int]) -> tuple[dict[str, NDArray[Any]], dict[str, str]]:
    """What a sweep's cells set, a row a draw: numbers where every value is one of the same unit, else texts."""
    chosen: dict[str, NDArray[Any]] = {}
    units: dict[str, str] = {}
    for path in dict.fromkeys(path for each in settings for path in each):
        texts = [each.get(path, "as it is") for each in settings]
        read = [QUANTITY.match(text) for text in texts]
        found = [match for match in read if match]
        if len(found) == len(texts) and len({match[2] for match in found}) == 1:
            chosen[path], units[path] = np.repeat([float(match[1]) for match in found], sizes), found[0][2]
        else:
            chosen[path], units[path] = np.repeat(texts, sizes), ""
    return chosen, units


def _come_true(inputs: dict[str, NDArray[Any]], scenario: Scenario) -> dict[str, NDArray[Any]]:
    """Uniform numbers that decide whether something comes true, as "yes" and "no"."""
    done = {}
    for path, values in inputs.items():
        parent = path.removesuffix(HAPPENS)
        if parent != path:
            stated = float(scenario.values.get(parent, 1.0))  # noqa: PD011 -- a mapping
            chance = inputs.get(parent, np.full(len(values), stated))
            done[path] = np.where(values < chance, "yes", "no")
        else:
            done[path] = values
    return done


def chain_of(scenario: Scenario, product: str) -> tuple[str, ...]:
    """The minerals that share a plant or a mine with a product's own, that one first."""
    mineral = product.partition(".")[0]
    return tuple(dict.fromkeys((mineral, *catalog(scenario.world).linked.get(mineral, ()))))
