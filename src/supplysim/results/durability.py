"""What becomes of supported flows: how much stays 24 months after support ends, and who took the rest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isnan
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from supplysim.results.columns import named, table
from supplysim.results.folder import reading
from supplysim.results.summary import NAMES, Band, Row

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

TAKERS = 3
"""Regions named of those that took over."""
LEAST = 0.01
"""Part of a supported flow below which nobody took anything over."""
LASTING = 0.5
"""Part of a supported flow that has to stay, at the median, for a partnership to count as lasting: an assumption."""
VARIANTS = ("scenario", "baseline", "without_contracts")
COLUMNS = (
    "contract", "product", "to", "variant", "unit", "supported", *(f"stays_{name}" for name in NAMES),
    *(f"added_stays_{name}" for name in NAMES), "rank", "taker", *(f"tonnes_{name}" for name in NAMES),
)  # fmt: skip
TEXTS = ("contract", "product", "to", "variant", "unit", "taker")
"""Those of the columns that are no numbers."""


@dataclass(frozen=True)
class Taker:
    """A region that buys more from the supplier than in the last year of support, t a year."""

    region: str
    tonnes: Band


@dataclass(frozen=True)
class Fate:
    """One supported flow in one variant: `supported` t a year in its last year of support, in the scenario; `stays` is
    the share of it that runs 24 months later, `added` the same of what contracts added to the flow (none where that was
    not run or was next to nothing); `takers`, the largest first, are never the receiver."""

    contract: str
    product: str
    to: str
    variant: str
    supported: Band
    stays: Band
    added: Band
    takers: tuple[Taker, ...]

    @property
    def judged(self) -> Band:
        """What decides: a flow that would run anyway is no merit of support, so what was added counts where known."""
        return self.stays if self.added[1] is None else self.added

    @property
    def lasting(self) -> bool:
        """Whether at least half of it stays, at the median."""
        return (self.judged[1] or 0.0) >= LASTING


def fates(rows: Sequence[Row]) -> list[Fate]:
    """The supported flows of a run, from its headline rows, in every variant that was run."""
    found = []
    taken = [row for row in rows if row.metric == "taken_over_t"]
    supported = {row.contract: row.scenario for row in rows if row.metric == "supported_t"}
    added = {row.contract: row.scenario for row in rows if row.metric == "added_stays"}
    nothing: Band = (None, None, None)
    for row in (row for row in rows if row.metric == "durability"):
        mine = [each for each in taken if each.contract == row.contract and each.region != row.region]
        for variant in VARIANTS:
            stays: Band | None = getattr(row, variant)
            if stays is not None and stays[1] is not None:
                whole = supported[row.contract]
                of_added = added[row.contract] if variant == "scenario" else nothing
                takers = _largest(mine, variant, LEAST * (whole[1] or 0.0))
                found.append(Fate(row.contract, row.product, row.region, variant, whole, stays, of_added, takers))
    return found


def _largest(rows: Sequence[Row], variant: str, least: float) -> tuple[Taker, ...]:
    bands: list[tuple[str, Band]] = [(row.region, getattr(row, variant)) for row in rows]
    gained = sorted((-(band[1] or 0.0), region, band) for region, band in bands if (band[1] or 0.0) > least)
    return tuple(Taker(region, band) for _, region, band in gained[:TAKERS])


def durability_table(rows: Sequence[Row]) -> pa.Table:
    """durability.csv: a row for each supported flow, variant and taker; one with no taker where nobody took over."""
    lines: list[tuple[Any, ...]] = []
    for fate in fates(rows):
        head = (fate.contract, fate.product, fate.to, fate.variant, "t/yr", fate.supported[1], *fate.stays,
                *fate.added)  # fmt: skip
        takers: list[tuple[Any, ...]] = [(k, taker.region, *taker.tonnes) for k, taker in enumerate(fate.takers, 1)]
        lines += [(*head, *each) for each in takers or [(None, "", None, None, None)]]
    found = {name: [line[k] for line in lines] for k, name in enumerate(COLUMNS)}
    return table({
        name: named(cells) if name in TEXTS else np.array([np.nan if cell is None else cell for cell in cells])
        for name, cells in found.items()
    })  # fmt: skip


def read_fates(path: Path) -> list[Fate]:
    """The fates in a durability.csv; none where there is no such file. The supported flow is known by its median."""
    import pandas as pd

    if not path.is_file():
        return []
    with reading(path):
        return _fates(pd.read_csv(path, keep_default_na=False, na_values=[""]))


def _fates(frame: pd.DataFrame) -> list[Fate]:
    found = []
    for (contract, product, to, variant), lines in frame.groupby(["contract", "product", "to", "variant"], sort=False):
        first = lines.iloc[0]
        takers = [Taker(str(line["taker"]), _read(line, "tonnes")) for _, line in lines.iterrows() if line["rank"] > 0]
        supported = float(first["supported"])
        found.append(Fate(str(contract), str(product), str(to), str(variant), (None, supported, None),
                          _read(first, "stays"), _read(first, "added_stays"), tuple(takers)))  # fmt: skip
    return found


def _read(line: Any, name: str) -> Band:
    low, middle, high = (None if isnan(x := float(line[f"{name}_{q}"])) else x for q in NAMES)
    return (low, middle, high)


def durability_document(rows: Sequence[Row], supplier: Mapping[str, str]) -> list[dict[str, Any]]:
    """The same as JSON; `supplier` is the region that each contract buys from."""
    return [
        {
            "contract": fate.contract, "product": fate.product, "from": supplier[fate.contract], "to": fate.to,
            "variant": fate.variant, "unit": "t/yr", "supported": dict(zip(NAMES, fate.supported, strict=True)),
            "stays": dict(zip(NAMES, fate.stays, strict=True)),
            "added_stays": dict(zip(NAMES, fate.added, strict=True)), "lasting": fate.lasting,
            "takers": [{"region": t.region, "tonnes": dict(zip(NAMES, t.tonnes, strict=True))} for t in fate.takers],
        }
        for fate in fates(rows)
    ]  # fmt: skip
