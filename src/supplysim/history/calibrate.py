"""Fitting one market's elasticities to its trade: least squares on the engine, scored on years it has not seen.

Each year is predicted from the year before. Exporters whose total fell by a tenth or more are held to what they sold;
everything else is the market's answer: who re-routes how much (sigma), how far the other exporters step in (supply
elasticity), and what happens to the total and to the price (demand elasticity). What a year's trade holds besides
that, such as growth of demand, is noise to this fit, so its figures belong beside the priors, not in their place.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from supplysim.engine import solve_market
from supplysim.engine.market import Array
from supplysim.errors import InputError
from supplysim.history.model import Prior
from supplysim.history.shocks import MIN_BUYER, MIN_SUPPLIER, gather
from supplysim.history.trade import Trade, read_trade, shipped_trade

PRODUCT = re.compile(r"[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*\Z")
CODES = Path(__file__).parent / "tables" / "codes.csv"
HELD = 0.10
"""An exporter whose total fell by this fraction or more is held to what it sold."""
LOWEST = (0.1, 0.01, 0.05)
HIGHEST = (30.0, 3.0, 3.0)
"""Bounds of sigma, supply and demand elasticity in the fit."""
OUT_OF_SAMPLE = 0.25
"""The last quarter of the years is kept for the test unless a split is given."""


class Market(NamedTuple):
    """Sigma, supply and demand elasticity, both elasticities positive."""

    sigma: float
    supply: float
    demand: float


@dataclass(frozen=True)
class Step:
    """One year predicted from the last: shares of last year's world tonnes `(suppliers, buyers)`, and the price."""

    year: int
    before: Array
    after: Array
    log_price: float


class Error(NamedTuple):
    """Mean error of flows (half the absolute errors over world tonnes) and of the log price (root mean square)."""

    flow: float
    price: float


@dataclass(frozen=True)
class Fit:
    """A calibration: what was fitted on the years up to `split`, the priors, and the errors of both.

    Errors out of sample are walk-forward: each later year is predicted with a fit to the years before it alone.
    """

    code: str
    split: int
    years: tuple[int, int]
    fitted: Market
    prior: Market
    fitted_in: Error
    fitted_out: Error
    prior_in: Error
    prior_out: Error

    @property
    def at_bound(self) -> tuple[str, ...]:
        """The parameters the fit pushed to a bound of its search: the series does not say what they are."""
        ends = zip(Market._fields, self.fitted, LOWEST, HIGHEST, strict=True)
        return tuple(name for name, value, low, high in ends if value < 1.01 * low or value > 0.99 * high)

    def as_dict(self) -> dict[str, Any]:
        names = ("fitted", "prior", "fitted_in", "fitted_out", "prior_in", "prior_out")
        parts = {name: getattr(self, name)._asdict() for name in names}
        return {"code": self.code, "split": self.split, "years": self.years, **parts, "at_bound": self.at_bound}


def calibrate(series: str | Path, split: int | None = None, code: str | None = None) -> Fit:
    """Fit a market to `series`: a trade table (one code, or the one named by `code`), or a code of the shipped table.

    The table has the columns of `trade.COLUMNS` (kUSD, tonnes, a row a year and pair). Fitted are sigma and both
    elasticities, by least squares of next year's flows (shares of last year's world tonnes) and log unit value.
    `split` is the last year of the sample; without it the last quarter of the years is kept for the test. Raises
    InputError for a table that cannot be used, an unknown code, or a split that leaves either side empty.
    """
    trade, name = _open(str(series), code)
    steps = steps_of(trade, name)
    years = [step.year for step in steps]
    if len(steps) < 2:
        raise InputError(f"code {name} needs at least three years in a row; it has {len(steps)} pairs of years")
    last = years[-1 - max(1, round(OUT_OF_SAMPLE * len(years)))] if split is None else split
    inside, outside = [s for s in steps if s.year <= last], [s for s in steps if s.year > last]
    if not inside or not outside:
        raise InputError(
            f"--split {last} leaves one side empty; the years predicted run from {years[0]} to {years[-1]}"
        )
    prior = _prior()
    fitted = fit(inside)
    walked = [fit([s for s in steps if s.year < step.year]) for step in outside[1:]]
    ahead = [errors([step], market) for step, market in zip(outside, [fitted, *walked], strict=True)]
    return Fit(
        name, last, (years[0] - 1, years[-1]), fitted, prior,
        errors(inside, fitted), _together(ahead), errors(inside, prior), errors(outside, prior),
    )  # fmt: skip


def _open(series: str, code: str | None) -> tuple[Trade, str]:
    if not Path(series).exists() and series in shipped_trade().codes:
        if code not in (None, series):
            raise InputError(f"--code {code}: {series} is a code of the shipped table itself")
        return shipped_trade(), series
    if not Path(series).exists() and "." not in series and "/" not in series:
        raise InputError(f"no table and no shipped code {series!r}; codes are {', '.join(shipped_trade().codes)}")
    trade = read_trade(series)
    name = trade.codes[0] if code is None and len(trade.codes) == 1 else code
    if name is None or name not in trade.codes:
        raise InputError(f"{series}: choose one of its codes with --code: {', '.join(trade.codes)}")
    return trade, name


def steps_of(trade: Trade, code: str) -> list[Step]:
    """Every pair of years in a row, over the suppliers and buyers that count in the first of the two."""
    steps = []
    for other, year, before, after in trade.pairs(1):
        if other == code and before.sum() > 0:
            suppliers = before.sum(axis=1) >= MIN_SUPPLIER * before.sum()
            buyers = before.sum(axis=0) >= MIN_BUYER * before.sum()
            change = np.log(trade.unit_value(code, year + 1) / trade.unit_value(code, year))
            kept = [gather(flow, suppliers, buyers) / before.sum() for flow in (before, after)]
            steps.append(Step(year + 1, kept[0], kept[1], float(change)))
    return steps


def fit(steps: Sequence[Step]) -> Market:
    """The market with the least squared error of flows and log prices, searched on a log scale from the priors."""
    from scipy.optimize import least_squares

    batch = _Batch(steps)

    def residuals(logs: Array) -> Array:
        return batch.residuals(Market(*np.exp(logs)))

    found = least_squares(
        residuals,
        np.log(_prior()),
        bounds=(np.log(LOWEST), np.log(HIGHEST)),
        diff_step=[1e-3] * 3,
        xtol=1e-6,
        ftol=1e-6,
        max_nfev=60,
    )
    return Market(*(float(value) for value in np.exp(found.x)))


def errors(steps: Sequence[Step], market: Market) -> Error:
    """How far the market is from the years given, on average."""
    batch = _Batch(steps)
    flow, price = batch.predict(market)
    apart = np.abs(flow - batch.after).sum(axis=(1, 2)) / 2
    return Error(float(apart.mean()), float(np.sqrt(np.mean((price - batch.log_price) ** 2))))


class _Batch:
    """The steps side by side, padded with suppliers and buyers that have no trade."""

    def __init__(self, steps: Sequence[Step]) -> None:
        shape = np.max([step.before.shape for step in steps], axis=0)
        self.before = np.stack([_padded(step.before, shape) for step in steps])
        self.after = np.stack([_padded(step.after, shape) for step in steps])
        self.log_price = np.array([step.log_price for step in steps])
        had, has = self.before.sum(axis=2), self.after.sum(axis=2)
        self.capacity = np.where(has <= (1 - HELD) * had, has, np.inf)

    def predict(self, market: Market) -> tuple[Array, Array]:
        """Flows `(steps, suppliers, buyers)` and log of value over tonnes `(steps,)`."""
        solved = solve_market(
            self.before,
            sigma=market.sigma,
            supply_elasticity=market.supply,
            demand_elasticity=market.demand,
            capacity=self.capacity,
        )
        sold = solved.flow.sum(axis=2)
        value = (sold * np.exp(solved.log_supplier_price)).sum(axis=1)
        return solved.flow, np.log(value / sold.sum(axis=1))

    def residuals(self, market: Market) -> Array:
        flow, price = self.predict(market)
        return np.concatenate([(flow - self.after).ravel(), price - self.log_price])


def _padded(flow: Array, shape: NDArray[np.int_]) -> Array:
    return np.pad(flow, [(0, int(shape[0]) - flow.shape[0]), (0, int(shape[1]) - flow.shape[1])])


def _together(parts: Sequence[Error]) -> Error:
    flow, price = np.array(parts).T
    return Error(float(flow.mean()), float(np.sqrt(np.mean(price**2))))


def _prior() -> Market:
    prior = Prior()
    return Market(prior.sigma, prior.supply, prior.demand)


def product_of(code: str) -> str | None:
    """The product of the world that a code of the shipped table stands for."""
    with CODES.open(encoding="utf-8", newline="") as file:
        return {row["hs92"]: row["product"] for row in csv.DictReader(file)}.get(code)


def check_product(name: str) -> None:
    """Raises `InputError` where a name is not that of a product, of the shipped world or of another."""
    if not PRODUCT.match(name):
        raise InputError(f"{name[:80]!r} must read mineral.stage, in small letters")


def scenario(found: Fit, product: str | None = None) -> str:
    """The fitted market as scenario text that another scenario can extend.

    `product` is the world's product, `mineral.stage`; InputError where the code does not say and none is given.
    """
    name = product or product_of(found.code)
    if name is None:
        raise InputError(f"code {found.code} is no product of the world: give --product MINERAL.STAGE")
    check_product(name)
    mineral, stage = name.split(".")
    unsure = [f"# The series does not identify {what}: it went to the end of its range." for what in found.at_bound]
    return "\n".join(
        [
            f"# Fitted to yearly trade of HS {found.code}, {found.years[0]} to {found.split}: points without spread.",
            f"# Error of flows out of sample {found.fitted_out.flow:.3f}, with the priors {found.prior_out.flow:.3f}.",
            *unsure,
            "format: 1",
            f"title: Elasticities of {name} fitted to trade up to {found.split}",
            "minerals:",
            f"  {mineral}:",
            f"    {stage}:",
            f"      supply: {{elasticity: {found.fitted.supply:.4g}}}",
            f"      demand: {{elasticity: {found.fitted.demand:.4g}}}",
            f"      trade: {{sigma: {found.fitted.sigma:.4g}}}",
            "",
        ]
    )
