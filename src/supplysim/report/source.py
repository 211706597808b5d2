"""What a run folder holds, read once for the whole page."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from supplysim.engine.market import Array
from supplysim.errors import InputError
from supplysim.report.names import year_from
from supplysim.results.columns import alike, array, by_row, read
from supplysim.results.folder import month_name, read_manifest, reading
from supplysim.results.result import Result
from supplysim.results.summary import NAMES, NOTHING, OUTER, Band, Row
from supplysim.scenario import Scenario
from supplysim.world import Catalog

if TYPE_CHECKING:
    import pyarrow as pa

VARIANTS = ("baseline", "scenario", "without_contracts")
MOST_DEPARTING = 4


@dataclass(frozen=True)
class Run:
    """One run: its manifest, scenario and tables as they lie in the folder, and the world's names.

    Nothing here depends on when or where it was run, so that equal runs make equal pages.
    """

    manifest: Mapping[str, Any]
    scenario: Scenario
    catalog: Catalog
    rows: tuple[Row, ...]
    draws: pa.Table
    monthly: pa.Table
    flows: pa.Table
    contracts: pa.Table
    attribution: Mapping[str, Any] | None = None
    embodied: pa.Table | None = None

    @property
    def name(self) -> str:
        """The scenario's name."""
        return str(self.manifest["scenario"])

    @property
    def title(self) -> str:
        """The scenario's title, or its name where it has none."""
        return str(self.manifest["title"]) or self.name

    @property
    def departs(self) -> str:
        """In words, what the title was not written for; empty where the run is its file's."""
        found = self.manifest.get("departs")
        return departs_text(str(found["from"]), found["values"]) if found else ""

    @property
    def start(self) -> int:
        """The first month, since 0000-01."""
        return self.scenario.start

    @cached_property
    def months(self) -> list[str]:
        """Every month as YYYY-MM."""
        return [month_name(self.start + k) for k in range(self.scenario.months)]

    @cached_property
    def years(self) -> list[str]:
        """Each year of the run by the month it starts in, or by the calendar year where that is the same."""
        return [year_from(first) for first in self.months[::12]]

    def highest(self, values: Array, each: int = 1) -> int:
        """Where `values` `(t,)`, one for so many months `each`, are highest, of the months that metrics count: what is
        before is history that is shown."""
        start = min(-(-self.scenario.counted_from // each), len(values) - 1)
        return start + int(np.argmax(values[start:]))

    @cached_property
    def variants(self) -> tuple[str, ...]:
        """Variants that were run, in the order in which they are shown."""
        without = any(row.without_contracts is not None for row in self.rows)
        return ("baseline", "without_contracts", "scenario") if without else ("baseline", "scenario")

    @cached_property
    def _index(self) -> dict[tuple[str, str, str, str], Row]:
        return {(row.metric, row.product, row.region, row.contract): row for row in self.rows}

    def row(self, metric: str, product: str, region: str, contract: str = "") -> Row | None:
        """One headline row, None where the run has none."""
        return self._index.get((metric, product, region, contract))

    def sampled(self, path: str) -> Array | None:
        """What was drawn for a path, one number a draw; None where it was not drawn."""
        return self._drawn(f"input|{path}")

    def metric(self, variant: str, metric: str, product: str, region: str) -> Array | None:
        """A headline metric by draw."""
        return self._drawn(f"{variant}|{metric}|{product}|{region}")

    def sampled_paths(self) -> list[str]:
        """The paths that were drawn."""
        return [path for kind, _, path in (name.partition("|") for name in self.draws.column_names) if kind == "input"]

    def _drawn(self, column: str) -> Array | None:
        return array(self.draws[column]) if column in self._columns else None

    @cached_property
    def _columns(self) -> frozenset[str]:
        return frozenset(self.draws.column_names)

    @cached_property
    def _blocks(self) -> dict[tuple[str, ...], tuple[tuple[str, ...], list[Array]]]:
        """Months of each variant, product and quantity: regions, and the bands' ends, `(t, region)` each."""
        bands = [array(self.monthly[name]) for name in (*NAMES, *OUTER)]
        texts, places = by_row(self.monthly["region"])
        found: dict[tuple[str, ...], tuple[tuple[str, ...], list[Array]]] = {}
        for names, rows in alike(self.monthly, ("variant", "product", "quantity")).items():
            blocks = [band[rows].reshape(len(self.months), -1) for band in bands]
            regions = places[rows][: blocks[0].shape[1]]
            found[names] = (tuple(texts[k] for k in regions), blocks)
        return found

    def _bands(self, names: tuple[str, ...], region: str) -> Array | None:
        """Ends of the bands of a variant, product and quantity, `(5, t)`."""
        regions, blocks = self._blocks.get(names, ((), []))
        return np.stack([block[:, regions.index(region)] for block in blocks]) if region in regions else None

    def series(self, variant: str, product: str, region: str, quantity: str) -> Array:
        """5 %, 50 % and 95 % quantiles by month, `(3, t)`; zeros where the folder leaves out what is always zero."""
        found = self._bands((variant, product, quantity), region)
        return np.zeros((3, len(self.months))) if found is None else found[:3]

    def outer(self, variant: str, product: str, region: str, quantity: str) -> Array:
        """Ends of a price's outer band by month, `(2, t)`: the model with its market's noise."""
        found = self._bands((variant, product, quantity), region)
        return np.zeros((2, len(self.months))) if found is None else found[3:]

    def regions_with(self, variant: str, product: str, quantity: str) -> tuple[str, ...]:
        """Regions for which a quantity is ever other than zero."""
        return self._blocks.get((variant, product, quantity), ((), []))[0]

    @cached_property
    def _trade(self) -> dict[tuple[str, str], dict[tuple[str, str], Array]]:
        found: dict[tuple[str, str], dict[tuple[str, str], Array]] = {}
        (names, sellers), (others, buyers) = by_row(self.flows["from"]), by_row(self.flows["to"])
        middle = array(self.flows["p50"])
        for (variant, product), rows in alike(self.flows, ("variant", "product")).items():
            block = middle[rows].reshape(len(self.years), -1)  # every year has every link
            one = slice(rows.start, rows.start + block.shape[1])
            links = zip(sellers[one], buyers[one], block.T, strict=True)
            found[variant, product] = {(names[a], others[b]): tonnes for a, b, tonnes in links}
        return found

    def trade(self, variant: str, product: str) -> dict[tuple[str, str], Array]:
        """Median tonnes by year for each pair of regions, domestic sales included."""
        return self._trade.get((variant, product), {})

    def passed(self, product: str) -> Iterator[tuple[str, tuple[str, ...], Array]]:
        """Of what consumers buy of a product: variant, the key (stage, origin, consumer), and the median share of it
        that has passed that stage there, by year."""
        if self.embodied is None:
            return
        keys = [by_row(self.embodied[name]) for name in ("stage", "origin", "region")]
        middle = array(self.embodied["p50"])
        for (variant, of), rows in self._embodied.items():
            if of == product:
                block = middle[rows].reshape(len(self.years), -1)  # every year has every key
                for k, share in enumerate(block.T, rows.start):
                    yield variant, tuple(texts[places[k]] for texts, places in keys), share

    @cached_property
    def _embodied(self) -> dict[tuple[str, ...], slice]:
        return {} if self.embodied is None else alike(self.embodied, ("variant", "product"))

    def contract(self, variant: str, name: str) -> Array:
        """Tonnes a month on a contract's links, 5 %, 50 % and 95 % quantiles `(3, t)`."""
        rows = alike(self.contracts, ("variant", "contract"))[variant, name]
        return np.stack([array(self.contracts[q])[rows] for q in NAMES])


def run_of(result: Result, manifest: Mapping[str, Any]) -> Run:
    """A run in memory, as `read_run` would read it from its folder."""
    from supplysim.world import catalog

    known = catalog(result.scenario.world)
    return Run(manifest, result.scenario, known, tuple(result.rows()), **result.tables)


def departs_text(file: str, values: Sequence[str]) -> str:
    """What of a run is not in the file that its title was written in."""
    more = f" and {len(values) - MOST_DEPARTING} more" if len(values) > MOST_DEPARTING else ""
    return f"Not as in {file}, where the title was written: {'; '.join(values[:MOST_DEPARTING])}{more}."


def read_run(folder: Path) -> Run:
    """Read a run folder.

    Raises `InputError` naming the file that is missing or cannot be read.
    """
    from supplysim.scenario import load
    from supplysim.world import catalog

    manifest = read_manifest(folder)
    scenario = load(str(_file(folder, "scenario.yaml")))
    return Run(
        manifest=manifest,
        scenario=scenario,
        catalog=catalog(scenario.world),
        rows=_rows(folder / "summary.csv"),
        draws=_table(folder, "draws"),
        monthly=_table(folder, "monthly"),
        flows=_table(folder, "flows"),
        contracts=_table(folder, "contracts"),
        attribution=_attribution(folder / "attribution.json"),
        embodied=_table(folder, "embodied") if (folder / "embodied.parquet").is_file() else None,
    )


def _file(folder: Path, name: str) -> Path:
    path = folder / name
    if not path.is_file():
        raise InputError(f"{folder} is not the folder of a finished run: it has no {name}")
    return path


def _table(folder: Path, name: str) -> pa.Table:
    with reading(folder / f"{name}.parquet") as path:
        return read(path)


def with_attribution(run: Run, folder: Path) -> Run:
    """A run in memory with what `supplysim attribute` left in its folder."""
    return replace(run, attribution=_attribution(folder / "attribution.json"))


def _attribution(path: Path) -> Mapping[str, Any] | None:
    """What `supplysim attribute` left beside the run, if it did."""
    if not path.is_file():
        return None
    with reading(path):
        return dict(json.loads(path.read_text(encoding="utf-8")))


def _rows(path: Path) -> tuple[Row, ...]:
    """summary.csv as rows again."""
    with reading(path), path.open(encoding="utf-8", newline="") as file:
        titles, *lines = csv.reader(file)
        return _rows_of(titles, lines)


def _rows_of(titles: Sequence[str], lines: Sequence[Sequence[str]]) -> tuple[Row, ...]:
    columns = {name: [line[k] for line in lines] for k, name in enumerate(titles)}
    without = "contracts_effect_p50" in columns

    def band(name: str, k: int) -> Band:
        low, middle, high = (columns[f"{name}_{q}"][k] for q in NAMES)
        return (_number(low), _number(middle), _number(high))

    def outer(name: str, k: int) -> Band | None:
        found = band(f"outer_{name}", k) if f"outer_{name}_p50" in columns else NOTHING
        return None if found == NOTHING else found

    return tuple(
        Row(
            columns["metric"][k], columns["mineral"][k], columns["product"][k], columns["region"][k],
            columns["contract"][k], columns["unit"][k], band("baseline", k), band("scenario", k),
            band("difference", k), band("without_contracts", k) if without else None,
            band("contracts_effect", k) if without else None, int(columns["n"][k]),
            {name: found for name in VARIANTS if (found := outer(name, k)) is not None},
        )
        for k in range(len(lines))
    )  # fmt: skip


def _number(text: str) -> float | None:
    return float(text) if text else None
