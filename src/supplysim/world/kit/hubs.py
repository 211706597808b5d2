"""Trade without the places that only pass it on: hubs joined through, and re-exports led back to who made them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

Flows = dict[tuple[str, str], float]
"""Tonnes by seller and buyer."""
ROUNDS = 500
LEAST_USE = 0.02
"""Share of what a region makes and buys that is taken to stay there, where its exports would leave less."""
TOLD = 0.02
"""Exports cut by less than this share are rounding."""


@dataclass(frozen=True)
class Cut:
    """Exports of a region as stated, and how much of them can be had from what it makes and buys, t a year."""

    region: str
    stated: float
    can_be_had: float

    def __str__(self) -> str:
        return f"exports of {self.region} are {self.stated:,.0f} t, and {self.can_be_had:,.0f} t can be had"


@dataclass(frozen=True)
class LedBack:
    """Flows from maker to user, domestic ones included; `use` by region; and exports that had to be cut."""

    flows: Flows
    use: dict[str, float]
    cuts: tuple[Cut, ...]


def by_region(flows: Mapping[tuple[str, str], float], region_of: Callable[[str], str]) -> Flows:
    """Flows between countries summed over regions; what stays within a region is left out."""
    found: Flows = {}
    for (seller, buyer), tonnes in flows.items():
        ends = region_of(seller), region_of(buyer)
        if ends[0] != ends[1]:
            found[ends] = found.get(ends, 0.0) + tonnes
    return found


def without_hubs(flows: Flows, hubs: Mapping[str, float]) -> Flows:
    """Join what goes into a hub with what comes out of it, up to the share that only passes through."""
    for hub, share in sorted(hubs.items()):
        into = {seller: t for (seller, buyer), t in flows.items() if buyer == hub != seller}
        out = {buyer: t for (seller, buyer), t in flows.items() if seller == hub != buyer}
        got, sent = sum(into.values()), sum(out.values())
        passed = share * min(got, sent)
        if passed > 0:
            flows = pass_through(flows, hub, into, out, passed)
    return flows


def pass_through(flows: Flows, hub: str, into: dict[str, float], out: dict[str, float], passed: float) -> Flows:
    """New flows in which `passed` tonnes go straight from the hub's sources to its customers, pro rata."""
    got, sent = sum(into.values()), sum(out.values())
    new = dict(flows)
    for seller, tonnes in into.items():
        new[seller, hub] = tonnes * (1.0 - passed / got)
        for buyer, taken in out.items():
            if buyer != seller:
                new[seller, buyer] = new.get((seller, buyer), 0.0) + passed * tonnes / got * taken / sent
    for buyer, taken in out.items():
        new[hub, buyer] = taken * (1.0 - passed / sent)
    return new


def led_back(trade: Mapping[tuple[str, str], float], made: Mapping[str, float]) -> LedBack:
    """Trade between regions turned into flows from who made the goods to who uses them.

    What a region sends on is taken to be of the same origin as all that it makes and buys (proportional mixing):
    with `A = made + imports` and `C[j, o]` the share by maker o of what region j has,
    `A_j C_j = made_j e_j + sum_i X_ij C_i`.
    Exports beyond 98 % of `A` cannot be had: they are cut, and told.
    """
    ids = sorted({*made, *(region for ends in trade for region in ends)})
    at = {region: k for k, region in enumerate(ids)}
    sent = np.zeros((len(ids), len(ids)))
    for (seller, buyer), tonnes in trade.items():
        sent[at[seller], at[buyer]] += tonnes
    stated, output = sent.sum(axis=1), np.array([made.get(region, 0.0) for region in ids])
    for _ in range(ROUNDS):
        had, exports = output + sent.sum(axis=0), sent.sum(axis=1)
        most = (1.0 - LEAST_USE) * had
        if not ((exports > most * (1 + 1e-12)) & (exports > 1e-9)).any():
            break
        sent *= np.where(exports > most, most / np.maximum(exports, 1e-300), 1.0)[:, None]
    had, exports = output + sent.sum(axis=0), sent.sum(axis=1)
    mixing = np.diag(np.where(had > 0, had, 1.0)) - sent.T
    origin = np.linalg.solve(mixing, np.diag(output))
    flow = (origin * (had - exports)[:, None]).T
    flows = {(ids[o], ids[u]): float(flow[o, u]) for o in range(len(ids)) for u in range(len(ids)) if flow[o, u] > 0}
    use: dict[str, float] = {}
    for (_, user), tonnes in flows.items():
        use[user] = use.get(user, 0.0) + tonnes
    cuts = [Cut(region, float(stated[k]), float(exports[k])) for region, k in at.items()
            if stated[k] > (1.0 + TOLD) * exports[k]]  # fmt: skip
    return LedBack(flows, use, tuple(sorted(cuts, key=lambda cut: cut.can_be_had - cut.stated)))
