"""Distributions as they are written, and which of several holds for a path."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from supplysim.scenario.distributions import (
    Constant,
    Discrete,
    Distribution,
    Lognormal,
    Normal,
    Pert,
    Triangular,
    Uniform,
    lognormal_between,
    normal_between,
    uniform_between,
)
from supplysim.scenario.names import suggestion
from supplysim.scenario.nodes import Branch, Entry, Node, Scalar, Sequence
from supplysim.scenario.places import Place, Report
from supplysim.scenario.schema import Field
from supplysim.scenario.units import DIMENSIONS, Dimension, UnitError, read_quantity, write_quantity

Written: TypeAlias = str | int | float | list[str | int | float]
QUANTILES = ("p10", "p90")
FORMS: Mapping[str, tuple[tuple[str, ...], ...]] = {
    "constant": (("value",),),
    "uniform": (("low", "high"), QUANTILES),
    "triangular": (("low", "mode", "high"),),
    "pert": (("low", "mode", "high"),),
    "normal": (("mean", "sd"), QUANTILES),
    "lognormal": (("median", "sigma"), QUANTILES),
    "discrete": (("values", "weights"), ("values",)),
}
CUTS = ("low", "high")
_RISING = (("low", "high"), ("p10", "p90"))


@dataclass(frozen=True)
class _Reading:
    """One distribution being read: where its faults go and what its parameters measure."""

    branch: Branch
    field: Field
    mineral: str
    report: Report
    path: str

    def fault(self, message: str, key: str = "") -> None:
        entry = self.branch.entries.get(key)
        place = entry.node.place if entry else self.branch.place
        self.report.add(message, place, f"{self.path}.{key}" if key else self.path)

    def dimension(self, parameter: str) -> Dimension:
        own = self.field.dimension
        assert own is not None  # noqa: S101 -- only numbers are drawn
        if parameter in ("sigma", "weights"):
            return DIMENSIONS["number"]
        return DIMENSIONS["duration"] if parameter == "sd" and own.name == "date" else own

    def number(self, key: str, node: Node) -> float | None:
        try:
            value = node.value if isinstance(node, Scalar) else list(getattr(node, "items", ()))
            return read_quantity(value, self.dimension(key), self.mineral)
        except UnitError as error:
            self.report.add(str(error), node.place, f"{self.path}.{key}")
            return None

    def numbers(self, key: str) -> tuple[float, ...] | None:
        node = self.branch.entries[key].node
        if not isinstance(node, Sequence) or not node.items:
            self.fault("must be a list of values", key)
            return None
        found = [self.number(key, item) for item in node.items]
        return None if None in found else tuple(value for value in found if value is not None)


def read_distribution(branch: Branch, field: Field, mineral: str, report: Report, path: str) -> Distribution | None:
    """The distribution written in `branch`, or None with every fault in the report."""
    reading = _Reading(branch, field, mineral, report, path)
    if field.dimension is None:
        reading.fault(f"cannot be drawn: it holds {field.holds}, not a quantity")
        return None
    kind = branch.entries["dist"].node
    name = kind.text if isinstance(kind, Scalar) else ""
    if name not in FORMS:
        reading.fault(f"no such distribution '{name[:40]}'{suggestion(name, FORMS)}", "dist")
        return None
    form = _form(reading, name)
    if form is None:
        return None
    values = _parameters(reading, form)
    if values is None or not _sound(reading, name, values):
        return None
    distribution = _made(name, values)
    return distribution if _within(reading, distribution) else None


def _form(reading: _Reading, name: str) -> tuple[str, ...] | None:
    """The parameters that are given, if they are those of one form of the distribution."""
    given = [key for key in reading.branch.entries if key != "dist"]
    cuts = CUTS if name in ("normal", "lognormal") else ()
    known = {key for form in FORMS[name] for key in form} | set(cuts)
    unknown = [key for key in given if key not in known]
    for key in unknown:
        place = reading.branch.entries[key].place
        reading.report.add(f"{name} has no '{key[:40]}'{suggestion(key, sorted(known))}", place, reading.path)
    main = {key for key in given if key not in cuts}
    form = next((form for form in FORMS[name] if main == set(form)), None)
    if form is None and not unknown:
        reading.fault(f"{name} needs {' or '.join(' and '.join(form) for form in FORMS[name])}")
    return None if form is None else (*form, *(key for key in cuts if key in given))


def _parameters(reading: _Reading, form: tuple[str, ...]) -> dict[str, float | tuple[float, ...]] | None:
    found: dict[str, float | tuple[float, ...] | None] = {
        key: reading.numbers(key)
        if key in ("values", "weights")
        else reading.number(key, reading.branch.entries[key].node)
        for key in form
    }
    return {key: value for key, value in found.items() if value is not None} if None not in found.values() else None


def _sound(reading: _Reading, name: str, values: Mapping[str, float | tuple[float, ...]]) -> bool:
    """Whether the parameters describe a distribution; every fault is reported."""
    before = len(reading.report)
    numbers = {key: value for key, value in values.items() if isinstance(value, float)}
    for lower, upper in _RISING:
        if lower in numbers and upper in numbers and numbers[upper] <= numbers[lower]:
            reading.fault(
                f"{_shown(reading, upper)} must exceed {lower} ({_shown(reading, lower)}{_line(reading, lower)})", upper
            )
    if "mode" in numbers and not numbers["low"] <= numbers["mode"] <= numbers["high"]:
        reading.fault("must lie between low and high", "mode")
    for key in ("sd", "sigma"):
        if key in numbers and numbers[key] <= 0:
            reading.fault("must be greater than 0", key)
    if name == "lognormal":
        if reading.dimension("median").name == "date":
            reading.fault("a date cannot be lognormal; use uniform, triangular, pert, normal or discrete", "dist")
        for key in ("median", "p10", "p90", "high"):
            if numbers.get(key, 1.0) <= 0:
                reading.fault("must be greater than 0 in a lognormal", key)
    if name == "discrete":
        _sound_weights(reading, values)
    return len(reading.report) == before


def _sound_weights(reading: _Reading, values: Mapping[str, float | tuple[float, ...]]) -> None:
    options, weights = values["values"], values.get("weights", ())
    assert isinstance(options, tuple) and isinstance(weights, tuple)  # noqa: S101, PT018 -- read by `numbers`
    if weights and len(weights) != len(options):
        reading.fault(f"{len(weights)} weights for {len(options)} values", "weights")
    elif weights and (min(weights) < 0 or sum(weights) <= 0):
        reading.fault("must be 0 or more, and not all 0", "weights")


def _shown(reading: _Reading, key: str) -> str:
    node = reading.branch.entries[key].node
    return node.text if isinstance(node, Scalar) else key


def _line(reading: _Reading, key: str) -> str:
    place = reading.branch.entries[key].node.place
    return f", line {place.line}" if place.document.kind == "file" else ""


def _made(name: str, values: Mapping[str, float | tuple[float, ...]]) -> Distribution:
    numbers = {key: value for key, value in values.items() if isinstance(value, float)}
    p10, p90 = numbers.pop("p10", 0.0), numbers.pop("p90", 0.0)
    between = p90 > p10
    match name:
        case "constant":
            return Constant(**numbers)
        case "uniform":
            return Uniform(*uniform_between(p10, p90)) if between else Uniform(**numbers)
        case "triangular":
            return Triangular(**numbers)
        case "pert":
            return Pert(**numbers)
        case "normal":
            return Normal(*normal_between(p10, p90), **numbers) if between else Normal(**numbers)
        case "lognormal":
            return Lognormal(*lognormal_between(p10, p90), **numbers) if between else Lognormal(**numbers)
    options = values["values"]
    assert isinstance(options, tuple)  # noqa: S101 -- read by `numbers`
    weights = values.get("weights", (1.0,) * len(options))
    assert isinstance(weights, tuple)  # noqa: S101
    return Discrete(options, weights)


def _within(reading: _Reading, distribution: Distribution) -> bool:
    """Whether everything that can be drawn lies within the field's bounds."""
    low, high = distribution.support
    bounds, dimension = reading.field.bounds, reading.field.dimension
    assert dimension is not None  # noqa: S101
    least, most = bounds.get("ge", bounds.get("gt")), bounds.get("le", bounds.get("lt"))
    cut = isinstance(distribution, Normal | Lognormal)
    faults = []
    if least is not None and (
        low < least or (low == least and "gt" in bounds and not isinstance(distribution, Lognormal))
    ):
        faults.append(
            f"draws must be {'more than' if 'gt' in bounds else 'at least'} {write_quantity(least, dimension)}"
        )
    if (
        most is not None
        and high > most
        and not (isinstance(distribution, Lognormal) and high == float("inf") and _rare(distribution, most))
    ):
        faults.append(f"draws must be at most {write_quantity(most, dimension)}")
    for fault in faults:
        side = "low" if "at most" not in fault else "high"
        reading.fault(fault + (f"; cut the distribution with {side}:" if cut else ""))
    return not faults


def _rare(distribution: Lognormal, most: float) -> bool:
    """Whether the bound, which is there against slips of the pen, leaves out no more than the last of 700 draws."""
    return distribution.median < most and most / distribution.median > math.exp(3 * distribution.sigma)


def distribution_node(distribution: Distribution, dimension: Dimension, place: Place) -> Branch:
    """A distribution as the language writes it; reading it gives the same distribution again."""
    entries = {"dist": Entry(place, Scalar(distribution.name, distribution.name, place))}
    for key, value in written(distribution, dimension).items():
        if key != "dist":
            node: Node
            if isinstance(value, list):
                node = Sequence(tuple(Scalar(item, str(item), place) for item in value), place)
            else:
                node = Scalar(value, str(value), place)
            entries[key] = Entry(place, node)
    return Branch(place, entries)


def written(distribution: Distribution, dimension: Dimension) -> dict[str, Written]:
    """A distribution as the map that the language writes."""
    result: dict[str, Written] = {"dist": distribution.name}
    for key, value in distribution.parameters().items():
        own = DIMENSIONS["number"] if key in ("sigma", "weights") else dimension
        if key == "sd" and dimension.name == "date":
            own = DIMENSIONS["duration"]
        if isinstance(value, tuple):
            result[key] = [write_quantity(item, own) for item in value]
        else:
            result[key] = write_quantity(value, own)
    return result
