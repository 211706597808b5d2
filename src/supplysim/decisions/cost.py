"""What stocks and contracts cost, from what was simulated: net present, USD, by draw."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from supplysim.assembly import Assembly, Inputs
from supplysim.engine.history import History
from supplysim.engine.market import Array


def present(months: int, discount: float) -> Array:
    """What a dollar of each month is worth at the start, `(t,)`, at a discount a year."""
    return np.asarray((1.0 + discount) ** (-np.arange(months) / 12.0))


def annuity(months: int, discount: float) -> float:
    """What a dollar a year, paid month by month, is worth at the start."""
    return float(present(months, discount).sum() / 12.0)


def stock_costs(
    part: Assembly, histories: list[History], price: Mapping[str, float], discount: float
) -> dict[tuple[str, str], Array]:
    """Strategic stocks by region and product: what was bought at the month's delivered price, less what was sold at it
    and what the stock is worth at the end. What is held at the start is bought at the base price.

    Rent, insurance and what spoils are left out; money tied up is what the discount says it costs.
    """
    found: dict[tuple[str, str], Array] = {}
    for (product, nodes), stage, history in zip(part.nodes.items(), part.chain.stages, histories, strict=True):
        worth = present(len(history.delivered), discount)[:, None]
        for pile in stage.stockpiles:
            buyers = np.flatnonzero(pile.share > 0)
            if not len(buyers):
                continue
            key = (nodes.buyers[buyers[0]].region, product)
            held = history.monthly["reserve"][:, :, buyers].sum(axis=2)
            paid = history.delivered[:, :, buyers] @ (pile.share[buyers] / pile.share[buyers].sum())
            first = np.broadcast_to(pile.initial, held.shape[1:])
            bought = np.diff(held, axis=0, prepend=first[None])
            spent = first + (worth * bought * paid).sum(axis=0) - worth[-1] * held[-1] * paid[-1]
            found[key] = spent * price[product]
    return found


def contract_premiums(
    part: Assembly, histories: list[History], inputs: Inputs, price: Mapping[str, float], discount: float
) -> dict[str, Array]:
    """What the terms of each contract pay above what its buyer pays on average for the same tonnes; negative where
    they pay less."""
    found: dict[str, Array] = {}
    contracts: Mapping[str, Any] = inputs.scenario.contracts
    products = list(part.nodes)
    for name, (place, links) in part.contract_links.items():
        terms = contracts[name].price
        history, base = histories[place], price[products[place]]
        flow = np.sum([history.watched[link] for link in links], axis=0)
        spot = np.mean([history.delivered[:, :, b] for _, b in links], axis=0)
        low = terms.floor / base if terms.floor is not None else 0.0
        agreed = np.ones_like(spot) if terms.index == "fixed" else spot
        volume = inputs.at(f"contracts.{name}.volume", np.inf) / 12.0
        worth = present(len(flow), discount)[:, None]
        found[name] = (worth * np.minimum(flow, volume) * (np.maximum(agreed, low) - spot)).sum(axis=0) * base
    return found
