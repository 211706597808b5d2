"""The names a scenario may use and the world's own values: the catalog of the base year, seen from the language."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from supplysim.scenario.distributions import Distribution


@dataclass(frozen=True)
class Default:
    """A value the world has for a path, in base units; `prior` is what is drawn unless a scenario fixes it."""

    value: float
    origin: str
    prior: Distribution | None = None


@dataclass(frozen=True)
class Held:
    """A strategic stockpile the world has: months of use of a product."""

    region: str
    product: str
    months: float
    origin: str


@dataclass(frozen=True, eq=False)
class Vocabulary:
    """`regions` maps ids to names; `products` are ids, upstream to downstream within a mineral."""

    regions: Mapping[str, str]
    products: tuple[str, ...]
    defaults: Mapping[str, Default]
    lead_time: Callable[[str, str, str], float | None]
    stockpiles: tuple[Held, ...] = ()
    corridors: tuple[str, ...] = ()
    linked: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """For each mineral those that a recipe or a joint mine ties to it."""
    buyers: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """For each mineral the regions that use or process any of it."""

    def default(self, path: str) -> Default | None:
        """The world's value at a path; lead times, being very many, are looked up one by one."""
        parts = path.split(".")
        if parts[0] == "minerals" and parts[-1] == "lead_time" and len(parts) == 7:
            months = self.lead_time(f"{parts[1]}.{parts[2]}", parts[4], parts[5])
            return None if months is None else Default(months, "world lead_times.csv")
        return self.defaults.get(path)

    @cached_property
    def minerals(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(product.partition(".")[0] for product in self.products))

    def together(self, scope: Iterable[str]) -> tuple[str, ...]:
        """The minerals in a scope and those without which they cannot be simulated."""
        return tuple(dict.fromkeys(each for mineral in scope for each in (mineral, *self.linked.get(mineral, ()))))

    def stages(self, mineral: str) -> tuple[str, ...]:
        return tuple(p.partition(".")[2] for p in self.products if p.partition(".")[0] == mineral)

    def final(self, mineral: str) -> str:
        """The mineral's product closest to use."""
        return f"{mineral}.{self.stages(mineral)[-1]}"

    @cached_property
    def tree(self) -> Mapping[str, object]:
        """The paths of `defaults` as nested maps."""
        root: dict[str, object] = {}
        for path in self.defaults:
            *parents, last = path.split(".")
            node = root
            for segment in parents:
                child = node.setdefault(segment, {})
                assert isinstance(child, dict)  # noqa: S101 -- no path of the world is another's beginning
                node = child
            node[last] = {}
        return root
