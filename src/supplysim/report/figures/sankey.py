"""From mine to user: the chains that end with the scenario's consumers, stage by stage."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from textwrap import wrap
from typing import Any

from supplysim.report.choice import Choice
from supplysim.report.figure import Figure, Panel, Plot
from supplysim.report.html import Table, esc
from supplysim.report.names import Names, in_year, listed
from supplysim.report.numbers import NONE, amount
from supplysim.report.source import Run
from supplysim.world import Product

NAMED = 7
"""Regions shown by name at each stage; the others are one."""
THIN = 0.015
"""Part of a stage below which a region is one of the others, as its label would have no room."""
OTHERS = "Others"
USERS = "use"
LEAST = 1e-4
"""Share of the largest stream below which one is left out: too thin to be seen, whatever the mineral's size."""
HEIGHT, PAD = 312.0, 14.0
"""Pixels of one diagram, and between its nodes."""

Node = tuple[str, str]
"""A stage (a product's id for those who make it, or `use`) and a region."""
Flows = dict[tuple[Node, Node], float]


@dataclass(frozen=True)
class Stream:
    """Tonnes of a product that go from one node to another in the year shown."""

    start: Node
    end: Node
    product: str
    tonnes: float


def sankey(run: Run, choice: Choice) -> Figure:
    """Two diagrams for each product shown, of its mineral: the baseline's year and the scenario's."""
    names = Names(run.catalog)
    note = (
        f"What ends with {names.places(run.scenario.consumers)}, from left to right: who mines, who processes, who "
        "uses. The height of a band is its tonnage in the year in which flows differ most, medians over draws; a "
        "plant's feed is shared among its customers as its output is. Purchases beyond the plants' feed count as use. "
        "An asterisk marks a rival named in the scenario."
    )
    panels = [_panel(run, choice, product, names) for product in choice.products]
    return Figure("stages", "From mine to user, stage by stage", note, panels)


def streams(run: Run, variant: str, chain: tuple[Product, ...], year: int) -> list[Stream]:
    """A mineral's flows in one year between the makers of each product and those who process or use it."""
    found = []
    for product in chain:
        following = [p for p in chain if product.id in {each.product for each in p.recipe}]
        flows = run.trade(variant, product.id)
        by_region: dict[str, dict[str, float]] = {}
        for (a, b), flow in flows.items():
            by_region.setdefault(b, {})[a] = float(flow[year])
        for region, bought in sorted(by_region.items()):
            feed = {p.id: _feed(run, variant, p, product.id, region, year) for p in following}
            whole = max(sum(bought.values()), sum(feed.values()), 1e-300)
            for a, tonnes in bought.items():
                for made, needed in feed.items():
                    found.append(Stream((product.id, a), (made, region), product.id, tonnes * needed / whole))
                rest = 1.0 - sum(feed.values()) / whole
                found.append(Stream((product.id, a), (USERS, region), product.id, tonnes * rest))
    return found


def _feed(run: Run, variant: str, following: Product, source: str, region: str, year: int) -> float:
    made = run.series(variant, following.id, region, "made")[1][12 * year : 12 * year + 12]
    return float(made.sum()) / next(each.yield_ for each in following.recipe if each.product == source)


def ending_with(found: list[Stream], chain: tuple[Product, ...], consumers: tuple[str, ...]) -> list[Stream]:
    """The part of each stream that ends with the consumers; plants' feed is shared as their output is."""
    part: dict[Node, float] = {(USERS, region): 1.0 for region in consumers}
    kept: list[Stream] = []
    for product in reversed(chain):
        own = [stream for stream in found if stream.product == product.id]
        scaled = [Stream(s.start, s.end, s.product, s.tonnes * part.get(s.end, 0.0)) for s in own]
        made, ends = _by_maker(own), _by_maker(scaled)
        part |= {maker: ends[maker] / max(tonnes, 1e-300) for maker, tonnes in made.items()}
        kept += scaled
    largest = max((stream.tonnes for stream in kept), default=0.0)
    return [stream for stream in kept if stream.tonnes > LEAST * largest]


def _by_maker(found: Iterable[Stream]) -> dict[Node, float]:
    made: dict[Node, float] = {}
    for stream in found:
        made[stream.start] = made.get(stream.start, 0.0) + stream.tonnes
    return made


def _panel(run: Run, choice: Choice, product: str, names: Names) -> Panel:
    chain, year = run.catalog.chain(run.catalog.products[product].mineral), choice.year[product]
    both = [ending_with(streams(run, variant, chain, year), chain, run.scenario.consumers)
            for variant in ("baseline", "scenario")]  # fmt: skip
    keep = _kept([*both[0], *both[1]])
    before, after = (_merged(found, keep) for found in both)
    sizes = [_size(flows) for flows in (before, after)]
    order = sorted({*sizes[0], *sizes[1]}, key=lambda n: (n[1] == OTHERS, -sum(s.get(n, 0.0) for s in sizes), n))
    traces = [_diagram(run, flows, order, chain, names, domain)
              for flows, domain in ((before, (0.54, 0.92)), (after, (0.02, 0.4)))]  # fmt: skip
    reading = _reading(run, both[0], both[1], chain, year, names)
    return Panel(
        product, reading, f"Two flow diagrams, baseline above and scenario below. {reading}",
        _table(before, after, names), Plot(traces, _layout(chain, names, run.years[year]), 820),
    )  # fmt: skip


def _kept(found: list[Stream]) -> set[Node]:
    weight: dict[Node, float] = {}
    for stream in found:
        for node in (stream.start, stream.end):
            weight[node] = weight.get(node, 0.0) + stream.tonnes
    stages = dict.fromkeys(stage for stage, _ in weight)
    return {
        node
        for stage in stages
        for node in sorted((n for n in weight if n[0] == stage), key=lambda n: (-weight[n], n))[:NAMED]
        if weight[node] >= THIN * sum(size for other, size in weight.items() if other[0] == stage)
    }


def _merged(found: list[Stream], keep: set[Node]) -> Flows:
    out: Flows = {}
    for stream in found:
        start, end = (node if node in keep else (node[0], OTHERS) for node in (stream.start, stream.end))
        out[start, end] = out.get((start, end), 0.0) + stream.tonnes
    return out


def _diagram(
    run: Run, flows: Flows, order: list[Node], chain: tuple[Product, ...], names: Names, domain: tuple[float, float]
) -> dict[str, Any]:
    nodes = list(dict.fromkeys(node for pair in flows for node in pair))
    index = {node: k for k, node in enumerate(nodes)}
    column = {product.id: k for k, product in enumerate(chain)} | {USERS: len(chain)}
    heights, sizes = _heights(flows, order), _size(flows)

    def colour(region: str) -> str:
        return "@rival" if region in run.scenario.rivals else "@base" if region == OTHERS else "@friend"

    return {
        "type": "sankey", "domain": {"x": [0, 1], "y": list(domain)}, "arrangement": "fixed",
        "textfont": {"color": "@ink", "size": 12},
        "narrow": {"textfont": {"color": "@ink", "size": 9},
                   "node": {"label": [region if region != OTHERS else "" for _, region in nodes]}},
        "node": {
            "label": [f"{_label(run, node[1], names)} {amount(sizes[node], 't')}" for node in nodes],
            "pad": PAD, "thickness": 12,
            "x": [min(max(column[stage] / len(chain), 0.001), 0.999) for stage, _ in nodes],
            "y": [heights[node] for node in nodes], "color": [colour(region) for _, region in nodes],
            "line": {"width": 0}, "hovertemplate": "%{label}: %{value:,.3~r} t<extra></extra>",
        },
        "link": {
            "source": [index[a] for a, _ in flows], "target": [index[b] for _, b in flows],
            "value": [float(f"{tonnes:.6g}") for tonnes in flows.values()],
            "color": [f"{colour(a[1])}/0.27" for a, _ in flows],
            "hovertemplate": "%{source.label} to %{target.label}: %{value:,.3~r} t<extra></extra>",
        },
    }  # fmt: skip


def _size(flows: Flows) -> dict[Node, float]:
    """What passes each node: the larger of what comes in and what goes out."""
    into: dict[Node, float] = {}
    out: dict[Node, float] = {}
    for (a, b), tonnes in flows.items():
        out[a] = out.get(a, 0.0) + tonnes
        into[b] = into.get(b, 0.0) + tonnes
    return {node: max(into.get(node, 0.0), out.get(node, 0.0)) for node in (*out, *into)}


def _heights(flows: Flows, order: list[Node]) -> dict[Node, float]:
    """The middle of each node in its column, from the top and in the order given."""
    size = _size(flows)
    columns: dict[str, list[Node]] = {}
    for node in (node for node in order if node in size):
        columns.setdefault(node[0], []).append(node)
    rooms = ((HEIGHT - PAD * len(c)) / max(sum(size[n] for n in c), 1e-300) for c in columns.values())
    tonne = min(rooms, default=0.0)
    middle = {}
    for column in columns.values():
        top = 0.0
        for node in column:
            middle[node] = round(min(max((top + size[node] * tonne / 2) / HEIGHT, 0.001), 0.999), 4)
            top += size[node] * tonne + PAD
    return middle


def _label(run: Run, region: str, names: Names) -> str:
    return esc(names.region(region)) + ("*" if region in run.scenario.rivals else "")


def _layout(chain: tuple[Product, ...], names: Names, year: str) -> dict[str, Any]:
    def note(text: str, x: float, y: float, size: int, colour: str) -> dict[str, Any]:
        return {"text": text, "xref": "paper", "yref": "paper", "x": x, "y": y, "showarrow": False, "yanchor": "bottom",
                "xanchor": "left" if x == 0 else "right" if x == 1 else "center",
                "align": "left" if x == 0 else "center",
                "font": {"size": size, "color": colour}}  # fmt: skip

    made = ["<br>".join(esc(line) for line in wrap(_brief(names.goods(p.id)), 17)) for p in chain]
    stages = [*(f"makers of<br>{what}" for what in made), "users"]
    heads = [note(f"{side}, {year}", 0, y, 14, "@ink") for side, y in (("Baseline", 1.015), ("Scenario", 0.485))]
    return {
        "annotations": [*heads, *(note(stage, k / len(chain), y, 11, "@soft")
                                  for k, stage in enumerate(stages) for y in (0.93, 0.41))],
        "margin": {"l": 4, "r": 4, "t": 44, "b": 4},
    }  # fmt: skip


def _brief(goods: str) -> str:
    return goods.partition(" and ")[0]


def _table(before: Flows, after: Flows, names: Names) -> Table:
    pairs = sorted({*before, *after}, key=lambda p: (-max(before.get(p, 0.0), after.get(p, 0.0)), p))[:80]
    rows = [
        [f"{names.product(a[0])}, {names.region(a[1])}",
         f"{'users' if b[0] == USERS else 'makers of ' + names.goods(b[0])} in {names.region(b[1])}",
         amount(before.get((a, b), 0.0), "t"), amount(after.get((a, b), 0.0), "t")]
        for a, b in pairs
    ]  # fmt: skip
    return Table(("Product and maker", "Goes to", "Baseline", "Scenario"), rows or [["none", NONE, NONE, NONE]])


def _reading(
    run: Run, before: list[Stream], after: list[Stream], chain: tuple[Product, ...], year: int, names: Names
) -> str:
    parts: dict[str, list[str]] = {}
    for product in chain:
        was, now = (_makers(found, product.id) for found in (before, after))
        if was and now:
            top = max(sorted(was), key=lambda region: was[region])
            change = f"{100 * was[top]:.0f} % of the {names.goods(product.id)} ({100 * now.get(top, 0.0):.0f} %)"
            parts.setdefault(top, []).append(change)
    if not parts:
        return f"Nothing of this chain reaches the consumers in {in_year(run.years[year])}."
    made = "; ".join(f"{names.place(region)} makes {listed(changes)}" for region, changes in parts.items())
    return f"Of what reaches the consumers in {in_year(run.years[year])}, in the baseline (in the scenario): {made}."


def _makers(found: list[Stream], product: str) -> dict[str, float]:
    """Each region's share of a product."""
    made: dict[str, float] = {}
    for stream in found:
        if stream.product == product:
            made[stream.start[1]] = made.get(stream.start[1], 0.0) + stream.tonnes
    total = sum(made.values())
    return {region: tonnes / total for region, tonnes in made.items()} if total > 0 else {}
