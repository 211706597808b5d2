"""A chain by the compiled month: arrays in, `History` out. Parts of a chain that it does not know are left to NumPy."""

from __future__ import annotations

import ctypes as c
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields

import numpy as np

from supplysim.engine.history import MONTHLY, History, blank
from supplysim.engine.market import Market, StockDemand, demand_at
from supplysim.engine.native.levers import KNOWN, Asked, in_a_row
from supplysim.engine.native.library import (
    BUYER,
    CAP,
    FEW,
    LINK,
    LOGS,
    RULES,
    SELLER,
    ChainTables,
    Rescue,
    StageTables,
    Stuck,
    Tables,
    Verdict,
    loaded,
)
from supplysim.engine.policy import Levers
from supplysim.engine.solver import Solver
from supplysim.engine.stage import Chain, Index, Rules, Stage
from supplysim.errors import AuditError, SolverError

SPAN = 12
"""Months whose levers are held in memory at a time."""
STAGE_FIELDS = frozenset((
    "product", "suppliers", "buyers", "q", "sigma", "S0", "K", "eps", "D0", "eta", "vcap", "cover", "lead", "inputs",
    "yields", "fed_by", "output_stage", "makes", "growth", "trend", "links", "build_lead", "effects", "stockpiles",
    "stocking", "host_stage", "host", "term_share", "tenor", "worth",
))  # fmt: skip
CHAIN_FIELDS = frozenset(("stages", "rules", "draws", "months", "counted_from"))
RULE_FIELDS = frozenset((*RULES, "investment"))
LEVER_FIELDS = frozenset((
    "draws", "month", "q", "K", "S0", "D0", "vcap", "eager", "grown", "added", "cost", "duty", "allowed", "floor",
    "option", "late", "release", "kept", "caps", "terms",
))  # fmt: skip
"""What of a chain, a stage, the rules and the levers the compiled month reads. A new field is not read until it is
here; until then every chain is left to NumPy."""


def unknown(chain: Chain) -> str:
    """Why the compiled month must leave a chain to NumPy; "" where it need not."""
    for kind, known in ((Chain, CHAIN_FIELDS), (Stage, STAGE_FIELDS), (Rules, RULE_FIELDS), (Levers, LEVER_FIELDS)):
        for name in sorted({field.name for field in fields(kind)} - known):
            return f"{kind.__name__}.{name} is not in the compiled month"
    for stage in chain.stages:
        for effect in stage.effects:
            if not isinstance(effect, KNOWN):
                return f"{type(effect).__name__} is not in the compiled month"
    return ""


def simulate_part(
    chain: Chain, watch: Mapping[int, Sequence[tuple[int, int]]], month_begins: Callable[[int], None] | None = None,
    buyers: Mapping[int, Index] | None = None,
) -> list[History]:  # fmt: skip
    """Every stage's history of a chain for which `unknown` is "". Raises as `supplysim.engine.run.simulate` does."""
    return _Run(chain, watch, buyers or {}).histories(month_begins)


class _Run:
    """One chain in the library's hands."""

    def __init__(
        self, chain: Chain, watch: Mapping[int, Sequence[tuple[int, int]]], buyers: Mapping[int, Index]
    ) -> None:
        self.library, self.chain = loaded(few=chain.draws <= FEW), chain
        self.lanes = self.library.lanes()
        self.tables = Tables(chain.draws, self.lanes)
        self.asked = [Asked(stage, chain.draws, chain.months, self.lanes) for stage in chain.stages]
        self.out = [blank(stage, chain, watch.get(k, ()), buyers.get(k)) for k, stage in enumerate(chain.stages)]
        self.watched = [np.zeros((len(h.watched), chain.months, chain.draws)) for h in self.out]
        self.steps = [np.zeros(1) for _ in self.out]
        self.failure: BaseException | None = None

    def histories(self, month_begins: Callable[[int], None] | None) -> list[History]:
        """Run to the horizon."""
        chain, tables = self.chain, self._chain()
        rescue = Rescue(self._rescue)
        part = self.library.open_part(c.byref(tables), rescue)
        try:
            for first in range(0, chain.months, SPAN):
                if month_begins:
                    month_begins(first)
                self._advance(part, first, min(SPAN, chain.months - first))
        finally:
            self.library.close_part(part)
        for history, flows, steps in zip(self.out, self.watched, self.steps, strict=True):
            history.watched = dict(zip(history.watched, flows, strict=True))
            history.iterations = float(steps[0]) / (chain.draws * chain.months)
        return self.out

    def _advance(self, part: int, first: int, count: int) -> None:
        levers, kept = in_a_row(self.asked, first, count)
        verdict = Verdict()
        self.library.advance(part, first, count, levers, c.byref(verdict))
        del kept
        if verdict.fault:
            self._raise(verdict)

    def _raise(self, verdict: Verdict) -> None:
        product, draw, month = self.chain.stages[verdict.stage].product, verdict.draw, verdict.month
        if isinstance(self.failure, SolverError):
            raise SolverError(f"month {month}: {product}: {self.failure}") from self.failure
        if self.failure is not None:
            raise self.failure
        if verdict.fault == 2:
            raise AuditError(f"{product}: mass off by {verdict.size:.1e} in draw {draw}, month {month}")
        raise AuditError(f"{product}: a stock of {verdict.size:.1e} t in draw {draw}, month {month}")

    def _chain(self) -> ChainTables:
        chain, rules, out = self.chain, self.chain.rules, ChainTables()
        fixed = rules.learning.size == rules.reversion.size == 1  # a draw of zero among others takes the same way
        out.learns = int(not fixed or bool(rules.learning.any() or rules.reversion.any()))
        out.invests = int(rules.investment)
        out.stages, out.draws, out.padded = len(chain.stages), chain.draws, self.tables.padded
        out.months, out.counted_from = chain.months, chain.counted_from
        self.stages = (StageTables * len(chain.stages))(*(self._stage(k) for k in range(len(chain.stages))))
        out.stage = c.addressof(self.stages)
        numbers = (np.reshape(getattr(rules, name), -1) for name in RULES)
        rows = [np.log(each) if name in LOGS else each for name, each in zip(RULES, numbers, strict=True)]
        rows.append(np.log(np.maximum(1.0 - 1.0 / np.reshape(rules.rebuild_time, -1), 1e-300)))
        self.tables.set(out, "rules", np.concatenate([self.tables.rows(each) for each in rows]))
        return out

    def _stage(self, k: int) -> StageTables:
        stage, out, history = self.chain.stages[k], StageTables(), self.out[k]
        s, b = stage.q.shape
        feeds = [
            (i, source, stage.fed_by[a, i], stage.yields[a, i])
            for a, source in enumerate(stage.inputs)
            for i in np.flatnonzero(stage.fed_by[a] >= 0)
        ]
        out.suppliers, out.buyers, out.stockpiles, out.caps = s, b, len(stage.stockpiles), len(self.asked[k].caps)
        out.inputs, out.feeds, out.watched, out.host_stage = (
            len(stage.inputs), len(feeds), len(history.watched), stage.host_stage,
        )  # fmt: skip
        out.term_share, out.tenor, out.kept = stage.term_share, stage.tenor, len(history.buyers)
        out.openings = int(stage.build_lead.max(initial=0)) + 1
        cap_start, cap_of = _by_link(self.asked[k].caps)
        whole = {
            "cap_start": cap_start, "cap_of": cap_of,
            "build_lead": stage.build_lead, "host": stage.host, "output_stage": stage.output_stage,
            "makes": stage.makes, "watch": [i * b + j for i, j in history.watched], "keeps": history.buyers,
            "lead": stage.lead if stage.lead.ndim == 2 else np.zeros((s, b)),
        }  # fmt: skip
        for name, column in zip(("feed_supplier", "feed_stage", "feed_buyer"), range(3), strict=True):
            whole[name] = [feed[column] for feed in feeds]
        plain = {
            "q": stage.q, "links": stage.links, "feed_yield": [feed[3] for feed in feeds],
            "output_yield": [self._output_yield(k, j) for j in range(b)],
            "share": [pile.share for pile in stage.stockpiles],
            "concerns": self.asked[k].caps.any(axis=1), "home": np.log(np.where(stage.q > 0, stage.q, 1.0)),
            "customers": stage.customers, "worth": np.where(stage.makes >= 0, stage.worth, np.inf),
        }  # fmt: skip
        for name, values in (whole | plain).items():
            self.tables.set(out, name, values)
        self._set_rows(out, stage)
        for name in ("made", "limit", "flow", "carried", "delivered", "spend", "duty"):
            self.tables.set(out, name, getattr(history, name))
        for name in MONTHLY:
            self.tables.set(out, name, history.monthly[name])
        self.tables.set(out, "watched_flow", self.watched[k])
        self.tables.set(out, "steps", self.steps[k])
        return out

    def _set_rows(self, out: StageTables, stage: Stage) -> None:
        s, b = stage.q.shape
        rows = self.tables.rows
        for name in ("S0", "K", "eps", "trend", "stocking"):
            self.tables.set(out, name, rows(getattr(stage, name), s))
        for name in ("D0", "eta", "vcap", "cover", "growth"):
            self.tables.set(out, name, rows(getattr(stage, name), b))
        self.tables.set(out, "sigma", rows(np.reshape(stage.sigma, -1)))
        self.tables.set(out, "longest", rows(np.reshape(stage.lead.max(axis=(-2, -1), initial=0), -1)))
        if stage.lead.ndim == 3:
            self.tables.set(out, "lead_by_draw", rows(stage.lead, s, b))
        piles = [
            rows(values)
            for pile in stage.stockpiles
            for values in (
                pile.initial, pile.target, np.log(pile.release_above), np.log(pile.refill_below),
                pile.release_over, pile.refill_over,
            )
        ]  # fmt: skip
        self.tables.set(out, "piles", np.concatenate(piles) if piles else np.zeros(0))

    def _output_yield(self, k: int, j: int) -> float:
        """What a plant makes of a tonne that its buyer `j` of stage `k` buys."""
        stage = self.chain.stages[k]
        if stage.makes[j] < 0:
            return 1.0
        made = self.chain.stages[stage.output_stage[j]]
        return float(made.yields[made.inputs.index(k), stage.makes[j]])

    def _rescue(self, stuck: object) -> int:
        """Clear a market of one draw by NumPy's solver; its steps, or -1 where that fails (the library hands it on)."""
        try:
            return self._clear(stuck.contents)  # type: ignore[attr-defined]
        except BaseException as error:  # an exception cannot cross the border; it is raised when the library returns
            self.failure = error
            return -1

    def _clear(self, stuck: Stuck) -> int:
        stage, rules = self.chain.stages[stuck.stage], self.chain.rules
        s, b = stage.q.shape
        groups = self.asked[stuck.stage].caps
        link, seller = _columns(stuck.links, LINK, s, b), _columns(stuck.sellers, SELLER, s)
        buyer, cap = _columns(stuck.buyers, BUYER, b), _columns(stuck.caps, CAP, len(groups))
        on = np.isfinite(cap["limit"][0])
        stock = StockDemand(
            buyer["target"], buyer["position"], buyer["held"], buyer["expected"], buyer["max_build"],
            rules.response, rules.release_time, rules.rebuild_time, buyer["answering"], buyer["lead"],
        )  # fmt: skip
        market = Market(
            link["q"], np.array([stuck.sigma]), seller["S0"], seller["K"], seller["eps"],
            buyer["D0"], buyer["eta"], buyer["vcap"], rules.kappa, link["T"], link["L"], link["H"], buyer["F"],
            stock=stock, curvature=rules.curvature,
            groups=groups[on] if on.any() else None, limits=cap["limit"][:, on] if on.any() else None,
        )  # fmt: skip
        with np.errstate(over="ignore", invalid="ignore"):
            found = Solver(market, np.array([stuck.draw])).solve(seller["U"], buyer["V"], cap["rent"][:, on])
        link["x"][:], seller["U"][:], buyer["V"][:], buyer["unmet"][:] = found.x, found.U, found.V, found.unmet
        buyer["asked"][:] = demand_at(market.D0, market.eta, found.V, market.curvature)
        cap["rent"][:] = 0.0
        cap["rent"][:, on] = found.W
        return int(found.iterations[0])


def _columns(table: object, names: Sequence[str], *shape: int) -> dict[str, np.ndarray]:
    """Views `(1, *shape)` of the columns of a table in the library's hands, by name."""
    size = (*shape, len(names))
    rows = np.ctypeslib.as_array(table, size) if np.prod(size) else np.zeros(size)
    return {name: rows[None, ..., k] for k, name in enumerate(names)}


def _by_link(caps: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The caps `(g, s, b)` over each link, one link after the other: where each link's begin, and their numbers."""
    places = int(np.prod(caps.shape[1:]))
    link, cap = np.nonzero(caps.reshape(len(caps), places).T)
    return np.searchsorted(link, np.arange(places + 1)), cap
