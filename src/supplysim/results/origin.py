"""Origin looked through in a run: what consumers buy, by the regions of the mines and plants that it has passed.

Histories keep flows by year, not by month, so contents are followed by year: what a plant makes in a year is what it
held when the year began and what it bought in it, mixed pro rata. A month's detail would move content by at most the
months that a yard lasts, which is less than a year for every product of the shipped world.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from supplysim.assembly import Assembly
from supplysim.assembly.nodes import Nodes
from supplysim.engine.history import History
from supplysim.engine.market import Array
from supplysim.engine.stage import Stage
from supplysim.indicators.origin import Content, Market, Tag, delivered, mixed, output, reach, roots

ROUNDING = 1e-12


@dataclass(frozen=True)
class Passed:
    """What consumers bought of one product, in tonnes by year of the run: `by_stage[stage]` `(year, d, c, r)` by the
    region, of `origins[stage]`, in which it passed a stage; `free[regions]` `(year, d, c)` what passed none of those.

    `roots` are the product's raw materials.
    """

    consumers: tuple[str, ...]
    origins: Mapping[str, tuple[str, ...]]
    roots: tuple[str, ...]
    by_stage: Mapping[str, Array]
    free: Mapping[frozenset[str], Array]

    def rival_share(self, region: str, rivals: frozenset[str], first: int) -> Array:
        """Part of what a consumer bought from year `first` on that has passed a rival's mine or plant, `(d,)`."""
        c = self.consumers.index(region)
        bought = self.by_stage[self.roots[0]][first:, :, c].sum(axis=(0, 2))
        clean = self.free[rivals][first:, :, c].sum(axis=0)
        share = 1.0 - clean / np.maximum(bought, 1e-300)
        return np.asarray(np.where(share > ROUNDING, share, 0.0))

    def hhi(self, region: str, first: int) -> Array:
        """Concentration of mines behind what a consumer bought, of its most concentrated raw material, `(d,)`."""
        c = self.consumers.index(region)
        found = [_hhi(self.by_stage[root][first:, :, c].sum(axis=0)) for root in self.roots]
        return np.asarray(np.max(found, axis=0))

    def keys(self) -> tuple[tuple[str, str, str], ...]:
        """Stage, origin and consumer of what can have been bought, the same in every block of draws."""
        return tuple((stage, origin, region) for stage in self.by_stage for origin in self.origins[stage]
                     for region in self.consumers)  # fmt: skip

    def tonnes(self) -> Array:
        """Tonnes a year by the keys, `(year, d, key)`."""
        years, draws = next(iter(self.by_stage.values())).shape[:2]
        each = [np.swapaxes(found, 2, 3).reshape(years, draws, -1) for found in self.by_stage.values()]
        return np.concatenate(each, axis=2)


def _hhi(tonnes: Array) -> Array:
    total = np.maximum(tonnes.sum(axis=-1, keepdims=True), 1e-300)
    return np.asarray(((tonnes / total) ** 2).sum(axis=-1))


def avoided(region: str, rivals: Sequence[str]) -> frozenset[str]:
    """The rivals as a region sees them: it is not its own."""
    return frozenset(rivals) - {region}


def follow(
    assembly: Assembly, histories: Sequence[History], consumers: Sequence[str], rivals: Sequence[str]
) -> dict[str, Passed]:
    """What consumers bought of each product, looked through, by product."""
    stages, nodes = assembly.chain.stages, list(assembly.nodes.values())
    regions = tuple(sorted({node.region for each in nodes for node in each.suppliers}))
    sets = tuple(dict.fromkeys(avoided(region, rivals) for region in consumers))
    markets = [
        Market(stage.product, tuple(node.region for node in each.suppliers), stage.inputs, stage.fed_by, stage.yields)
        for stage, each in zip(stages, nodes, strict=True)
    ]
    material, places = roots(markets), reach(markets)
    column: list[dict[Tag, list[int]]] = [
        {tag: [regions.index(region) for region in named] for tag, named in origins.items()}
        | {each: [0] for each in sets}
        for origins in places
    ]
    feeds = {k for market in markets for k in market.inputs}  # of what nobody makes anything no yard is asked for
    yards: list[Content] = []
    for market, each in zip(markets, nodes, strict=True):
        made = output(market, [yards[k] for k in market.inputs], regions, sets)
        yards.append(mixed(delivered(each.q, made), each.q))
    years: list[list[dict[Tag, Array]]] = [[] for _ in stages]
    for year in range(len(histories[0].flow)):  # the yards of one year at a time: they are what takes memory
        for k, (stage, each, history, market) in enumerate(zip(stages, nodes, histories, markets, strict=True)):
            flow = history.flow[year]
            made = output(market, [yards[m] for m in market.inputs], regions, sets)
            if k in feeds:
                yards[k] = mixed(delivered(flow, made), flow, yards[k], held(stage, history, year))
            possible = {tag: content[..., column[k][tag]] for tag, content in made.items()}
            years[k].append(delivered(_by_consumer(each, flow, consumers), possible))
    return {
        stage.product: Passed(
            tuple(consumers), origins, material[stage.product],
            {tag: np.stack([year[tag] for year in mine]) for tag in origins},
            {tag: np.stack([year[tag][..., 0] for year in mine]) for tag in sets},
        )
        for stage, origins, mine in zip(stages, places, years, strict=True)
    }  # fmt: skip


def held(stage: Stage, history: History, year: int) -> Array:
    """What each buyer holds as a year of the run begins, its share of strategic stocks included, `(d, b)`."""
    if year > 0:
        return np.asarray(history.carried[year - 1])
    piles = (np.reshape(pile.initial, (-1, 1)) * pile.share for pile in stage.stockpiles)
    return np.asarray(sum(piles, np.zeros_like(history.carried[0]) + stage.cover * stage.D0))


def _by_consumer(nodes: Nodes, flow: Array, consumers: Sequence[str]) -> Array:
    """Sums over a region's buyers that have needs, one by one: `(d, s, b)` to `(d, s, c)`."""
    out = np.zeros((*flow.shape[:2], len(consumers)))
    for j, node in enumerate(nodes.buyers):
        if node.region in consumers and node.needs:
            out[:, :, consumers.index(node.region)] += flow[:, :, j]
    return out
