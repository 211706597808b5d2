"""Two states side by side: the same words, numbers and figures for both, and what differs."""

from __future__ import annotations

from typing import Any

import numpy as np

from supplysim.engine.market import Array
from supplysim.report.numbers import band_text
from supplysim.results.ceiling import ceiling_of, or_ceiling
from supplysim.results.compare import Contrast, Side, between
from supplysim.results.summary import Band
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
        "numbers": [_told(run, other, by_metric[metric]) for metric in TILES if metric in by_metric],
        **{key: found[key] for key in ("why", "figures", "months", "year")},
    }


def _side(run: Live, shown: dict[str, Any]) -> Side:
    """The headline numbers of what is shown, draw by draw."""
    columns: dict[str, Array] = {
        f"scenario|{key.column()}": values
        for key, values in run.metrics["scenario"].items()
        if key.metric in TILES and key[1:] == (shown["product"], shown["region"], "")
    }
    columns["draw"] = np.arange(float(len(run.draws)))
    return Side(run.scenario, 0, list(columns), columns.__getitem__)


def _told(run: Live, other: Live, row: Contrast) -> dict[str, str]:
    """A headline number of both, and this less the other: with a band where both have the same draws."""
    a, b = (or_ceiling(band_text(middle, row.unit), row.metric, middle, ceiling_of(each.scenario))
            for middle, each in ((_point(row.base_median), other), (_point(row.other_median), run)))  # fmt: skip
    change = row.band if row.paired else _point(row.median)
    return {"metric": row.metric, "label": TILES[row.metric], "a": without_base(a), "b": without_base(b),
            "change": without_base(band_text(change, row.unit, signed=True))}  # fmt: skip


def _point(value: float) -> Band:
    """A number as a band without width; no number as none."""
    known = value if np.isfinite(value) else None
    return (known, known, known)
