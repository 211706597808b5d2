"""The model's own switches and speeds."""

from __future__ import annotations

from supplysim.scenario.schema.fields import Duration, Fraction, Monthly, Multiple, Number, OnOff, Part, about


class Habit(Part):
    """How buyers' ties follow what they bought, and are pulled back to the structure of the base year."""

    learning: Monthly = about(
        "Share of the gap to actual purchases that ties close each month.", default=0.02, ge=0, le=1
    )
    reversion: Monthly = about("Share of the gap to the structural ties closed each month.", default=0.01, ge=0, le=1)
    floor: Fraction = about(
        "Least part of a tie that remains in memory while nothing is bought.", default=0.05, gt=0, le=1
    )


class Stocks(Part):
    """How industry's stocks respond to prices."""

    price_response: Number = about("Elasticity of desired stocks to the price over its expectation.", default=2.0, ge=0)
    release_time: Duration = about("Months over which stocks can be run down.", default=3.0, ge=1)
    rebuild_time: Duration = about("Months over which a shortfall of stocks is rebuilt.", default=2.0, ge=1)
    expectation_gain: Monthly = about(
        "Share of the gap to the price that expectations close.", default=0.05, ge=0, le=1
    )
    responding_months: Duration = about(
        "Months of cover that answer to prices; more than the cover: all of it.", default=6.0, gt=0, le=1200
    )
    news_cover: Duration = about(
        "More cover that all buyers look for while a loss is in the news (drawn unless given).",
        default=0.25,
        ge=0,
        le=12,
    )
    cargo_follows_price: OnOff = about(
        "Whether goods are wanted under way for what is used at the day's price, not at the base price.", default=True
    )
    max_build: Duration = about("Most that is added to stocks in a month, in months of use.", default=1.0, ge=0)


class NewLinks(Part):
    """Trade between pairs that had none in the base year."""

    gravity: Fraction = about(
        "Weight of a gravity estimate for pairs without base-year trade.", default=0.1, ge=0, le=1
    )
    at_once: Fraction = about(
        "Share of that estimate that needs no qualification once prices are scarce.", default=1.0, ge=0, le=1
    )
    qualification: Duration = about("Months until a new supplier is qualified.", default=24.0, ge=0)


class Model(Part):
    """The model's own switches and speeds."""

    variety_cost: OnOff = about("Whether losing a supplier costs buyers a loss-of-variety premium.", default=True)
    growth: OnOff = about("Whether final demand grows with the world's growth rates.", default=True)
    investment: OnOff = about("Whether high expected prices bring forth new capacity.", default=False)
    habit: Habit = about("How trade ties learn and revert.", default=Habit.model_construct())
    stocks: Stocks = about("How industry's stocks behave.", default=Stocks.model_construct())
    price_ceiling: Multiple = about(
        "Price multiple at which use is priced out altogether.", default=20.0, gt=1, le=1000
    )
    demand_curvature: Fraction = about(
        "How demand bends above base prices: 0 constant elasticity, 1 elasticity proportional to the price.",
        default=0.5,
        ge=0,
        le=1,
    )
    break_even: OnOff = about(
        "Whether plants stop buying an input where it costs more than their product brings.", default=True
    )
    ceiling_sharpness: Number = about("Steepness (kappa) of the price ceiling.", default=60.0, ge=40, le=200)
    new_links: NewLinks = about("Trade between pairs that had none.", default=NewLinks.model_construct())
