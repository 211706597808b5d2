"""From a file's name to a checked scenario."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path as FilePath

from supplysim.scenario.compose import command_line, commanded, compose
from supplysim.scenario.files import Layer, read_layers
from supplysim.scenario.nodes import Scalar
from supplysim.scenario.places import Report
from supplysim.scenario.resolve import resolve
from supplysim.scenario.scenario import Scenario
from supplysim.scenario.vocabulary import Vocabulary
from supplysim.scenario.world_names import of_world
from supplysim.world.catalog import why_no_world
from supplysim.world.named import named_worlds, world_folder


def load(source: str | FilePath, overrides: Sequence[str] = (), catalog: Vocabulary | None = None) -> Scenario:
    """Read a scenario file, or the shipped scenario of that name, with its parents.

    `overrides` are `PATH=VALUE` texts as for `--set`; `catalog` replaces the names and values of the world's tables.
    Raises InputError with every fault of all files at once.
    """
    report = Report()
    layers = read_layers(source, report)
    settings = command_line(overrides, report)
    if not layers or len(report):
        report.raise_if_any()
    world = _world(layers, report)
    vocabulary = catalog or of_world(world)
    tree = compose(layers, vocabulary, report)
    tree = commanded(tree, settings, vocabulary, report)
    path = layers[-1].path
    parents = tuple(layer.path.stem for layer in layers[:-1])
    scenario = resolve(tree, vocabulary, path, path.stem, world, report, parents)
    report.raise_if_any()
    assert scenario is not None  # noqa: S101 -- without a fault there is a scenario
    return scenario


def _world(layers: Sequence[Layer], report: Report) -> FilePath | None:
    """The world folder that the last file to name one names."""
    found = None
    for layer in layers:
        entry = layer.tree.entries.get("world")
        if entry and isinstance(entry.node, Scalar) and isinstance(entry.node.value, str):
            folder, offered = world_folder(entry.node.value, layer.path.parent), named_worlds()
            if problem := why_no_world(folder):
                known = f"; installed packages offer {', '.join(offered)}" if offered else ""
                report.add(f"{entry.node.value[:80]!r} {problem}{known}", entry.node.place, "world")
            else:
                found = folder
    report.raise_if_any()
    return found


def altered(scenario: Scenario, overrides: Sequence[str]) -> Scenario:
    """A scenario with more `--set` settings laid over it, checked again. Raises InputError with every fault."""
    report = Report()
    assert scenario.tree is not None and scenario.vocabulary is not None  # noqa: S101, PT018 -- set by `load`
    tree = commanded(scenario.tree, command_line(overrides, report), scenario.vocabulary, report)
    made = resolve(tree, scenario.vocabulary, scenario.path, scenario.name, scenario.world, report, scenario.parents)
    report.raise_if_any()
    assert made is not None  # noqa: S101 -- without a fault there is a scenario
    return made
