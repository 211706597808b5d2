"""Where the flows of two runs differ: one map of what the other run has more and less of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from supplysim.engine.market import Array
from supplysim.report.atlas import EAST, NORTH, SOUTH, WEST
from supplysim.report.choice import Choice
from supplysim.report.figure import Figure, Panel, Plot
from supplysim.report.figures.world_map import WIDEST, Link, arrow, ground, named, places
from supplysim.report.html import Table
from supplysim.report.names import Names, in_year, listed, year_from
from supplysim.report.numbers import NONE, amount, band_text
from supplysim.results.compare import Run
from supplysim.results.folder import reading
from supplysim.world import Catalog

SEEN = 0.01
"""Part of a product's trade between regions from which a difference is drawn: what is less is in the table."""
SEEN_TEXT = f"{100 * SEEN:g} %"
OF_MANY = " Of several runs the one is drawn whose flows of the product differ most from the first one's."
MOST = 24
MOST_ROWS = 60
NAMED = 2
"""Differences of each sign that the sentence names."""
MORE, LESS, GONE = (
    ("more", "more than in the first run"),
    ("less", "less than in the first run"),
    ("stopped", "none left of the first run's"),
)
"""How a line looks, and what the legend calls it."""
AXES = {"xaxis": "x", "yaxis": "y"}

Trade = Mapping[tuple[str, str], Array]
"""Median tonnes by year for a pair of different regions."""


class Flows(NamedTuple):
    """A run's trade by product, and the years that it holds whole, as they are called."""

    years: Sequence[str]
    trade: Mapping[str, Trade]

    def of(self, product: str, year: str) -> dict[tuple[str, str], float]:
        """Tonnes of a year by pair of regions."""
        k = self.years.index(year)
        return {pair: float(tonnes[k]) for pair, tonnes in self.trade.get(product, {}).items()}


def apart(runs: Sequence[Run], labels: Sequence[str], choice: Choice, world: Catalog) -> Figure:
    """For every product a map of the differences between the first run and the one whose flows differ most from it."""
    names, flows = Names(world), [flows_of(run, choice.products) for run in runs]
    note = (
        "What one run ships more (solid) and less (dashed) than the first one, in the year in which they differ most; "
        "a cross marks a flow of which none is left. Medians over draws, in tonnes of that year; the wider the line, "
        f"the larger the difference. Drawn is what differs by {SEEN_TEXT} or more of the trade between regions. "
        f"Lines go the shorter way round the globe and are no routes.{OF_MANY if len(runs) > 2 else ''}"
    )
    panels = [_panel(product, flows, labels, world, names) for product in choice.products]
    return Figure("apart", "Where the flows differ", note, panels)


def flows_of(run: Run, products: Sequence[str]) -> Flows:
    """A run's trade between different regions in its scenario."""
    import pyarrow.parquet as pq

    wanted = [("variant", "==", "scenario"), ("product", "in", list(products))]
    with reading(run.folder / "flows.parquet") as path:
        frame = pq.read_table(path, filters=wanted).to_pandas()
    whole = run.scenario.months // 12 or 1
    frame = frame[(frame["from"] != frame["to"]) & (frame["year"] <= whole)]
    firsts = frame.groupby("year")["from_month"].first()
    years = [year_from(str(first)[:7]) for first in firsts]
    trade: dict[str, dict[tuple[str, str], Array]] = {}
    groups: Any = frame.groupby(["product", "from", "to"], sort=True, observed=True)
    for (product, origin, destination), rows in groups:
        tonnes = np.zeros(len(years))
        tonnes[rows["year"].to_numpy() - 1] = rows["p50"]
        trade.setdefault(product, {})[origin, destination] = tonnes
    return Flows(years, trade)


def _panel(product: str, flows: Sequence[Flows], labels: Sequence[str], world: Catalog, names: Names) -> Panel:
    goods = names.goods(product)
    _, other, year = max(
        ((_size(flows[0], each, product, year), k, year) for k, each in enumerate(flows[1:], 1)
         for year in each.years if year in flows[0].years),
        key=lambda found: (found[0], -found[1]), default=(0.0, 0, ""),
    )  # fmt: skip
    nothing = Table(("Flow", "Tonnes"), [["none", NONE]])
    if not year:
        text = f"The runs have no whole year in common: their flows of {goods} are not compared."
        return Panel(product, text, text, nothing)
    first, second = (flows[k].of(product, year) for k in (0, other))
    links = [Link(a, b, first.get((a, b), 0.0), second.get((a, b), 0.0)) for a, b in sorted({*first, *second})]
    links.sort(key=lambda link: -abs(_gap(link)))
    floor = SEEN * max(sum(first.values()), sum(second.values()))
    drawn = [link for link in links if abs(_gap(link)) >= max(floor, 1e-9)][:MOST]
    reading = _reading(drawn, goods, year, labels[0], labels[other], names)
    rows = [[f"{names.region(k.origin)} to {names.region(k.destination)}", amount(k.before, "t"), amount(k.after, "t"),
             _signed(_gap(k))] for k in links[:MOST_ROWS] if abs(_gap(k)) > 1e-6 * floor]  # fmt: skip
    headers = ("Flow", f"{labels[0]}, {year}", f"{labels[other]}, {year}", "Difference")
    numbers = Table(headers, rows) if rows else nothing
    if not drawn:
        return Panel(product, reading, reading, numbers)
    return Panel(product, reading, f"A world map. {reading}", numbers, _plot(drawn, world, names))


def _size(first: Flows, second: Flows, product: str, year: str) -> float:
    """All tonnes that two runs ship differently in a year."""
    a, b = first.of(product, year), second.of(product, year)
    return sum(abs(b.get(pair, 0.0) - a.get(pair, 0.0)) for pair in {*a, *b})


def _gap(link: Link) -> float:
    return link.after - link.before


def _signed(tonnes: float) -> str:
    return band_text((tonnes, tonnes, tonnes), "t", signed=True)


def _state(link: Link) -> tuple[str, str]:
    if link.state == "stopped":
        return GONE
    return MORE if _gap(link) > 0 else LESS


def _plot(drawn: list[Link], world: Catalog, names: Names) -> Plot:
    where = {r: (float(region.lon), float(region.lat)) for r, region in world.regions.items()}
    most = abs(_gap(drawn[0]))
    traces, seen = [ground(AXES)], set()
    for link in reversed(drawn):
        width = 1.0 + 7.0 * float(np.sqrt(abs(_gap(link)) / most))
        state, text = _state(link), f"{named(link, names)}: {_signed(_gap(link))}"
        traces += arrow(link, state, width, text, where, AXES, legend=state not in seen)
        seen.add(state)
    told = {link: _signed(_gap(link)) for link in drawn[:WIDEST]}
    bare = {"visible": False, "fixedrange": True}
    layout = {
        "hovermode": "closest", "margin": {"l": 0, "r": 0, "t": 4, "b": 34},
        "xaxis": {**bare, "range": [WEST, EAST]},
        "yaxis": {**bare, "range": [SOUTH, NORTH], "scaleanchor": "x"},
        "legend": {"y": -0.01, "yanchor": "top", "x": 0.5, "xanchor": "center"},
    }  # fmt: skip
    return Plot([*traces, *places(drawn, told, where, AXES, names)], layout, 500, scaled=True)


def _reading(drawn: list[Link], goods: str, year: str, first: str, other: str, names: Names) -> str:
    if not drawn:
        return f"No flow of {goods} differs by {SEEN_TEXT} of its trade or more between the runs."
    parts = []
    for sign, word in sorted(((1.0, "more"), (-1.0, "less")), key=lambda pair: -pair[0] * _gap(drawn[0])):
        found = [link for link in drawn if sign * _gap(link) > 0][:NAMED]
        if found:
            told = listed([f"from {names.place(k.origin)} to {names.place(k.destination)} ({_signed(_gap(k))})"
                           for k in found])  # fmt: skip
            parts.append(f"{word} goes {told}")
    return f"Of {goods}, {', and '.join(parts)}, in {in_year(year)}, in “{other}” against “{first}”."
