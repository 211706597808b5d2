"""What stands at the top of a scenario: names, horizon, draws, and the sides of the headline table."""

from __future__ import annotations

from typing import Literal

from pydantic import ValidationInfo, field_validator

from supplysim.scenario.schema.fields import (
    Date,
    MaybeDate,
    MaybeText,
    Minerals,
    Part,
    Regions,
    Text,
    Whole,
    about,
    wrong,
)
from supplysim.scenario.units import DIMENSIONS, write_quantity

RIVALS = ("CHN", "RUS")
CONSUMERS = ("USA", "EU27", "JPN", "KOR")


class Horizon(Part):
    """The months that are simulated."""

    start: Date = about("First month of the simulation.", default=float(12 * 2026), ge=12 * 2000, le=12 * 2100)
    months: Whole = about("Length of the simulation in months.", default=120, ge=1, le=1200)
    report_from: MaybeDate = about("First month that metrics count; what is before it is shown only.", default=None)

    @field_validator("start", "report_from")
    @classmethod
    def _whole(cls, month: float | None) -> float | None:
        if month is not None and month != round(month):
            raise wrong("must be a whole month, for example 2026-01")
        return month

    @field_validator("report_from")
    @classmethod
    def _inside(cls, month: float | None, info: ValidationInfo) -> float | None:
        start, months = info.data.get("start"), info.data.get("months")
        if month is None or start is None or months is None or start <= month < start + months:
            return month
        first, last = (write_quantity(each, DIMENSIONS["date"]) for each in (start, start + months - 1))
        raise wrong(f"is outside the horizon, which is {first} to {last}")


class Head(Part):
    """The single values of a scenario."""

    format: Whole = about("Version of the scenario language; 1.", default=1, ge=1, le=1)
    title: Text = about("What happens, in one line.", min_length=1)
    question: Text = about("The question the scenario answers.", default="")
    world: MaybeText = about(
        "Folder of world tables laid over the shipped ones, relative to this file, or the name of an installed world.",
        default=None,
    )
    rivals: Regions = about("Regions whose share of supply is reported as `rival_share`.", default=RIVALS)
    consumers: Regions = about("Regions shown in the headline table.", default=CONSUMERS)
    scope: Minerals = about(
        "Minerals to simulate, all if left out; fewer run faster. Those that share a plant or a mine come along.",
        default=(),
    )
    draws: Whole = about("Number of draws of the uncertain values.", default=256, ge=1, le=10_000_000)
    sampler: Literal["random", "lhs", "sobol"] = about(
        "How draws are spread: independent, Latin hypercube or a scrambled Sobol sequence.", default="sobol"
    )
    seed: Whole = about("Seed of all random numbers.", default=7, ge=0, le=2**63 - 1)
