"""What the user builds and holds: projects, stockpiles and corridors."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import ValidationInfo, model_validator

from supplysim.scenario.schema.fields import (
    Contracts,
    Date,
    Days,
    Duration,
    Fraction,
    MaybeDuration,
    MaybeProduct,
    MaybeRate,
    Money,
    Multiple,
    OnOff,
    Part,
    Product,
    Rate,
    Region,
    Text,
    Whole,
    about,
    context_of,
)


class Entity(Part):
    """Anything with an id: it may say what it is and where that is known from."""

    title: Text = about("What it is, in one line.", default="")
    source: Text = about("Where this is known from.", default="")
    note: Text = about("Anything a reader should know.", default="")


def stands() -> Any:
    """The field that puts an event or a project into the world as it stands."""
    return about("Whether it is part of the world as it stands, in the baseline as in the scenario.", default=False)


class Project(Entity):
    """A mine, plant or expansion that somebody has announced."""

    product: Product = about("What it makes.")
    region: Region = about("Where it stands.")
    size: Rate = about("Capacity once it is complete.", ge=0)
    starts: Date = about("Month of first output as announced.")
    ramp: Duration = about("Time from first output to full capacity.", default=24.0, ge=0)
    delay: Duration = about("Slip against the announced date.", default=0.0, ge=0)
    realised: Fraction = about("Probability that it is built at all.", default=1.0, ge=0, le=1)
    capex: Money = about("Capital cost.", default=0.0, ge=0)
    independent: OnOff = about(
        "Whether it is built without the deals; a project belongs to the contracts unless it says so.", default=False
    )
    standing: OnOff = stands()
    for_: Contracts = about("Ids of the contracts that it is built for; all of them unless said.", alias="for",
                            default=())  # fmt: skip


class Stockpile(Entity):
    """A government's stock of one mineral with its rule."""

    product: Product = about("What is held; the mineral's final product unless said.")
    target: Duration = about("Months of the region's use the stockpile aims at.", default=0.0, ge=0, le=120)
    initial: MaybeDuration = about(
        "Months of use held at the start; the target unless said.", default=None, ge=0, le=120
    )
    release_above: Multiple = about("Price multiple above which it releases.", default=1.5, gt=0)
    refill_below: Multiple = about("Price multiple below which it refills.", default=1.1, gt=0)
    release_over: Duration = about("Time over which all of it can be released.", default=6.0, ge=1)
    refill_over: Duration = about("Time over which it is filled from empty.", default=24.0, ge=1)

    @model_validator(mode="before")
    @classmethod
    def _of_its_mineral(cls, data: dict[str, Any], info: ValidationInfo) -> dict[str, Any]:
        context = context_of(info)
        return {"product": context.vocabulary.final(context.mineral), **data}


class Leg(Part):
    """One step of a corridor."""

    mode: Literal["mine", "rail", "border", "ferry", "port", "sea", "road"] = about("How goods move or wait here.")
    capacity: MaybeRate = about("Most that passes; unlimited unless said.", default=None, gt=0)
    service: Days = about("Mean time a consignment takes, waiting apart.", ge=0, le=365)
    servers: Whole = about("Consignments handled at the same time.", default=1, ge=1, le=100_000)
    closed: Fraction = about("Share of the time it is closed (weather, works).", default=0.0, ge=0, lt=1)


class Service(Part):
    """Trade that uses a corridor."""

    from_: Region = about("Exporter.", alias="from")
    to: Region = about("Importer.")
    product: MaybeProduct = about("Product; all unless said.", default=None)
    share: Fraction = about("Share of the flow that takes this corridor.", default=1.0, ge=0, le=1)


class Corridor(Entity):
    """A way goods travel, leg by leg in the order written."""

    legs: dict[str, Leg] = about("The legs by name, from mine to buyer.", min_length=1)
    serves: tuple[Service, ...] = about("The trade that uses it.", default=())
