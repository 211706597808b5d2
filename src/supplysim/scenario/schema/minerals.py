"""The world's own numbers that a scenario may change; what is not named keeps the world's value."""

from __future__ import annotations

from typing import Annotated

from pydantic import ConfigDict

from supplysim.scenario.schema.fields import MaybeDuration, MaybePrice, MaybeRate, Part, about
from supplysim.scenario.schema.fields import Quantity as _Quantity
from supplysim.world.records import (
    LEAST_GROWTH,
    LONGEST_COVER,
    LONGEST_LEAD,
    LONGEST_TENOR,
    MOST_ELASTICITY,
    MOST_GROWTH,
    MOST_SIGMA,
)

MaybeNumber = Annotated[float | None, _Quantity("number")]
MaybeFraction = Annotated[float | None, _Quantity("fraction")]
MaybeMultiple = Annotated[float | None, _Quantity("multiple")]
MaybeGrowth = Annotated[float | None, _Quantity("growth")]


class ByRegion(Part):
    """A map with some fixed fields whose other keys are regions."""

    model_config = ConfigDict(extra="allow", frozen=True)


class SupplyOf(Part):
    """One region's supply of a product."""

    capacity: MaybeRate = about("Most the region can make.", default=None, ge=0)
    scale: MaybeMultiple = about("Factor on the region's supply curve and capacity.", default=None, ge=0)
    growth: MaybeGrowth = about(
        "Growth of what the region can make; with the world's use, where nothing is said.",
        default=None,
        ge=LEAST_GROWTH,
        le=MOST_GROWTH,
    )


class Supply(ByRegion):
    """Supply of a product."""

    __pydantic_extra__: dict[str, SupplyOf]
    elasticity: MaybeNumber = about(
        "Short-run elasticity of supply to its price.", default=None, gt=0, le=MOST_ELASTICITY
    )


class DemandOf(Part):
    """One region's demand for a product."""

    scale: MaybeMultiple = about("Factor on the region's demand.", default=None, ge=0)
    growth: MaybeGrowth = about("Growth of the region's final demand.", default=None, ge=LEAST_GROWTH, le=MOST_GROWTH)


class Demand(ByRegion):
    """Demand for a product."""

    __pydantic_extra__: dict[str, DemandOf]
    elasticity: MaybeNumber = about(
        "Short-run elasticity of demand to its price, as a positive number.", default=None, gt=0, le=MOST_ELASTICITY
    )


class Link(Part):
    """Trade from one region to another."""

    lead_time: MaybeDuration = about(
        "Time from the supplier's gate to the buyer's door.", default=None, ge=0, le=LONGEST_LEAD
    )


class LinksFrom(ByRegion):
    """Trade of one exporter, by importer."""

    __pydantic_extra__: dict[str, Link]


class Trade(ByRegion):
    """Trade in a product."""

    __pydantic_extra__: dict[str, LinksFrom]
    sigma: MaybeNumber = about("Elasticity of substitution between suppliers.", default=None, gt=0, le=MOST_SIGMA)
    term_share: MaybeFraction = about(
        "Share of purchases under contracts, the rest being spot.", default=None, ge=0, le=1
    )
    tenor: MaybeDuration = about(
        "Time over which the prices of contracts are agreed again at spot.", default=None, ge=1, le=LONGEST_TENOR
    )


class StocksOf(Part):
    """Industry's stocks of a product in one region."""

    cover: MaybeDuration = about(
        "Months of use that industry holds in the region.", default=None, ge=0, le=LONGEST_COVER
    )


class StocksHeld(ByRegion):
    """Industry's stocks of a product."""

    __pydantic_extra__: dict[str, StocksOf]
    cover: MaybeDuration = about(
        "Months of use that industry holds wherever nothing else is said.", default=None, ge=0, le=LONGEST_COVER
    )
    cover_factor: MaybeMultiple = about(
        "Factor on the tables' months of use, where the scenario gives none.", default=None, ge=0, le=10
    )


class Stage(Part):
    """A product: one stage of a mineral."""

    price: MaybePrice = about("Base-year price.", default=None, gt=0)
    supply: Supply | None = about("Supply of the product.", default=None)
    demand: Demand | None = about("Demand for the product.", default=None)
    trade: Trade | None = about("Trade in the product.", default=None)
    stocks: StocksHeld | None = about("Industry's stocks of the product.", default=None)
