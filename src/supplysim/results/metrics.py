"""Headline metrics of a run, by consumer region and product, one number a draw.

Definitions are those a user reads in docs/model.md. Shares and HHI are of the origin of what a region bought over the
whole horizon: of whoever sold it, or, where a metric's name begins with `embodied`, of every mine and plant behind it.
*Short* is what users give up for the month's price (priced out) or ask for at it and do not get (rationed), and what
plants lack when their yards are empty; *adapted* is demand that past prices have driven away for long; *displaced* is
input that a plant does not ask for because its product is made elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import NamedTuple

import numpy as np

from supplysim.assembly import Assembly
from supplysim.assembly.nodes import Nodes
from supplysim.engine.history import History
from supplysim.engine.market import Array
from supplysim.engine.stage import Index, Stage
from supplysim.errors import InputError
from supplysim.results.origin import Passed, avoided, follow, held
from supplysim.results.own import own_metrics
from supplysim.results.shortage import shortage

SERVED = 0.95
"""Part of reference demand that is not short below which a region counts as not surviving a disruption."""
YEAR = 12
"""Months of the worst stretch that is told beside the worst month."""
CLASSED_SHORT = 1e-9
"""Part of reference demand up to which a shortage is rounding."""
CALM_MONTHS = 3
"""Months in a row at `SERVED` after which it counts as recovered."""
AFTER_SUPPORT = 24
"""Months after support ends at which durability is read, as the mean of `DURABILITY_WINDOW` months around it."""
DURABILITY_WINDOW = 6

SHIPPED = {
    "bought_abroad_share": "share",
    "net_import_reliance": "share",
    "import_reliance": "share",
    "top_supplier_share": "share",
    "supplier_hhi": "0..1",
    "effective_suppliers": "suppliers",
    "rival_share": "share",
    "embodied_rival_share": "share",
    "embodied_hhi": "0..1",
    "n1_coverage": "share",
    "short_share": "share",
    "short_t": "t",
    "short_usd": "USD",
    "rationed_t": "t",
    "adapted_t": "t",
    "displaced_t": "t",
    "worst_month_short_share": "share",
    "worst_month": "months",
    "worst_year_short_share": "share",
    "unmet_demand_share": "share",
    "unmet_demand_t": "t",
    "unmet_rationed_t": "t",
    "unmet_priced_out_t": "t",
    "peak_price_multiple": "x base price",
    "peak_contract_price_multiple": "x base price",
    "mean_price_multiple": "x base price",
    "months_above_2x": "months",
    "min_months_of_cover": "months",
    "supply_cost_usd": "USD",
    "tariff_revenue_usd": "USD",
    "time_to_survive_months": "months",
    "time_to_recover_months": "months",
    "durability": "share",
    "added_stays": "share",
    "supported_t": "t/yr",
    "taken_over_t": "t/yr",
}
"""Unit of each metric that comes with supplysim. `worst_month` counts months from the start of the run."""


class _Units(Mapping[str, str]):
    """Units of the shipped metrics, then of those that installed packages offer, which are looked for when asked."""

    @cached_property
    def own(self) -> dict[str, str]:
        """Those of packages. Raises `InputError` where one takes the name of a shipped metric."""
        found = {name: metric.unit for name, metric in own_metrics().items()}
        if twice := found.keys() & SHIPPED.keys():
            raise InputError(f"a package offers the metric {min(twice)}, which supplysim has itself")
        return found

    @property
    def _all(self) -> dict[str, str]:
        return SHIPPED | self.own

    def __getitem__(self, metric: str) -> str:
        return SHIPPED[metric] if metric in SHIPPED else self._all[metric]

    def __iter__(self) -> Iterator[str]:
        return iter(self._all)

    def __len__(self) -> int:
        return len(self._all)


UNITS = _Units()
"""Unit of each metric, in the order of the tables."""
OLD = ("import_reliance", "unmet_demand_share", "unmet_demand_t", "unmet_rationed_t", "unmet_priced_out_t")
"""Kept for one release: the old name of `bought_abroad_share`, and the old sum of short, adapted and displaced."""


class Key(NamedTuple):
    """What a metric is about. `contract` is the contract's id for what is asked of a supported flow, "" otherwise;
    `region` is then the contract's receiver, and for `taken_over_t` whoever buys more or less from its supplier."""

    metric: str
    product: str
    region: str
    contract: str = ""

    def column(self) -> str:
        """The metric's column in draws.parquet."""
        return "|".join(part for part in (self.metric, self.product, self.region, self.contract) if part)


@dataclass(frozen=True)
class Question:
    """What is asked of a run: who counts as consumer and rival, whether prices hold the loss-of-variety premium, the
    month of the first event (None without one), base prices (USD/t) by product, contracts' support ends by id, and the
    month of the run from which metrics count."""

    consumers: tuple[str, ...]
    rivals: tuple[str, ...]
    variety_cost: bool
    first_event: Array | None
    price: Mapping[str, float]
    support_ends: Mapping[str, Array]
    receiver: Mapping[str, tuple[str, str]]
    counted_from: int = 0


def measure(
    assembly: Assembly, histories: list[History], question: Question, passed: Mapping[str, Passed] | None = None
) -> dict[Key, Array]:
    """All metrics of a block, `(d,)` by key; NaN where a metric has no meaning, infinity where it is never reached.

    `passed` is what consumers bought, looked through, where that is known already; an empty map leaves out the metrics
    that are made of it.
    """
    found: dict[Key, Array] = {}
    looked = follow(assembly, histories, question.consumers, question.rivals) if passed is None else passed
    stages = assembly.chain.stages
    for (product, nodes), whole, stage in zip(assembly.nodes.items(), histories, stages, strict=True):
        history = _counted(whole, question.counted_from)
        year = _first_year(whole, question.counted_from)
        for region in question.consumers:
            buyers = nodes.in_need(region)
            if len(buyers) and nodes.q[:, buyers].sum() > 0:
                for metric, values in _of_region(nodes, history, buyers, region, question):
                    found[Key(metric, product, region)] = np.asarray(values)
                if product in looked:
                    own, rivals = looked[product], avoided(region, question.rivals)
                    found[Key("embodied_rival_share", product, region)] = own.rival_share(region, rivals, year)
                    found[Key("embodied_hhi", product, region)] = own.hhi(region, year)
                found[Key("net_import_reliance", product, region)] = _net_reliance(nodes, stage, whole, region, year)
    for name, (place, links) in assembly.contract_links.items():
        product, region = question.receiver[name]
        supported = _supported(histories[place], links, question.support_ends.get(name))
        for metric, value in supported.items():
            found[Key(metric, product, region, name)] = value
        if supported:
            taken = _taken_over(assembly.nodes[product], histories[place], links[0][0], question.support_ends[name])
            found |= {Key("taken_over_t", product, taker, name): values for taker, values in taken.items()}
    return found


def _counted(history: History, first: int) -> History:
    """The history from month `first` on; flows from the first year of the run that begins there or later, if any."""
    if first == 0:
        return history
    year = _first_year(history, first)
    return replace(
        history,
        made=history.made[first:],
        limit=history.limit[first:],
        flow=history.flow[year:],
        delivered=history.delivered[first:],
        monthly={name: values[first:] for name, values in history.monthly.items()},
    )


def _first_year(history: History, first: int) -> int:
    """The year whose flows are the first to count where months count from `first` on."""
    return min(-(-first // YEAR), len(history.flow) - 1)


def _net_reliance(nodes: Nodes, stage: Stage, history: History, region: str, year: int) -> Array:
    """`(imports - exports + stock draw) / (production + imports - exports + stock draw)`, as the US Geological Survey
    defines both, `(d,)`; NaN where apparent consumption is not positive. What goes into stock in the base year and in
    those like it is a stock change, what is on its way counts as imported."""
    sells = np.array([node.region == region for node in nodes.suppliers])
    buys = np.array([node.region == region for node in nodes.buyers])
    needs = np.array([node.needs for node in nodes.buyers])
    flow = history.flow[year:].sum(axis=0)
    made, home = (each.sum(axis=2).sum(axis=1) for each in (flow[:, sells], flow[:, sells][:, :, buys]))
    came, laid_up = (flow[:, :, each].sum(axis=2).sum(axis=1) for each in (buys, buys & ~needs))
    draw = (held(stage, history, year) - history.carried[-1])[:, buys].sum(axis=1)
    net = (came - home) - (made - home) + draw - laid_up
    apparent = made + net
    return np.asarray(np.where(apparent > 0, net / np.where(apparent > 0, apparent, 1.0), np.nan))


def _of_flows(reference: Array, first: int) -> Array:
    """Reference demand over the months whose flows count, `(d,)`."""
    return np.asarray((reference[-first % YEAR :] if -first % YEAR < len(reference) else reference).sum(axis=0))


def _of_region(
    nodes: Nodes, history: History, buyers: Index, region: str, question: Question
) -> Iterator[tuple[str, Array]]:
    origins = _by_origin(nodes, history.flow.sum(axis=0)[:, :, buyers].sum(axis=2))
    reference = history.of("reference", buyers).sum(axis=2)
    short, adapted = shortage(nodes, history, buyers)
    lost = short.sum(axis=2)
    yield from _concentration(origins, region, question.rivals, _of_flows(reference, question.counted_from))
    yield from _shortage(nodes, history, buyers, short, question.price[nodes.product])
    yield "adapted_t", adapted.sum(axis=2).sum(axis=0)
    yield from _worst(lost, reference, question.counted_from)
    yield from _old_sum(history, buyers, reference)
    yield from price_metrics(*_prices(nodes, history, buyers, question))
    held = history.of("stock", buyers).sum(axis=2) + history.of("reserve", buyers).sum(axis=2)
    yield "min_months_of_cover", (held / reference).min(axis=0)
    price = question.price[nodes.product]
    yield "supply_cost_usd", history.spend[:, buyers].sum(axis=1) * price
    yield "tariff_revenue_usd", history.duty[:, buyers].sum(axis=1) * price
    survive, recover = survival(1.0 - lost / reference, _since(question.first_event, question.counted_from))
    yield "time_to_survive_months", survive
    yield "time_to_recover_months", recover


def _shortage(nodes: Nodes, history: History, buyers: Index, short: Array, price: float) -> Iterator[tuple[str, Array]]:
    """What a region goes without over the horizon, told apart."""
    reference, used, rationed = (history.of(name, buyers) for name in ("reference", "used", "rationed"))
    total = short.sum(axis=2).sum(axis=0)
    plant = np.array([not nodes.buyers[j].uses for j in buyers])
    elsewhere = np.where(plant, np.maximum(reference - used - short, 0.0), 0.0)
    yield "short_share", total / reference.sum(axis=2).sum(axis=0)
    yield "short_t", total
    yield "short_usd", total * price
    yield "rationed_t", np.minimum(rationed, short).sum(axis=2).sum(axis=0)
    yield "displaced_t", elsewhere.sum(axis=2).sum(axis=0)


def _worst(short: Array, reference: Array, first: int) -> Iterator[tuple[str, Array]]:
    """The worst month and the worst twelve months in a row, from `(t, d)`; the month is NaN where none is short."""
    share = short / reference
    yield "worst_month_short_share", share.max(axis=0)
    yield "worst_month", np.where(share.max(axis=0) > CLASSED_SHORT, first + share.argmax(axis=0), np.nan)
    window = min(YEAR, len(short))
    lost, need = np.lib.stride_tricks.sliding_window_view(np.stack((short, reference)), window, axis=1).sum(axis=3)
    yield "worst_year_short_share", (lost / need).max(axis=0)


def _old_sum(history: History, buyers: Index, reference: Array) -> Iterator[tuple[str, Array]]:
    """Reference demand less use, where positive: short, adapted and displaced in one number, as it used to be told."""
    unmet = np.maximum(reference - history.of("used", buyers).sum(axis=2), 0.0).sum(axis=0)
    rationed = history.of("rationed", buyers).sum(axis=2).sum(axis=0)
    yield "unmet_demand_share", unmet / reference.sum(axis=0)
    yield "unmet_demand_t", unmet
    yield "unmet_rationed_t", np.minimum(rationed, unmet)
    yield "unmet_priced_out_t", unmet - np.minimum(rationed, unmet)


def _by_origin(nodes: Nodes, bought: Array) -> dict[str, Array]:
    origins: dict[str, Array] = {}
    for i, node in enumerate(nodes.suppliers):
        origins[node.region] = origins.get(node.region, 0.0) + bought[:, i]
    return origins


def _concentration(
    origins: dict[str, Array], region: str, rivals: tuple[str, ...], reference: Array
) -> Iterator[tuple[str, Array]]:
    flows = np.stack(list(origins.values()), axis=1)
    total = np.maximum(flows.sum(axis=1), 1e-300)
    shares = flows / total[:, None]
    hhi = (shares**2).sum(axis=1)
    foreign = np.array([name != region for name in origins])
    home = shares[:, ~foreign].sum(axis=1)
    yield "bought_abroad_share", 1.0 - home
    yield "import_reliance", 1.0 - home
    yield "top_supplier_share", shares.max(axis=1)
    yield "supplier_hhi", hhi
    yield "effective_suppliers", 1.0 / np.maximum(hhi, 1e-300)
    yield "rival_share", shares[:, [name in rivals and name != region for name in origins]].sum(axis=1)
    largest = np.where(foreign, flows, 0.0).max(axis=1)
    yield "n1_coverage", (total - largest) / reference


def regional_prices(nodes: Nodes, history: History, question: Question) -> Iterator[tuple[str, tuple[Array, Array]]]:
    """Spot and contract price `(t, d)` over base of each consumer that buys the product."""
    for region in question.consumers:
        buyers = nodes.in_need(region)
        if len(buyers) and nodes.q[:, buyers].sum() > 0:
            yield region, _prices(nodes, history, buyers, question)


def _prices(nodes: Nodes, history: History, buyers: Index, question: Question) -> tuple[Array, Array]:
    """Spot and contract price `(t, d)` over base, weighted by base-year purchases."""
    weight = nodes.q[:, buyers].sum(axis=0)
    weight = weight / weight.sum()
    own = np.exp(history.of("spot", buyers)) if question.variety_cost else history.of("delivered", buyers)
    contract = history.of("contract", buyers)
    return (own * weight).sum(axis=2), (contract * weight).sum(axis=2)


def price_metrics(price: Array, contract: Array) -> Iterator[tuple[str, Array]]:
    """What is told of a spot and a contract price, `(t, d)` over base."""
    yield "peak_price_multiple", price.max(axis=0)
    yield "peak_contract_price_multiple", contract.max(axis=0)
    yield "mean_price_multiple", price.mean(axis=0)
    yield "months_above_2x", (price > 2.0).sum(axis=0).astype(float)


def _since(first: Array | None, counted_from: int) -> Array | None:
    """Months from the one that metrics count from to the first event, which may lie before it."""
    return None if first is None else np.maximum(first - counted_from, 0.0)


def survival(served: Array, first: Array | None) -> tuple[Array, Array]:
    """Months from the first event until more than 5 % of reference demand is short, and from then until three months
    in a row are not; `served` is the rest of it.

    `served` `(t, d)`; infinity where the moment never comes, NaN where there is no event.
    """
    months, draws = served.shape
    if first is None:
        return np.full(draws, np.nan), np.full(draws, np.nan)
    start = np.broadcast_to(np.clip(first, 0, months), (draws,)).astype(int)
    short = (served < SERVED) & (np.arange(months)[:, None] >= start)
    fails = short.any(axis=0)
    breach = np.where(fails, short.argmax(axis=0), months)
    calm = np.ones((months, draws), dtype=bool)
    for ahead in range(CALM_MONTHS):
        shifted = np.vstack([~short[ahead:], np.ones((ahead, draws), dtype=bool)])
        calm &= shifted
    calm &= np.arange(months)[:, None] >= breach
    healed = calm.any(axis=0)
    survive = np.where(fails, breach - start, np.inf)
    recover = np.where(fails, np.where(healed, calm.argmax(axis=0) - breach, np.inf), 0.0)
    return survive, recover


def _supported(history: History, links: tuple[tuple[int, int], ...], ends: Array | None) -> dict[str, Array]:
    """A contract's flow under support (mean of the last year before it ends) and around 24 months after."""
    if ends is None:
        return {}
    during, after = _around(np.sum([history.watched[link] for link in links], axis=0), ends)
    return {"supported_flow": during, "flow_after_support": after}


def _taken_over(nodes: Nodes, history: History, supplier: int, ends: Array) -> dict[str, Array]:
    """By how much each region buys more (or less) from a supplier 24 months after support ends than in its last year,
    `(d,)` in tonnes a year; regions that the supplier does not qualify for are left out."""
    found: dict[str, Array] = {}
    for j, node in enumerate(nodes.buyers):
        if nodes.able[supplier, j]:
            during, after = _around(history.watched[supplier, j], ends)
            found[node.region] = found.get(node.region, 0.0) + YEAR * (after - during)
    return found


def _around(flow: Array, ends: Array) -> tuple[Array, Array]:
    """Mean monthly flow `(t, d)` in the last year under support and in the window around 24 months after, `(d,)`; NaN
    where the run is too short for either."""
    months, draws = flow.shape
    end = np.broadcast_to(ends, (draws,)).astype(int)
    since = np.arange(months)[:, None] - end
    half = DURABILITY_WINDOW // 2
    later = np.abs(since - AFTER_SUPPORT + 0.5) < half
    whole = (end + AFTER_SUPPORT + half <= months) & (end >= YEAR)
    during = (since < 0) & (since >= -YEAR)
    return np.where(whole, _mean(flow, during), np.nan), np.where(whole, _mean(flow, later), np.nan)


def _mean(flow: Array, window: Array) -> Array:
    return np.asarray((flow * window).sum(axis=0) / np.maximum(window.sum(axis=0), 1))
