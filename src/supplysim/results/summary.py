"""From many draws to quantiles: the headline rows of a run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from supplysim.engine.market import Array
from supplysim.results.metrics import UNITS, Key
from supplysim.results.sorted import quantiles

QUANTILES = (0.05, 0.5, 0.95)
NAMES = ("p5", "p50", "p95")
OUTER = ("outer_p5", "outer_p95")
"""Ends of the outer band: the model with its market's noise."""
NOISY = "noisy_"
"""What the names of variants with that noise begin with."""
ADDED = 0.02
"""Part of a supported flow below which nothing was added to it by contracts."""
REACHED = ("time_to_survive_months", "time_to_recover_months")
"""Metrics that are infinite where the moment never comes."""

Band = tuple[float | None, float | None, float | None]
NOTHING: Band = (None, None, None)
BOTH_BANDS = ("outer band", "inner band")
"""What the two bands of a price are called, the one that people see first."""
Metrics = Mapping[str, Mapping[Key, Array]]


@dataclass(frozen=True)
class Row:
    """One metric of one region and product: 5 %, 50 % and 95 % quantiles over draws, None where there is no number.

    `difference` is of scenario less baseline in the same draw, `contracts_effect` of scenario less the same world
    without contracts and the projects that exist for them; it and `without_contracts` are None where there are none.
    `outer` has the same over noisy paths by variant; it is empty for what is no price.
    """

    metric: str
    mineral: str
    product: str
    region: str
    contract: str
    unit: str
    baseline: Band
    scenario: Band
    difference: Band
    without_contracts: Band | None
    contracts_effect: Band | None
    n: int
    outer: Mapping[str, Band] = field(default_factory=dict)

    def shown(self, variant: str) -> Band:
        """What people see of a variant: of a price the outer band, its own median in it."""
        own: Band = getattr(self, variant)
        return self.outer.get(variant, own) if self.banded else own

    @property
    def banded(self) -> bool:
        """Whether there is an outer band to see: the noise of a single draw is none."""
        return bool(self.outer) and self.n > 1

    def lines(self) -> tuple[tuple[str, Row], ...]:
        """The row as a table shows it, a name and its numbers: of a price a line for each band, else one without name.

        Differences are the model's own, so that the outer band's line has none.
        """
        if not self.banded:
            return (("", self),)
        effect = None if self.contracts_effect is None else NOTHING
        without = self.outer.get("without_contracts")
        outer = replace(self, baseline=self.outer["baseline"], scenario=self.outer["scenario"], difference=NOTHING,
                        without_contracts=without, contracts_effect=effect)  # fmt: skip
        return tuple(zip(BOTH_BANDS, (outer, self), strict=True))


def complete(metrics: Metrics) -> dict[str, dict[Key, Array]]:
    """Turn contracts' flows into durability: the share of the supported flow that runs 24 months after support ends.

    Baseline durability is the flow on the same link without any contract, over the same supported flow. Who took over
    is asked in draws in which there was a supported flow.
    """
    done = {variant: {k: v for k, v in found.items() if k.metric in UNITS} for variant, found in metrics.items()}
    for key, supported in metrics["scenario"].items():
        if key.metric != "supported_flow":
            continue
        later = key._replace(metric="flow_after_support")
        for variant in (name for name in done if not name.startswith(NOISY)):
            with np.errstate(invalid="ignore", divide="ignore"):
                share = np.where(supported > 0, metrics[variant][later] / supported, np.nan)
            done[variant][key._replace(metric="durability")] = share
            done[variant][key._replace(metric="added_stays")] = np.full_like(supported, np.nan)
            done[variant][key._replace(metric="supported_t")] = 12.0 * metrics[variant][key]
            for taken in [k for k in done[variant] if k.metric == "taken_over_t" and k.contract == key.contract]:
                done[variant][taken] = np.where(supported > 0, done[variant][taken], np.nan)
        if "without_contracts" in metrics:
            done["scenario"][key._replace(metric="added_stays")] = _added_stays(metrics, key, later)
    return done


def _added_stays(metrics: Metrics, key: Key, later: Key) -> Array:
    """What contracts add to a supported flow 24 months after support ends over what they added under support, `(d,)`;
    NaN where they added next to nothing."""
    during, after = (metrics["scenario"][each] - metrics["without_contracts"][each] for each in (key, later))
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(np.where(during > ADDED * metrics["scenario"][key], after / during, np.nan))


def band(values: Array) -> Band:
    """Quantiles over draws; NaN counts as no draw, an infinite quantile as no number.

    Quantiles are values of draws, not interpolated, so that a band is infinite only where draws are.
    """
    known = values[~np.isnan(values)]
    if not len(known):
        return NOTHING
    found = np.quantile(known, QUANTILES, method="nearest") if np.isinf(known).any() else quantiles(known, QUANTILES)
    low, middle, high = (float(x) if np.isfinite(x) else None for x in found)
    return (low, middle, high)


def bands(arrays: Sequence[Array]) -> list[Band]:
    """`band` of each of many arrays of as many draws; those that are numbers throughout are sorted side by side."""
    if not arrays or not len(arrays[0]):
        return [NOTHING] * len(arrays)
    every = np.stack(arrays)
    whole = np.asarray(np.isfinite(every).all(axis=1))
    found = ((low, middle, high) for low, middle, high in quantiles(every[whole], QUANTILES, axis=1).T.tolist())
    return [next(found) if known else band(values) for known, values in zip(whole, arrays, strict=True)]


def summarise(metrics: Metrics) -> list[Row]:
    """The rows of summary.csv, in the order of metrics, minerals and regions."""
    done = complete(metrics)
    keys = list(done["scenario"])
    own = {name: bands([found[key] for key in keys]) for name, found in done.items() if not name.startswith(NOISY)}
    outer = {name.removeprefix(NOISY): dict(zip(found, bands(list(found.values())), strict=True))
             for name, found in done.items() if name.startswith(NOISY)}  # fmt: skip
    change = _differences(done["scenario"], done["baseline"])
    without = done.get("without_contracts")
    effect = None if without is None else _differences(done["scenario"], without)
    rows = [
        Row(
            metric=key.metric,
            mineral=key.product.partition(".")[0],
            product=key.product,
            region=key.region,
            contract=key.contract,
            unit=UNITS[key.metric],
            baseline=own["baseline"][k],
            scenario=own["scenario"][k],
            difference=change[k],
            without_contracts=None if without is None else own["without_contracts"][k],
            contracts_effect=None if effect is None else effect[k],
            n=int(len(values) - np.isnan(values).sum()),
            outer={name: found[key] for name, found in outer.items() if key in found},
        )
        for k, (key, values) in enumerate(done["scenario"].items())
    ]
    order = {metric: k for k, metric in enumerate(UNITS)}
    return sorted(rows, key=lambda row: (row.product, row.region, order[row.metric], row.contract))


def _differences(scenario: Mapping[Key, Array], other: Mapping[Key, Array]) -> list[Band]:
    with np.errstate(invalid="ignore"):
        return bands([values - other[key] for key, values in scenario.items()])


def join(parts: Sequence[Metrics]) -> dict[str, dict[Key, Array]]:
    """Blocks of draws put one after the other."""
    first = parts[0]
    return {
        variant: {key: np.concatenate([part[variant][key] for part in parts]) for key in found}
        for variant, found in first.items()
    }
