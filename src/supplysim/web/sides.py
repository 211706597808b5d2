"""Two states side by side: the same words, numbers and figures for both, and what differs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from supplysim.engine.market import Array
from supplysim.report.numbers import NONE, band_text
from supplysim.results.ceiling import ceiling_of, or_ceiling
from supplysim.results.compare import Contrast, Side, between
from supplysim.results.summary import BOTH_BANDS, NOISY, Band
from supplysim.web.answer import TILES, answer, without_base
from supplysim.web.live import Live


def beside(run: Live, other: Live, shown: dict[str, Any]) -> dict[str, Any]:
    """The other state, looked at as `shown` is, and by how much this one differs from it in each headline number.

    `same` is false where the other says nothing of what is shown: then it shows what it has, and nothing is compared.
    """
    found = answer(other, shown["product"], shown["region"], tuple(shown["figures"]))
    same = (found["product"], found["region"]) == (shown["product"], shown["region"])
    rows = between(_side(other, shown), _side(run, shown)) if same else []
    by_metric = {row.metric: row for row in rows}
    return {
        "title": other.title,
        "same": same,
        "paired": all(row.paired for row in rows),
        "numbers": [line for metric in TILES if metric in by_metric for line in _told(run, other, by_metric[metric])],
        **{key: found[key] for key in ("why", "figures", "months", "year")},
    }


def _side(run: Live, shown: dict[str, Any]) -> Side:
    """The headline numbers of what is shown, draw by draw."""
    columns: dict[str, Array] = {
        f"{variant}|{key.column()}": values
        for variant in ("scenario", f"{NOISY}scenario")
        for key, values in run.metrics[variant].items()
        if key.metric in TILES and key[1:] == (shown["product"], shown["region"], "")
    }
    columns["draw"] = np.arange(float(len(run.draws)))
    return Side(run.scenario, 0, list(columns), columns.__getitem__)


def _told(run: Live, other: Live, row: Contrast) -> list[dict[str, str]]:
    """A headline number of both, and this less the other: with a band where both have the same draws.

    Of a price a line for each band; the difference is the model's own, of the inner one.
    """
    change = without_base(band_text(row.band if row.paired else _point(row.median), row.unit, signed=True))
    inner = _line(run, other, row, (_point(row.base_median), _point(row.other_median)), change)
    if row.base_outer is None or row.other_outer is None:
        return [inner]
    outer = _line(run, other, row, tuple(_point(found[1]) for found in (row.base_outer, row.other_outer)), NONE)
    return [{**line, "label": f"{line['label']}, {which}"}
            for line, which in zip((outer, inner), BOTH_BANDS, strict=True)]  # fmt: skip


def _line(run: Live, other: Live, row: Contrast, medians: Sequence[Band], change: str) -> dict[str, str]:
    own = (_point(row.base_median), _point(row.other_median))
    a, b = (or_ceiling(without_base(band_text(middle, row.unit)), row.metric, model, ceiling_of(each.scenario))
            for middle, model, each in zip(medians, own, (other, run), strict=True))  # fmt: skip
    return {"metric": row.metric, "label": TILES[row.metric], "a": a, "b": b, "change": change}


def _point(value: float | None) -> Band:
    """A number as a band without width; no number as none."""
    known = value if value is not None and np.isfinite(value) else None
    return (known, known, known)
