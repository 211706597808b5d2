"""The cells of a sweep: what is chosen laid over the scenario, each resolved and checked as one of its own."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence as Sequence_
from dataclasses import dataclass
from itertools import product

from supplysim.scenario.axes import Choice, text_of
from supplysim.scenario.compose import SWEEP_LAYER, overlaid
from supplysim.scenario.nodes import Branch, Entry, Node, Path, Scalar, Sequence
from supplysim.scenario.paths import dotted
from supplysim.scenario.places import Document, Place, Report
from supplysim.scenario.resolve import resolve
from supplysim.scenario.scenario import Scenario


@dataclass(frozen=True)
class Cell:
    """One combination of choices: `settings` maps each path to the text of its value."""

    label: str
    settings: Mapping[str, str]
    scenario: Scenario


def cells(scenario: Scenario) -> tuple[Cell, ...]:
    """Every cell of a scenario's sweep, resolved and checked. Raises InputError with the faults of all of them."""
    combinations = [*product(*scenario.sweep.axes.values())] if scenario.sweep.axes else []
    combinations += [(case,) for case in scenario.sweep.cases]
    if not combinations:
        return (Cell("", {}, scenario),)
    report, found, documents = Report(), [], dict[Document, Document]()
    for combination in combinations:
        settings = [setting for choice in combination for setting in choice.settings]
        label = ", ".join(choice.label for choice in combination)
        made = _cell(scenario, [(path, _lifted(entry, documents)) for path, entry in settings], report)
        if made:
            found.append(Cell(label, {dotted(path): text_of(entry.node) for path, entry in settings}, made))
    report.raise_if_any()
    return tuple(found)


def with_choices(scenario: Scenario, choices: Sequence_[Choice]) -> Scenario:
    """The scenario with choices laid over it, without sweep and options. Raises InputError with every fault."""
    report, documents = Report(), dict[Document, Document]()
    settings = [(path, _lifted(entry, documents)) for choice in choices for path, entry in choice.settings]
    made = _cell(scenario, settings, report)
    report.raise_if_any()
    assert made is not None  # noqa: S101 -- without a fault there is a scenario
    return made


def _cell(scenario: Scenario, settings: list[tuple[Path, Entry]], report: Report) -> Scenario | None:
    assert scenario.tree is not None and scenario.vocabulary is not None  # noqa: S101, PT018 -- set by `load`
    tree = overlaid(scenario.tree, settings, scenario.vocabulary, report)
    bare = Branch(tree.place, {key: entry for key, entry in tree.entries.items() if key not in ("sweep", "choose")})
    return resolve(bare, scenario.vocabulary, scenario.path, scenario.name, scenario.world, report)


def _lifted(entry: Entry, documents: dict[Document, Document]) -> Entry:
    """The entry with places in the sweep's layer, above everything that files and options say."""
    return Entry(_place(entry.place, documents), _node(entry.node, documents))


def _place(place: Place, documents: dict[Document, Document]) -> Place:
    old = place.document
    if old not in documents:
        documents[old] = Document(old.name, old.text, SWEEP_LAYER, "sweep")
    return Place(documents[old], place.line, place.column)


def _node(node: Node, documents: dict[Document, Document]) -> Node:
    place = _place(node.place, documents)
    if isinstance(node, Scalar):
        return Scalar(node.value, node.text, place)
    if isinstance(node, Sequence):
        return Sequence(tuple(_node(item, documents) for item in node.items), place)
    return Branch(place, {key: _lifted(entry, documents) for key, entry in node.entries.items()})
