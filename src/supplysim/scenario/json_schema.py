"""The JSON Schema of the language, for editors that complete and check while one types.

It is looser than `check`, which alone knows parents, units and the horizon: no field is required, since a file may
change one field of what its parent defines.
"""

from __future__ import annotations

from typing import Any

from supplysim.scenario.choose import LOSSES, MEASURES
from supplysim.scenario.drawn import CUTS, FORMS
from supplysim.scenario.schema import FAMILIES, SINGLES, Family, Field, Head, Part, extras, fields_of, inner
from supplysim.scenario.vocabulary import Vocabulary

JSON = dict[str, Any]
_DOTTED: JSON = {r"\.": {}}
"""Dotted keys stand for nested maps at every level; what is behind them is left to `check`."""


def json_schema(vocabulary: Vocabulary) -> JSON:
    """The schema as a JSON document, with the names of `vocabulary` to complete."""
    sections = {name: _leaf(field) for name, field in fields_of(Head).items()}
    sections |= {name: _part(model) for name, model in SINGLES.items()}
    sections |= {name: _family(family, vocabulary) for name, family in FAMILIES.items()}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "supplysim scenario",
        **_map(sections | _own_sections()),
        "$defs": {
            "Region": _names(["*", "others", *vocabulary.regions]),
            "Product": _names([*(f"{mineral}.*" for mineral in vocabulary.minerals), *vocabulary.products]),
            "Mineral": _names(list(vocabulary.minerals)),
            "Contract": {"type": "string"},
            "Distribution": _distribution(),
        },
    }


def _own_sections() -> JSON:
    text = {"type": "string"}
    listed = {"type": "array", "items": text, "minItems": 1}
    settings = {"type": "object", "description": "Dotted paths or globs and their new values."}
    case = {"type": "object", "required": ["label", "set"], "properties": {"label": text, "set": settings}}
    cases = {"type": "array", "items": case, "description": "Cells picked by hand."}
    return {
        "extends": {"anyOf": [text, listed], "description": "File or shipped scenario to start from, or several."},
        "set": {**settings, "description": "Changes to what is there: a value, 0.4x scales, +200 t/yr adds."},
        "remove": {**listed, "description": "Paths of entities to leave out."},
        "sources": {"type": ["array", "object"], "description": "Where the scenario's figures are from."},
        "uncertain": {"type": "object", "description": "What nature chooses: paths or globs and distributions."},
        "choose": _choose(),
        "sweep": {"type": "object", "properties": {"cases": cases}, "description": "What we choose: axes of values."},
    }


def _choose() -> JSON:
    """The question of `supplysim optimise`."""
    text = {"type": "string"}
    texts = {"anyOf": [text, {"type": "array", "items": text}]}
    levels = {"type": "array", "minItems": 2}
    option = {
        "type": "object", "required": ["set"], "additionalProperties": False,
        "properties": {
            "title": text, "source": text, "note": text, "cost": {**levels, "items": text},
            "set": {"type": "object", "minProperties": 1, "description": "Paths with lists of levels, nothing first."},
        },
    }  # fmt: skip
    protect = {
        "type": "object", "additionalProperties": False,
        "properties": {"loss": {"enum": list(LOSSES)}, "in": {"enum": list(MEASURES)}},
    }  # fmt: skip
    return {
        "type": "object", "required": ["budget", "options"], "additionalProperties": False,
        "description": "What one could sign, build or store, and how much money there is.",
        "properties": {
            "for": texts, "budget": texts, "discount": text, "protect": protect, "rules": texts,
            "options": {"type": "object", "additionalProperties": option, "minProperties": 1},
        },
    }  # fmt: skip


def _names(known: list[str]) -> JSON:
    return {"anyOf": [{"enum": known}, {"type": "string"}]}


def _map(properties: JSON) -> JSON:
    return {
        "type": "object",
        "properties": properties,
        "patternProperties": _DOTTED,
        "additionalProperties": False,
    }


def _part(model: type[Part]) -> JSON:
    properties = {name: _field(field) for name, field in fields_of(model).items()}
    below = extras(model)
    return {**_map(properties), "additionalProperties": _part(below) if below else False}


def _field(field: Field) -> JSON:
    found = inner(field.info.annotation)
    if found is None:
        return _leaf(field)
    shape, part = found
    schema = _part(part)
    if shape == "map":
        schema = {"type": "object", "additionalProperties": schema}
    elif shape == "list":
        schema = {"type": "array", "items": schema}
    return {"description": field.doc, **schema}


def _leaf(field: Field) -> JSON:
    return {"description": f"{field.doc} [{field.holds}]", **_value(field)}


def _value(field: Field) -> JSON:
    if field.dimension:
        plain: JSON = {"type": ["number", "string"] if field.dimension.bare else "string"}
        if field.dimension.name == "date":
            plain["pattern"] = r"^(\d{4}-(0[1-9]|1[0-2])|never$)" if field.never else r"^\d{4}-(0[1-9]|1[0-2])"
        return {"anyOf": [plain, {"$ref": "#/$defs/Distribution"}]}
    if field.whole:
        return {"type": "integer", "minimum": field.bounds.get("ge"), "maximum": field.bounds.get("le")}
    if field.choices == ("on", "off"):
        return {"enum": ["on", "off", True, False]}
    if field.choices:
        return {"enum": list(field.choices)}
    names = field.names
    if names is None:
        return {"type": "string"}
    one = {"$ref": f"#/$defs/{names.of.title()}"}
    return {"anyOf": [one, {"type": "array", "items": one, "minItems": 1}]} if names.many else one


def _family(family: Family, vocabulary: Vocabulary) -> JSON:
    schema = _entity(family)
    for kind in reversed(family.ids):
        known = {"region": list(vocabulary.regions), "mineral": list(vocabulary.minerals)}.get(kind)
        below = schema
        schema = {"type": "object", "additionalProperties": below}
        if known:  # named so that editors can complete them
            schema["properties"] = dict.fromkeys(known, below) if len(known) < 10 else {}
    return schema


def _entity(family: Family) -> JSON:
    """One entity; which fields it has depends on its `kind` where the family has kinds."""
    if family.kinds.keys() == {""}:
        return _part(family.kinds[""])
    kinds = list(family.kinds)
    rules = [
        {"if": {"properties": {"kind": {"const": kind}}, "required": ["kind"]}, "then": _part(model)}
        for kind, model in family.kinds.items()
    ]
    return {"type": "object", "properties": {"kind": {"enum": kinds}}, "allOf": rules}


def _distribution() -> JSON:
    names = {key for forms in FORMS.values() for form in forms for key in form} | set(CUTS)
    properties: JSON = {name: {} for name in sorted(names)}
    properties["dist"] = {"enum": list(FORMS), "description": "Form of the distribution."}
    return {"type": "object", "required": ["dist"], "properties": properties, "additionalProperties": False}
