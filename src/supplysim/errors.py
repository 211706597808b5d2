"""Everything supplysim raises on purpose.

SupplysimError
├── InputError        something the user wrote is wrong; one `Fault` for each mistake (exit code 2)
└── RunError          a run failed although its input was accepted (exit code 1)
    ├── SolverError   a market did not clear; names market, draw and month
    └── AuditError    mass was created or lost; names draw and month
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Fault:
    """One mistake in something the user wrote.

    `place` is `file:line:column` where there is one (or `--set`, or a file name alone), `path` the dotted path of the
    value in the scenario (may be empty), `source` the line of text at fault and `column` (from 1) where its caret goes.
    """

    message: str
    place: str = ""
    path: str = ""
    source: str = ""
    column: int = 0

    def __str__(self) -> str:
        return ": ".join(part for part in (self.place, self.path, self.message) if part)

    def with_caret(self) -> str:
        """The one-line message, then the source line with a caret under the column, where both are known."""
        if not self.source or self.column < 1:
            return str(self)
        return f"{self}\n    {self.source}\n    {' ' * (self.column - 1)}^"


class SupplysimError(Exception):
    """Base of all errors raised on purpose."""


class InputError(SupplysimError):
    """The input is wrong. `faults` holds every mistake found, so that all can be mended at once."""

    def __init__(self, faults: Iterable[Fault] | Fault | str) -> None:
        if isinstance(faults, str):
            faults = Fault(faults)
        self.faults: tuple[Fault, ...] = (faults,) if isinstance(faults, Fault) else tuple(faults)
        super().__init__("\n".join(str(fault) for fault in self.faults))


class RunError(SupplysimError):
    """A run failed although its input was accepted."""


class SolverError(RunError):
    """A market did not clear."""


class AuditError(RunError):
    """Mass was created or lost."""
