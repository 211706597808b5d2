"""Which values nature draws: the world's priors, `uncertain:` entries and distributions written in a field."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from supplysim.scenario.distributions import Distribution, Uniform
from supplysim.scenario.drawn import read_distribution
from supplysim.scenario.nodes import Branch, Entry, Path, Scalar, get, is_distribution, leaves, put
from supplysim.scenario.paths import PathError, Universe, dotted, specificity
from supplysim.scenario.places import Origin, Place, Report
from supplysim.scenario.schema import FAMILIES
from supplysim.scenario.units import write_quantity
from supplysim.scenario.vocabulary import Default

MODEL = {"model.stocks.news_cover": Default(0.25, "default", Uniform(0.0, 0.5))}
"""What of the model itself is drawn unless a scenario fixes it: months of cover that news makes buyers want, an
assumption."""


DRAWN = ("model.habit.learning", "model.habit.reversion", "model.price_ceiling", *MODEL)
"""What of the model may differ from draw to draw."""
ONCE = ("term_share", "tenor", "capex", "likelihood")
"""Fields of which a run has one value."""


def undrawn(path: str) -> str:
    """Why the value at a path is not for nature to choose; "" where it is."""
    section, last = path.partition(".")[0], path.rpartition(".")[2]
    if section == "corridors":
        return "corridors are the same in every draw; draw what a corridor_closure or corridor_capacity event says"
    if section == "minerals" and last == "lead_time":
        return "lead times are the same in every draw; draw the delay of a licensing_delay event instead"
    if section not in (*FAMILIES, "model") or (section == "model" and path not in DRAWN) or last in ONCE:
        return "cannot be drawn: it is the same in every draw; give one value, or several in a sweep"
    return ""


@dataclass(frozen=True)
class Draws:
    """The tree with plain values only, and what is drawn by path with the origin of each distribution."""

    tree: Branch
    distributions: dict[str, Distribution]
    origins: dict[str, Origin]


@dataclass(frozen=True)
class _Rule:
    rank: tuple[tuple[float, ...], tuple[int, int]]
    pattern: Path
    branch: Branch


def collect(tree: Branch, universe: Universe, report: Report) -> Draws:
    """Separates what is drawn from what is fixed.

    For each path the rule of the latest file holds, within a file the more specific one; a plain value of a later
    layer than the rule fixes the path. Distributions in fields are replaced by their central value.
    """
    rules: dict[Path, _Rule] = {}
    for pattern, entry, paths in _patterns(tree, universe, report):
        assert isinstance(entry.node, Branch)  # noqa: S101 -- `_patterns` gives distributions only
        rule = _Rule((entry.node.place.layer, specificity(pattern)), pattern, entry.node)
        for path in paths:
            _choose(rules, path, rule, report)
    inline = [(path, entry) for path, entry in _sections(tree) if is_distribution(entry.node)]
    for path, entry in inline:
        assert isinstance(entry.node, Branch)  # noqa: S101 -- a distribution
        if universe.field(path):
            _choose(rules, path, _Rule((entry.node.place.layer, specificity(path)), path, entry.node), report)
    result = Draws(tree, {}, {})
    for path, rule in rules.items():
        result = _with(result, path, rule, universe, report)
    return _with_priors(result, universe)


def _patterns(tree: Branch, universe: Universe, report: Report) -> Iterator[tuple[Path, Entry, tuple[Path, ...]]]:
    section = tree.entries.get("uncertain")
    if section is None:
        return
    if not isinstance(section.node, Branch):
        report.add("must be a map of paths and distributions", section.node.place, "uncertain")
        return
    for pattern, entry in leaves(section.node):
        name = f"uncertain.{dotted(pattern)}"
        if not is_distribution(entry.node):
            place = entry.place if isinstance(entry.node, Branch) else entry.node.place
            report.add("must be a distribution, such as {dist: uniform, low: 1, high: 2}", place, name)
            continue
        try:
            paths = universe.expand(pattern)
        except PathError as error:
            report.add(str(error), entry.place, name)
            continue
        yield pattern, entry, paths


def _sections(tree: Branch) -> Iterator[tuple[Path, Entry]]:
    for section in (*FAMILIES, "model"):
        entry = tree.entries.get(section)
        if entry and isinstance(entry.node, Branch) and entry.node.entries:
            yield from leaves(entry.node, (section,))


def _choose(rules: dict[Path, _Rule], path: Path, rule: _Rule, report: Report) -> None:
    old = rules.get(path)
    if old and old.rank == rule.rank:
        message = f"and {dotted(old.pattern)} (line {old.branch.place.line}) both draw {dotted(path)}"
        report.add(f"{message} and are equally specific", rule.branch.place, f"uncertain.{dotted(rule.pattern)}")
    elif not old or rule.rank > old.rank:
        rules[path] = rule


def _with(result: Draws, path: Path, rule: _Rule, universe: Universe, report: Report) -> Draws:
    """The draws with one more rule, unless a plain value of a later layer fixes the path."""
    entry, field = get(result.tree, path), universe.field(path)
    assert field is not None  # noqa: S101 -- rules are for fields only
    inline = entry is not None and is_distribution(entry.node)
    if entry and not inline and entry.node.place.layer > rule.branch.place.layer:
        return result
    name = dotted(path) if inline and entry and entry.node is rule.branch else f"uncertain.{dotted(rule.pattern)}"
    found = None
    if why := undrawn(dotted(path)):
        report.add(why, rule.branch.place, name)
    else:
        found = read_distribution(rule.branch, field, universe.mineral(path), report, name)
    tree = result.tree
    if inline and entry:
        tree = put(tree, path, Entry(entry.place, _central(found, universe, path, entry.node.place)))
    if found is None:
        return Draws(tree, result.distributions, result.origins)
    result.distributions[dotted(path)] = found
    result.origins[dotted(path)] = Origin.of(rule.branch.place)
    return Draws(tree, result.distributions, result.origins)


def _central(found: Distribution | None, universe: Universe, path: Path, place: Place) -> Scalar:
    field = universe.field(path)
    if found is None or field is None or field.dimension is None:
        return Scalar(None, UNREAD, place)
    central = float(round(found.central)) if field.dimension.name == "date" else found.central
    text = write_quantity(central, field.dimension)
    return Scalar(text, str(text), place)


UNREAD = "\0unread"
"""Text of a value that stands for a distribution whose fault has already been reported."""


def _with_priors(result: Draws, universe: Universe) -> Draws:
    for path, default in {**universe.vocabulary.defaults, **MODEL}.items():
        if default.prior and path not in result.distributions and get(result.tree, tuple(path.split("."))) is None:
            result.distributions[path] = default.prior
            result.origins[path] = Origin("world", default.origin)
    return result
