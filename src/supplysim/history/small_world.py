"""The world of one event: the producers that fail, all others, and the world as one buyer, run by the real engine.

Everything but the event itself is a prior: elasticities and substitution of `history.model.Prior`, stock cover of
`events_table.cover_of`, the model's rules as shipped or as settings change them. Nothing is fitted, nothing grows.
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from supplysim.assembly import Inputs
from supplysim.assembly.chain import assemble
from supplysim.batch.engine import engine_for
from supplysim.batch.sampling import sample
from supplysim.engine.market import Array, Mask
from supplysim.engine.run import simulate
from supplysim.history.events_table import Event, cover_of
from supplysim.history.model import Prior
from supplysim.results.trace import trace
from supplysim.scenario import Scenario, load
from supplysim.scenario.seeds import stream
from supplysim.scenario.world_names import COVER, of_catalog
from supplysim.world import BaseMarket, Buyer, Catalog, Product, Region, Supplier, World
from supplysim.world.base import UTILISATION
from supplysim.world.records import Fact, LeadTime, Production, Use
from supplysim.world.records import Prior as Elasticity

PRODUCT = "metal.refined"
BUYER = "WORLD"
OTHERS = "OTHERS"
MONTHS = 12
_FACT = Fact("R", "a world of one event", "", "")


@dataclass(frozen=True)
class Setting:
    """What is drawn, and how.

    `settings` are `PATH=VALUE` texts as for `--set`. With `announced` a loss is what was announced, of which a uniform
    share comes true; without, it happens as reported. Without `noise` there is the inner band alone. `prior` has the
    elasticities, `way` the months that goods are under way: none, unless what hangs on them is looked at.
    """

    draws: int = 200
    seed: int = 0
    settings: tuple[str, ...] = ()
    announced: bool = True
    noise: bool = True
    prior: Prior = field(default_factory=Prior)
    way: int = 0


@dataclass(frozen=True)
class Course:
    """What one event does to the small world, a column a draw, months from the news on.

    `price` is the model's log price over the base, `formula` that of the closed form of one market without stocks,
    `tense` whether output is missing; all `(MONTHS, draws)`.
    """

    price: Array
    formula: Array
    tense: Mask


def run_event(event: Event, setting: Setting) -> Course:
    """Play one event from the month of its news. Raises `InputError` for settings the language does not know."""
    world = _world(event, setting.prior, setting.way)
    scenario = _scenario(event, world, setting)
    drawn = sample(scenario, 0, setting.draws) | _uncertain(event, setting)
    inputs = Inputs(scenario, drawn, setting.draws)
    built = assemble(world, inputs, "scenario")
    (nodes,), (history,) = built.nodes.values(), simulate(built.chain, engine=engine_for("auto"))
    found = trace(nodes, history, bool(scenario.values["model.variety_cost"]), {})
    price = found.monthly["price"][:, :, found.regions.index(BUYER)]
    lost = _lost(event, drawn)
    return Course(np.log(price), _formula(lost, drawn, scenario), lost > 0)


def _uncertain(event: Event, setting: Setting) -> dict[str, Array]:
    """Cover, and each loss's size and length, by path.

    A loss of part of a month becomes a smaller one of the whole month: the tonnes lost are the same.
    """

    def uniform(what: str) -> Array:
        name = f"{event.metal}|{event.month}|{what}"
        return np.random.default_rng(stream(setting.seed, name)).random(setting.draws)

    drawn = {f"minerals.{PRODUCT}.stocks.cover": cover_of(event) * COVER.ppf(uniform("cover"))}
    for k, piece in enumerate(event.pieces, 1):
        lasts = piece.low * (piece.high / piece.low) ** uniform(f"lasts {k}")
        true = uniform(f"severity {k}") if setting.announced else np.ones(setting.draws)
        whole = np.ceil(lasts)
        drawn |= {f"events.loss-{k}.lasts": whole, f"events.loss-{k}.severity": true * lasts / whole}
    return drawn


def _lost(event: Event, drawn: dict[str, Array]) -> Array:
    """Share of the world's output that is missing, `(MONTHS, draws)`."""
    month = np.arange(MONTHS)[:, None]
    lost = np.zeros((MONTHS, len(drawn["events.loss-1.lasts"])))
    for k, piece in enumerate(event.pieces, 1):
        start, stop = int(piece.lag), int(piece.lag) + drawn[f"events.loss-{k}.lasts"]
        lost += piece.loss * drawn[f"events.loss-{k}.severity"] * ((month >= start) & (month < stop))
    return lost


def _formula(lost: Array, drawn: dict[str, Array], scenario: Scenario) -> Array:
    """`P = (1 - loss)^(-1/(eps + eta))` month by month, at most the model's ceiling: no stocks, no memory."""
    head = f"minerals.{PRODUCT}"
    both = drawn[f"{head}.supply.elasticity"] + drawn[f"{head}.demand.elasticity"]
    return np.minimum(-np.log1p(-lost) / both, np.log(float(scenario.values["model.price_ceiling"])))


def _scenario(event: Event, world: World, setting: Setting) -> Scenario:
    """The event in the scenario language, on the world of its own; how large and how long it is is drawn."""
    lines = [
        "format: 1",
        "title: One event",
        f"horizon: {{start: 2000-01, months: {MONTHS}}}",
        f"consumers: [{BUYER}]",
        f"draws: {setting.draws}",
        f"seed: {setting.seed}",
        "model: {growth: false}",
        "events:",
    ]
    for k, piece in enumerate(event.pieces, 1):
        starts = f"{2000 + int(piece.lag) // 12:04d}-{int(piece.lag) % 12 + 1:02d}"
        where = f"kind: outage, product: {PRODUCT}, region: FAILS{k}"
        known = f"announced: {int(piece.lag)} months"
        lines.append(f"  loss-{k}: {{{where}, starts: {starts}, {known}, lasts: 1 month, severity: 100 %}}")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "event.yaml"
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return load(path, setting.settings, catalog=of_catalog(world.catalog))


def _world(event: Event, prior: Prior, way: int) -> World:
    """One market of one tonne a year: a producer for each piece of the event, as large as its loss and at capacity."""
    losses = [piece.loss for piece in event.pieces]
    names = [*(f"FAILS{k + 1}" for k in range(len(losses))), OTHERS]
    made = [*losses, 1.0 - sum(losses)]
    capacity = [*losses, made[-1] / UTILISATION]
    regions = {name: Region(name, name.capitalize(), (), 0.0, 0.0, "rest", _FACT.source) for name in [*names, BUYER]}
    product = Product(
        PRODUCT, "metal", "refined", event.metal, "", 1.0, "t", 1.0, "R", _FACT.source, "", final=True, place=""
    )
    production = tuple(
        Production(PRODUCT, name, "mine", each, most, _FACT)
        for name, each, most in zip(names, made, capacity, strict=True)
    )
    priors = {name: _elasticity(name, prior) for name in ("sigma", "supply", "demand")}
    known = {(PRODUCT, name): p for name, p in priors.items()}
    use, ways = (Use(PRODUCT, BUYER, 1.0, _FACT),), (LeadTime(PRODUCT, "*", "*", way, _FACT),)
    catalog = Catalog(regions, {PRODUCT: product}, production, known, {}, {}, ways, use=use)
    suppliers = tuple(
        Supplier(name, "mine", each, most, name != OTHERS, "R", _FACT.source, "")
        for name, each, most in zip(names, made, capacity, strict=True)
    )
    buyer = Buyer(BUYER, "use", 1.0, cover_of(event), 0.0, "R", _FACT.source, "")
    market = BaseMarket(
        product, suppliers, (buyer,), np.array(made)[:, None], priors["sigma"], priors["supply"], priors["demand"], None
    )
    return World(catalog, {PRODUCT: market}, (), (), (), None)


def _elasticity(name: str, prior: Prior) -> Elasticity:
    if name == "sigma":
        return Elasticity(PRODUCT, name, prior.sigma_p10, prior.sigma, prior.sigma_p90, _FACT)
    middle = prior.supply if name == "supply" else prior.demand
    wide = float(np.exp(1.2815515655446004 * np.sqrt(np.log1p(prior.spread**2))))
    return Elasticity(PRODUCT, name, middle / wide, middle, middle * wide, _FACT)
