"""What types alone cannot see: events beyond the horizon, support that ends too early, names that lead nowhere."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Any, cast

from supplysim.scenario.build import Built
from supplysim.scenario.distributions import Distribution
from supplysim.scenario.names import suggestion
from supplysim.scenario.nodes import Branch, Path, Scalar, get
from supplysim.scenario.paths import dotted
from supplysim.scenario.places import Report
from supplysim.scenario.schema import Horizon
from supplysim.scenario.schema.events import LOSSES
from supplysim.scenario.units import DIMENSIONS, write_quantity
from supplysim.scenario.vocabulary import Vocabulary

IDLE = {
    "lasts": "is no time, so the event never happens",
    "severity": "is no part of it, so the event does nothing",
    "rate": "is no duty or cost, so the event does nothing",
    "change": "is no change, so the event does nothing",
    "cut": "is no cut, so the quota is what was exported anyway",
    "volume": "is nothing to deliver, buy or sell",
    "size": "is no capacity, so nothing is built",
}
"""What a zero in a field means for what it stands in."""
_NOTHING = re.compile(r"[-+]?0*\.?0+(?:[eE][-+]?\d+)?(?![\d.])")


def check(
    tree: Branch, built: Built, drawn: Mapping[str, Distribution], vocabulary: Vocabulary, report: Report
) -> None:
    """Adds a fault for everything in a scenario that is well typed and yet cannot be meant."""
    horizon = built.singles.get("horizon")
    if isinstance(horizon, Horizon):
        _events_in_horizon(tree, built, horizon, drawn, report)
    _returned(tree, built, drawn, report)
    _products_in_scope(tree, built, vocabulary, report)
    written = get(tree, ("corridors",))
    own = written.node.entries if written and isinstance(written.node, Branch) else {}
    known = list(dict.fromkeys((*vocabulary.corridors, *own)))
    for name, event in built.families["events"].items():
        corridor = getattr(event, "corridor", None)
        if corridor is not None and corridor not in known:
            _add(
                tree,
                ("events", name, "corridor"),
                f"no such corridor '{corridor}'{suggestion(corridor, known)}",
                report,
            )
    _somebody_buys(tree, built, vocabulary, report)
    _deals(tree, built, report)
    _stockpile_rules(tree, built, report)
    for name, contract in built.families["contracts"].items():
        ends, starts = getattr(contract, "support_ends", None), getattr(contract, "starts", None)
        if ends is not None and starts is not None and ends < starts:
            message = f"the support ends before the contract starts ({_month(starts)})"
            _add(tree, ("contracts", name, "support_ends"), message, report)


def notices(tree: Branch, drawn: Mapping[str, Distribution], swept: Collection[str], report: Report) -> None:
    """Adds a note for every value that does nothing: an event of no length or strength, a contract of no volume.

    Values that are drawn or that a sweep sets are somebody's choice; so are those of a sweep's cell.
    """
    for section in ("events", "contracts", "projects"):
        entry = get(tree, (section,))
        for name, entity in entry.node.entries.items() if entry and isinstance(entry.node, Branch) else ():
            for field, what in IDLE.items():
                path: Path = (section, name, field)
                written = get(entity.node, (field,))
                if written is None or not isinstance(written.node, Scalar) or dotted(path) in {*drawn, *swept}:
                    continue
                nothing = _NOTHING.match(written.node.text.strip())
                if nothing and written.node.place.document.kind in ("file", "set"):
                    report.add(f"{written.node.text.strip()} {what}", written.node.place, dotted(path))
    entry = get(tree, ("events",))
    for name, entity in entry.node.entries.items() if entry and isinstance(entry.node, Branch) else ():
        kind, written = (get(entity.node, (field,)) for field in ("kind", "announced"))
        if kind and isinstance(kind.node, Scalar) and written and kind.node.text not in LOSSES:
            text = f"nobody stocks up at the news of a {kind.node.text}, so when it is announced changes nothing"
            report.add(text, written.node.place, f"events.{name}.announced")


def _deals(tree: Branch, built: Built, report: Report) -> None:
    """Projects and offers name contracts that there are, and mean what they say of them."""
    section = get(tree, ("contracts",))
    known = list(section.node.entries) if section and isinstance(section.node, Branch) else []
    for name, project in built.families["projects"].items():
        path: Path = ("projects", name, "for")
        several = get(tree, (*path, "0")) is not None
        for index, deal in enumerate(getattr(project, "for_", ())):
            _named(tree, (*path, str(index)) if several else path, deal, known, report)
        if getattr(project, "independent", False) and getattr(project, "for_", ()):
            _add(tree, path, "is for contracts and yet independent of them: say one or the other", report)
    for name, event in built.families["events"].items():
        path = ("events", name, "against")
        deal = getattr(event, "against", None)
        if deal is None or not _named(tree, path, deal, known, report):
            continue
        contract, offer = cast(Any, built.families["contracts"].get(deal)), cast(Any, event)
        if contract is None:
            continue  # it has faults of its own
        if (contract.kind == "no_flow") or (contract.product, contract.from_) != (*offer.product, *offer.from_):
            what = "nothing" if contract.kind == "no_flow" else f"{contract.product} from {contract.from_}"
            text = f"{deal} brings {what}, and the offer is for {offer.product[0]} from {offer.from_[0]}"
            _add(tree, path, text, report)


def _somebody_buys(tree: Branch, built: Built, vocabulary: Vocabulary, report: Report) -> None:
    """One consumer at least has to buy something of what is simulated, or there is nothing to tell of."""
    if not built.head or not vocabulary.buyers:
        return
    scope = vocabulary.together(built.head.scope or vocabulary.minerals)
    buyers = {region for mineral in scope for region in vocabulary.buyers.get(mineral, ())}
    if not buyers & set(built.head.consumers):
        names, minerals = ", ".join(built.head.consumers[:8]), ", ".join(scope[:8])
        text = f"none of the consumers ({names}) uses or processes any {minerals}"
        _add(tree, ("consumers",) if get(tree, ("consumers",)) else ("scope",), text, report)


def _stockpile_rules(tree: Branch, built: Built, report: Report) -> None:
    """A stockpile does not buy at prices at which it sells."""
    for name, part in built.families["stockpiles"].items():
        pile, path = cast(Any, part), ("stockpiles", *name.split("."))
        if pile.refill_below > pile.release_above:
            below, above = f"{pile.refill_below:g}", f"{pile.release_above:g}"
            text = f"refills below {below} times the base price and releases above {above}"
            field = "refill_below" if get(tree, (*path, "refill_below")) else "release_above"
            _add(tree, (*path, field), f"the stockpile {text}: it would buy dear and sell cheap", report)


def _named(tree: Branch, path: Path, deal: str, known: list[str], report: Report) -> bool:
    """Whether there is a contract of that id; a fault where there is none."""
    if deal not in known:
        _add(tree, path, f"no such contract '{deal[:60]}'{suggestion(deal, known)}", report)
    return deal in known


def _events_in_horizon(
    tree: Branch, built: Built, horizon: Horizon, drawn: Mapping[str, Distribution], report: Report
) -> None:
    """An event that is asked about happens; what stands may lie outside a horizon that shows a part of the years."""
    end = horizon.start + horizon.months
    for name, event in built.families["events"].items():
        if getattr(event, "standing", False):
            continue
        starts, lasts = getattr(event, "starts", 0.0), getattr(event, "lasts", None)
        path = ("events", name, "starts")
        found = drawn.get(dotted(path))
        first = min(starts, found.support[0]) if found else starts
        last = max(starts, found.support[1]) if found else starts
        if first >= end:
            _add(tree, path, f"the event starts after the horizon, whose last month is {_month(end - 1)}", report)
        elif (
            lasts is not None and last + max(lasts, 1.0) <= horizon.start and dotted((*path[:2], "lasts")) not in drawn
        ):
            _add(tree, path, f"the event is over before the horizon starts ({_month(horizon.start)})", report)


def _returned(tree: Branch, built: Built, drawn: Mapping[str, Distribution], report: Report) -> None:
    """What is bought is sold back after it was bought, where both dates are known."""
    for name, event in built.families["events"].items():
        path = ("events", name, "returns")
        back, starts = getattr(event, "returns", None), getattr(event, "starts", 0.0)
        if back is None or any(dotted((*path[:2], field)) in drawn for field in ("returns", "starts", "lasts")):
            continue
        over = starts + (getattr(event, "lasts", None) or 1.0)
        if back < over:
            _add(tree, path, f"is before the purchase is over, the first possible month is {_month(over)}", report)


def _products_in_scope(tree: Branch, built: Built, vocabulary: Vocabulary, report: Report) -> None:
    """Nothing may happen to a mineral that is not simulated; what stands for it is left out."""
    scope = vocabulary.together(built.head.scope) if built.head else ()
    for section in ("events", "contracts", "projects") if scope else ():
        for name, part in built.families[section].items():
            products = () if getattr(part, "standing", False) else getattr(part, "product", None) or ()
            for product in (products,) if isinstance(products, str) else products:
                if product.partition(".")[0] not in scope:
                    _add(tree, (section, name, "product"), f"{product} is not in scope ({', '.join(scope)})", report)


def _add(tree: Branch, path: Path, message: str, report: Report) -> None:
    entry = get(tree, path)
    if entry:
        report.add(message, entry.node.place, dotted(path))


def _month(value: float) -> str:
    return str(write_quantity(value, DIMENSIONS["date"]))
