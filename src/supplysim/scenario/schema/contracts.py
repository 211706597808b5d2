"""Contracts: who is to get how much from whom, and what becomes of it."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import model_validator

from supplysim.scenario.schema.entities import Entity
from supplysim.scenario.schema.fields import (
    Date,
    Duration,
    Fraction,
    MaybeDate,
    MaybeDuration,
    MaybePrice,
    MaybeRate,
    Money,
    Part,
    Product,
    Rate,
    Region,
    about,
    wrong,
)


class Pricing(Part):
    """What the buyer pays."""

    index: Literal["spot", "fixed"] = about("Spot price, or the base-year price held fixed.", default="spot")
    floor: MaybePrice = about("Least price the buyer pays; none unless said.", default=None, ge=0)


class _Flow(Entity):
    product: Product = about("What is delivered.")
    from_: Region = about("Who supplies.", alias="from")
    to: Region = about("Who receives.")
    starts: Date = about("Month of the first delivery as signed.")
    ramp: Duration = about("Time from first delivery to full volume.", default=0.0, ge=0)
    term: MaybeDuration = about("Length of the contract; to the end of the horizon unless said.", default=None, gt=0)
    price: Pricing = about("What the buyer pays.", default=Pricing.model_construct())
    new_capacity: Rate = about("Capacity that the contract adds at the supplier.", default=0.0, ge=0)
    capex: Money = about("Capital cost of the new capacity.", default=0.0, ge=0)
    realised: Fraction = about("Probability that the deal happens at all.", default=1.0, ge=0, le=1)
    delay: Duration = about("Slip against the date signed.", default=0.0, ge=0)
    support_ends: MaybeDate = about("Month in which the sponsor stops paying; never unless said.", default=None)

    @model_validator(mode="after")
    def _between_two(self) -> Any:
        if self.from_ == self.to:
            raise wrong(f"from and to are both {self.to}; a contract is between two regions")
        return self


class TakeOrPay(_Flow):
    """The buyer takes the volume or pays for it: a floor on the flow."""

    kind: Literal["take_or_pay"] = about("Kind of contract.")
    volume: Rate = about("Amount a year.", ge=0)


class Option(_Flow):
    """The buyer may take the volume: the tie grows, the flow is not forced."""

    kind: Literal["option"] = about("Kind of contract.")
    volume: Rate = about("Amount a year.", ge=0)


class Equity(_Flow):
    """The owner of a stake takes its share of what the supplier makes."""

    kind: Literal["equity"] = about("Kind of contract.")
    share: Fraction = about("Part of the supplier's output that the stake brings.", ge=0, le=1)
    volume: MaybeRate = about("Most that is taken in a year; no limit unless said.", default=None, ge=0)


class NoFlow(Entity):
    """A deal without a mineral flow (a study, a railway, a loan): listed as such, and never more."""

    kind: Literal["no_flow"] = about("Kind of contract.")
    capex: Money = about("Sum announced.", default=0.0, ge=0)


Contract = TakeOrPay | Option | Equity | NoFlow
