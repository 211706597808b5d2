"""What can fail: every single loss that a scenario's world has, as settings that reproduce it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from supplysim.logistics import corridors_of, services_of
from supplysim.results.folder import month_name
from supplysim.scenario import Scenario
from supplysim.world import World

LEAST_SHARE = 0.01
"""Share of a product's output, or of its trade, from which a supplier's loss is screened."""
LEAST_IMPORT = 0.1
"""Share of what a consumer buys of a product from which its own ban on a supplier is screened."""
SEVERITIES = (0.5, 1.0)
LENGTHS = (6, 18)
KINDS = ("supplier", "country", "export ban", "corridor", "import ban", "contract", "event")
ALWAYS = (1.0, 0)
"""Severity and length of what has neither: a contract that is not kept."""


@dataclass(frozen=True)
class Contingency:
    """One loss: `kind` one of `KINDS`, `name` for people, `products` it starts at (`()`: any), `severity` 0..1, `lasts`
    months, and the `--set` texts that bring it about. `event` is the id of the event among them, "" without one."""

    id: str
    kind: str
    name: str
    products: tuple[str, ...]
    region: str
    severity: float
    lasts: int
    settings: tuple[str, ...]
    event: str = ""

    @property
    def family(self) -> str:
        """What fails, whatever the severity and length."""
        return f"{self.kind} {self.name}"

    def words(self) -> str:
        """What fails, how much of it and for how long."""
        if not self.event:
            return self.name
        return f"{self.name}, {100 * self.severity:.0f} % for {self.lasts} months"


def contingencies(
    world: World, scenario: Scenario, consumers: Sequence[str], *, severities: Sequence[float] = SEVERITIES,
    lengths: Sequence[int] = LENGTHS,
) -> list[Contingency]:  # fmt: skip
    """Every single loss in the scenario's scope, at each severity and length; contracts as a whole."""
    scope = [p for p in world.base if not scenario.scope or p.partition(".")[0] in scenario.scope]
    found: list[Contingency] = []
    for kind, name, products, region, body in _losses(world, scenario, scope, consumers):
        for severity in severities:
            for lasts in lengths:
                number = f"x{len(found) + 1}"
                text = (
                    f"events.{number}={{{body}, starts: {month_name(scenario.start)}, lasts: {lasts} months, "
                    f"severity: {100 * severity:g}%}}"
                )
                made = Contingency(number, kind, name, products, region, severity, lasts, (text,), number)
                found.append(made)
    for name, contract in scenario.contracts.items():
        if contract.kind != "no_flow" and contract.product in scope:
            title, setting = f"{contract.title or name} does not come", f"contracts.{name}.realised=0"
            number = f"x{len(found) + 1}"
            found.append(
                Contingency(number, "contract", title, (contract.product,), contract.from_, *ALWAYS, (setting,))
            )
    return found


def stated(scenario: Scenario) -> list[Contingency]:
    """The scenario's own events that state a likelihood: each may happen or not, and is screened as written."""
    found = []
    events: Mapping[str, Any] = scenario.events
    for name, event in events.items():
        if getattr(event, "likelihood", None) is not None:
            title, products = event.title or f"the event {name}", tuple(getattr(event, "product", ()))
            lasts = round(event.lasts or scenario.months)
            settings = (f"events.{name}.probability=1",)
            found.append(Contingency(name, "event", title, products, "", event.severity, lasts, settings, name))
    return found


def calm(scenario: Scenario) -> tuple[str, ...]:
    """Settings that take the scenario's own events with a likelihood out of the world they are measured against."""
    return tuple(f"events.{each.event}.probability=0" for each in stated(scenario))


Loss = tuple[str, str, tuple[str, ...], str, str]
"""Kind, name, products, region and the event without its dates."""


def _losses(world: World, scenario: Scenario, scope: Sequence[str], consumers: Sequence[str]) -> Iterator[Loss]:
    regions = {region: world.regions[region].name for region in world.regions}
    made_by: dict[str, list[str]] = {}
    for product in scope:
        output = world.base[product].output()
        total = sum(output.values())
        for region, tonnes in output.items():
            if total > 0 and tonnes >= LEAST_SHARE * total:
                made_by.setdefault(region, []).append(product)
                body = f"kind: outage, product: {product}, region: {region}"
                yield "supplier", f"{product} made in {regions[region]}", (product,), region, body
        yield from _bans(world, product, consumers)
    for region, products in made_by.items():
        if len(products) > 1:
            body = f"kind: outage, product: [{', '.join(products)}], region: {region}"
            yield "country", f"everything made in {regions[region]}", tuple(products), region, body
    for corridor, served in _corridors(world, scenario, scope).items():
        yield "corridor", f"the corridor {corridor}", served, "", f"kind: corridor_closure, corridor: {corridor}"


def _bans(world: World, product: str, consumers: Sequence[str]) -> Iterator[Loss]:
    trade = world.base[product].trade()
    abroad = {pair: tonnes for pair, tonnes in trade.items() if pair[0] != pair[1]}
    total = sum(abroad.values())
    for region in dict.fromkeys(a for a, _ in abroad):
        exports = sum(tonnes for (a, _), tonnes in abroad.items() if a == region)
        if total > 0 and exports >= LEAST_SHARE * total:
            name = f"exports of {product} from {world.regions[region].name}"
            yield "export ban", name, (product,), region, f"kind: export_ban, product: {product}, from: {region}"
    for consumer in consumers:
        bought = sum(tonnes for (_, b), tonnes in trade.items() if b == consumer)
        for (a, b), tonnes in abroad.items():
            if b == consumer and tonnes >= LEAST_IMPORT * bought > 0:
                name = f"{world.regions[b].name}'s imports of {product} from {world.regions[a].name}"
                yield "import ban", name, (product,), a, f"kind: import_ban, product: {product}, from: {a}, to: {b}"


def _corridors(world: World, scenario: Scenario, scope: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """The corridors that base-year trade in scope uses, with the products that do."""
    used: dict[str, tuple[str, ...]] = {}
    known = corridors_of(scenario)
    for service in services_of(scenario):
        for product in scope:
            if service.product in ("*", product) and service.corridor in known:
                trade = world.base[product].trade()
                flow = sum(trade.get((service.origin, to), 0.0) for to in service.to)
                mine = used.get(service.corridor, ())
                if flow * service.share > 0 and product not in mine:
                    used[service.corridor] = (*mine, product)
    return used
