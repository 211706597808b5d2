"""Worlds by name: a folder beside the file that names it, or one that an installed package offers."""

from __future__ import annotations

import os
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

from supplysim.errors import InputError

GROUP = "supplysim.worlds"


def world_folder(name: str, beside: Path | None = None) -> Path:
    """The folder that `world: NAME` means: one beside the file, else the world of that name of an installed package.

    A package offers one as an entry point of the group `supplysim.worlds`: a path, a function that returns a path, or
    a package whose folder holds the tables. A folder that is there always comes first.

    Raises `InputError` where what a package offers is none of these.
    """
    folder = (beside or Path()) / name
    if folder.exists() or os.sep in name or "/" in name:
        return folder
    point = next(iter(entry_points(group=GROUP, name=name)), None)
    if point is None:
        return folder
    try:
        offered = point.load()
        return _path_of(offered() if callable(offered) else offered)
    except Exception as error:
        raise InputError(f"the world {name} of the package behind {point.value} cannot be had: {error}") from error


def named_worlds() -> tuple[str, ...]:
    """Names of the worlds that installed packages offer."""
    return tuple(sorted(entry_points(group=GROUP).names))


def _path_of(offered: Any) -> Path:
    return Path(offered) if isinstance(offered, str | os.PathLike) else Path(offered.__path__[0])
