"""Rows into tables: the columns of each table of a mineral, numbers as people write them, files whole or not at all."""

from __future__ import annotations

import csv
import io
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from supplysim.world import minerals

COLUMNS: Mapping[str, tuple[str, ...]] = {
    "products": minerals.PRODUCTS,
    "production": minerals.PRODUCTION,
    "use": minerals.USE,
    "trade": minerals.TRADE,
    "elasticities": minerals.ELASTICITIES,
    "stocks": minerals.STOCKS,
    "growth": minerals.GROWTH,
    "ranges": minerals.RANGES,
    "adjustments": minerals.ADJUSTMENTS,
    "recipes": minerals.RECIPES,
    "hosts": minerals.HOSTS,
    "qualification": minerals.QUALIFIED,
}
"""The columns of each table of a mineral."""
LAST = {"products": minerals.GRADE, "use": minerals.USER}
"""Columns that stand behind those where a row has more cells."""
OPTIONAL = ("recipes", "hosts", "qualification")
"""Tables that only some minerals have."""
Rows = Sequence[Sequence[object]]


def table(columns: Sequence[str], rows: Iterable[Sequence[object]], comment: str = "") -> str:
    """The text of one table, with a comment above its header."""
    out = io.StringIO()
    out.writelines(f"# {line}".rstrip() + "\n" for line in comment.splitlines())
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([number(cell) for cell in row] for row in rows)
    return out.getvalue()


def number(cell: object) -> object:
    """A number with four figures, or whole from 1,000 on; all else as it is."""
    if not isinstance(cell, float):
        return cell
    return f"{cell:.0f}" if abs(cell) >= 1000 else f"{cell:.4g}"


def texts(rows: Mapping[str, Rows], comments: Mapping[str, str] | None = None) -> dict[str, str]:
    """The text of every table of a mineral, those without rows included unless only some minerals have them."""
    found = {}
    for name, columns in COLUMNS.items():
        of_table = rows.get(name, ())
        if not of_table and name in OPTIONAL:
            continue
        longest = max(map(len, of_table), default=0)
        last = LAST.get(name, ()) if longest > len(columns) else ()
        of_table = [[*row, *[""] * (longest - len(row))] for row in of_table]
        found[name] = table((*columns, *last), of_table, (comments or {}).get(name, ""))
    return found


def write(folder: Path, files: Mapping[str, str]) -> None:
    """Write a new folder of tables at once, by table name; raises FileExistsError if there is one of that name."""
    if folder.parent.is_file():
        raise FileExistsError(f"{folder.parent} is a file, not a folder")
    folder.parent.mkdir(parents=True, exist_ok=True)
    if folder.exists():
        raise FileExistsError(f"{folder} exists already")
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=f".{folder.name}-") as place:
        made = Path(place) / folder.name
        made.mkdir()
        for name, text in files.items():
            (made / f"{name}.csv").write_text(text, encoding="utf-8")
        made.replace(folder)


def replace_table(path: Path, text: str) -> None:
    """Write one table, or leave the old one as it was."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=f".{path.stem}-") as place:
        made = Path(place) / path.name
        made.write_text(text, encoding="utf-8")
        made.replace(path)
