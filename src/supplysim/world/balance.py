"""Turns what publishers say about a year, which never adds up, into flows that do.

Trade gives the pattern of a product's flows and the totals give their size. The reconciled flows `x` minimise

    sum_sb KL(x_sb | q_sb) + sum_s KL(sum_b x_sb | made_s) / eps_s + sum_b KL(sum_s x_sb | needed_b) / eta_b

which is the model's own market (see `supplysim.engine.market`) at sigma 1: an elasticity is the inverse of the
confidence in a total, so a publisher's table hardly moves where an assumption gives way. Products are balanced from
upstream to downstream: what plants get of their first input decides what they make, `made = got * yield`, exactly, and
that decides what they need of every other input, which is not moved.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from supplysim.engine.market import Array, Mask
from supplysim.engine.solve import solve_market
from supplysim.errors import Fault, InputError
from supplysim.world.minerals import ANYBODY, Able
from supplysim.world.order import as_balanced
from supplysim.world.records import Fact, Product, Production, Trade, Use

LOOSENESS = {"A": 0.05, "B": 0.2, "derived": 0.4, "C": 1.0, "R": 2.0}
"""How far a total gives way, by its confidence: the elasticity of its margin."""
SCALINGS = 50
"""Rounds of scaling that bring the trade pattern to the size of the totals, so that only mismatches are penalised."""

SHORT = 1e-6
"""Share of its need that a plant may miss of an input, before rounding."""
ROUNDINGS = 20
"""Rounds in which totals that must not move, met within `SHORT` by the solver, are met exactly."""
NO_CEILING = 1e200
"""Price multiple far beyond any that reconciling reaches: prices are mere multipliers here."""
APART = 100.0
"""Log price beyond which figures are not reconciled but replaced; the shipped world's stay below 1."""
TRACE = 1e-9
"""Share of a market below which a link is left out of the pattern."""


@dataclass(frozen=True)
class Side:
    """One total of a market: a supplier's output (`name` its kind) or a buyer's need (`name` a use or a product).

    `amount` is in t a year; a `fixed` total is not moved.
    """

    region: str
    name: str
    amount: float
    fact: Fact
    fixed: bool = False


@dataclass(frozen=True)
class Balanced:
    """A reconciled market: `flow` (supplier, buyer) in t a year; the totals are its sums."""

    product: Product
    suppliers: tuple[Side, ...]
    buyers: tuple[Side, ...]
    flow: Array


def balance_chain(
    products: Sequence[Product],
    production: Sequence[Production],
    use: Sequence[Use],
    trade: Sequence[Trade],
    able: Able = ANYBODY,
) -> tuple[Balanced, ...]:
    """Reconcile the products of minerals that hang together; returned in the order in which they were balanced.

    `able(product, user, region)` says whether a user may be fed from a region.
    """
    made: dict[tuple[str, str], float] = {}
    done = []
    for product in as_balanced(products)[0]:
        suppliers = _suppliers(product, production, made)
        buyers = _buyers(product, products, production, use, made)
        rows = [row for row in trade if row.product == product.id]
        pairs = [[able(product.id, buyer.name, supplier.region) for buyer in buyers] for supplier in suppliers]
        flow = _named(product, suppliers, buyers, rows, np.array(pairs, dtype=bool))
        balanced = Balanced(product, suppliers, buyers, flow)
        made |= _made(balanced, products)
        done.append(balanced)
    return tuple(done)


def _named(
    product: Product, suppliers: Sequence[Side], buyers: Sequence[Side], trade: Sequence[Trade], able: Mask
) -> Array:
    """`reconcile`, with the product's name in its complaints."""
    try:
        return reconcile(suppliers, buyers, trade, able)
    except InputError as error:
        named = [replace(fault, message=f"{product.id}: {fault.message}") for fault in error.faults]
        raise InputError(
            [
                fault if fault.place else replace(fault, place=f"{product.place}:1" if product.place else "")
                for fault in named
            ]
        ) from None


def reconcile(
    suppliers: Sequence[Side], buyers: Sequence[Side], trade: Sequence[Trade], able: Mask | None = None
) -> Array:
    """The flows (supplier, buyer) that fit the totals and the trade best; known trade is held as it is.

    Pairs that are not `able` (supplier, buyer) trade nothing.
    """
    able = np.ones((len(suppliers), len(buyers)), dtype=bool) if able is None else able
    known = _spread([row for row in trade if row.known], suppliers, buyers, able)
    amounts = np.array([side.amount for side in suppliers]), np.array([side.amount for side in buyers])
    made = np.maximum(amounts[0] - known.sum(axis=1), 0.0)
    needed = np.maximum(amounts[1] - known.sum(axis=0), 0.0)
    free = [row for row in trade if not row.known]
    pattern = _scaled(_pattern(suppliers, buyers, free, made, needed, able) * (known == 0), made, needed)
    s, b = pattern.sum(axis=1) > 0, pattern.sum(axis=0) > 0
    flow = np.zeros_like(pattern)
    if s.any():
        flow[np.ix_(s, b)] = _project(
            pattern[np.ix_(s, b)], made[s], needed[b],
            np.array([_looseness(side) for side in suppliers])[s], np.array([_looseness(side) for side in buyers])[b],
        )  # fmt: skip
    fixed = np.array([side.fixed for side in suppliers], dtype=bool)
    _check_known(suppliers, known, fixed)
    due = np.array([side.fixed for side in buyers], dtype=bool)
    _check_due(buyers, needed, due, flow, known)
    for _ in range(1 + ROUNDINGS * bool(due.any())):
        flow *= np.where(due, _ratio(needed, flow.sum(axis=0)), 1.0)
        flow *= np.where(fixed, _ratio(made, flow.sum(axis=1)), 1.0)[:, None]
    return flow + known


def _check_due(buyers: Sequence[Side], needed: Array, due: Mask, flow: Array, known: Array) -> None:
    """What plants need beside their first input has to be there."""
    for side, need, stuck, got, held in zip(buyers, needed, due, flow.sum(axis=0), known.sum(axis=0), strict=True):
        if stuck and (abs(got - need) > SHORT * side.amount or held > (1.0 + SHORT) * side.amount):
            raise InputError(
                Fault(f"the plants of {side.region} that make {side.name} need {side.amount:,.0f} t beside their first "
                      f"input, and {got + held:,.0f} t can be had", place=side.fact.spot)
            )  # fmt: skip


def _check_known(suppliers: Sequence[Side], known: Array, fixed: Mask) -> None:
    """Plants cannot sell more on known links than their balanced input lets them make."""
    for side, held, stuck in zip(suppliers, known.sum(axis=1), fixed, strict=True):
        if stuck and held > side.amount:
            raise InputError(
                Fault(f"known trade of {held:,.0f} t exceeds the {side.amount:,.0f} t that the plants' balanced input "
                      "allows", place=side.fact.spot)
            )  # fmt: skip


def _looseness(side: Side) -> float:
    return 0.0 if side.fixed else LOOSENESS[side.fact.confidence]


def _suppliers(
    product: Product, production: Sequence[Production], made: dict[tuple[str, str], float]
) -> tuple[Side, ...]:
    """Who makes a product; plants make what their input, balanced before, allows."""
    rows = [row for row in production if row.product == product.id and row.output > 0]
    return tuple(
        Side(row.region, row.kind, made.get((product.id, row.region), 0.0), row.fact, fixed=True)
        if row.kind == "plant"
        else Side(row.region, row.kind, row.output, row.fact)
        for row in rows
        if row.kind != "plant" or made.get((product.id, row.region), 0.0) > 0
    )


def _buyers(
    product: Product,
    products: Sequence[Product],
    production: Sequence[Production],
    use: Sequence[Use],
    made: dict[tuple[str, str], float],
) -> tuple[Side, ...]:
    """Who needs a product: final use, then the plants that process it; where it is not their first input, exactly what
    goes with that."""
    final = [Side(row.region, row.user, row.use, row.fact) for row in use if row.product == product.id and row.use > 0]
    yields = {p.id: p.yield_ for p in products if p.input == product.id}
    plants = [
        Side(row.region, row.product, row.output / yields[row.product], row.fact)
        for row in production
        if row.kind == "plant" and row.product in yields and row.output > 0
    ]
    beside = {p.id: each.yield_ for p in products for each in p.more if each.product == product.id}
    plants += [
        Side(row.region, row.product, made[row.product, row.region] / beside[row.product], row.fact, fixed=True)
        for row in production
        if row.kind == "plant" and row.product in beside and made.get((row.product, row.region), 0.0) > 0
    ]
    return (*final, *plants)


def _made(balanced: Balanced, products: Sequence[Product]) -> dict[tuple[str, str], float]:
    yields = {p.id: p.yield_ for p in products if p.input == balanced.product.id}
    got = balanced.flow.sum(axis=0)
    return {
        (buyer.name, buyer.region): float(amount) * yields[buyer.name]
        for buyer, amount in zip(balanced.buyers, got, strict=True)
        if buyer.name in yields
    }


def _spread(trade: Sequence[Trade], suppliers: Sequence[Side], buyers: Sequence[Side], able: Mask) -> Array:
    """Trade between regions, spread over each region's suppliers and those of its buyers that may take it, by size."""
    flow = np.zeros((len(suppliers), len(buyers)))
    for row in trade:
        pattern = np.outer(_shares(suppliers, row.origin), _shares(buyers, row.destination))
        if (pattern[~able] > 0).any():
            pattern = np.where(able, pattern, 0.0) / pattern[able].sum()
        flow += row.flow * pattern
    return flow


def _shares(sides: Sequence[Side], region: str) -> Array:
    amounts = np.array([side.amount if side.region == region else 0.0 for side in sides])
    total = amounts.sum()
    return np.asarray(amounts / total) if total > 0 else amounts


def _pattern(
    suppliers: Sequence[Side], buyers: Sequence[Side], trade: Sequence[Trade], made: Array, needed: Array, able: Mask
) -> Array:
    """The reference flows: exports no larger than output, what is left sold at home.

    A supplier without any outlet sells to all buyers by their size, and a buyer without any source buys likewise.
    """
    flow = _spread(trade, suppliers, buyers, able)
    exports = flow.sum(axis=1)
    flow *= np.minimum(1.0, _ratio(made, exports))[:, None]
    left = np.maximum(made - flow.sum(axis=1), 0.0)
    for i, supplier in enumerate(suppliers):
        home = needed * [buyer.region == supplier.region for buyer in buyers] * able[i]
        if home.sum() > 0:
            flow[i] += min(left[i], home.sum()) * home / home.sum()
    lost = (flow.sum(axis=1) <= 0) & (made > 0)
    flow[lost] = needed * able[lost]
    dry = (flow.sum(axis=0) <= 0) & (needed > 0)
    flow[:, dry] = made[:, None] * able[:, dry]
    flow[made <= 0], flow[:, needed <= 0] = 0.0, 0.0
    return flow


def _scaled(flow: Array, made: Array, needed: Array) -> Array:
    """Rows and columns scaled towards the totals, both sides giving way alike; traces are dropped."""
    for _ in range(SCALINGS):
        flow = flow * np.sqrt(_ratio(made, flow.sum(axis=1))[:, None] * _ratio(needed, flow.sum(axis=0)))
    return np.where(flow > TRACE * flow.sum(), flow, 0.0)


def _ratio(wanted: Array, present: Array) -> Array:
    """wanted / present, and 1 where nothing is present."""
    return np.asarray(np.where(present > 0, wanted / np.where(present > 0, present, 1.0), 1.0))


def _project(pattern: Array, made: Array, needed: Array, eps: Array, eta: Array) -> Array:
    apart = (
        f"output of {made.sum():,.0f} t and use of {needed.sum():,.0f} t, with the trade stated, are too far apart "
        "to be reconciled"
    )
    try:
        solved = solve_market(
            pattern,
            sigma=1.0,
            supply_elasticity=eps,
            demand_elasticity=eta,
            supply_scale=made / pattern.sum(axis=1),
            demand_scale=needed / pattern.sum(axis=0),
            price_cap=NO_CEILING,
        )
    except ValueError:  # figures that may not move leave no solution
        raise InputError(apart) from None
    if max(np.abs(solved.log_supplier_price).max(), np.abs(solved.log_buyer_price).max()) > APART:
        raise InputError(apart)
    return solved.flow
