"""The scenarios that the page may open: shipped ones and those beside the server, by name and never by any path."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from threading import Lock

from supplysim.errors import InputError
from supplysim.scenario.listing import Listed, listed
from supplysim.scenario.names import suggestion

State = dict[str, tuple[int, int]]
"""The time and size of each local file."""


class Library:
    """Scenarios in `folder` and the shipped ones; read again when a file there has changed or a name is new."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._rows: tuple[Listed, ...] = ()
        self._seen: State | None = None
        self._lock = Lock()

    def rows(self) -> tuple[Listed, ...]:
        """All scenarios as they are now."""
        with self._lock:
            now = self._state()
            if now != self._seen:
                self._rows, self._seen = listed(self.folder), now
            return self._rows

    def _state(self) -> State:
        """What tells that a file has come, gone or changed."""
        found = {}
        for path in (*self.folder.glob("*.yaml"), *self.folder.glob("scenarios/*.yaml")):
            with suppress(OSError):
                stat = path.stat()
                found[str(path)] = (stat.st_mtime_ns, stat.st_size)
        return found

    def source(self, name: str) -> str:
        """What `load` is to be given for a name in the list. Raises `InputError` for any other name."""
        if not any(row.name == name for row in self._rows):
            known = [row.name for row in self.rows()]
            if name not in known:
                raise InputError(f"there is no scenario '{name[:80]}' here{suggestion(name, known)}")
        return name
