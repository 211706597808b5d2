"""A product's nodes and a block's inputs become a `Stage`, without any policy yet."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial

import numpy as np

from supplysim.assembly.growth import Growth
from supplysim.assembly.inputs import Inputs
from supplysim.assembly.nodes import BUILD_LEAD, Node, Nodes
from supplysim.engine.market import Array
from supplysim.engine.stage import Rules, Stage, Stockpile
from supplysim.errors import Fault, InputError
from supplysim.world import World
from supplysim.world.records import Ingredient


def bare_stage(
    world: World, nodes: Mapping[str, Nodes], product: str, inputs: Inputs, growth: Growth | None = None
) -> Stage:
    """The stage of a product as the base year and the block's draws have it; `growth` is none where nothing grows.

    Raises `InputError` where the scenario sets a value of a region that has no part in the product.
    """
    _check_regions(nodes[product], inputs)
    mine, market, path = nodes[product], world.base[product], f"minerals.{product}"
    scale = _each(mine.suppliers, lambda node: inputs.at(f"{path}.supply.{node.region}.scale", 1.0))
    grown = _each(mine.buyers, lambda node: inputs.at(f"{path}.demand.{node.region}.scale", 1.0))
    made, bought = mine.q.sum(axis=1), mine.q.sum(axis=0)
    index, host = list(nodes), _host(world, nodes, product)
    outputs = [-1 if node.uses else index.index(node.role) for node in mine.buyers]
    use = np.array([node.uses for node in mine.buyers])
    return Stage(
        product=product,
        suppliers=tuple(map(str, mine.suppliers)),
        buyers=tuple(map(str, mine.buyers)),
        q=mine.q,
        sigma=inputs.at(f"{path}.trade.sigma"),
        S0=made * scale,
        K=capacity_of(mine, inputs) * scale,
        eps=_supply_elasticity(mine, path, inputs, market.scrap.median / market.supply.median if market.scrap else 1.0),
        D0=bought * np.where(use, grown, 1.0),
        eta=np.repeat(inputs.at(f"{path}.demand.elasticity")[:, None], len(mine.buyers), axis=1),
        vcap=np.repeat(np.log(inputs.at("model.price_ceiling"))[:, None], len(mine.buyers), axis=1),
        cover=_each(mine.buyers, lambda node: _cover(node, mine, path, inputs)),
        lead=_lead(world, mine, path, inputs),
        inputs=tuple(index.index(each.product) for each in market.product.recipe),
        yields=_by_input(mine, market.product.recipe, lambda node, each: each.yield_ if node.role == "plant" else 1.0),
        fed_by=_by_input(mine, market.product.recipe, partial(_feeder, nodes, mine)).astype(np.intp),
        output_stage=np.array(outputs, dtype=np.intp),
        makes=_makes(nodes, mine),
        growth=growth.use if growth else np.zeros((1, len(mine.buyers))),
        trend=growth.supply if growth else np.zeros((1, len(mine.suppliers))),
        term_share=float(inputs.at(f"{path}.trade.term_share", 1.0)[0]),
        tenor=float(inputs.at(f"{path}.trade.tenor", 24.0)[0]),
        links=_gravity(mine, float(inputs.scenario.values["model.new_links.gravity"])),
        build_lead=np.array([BUILD_LEAD[node.role] for node in mine.suppliers], dtype=np.int64),
        stockpiles=tuple(_stockpiles(mine, product, inputs)),
        host_stage=index.index(host) if host else -1,
        host=_hosted(world, nodes, mine, host),
        worth=_worth(world, mine, bool(inputs.scenario.values["model.break_even"])),
    )


def with_stocking(stages: Mapping[str, Stage]) -> dict[str, Stage]:
    """The stages with what stocks and cargo that grow with use take of supply, so that a world in balance stays in it.

    Where use grows by `g` a month, stocks and cargo of `n` months of it take `g n` of it; and so do those of all that
    is made of the product.
    """
    found: dict[str, Stage] = {}
    names = list(stages)
    for product in reversed(names):
        stage = stages[product]
        taken = (stage.growth * (stage.cover * stage.D0 + (stage.q * stage.lead).sum(axis=-2))).sum(axis=-1)
        for j in np.flatnonzero(stage.makes >= 0):
            taken = taken + found[names[stage.output_stage[j]]].stocking[:, 0] * stage.q[:, j].sum()
        share = taken / max(float(stage.q.sum()), 1e-300)
        found[product] = replace(stage, stocking=np.repeat(share[:, None], len(stage.suppliers), axis=1))
    return {product: found[product] for product in names}


def _check_regions(mine: Nodes, inputs: Inputs) -> None:
    """A value of a region that neither makes nor buys the product would change nothing: a mistake, not a wish."""
    sells = {node.region for node in mine.suppliers}
    buys = {node.region for node in mine.buyers}
    uses = {node.region for node in mine.buyers if node.uses}
    parts = {"supply": (sells, "makes no"), "demand": (uses, "has no final use of"), "stocks": (buys, "buys no")}
    changes = [path for path in inputs.changes if path.startswith(f"minerals.{mine.product}.")]
    for side, (regions, words) in parts.items():
        head = f"minerals.{mine.product}.{side}."
        for path in changes:
            region, _, field = path.removeprefix(head).partition(".")
            if path.startswith(head) and field and region not in regions:
                text = f"{region} {words} {mine.product}, so this would change nothing"
                raise InputError(Fault(text, place=inputs.place(path), path=path))


def rules_of(inputs: Inputs) -> Rules:
    """The behaviour shared by all stages, from the scenario's `model` section."""

    def scalar(name: str) -> float:
        return float(inputs.scenario.values[f"model.{name}"])

    return Rules(
        learning=inputs.at("model.habit.learning")[:, None],
        reversion=inputs.at("model.habit.reversion")[:, None],
        floor=scalar("habit.floor"),
        response=scalar("stocks.price_response"),
        release_time=scalar("stocks.release_time"),
        rebuild_time=scalar("stocks.rebuild_time"),
        max_build=scalar("stocks.max_build"),
        responding=scalar("stocks.responding_months"),
        cargo_follows=bool(inputs.scenario.values["model.stocks.cargo_follows_price"]),
        expectation_gain=scalar("stocks.expectation_gain"),
        kappa=scalar("ceiling_sharpness"),
        curvature=scalar("demand_curvature"),
        at_once=scalar("new_links.at_once"),
        qualification=max(scalar("new_links.qualification"), 1.0),
        investment=bool(inputs.scenario.values["model.investment"]),
    )


def _each(nodes: Sequence[Node], value: Callable[[Node], Array]) -> Array:
    """Values `(d,)` by node as `(d, node)`."""
    found = [value(node) for node in nodes]
    out = np.empty((max(map(len, found)), len(found)))
    for k, values in enumerate(found):
        out[:, k] = values
    return out


def capacity_of(mine: Nodes, inputs: Inputs) -> Array:
    """Capacity `(d, s)` in tonnes a month; a change of a region's capacity falls on its producers pro rata.

    What counts is the change against the table's figure, which balancing may have moved a little.
    """
    path = f"minerals.{mine.product}"

    def factor(node: Node) -> Array:
        key = f"{path}.supply.{node.region}.capacity"
        table = inputs.scenario.vocabulary.default(key) if inputs.scenario.vocabulary else None
        if not inputs.changed(key) or table is None or table.value == 0:
            return np.ones(1)
        return np.asarray(inputs.at(key) / table.value)

    return np.asarray(mine.capacity * _each(mine.suppliers, factor))


def _supply_elasticity(mine: Nodes, path: str, inputs: Inputs, scrap: float) -> Array:
    primary = inputs.at(f"{path}.supply.elasticity")
    return _each(mine.suppliers, lambda node: np.asarray(primary * (scrap if node.role == "recycling" else 1.0)))


def _cover(node: Node, mine: Nodes, path: str, inputs: Inputs) -> Array:
    own = f"{path}.stocks.{node.region}.cover"
    if inputs.changed(own):
        return inputs.at(own)
    usual = float(mine.cover[mine.buyers.index(node)])
    general = f"{path}.stocks.cover"
    return inputs.at(general) if inputs.changed(general) else usual * inputs.at(f"{path}.stocks.cover_factor", 1.0)


def _lead(world: World, mine: Nodes, path: str, inputs: Inputs) -> np.ndarray:
    starts, ends = ([node.region for node in nodes] for nodes in (mine.suppliers, mine.buyers))
    months: Array = np.array([[world.lead_time(mine.product, a, b) for b in ends] for a in starts])
    for key in inputs.changes:
        if key.startswith(f"{path}.trade.") and key.endswith(".lead_time"):
            way = key.removeprefix(f"{path}.trade.").removesuffix(".lead_time")
            months[np.array([[f"{a}.{b}" == way for b in ends] for a in starts])] = inputs.at(key)[0]
    return np.asarray(np.rint(months).astype(np.int64))


def _by_input(mine: Nodes, recipe: Sequence[Ingredient], value: Callable[[Node, Ingredient], float]) -> Array:
    """Values by input and supplier, `(i, s)`; no rows for what is mined."""
    found = [[value(node, each) for node in mine.suppliers] for each in recipe]
    return np.array(found, dtype=float).reshape(len(recipe), len(mine.suppliers))


def _feeder(nodes: Mapping[str, Nodes], mine: Nodes, node: Node, each: Ingredient) -> int:
    """The buyer of an input whose yard feeds a supplier, -1 for one that needs none."""
    return nodes[each.product].buyers.index(Node(node.region, mine.product)) if node.role == "plant" else -1


def _host(world: World, nodes: Mapping[str, Nodes], product: str) -> str:
    """The product with which a by-product or joint product comes, "" for any other."""
    return next((row.host for row in world.catalog.hosts.values() if row.product == product and row.host in nodes), "")


def _hosted(world: World, nodes: Mapping[str, Nodes], mine: Nodes, host: str) -> np.ndarray:
    """The supplier of the host with which each of the product's first-hand suppliers shares a capacity, or -1."""
    found = np.full(len(mine.suppliers), -1, dtype=np.intp)
    for region in {node.region for node in mine.suppliers} if host else ():
        if (mine.product, region) in world.catalog.hosts:
            found[mine.primary(region)] = nodes[host].primary(region)
    return found


def _makes(nodes: Mapping[str, Nodes], mine: Nodes) -> np.ndarray:
    made = [-1 if node.uses else nodes[node.role].suppliers.index(Node(node.region, "plant")) for node in mine.buyers]
    return np.array(made, dtype=np.intp)


def _worth(world: World, mine: Nodes, counts: bool) -> Array:
    """Log of what a plant's product brings over what this input costs for it, by buyer, at base prices; infinite for
    users, and for all where it does not count."""
    found = np.full(len(mine.buyers), np.inf)
    for j, node in enumerate(mine.buyers):
        if counts and not node.uses:
            made = world.base[node.role].product
            gives = next(each.yield_ for each in made.recipe if each.product == mine.product)
            found[j] = np.log(made.price * gives / world.base[mine.product].product.price)
    return found


def _gravity(mine: Nodes, weight: float) -> Array:
    """What pairs without base-year trade could come to exchange: a share of proportional flow (an assumption), nothing
    where the supplier does not qualify."""
    made, bought = mine.q.sum(axis=1), mine.q.sum(axis=0)
    flow = weight * np.outer(made, bought) / max(bought.sum(), 1e-300)
    return np.where((mine.q > 0) | ~mine.able, 0.0, flow)


def _stockpiles(mine: Nodes, product: str, inputs: Inputs) -> list[Stockpile]:
    piles = []
    bought = mine.q.sum(axis=0)
    for key, pile in inputs.scenario.stockpiles.items():
        if pile.product != product:
            continue
        region = key.partition(".")[0]
        share, use = np.zeros(len(mine.buyers)), 0.0
        for j, part in mine.buyers_in(region):
            share[j], use = part, use + float(bought[j])
        path = f"stockpiles.{key}"
        target = inputs.at(f"{path}.target")
        piles.append(
            Stockpile(
                share=share,
                initial=(inputs.at(f"{path}.initial") if inputs.has(f"{path}.initial") else target) * use,
                target=target * use,
                release_above=inputs.at(f"{path}.release_above"),
                refill_below=inputs.at(f"{path}.refill_below"),
                release_over=inputs.at(f"{path}.release_over"),
                refill_over=inputs.at(f"{path}.refill_over"),
            )
        )
    return piles
