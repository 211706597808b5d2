"""What the balancing changed, and the rule that no total moves far without a stated reason."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from supplysim.errors import Fault
from supplysim.world.balance import Balanced
from supplysim.world.records import Fact, Production, Reason, Use

LIMIT = 10.0
"""Percent that a total may move without a reason in adjustments.csv."""


@dataclass(frozen=True)
class AuditRow:
    """One total before and after balancing, t a year; `name` is a supplier's kind, or a use on the demand side.

    Plants appear once, as suppliers: what they need moves with what they make.
    """

    product: str
    side: str
    region: str
    name: str
    before: float
    after: float
    confidence: str
    reason: str

    @property
    def change(self) -> float:
        """Percent by which the total moved."""
        return 100.0 * (self.after / self.before - 1.0)


def audit(
    chain: Sequence[Balanced], production: Sequence[Production], use: Sequence[Use], reasons: Sequence[Reason]
) -> tuple[list[AuditRow], list[Fault]]:
    """A row for every total of a mineral, and a fault for each that moved beyond the limit without a reason."""
    after = _after(chain)
    stated = {(row.product, row.side, row.region): row.reason for row in reasons}
    rows, faults = [], []
    totals: list[tuple[str, str, str, str, float, Fact]] = [
        (row.product, "supply", row.region, row.kind, row.output, row.fact) for row in production if row.output > 0
    ]
    totals += [(row.product, "demand", row.region, row.user, row.use, row.fact) for row in use if row.use > 0]
    for product, side, region, name, before, fact in totals:
        reason = stated.get((product, side, region)) or stated.get((product, side, "*")) or ""
        moved = after.get((product, side, region, name), 0.0)
        row = AuditRow(product, side, region, name, before, moved, fact.confidence, reason)
        if abs(row.change) > LIMIT and not reason:
            faults.append(Fault(_unexplained(row), place=fact.spot))
        rows.append(row)
    return rows, faults


def _after(chain: Sequence[Balanced]) -> dict[tuple[str, str, str, str], float]:
    found = {}
    for balanced in chain:
        for supplier, amount in zip(balanced.suppliers, balanced.flow.sum(axis=1), strict=True):
            found[balanced.product.id, "supply", supplier.region, supplier.name] = float(amount)
        for buyer, amount in zip(balanced.buyers, balanced.flow.sum(axis=0), strict=True):
            found[balanced.product.id, "demand", buyer.region, buyer.name] = float(amount)
    return found


def _unexplained(row: AuditRow) -> str:
    return (
        f"balancing moves {row.product} {row.side} ({row.name}) of {row.region} by {row.change:+.1f} % "
        f"({row.before:,.0f} to {row.after:,.0f} t) and adjustments.csv gives no reason"
    )
