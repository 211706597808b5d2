"""Published measures of concentration, dependence and disruption, as plain functions of arrays.

Inputs that are missing, negative or empty raise ValueError; nothing is mended silently.
"""

from supplysim.indicators.concentration import corridor_exposure, effective_suppliers, hhi, n1_coverage, top_share
from supplysim.indicators.dependence import Geopolrisk, eu_supply_risk, geopolrisk, net_import_reliance, weighted_hhi
from supplysim.indicators.disruption import (
    PriceResponse,
    lost_demand,
    price_response,
    time_to_recover,
    time_to_survive,
)

__all__ = [
    "Geopolrisk",
    "PriceResponse",
    "corridor_exposure",
    "effective_suppliers",
    "eu_supply_risk",
    "geopolrisk",
    "hhi",
    "lost_demand",
    "n1_coverage",
    "net_import_reliance",
    "price_response",
    "time_to_recover",
    "time_to_survive",
    "top_share",
    "weighted_hhi",
]
