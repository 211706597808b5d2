"""How far a region lives on others' output, and how risky those others are."""

from __future__ import annotations

from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from supplysim.indicators._checks import Array, fractions, numbers, plain, same_length, vector
from supplysim.indicators.concentration import hhi

Basis = Literal["blend", "global", "eu"]


def net_import_reliance(
    production: ArrayLike, imports: ArrayLike, exports: ArrayLike, stock_change: ArrayLike = 0.0
) -> Array:
    """Net imports over apparent consumption, as the US Geological Survey defines both (Mineral Commodity Summaries).

    `(imports - exports + stock_change) / (production + imports - exports + stock_change)`. `stock_change` is the
    USGS's adjustment for stocks: positive where stocks were drawn down, negative where they were filled. All in one
    unit; `production` includes recycling of old scrap. Negative for a net exporter (the USGS prints "E"). ValueError
    where apparent consumption is not positive.
    """
    made, bought, sold = numbers("production", production), numbers("imports", imports), numbers("exports", exports)
    net = bought - sold + numbers("stock_change", stock_change, signed=True)
    apparent = made + net
    if (apparent <= 0).any():
        raise ValueError(f"apparent consumption must be positive, got {float(apparent.min()):g}")
    return plain(np.asarray(net / apparent))


def eu_supply_risk(
    hhi_global: ArrayLike,
    hhi_eu: ArrayLike,
    import_reliance: ArrayLike,
    recycling: ArrayLike,
    substitution: ArrayLike,
    basis: Basis = "blend",
) -> Array:
    """Supply risk of the EU criticality method (European Commission 2017, JRC106997).

    `[HHI_GS * IR/2 + HHI_EU * (1 - IR/2)] * (1 - EoL_RIR) * SI_SR`. The two HHI are weighted with governance (0..10)
    and the trade parameter, so they run from 0 to about 10. `import_reliance`, `recycling` (end-of-life recycling
    input rate) and `substitution` (index) are fractions. `basis="global"` or `"eu"` uses that HHI alone, as the
    Commission does where the other is unknown. Arrays broadcast. ValueError for fractions outside 0 to 1, an HHI beyond
    that scale, or another `basis`.
    """
    world, own = numbers("hhi_global", hhi_global), numbers("hhi_eu", hhi_eu)
    reliance = fractions("import_reliance", import_reliance)
    weights = {"blend": reliance / 2, "global": np.ones_like(reliance), "eu": np.zeros_like(reliance)}
    if basis not in weights:
        raise ValueError(f"basis must be one of {', '.join(weights)}, got {basis!r}")
    if (world > 12).any() or (own > 12).any():
        raise ValueError("hhi_global and hhi_eu run from 0 to about 10 (governance 0..10 x trade parameter)")
    concentration = weights[basis] * world + (1 - weights[basis]) * own
    filters = (1 - fractions("recycling", recycling)) * numbers("substitution", substitution)
    return plain(np.asarray(concentration * filters))


def weighted_hhi(shares: ArrayLike, governance: ArrayLike, trade: ArrayLike = 1.0) -> Array:
    """The concentration the EU method uses: `sum of share^2 * governance (0 good..10 bad) * trade parameter`.

    `trade` is 0.8 inside the EU and up to 1.2 where exports are restricted (1 where nothing is known). All `(...,
    suppliers)`, shares as for `hhi`; ValueError as there, and for a governance beyond 10.
    """
    part, weight = vector("shares", shares), vector("governance", governance)
    hhi(part)  # the same checks: fractions of a whole
    same_length(shares=part, governance=weight)
    if (weight > 10).any():
        raise ValueError(f"governance runs from 0 to 10, got {weight.max():g}")
    return plain(np.asarray((part**2 * weight * numbers("trade", trade)).sum(axis=-1)))


class Geopolrisk(NamedTuple):
    """GeoPolRisk of one country and raw material: world concentration, weighted import risk, and their product."""

    hhi: float
    import_risk: float
    score: float


def geopolrisk(
    production: ArrayLike, imports: ArrayLike, instability: ArrayLike, domestic_production: float
) -> Geopolrisk:
    """GeoPolRisk score (Gemechu et al. 2016, J. Ind. Ecol. 20; Koyamparambath et al. 2024).

    `score = HHI of world production * sum(import * instability) / (sum(import) + domestic production)`.

    `production` lists world production by country; `imports` and `instability` (0 stable .. 1 unstable) list the
    countries imported from, in one order; all amounts in one unit. ValueError where nothing is produced, or neither
    imported nor made at home.
    """
    made = vector("production", production)
    bought, risk = vector("imports", imports), vector("instability", instability)
    same_length(imports=bought, instability=risk)
    fractions("instability", risk)
    home = float(numbers("domestic_production", domestic_production))
    supplied = float(bought.sum()) + home
    if made.sum() <= 0:
        raise ValueError("production is zero everywhere")
    if supplied <= 0:
        raise ValueError("neither imports nor domestic production: there is nothing to be at risk")
    concentration = float(hhi(made / made.sum()))
    import_risk = float(bought @ risk) / supplied
    return Geopolrisk(concentration, import_risk, concentration * import_risk)
