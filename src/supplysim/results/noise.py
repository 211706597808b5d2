"""The outer band: what a price does for reasons that no scenario names, learned in calm months.

    ln P = ln P_model + u,   u_t = sd_t w_t / sd(w_t),   w_t - w_(t-1) = e_t,   e_t = rho e_(t-1) + z_t

`z` is Student t with few degrees of freedom, larger in months of an event; `sd_t` is the standard deviation of a
price's log change over `t` months, read off a table by class of market, so that short and long horizons are both as
wide as history has them. The walk is the same for every region of a product and for every variant of a draw, and a
draw's walk depends on the run's seed, the product and the draw's number alone.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from supplysim.engine.market import Array, Mask
from supplysim.scenario.seeds import stream

TABLES = Path(__file__).parent / "tables"
OTHER = "minor"
"""Class of a mineral that the table does not name: the wider band."""
STRIDE = 2**16
"""Numbers set aside for a draw, so that a longer horizon changes no other draw; far beyond any horizon in months."""


@dataclass(frozen=True)
class Noise:
    """One class of markets: `sd` of the log change by months, `autocorrelation` (rho) of monthly changes, degrees of
    freedom `tail` of their distribution, and the factor `tense` on a month's change while an event is at work."""

    sd: Mapping[int, float]
    autocorrelation: float
    tail: float
    tense: float

    def spread(self, months: int) -> Array:
        """Standard deviation of `u` after 1 to `months` months: log-linear between the table's horizons, constant after
        the last, beyond which there is nothing to learn from."""
        known = sorted(self.sd)
        logs = np.interp(np.log(np.arange(1, months + 1)), np.log(known), np.log([self.sd[k] for k in known]))
        return np.exp(logs)


def noise_of(mineral: str) -> Noise:
    """The noise of a mineral's prices, by the class of its market."""
    return classes()[class_of(mineral)]


def class_of(mineral: str) -> str:
    """`exchange` where the metal is traded on an exchange every day, else `minor`."""
    return {row["mineral"]: row["class"] for row in _rows("price_classes")}.get(mineral, OTHER)


@cache
def classes() -> Mapping[str, Noise]:
    """What the table says of each class."""
    found: dict[str, dict[str, float]] = {}
    for row in _rows("price_noise"):
        found.setdefault(row["class"], {})[row["quantity"]] = float(row["value"])
    return {name: _noise(values) for name, values in found.items()}


def walks(
    noise: Noise, months: int, draws: NDArray[np.int64], source: tuple[int, str], tense: Mask | None = None
) -> Array:
    """The log noise `u`, `(months, draws)`, of the draws numbered `draws`; `source` is the run's seed and a name.

    `tense` `(months, draws)` or `(months, 1)` says in which months an event is at work.
    """
    from scipy.special import stdtrit

    unit = np.sqrt((noise.tail - 2.0) / noise.tail)
    changes = stdtrit(noise.tail, _uniform(months, draws, source)) * unit
    if tense is not None:
        changes = changes * np.where(tense, noise.tense, 1.0)
    for month in range(1, months):
        changes[month] += noise.autocorrelation * changes[month - 1]
    usual = _usual(noise.autocorrelation, months)
    return np.asarray(np.cumsum(changes, axis=0) * (noise.spread(months) / usual)[:, None])


def agreed(walk: Array, term_share: float, tenor: float) -> Array:
    """The noise of what is paid on average where `term_share` is under contracts agreed again over `tenor` months."""
    levels, level = np.empty_like(walk), np.zeros(walk.shape[1:])
    for month, value in enumerate(walk):
        level = level + (value - level) / tenor
        levels[month] = level
    return term_share * levels + (1.0 - term_share) * walk


def _usual(rho: float, months: int) -> Array:
    """Standard deviation of the walk of unit innovations that starts at rest, after 1 to `months` months."""
    weight = (1.0 - rho ** np.arange(1, months + 1)) / (1.0 - rho)
    return np.sqrt(np.cumsum(weight**2))


def _uniform(months: int, draws: NDArray[np.int64], source: tuple[int, str]) -> Array:
    """Uniform numbers inside (0, 1), a column a draw."""
    if months > STRIDE:
        raise ValueError(f"{months} months are more than {STRIDE}")
    out = np.empty((months, len(draws)))
    bits = np.random.PCG64(stream(source[0], f"noise|{source[1]}"))
    generator, place = np.random.Generator(bits), 0
    for column, draw in enumerate(draws.tolist()):
        bits.advance((draw * STRIDE - place) % 2**128)
        out[:, column] = generator.random(months)
        place = draw * STRIDE + months
    return np.maximum(out, 2.0**-54)


def _noise(values: Mapping[str, float]) -> Noise:
    sd = {int(name.removeprefix("sd_")): value for name, value in values.items() if name.startswith("sd_")}
    return Noise(sd, values["autocorrelation"], values["degrees_of_freedom"], values["event_factor"])


@cache
def _rows(name: str) -> tuple[dict[str, str], ...]:
    with (TABLES / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return tuple(csv.DictReader(file))
