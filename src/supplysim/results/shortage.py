"""Who is short of what: a history's gaps as they are told."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from supplysim.assembly.nodes import Nodes
from supplysim.engine.history import History
from supplysim.engine.market import Array

Index = NDArray[np.intp]


def shortage(nodes: Nodes, history: History, buyers: Index | None = None) -> tuple[Array, Array]:
    """Tonnes short and tonnes adapted by month and buyer, `(t, d, b)` each, of `buyers`: all unless they are given.

    Nobody is priced out in a month in which it pays the base price or less: what a user still does without then has
    adapted. (A door price holds a premium for lost variety, so that it may stand above base while what is paid does
    not.) Nor is a user that uses as much as its reference, however much more it has come to want. What went into stock
    in the base year is nobody's need, and never short.
    """
    chosen = np.arange(len(nodes.buyers)) if buyers is None else buyers
    monthly = {name: history.of(name, chosen) for name in ("rationed", "short", "reference", "used", "adapted")}
    user = np.array([node.uses for node in nodes.buyers])[chosen]
    needs = np.array([node.needs for node in nodes.buyers])[chosen]
    rationed = np.minimum(monthly["rationed"], monthly["short"])
    gap = np.maximum(monthly["reference"] - monthly["used"] - rationed, 0.0)
    forgone = np.minimum(monthly["short"] - rationed, gap)
    cheap = history.of("delivered", chosen) <= 1.0
    short = np.where(user, rationed + np.where(cheap, 0.0, forgone), monthly["short"])
    adapted = monthly["adapted"] + np.where(user & cheap, forgone, 0.0)
    return short * needs, adapted * needs
