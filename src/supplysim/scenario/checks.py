"""What types alone cannot see: events beyond the horizon, support that ends too early, names that lead nowhere."""

from __future__ import annotations

from collections.abc import Mapping

from supplysim.scenario.build import Built
from supplysim.scenario.distributions import Distribution
from supplysim.scenario.names import suggestion
from supplysim.scenario.nodes import Branch, Path, get
from supplysim.scenario.paths import dotted
from supplysim.scenario.places import Report
from supplysim.scenario.schema import Horizon
from supplysim.scenario.units import DIMENSIONS, write_quantity
from supplysim.scenario.vocabulary import Vocabulary


def check(
    tree: Branch, built: Built, drawn: Mapping[str, Distribution], vocabulary: Vocabulary, report: Report
) -> None:
    """Adds a fault for everything in a scenario that is well typed and yet cannot be meant."""
    horizon = built.singles.get("horizon")
    if isinstance(horizon, Horizon):
        _events_in_horizon(tree, built, horizon, drawn, report)
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
    for name, contract in built.families["contracts"].items():
        ends, starts = getattr(contract, "support_ends", None), getattr(contract, "starts", None)
        if ends is not None and starts is not None and ends < starts:
            message = f"the support ends before the contract starts ({_month(starts)})"
            _add(tree, ("contracts", name, "support_ends"), message, report)


def _events_in_horizon(
    tree: Branch, built: Built, horizon: Horizon, drawn: Mapping[str, Distribution], report: Report
) -> None:
    end = horizon.start + horizon.months
    for name, event in built.families["events"].items():
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


def _products_in_scope(tree: Branch, built: Built, vocabulary: Vocabulary, report: Report) -> None:
    """Nothing may happen to a mineral that is not simulated."""
    scope = vocabulary.together(built.head.scope) if built.head else ()
    for section in ("events", "contracts", "projects") if scope else ():
        for name, part in built.families[section].items():
            products = getattr(part, "product", None) or ()
            for product in (products,) if isinstance(products, str) else products:
                if product.partition(".")[0] not in scope:
                    _add(tree, (section, name, "product"), f"{product} is not in scope ({', '.join(scope)})", report)


def _add(tree: Branch, path: Path, message: str, report: Report) -> None:
    entry = get(tree, path)
    if entry:
        report.add(message, entry.node.place, dotted(path))


def _month(value: float) -> str:
    return str(write_quantity(value, DIMENSIONS["date"]))
