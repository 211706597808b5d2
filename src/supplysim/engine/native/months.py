"""A chain by the compiled month: arrays in, `History` out. Parts of a chain that it does not know are left to NumPy."""

from __future__ import annotations

import ctypes as c
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields

import numpy as np

from supplysim.engine.history import MONTHLY, History, blank
from supplysim.engine.market import Market, StockDemand
from supplysim.engine.native.levers import KNOWN, Asked, in_a_row
from supplysim.engine.native.library import FEW, RULES, Rescue, RuleTables, StageTables, Stuck, Tables, Verdict, loaded
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
        chain = self.chain
        stages = (StageTables * len(chain.stages))(*(self._stage(k) for k in range(len(chain.stages))))
        rescue = Rescue(self._rescue)
        rules = self._rules()
        part = self.library.open_part(
            stages,
            len(stages),
            c.byref(rules),
            chain.draws,
            self.tables.padded,
            chain.months,
            chain.counted_from,
            rescue,
        )
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

    def _rules(self) -> RuleTables:
        rules, out = self.chain.rules, RuleTables()
        fixed = rules.learning.size == rules.reversion.size == 1  # a draw of zero among others takes the same way
        out.learns = int(not fixed or bool(rules.learning.any() or rules.reversion.any()))
        out.invests = int(rules.investment)
        for name in RULES:
            self.tables.set(out, name, self.tables.rows(np.reshape(getattr(rules, name), -1)))
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
        whole = {
            "build_lead": stage.build_lead, "host": stage.host, "output_stage": stage.output_stage,
            "makes": stage.makes, "watch": [i * b + j for i, j in history.watched], "keeps": history.buyers,
            "lead": stage.lead if stage.lead.ndim == 2 else np.zeros((s, b)),
        }  # fmt: skip
        for name, column in zip(("feed_supplier", "feed_stage", "feed_buyer"), range(3), strict=True):
            whole[name] = [feed[column] for feed in feeds]
        plain = {
            "q": stage.q, "links": stage.links, "feed_yield": [feed[3] for feed in feeds],
            "output_yield": [self._output_yield(k, j) for j in range(b)],
            "share": [pile.share for pile in stage.stockpiles], "under": self.asked[k].caps,
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
        caps = self.asked[stuck.stage].caps

        def of(name: str, *shape: int) -> np.ndarray:
            return np.ctypeslib.as_array(getattr(stuck, name), (1, *shape)) if np.prod(shape) else np.zeros((1, *shape))

        limits = of("limits", len(caps))
        on = np.isfinite(limits[0])
        market = Market(
            q=of("q", s, b), sigma=np.array([stuck.sigma]), S0=of("S0", s), K=of("K", s), eps=of("eps", s),
            D0=of("D0", b), eta=of("eta", b), vcap=of("vcap", b), kappa=rules.kappa, T=of("T", s, b), L=of("L", s, b),
            H=of("H", s, b), F=of("F", b),
            stock=StockDemand(
                of("target", b), of("position", b), of("held", b), of("expected", b), of("max_build", b),
                rules.response, rules.release_time, rules.rebuild_time, of("answering", b), of("lead", b),
            ),
            groups=caps[on] if on.any() else None, limits=limits[:, on] if on.any() else None,
            curvature=rules.curvature,
        )  # fmt: skip
        rent = of("rent", len(caps))
        with np.errstate(over="ignore", invalid="ignore"):
            found = Solver(market, np.array([stuck.draw])).solve(of("U", s), of("V", b), rent[:, on])
        of("x", s, b)[:], of("U", s)[:], of("V", b)[:], of("unmet", b)[:] = found.x, found.U, found.V, found.unmet
        rent[:] = 0.0
        rent[:, on] = found.W
        return int(found.iterations[0])
