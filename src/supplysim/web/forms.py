"""What may be added to a scenario: every kind of event and contract that the language has, with its fields."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from supplysim.report.names import Names
from supplysim.results.folder import month_name
from supplysim.scenario import Scenario
from supplysim.scenario.schema import FAMILIES, Field, Part, fields_of
from supplysim.world import Catalog

SECTIONS: Mapping[str, str] = {"events": "Event", "contracts": "Contract"}
NO_FLOW = "no_flow"
"""A kind that is listed and never more: adding one would change nothing."""
MORE = ("to", "lasts", "severity", "limit", "cut", "held_back", "new_capacity", "realised", "term")
"""Fields that are offered though they need not be given; sliders and the saved file have the others."""
EVERYBODY: Mapping[str, str] = {"*": "Everybody", "others": "Everybody else"}
"""Words of the language for many regions."""


def forms(scenario: Scenario) -> list[dict[str, Any]]:
    """A form for each kind: its section, its name, what it does, its fields: who and what, then when."""
    start = month_name(min(scenario.start + 12, scenario.start + scenario.months - 1))
    return [
        {"section": section, "kind": kind, "label": f"{word}: {kind.replace('_', ' ')}",
         "does": _plain((model.__doc__ or "").strip().partition("\n")[0]), "fields": list(_fields(model, start))}
        for section, word in SECTIONS.items()
        for kind, model in FAMILIES[section].kinds.items() if kind != NO_FLOW
    ]  # fmt: skip


def _fields(model: type[Part], start: str) -> Iterator[dict[str, Any]]:
    ordered = sorted(fields_of(model).items(), key=lambda item: item[1].names is None)  # who and what before when
    for name, field in ordered:
        if name != "kind" and (field.required or name in MORE):
            yield {
                "name": name,
                "label": name.replace("_", " ").capitalize(),
                "doc": _plain(field.doc),
                "takes": _takes(name, field),
                "many": bool(field.names and field.names.many),
                "required": field.required,
                "hint": "" if field.names else field.holds,
                "value": start if name == "starts" else "",
            }


def _plain(text: str) -> str:
    """A line of documentation without the marks of code."""
    return text.replace("`", "")


def _takes(name: str, field: Field) -> str:
    """From which list its value is: products, regions or corridors; "" where it is typed."""
    return f"{field.names.of}s" if field.names else "corridors" if name == "corridor" else ""


def choices(scenario: Scenario, catalog: Catalog, minerals: tuple[str, ...]) -> dict[str, dict[str, str]]:
    """The lists that fields take their values from: ids and what people call them."""
    names, known = Names(catalog), scenario.vocabulary
    products = {product.id: names.product(product.id) for mineral in minerals for product in catalog.chain(mineral)}
    regions = sorted(catalog.regions, key=names.region)
    return {
        "products": products,
        "regions": {**EVERYBODY, **{region: names.region(region) for region in regions}},
        "corridors": {each: each.replace("_", " ") for each in (known.corridors if known else ())},
    }
