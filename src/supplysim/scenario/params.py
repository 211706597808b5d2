"""Every path that can be set, with unit, default, bounds and a line of documentation."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from fnmatch import fnmatchcase

from supplysim.errors import InputError
from supplysim.scenario.names import suggestion
from supplysim.scenario.schema import FAMILIES, SINGLES, Field, Head, Part, Stage, all_fields, field_at
from supplysim.scenario.units import write_quantity
from supplysim.scenario.vocabulary import Vocabulary

_SIGNS = {"ge": ">=", "gt": ">", "le": "<=", "lt": "<"}


@dataclass(frozen=True)
class Param:
    """One settable path; `kinds` says for which kinds of event or contract it exists (empty: for all)."""

    path: str
    unit: str
    default: str
    bounds: str
    doc: str
    kinds: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, object]:
        return {**asdict(self), "kinds": list(self.kinds)}


def params(vocabulary: Vocabulary, pattern: str = "") -> tuple[Param, ...]:
    """The settable paths that contain `pattern` or match it as a glob.

    `<...>` stands for an id. A pattern that names a mineral lists the world's own values too. Raises InputError where
    nothing matches.
    """
    general = list(_general())
    chosen = [param for param in general if _matches(param.path, pattern)]
    if pattern and not chosen:
        chosen = [param for param in _world(vocabulary) if _matches(param.path, pattern)]
    if not chosen:
        words = {word for param in general for word in param.path.split(".")} | set(vocabulary.minerals)
        raise InputError(f"no path matches '{pattern[:80]}'{suggestion(pattern, sorted(words))}")
    return tuple(chosen)


def markdown() -> str:
    """The table of the reference page."""
    rows = ["| path | unit | default | bounds | |", "|---|---|---|---|---|"]
    for param in _general():
        kinds = f" ({', '.join(param.kinds)})" if param.kinds else ""
        cells = (f"`{param.path}`", param.unit.replace("|", "\\|"), param.default, param.bounds, param.doc + kinds)
        rows.append(f"| {' | '.join(cells)} |")
    return "\n".join(rows) + "\n"


def _matches(path: str, pattern: str) -> bool:
    return pattern in path or fnmatchcase(path, pattern)


def _general() -> Iterator[Param]:
    for path, field in all_fields(Head):
        yield _param(path, field)
    for name, model in SINGLES.items():
        for path, field in all_fields(model, f"{name}."):
            yield _param(path, field)
    for name, family in FAMILIES.items():
        prefix = ".".join((name, *(f"<{part}>" for part in family.ids)))
        yield from _of_kinds(prefix, family.kinds, in_world=name == "minerals")


def _of_kinds(prefix: str, kinds: Mapping[str, type[Part]], *, in_world: bool) -> Iterator[Param]:
    """The fields of all kinds, once each; those that not every kind has name theirs."""
    found: dict[Param, list[str]] = {}
    for kind, model in kinds.items():
        for path, field in all_fields(model, f"{prefix}."):
            if path.endswith(".kind"):
                continue
            found.setdefault(_param(path, field, in_world=in_world), []).append(kind)
    if kinds.keys() != {""}:
        yield Param(f"{prefix}.kind", " | ".join(kinds), "", "", "Kind, which decides the other fields.")
    for param, owners in found.items():
        some = () if len(owners) == len(kinds) else tuple(owners)
        yield Param(param.path, param.unit, param.default, param.bounds, param.doc, some)


def _param(path: str, field: Field, *, in_world: bool = False) -> Param:
    default = "needed" if field.required else "world" if in_world else _shown(field, field.default)
    bounds = ", ".join(f"{_SIGNS[side]} {_shown(field, limit)}" for side, limit in field.bounds.items())
    return Param(path, field.holds, default, bounds, field.doc)


def _shown(field: Field, value: object) -> str:
    if value is None or value == "":
        return ""
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, tuple):
        return " ".join(str(item) for item in value)
    if field.dimension and isinstance(value, int | float):
        return str(write_quantity(float(value), field.dimension))
    return f"{value:g}" if isinstance(value, float) else str(value)


def _world(vocabulary: Vocabulary) -> Iterator[Param]:
    """The world's own values by path."""
    for path, default in vocabulary.defaults.items():
        field = field_at(Stage, tuple(path.split(".")[3:]))
        if field and field.dimension:
            template = _param(path, field)
            value = str(write_quantity(default.value, field.dimension))
            yield Param(path, template.unit, value, template.bounds, f"{template.doc} [{default.origin}]")
