"""`supplysim corridors`: transit time, throughput and use of each corridor."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from supplysim.logistics import CorridorResult


@click.command()
@click.argument("scenario", required=False)
@click.option("--replications", default=10, show_default=True, type=click.IntRange(1), help="Simulated years each.")
@click.option("--seed", default=0, show_default=True, type=click.IntRange(0), help="Seed of every random draw.")
@click.option("--divert", metavar="CLOSED=ONTO", help="Send the minerals of one corridor by another.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document instead of a table.")
def corridors(scenario: str | None, replications: int, seed: int, divert: str | None, as_json: bool) -> None:
    """Transit time, throughput and use of each corridor.

    Simulates the base year, or SCENARIO with its own corridors and the events that shut or narrow them. Times are of
    minerals from the mine to the end of the corridor where some travel it, else of its other freight.
    """
    from supplysim.logistics.study import study

    names = tuple(divert.split("=", 1)) if divert else ()
    if len(names) == 1:
        raise click.BadParameter("write CLOSED=ONTO, as in russia=trans_caspian", param_hint="--divert")
    results = _watched(study(_loaded(scenario), replications=replications, seed=seed, diverted=names))
    if as_json:
        click.echo(json.dumps({"corridors": [as_dict(result) for result in results]}, indent=2))
    else:
        _print(results)


def as_dict(result: CorridorResult) -> dict[str, Any]:
    """One corridor as JSON; null where nothing gets through or nothing limits."""
    from supplysim.logistics import engine_inputs

    inputs = engine_inputs(result)
    return {
        "corridor": result.corridor.id,
        "title": result.corridor.title,
        "legs": [
            {"leg": leg.id, "mode": leg.mode, "use": result.legs[leg.id].use, "wait": result.legs[leg.id].waiting_days}
            for leg in result.corridor.legs
        ],
        "transit_days": {"p50": _finite(result.transit_p50), "p95": _finite(result.transit_p95)},
        "streams": {s.id: _finite(result.transit(0.5, s.id)) for s in result.streams},
        "throughput_mt_year": result.throughput_mt_year,
        "use": result.use,
        "bottleneck": result.bottleneck if result.use > 0 else None,
        "lead_months": inputs.lead_months,
        "mineral_cap_t_month": [_finite(cap) for cap in inputs.cap_t.tolist()],
        "months": result.plan.months,
        "replications": result.plan.replications,
        "seed": result.plan.seed,
    }


def _watched(results: Iterator[CorridorResult]) -> list[CorridorResult]:
    """The results, with a progress bar where somebody watches."""
    if not sys.stderr.isatty():
        return list(results)
    with click.progressbar(results, label="corridors", file=sys.stderr, show_pos=True) as bar:
        return list(bar)


def _loaded(name: str | None) -> Any | None:
    if name is None:
        return None
    from supplysim.scenario import load

    return load(name)


def _finite(number: float) -> float | None:
    return number if abs(number) < float("inf") else None


def _print(results: list[CorridorResult]) -> None:
    from rich.table import Table

    from supplysim.cli.terminal import console

    table = Table()
    table.add_column("corridor", no_wrap=True)
    table.add_column("legs", ratio=1)
    for title in ("p50 days", "p95 days", "Mt/yr", "use %"):
        table.add_column(title, justify="right", no_wrap=True)
    table.add_column("bottleneck", no_wrap=True)
    for result in results:
        p50, p95 = (_finite(days) for days in (result.transit_p50, result.transit_p95))
        days = ["none" if day is None else f"{day:.0f}" for day in (p50, p95)]
        load = [f"{result.use:.0%}"[:-1], result.bottleneck] if result.use > 0 else ["", "no limit known"]
        legs = ", ".join(leg.id for leg in result.corridor.legs)
        table.add_row(result.corridor.id, legs, *days, f"{result.throughput_mt_year:.2f}", *load)
    console().print(table)
