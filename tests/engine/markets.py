"""Small markets that can be solved by hand, and what tests want to know of them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from supplysim.engine.audit import check, holdings
from supplysim.engine.market import Array
from supplysim.engine.month import Outcome, step
from supplysim.engine.policy import Effect
from supplysim.engine.profile import NEVER, Profile
from supplysim.engine.stage import Chain, Rules, Stage, Stockpile
from supplysim.engine.state import State, opening


def small_stage(q: Sequence[Sequence[float]], effects: Sequence[Effect] = (), cover: float = 0.0, **changes: object):
    """One market with base flows `q`, eps 0.1, eta 0.25, sigma 3, capacity 10 x output and a price cap of x20.

    Every field of `Stage` may be given by name; plain numbers fill the arrays.
    """
    flow = np.array(q, dtype=float)
    s, b = flow.shape
    numbers = {"eps": 0.1, "eta": 0.25, "sigma": 3.0, "cap": 20.0, "lead": 0, "growth": 0.0, "trend": 0.0} | {
        name: changes.pop(name) for name in ("eps", "eta", "sigma", "cap", "lead", "growth", "trend") if name in changes
    }

    def by(length: int, value: object) -> Array:
        return np.broadcast_to(np.asarray(value, dtype=float), (1, length)).copy()

    fields: dict[str, object] = {
        "product": "ore.metal",
        "suppliers": tuple(f"S{i}" for i in range(s)),
        "buyers": tuple(f"B{j}" for j in range(b)),
        "q": flow,
        "sigma": np.array([numbers["sigma"]], dtype=float),
        "S0": flow.sum(axis=1)[None, :],
        "K": 10.0 * flow.sum(axis=1)[None, :],
        "eps": by(s, numbers["eps"]),
        "D0": flow.sum(axis=0)[None, :],
        "eta": by(b, numbers["eta"]),
        "vcap": by(b, np.log(numbers["cap"])),
        "cover": by(b, cover),
        "lead": np.broadcast_to(np.asarray(numbers["lead"], dtype=np.int64), (s, b)).copy(),
        "inputs": (),
        "yields": np.ones((0, s)),
        "fed_by": np.full((0, s), -1, dtype=np.intp),
        "output_stage": np.full(b, -1, dtype=np.intp),
        "makes": np.full(b, -1, dtype=np.intp),
        "growth": by(b, numbers["growth"]),
        "trend": by(s, numbers["trend"]),
        "links": np.zeros((s, b)),
        "build_lead": np.full(s, 36, dtype=np.int64),
        "effects": tuple(effects),
    }
    return Stage(**(fields | changes))  # type: ignore[arg-type]


def chain_of(
    *stages: Stage, months: int = 24, draws: int = 1, lam: float = 0.0, mu: float = 0.0, **rules: object
) -> Chain:
    """Stages in a row, without habit, long-run demand or investment unless asked for."""
    usual: dict[str, object] = {"investment": False, "long_run_multiple": 1.0}
    habit = {"learning": np.full((1, 1), lam), "reversion": np.full((1, 1), mu)}
    return Chain(stages, Rules(**(usual | habit | rules)), draws, months)  # type: ignore[arg-type]


class Told:
    """A run told month by month: `spot`, `flow` and the like of stage `k` as arrays `(t, ...)` of its first draw."""

    def __init__(self, chain: Chain) -> None:
        self.states: list[State] = [opening(stage, chain.draws) for stage in chain.stages]
        self.worst = 0.0
        self.months: list[list[Outcome]] = []
        before = holdings(self.states)
        for month in range(chain.months):
            outcomes = step(chain, self.states, month)
            kept = [o._replace(stock=o.stock.copy(), used=o.used.copy()) for o in outcomes]
            after = holdings(self.states)
            self.worst = max(self.worst, check(chain, before, after, outcomes, month))
            before = after
            self.months.append(kept)

    def of(self, name: str, k: int = 0) -> Array:
        """An outcome of stage `k` for every month, `(t, ...)`, first draw."""
        return np.array([getattr(month[k], name)[0] for month in self.months])

    def price(self, k: int = 0) -> Array:
        """Price multiples at the buyers' doors, `(t, b)`."""
        return np.exp(self.of("spot", k))


def told(*stages: Stage, **settings: object) -> Told:
    """Run stages as one chain and tell what happened."""
    return Told(chain_of(*stages, **settings))  # type: ignore[arg-type]


def months(first: float, last: float = NEVER, **how: object) -> Profile:
    """At work from month `first` until before month `last`."""
    arrays = {name: np.array([value], dtype=float) for name, value in how.items() if isinstance(value, int | float)}
    texts = {name: value for name, value in how.items() if isinstance(value, str | tuple)}
    return Profile(np.array([float(first)]), np.array([float(last)]), **arrays, **texts)  # type: ignore[arg-type]


def number(value: float) -> Array:
    """A number shared by all draws."""
    return np.array([float(value)])


def pile(share: Sequence[float], target: float, **changes: float) -> Stockpile:
    """A strategic stockpile, full at the start: releases above x1.5 within 6 months, refills below x1.1 within 24."""
    usual = {"initial": target, "release_above": 1.5, "refill_below": 1.1, "release_over": 6.0, "refill_over": 24.0}
    numbers = {name: number(value) for name, value in (usual | changes).items()}
    return Stockpile(share=np.array(share, dtype=float), target=number(target), **numbers)


def outage_price(left: float, eps: float = 0.1, eta: float = 0.25, sigma: float = 3.0) -> float:
    """Price at the door of one buyer when a share `left` of its suppliers remains and none holds stocks.

    left exp(sigma (V - U)) = left exp(eps U) and left exp(eps U) = exp(-eta V): with U = sigma V / (sigma + eps),
    V = -ln(left) / (eta + eps sigma / (sigma + eps)).
    """
    return float(np.exp(-np.log(left) / (eta + eps * sigma / (sigma + eps))))
