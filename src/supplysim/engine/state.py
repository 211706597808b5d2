"""What a stage remembers from one month to the next, for a block of draws."""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce

import numpy as np
from numpy.typing import NDArray

from supplysim.engine.market import Array
from supplysim.engine.stage import Stage


@dataclass
class State:
    """A stage's memory. Arrays: `(d, s, b)` links, `(d, s)` suppliers, `(d, b)` buyers, `(d, p)` stockpiles.

    `log_q` is the habit's reference flow (`usual` the same in tonnes), `fresh` the reference
    of links that did not exist in the base year; `kept` `(d, b)` is what purchases hold outside the market, `owed`
    what they have bought and not yet got;
    `under_way[k]` arrives in `k` months, 0 the month that comes next; `coming[k]` is capacity that opens when
    `month % len == k`. `W` has a column for every group cap, once the first month has asked for them.
    `agreed` `(d, b)` is the mean price of the contracts in force, a multiple of the base price.
    `ahead` is where the next month's search for `U` and `V` begins, `change` how they moved last.
    """

    log_q: Array
    usual: Array
    fresh: Array
    U: Array
    V: Array
    W: Array
    stock: Array
    under_way: Array
    expected: Array
    long_run: Array
    strategic: Array
    kept: Array
    owed: Array
    unmet: Array
    made: Array
    tight: Array
    awake: Array
    built: Array
    coming: Array
    agreed: Array
    ahead: tuple[Array, Array]
    change: tuple[Array, Array]

    def in_transit(self) -> Array:
        """Tonnes on their way to each buyer, `(d, b)`."""
        return reduce(np.add, self.under_way)  # one by one: the same sum however far ahead the pipeline reaches

    def due_within(self, months: NDArray[np.int64]) -> Array:
        """Tonnes that arrive at each buyer in fewer than so many months (a number, or `(d,)`), `(d, b)`."""
        near = (each * np.reshape(k < months, (-1, 1)) for k, each in enumerate(self.under_way))
        return reduce(np.add, near)


def opening(stage: Stage, draws: int) -> State:
    """The state in which the base year repeats itself: stocks on target, the pipeline full, prices at zero."""
    s, b = stage.q.shape
    stock = np.broadcast_to(stage.cover * stage.D0, (draws, b)).copy()
    under_way = np.zeros((int(stage.lead.max(initial=0)) + 1, draws, b))
    for k in range(len(under_way)):
        under_way[k] += (stage.q * (stage.lead > k)).sum(axis=-2)
    with np.errstate(divide="ignore"):
        log_q = np.broadcast_to(np.log(stage.q), (draws, s, b)).copy()
    initial = [np.broadcast_to(pile.initial, (draws,)) for pile in stage.stockpiles]
    return State(
        log_q=log_q,
        usual=np.exp(log_q),
        fresh=np.zeros((draws, s, b)),
        U=np.zeros((draws, s)),
        V=np.zeros((draws, b)),
        W=np.zeros((draws, 0)),
        stock=stock,
        under_way=under_way,
        expected=np.zeros((draws, b)),
        long_run=np.zeros((draws, b)),
        strategic=np.stack(initial, axis=1) if initial else np.zeros((draws, 0)),
        kept=np.zeros((draws, b)),
        owed=np.zeros((draws, b)),
        unmet=np.zeros((draws, b)),
        made=np.broadcast_to(stage.q.sum(axis=1), (draws, s)).copy(),
        tight=np.zeros((draws, s)),
        awake=np.zeros((draws, s)),
        built=np.zeros((draws, s)),
        coming=np.zeros((int(stage.build_lead.max(initial=0)) + 1, draws, s)),
        agreed=np.ones((draws, b)),
        ahead=(np.zeros((draws, s)), np.zeros((draws, b))),
        change=(np.zeros((draws, s)), np.zeros((draws, b))),
    )
