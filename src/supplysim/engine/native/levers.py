"""What the effects of a stage ask for, month by month, as tables for the compiled month.

The effects themselves stay in NumPy: they write `Levers`, as for NumPy's month. What they do to capacity, supply and
demand is linear in what they find there, so it is asked for once with nothing there (`more`) and once with one tonne.
"""

from __future__ import annotations

import ctypes as c
from collections.abc import Iterator

import numpy as np

from supplysim.engine.corridor import Corridors, Narrowing
from supplysim.engine.market import Array
from supplysim.engine.native.library import LeverTables, Tables
from supplysim.engine.policy import INSTRUMENTS, Capacity, Demand, EquityShare, Levers, Outage, Quota
from supplysim.engine.profile import Profile
from supplysim.engine.stage import Stage

AMOUNTS = (Outage, Capacity, Demand)
"""Effects that change capacity, supply or demand, each linearly."""
ALWAYS = (Quota, Corridors)
"""Effects that ask for their caps in every month, even at rest."""
KNOWN = (*INSTRUMENTS, Corridors)


class Asked:
    """The levers of one stage over a run; `caps` are the links under each of its group caps, `(g, s, b)`."""

    def __init__(self, stage: Stage, draws: int, months: int, lanes: int) -> None:
        self.stage, self.draws, self.lanes = stage, draws, lanes
        self.levels = [_levels(effect.profile, months) for effect in stage.effects]
        self.changes = np.zeros(months, dtype=bool)
        for level in [*self.levels, *(_levels(n.profile, months) for n in _narrowed(stage))]:
            self.changes[1:] |= (level[1:] != level[:-1]).any(axis=1)
        self.changes[:1] = True
        first = self._pulled(0)[0]
        links = np.zeros((0, *stage.q.shape), bool)
        self.caps = np.stack([cap.links for cap in first.caps]) if first.caps else links
        self.last: tuple[LeverTables, Tables] = (LeverTables(), Tables(draws, lanes))

    def over(self, first: int, count: int) -> Iterator[tuple[LeverTables, Tables]]:
        """The tables of so many months; months in which nothing changes share theirs."""
        for month in range(first, first + count):
            if self.stage.effects and self.changes[month]:
                self.last = self._tables(month)
            yield self.last

    def _pulled(self, month: int) -> tuple[Levers, Levers, list[tuple[EquityShare, Array, list[Array]]]]:
        """Levers with nothing there and with one tonne, and what equity shares find of capacity and supply."""
        nothing, one = (_blank(self.stage, self.draws, month, fill) for fill in (0.0, 1.0))
        equities: list[tuple[EquityShare, Array, list[Array]]] = []
        for effect, levels in zip(self.stage.effects, self.levels, strict=True):
            level = np.broadcast_to(levels[month], (self.draws,))
            if not (level.any() or isinstance(effect, ALWAYS)):
                continue
            if isinstance(effect, EquityShare):
                found = [_linear(nothing.K, one.K), _linear(nothing.S0, one.S0)]
                # a copy: what later effects do to capacity is not the owner's
                equities.append((effect, level, [part[:, effect.supplier].copy() for pair in found for part in pair]))
                continue
            effect.apply(nothing, level)
            if isinstance(effect, AMOUNTS):
                effect.apply(one, level)
        return nothing, one, equities

    def _tables(self, month: int) -> tuple[LeverTables, Tables]:
        levers, one, equities = self._pulled(month)
        out, tables = LeverTables(), Tables(self.draws, self.lanes)
        s, b = self.stage.q.shape

        def put(name: str, values: object, *shape: int) -> None:
            tables.set(out, name, tables.rows(values, *shape))

        for name, size in (("K", s), ("S0", s), ("D0", b)):
            share, more = _linear(getattr(levers, name), getattr(one, name))
            if (share != 1.0).any() or more.any():
                put(f"{name}_share", share, size)
                put(f"{name}_more", more, size)
        if np.isfinite(levers.vcap).any():
            put("vcap", levers.vcap, b)
        if levers.eager.any():
            put("eager", levers.eager, b)
        for name in ("release", "kept"):
            if getattr(levers, name) is not None:
                put(name, getattr(levers, name), b)
        for name in ("cost", "duty", "allowed", "floor", "option", "late"):
            if getattr(levers, name) is not None:
                put(name, getattr(levers, name), s, b)
        if levers.late is not None:
            put("longest", np.maximum(self.stage.lead + levers.late, 0).max(axis=(-2, -1)))
        if levers.caps:
            put("limit", np.stack([cap.limit for cap in levers.caps], axis=1), len(levers.caps))
            put("of_demand", np.stack([cap.of_demand for cap in levers.caps], axis=1), len(levers.caps))
        self._put_contracts(out, tables, levers, equities)
        return out, tables

    def _put_contracts(
        self, out: LeverTables, tables: Tables, levers: Levers, equities: list[tuple[EquityShare, Array, list[Array]]]
    ) -> None:
        buyers, wide = self.stage.q.shape[1], (self.draws,)
        out.equities, out.terms = len(equities), len(levers.terms)
        if equities:
            rows = [(e.share, e.most, level, *found) for e, level, found in equities]
            tables.set(out, "equity", np.concatenate([tables.rows(each, *()) for row in rows for each in row]))
            tables.set(out, "equity_place", [e.supplier * buyers + e.buyer for e, _, _ in equities])
        if levers.terms:
            terms = [np.broadcast_to(each, wide) for t in levers.terms for each in (t.volume, t.low, t.high)]
            tables.set(out, "term", np.concatenate([tables.rows(each) for each in terms]))
            tables.set(out, "term_place", [t.supplier * buyers + t.buyer for t in levers.terms])


def _levels(profile: Profile, months: int) -> Array:
    """A profile's levels `(t, d)`, or `(t, 1)`."""
    return profile.at(np.arange(months)[:, None])


def _narrowed(stage: Stage) -> list[Narrowing]:
    return [narrowing for effect in stage.effects if isinstance(effect, Corridors) for narrowing in effect.narrowed]


def _linear(nothing: Array, one: Array) -> tuple[Array, Array]:
    """Share and more of `share * base + more`, from its values at a base of nothing and of one."""
    return one - nothing, nothing


def _blank(stage: Stage, draws: int, month: int, fill: float) -> Levers:
    s, b = stage.q.shape
    return Levers(
        draws=draws,
        month=month,
        q=stage.q,
        K=np.full((draws, s), fill),
        S0=np.full((draws, s), fill),
        D0=np.full((draws, b), fill),
        vcap=np.full((draws, b), np.inf),
        eager=np.zeros((draws, b)),
        grown=np.ones((draws, b)),
        added=np.zeros((draws, s)),
    )


def in_a_row(asked: list[Asked], first: int, count: int) -> tuple[c.Array[LeverTables], list[Tables]]:
    """The levers of all stages over so many months, `[month][stage]`, and what they must outlive."""
    by_stage = [list(each.over(first, count)) for each in asked]
    flat = [stage[month] for month in range(count) for stage in by_stage]
    return (LeverTables * len(flat))(*(table for table, _ in flat)), [tables for _, tables in flat]
