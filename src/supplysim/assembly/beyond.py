"""Which markets a scenario itself asks the price ceiling of: it takes away more than their users would ever give up.

Users who give up `1 - exp(-eta h(ln ceiling))` of their demand stand at the ceiling (docs/model.md). A market is *asked
for the ceiling* where events take away that much of what its buyers customarily get, at the elasticity that a tenth of
the draws lies below: in these draws demand alone could not clear it, and stocks, other suppliers and time, which the
rule leaves out, would have to. What a plant loses of an input it cannot sell. There a price at the ceiling is the
scenario's doing and not a fault of the world.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from supplysim.assembly.chain import Assembly
from supplysim.assembly.inputs import Inputs
from supplysim.engine.market import Array, demand_at
from supplysim.engine.policy import Ban, Levers, Outage
from supplysim.engine.stage import Stage

INELASTIC = 0.1
"""The quantile of the demand elasticity over draws at which the rule is read."""


class Taken(NamedTuple):
    """What events take away from a region's purchases of a product in the worst month (at the median over draws), and
    the most that its users would give up below the ceiling; shares of one. `month` counts from the run's start."""

    share: float
    limit: float
    month: int

    @property
    def asks(self) -> bool:
        """Whether the scenario asks this market for the ceiling."""
        return self.share > self.limit


NOTHING = Taken(0.0, 1.0, 0)
"""Of a market that no event touches."""


def taken(built: Assembly, inputs: Inputs) -> Mapping[tuple[str, str], Taken]:
    """By product and region, for every market that a ban, a licence or an outage of the scenario touches, itself or
    through what its plants are fed with."""
    stages, touched = built.chain.stages, [False] * len(built.chain.stages)
    lost: list[Array] = []
    found = {}
    for k, (product, nodes) in enumerate(built.nodes.items()):
        stage = stages[k]
        touched[k] = any(isinstance(e, Ban | Outage) for e in stage.effects) or any(touched[i] for i in stage.inputs)
        if not touched[k]:
            lost.append(np.zeros((built.chain.months, 1, len(stage.buyers))))
            continue
        lost.append(share_taken(stage, inputs.draws, built.chain.months, [lost[i] for i in stage.inputs]))
        usual, limit = np.median(lost[k], axis=1), most_given_up(stage, inputs)
        for region in dict.fromkeys(node.region for node in nodes.buyers):
            share = np.zeros(built.chain.months)
            for j, part in nodes.buyers_in(region):
                share += usual[:, j] * part
            if share.max() > 0:
                found[product, region] = Taken(float(share.max()), limit, int(share.argmax()))
    return found


def share_taken(stage: Stage, draws: int, months: int, lost: Sequence[Array] = ()) -> Array:
    """Share of each buyer's base-year purchases that bans, licences and outages take away, `(months, draws, buyers)`.

    `lost` is the same for each of the stage's inputs: a plant makes no more than what is left of the scarcest allows.
    """
    bought = np.maximum(stage.q.sum(axis=0), 1e-300)
    out = np.zeros((months, draws, stage.q.shape[1]))
    for month in range(months):
        levers = _bare(stage, draws, month)
        for effect in stage.effects:
            level = effect.profile.at(month)
            if isinstance(effect, Ban | Outage) and level.any():
                effect.apply(levers, np.broadcast_to(level, (draws,)))
        able = np.minimum(levers.K / np.maximum(levers.S0, 1e-300), 1.0)
        for part, fed_by in zip(lost, stage.fed_by, strict=True):
            able[:, fed_by >= 0] = np.minimum(able[:, fed_by >= 0], 1.0 - part[month][:, fed_by[fed_by >= 0]])
        allowed = 1.0 if levers.allowed is None else np.minimum(levers.allowed, 1.0)
        out[month] = 1.0 - (stage.q * able[:, :, None] * allowed).sum(axis=1) / bought
    return np.where(stage.q.sum(axis=0) > 0, out, 0.0)


def most_given_up(stage: Stage, inputs: Inputs) -> float:
    """Share of demand that users give up at the ceiling, at the elasticity that a tenth of the draws lies below."""
    values = inputs.scenario.values
    eta = np.full((1, 1), np.quantile(stage.eta, INELASTIC))
    top = np.full((1, 1), np.log(float(values["model.price_ceiling"])))
    return 1.0 - float(demand_at(np.ones((1, 1)), eta, top, float(values["model.demand_curvature"]))[0, 0])


def _bare(stage: Stage, draws: int, month: int) -> Levers:
    s, b = stage.q.shape
    return Levers(
        draws=draws, month=month, q=stage.q, K=np.broadcast_to(stage.K, (draws, s)).copy(),
        S0=np.broadcast_to(stage.S0, (draws, s)).copy(), D0=np.zeros((draws, b)), vcap=np.zeros((draws, b)),
        eager=np.zeros((draws, b)), grown=np.ones((draws, b)), added=np.zeros((draws, s)),
    )  # fmt: skip
