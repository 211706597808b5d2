"""'Did you mean': the nearest name for a misspelt one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from difflib import get_close_matches

MOST_LISTED = 12


def suggestion(name: str, known: Iterable[str], titles: Mapping[str, str] | None = None) -> str:
    """`; did you mean 'KAZ'?`, or the names there are when nothing is near; `titles` maps names to their long form."""
    names = [str(item) for item in known]
    wanted = name[:80]
    for key, title in (titles or {}).items():
        if wanted.casefold() == title.casefold():
            return f"; did you mean '{key}'?"
    folded = {item.casefold(): item for item in names}
    if wanted.casefold() in folded:
        return f"; did you mean '{folded[wanted.casefold()]}'?"
    near = _same_letters(wanted, names) or get_close_matches(wanted, names, n=1, cutoff=0.6)
    if near:
        return f"; did you mean '{near[0]}'?"
    if not names:
        return "; there is none"
    listed = ", ".join(names[:MOST_LISTED])
    return f"; there are {listed}{', ...' if len(names) > MOST_LISTED else ''}"


def _same_letters(wanted: str, names: list[str]) -> list[str]:
    return [name for name in names if sorted(name.casefold()) == sorted(wanted.casefold())]
