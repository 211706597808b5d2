"""Reading raw tables: what the table makers share; hubs, re-exports and writing are `supplysim.world.kit`'s."""

from __future__ import annotations

import csv
import gzip
from collections.abc import Collection, Hashable, Iterable, Sequence
from pathlib import Path
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from supplysim.world.kit.write import replace_table, texts

TABLES = Path(__file__).resolve().parents[1] / "src/supplysim/world/tables"
YEAR = "2024"
BACI = "CEPII BACI V202601"
LATER = ("SAU", "MDG", "MOZ", "TZA", "LAO", "PHL", "NCL")
"""Regions that came with later minerals; in the others these countries stay part of ROW."""
SMALLEST = 1.0  # t a year; flows below are left out

Row = dict[str, str]
Flows = dict[tuple[str, str], float]
Array = npt.NDArray[np.float64]
Key = TypeVar("Key", bound=Hashable)


def baci(raw: Path, code: str) -> list[Row]:
    name, key = ("baci_refined", "hs6") if code == "850511" else ("baci_hs92", "hs92")
    rows = read(raw / f"trade/{name}_bilateral_2005_2024.csv.gz")
    return [row for row in rows if row[key] == code and row["year"] == YEAR]


def region_of(rows: list[Row], apart: Collection[str] = ()) -> dict[str, str]:
    """ISO3 code -> region; codes of no region belong to ROW, and so do those of `LATER` that are not told `apart`."""
    own = [row for row in rows if row["id"] not in LATER or row["id"] in apart]
    return {iso: row["id"] for row in own for iso in row["members"].split()}


def totals(pairs: Iterable[tuple[Key, float]]) -> dict[Key, float]:
    """Sums by key, in the order of first appearance."""
    sums: dict[Key, float] = {}
    for key, value in pairs:
        sums[key] = sums.get(key, 0.0) + value
    return sums


def read(path: Path) -> list[Row]:
    data = path.read_bytes()
    text = (gzip.decompress(data) if path.suffix == ".gz" else data).decode("utf-8-sig")
    return list(csv.DictReader(text.splitlines()))


def write(mineral: str, name: str, rows: Iterable[Sequence[object]]) -> None:
    """One table; amounts in whole tonnes. Rows of use.csv that are longer than its columns name a user."""
    whole = [[f"{cell:.0f}" if isinstance(cell, float) else cell for cell in row] for row in rows]
    replace_table(TABLES / mineral / f"{name}.csv", texts({name: whole})[name])


def fit(guess: Array, rows: Array, columns: Array) -> Array:
    """Iterative proportional fitting of a matrix to its row and column sums."""
    done = guess.copy()
    for _ in range(2000):
        done *= (rows / np.maximum(done.sum(axis=1), 1e-12))[:, None]
        done *= columns / np.maximum(done.sum(axis=0), 1e-12)
    return done
