"""Evaluated portfolios on disk: written as they come, each line with its checksum, read again where work goes on."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from supplysim.decisions.master import Levels
from supplysim.engine.market import Array
from supplysim.errors import InputError

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Evaluation:
    """What a portfolio does: `loss` in USD and `tonnes` short of all consumers by draw, and the mean simulated `costs`
    by name of a stock or contract, USD, net present."""

    loss: Array
    tonnes: Array
    costs: dict[str, float]


Name = tuple[int, Levels]
"""The first draw, and the portfolio."""


class Ledger:
    """A file of evaluations. A line that is torn, or whose checksum is wrong, counts as not there."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.known: dict[Name, Evaluation] = {}
        self.damaged = 0
        if path.is_file():
            for line in path.read_bytes().split(b"\n"):
                if line:
                    self._read(line)

    def _read(self, line: bytes) -> None:
        try:
            mark, _, text = line.partition(b" ")
            if hashlib.sha256(text).hexdigest().encode() != mark:
                raise ValueError
            row = json.loads(text)
        except ValueError:
            self.damaged += 1
            return
        name = (int(row["first"]), tuple(int(level) for level in row["levels"]))
        self.known[name] = Evaluation(np.array(row["loss"]), np.array(row["tonnes"]), row["costs"])

    def add(self, name: Name, found: Evaluation) -> None:
        """Write one more, at once. Raises `InputError` where it cannot be written."""
        row = {"first": name[0], "levels": list(name[1]), "loss": found.loss.tolist(),
               "tonnes": found.tonnes.tolist(), "costs": found.costs}  # fmt: skip
        text = json.dumps(row, sort_keys=True).encode()
        try:
            self._write(hashlib.sha256(text).hexdigest().encode() + b" " + text + b"\n")
        except OSError as error:
            raise InputError(f"cannot write {self.path}: {error.strerror or error}") from None
        self.known[name] = found

    def _write(self, line: bytes) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.path.open("ab") as handle:
            if handle.tell() and not self.path.read_bytes().endswith(b"\n"):
                handle.write(b"\n")  # after a line that was torn
            handle.write(line)
            handle.flush()
            os.fsync(handle.fileno())

    def frame(self, options: tuple[str, ...]) -> pd.DataFrame:
        """evaluations.parquet: a row a portfolio and draw."""
        import pandas as pd

        parts = []
        for (first, levels), found in sorted(self.known.items()):
            columns = {f"level|{option}": level for option, level in zip(options, levels, strict=True)}
            draws = first + np.arange(len(found.loss))
            parts.append(pd.DataFrame({**columns, "draw": draws, "loss_usd": found.loss, "short_t": found.tonnes}))
        return pd.concat(parts, ignore_index=True)
