"""The schema of the language: every section, its fields, their units, bounds and one line of documentation."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from types import UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

from pydantic.fields import FieldInfo

from supplysim.scenario.schema import contracts, entities, events
from supplysim.scenario.schema.contracts import Contract
from supplysim.scenario.schema.entities import Corridor, Entity, Project, Stockpile
from supplysim.scenario.schema.events import Event
from supplysim.scenario.schema.fields import Count, Names, Part, Quantity, Switch
from supplysim.scenario.schema.head import Head, Horizon
from supplysim.scenario.schema.minerals import Stage
from supplysim.scenario.schema.model import Model
from supplysim.scenario.units import DIMENSIONS, Dimension

__all__ = [
    "FAMILIES", "NOT_COMPOSED", "SINGLES", "Contract", "Corridor", "Entity", "Event", "Family", "Field", "Head",
    "Horizon", "Model", "Part", "Project", "Stage", "Stockpile", "all_fields", "field_at", "fields_of", "inner",
    "unit_of",
]  # fmt: skip


def _kinds(*models: type[Entity]) -> dict[str, type[Entity]]:
    return {get_args(model.model_fields["kind"].annotation)[0]: model for model in models}


@dataclass(frozen=True)
class Family:
    """Entities of one section: `ids` names the path segments that identify one, `kinds` the models by `kind`.

    A family without a `kind` field has one model under the key "".
    """

    ids: tuple[str, ...]
    kinds: Mapping[str, type[Part]]

    def model(self, kind: object) -> type[Part] | None:
        """The model for a value of `kind` (None where it is not given)."""
        if self.kinds.keys() == {""}:
            return self.kinds[""]
        return self.kinds.get(kind) if isinstance(kind, str) else None


EVENTS = Family(
    ("id",),
    _kinds(
        events.Outage,
        events.ExportBan,
        events.ImportBan,
        events.ExportQuota,
        events.Tariff,
        events.Freight,
        events.LicensingDelay,
        events.CorridorClosure,
        events.CorridorCapacity,
        events.DemandSurge,
        events.Thrifting,
        events.Substitution,
        events.Recycling,
        events.StockpileRelease,
        events.PriceCap,
        events.Diversification,
        events.Offer,
        events.Purchase,
    ),
)
CONTRACTS = Family(("id",), _kinds(contracts.TakeOrPay, contracts.Option, contracts.Equity, contracts.NoFlow))
FAMILIES: Mapping[str, Family] = {
    "minerals": Family(("mineral", "stage"), {"": Stage}),
    "stockpiles": Family(("region", "mineral"), {"": Stockpile}),
    "corridors": Family(("id",), {"": entities.Corridor}),
    "contracts": CONTRACTS,
    "projects": Family(("id",), {"": Project}),
    "events": EVENTS,
}
SINGLES: Mapping[str, type[Part]] = {"horizon": Horizon, "model": Model}
NOT_COMPOSED = ("extends", "set", "remove")


@dataclass(frozen=True)
class Field:
    """One field: what it holds, its bounds and its documentation."""

    name: str
    info: FieldInfo

    @property
    def doc(self) -> str:
        return self.info.description or ""

    @property
    def dimension(self) -> Dimension | None:
        """The dimension of a quantity; None for text, names, switches and whole numbers."""
        quantity = next((item for item in self._marks if isinstance(item, Quantity)), None)
        return DIMENSIONS[quantity.dimension] if quantity else None

    @property
    def never(self) -> bool:
        """Whether a date may be the word `never`."""
        return any(isinstance(item, Quantity) and item.never for item in self._marks)

    @property
    def whole(self) -> bool:
        return any(isinstance(item, Count) for item in self._marks)

    @property
    def _marks(self) -> list[Any]:
        return [*self.info.metadata]

    @property
    def bounds(self) -> dict[str, float]:
        """The bounds among ge, gt, le, lt."""
        found = {}
        for mark in self._marks:
            for side in ("ge", "gt", "le", "lt"):
                if getattr(mark, side, None) is not None:
                    found[side] = float(getattr(mark, side))
        return found

    @property
    def choices(self) -> tuple[str, ...]:
        if any(isinstance(item, Switch) for item in self._marks):
            return ("on", "off")
        return tuple(str(choice) for choice in get_args(self.info.annotation) if isinstance(choice, str))

    @property
    def holds(self) -> str:
        """What the field takes, in a word or two."""
        if self.dimension:
            return f"{self.dimension.examples} | never" if self.never else self.dimension.examples
        if self.choices:
            return " | ".join(self.choices)
        if self.names:
            return f"{self.names.of}s" if self.names.many else self.names.of
        return "whole number" if self.whole else "text"

    @property
    def names(self) -> Names | None:
        """Whether it takes regions, products, minerals or contracts, one or many; None for anything else."""
        return next((item for item in self._marks if isinstance(item, Names)), None)

    @property
    def required(self) -> bool:
        return self.info.is_required()

    @property
    def default(self) -> object:
        return None if self.required else self.info.default


def inner(annotation: Any) -> tuple[str, type[Part]] | None:
    """("map" | "list" | "part", model) where an annotation holds another part; None for a leaf."""
    if isinstance(annotation, type) and issubclass(annotation, Part):
        return "part", annotation
    origin, args = get_origin(annotation), get_args(annotation)
    if origin in (Union, UnionType):
        return next((found for arg in args if (found := inner(arg))), None)
    if origin is dict:
        return "map", args[1]
    if origin is tuple and isinstance(args[0], type) and issubclass(args[0], Part):
        return "list", args[0]
    return None


@cache
def extras(model: type[Part]) -> type[Part] | None:
    """The model of the values under keys that are regions, if the model has such keys."""
    if model.model_config.get("extra") != "allow":
        return None
    hint = get_type_hints(model)["__pydantic_extra__"]
    found: type[Part] = get_args(hint)[1]
    return found


@cache
def fields_of(model: type[Part]) -> Mapping[str, Field]:
    """The fields of a part by the name used in the language."""
    return {info.alias or name: Field(info.alias or name, info) for name, info in model.model_fields.items()}


@lru_cache(maxsize=2**15)
def field_at(model: type[Part], path: tuple[str, ...]) -> Field | None:
    """The field at a path within a part; None where the path leads nowhere or stops short of a leaf."""
    if not path:
        return None
    field = fields_of(model).get(path[0])
    if field is None:
        below = extras(model)
        return field_at(below, path[1:]) if below else None
    found = inner(field.info.annotation)
    if found is None:
        return field if len(path) == 1 else None
    shape, part = found
    return field_at(part, path[1:] if shape == "part" else path[2:])


def unit_of(path: str) -> str:
    """The base unit of a path of the language, "" where it has none."""
    family, *rest = path.split(".")
    if family in SINGLES:
        models: list[type[Part]] = [SINGLES[family]]
    elif family in FAMILIES:
        models, rest = list(FAMILIES[family].kinds.values()), rest[len(FAMILIES[family].ids) :]
    else:
        return ""
    fields = [field for model in models if (field := field_at(model, tuple(rest))) is not None and field.dimension]
    return fields[0].dimension.base if fields and fields[0].dimension else ""


def all_fields(model: type[Part], prefix: str = "") -> Iterator[tuple[str, Field]]:
    """Every leaf field of a part with its path; keys chosen by the user are shown as `<...>`."""
    for name, field in fields_of(model).items():
        found = inner(field.info.annotation)
        if found is None:
            yield f"{prefix}{name}", field
        else:
            shape, part = found
            middle = {"part": "", "map": f"<{name[:-1]}>.", "list": "<n>."}[shape]
            yield from all_fields(part, f"{prefix}{name}.{middle}")
    below = extras(model)
    if below:
        placeholder = "<TO>" if below.__name__ == "Link" else "<FROM>" if below.__name__ == "LinksFrom" else "<REG>"
        yield from all_fields(below, f"{prefix}{placeholder}.")
