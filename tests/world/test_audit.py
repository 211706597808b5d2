"""What the balancing moved is on record, and far moves need a reason."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from supplysim.errors import InputError
from supplysim.world import World, load
from supplysim.world.audit import LIMIT

Edit = Callable[[str, str, str], Path]


def test_every_total_is_audited_and_far_moves_are_explained(world: World) -> None:
    assert len(world.audit) > 250
    for row in world.audit:
        assert abs(row.change) <= LIMIT or len(row.reason) > 20
    totals = {(r.product, r.side, r.region, r.name): r.after for r in world.audit}
    copper = world.base["copper.refined"]
    for buyer in copper.buyers:
        assert totals["copper.refined", "demand", buyer.region, "use"] == buyer.requirement
    for supplier in copper.suppliers:
        assert totals["copper.refined", "supply", supplier.region, supplier.kind] == supplier.output


def test_publishers_tables_move_less_than_assumptions(world: World) -> None:
    moved = {
        confidence: [abs(row.change) for row in world.audit if row.confidence == confidence] for confidence in "AR"
    }
    assert sum(moved["A"]) / len(moved["A"]) < sum(moved["R"]) / len(moved["R"])


def test_a_far_move_without_a_reason_is_refused_with_its_row(edit: Edit) -> None:
    with pytest.raises(InputError) as caught:
        load(edit("use", "CHN,600,B", "CHN,900,C"))
    assert "use.csv:2:18: balancing moves cobalt.metal demand (use) of CHN by -" in str(caught.value)
    assert "adjustments.csv gives no reason" in str(caught.value)


def test_a_stated_reason_lets_it_pass_and_is_kept(edit: Edit) -> None:
    folder = edit("use", "CHN,600,B", "CHN,900,C")
    reason = "Chinese use is a residual of stock building that nobody publishes"
    (folder / "cobalt" / "adjustments.csv").write_text(
        f"product,side,region,reason\n*,demand,*,{reason}\n*,supply,*,follows\n", encoding="utf-8"
    )
    row = next(r for r in load(folder).audit if r.product == "cobalt.metal" and r.region == "CHN" and r.name == "use")
    assert row.change < -LIMIT
    assert row.reason == reason


def test_ranges_start_from_the_figure_that_was_chosen(world: World) -> None:
    """A range's chosen figure is that of the tables: of one kind of supplier, of a region's all, or of a use."""
    known: dict[tuple[str, str, str], list[float]] = {}
    for row in world.audit:
        key = (row.product, "output" if row.side == "supply" else "use", row.region)
        known.setdefault(key, []).append(row.before)
    for trade in world.trade:
        known.setdefault((trade.product, "flow", f"{trade.origin}>{trade.destination}"), []).append(trade.flow)
    assert len(world.ranges) > 30
    for found in world.ranges:
        figures = known[found.product, found.quantity, found.region]
        assert any(figure == pytest.approx(found.chosen, rel=0.01) for figure in (*figures, sum(figures))), found
