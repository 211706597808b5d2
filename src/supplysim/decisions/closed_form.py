"""What a loss would cost without time: one price for all, no stocks, nothing learned.

A market that loses the share `l` of its supply clears at `P = (1 - l)^(-1 / (eps + eta))`, where users take
`P^(-eta)` of what they took; the price stops at the ceiling, and then they get what is there. It ranks losses by
concentration alone: what the simulation ranks otherwise, it does because of time.
"""

from __future__ import annotations

from collections.abc import Sequence

from supplysim.decisions.contingency import Contingency
from supplysim.scenario import Scenario
from supplysim.world import World


def unmet_share(loss: float, supply: float, demand: float, ceiling: float) -> float:
    """The share of demand that goes without when the share `loss` of supply is gone; elasticities both above 0."""
    if loss <= 0:
        return 0.0
    price = ceiling if loss >= 1 else min((1.0 - loss) ** (-1.0 / (supply + demand)), ceiling)
    return float(1.0 - min(price**-demand, (1.0 - min(loss, 1.0)) * price**supply))


def closed_form(world: World, scenario: Scenario, contingency: Contingency, consumers: Sequence[str]) -> float:
    """The base-price value of what consumers' final users go without, in USD."""
    total = 0.0
    short = {product: _unmet(world, scenario, contingency, product) for product in contingency.products}
    for final, market in world.base.items():
        upstream = [share for product, share in short.items() if product in _made_of(world, final)]
        if upstream:
            use = sum(b.requirement for b in market.buyers if b.user not in world.base and b.region in consumers)
            total += use * market.product.price * max(upstream)
    return total * max(contingency.lasts, 0) / 12.0


def _unmet(world: World, scenario: Scenario, contingency: Contingency, product: str) -> float:
    path = f"minerals.{product}"
    supply, demand = (float(scenario.values[f"{path}.{side}.elasticity"]) for side in ("supply", "demand"))
    ceiling = float(scenario.values["model.price_ceiling"])
    return unmet_share(_lost(world, contingency, product), supply, demand, ceiling)


def _lost(world: World, contingency: Contingency, product: str) -> float:
    """The share of supply that is gone for the buyers concerned."""
    market = world.base[product]
    trade, output = market.trade(), market.output()
    gone = output.get(contingency.region, 0.0)
    whole = sum(output.values())
    if contingency.kind in ("export ban", "import ban"):
        home = trade.get((contingency.region, contingency.region), 0.0)
        gone, whole = gone - home, whole - sum(t for (_, b), t in trade.items() if b == contingency.region)
    return contingency.severity * gone / whole if whole > 0 else 0.0


def _made_of(world: World, product: str) -> set[str]:
    """A product and everything upstream of it."""
    found, left = set[str](), [product]
    while left:
        name = left.pop()
        if name not in found:
            found.add(name)
            left += [ingredient.product for ingredient in world.base[name].product.recipe]
    return found
