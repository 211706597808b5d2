"""From a composed tree to a checked scenario."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path as FilePath
from types import MappingProxyType
from typing import Any, cast

from supplysim.scenario.axes import read_sweep
from supplysim.scenario.build import Built, build
from supplysim.scenario.checks import check, notices
from supplysim.scenario.choose import read_choose
from supplysim.scenario.draws import collect
from supplysim.scenario.nodes import Branch, Path, Scalar, get, leaves, plain
from supplysim.scenario.nodes import Sequence as Items
from supplysim.scenario.paths import PathError, Universe
from supplysim.scenario.places import Origin, Report
from supplysim.scenario.scenario import Scenario, Value
from supplysim.scenario.schema import Horizon, Model, Part, fields_of
from supplysim.scenario.titles import departures, filled, has_question
from supplysim.scenario.vocabulary import Vocabulary

_PROSE = ("title", "question", "source", "note")


def resolve(
    tree: Branch,
    vocabulary: Vocabulary,
    path: FilePath | None,
    name: str,
    world: FilePath | None,
    report: Report,
    parents: tuple[str, ...] = (),
) -> Scenario | None:
    """The scenario of a composed tree, or None with the faults in the report."""
    universe = Universe(tree, vocabulary)
    draws = collect(tree, universe, report)
    built = build(draws.tree, vocabulary, report)
    _check_minerals(draws.tree, universe, report)
    check(draws.tree, built, draws.distributions, vocabulary, report)
    sweep, choose, told = read_sweep(tree, universe, report), read_choose(tree, universe, report), Report()
    notices(draws.tree, draws.distributions, sweep.paths, told)
    sources = _sources(tree, report)
    head, horizon, model = built.head, built.singles.get("horizon"), built.singles.get("model")
    if len(report) or head is None or not isinstance(horizon, Horizon) or not isinstance(model, Model):
        return None
    values, scope = dict(_values(built, vocabulary)), vocabulary.together(head.scope)
    title, question = (
        filled(text, each, values, universe, report)
        for each, text in (("title", head.title), ("question", head.question if has_question(tree) else ""))
    )
    if len(report):
        return None
    first = None if horizon.report_from is None else round(horizon.report_from)
    families = {key: MappingProxyType(_where_simulated(found, scope)) for key, found in built.families.items()}
    left_out = {
        f"{key}.{name}" for key, found in built.families.items() for name in found.keys() - families[key].keys()
    }
    values = {path: value for path, value in values.items() if _entity_of(path) not in left_out}
    drawn = {k: d for k, d in sorted(draws.distributions.items()) if _entity_of(k) not in left_out}
    return Scenario(
        name=name, title=title, question=question, path=path, world=world, parents=parents,
        start=round(horizon.start), months=horizon.months, report_from=first, values=MappingProxyType(values),
        origins=MappingProxyType({key: _origin(key, draws.tree, vocabulary) for key in values}),
        events=families["events"], contracts=families["contracts"], projects=families["projects"],
        stockpiles=families["stockpiles"], corridors=families["corridors"], model=model,
        uncertain=MappingProxyType({k: d for k, d in drawn.items() if _in_scope(k, scope)}),
        uncertain_origins=MappingProxyType(draws.origins), sweep=sweep, choose=choose, draws=head.draws,
        sampler=head.sampler, seed=head.seed, rivals=head.rivals, consumers=head.consumers, scope=scope,
        sources=sources, notices=told.faults, departs=departures(tree), tree=tree, vocabulary=vocabulary,
    )  # fmt: skip


def _where_simulated(found: Mapping[str, Any], scope: Sequence[str]) -> dict[str, Any]:
    """A family without what stands for minerals that are not simulated: the world as it stands has all of them."""

    def outside(part: Any) -> bool:
        products = getattr(part, "product", None) or ()
        named = [products] if isinstance(products, str) else products
        return bool(named) and not any(product.partition(".")[0] in scope for product in named)

    return {k: part for k, part in found.items() if not (scope and getattr(part, "standing", False) and outside(part))}


def _entity_of(path: str) -> str:
    """The entity that a path is in: `events.halt` of `events.halt.lasts`."""
    return ".".join(path.split(".")[:2])


def _in_scope(path: str, scope: Sequence[str]) -> bool:
    """Whether a drawn value matters to the minerals simulated."""
    section, mineral, *_ = f"{path}..".split(".")
    return section != "minerals" or not scope or mineral in scope


def _check_minerals(tree: Branch, universe: Universe, report: Report) -> None:
    """Regions under `minerals` must be ones that make, use or trade the product."""
    entry = tree.entries.get("minerals")
    if entry is None or not isinstance(entry.node, Branch):
        return
    for path, leaf in leaves(entry.node, ("minerals",)):
        if len(path) < 6 or path[1] not in universe.vocabulary.minerals:
            continue
        try:
            universe.expand(path)
        except PathError as error:
            if universe.names(path[:4]):
                report.add(str(error), leaf.place, ".".join(path))


def _values(built: Built, vocabulary: Vocabulary) -> Iterator[tuple[str, Value]]:
    """Every single value by path; the world's own where the scenario says nothing."""
    for path, default in vocabulary.defaults.items():
        if path.startswith("minerals."):
            yield path, default.value
    assert built.head is not None  # noqa: S101 -- looked at by the caller
    yield from flat(built.head)
    for name, part in built.singles.items():
        yield from flat(part, f"{name}.")
    for section, entities in built.families.items():
        for name, part in entities.items():
            yield from flat(part, f"{section}.{name}.")


def flat(part: Part, prefix: str = "") -> Iterator[tuple[str, Value]]:
    """The single values of a part by path, prose and lists of names apart."""
    names = {
        (info.info.alias or name): name
        for name, info in zip(type(part).model_fields, fields_of(type(part)).values(), strict=True)
    }
    items = {alias: getattr(part, name) for alias, name in names.items()} | (part.__pydantic_extra__ or {})
    for key, value in items.items():
        if isinstance(value, Part):
            yield from flat(value, f"{prefix}{key}.")
        elif isinstance(value, dict):
            for name, child in value.items():
                yield from flat(child, f"{prefix}{key}.{name}.")
        elif isinstance(value, tuple):
            for index, child in enumerate(value):
                if isinstance(child, Part):
                    yield from flat(child, f"{prefix}{key}.{index}.")
        elif value is not None and key not in _PROSE:
            yield f"{prefix}{key}", cast(Value, value)


def _origin(key: str, tree: Branch, vocabulary: Vocabulary) -> Origin:
    path: Path = tuple(key.split("."))
    entry = get(tree, path)
    if entry:
        return Origin.of(entry.node.place)
    default = vocabulary.default(key)
    return Origin("world", default.origin) if default else Origin("default")


def _sources(tree: Branch, report: Report) -> Mapping[str, str]:
    entry = tree.entries.get("sources")
    if entry is None:
        return {}
    if isinstance(entry.node, Items):
        pairs = [(str(number), item) for number, item in enumerate(entry.node.items, 1)]
    elif isinstance(entry.node, Branch):
        pairs = [(key, child.node) for key, child in entry.node.entries.items()]
    else:
        pairs = []
        report.add("must be a list or a map of texts", entry.node.place, "sources")
    for key, node in pairs:
        if not isinstance(node, Scalar) or not isinstance(node.value, str):
            report.add("must be text", node.place, f"sources.{key}")
    return MappingProxyType({key: str(plain(node)) for key, node in pairs})
