"""A fingerprint of the tables that a world is read from."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path

from supplysim.world.catalog import SHIPPED, State, state_of


def digest(folder: Path | None = None) -> str:
    """SHA-256 over names and bytes of the shipped tables and those of `folder` laid over them.

    Raises `InputError` where `folder` is no world.
    """
    return _digest((SHIPPED,) if folder is None else (SHIPPED, folder), state_of(folder))


@lru_cache(maxsize=8)
def _digest(folders: tuple[Path, ...], _state: State) -> str:
    total = hashlib.sha256()
    for folder in folders:
        for path in sorted(folder.rglob("*.csv")):
            total.update(path.relative_to(folder).as_posix().encode())
            total.update(path.read_bytes())
    return total.hexdigest()
