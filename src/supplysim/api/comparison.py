"""Two runs side by side: what differs in their inputs and what that does to every metric."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from supplysim.api.result import RunResult
from supplysim.report.html import Table, details, esc, table
from supplysim.report.names import metric_name
from supplysim.report.numbers import amount, band_text
from supplysim.results.compare import OUTER, Contrast, Side, between, differing_inputs, find_run, side_of
from supplysim.results.summary import BOTH_BANDS, NAMES, NOTHING

if TYPE_CHECKING:
    import pandas as pd

SHOWN = 3
"""Differences told in `repr`."""
MOST_ROWS = 40
HEADLINES = ("short_t", "short_share", "peak_price_multiple", "bought_abroad_share", "rival_share")


@dataclass(frozen=True, repr=False)
class Comparison:
    """The second run less the first. `inputs` has each path that differs with both values; `rows` every metric."""

    labels: tuple[str, str]
    inputs: Mapping[str, list[Any]]
    rows: tuple[Contrast, ...]

    @property
    def paired(self) -> bool:
        """Whether differences are taken draw by draw."""
        return bool(self.rows) and self.rows[0].paired

    def frame(self) -> pd.DataFrame:
        """One row a metric: both medians and means, the difference's with 95 % intervals, its quantiles over draws, and
        of a price the outer band of each run (`base_outer_p5` ... `other_outer_p95`; the rest is of the inner band)."""
        import pandas as pd

        plain = [{key: value for key, value in asdict(row).items() if key not in ("base", "other", "band", *OUTER)}
                 | dict(zip(NAMES, row.band, strict=True)) | _outer(row) for row in self.rows]  # fmt: skip
        return pd.DataFrame(plain)

    def largest(self) -> list[Contrast]:
        """Headline differences whose interval leaves out zero, the largest first by the size of the interval."""
        clear = [row for row in self.rows if row.metric in HEADLINES and (row.median_low > 0 or row.median_high < 0)]
        return sorted(clear, key=lambda r: -abs(r.median) / max(abs(r.base_median), abs(r.other_median), 1e-12))

    def __repr__(self) -> str:
        first = f"{self.labels[1]} less {self.labels[0]}, {'draw by draw' if self.paired else 'independent draws'}"
        inputs = ", ".join(list(self.inputs)[:4]) + (", ..." if len(self.inputs) > 4 else "")
        said = [_said(row) for row in self.largest()[:SHOWN]] or ["No headline metric differs."]
        return "\n".join([first, f"inputs that differ: {inputs or 'none'}", *said])

    def _repr_html_(self) -> str:
        inputs = Table(("Input", *self.labels), [[path, *map(_text, values)] for path, values in self.inputs.items()])
        rows = [[row.product, row.region, _named(row), amount(row.base_median, row.unit),
                 amount(row.other_median, row.unit), _gap(row)] for row in self.largest()[:MOST_ROWS]]  # fmt: skip
        heads = ("Product", "Consumer", "Median of", *self.labels, "Difference (95 % interval)")
        return f"<h3>{esc(self.labels[1])} less {esc(self.labels[0])}</h3>" + (
            f"{table(Table(heads, rows or [['none', *[''] * 5]]))}"
            f"{details(f'{len(self.inputs)} inputs differ', table(inputs)) if self.inputs else ''}"
            "<p><code>.frame()</code> has every metric.</p>"
        )


def compared(first: RunResult | str | Path, second: RunResult | str | Path) -> Comparison:
    """See `supplysim.compare`."""
    (a, name), (b, other) = (_side(each) for each in (first, second))
    labels = (name, other) if name != other else (f"{name} (first)", f"{other} (second)")
    return Comparison(labels, differing_inputs([a, b]), tuple(between(a, b)))


def _side(run: RunResult | str | Path) -> tuple[Side, str]:
    if not isinstance(run, RunResult):
        found = find_run(Path(run))
        return side_of(found), found.label
    frame = run.draws()
    return Side(run.scenario, 0, [str(name) for name in frame], lambda name: frame[name].to_numpy(), run.design), (
        run.scenario.name
    )


def _said(row: Contrast) -> str:
    return f"{_named(row)} of {row.product}, {row.region}: {_gap(row)}"


def _named(row: Contrast) -> str:
    """The metric's name; of a price with the band that its numbers are of."""
    return metric_name(row.metric, BOTH_BANDS[1] if row.base_outer else "")


def _gap(row: Contrast) -> str:
    return band_text((row.median_low, row.median, row.median_high), row.unit, signed=True)


def _outer(row: Contrast) -> dict[str, float | None]:
    return {f"{side}_{name}": value for side in OUTER
            for name, value in zip(NAMES, getattr(row, side) or NOTHING, strict=True)}  # fmt: skip


def _text(value: object) -> str:
    return "-" if value is None else str(value)
