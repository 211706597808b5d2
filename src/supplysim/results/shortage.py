"""Who is short of what: a history's gaps as they are told."""

from __future__ import annotations

import numpy as np

from supplysim.assembly.nodes import Nodes
from supplysim.engine.market import Array
from supplysim.engine.run import History


def shortage(nodes: Nodes, history: History) -> tuple[Array, Array]:
    """Tonnes short and tonnes adapted by month and buyer, `(t, d, b)` each.

    Nobody is priced out in a month in which it pays the base price or less: what a user still does without then has
    adapted. (A door price holds a premium for lost variety, so that it may stand above base while what is paid does
    not.) What went into stock in the base year is nobody's need, and never short.
    """
    monthly = history.monthly
    cheap = (history.delivered <= 1.0) & np.array([node.uses for node in nodes.buyers])
    needs = np.array([node.needs for node in nodes.buyers])
    stay = np.where(cheap, np.maximum(monthly["short"] - monthly["rationed"], 0.0), 0.0)
    return (monthly["short"] - stay) * needs, (monthly["adapted"] + stay) * needs
