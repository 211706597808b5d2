"""What a row of each world table means once it is read. Amounts are tonnes of contained element a year."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["mine", "plant", "recycling", "other"]
KINDS: tuple[Kind, ...] = ("mine", "plant", "recycling", "other")
GROUPS = ("central_asia", "producer", "consumer", "rest")
CONFIDENCES = ("A", "B", "derived", "C", "R")
"""A publisher's own table, B press quoting it, derived computed, C weak or dated, R a labelled assumption."""
PARAMETERS = ("sigma", "supply", "scrap", "demand")
MOST_SIGMA, MOST_ELASTICITY = 100.0, 5.0
"""Beyond which an elasticity of substitution, of supply or of demand says no more."""
LONGEST_COVER, LONGEST_LEAD, LONGEST_TENOR = 120.0, 36.0, 240.0
"""Months of use in stock, on the way, and until contracts are priced again."""
LEAST_GROWTH, MOST_GROWTH = -0.5, 1.0
"""A year, as fractions."""


@dataclass(frozen=True)
class Fact:
    """A row's origin: `confidence` is one of `CONFIDENCES`, `place` is the file and line it was read from.

    `column` (from 1) is where the row's amount stands in that line, 0 where it has none.
    """

    confidence: str
    source: str
    note: str
    place: str
    column: int = 0

    @property
    def spot(self) -> str:
        """The place of the row's amount, as file:line:column; "" for a row that was not read."""
        return f"{self.place}:{self.column or 1}" if self.place else ""


@dataclass(frozen=True)
class Region:
    """A node of the world: a country or a group of them. `members` are ISO3 codes; `*` takes all that are left."""

    id: str
    name: str
    members: tuple[str, ...]
    lon: float
    lat: float
    group: str
    source: str


@dataclass(frozen=True)
class Ingredient:
    """Something that plants take a fixed amount of: `yield_` is t product a t of `product`."""

    product: str
    yield_: float
    place: str


@dataclass(frozen=True)
class Product:
    """A stage of a mineral; `yield_` is t product a t of `input` (the product upstream, "" for the first stage).

    `more` are what plants take beside it, in fixed proportions (Leontief); these may come from other minerals. `grade`
    says how far the tables can be trusted; a `final` product is not made into another of the mineral.
    """

    id: str
    mineral: str
    stage: str
    name: str
    input: str
    yield_: float
    unit: str
    price: float
    price_confidence: str
    price_source: str
    note: str
    final: bool
    place: str
    more: tuple[Ingredient, ...] = ()
    grade: str = ""

    @property
    def recipe(self) -> tuple[Ingredient, ...]:
        """All inputs of its plants; none for what is mined. The first decides what the base year's plants make."""
        return (Ingredient(self.input, self.yield_, self.place), *self.more) if self.input else ()


@dataclass(frozen=True)
class Host:
    """A by-product or joint product: its mines or plants in a region share a capacity with those of product `host`."""

    product: str
    region: str
    host: str
    fact: Fact


@dataclass(frozen=True)
class Production:
    """What one kind of producer in a region makes; `capacity` is None where nobody states one."""

    product: str
    region: str
    kind: Kind
    output: float
    capacity: float | None
    fact: Fact


@dataclass(frozen=True)
class Use:
    """Final use of a product in a region (processing demand is derived from what the plants make).

    `user` tells uses apart that not every supplier may feed (see `Qualified`); "use" where there is no such thing.
    """

    product: str
    region: str
    use: float
    fact: Fact
    user: str = "use"


@dataclass(frozen=True)
class Qualified:
    """A region whose product may feed a use of its own name; a use without such rows takes everybody's."""

    product: str
    user: str
    supplier: str
    fact: Fact


@dataclass(frozen=True)
class Trade:
    """A flow between two regions; a `known` one is held by the balancing."""

    product: str
    origin: str
    destination: str
    flow: float
    known: bool
    fact: Fact


@dataclass(frozen=True)
class Prior:
    """What is believed of an elasticity before any data: lognormal with these quantiles."""

    product: str
    parameter: str
    p10: float
    median: float
    p90: float
    fact: Fact


@dataclass(frozen=True)
class Cover:
    """Months of use held as stock, by industry or a government; `region` may be `*`."""

    product: str
    region: str
    holder: str
    months: float
    fact: Fact


@dataclass(frozen=True)
class Growth:
    """Growth of final demand in percent a year; `region` may be `*`."""

    product: str
    region: str
    percent: float
    fact: Fact


@dataclass(frozen=True)
class Range:
    """What other publishers say about a quantity; `region` is `FROM>TO` where the quantity is a flow."""

    product: str
    region: str
    quantity: str
    chosen: float
    low: float
    high: float
    source: str
    note: str


@dataclass(frozen=True)
class Reason:
    """Why the balancing may move a total of a region (or of all, `*`) by more than a tenth."""

    product: str
    side: str
    region: str
    reason: str


@dataclass(frozen=True)
class Terms:
    """How a product is paid for: a share under contracts, whose prices are agreed again at spot over `tenor` months.

    `product` is an id, a glob or `*`.
    """

    product: str
    term_share: float
    tenor: float
    fact: Fact


@dataclass(frozen=True)
class LeadTime:
    """Months on the way; `origin` and `destination` are a region, a group or `*`, `product` an id, a glob or `*`."""

    product: str
    origin: str
    destination: str
    months: float
    fact: Fact
