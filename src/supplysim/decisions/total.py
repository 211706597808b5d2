"""Total indices: what an input does alone and together with all others, from draws made for the purpose.

Saltelli's design (Computer Physics Communications 181, 2010): two samples A and B of `n` points, and for each input
the points of A with that input's column from B; Jansen's estimator of the total index, as SciPy has it.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from supplysim.decisions.sensitivity import Estimate, Sensitivity
from supplysim.engine.market import Array
from supplysim.errors import InputError

RESAMPLES = 100
CONFIDENCE = 0.9


@dataclass(frozen=True)
class Total:
    """One input's first-order and total index with bootstrap intervals (90 %)."""

    input: str
    s1: Estimate
    st: Estimate


def design(inputs: int, base: int, seed: int) -> Array:
    """Uniform numbers `(base * (inputs + 2), inputs)`: sample A, sample B, then A with each column from B in turn.

    Raises `InputError` unless `base` is a power of two of at least 16, as Sobol points ask for.
    """
    from scipy.stats import qmc

    if base < 16 or base & (base - 1):
        raise InputError(f"{base} points are no base for total indices: a power of two from 16 on")
    points = qmc.Sobol(2 * inputs, scramble=True, rng=np.random.default_rng(seed)).random(base)
    a, b = points[:, :inputs], points[:, inputs:]
    swapped = np.repeat(a[None], inputs, axis=0)
    for k in range(inputs):
        swapped[k, :, k] = b[:, k]
    return np.asarray(np.clip(np.concatenate([a, b, swapped.reshape(-1, inputs)]), 2.0**-33, 1.0 - 2.0**-33))


def totals(names: tuple[str, ...], output: Array, base: int) -> tuple[Total, ...]:
    """Indices from the `output` `(base * (k + 2),)` of the points of `design`, the largest total first.

    Raises `InputError` where a draw failed or never ended: total indices cannot be had over holes.
    """
    from scipy.stats import sobol_indices

    holes = int((~np.isfinite(output)).sum())
    if holes:
        raise InputError(f"{holes} of {len(output)} draws have no number: total indices cannot be had over holes")
    if np.ptp(output) == 0:
        raise InputError("the output is the same in every draw: nothing moves it")
    k = len(names)
    a, b, ab = output[:base], output[base : 2 * base], output[2 * base :].reshape(k, base)
    parts: Any = {"f_A": a[None], "f_B": b[None], "f_AB": ab[:, None]}
    found = sobol_indices(func=parts, n=base)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # an input that does nothing has resamples that are all alike
        again = found.bootstrap(confidence_level=CONFIDENCE, n_resamples=RESAMPLES)
    firsts, wholes = np.ravel(found.first_order), np.ravel(found.total_order)
    low, high = (np.ravel(getattr(again.first_order.confidence_interval, side)) for side in ("low", "high"))
    low_t, high_t = (np.ravel(getattr(again.total_order.confidence_interval, side)) for side in ("low", "high"))
    rows = [
        Total(name, _estimate(firsts[i], low[i], high[i]), _estimate(wholes[i], low_t[i], high_t[i]))
        for i, name in enumerate(names)
    ]
    return tuple(sorted(rows, key=lambda row: (-row.st.value, row.input)))


def checked(found: Sensitivity, rows: Sequence[Total]) -> Sensitivity:
    """The shares alone, those that the total indices contradict below the noise.

    What an input does alone is part of what it does with all others: where all of the share's interval lies above that
    of the total index, few draws have made one input look like another.
    """
    most = {row.input: row.st.high for row in rows}
    drivers = (replace(d, below_noise=d.below_noise or most.get(d.input, np.inf) < d.s1.low) for d in found.drivers)
    return replace(found, drivers=tuple(drivers))


def _estimate(value: float, low: float, high: float) -> Estimate:
    """Never negative: an index below 0 is a sampling error of 0. Where all resamples agree there is no interval."""
    low, high = (value if np.isnan(end) else end for end in (low, high))
    return Estimate(*(float(max(x, 0.0)) for x in (value, min(low, value), max(high, value))))


def total_sensitivity(
    function: Callable[[Mapping[str, Array]], Array], names: tuple[str, ...], *, base: int = 64, seed: int = 0
) -> tuple[Total, ...]:
    """Total indices of any `function` of uniform inputs by name, which is called once with all points."""
    points = design(len(names), base, seed)
    return totals(names, function({name: points[:, k] for k, name in enumerate(names)}), base)
