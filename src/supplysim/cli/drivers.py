"""`supplysim sensitivity` and `supplysim discover`: what an answer hangs on, and when it goes wrong."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from supplysim.cli.numbers import Finite
from supplysim.cli.sweep import as_json_option, folder_of, print_table

if TYPE_CHECKING:
    from supplysim.decisions.discover import Box
    from supplysim.decisions.draws import Draws
    from supplysim.decisions.sensitivity import Sensitivity
    from supplysim.decisions.total import Total
    from supplysim.results.metrics import Key

run_argument = click.argument("run", type=click.Path(path_type=Path))
seed_option = click.option("--seed", type=click.IntRange(0), default=0, show_default=True, help="Seed of resamples.")


@click.command()
@run_argument
@click.option("--of", "asked", metavar="METRIC", help="Such as 'short_share rare_earths.magnets USA'; by default the "
              "shortage of the consumer that is hit hardest.")  # fmt: skip
@click.option("--bad", metavar="CONDITION", help="Which draws are bad, such as '> 10 %' or a whole condition; by "
              "default the highest tenth.")  # fmt: skip
@click.option("--design", type=click.Choice(["given", "total"]), default="given", show_default=True,
              help="Use the run's own draws, or simulate new ones for total indices.")  # fmt: skip
@click.option("--base", type=click.IntRange(16), default=64, show_default=True,
              help="Points of the total design, a power of two; inputs + 2 times as many draws are run.")  # fmt: skip
@seed_option
@as_json_option
def sensitivity(
    run: Path, asked: str | None, bad: str | None, design: str, base: int, seed: int, as_json: bool
) -> None:
    """Say which inputs the answer of RUN (a run's or sweep's folder) hangs on, beside a dummy as noise floor.

    Writes drivers.csv and drivers.html into the folder.

    \b
    Examples:
      supplysim sensitivity results/china-ree-halt/0123456789ab
      supplysim sensitivity results/my/0123456789ab --of 'peak_price_multiple tungsten.apt USA' --bad '> 3 x'
      supplysim sensitivity results/my/0123456789ab --design total --base 128
    """
    from supplysim.decisions.answers import asked_key, drivers_of, total_of, write_drivers
    from supplysim.decisions.draws import read_draws
    from supplysim.report.decisions.parts import names_of
    from supplysim.report.decisions.sensitivity import sensitivity_page, sentences
    from supplysim.results.folder import write_text

    draws = read_draws(folder_of(run))
    key = asked_key(draws, asked)
    found = drivers_of(draws, key, bad, seed)
    totals: tuple[Total, ...] = ()
    if design == "total":
        from supplysim.cli.progress import quiet_bar
        from supplysim.decisions.total import checked

        with quiet_bar("total indices") as progress:
            totals = total_of(draws, key, base, seed, progress)
        found = checked(found, totals)
    write_drivers(draws, found, totals)
    write_text(draws.folder / "drivers.html", sensitivity_page(draws, key, found, totals))
    if as_json:
        click.echo(json.dumps(_drivers(draws, key, found, totals), indent=2))
        return
    for text in sentences(key, found, names_of(draws)):
        click.echo(text)
    click.echo()
    wholes = {row.input: row.st for row in totals}
    titles = ("input", "alone (S1)", *(["total (ST)"] if totals else []), "rank", "distance", "")
    rows = [
        (d.input, _band(d.s1), *([_band(wholes[d.input])] if totals else []), f"{d.rank.value:+.2f}",
         f"{d.ks.value:.2f}" if d.ks else "-", "no visible effect" if d.below_noise else d.direction)
        for d in found.drivers
    ]  # fmt: skip
    print_table(titles, rows, left=1)
    failed = f", {found.n_failed} failed" if found.n_failed else ""
    click.echo(f"A dummy input reaches {found.noise:.3f} alone with {found.n} draws{failed}. "
               f"{draws.folder / 'drivers.html'}")  # fmt: skip


@click.command()
@run_argument
@click.argument("condition")
@click.option("--boxes", type=click.IntRange(1, 10), default=3, show_default=True, help="Most boxes to look for.")
@click.option("--peel", type=Finite(0.01, 0.5), default=0.07, show_default=True,
              help="Share of a box that one step takes away.")  # fmt: skip
@seed_option
@as_json_option
def discover(run: Path, condition: str, boxes: int, peel: float, seed: int, as_json: bool) -> None:
    """Find the futures of RUN (a run's or sweep's folder) in which CONDITION holds: boxes of inputs, in one sentence.

    Writes boxes.csv, peeling.csv and boxes.html into the folder.

    \b
    Examples:
      supplysim discover results/china-ree-halt/0123456789ab 'short_share rare_earths.magnets USA > 9 %'
      supplysim discover results/my/0123456789ab 'peak_price_multiple tungsten.apt USA > 3 x' --boxes 1
    """
    from supplysim.decisions.answers import boxes_of, write_boxes
    from supplysim.decisions.draws import read_draws
    from supplysim.report.decisions.discover import discover_page, sentences
    from supplysim.report.decisions.parts import names_of, percent
    from supplysim.results.asked import read_condition
    from supplysim.results.folder import write_text

    draws = read_draws(folder_of(run))
    asked = read_condition(condition, tuple(draws.outputs))
    bad, found = boxes_of(draws, asked, boxes, peel, seed)
    write_boxes(draws, found)
    write_text(draws.folder / "boxes.html", discover_page(asked, found, draws, bad))
    if as_json:
        counts = {"n": len(bad), "n_failed": draws.n_failed, "n_bad": int(bad.sum())}
        document = {"condition": condition, **counts, "boxes": [_box(box, draws) for box in found]}
        click.echo(json.dumps(document, indent=2))
        return
    names = names_of(draws)
    for text in sentences(asked, found, draws, float(bad.mean()), names):
        click.echo(text)
    for number, box in enumerate(found, 1):
        facts = {"coverage": box.coverage, "density": box.density, "mass": box.mass}
        click.echo(f"\nBox {number}: {', '.join(f'{name} {percent(value)}' for name, value in facts.items())}")
        rows = [(path, limit.text(draws.units.get(path, "")), f"{box.quasi_p[path]:.2g}", percent(box.kept[path]))
                for path, limit in box.limits.items()]  # fmt: skip
        print_table(("input", "in the box", "quasi-p", "in resamples"), rows, left=2)
    failed = f", {draws.n_failed} failed" if draws.n_failed else ""
    click.echo(f"{len(bad)} draws{failed}. {draws.folder / 'boxes.html'}")


def _band(value: Any) -> str:
    return f"{value.value:.2f} ({value.low:.2f} to {value.high:.2f})"


def _drivers(draws: Draws, key: Key, found: Sensitivity, totals: tuple[Total, ...]) -> dict[str, Any]:
    wholes = {row.input: row for row in totals}

    def row(d: Any) -> dict[str, Any]:
        ks = None if d.ks is None else d.ks._asdict()
        total = {"st": wholes[d.input].st._asdict()} if d.input in wholes else {}
        return {"input": d.input, "unit": draws.units.get(d.input, ""), "s1": d.s1._asdict(), "rank": d.rank._asdict(),
                "ks": ks, "direction": d.direction, "below_noise": d.below_noise, **total}  # fmt: skip

    return {"of": key._asdict(), "n": found.n, "n_failed": found.n_failed, "n_bad": found.n_bad, "noise": found.noise,
            "ks_noise": found.ks_noise, "drivers": [row(d) for d in found.drivers]}  # fmt: skip


def _box(box: Box, draws: Draws) -> dict[str, Any]:
    limits = [
        {"input": path, "from": limit.low, "to": limit.high, "levels": list(limit.levels),
         "unit": draws.units.get(path, ""), "quasi_p": box.quasi_p[path], "kept_in_resamples": box.kept[path]}
        for path, limit in box.limits.items()
    ]  # fmt: skip
    return {"coverage": box.coverage, "density": box.density, "mass": box.mass, "limits": limits}
