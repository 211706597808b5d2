"""Events: what goes wrong, or right, for a while."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, ValidationInfo, field_validator, model_validator

from supplysim.scenario.schema.contracts import Pricing
from supplysim.scenario.schema.entities import Entity, stands
from supplysim.scenario.schema.fields import (
    OTHERS,
    Date,
    DateOrNever,
    Duration,
    Fraction,
    Mass,
    MaybeContract,
    MaybeDuration,
    MaybePercent,
    MaybeRate,
    MaybeYearly,
    Multiple,
    OneProduct,
    OneRegion,
    OnOff,
    Part,
    Percent,
    Products,
    Rate,
    Regions,
    Text,
    about,
    context_of,
    wrong,
)


class Recovery(Part):
    """How an event fades after its end."""

    shape: Literal["step", "linear", "exponential"] = about("Form of the way back.", default="step")
    over: Duration = about("Time of the way back (for exponential: its time constant).", default=0.0, ge=0)


LOSSES = ("outage", "export_ban", "import_ban", "export_quota", "licensing_delay")
"""Kinds of events that are news of a loss: buyers stock up from the day they are announced."""


class _Timed(Entity):
    starts: Date = about("First month.")
    lasts: MaybeDuration = about("Length; to the end of the horizon unless said.", default=None, ge=0)
    probability: Fraction = about("Probability that it happens at all.", default=1.0, ge=0, le=1)
    standing: OnOff = stands()
    likelihood: MaybeYearly = about(
        "Chance a year that such a thing happens, for ranking by expected loss; it needs its `source`.",
        default=None, gt=0, le=1,
    )  # fmt: skip

    @field_validator("likelihood")
    @classmethod
    def _known_from(cls, likelihood: float | None, info: ValidationInfo) -> float | None:
        if likelihood is not None and not info.data.get("source"):
            raise wrong("needs the event's 'source': say where this chance is known from")
        return likelihood


class _Event(_Timed):
    severity: Fraction = about("How much of the whole happens: 1 is all of it.", default=1.0, ge=0, le=1)
    announced: Duration = about("How long before the start it is in the news.", default=0.0, ge=0)
    recovery: Recovery = about("How it fades after its end.", default=Recovery.model_construct())


class _Of(_Event):
    product: Products = about("Product, list of products, or glob such as rare_earths.*.")


class _Between(_Of):
    from_: Regions = about("Exporters.", alias="from")
    to: Regions = about("Importers.")

    @model_validator(mode="before")
    @classmethod
    def _everyone_else(cls, data: dict[str, Any], info: ValidationInfo) -> dict[str, Any]:
        """`others` on one side is everybody who is not on the other."""
        regions = tuple(context_of(info).vocabulary.regions)
        for side, opposite in (("from", "to"), ("to", "from")):
            named = data.get(opposite)
            if data.get(side) in OTHERS and named is not None and named not in OTHERS:
                listed = named if isinstance(named, list) else [named]
                rest = [] if "*" in listed else [region for region in regions if region not in listed]
                if not rest:
                    raise wrong(f"{side}: nobody is left besides '{opposite}'")
                return {**data, side: rest}
        return data


class _FromTo(_Between):
    @model_validator(mode="before")
    @classmethod
    def _to_everyone_else(cls, data: dict[str, Any]) -> dict[str, Any]:
        return {"to": OTHERS[0], **data} if "from" in data else data


class Outage(_Of):
    """Output is lost: a strike, an accident, a war."""

    kind: Literal["outage"] = about("Kind of event.")
    region: Regions = about("Where output is lost.")


class ExportBan(_FromTo):
    """An exporter stops supplying; `severity` is the share banned."""

    kind: Literal["export_ban"] = about("Kind of event.")
    to: Regions = about("Importers cut off; everyone else unless said.", default=())


class ImportBan(_Between):
    """An importer stops buying; `severity` is the share banned."""

    kind: Literal["import_ban"] = about("Kind of event.")


class ExportQuota(_FromTo):
    """An exporter limits the sum of its exports."""

    kind: Literal["export_quota"] = about("Kind of event.")
    to: Regions = about("Importers under the quota; everyone else unless said.", default=())
    limit: MaybeRate = about("Most that is exported in a year; say this or `cut`.", default=None, ge=0)
    cut: MaybePercent = about("Part of base-year exports taken away; say this or `limit`.", default=None, ge=0, le=1)

    @model_validator(mode="after")
    def _one_measure(self) -> Any:
        if (self.limit is None) == (self.cut is None):
            raise wrong("an export_quota needs either limit (t/yr) or cut (%), and not both")
        return self


class Tariff(_Between):
    """A duty on trade, paid to the importer; negative for a subsidy."""

    kind: Literal["tariff"] = about("Kind of event.")
    rate: Percent = about("Duty on the value; negative for a subsidy.", gt=-1, le=100)


class Freight(_Between):
    """Transport or insurance becomes dearer."""

    kind: Literal["freight"] = about("Kind of event.")
    rate: Percent = about("Rise of the delivered cost, in % of the price.", gt=-1, le=100)


class LicensingDelay(_Between):
    """Exports need licences: they arrive later, and some are held back."""

    kind: Literal["licensing_delay"] = about("Kind of event.")
    delay: Duration = about("Time added to the way.", ge=0, le=36)
    held_back: Percent = about("Share of the volume that gets no licence.", default=0.0, ge=0, le=1)


class CorridorClosure(_Event):
    """A corridor is shut; `severity` is the share of its capacity lost."""

    kind: Literal["corridor_closure"] = about("Kind of event.")
    corridor: Text = about("Id of the corridor.")


class CorridorCapacity(_Event):
    """A corridor passes no more than a limit."""

    kind: Literal["corridor_capacity"] = about("Kind of event.")
    corridor: Text = about("Id of the corridor.")
    limit: Rate = about("Most that passes.", ge=0)


class _Demand(_Of):
    region: Regions = about("Where demand changes.")
    over: Duration = about("Time in which the change builds up.", default=0.0, ge=0)


class DemandSurge(_Demand):
    """Use rises for other reasons than price."""

    kind: Literal["demand_surge"] = about("Kind of event.")
    change: Percent = about("Rise of demand.", gt=-1, le=100)


class Thrifting(_Demand):
    """Makers use less of it in each piece."""

    kind: Literal["thrifting"] = about("Kind of event.")
    change: Percent = about("Demand that goes away.", ge=0, le=1)


class Substitution(_Demand):
    """Makers use something else."""

    kind: Literal["substitution"] = about("Kind of event.")
    change: Percent = about("Demand that goes away.", ge=0, le=1)


class Recycling(_Of):
    """Scrap becomes a supply in the buyer's own region."""

    kind: Literal["recycling"] = about("Kind of event.")
    region: Regions = about("Where it is collected and used.")
    volume: Rate = about("Amount recovered a year, in each region.", ge=0)
    over: Duration = about("Time in which it builds up.", default=0.0, ge=0)


class StockpileRelease(_Of):
    """A government sells from its stocks whatever its rule says."""

    kind: Literal["stockpile_release"] = about("Kind of event.")
    region: Regions = about("Whose stockpile.")
    volume: Mass = about("Amount released over the time the event lasts, in each region.", ge=0)


class PriceCap(_Of):
    """Buyers may not pay more than a multiple of the base price."""

    kind: Literal["price_cap"] = about("Kind of event.")
    region: Regions = about("Where the cap holds.")
    multiple: Multiple = about("Highest price, as a multiple of the base year's.", gt=0, le=1000)


class Diversification(_Of):
    """No more than a share of a buyer's supply may come from one supplier or bloc."""

    kind: Literal["diversification"] = about("Kind of event.")
    to: Regions = about("Buyers under the rule.")
    from_: Regions = about("Supplier, or list that counts as one bloc.", alias="from")
    max_share: Percent = about("Largest share allowed.", ge=0, le=1)


class Offer(_Timed):
    """A rival's counter-contract: somebody else wants to be supplied."""

    kind: Literal["offer"] = about("Kind of event.")
    product: OneProduct = about("What is to be delivered.")
    from_: OneRegion = about("Who is to supply.", alias="from")
    to: OneRegion = about("Who makes the offer and is to receive.")
    volume: Rate = about("Amount a year.", ge=0)
    terms: Literal["take_or_pay", "option"] = about("As the contracts of that kind.", default="take_or_pay")
    price: Pricing = about("What is paid.", default=Pricing.model_construct())
    against: MaybeContract = about("Id of the contract whose supply it is made for.", default=None)

    @model_validator(mode="after")
    def _between_two(self) -> Any:
        if self.from_ == self.to:
            raise wrong(f"from and to are both {self.to[0]}; an offer is from one region to another")
        return self


class Purchase(_Timed):
    """Somebody buys in the market and keeps it out of it: a fund, a reserve that is not for use."""

    kind: Literal["purchase"] = about("Kind of event.")
    product: Products = about("Product, list of products, or glob such as rare_earths.*.")
    region: Regions = about("Through whose market it is bought.")
    volume: Mass = about("Amount bought over the time the event lasts, of each product in each region.", ge=0)
    returns: DateOrNever = about("Month from which it is sold back over 12 months; never unless said.", default=None)


Event = Annotated[
    Outage | ExportBan | ImportBan | ExportQuota | Tariff | Freight | LicensingDelay | CorridorClosure
    | CorridorCapacity | DemandSurge | Thrifting | Substitution | Recycling | StockpileRelease | PriceCap
    | Diversification | Offer | Purchase,
    Field(discriminator="kind"),
]  # fmt: skip
