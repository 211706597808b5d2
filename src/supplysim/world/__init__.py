"""The world room: shipped tables, their checks, and a balanced base year."""

from __future__ import annotations

from supplysim.world.audit import AuditRow
from supplysim.world.base import BaseMarket, Buyer, Supplier, World, load
from supplysim.world.catalog import Catalog, catalog
from supplysim.world.claims import Check, Claim, claims
from supplysim.world.records import Cover, Growth, LeadTime, Prior, Product, Production, Range, Region, Trade

__all__ = [
    "AuditRow",
    "BaseMarket",
    "Buyer",
    "Catalog",
    "Check",
    "Claim",
    "Cover",
    "Growth",
    "LeadTime",
    "Prior",
    "Product",
    "Production",
    "Range",
    "Region",
    "Supplier",
    "Trade",
    "World",
    "catalog",
    "claims",
    "load",
]
