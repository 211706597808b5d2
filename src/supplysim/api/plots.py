"""The page's figures, one by one, for a notebook."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from supplysim.errors import InputError
from supplysim.report.choice import Choice, choose, consumers, year_of_change
from supplysim.report.drawing import drawn
from supplysim.report.figure import Panel
from supplysim.report.figures.fans import fans
from supplysim.report.figures.sankey import sankey
from supplysim.report.figures.shares import shares
from supplysim.report.figures.stocks import stocks
from supplysim.report.source import Run
from supplysim.scenario.names import suggestion

if TYPE_CHECKING:
    from plotly.graph_objects import Figure


@dataclass(frozen=True)
class Plots:
    """Figures of one run as `plotly.graph_objects.Figure`: show, change or write them as any other.

    Without a product or region each is about what the scenario moves most. All raise `InputError` for a product that
    none of the scenario's consumers uses or a region that is not among them, `ModuleNotFoundError` without plotly.
    """

    _run: Run

    def price(self, product: str | None = None, region: str | None = None) -> Figure:
        """Spot and contract price over the base price, and what users get (t a month), by month, with bands."""
        choice = self._choice(product, region)
        return self._drawn(fans(self._run, choice).panels)

    def flows(self, product: str | None = None) -> Figure:
        """From mine to user, stage by stage: the chain of the product's mineral, baseline and scenario, in t a year."""
        return self._drawn(sankey(self._run, self._choice(product, None)).panels)

    def shares(self, product: str | None = None, region: str | None = None) -> Figure:
        """Who the region buys from, year by year, and how concentrated that is (HHI)."""
        return self._drawn(shares(self._run, self._choice(product, region)).panels)

    def stocks(self, product: str | None = None, region: str | None = None) -> Figure:
        """Industry's and strategic stocks by month, in months of need."""
        return self._drawn(stocks(self._run, self._choice(product, region)).panels)

    @cached_property
    def _focus(self) -> Choice:
        return choose(self._run)

    def _choice(self, product: str | None, region: str | None) -> Choice:
        wanted = product or self._focus.product
        known = [each for each in self._run.catalog.products if consumers(self._run, each)]
        if wanted not in known:
            raise InputError(f"no consumer of this run uses a product '{wanted[:80]}'{suggestion(wanted, known)}")
        there = consumers(self._run, wanted)
        if region is not None and region not in there:
            raise InputError(f"'{region[:80]}' is no consumer of {wanted} in this run{suggestion(region, there)}")
        chosen = (region,) if region else self._focus.regions.get(wanted, there)[:1]
        return Choice((wanted,), {wanted: chosen}, {wanted: year_of_change(self._run, wanted)}, self._focus.moved)

    def _drawn(self, panels: object) -> Figure:
        panel = next(iter(panels), None)  # type: ignore[call-overload]
        if not isinstance(panel, Panel) or panel.plot is None:
            raise InputError("this run has nothing to draw there")
        return drawn(panel.plot, self._run.months, panel.reading)
