"""Many months: run a chain to its horizon, by NumPy's month or the compiled one."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence

from supplysim.engine.audit import check, holdings
from supplysim.engine.history import History, blank
from supplysim.engine.month import step
from supplysim.engine.native.months import simulate_part, unknown
from supplysim.engine.stage import Chain, Index
from supplysim.engine.state import opening
from supplysim.errors import SolverError

LOG = logging.getLogger(__name__)
Watch = Mapping[int, Sequence[tuple[int, int]]]
Buyers = Mapping[int, Index]
Begins = Callable[[int], None]


def simulate(
    chain: Chain, watch: Watch | None = None, engine: str = "numpy", month_begins: Begins | None = None,
    buyers: Buyers | None = None,
) -> list[History]:  # fmt: skip
    """Run every draw of the chain to its horizon; `watch` names links `(s, b)` by stage whose flow is kept monthly,
    `buyers` those whose months are kept, of every stage, in their order: all of them if not given.

    `engine` is numpy or compiled; of a compiled chain, parts with something in them that the compiled month does not
    know are left to NumPy. `month_begins` is called with each month before it is simulated (by the compiled month, with
    the first of every twelve); an exception that it raises ends the run.

    Raises `SolverError` (a market did not clear) or `AuditError` (mass was created or lost), naming product or stage,
    draw and month; `RunError` where the compiled engine is asked for and not there.
    """
    if engine == "numpy":
        return _by_numpy(chain, watch or {}, month_begins, buyers)
    found: dict[int, History] = {}
    for places in chain.parts():
        part = chain.part(places)
        own = {k: watch[place] for k, place in enumerate(places) if watch and place in watch}
        theirs = None if buyers is None else {k: buyers[place] for k, place in enumerate(places)}
        by: Callable[[Chain, Watch, Begins | None, Buyers | None], list[History]] = simulate_part
        if reason := unknown(part):
            LOG.warning("%s: left to NumPy, because %s", ", ".join(s.product for s in part.stages), reason)
            by = _by_numpy
        found |= dict(zip(places, by(part, own, month_begins, theirs), strict=True))
    return [found[k] for k in sorted(found)]


def _by_numpy(chain: Chain, watch: Watch, month_begins: Begins | None, buyers: Buyers | None) -> list[History]:
    states = [opening(stage, chain.draws) for stage in chain.stages]
    kept = buyers or {}
    histories = [blank(stage, chain, watch.get(k, ()), kept.get(k)) for k, stage in enumerate(chain.stages)]
    before = holdings(states)
    for month in range(chain.months):
        if month_begins:
            month_begins(month)
        try:
            outcomes = step(chain, states, month)
        except SolverError as error:
            raise SolverError(f"month {month}: {error}") from error
        after = holdings(states)
        check(chain, before, after, outcomes, month)
        before = after
        for history, outcome in zip(histories, outcomes, strict=True):
            history.keep(outcome, month)
    return histories
