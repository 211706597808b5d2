"""Runs an episode's scenario and its run without events, keeping month by month what its series are judged on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from supplysim.assembly import Assembly, Inputs, assemble_all
from supplysim.assembly.chain import Variant
from supplysim.assembly.nodes import Nodes
from supplysim.batch.block import spans
from supplysim.batch.engine import engine_for
from supplysim.batch.sampling import sample
from supplysim.engine.run import simulate
from supplysim.history.episodes_table import Series
from supplysim.results.quantiles import join_traces
from supplysim.results.trace import Trace, trace
from supplysim.scenario import Scenario
from supplysim.world import World, load

Link = tuple[int, int]
VARIANTS: tuple[Variant, ...] = ("baseline", "scenario")


@dataclass(frozen=True)
class EpisodeRun:
    """A scenario with its traces by variant and product; `contracts` of a trace has the monthly flow `(t, d)` over the
    links that each series of exports runs on, by the series' name."""

    scenario: Scenario
    traces: Mapping[str, Mapping[str, Trace]]


def run_episode(scenario: Scenario, series: Sequence[Series]) -> EpisodeRun:
    """Simulate with and without events. Raises `InputError`, `SolverError` or `AuditError` as a run does."""
    world = load(scenario.world)
    blocks = [_block(world, scenario, series, span) for span in spans(0, scenario.draws, engine_for("auto"))]
    return EpisodeRun(scenario, join_traces(blocks))


def export_links(nodes: Nodes, series: Series) -> tuple[Link, ...]:
    """The links from a series' regions to others, or to the regions it names; what stays at home is no export."""
    return tuple(
        (s, b)
        for s, seller in enumerate(nodes.suppliers)
        for b, buyer in enumerate(nodes.buyers)
        if seller.region in series.regions
        and buyer.region not in series.regions
        and (not series.to or buyer.region in series.to)
    )


def _block(
    world: World, scenario: Scenario, series: Sequence[Series], draws: tuple[int, int]
) -> dict[str, dict[str, Trace]]:
    first, count = draws
    inputs = Inputs(scenario, sample(scenario, first, count), count)
    built = assemble_all(world, inputs, VARIANTS)
    return {variant: _traces(assembly, inputs, series) for variant, assembly in built.items()}


def _traces(assembly: Assembly, inputs: Inputs, series: Sequence[Series]) -> dict[str, Trace]:
    """Traces of the products that series are about; only the parts of the chain that hold them are run."""
    variety = bool(inputs.scenario.values["model.variety_cost"])
    order, wanted = list(assembly.nodes), {product for one in series for product in one.products}
    found: dict[str, Trace] = {}
    for part in assembly.chain.parts():
        mine = [order[k] for k in part]
        if not wanted & set(mine):
            continue
        exports = [s for s in series if not s.is_price]
        links = {p: {s.name: out for s in exports if p in s.products and (out := export_links(assembly.nodes[p], s))}
                 for p in mine}  # fmt: skip
        watch = {k: tuple({link for each in links[p].values() for link in each}) for k, p in enumerate(mine)}
        histories = simulate(assembly.chain.part(part), watch, engine_for("auto"))
        for product, history in zip(mine, histories, strict=True):
            if product in wanted:
                traced = trace(assembly.nodes[product], history, variety, links[product])
                found[product] = replace(traced, noise={})
    return found
