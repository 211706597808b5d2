"""What differs between two scenarios."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from supplysim.scenario.scenario import Scenario
from supplysim.scenario.write import resolved


@dataclass(frozen=True)
class Difference:
    """A path with its value in each of two scenarios, None where one has none."""

    path: str
    first: object
    second: object


def differences(first: Scenario, second: Scenario) -> tuple[Difference, ...]:
    """Every value, distribution and axis that differs, by path."""
    a, b = (dict(_flat(resolved(scenario, everything=True))) for scenario in (first, second))
    paths = dict.fromkeys((*a, *b))
    return tuple(Difference(path, a.get(path), b.get(path)) for path in paths if a.get(path) != b.get(path))


def _flat(node: dict[str, object], prefix: str = "") -> Iterator[tuple[str, object]]:
    for key, value in node.items():
        if isinstance(value, dict) and "dist" not in value and value:
            yield from _flat(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value
