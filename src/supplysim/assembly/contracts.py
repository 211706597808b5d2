"""Contracts and projects as effects."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from supplysim.assembly.inputs import Inputs
from supplysim.assembly.nodes import Node, Nodes
from supplysim.assembly.stages import capacity_of
from supplysim.engine.market import Array
from supplysim.engine.policy import Capacity, Effect, EquityShare, Offtake, Option, PriceTerms
from supplysim.engine.profile import NEVER, Profile
from supplysim.errors import Fault, InputError
from supplysim.world import World

Effects = dict[str, tuple[Effect, ...]]
_NO_BUYER = "has no plants or users that buy"


def contract_links(nodes: Mapping[str, Nodes], inputs: Inputs) -> dict[str, tuple[int, tuple[tuple[int, int], ...]]]:
    """The stage and the links `(s, b)` that each contract with a flow runs on, by contract id."""
    links: dict[str, tuple[int, tuple[tuple[int, int], ...]]] = {}
    order = list(nodes)
    contracts: Mapping[str, Any] = inputs.scenario.contracts
    for name, contract in contracts.items():
        if contract.kind == "no_flow":
            continue
        mine = nodes[contract.product]
        try:
            supplier = mine.primary(contract.from_)
        except InputError as error:
            raise _fault(inputs, f"contracts.{name}.from", str(error)) from None
        buyers = mine.buyers_in(contract.to, supplier)
        if not buyers and mine.buyers_in(contract.to):
            text = f"{contract.from_} does not qualify for what {contract.to} uses {contract.product} for"
            raise _fault(inputs, f"contracts.{name}.to", text)
        new = any(not mine.buyers[j].uses and mine.q[:, j].sum() == 0 for j, _ in buyers)
        if not buyers or not (new or mine.q[:, [j for j, _ in buyers]].sum() > 0):
            raise _fault(inputs, f"contracts.{name}.to", f"{contract.to} {_NO_BUYER} {contract.product}")
        links[name] = (order.index(contract.product), tuple((supplier, j) for j, _ in buyers))
    return links


def contract_effects(world: World, nodes: Mapping[str, Nodes], inputs: Inputs) -> Effects:
    """What the scenario's contracts do, by product."""
    effects: Effects = {}
    for name, (_, links) in contract_links(nodes, inputs).items():
        contract: Any = inputs.scenario.contracts[name]
        path = f"contracts.{name}"
        mine = nodes[contract.product]
        supplier = links[0][0]
        added = _added_capacity(world, nodes, inputs, path, contract.product, supplier)
        during = _during(inputs, path)
        for j, share in mine.buyers_in(contract.to, supplier):
            listed = added.setdefault(contract.product, [])
            listed.append(_delivery(inputs, path, contract.kind, supplier, j, share, during))
            listed += _price_terms(world, inputs, path, contract, supplier, j, share, during)
        for product, extra in added.items():
            effects[product] = effects.get(product, ()) + tuple(extra)
    return effects


def offer_effects(world: World, mine: Nodes, inputs: Inputs, path: str, offer: Any, during: Profile) -> list[Effect]:
    """What a rival's offer does while it stands: what a contract of its terms would.

    Raises `InputError` for a supplier that makes none or less than the offer asks for, and a taker that buys none.
    """
    (product,), (seller,), (taker,) = offer.product, offer.from_, offer.to
    try:
        supplier = mine.primary(seller)
    except InputError as error:
        raise _fault(inputs, f"{path}.from", str(error)) from None
    _check_volume(mine, inputs, path, product, supplier)
    buyers = mine.buyers_in(taker, supplier)
    if not buyers:
        raise _fault(inputs, f"{path}.to", f"{taker} {_NO_BUYER} {product}")
    effects: list[Effect] = []
    for j, share in buyers:
        effects.append(_delivery(inputs, path, offer.terms, supplier, j, share, during))
        effects += _price_terms(world, inputs, path, offer, supplier, j, share, during)
    return effects


def project_effects(world: World, nodes: Mapping[str, Nodes], inputs: Inputs) -> Effects:
    """What announced projects add, by product."""
    effects: Effects = {}
    for name, project in inputs.scenario.projects.items():
        path = f"projects.{name}"
        supplier = nodes[project.product].primary(project.region)
        size = inputs.at(f"{path}.size") / 12.0
        built = _capacity(world, nodes, inputs, project.product, supplier, size, _opening(inputs, path))
        for product, extra in built.items():
            effects[product] = effects.get(product, ()) + tuple(extra)
    return effects


def _opening(inputs: Inputs, path: str) -> Profile:
    """From first output on, for good: what is built stays when support or contract end."""
    start = np.floor(inputs.month(f"{path}.starts") + inputs.at(f"{path}.delay", 0.0))
    return Profile(start, np.full(1, float(NEVER)), ramp=inputs.at(f"{path}.ramp", 0.0),
                   happens=inputs.happens(f"{path}.realised"))  # fmt: skip


def _during(inputs: Inputs, path: str) -> Profile:
    """From first delivery to the end of the term or of support, whichever is first."""
    opening = _opening(inputs, path)
    stop = opening.start + inputs.at(f"{path}.term", float(NEVER))
    if inputs.has(f"{path}.support_ends"):
        stop = np.minimum(stop, inputs.month(f"{path}.support_ends"))
    return Profile(opening.start, stop, ramp=opening.ramp, happens=opening.happens)


def _added_capacity(world: World, nodes: Mapping[str, Nodes], inputs: Inputs, path: str, product: str, supplier: int
                    ) -> dict[str, list[Effect]]:  # fmt: skip
    size = inputs.at(f"{path}.new_capacity", 0.0) / 12.0
    return _capacity(world, nodes, inputs, product, supplier, size, _opening(inputs, path)) if (size > 0).any() else {}


def _capacity(
    world: World, nodes: Mapping[str, Nodes], inputs: Inputs, product: str, supplier: int, size: Array, profile: Profile
) -> dict[str, list[Effect]]:
    """New capacity, and for a plant the ties over which it buys its input (an assumption): first what mines that the
    scenario adds at home can give it, and what contracts bring; of the rest, what the region's plants buy already or,
    where there are none, half at home where it is made and half from the world in proportion to what it makes."""
    node = nodes[product].suppliers[supplier]
    offered, tied = sales_pattern(nodes[product], supplier), _taken_at_home(world, inputs, product, node.region)
    added = np.maximum(_new_ore(inputs, product, node.region)[0], 1e-300)
    whole = Capacity(supplier, size, profile, share=offered, tied=size * np.minimum(tied / added, 1.0))
    effects: dict[str, list[Effect]] = {product: [whole]}
    for each in world.base[product].product.recipe if node.role == "plant" else ():
        effects[each.product] = _feed(nodes[each.product], inputs, node, product, size / each.yield_, profile)
    return effects


def _feed(upstream: Nodes, inputs: Inputs, node: Node, product: str, needed: Array, profile: Profile) -> list[Effect]:
    """The ties over which a new plant buys `needed` t a month of one of its inputs."""
    buyer = upstream.buyers.index(Node(node.region, product))
    added, sold, brought = _new_ore(inputs, upstream.product, node.region)
    own = np.minimum(np.maximum(added - sold, 0.0), needed)
    rest = np.maximum(needed - own - brought, 0.0)
    ties = _usual_ties(upstream, buyer)
    effects: list[Effect] = [Option(i, buyer, rest * tie, profile) for i, tie in enumerate(ties) if tie > 0]
    if (own > 0).any():
        effects.append(Option(upstream.primary(node.region), buyer, own, profile))
    return effects


def sales_pattern(mine: Nodes, supplier: int) -> Array:
    """Shares of buyers in a supplier's output, as of the base year; for a new one, scrap stays at home as far as the
    region buys, and anything else goes to the world as it buys (assumptions)."""
    sold, bought = mine.q[supplier], mine.q.sum(axis=0) * mine.able[supplier]
    if sold.sum() > 0:
        return np.asarray(sold / sold.sum())
    node = mine.suppliers[supplier]
    home = np.array([buyer.region == node.region for buyer in mine.buyers]) * bought
    pattern = home if node.role == "recycling" and home.sum() > 0 else bought
    return np.asarray(pattern / pattern.sum())


def _taken_at_home(world: World, inputs: Inputs, product: str, region: str) -> Array:
    """What new plants at home are tied to take of a product's new capacity, `(d,)` in tonnes a month."""
    added, sold, _ = _new_ore(inputs, product, region)
    makers = [(p, each) for p, m in world.base.items() for each in m.product.recipe if each.product == product]
    needed = sum((_new_ore(inputs, p, region)[0] / each.yield_ for p, each in makers), np.zeros(1))
    return np.asarray(np.minimum(np.maximum(added - sold, 0.0), needed))


def _usual_ties(upstream: Nodes, buyer: int) -> Array:
    """Shares of suppliers in what a plant buys, as of the base year or, for a region's first plant, assumed."""
    bought, made = upstream.q[:, buyer], upstream.q.sum(axis=1) * upstream.able[:, buyer]
    if bought.sum() > 0:
        return np.asarray(bought / bought.sum())
    home = np.array([s.region == upstream.buyers[buyer].region for s in upstream.suppliers]) * made
    return np.asarray(made / made.sum() if home.sum() == 0 else 0.5 * home / home.sum() + 0.5 * made / made.sum())


def _new_ore(inputs: Inputs, product: str, region: str) -> tuple[Array, Array, Array]:
    """What the scenario adds to a region's capacity, and what its contracts take from there and bring to it; `(d,)`
    in tonnes a month."""
    added, sold, brought = np.zeros(1), np.zeros(1), np.zeros(1)
    for name, project in inputs.scenario.projects.items():
        if (project.product, project.region) == (product, region):
            added = added + inputs.at(f"projects.{name}.size") / 12.0
    for name, contract in inputs.scenario.contracts.items():
        if contract.kind == "no_flow" or contract.product != product:
            continue
        volume = inputs.at(f"contracts.{name}.volume", 0.0) / 12.0
        if contract.from_ == region:
            added = added + inputs.at(f"contracts.{name}.new_capacity", 0.0) / 12.0
            sold = sold + volume
        elif contract.to == region:
            brought = brought + volume
    return added, sold, brought


def _delivery(inputs: Inputs, path: str, kind: str, supplier: int, buyer: int, share: float, during: Profile) -> Effect:
    if kind == "equity":
        most = inputs.at(f"{path}.volume", float("inf")) / 12.0 * share
        return EquityShare(supplier, buyer, inputs.at(f"{path}.share") * share, during, most)
    volume = inputs.at(f"{path}.volume") / 12.0 * share
    return Option(supplier, buyer, volume, during) if kind == "option" else Offtake(supplier, buyer, volume, during)


def _price_terms(
    world: World, inputs: Inputs, path: str, deal: Any, supplier: int, buyer: int, share: float, during: Profile
) -> list[Effect]:
    """What a contract or offer makes its buyer pay, where that is not simply the spot price."""
    one, product = np.ones(1), deal.product if isinstance(deal.product, str) else deal.product[0]
    base = inputs.at(f"minerals.{product}.price", world.base[product].product.price)
    fixed = deal.price.index == "fixed"
    if not (fixed or inputs.has(f"{path}.price.floor")):
        return []
    low = np.maximum(inputs.at(f"{path}.price.floor", 0.0) / base, one if fixed else 0.0)
    volume = inputs.at(f"{path}.volume", 0.0) / 12.0 * share
    volume = np.where(volume > 0, volume, np.inf) if deal.kind == "equity" else volume
    return [PriceTerms(supplier, buyer, volume, low, np.maximum(low, one) if fixed else np.full(1, np.inf), during)]


def check_volumes(nodes: Mapping[str, Nodes], inputs: Inputs) -> None:
    """Raises `InputError` for a contract beyond what its supplier can ever make, all other deals included."""
    for name, (_, links) in contract_links(nodes, inputs).items():
        contract: Any = inputs.scenario.contracts[name]
        if contract.kind != "equity":
            _check_volume(nodes[contract.product], inputs, f"contracts.{name}", contract.product, links[0][0])


def _check_volume(mine: Nodes, inputs: Inputs, path: str, product: str, supplier: int) -> None:
    """A contract or offer beyond what its supplier can ever make is a mistake, not a shortage."""
    region = mine.suppliers[supplier].region
    projects = [
        inputs.at(f"projects.{k}.size")
        for k, project in inputs.scenario.projects.items()
        if project.product == product and project.region == region
    ]
    own = [
        inputs.at(f"contracts.{k}.new_capacity", 0.0)
        for k, other in inputs.scenario.contracts.items()
        if other.kind != "no_flow" and other.product == product and other.from_ == region
    ]
    able = np.asarray(capacity_of(mine, inputs)[:, supplier] * 12.0 + sum(projects) + sum(own))
    volume, able = np.broadcast_arrays(inputs.at(f"{path}.volume"), able)
    worst = int(np.argmax(volume - able))
    if volume[worst] > able[worst] * (1 + 1e-9):
        most = f"{region} can ever make of {product} ({able[worst]:,.0f} t/yr)"
        text = f"{volume[worst]:,.0f} t/yr is more than {most}"
        raise _fault(inputs, f"{path}.volume", f"{text}; add new_capacity or a project")


def _fault(inputs: Inputs, path: str, message: str) -> InputError:
    return InputError(Fault(message, place=inputs.place(path), path=path))
