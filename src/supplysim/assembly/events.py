"""Events as effects, the specific rule before the general one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Any

import numpy as np

from supplysim.assembly.contracts import offer_effects, sales_pattern
from supplysim.assembly.corridors import corridor_effects
from supplysim.assembly.inputs import Inputs
from supplysim.assembly.nodes import Node, Nodes
from supplysim.engine.market import Array, Mask
from supplysim.engine.policy import (
    Ban,
    Capacity,
    Cost,
    Delay,
    Demand,
    Effect,
    News,
    Outage,
    PriceCap,
    Purchase,
    Quota,
    Release,
)  # fmt: skip
from supplysim.engine.profile import NEVER, TAIL, Profile
from supplysim.errors import Fault, InputError
from supplysim.scenario.schema.events import LOSSES
from supplysim.world import World

SOLD_OVER = 12.0
"""Months over which a purchase is sold back, from the month in which it returns: what the language says it means."""
NEWSWORTHY = 0.01
"""A loss of less than this share of what it hits is no news."""
NEWS_MONTHS = 6.0
"""Months until buyers hold the cover that news makes them want, and time constant with which they let it go again: an
assumption."""


@dataclass(frozen=True)
class Rule:
    """An event on some links of one product: how specific it is, and what makes its effects from links and profile."""

    name: str
    kind: str
    score: int
    links: Mask
    profile: Profile
    effects: Callable[[Mask, Profile], list[Effect]]


def event_effects(world: World, nodes: Mapping[str, Nodes], inputs: Inputs) -> dict[str, tuple[Effect, ...]]:
    """What the scenario's events do, by product.

    Of two events of one kind on the same link the more specific is at work while both are: naming one product beats a
    list or glob, naming one region beats several. Equally specific ones both apply. Raises `InputError` for an event
    on links that carried nothing in the base year.
    """
    effects: dict[str, list[Effect]] = {product: [] for product in nodes}
    rules: dict[str, list[Rule]] = {product: [] for product in nodes}
    events: Mapping[str, Any] = inputs.scenario.events
    for name, event in events.items():
        bites = False
        for product in getattr(event, "product", ()):
            if event.kind == "offer":
                path = f"events.{name}"
                found = offer_effects(world, nodes[product], inputs, path, event, profile_of(name, inputs))
                effects[product] += found
                concerned = True
            elif hasattr(event, "from_"):
                rule = _rule(name, event, nodes[product], inputs)
                rules[product].append(rule)
                concerned = bool(nodes[product].q[rule.links].sum() > 0)
            else:
                found = _node_effects(name, event, nodes[product], inputs)
                effects[product] += found
                concerned = bool(found)
            if concerned and event.kind in LOSSES:
                effects[product] += _news(name, inputs)
            bites = bites or concerned
        if not bites and hasattr(event, "product"):
            what = "carried no flow" if hasattr(event, "from_") else "has no producer or user concerned"
            what = "has no stockpile" if event.kind == "stockpile_release" else what
            text = f"{', '.join(event.product)} {what} there in the base year, so the event would change nothing"
            raise InputError(Fault(text, place=inputs.place(f"events.{name}"), path=f"events.{name}"))
    for product, corridors in corridor_effects(nodes, inputs, profiles_of(inputs)).items():
        effects[product].append(corridors)
    for product, listed in rules.items():
        effects[product] += [effect for rule in listed for effect in _unless_beaten(rule, listed)]
    return {product: tuple(found) for product, found in effects.items() if found}


def profiles_of(inputs: Inputs) -> dict[str, Profile]:
    """When each event is at work."""
    return {name: profile_of(name, inputs) for name in inputs.scenario.events}


def event_months(inputs: Inputs, mineral: str) -> Mask:
    """Months `(t, d)`, or `(t, 1)` where all draws agree, in which an event on a mineral or a corridor is at work, not
    counting what stands."""
    working = np.zeros((inputs.scenario.months, 1), dtype=bool)
    for name in inputs.scenario.happening:
        profile = profile_of(name, inputs)
        products = getattr(inputs.scenario.events[name], "product", None)
        if products is None or any(product.partition(".")[0] == mineral for product in products):
            working = working | np.stack([profile.at(month) > 0 for month in range(len(working))])
    return np.asarray(working)


def profile_of(name: str, inputs: Inputs) -> Profile:
    """When an event is at work and how strongly."""
    path = f"events.{name}"
    event: Any = inputs.scenario.events[name]
    start = inputs.month(f"{path}.starts")
    stop = start + np.ceil(inputs.at(f"{path}.lasts", float(NEVER)))
    return Profile(
        start,
        stop,
        severity=inputs.at(f"{path}.severity", 1.0),
        ramp=inputs.at(f"{path}.over", 0.0),
        fade=inputs.at(f"{path}.recovery.over", 0.0),
        shape=event.recovery.shape if hasattr(event, "recovery") else "step",
        happens=inputs.happens(f"{path}.probability"),
    )


def _rule(name: str, event: Any, nodes: Nodes, inputs: Inputs) -> Rule:
    path, profile = f"events.{name}", profile_of(name, inputs)
    links = link_mask(nodes, event.from_, event.to)
    makers: dict[str, Callable[[Mask, Profile], list[Effect]]] = {
        "export_ban": lambda mask, when: [Ban(mask, when)],
        "import_ban": lambda mask, when: [Ban(mask, when)],
        "tariff": lambda mask, when: [Cost(mask, inputs.at(f"{path}.rate"), True, when)],
        "freight": lambda mask, when: [Cost(mask, inputs.at(f"{path}.rate"), False, when)],
        "export_quota": lambda mask, when: [_quota(mask, when, path, event, inputs)],
        "licensing_delay": lambda mask, when: _licensing(mask, when, path, inputs),
        "diversification": lambda mask, when: _diversification(mask, when, path, nodes, inputs),
    }
    make = makers[event.kind]
    return Rule(name, event.kind, _specificity(event), links, profile, make)


def link_mask(nodes: Nodes, sellers: tuple[str, ...], buyers: tuple[str, ...]) -> Mask:
    """Links `(s, b)` from some regions to others; what stays inside a region is never among them."""
    sells = np.array([node.region in sellers for node in nodes.suppliers])
    buys = np.array([node.region in buyers for node in nodes.buyers])
    abroad = np.array([[a.region != b.region for b in nodes.buyers] for a in nodes.suppliers])
    return np.asarray(sells[:, None] & buys[None, :] & abroad)


def _specificity(event: Any) -> int:
    def one(names: tuple[str, ...]) -> int:
        return 1 if len(names) == 1 else 0

    return 4 * one(event.product) + 2 * one(event.from_) + one(event.to)


def _unless_beaten(rule: Rule, rules: list[Rule]) -> list[Effect]:
    """The rule's effects on its links, those that a more specific rule also covers only while that one rests."""
    beats = [o for o in rules if o.kind == rule.kind and o.score > rule.score and (o.links & rule.links).any()]
    if not beats:
        return rule.effects(rule.links, rule.profile)
    if rule.kind in ("export_quota", "diversification"):
        return _capped_unless_beaten(rule, beats)
    covered = np.stack([other.links for other in beats])
    effects: list[Effect] = []
    for pattern in np.unique(covered[:, rule.links].T, axis=0):
        mask = rule.links & (covered == pattern[:, None, None]).all(axis=0)
        over = tuple(other.profile for other, hit in zip(beats, pattern, strict=True) if hit)
        effects += rule.effects(mask, replace(rule.profile, unless=over))
    return effects


def _capped_unless_beaten(rule: Rule, beats: list[Rule]) -> list[Effect]:
    """One limit over all its links but those of the more specific rules at work: a version for each set of them."""
    effects: list[Effect] = []
    for size in range(len(beats) + 1):
        for active in combinations(beats, size):
            mask = rule.links & ~np.any([np.zeros_like(rule.links), *(other.links for other in active)], axis=0)
            if mask.any():
                idle = tuple(other.profile for other in beats if other not in active)
                when = replace(rule.profile, unless=idle, only=tuple(other.profile for other in active))
                effects += rule.effects(mask, when)
    return effects


def _quota(mask: Mask, when: Profile, path: str, event: Any, inputs: Inputs) -> Effect:
    if event.cut is not None:
        return Quota(mask, when, cut=inputs.at(f"{path}.cut"))
    return Quota(mask, when, limit=inputs.at(f"{path}.limit") / 12.0)


def _licensing(mask: Mask, when: Profile, path: str, inputs: Inputs) -> list[Effect]:
    held = replace(when, severity=when.severity * inputs.at(f"{path}.held_back", 0.0))
    delay: list[Effect] = [Delay(mask, inputs.at(f"{path}.delay"), when)]
    return [*delay, Ban(mask, held)] if (held.severity > 0).any() else delay


def _diversification(mask: Mask, when: Profile, path: str, nodes: Nodes, inputs: Inputs) -> list[Effect]:
    """One cap for each buying region."""
    effects: list[Effect] = []
    for region in dict.fromkeys(node.region for node in nodes.buyers):
        own = mask & np.array([node.region == region for node in nodes.buyers])
        if own.any():
            effects.append(Quota(own, when, of_demand=inputs.at(f"{path}.max_share")))
    return effects


def _news(name: str, inputs: Inputs) -> list[Effect]:
    """In the news from the first report, be it an announcement, until loss and recovery are over; fading from then."""
    cover, loss = inputs.at("model.stocks.news_cover"), profile_of(name, inputs)
    if not (cover > 0).any():
        return []
    over = loss.stop + loss.fade * {"step": 0.0, "linear": 1.0, "exponential": TAIL}[loss.shape]
    known, pace = np.ceil(inputs.at(f"events.{name}.announced", 0.0)), np.full(1, NEWS_MONTHS)
    severity = cover * (loss.severity >= NEWSWORTHY)
    return [News(Profile(loss.start - known, over, severity, pace, pace, "exponential", loss.happens))]


def _node_effects(name: str, event: Any, nodes: Nodes, inputs: Inputs) -> list[Effect]:
    """Effects of events that hit producers or users of a product in some regions."""
    path, profile = f"events.{name}", profile_of(name, inputs)
    sellers = np.array([k for k, node in enumerate(nodes.suppliers) if node.region in event.region], dtype=np.intp)
    buyers = np.array([k for k, node in enumerate(nodes.buyers) if node.region in event.region], dtype=np.intp)
    users = np.array([k for k in buyers if nodes.buyers[k].uses], dtype=np.intp)
    if event.kind == "outage":
        return [Outage(sellers, profile)] if len(sellers) else []
    if event.kind == "recycling":
        volume = inputs.at(f"{path}.volume") / 12.0
        scrap = [nodes.suppliers.index(Node(region, "recycling")) for region in event.region]
        return [Capacity(k, volume, profile, share=sales_pattern(nodes, k)) for k in scrap]
    if event.kind == "price_cap":
        return [PriceCap(buyers, np.log(inputs.at(f"{path}.multiple")), profile)] if len(buyers) else []
    if event.kind == "stockpile_release":
        return _release(path, event, nodes, inputs, profile)
    if event.kind == "purchase":
        return _purchases(path, event, nodes, inputs, profile)
    sign = 1.0 if event.kind == "demand_surge" else -1.0
    return [Demand(users, sign * inputs.at(f"{path}.change"), profile)] if len(users) else []


def _release(path: str, event: Any, nodes: Nodes, inputs: Inputs, profile: Profile) -> list[Effect]:
    """A sale spread over the event, or over the rest of the run, from a stockpile that the scenario or world has."""
    stop = np.minimum(profile.stop, float(inputs.scenario.months))
    months: Array = np.maximum(stop - profile.start, 1.0)
    effects: list[Effect] = []
    piles = inputs.scenario.stockpiles
    holders = {key.partition(".")[0] for key, pile in piles.items() if pile.product == nodes.product}
    for region in (each for each in event.region if each in holders):
        share = np.zeros(len(nodes.buyers))
        for j, part in nodes.buyers_in(region):
            share[j] = part
        if share.any():
            effects.append(Release(share, inputs.at(f"{path}.volume") / months, profile))
    return effects


def _purchases(path: str, event: Any, nodes: Nodes, inputs: Inputs, when: Profile) -> list[Effect]:
    """Bought evenly over the event (or until it returns, or the run ends), then kept, or sold back evenly."""
    back = inputs.month(f"{path}.returns") if inputs.has(f"{path}.returns") else np.full(1, float(NEVER))
    over = np.minimum(np.minimum(when.stop, back), float(inputs.scenario.months)) - when.start
    held = replace(when, stop=back, ramp=np.maximum(over, 1.0), fade=np.full(1, SOLD_OVER), shape="linear")
    effects: list[Effect] = []
    for region in event.region:
        share = np.zeros(len(nodes.buyers))
        for j, part in nodes.buyers_in(region):
            share[j] = part
        if share.any():
            effects.append(Purchase(share, inputs.at(f"{path}.volume"), held))
    return effects
