"""The scenarios that the page may open: shipped ones and those beside the server, by name and never by any path."""

from __future__ import annotations

from pathlib import Path
from threading import Lock

from supplysim.errors import InputError
from supplysim.scenario.listing import Listed, listed
from supplysim.scenario.names import suggestion


class Library:
    """Scenarios in `folder` and the shipped ones; looked up again when a name is new."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._rows: tuple[Listed, ...] = ()
        self._lock = Lock()

    def rows(self) -> tuple[Listed, ...]:
        """All scenarios, read again."""
        with self._lock:
            self._rows = listed(self.folder)
            return self._rows

    def source(self, name: str) -> str:
        """What `load` is to be given for a name in the list. Raises `InputError` for any other name."""
        if not any(row.name == name for row in self._rows):
            known = [row.name for row in self.rows()]
            if name not in known:
                raise InputError(f"there is no scenario '{name[:80]}' here{suggestion(name, known)}")
        return name
