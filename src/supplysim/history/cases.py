"""The case card: each large cut as it was, as the model has it, and as three rules without any economics have it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from supplysim.engine.market import Array
from supplysim.history.model import Elasticities, Predicted, predict
from supplysim.history.shocks import Shock, calm_years, card_cases
from supplysim.history.trade import Trade

RULES = ("no_change", "pro_rata", "full_rerouting")
BAND = (0.1, 0.5, 0.9)


class Band(NamedTuple):
    """p10, median and p90 over the draws."""

    low: Array
    median: Array
    high: Array


@dataclass(frozen=True)
class Case:
    """One cut. Totals are the tonnes imported in the year after by the importers that count, in `shock.buyers`' order.

    `unit_value` (value over tonnes of all trade) and its counterpart, the model's `price`, are natural logs of the
    change since the year before.
    """

    shock: Shock
    model: Band
    price: Band
    unit_value: float

    @property
    def before(self) -> Array:
        return np.asarray(self.shock.before.sum(axis=0)[:-1])

    @property
    def observed(self) -> Array:
        return np.asarray(self.shock.after.sum(axis=0)[:-1])

    def baselines(self) -> dict[str, Array]:
        """Totals by the three rules: as before; each buyer loses its part of the cut; all buyers lose alike."""
        lost = (1 - self.shock.kept) * self.shock.before[self.shock.exporter]
        alike = 1 - lost.sum() / self.shock.before.sum()
        return {
            "no_change": self.before,
            "pro_rata": self.before - lost[:-1],
            "full_rerouting": self.before * alike,
        }

    def error(self, totals: Array) -> Array:
        """Distance from what was observed, as a fraction of the importer's total before."""
        return np.abs(totals - self.observed) / self.before

    def as_dict(self) -> dict[str, Any]:
        return {
            "code": self.shock.code,
            "exporter": self.shock.name,
            "year": self.shock.year + 1,
            "observed": {"importers": self._named(self.observed), "unit_value": _multiple(self.unit_value)},
            "model": {
                "importers": {
                    name: {"low": low, "median": median, "high": high}
                    for name, low, median, high in zip(self.shock.buyers, *map(_rounded, self.model), strict=True)
                },
                "unit_value": {name: _multiple(float(value)) for name, value in self.price._asdict().items()},
            },
            "baselines": {rule: self._named(totals) for rule, totals in self.baselines().items()},
        }

    def _named(self, totals: Array) -> dict[str, float]:
        return dict(zip(self.shock.buyers, _rounded(totals), strict=True))


def _rounded(totals: Array) -> list[float]:
    return [round(float(total), 3) for total in totals]


def _multiple(log_change: float) -> float:
    return round(float(np.exp(log_change)), 4)


def play(trade: Trade, drawn: Elasticities) -> list[Case]:
    """Every case of the card, with the model's band over the draws."""
    shocks = [shock for shock in card_cases(trade) if shock.buyers]
    return [case_of(trade, shock, predicted) for shock, predicted in zip(shocks, predict(shocks, drawn), strict=True)]


def case_of(trade: Trade, shock: Shock, predicted: Predicted) -> Case:
    """Summarise the model's draws for one shock, and look up what its unit value did."""
    totals = predicted.flow.sum(axis=1)
    change = np.log(trade.unit_value(shock.code, shock.year + shock.years) / trade.unit_value(shock.code, shock.year))
    return Case(shock, band(totals[:, :-1]), band(predicted.log_unit_value), float(change))


def band(draws: Array) -> Band:
    """Quantiles over the first axis."""
    low, median, high = np.quantile(draws, BAND, axis=0)
    return Band(low, median, high)


@dataclass(frozen=True)
class Totals:
    """The cases pooled: `n` importers' totals, median errors by rule, the noise floor, and the model's wins."""

    n: int
    median_error: Mapping[str, float]
    win_rate: Mapping[str, float]
    band_coverage: float


def pool(cases: Iterable[Case], trade: Trade) -> Totals:
    """Judge by pooled figures: single years are too noisy to say which rule is best in one case.

    The noise floor is the error of "as before" in years in which no large exporter cut: what even a calm year brings.
    A tie counts as half a win.
    """
    cases = list(cases)
    model = _pooled([case.error(case.model.median) for case in cases])
    rules = {rule: _pooled([case.error(case.baselines()[rule]) for case in cases]) for rule in RULES}
    floor = _pooled([np.abs(after - before) / before for before, after in calm_years(trade)])
    inside = _pooled([_inside(case) for case in cases])
    errors = {"model": model, **rules, "noise_floor": floor}
    return Totals(
        len(model),
        {name: float(np.median(error)) if len(error) else float("nan") for name, error in errors.items()},
        {rule: float(np.mean((model < error) + 0.5 * (model == error))) for rule, error in rules.items() if len(error)},
        float(inside.mean()) if len(inside) else float("nan"),
    )


def _pooled(parts: list[Array]) -> Array:
    return np.concatenate(parts) if parts else np.zeros(0)


def _inside(case: Case) -> Array:
    return ((case.observed >= case.model.low) & (case.observed <= case.model.high)).astype(float)
