"""Reading raw tables and writing the world's: what the table makers share."""

from __future__ import annotations

import csv
import gzip
from collections.abc import Hashable, Iterable, Sequence
from pathlib import Path
from typing import TypeVar

import numpy as np
import numpy.typing as npt

TABLES = Path(__file__).resolve().parents[1] / "src/supplysim/world/tables"
YEAR = "2024"
BACI = "CEPII BACI V202601"
PRODUCTION = ("product", "region", "kind", "output_t", "capacity_t", "confidence", "source", "note")
USE = ("product", "region", "use_t", "confidence", "source", "note")
TRADE = ("product", "from", "to", "flow_t", "confidence", "known", "source", "note")
SMALLEST = 1.0  # t a year; flows below are left out

Row = dict[str, str]
Flows = dict[tuple[str, str], float]
Array = npt.NDArray[np.float64]
Key = TypeVar("Key", bound=Hashable)


def baci(raw: Path, code: str) -> list[Row]:
    name, key = ("baci_refined", "hs6") if code == "850511" else ("baci_hs92", "hs92")
    rows = read(raw / f"trade/{name}_bilateral_2005_2024.csv.gz")
    return [row for row in rows if row[key] == code and row["year"] == YEAR]


def region_of(rows: list[Row]) -> dict[str, str]:
    """ISO3 code -> region; codes of no region belong to ROW."""
    return {iso: row["id"] for row in rows for iso in row["members"].split()}


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


def write(mineral: str, name: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """One table; amounts in whole tonnes."""
    path = TABLES / mineral / f"{name}.csv"
    path.parent.mkdir(exist_ok=True)
    with path.open("w", newline="", encoding="utf-8") as stream:
        table = csv.writer(stream, lineterminator="\n")
        table.writerow(columns)
        for row in rows:
            table.writerow([f"{cell:.0f}" if isinstance(cell, float) else cell for cell in row])


def fit(guess: Array, rows: Array, columns: Array) -> Array:
    """Iterative proportional fitting of a matrix to its row and column sums."""
    done = guess.copy()
    for _ in range(2000):
        done *= (rows / np.maximum(done.sum(axis=1), 1e-12))[:, None]
        done *= columns / np.maximum(done.sum(axis=0), 1e-12)
    return done
