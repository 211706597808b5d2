"""A scenario, read and checked: everything that the rooms below need, in base units."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from html import escape
from pathlib import Path as FilePath

from supplysim.errors import Fault
from supplysim.scenario.axes import Sweep
from supplysim.scenario.choose import Choose
from supplysim.scenario.distributions import Distribution
from supplysim.scenario.nodes import Branch
from supplysim.scenario.places import Origin
from supplysim.scenario.schema import Contract, Corridor, Entity, Model, Project, Stockpile
from supplysim.scenario.units import DIMENSIONS, write_quantity
from supplysim.scenario.vocabulary import Vocabulary

Value = float | str | bool


@dataclass(frozen=True, repr=False)
class Scenario:
    """One scenario (or one cell of its sweep), resolved and checked.

    `values` has every single value by dotted path in base units: tonnes, months, USD, fractions, dates as months since
    0000-01. `uncertain` says which of them are drawn; `origins` where each comes from. `start` is such a month.
    `scope` names the minerals that are simulated, all of them if it is empty. `report_from` is the first month that
    metrics count, in the same months as `start`; None for the first of all. `notices` are values that do nothing.
    `departs` is the file that the title was written in, and the values that were laid over it later.
    """

    name: str
    title: str
    question: str
    path: FilePath | None
    world: FilePath | None
    start: int
    months: int
    values: Mapping[str, Value]
    origins: Mapping[str, Origin]
    events: Mapping[str, Entity]
    contracts: Mapping[str, Contract]
    projects: Mapping[str, Project]
    stockpiles: Mapping[str, Stockpile]
    corridors: Mapping[str, Corridor]
    model: Model
    uncertain: Mapping[str, Distribution]
    uncertain_origins: Mapping[str, Origin]
    sweep: Sweep
    choose: Choose | None
    draws: int
    sampler: str
    seed: int
    rivals: tuple[str, ...]
    consumers: tuple[str, ...]
    sources: Mapping[str, str]
    scope: tuple[str, ...] = ()
    parents: tuple[str, ...] = ()
    report_from: int | None = None
    notices: tuple[Fault, ...] = field(default=(), compare=False)
    departs: tuple[str, tuple[str, ...]] = field(default=("", ()), compare=False)
    tree: Branch | None = field(default=None, repr=False, compare=False)
    vocabulary: Vocabulary | None = field(default=None, repr=False, compare=False)

    @property
    def counted_from(self) -> int:
        """The month of the run, from 0, that metrics count from."""
        return 0 if self.report_from is None else self.report_from - self.start

    @property
    def counted(self) -> int:
        """How many months metrics count."""
        return self.months - self.counted_from

    @property
    def happening(self) -> dict[str, Entity]:
        """The events that are asked about: those that do not belong to the world as it stands."""
        return {name: event for name, event in self.events.items() if not getattr(event, "standing", False)}

    def __repr__(self) -> str:
        first, last = (write_quantity(float(month), DIMENSIONS["date"]) for month in self._ends)
        what = f"{len(self.uncertain)} uncertain values, {self.draws} draws ({self.sampler}), seed {self.seed}"
        about = f"{first} to {last}, {', '.join(self.scope) or 'all minerals'}; consumers {', '.join(self.consumers)}"
        parts = (f"{len(found)} {name}: {', '.join(list(found)[:4])}{', ...' if len(found) > 4 else ''}"
                 for name, found in self._parts.items() if found)  # fmt: skip
        return "\n".join([f"{self.name}: {self.title}", about, "; ".join(parts) or "nothing happens", what,
                          f"from {self.path}" if self.path else "made in memory"])  # fmt: skip

    def _repr_html_(self) -> str:
        name, about, _, what, place = (escape(line) for line in repr(self).split("\n"))
        told = [
            (kind[:-1], key, getattr(part, "title", "") or "")
            for kind, found in self._parts.items()
            for key, part in found.items()
        ]
        rows = ["<tr>" + "".join(f"<td>{escape(str(cell))}</td>" for cell in row) + "</tr>" for row in told]
        table = f"<table><tr><th>part</th><th>id</th><th>title</th></tr>{''.join(rows)}</table>" if rows else ""
        link = f'<a href="{escape(str(self.path))}">{place}</a>' if self.path else place
        asked = f"<p>{escape(self.question)}</p>" if self.question else ""
        return f"<h3>{name}</h3>{asked}<p>{about}; {what}</p>{table}<p>{link}</p>"

    @property
    def _ends(self) -> tuple[int, int]:
        """The first and the last month."""
        return self.start, self.start + self.months - 1

    @property
    def _parts(self) -> Mapping[str, Mapping[str, object]]:
        """What happens, is signed and is built, by section."""
        return {"events": self.events, "contracts": self.contracts, "projects": self.projects}
