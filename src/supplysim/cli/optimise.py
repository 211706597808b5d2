"""`supplysim optimise`: which contracts, stocks and projects under a budget."""

from __future__ import annotations

import json
from pathlib import Path

import click

from supplysim.cli.sweep import as_json_option, print_table


@click.command()
@click.argument("scenario")
@click.option("--budget", metavar="LIST", help="Budgets instead of the scenario's, such as '500 m USD, 2 bn USD'.")
@click.option("--set", "settings", multiple=True, metavar="PATH=VALUE", help="Override one value; may be repeated.")
@click.option("--draws", type=click.IntRange(2), help="Draws of each portfolio; the scenario's unless said.")
@click.option("--most", type=click.IntRange(10), default=250, show_default=True, help="Most portfolios to simulate.")
@click.option("--alternatives", type=click.IntRange(0), default=3, show_default=True,
              help="Portfolios nearly as good to look for, for each budget.")  # fmt: skip
@click.option("--plan", is_flag=True, help="Say what would be simulated, and stop.")
@click.option("--verify", type=click.IntRange(1), metavar="N", help="Simulate N kept portfolios again and compare.")
@click.option("-j", "--jobs", type=click.IntRange(1), default=1, show_default=True, help="Processes on this machine.")
@click.option("--engine", type=click.Choice(["auto", "numpy", "compiled"]), default="auto", show_default=True)
@click.option("--results", type=click.Path(file_okay=False, path_type=Path), default=Path("results"), show_default=True)
@as_json_option
def optimise(
    scenario: str, budget: str | None, settings: tuple[str, ...], draws: int | None, most: int, alternatives: int,
    plan: bool, verify: int | None, jobs: int, engine: str, results: Path, as_json: bool,
) -> None:  # fmt: skip
    """Choose among the options of SCENARIO's `choose:` section, for each budget, over the same draws.

    Writes frontier.csv, choice.csv, alternatives.csv, evaluations.parquet and optimise.html. What was simulated is kept
    as it comes: the same command goes on where it was stopped, and with other budgets.

    \b
    Examples:
      supplysim optimise portfolio-c5 --plan
      supplysim optimise portfolio-c5 -j 2
      supplysim optimise portfolio-c5 --budget '300 m USD, 1 bn USD' --json
    """
    from supplysim.batch.engine import engine_for
    from supplysim.cli.progress import quiet_bar
    from supplysim.decisions.optimise import Effort, optimise_folder, optimised, plan_of, question_of, verified
    from supplysim.decisions.optimise_files import document, write_optimised
    from supplysim.report.decisions.optimise import optimise_page, sentences
    from supplysim.report.names import Names
    from supplysim.scenario import load
    from supplysim.world import catalog

    loaded, chosen = load(scenario, settings), engine_for(engine)
    choose = question_of(loaded, _budgets(budget))
    effort = Effort(draws or loaded.draws, most, alternatives)
    folder = optimise_folder(results, loaded, choose, effort, chosen)
    if plan:
        _print_plan(plan_of(choose, effort), as_json)
        return
    if verify is not None:
        _print_verified(verified(loaded, choose, effort, folder, verify, chosen), as_json)
        return
    with quiet_bar(f"portfolios of {loaded.name}") as progress:
        found = optimised(loaded, choose, effort, folder=folder, jobs=jobs, engine=chosen, progress=progress)
    write_optimised(folder, found, effort, f"supplysim optimise {scenario}", chosen, optimise_page(found))
    if as_json:
        click.echo(json.dumps(document(found), indent=2))
        return
    for text in sentences(found, Names(catalog(loaded.world))):
        click.echo(text)
    click.echo()
    _print_answers(document(found))
    click.echo(f"{found.evaluations} portfolios simulated over {found.draws} draws. Everything is in {folder}")


def _budgets(text: str | None) -> tuple[float, ...]:
    from supplysim.errors import InputError
    from supplysim.scenario.choose import why_no_budget
    from supplysim.scenario.units import DIMENSIONS, UnitError, read_quantity

    if text is None:
        return ()
    try:
        found = [read_quantity(part.strip(), DIMENSIONS["money"]) for part in text.split(",")]
    except UnitError as error:
        raise InputError(f"--budget: {error}") from None
    problems = [problem for budget in found if (problem := why_no_budget(budget))]
    if problems or len(set(found)) < len(found):
        raise InputError(f"--budget: {problems[0] if problems else 'a sum is there twice'}")
    return tuple(found)


def _print_plan(plan: dict[str, int], as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(plan))
        return
    click.echo(
        f"{plan['options']} options, {plan['portfolios']:,} portfolios in all. At least {plan['least']} and at most "
        f"{plan['most']} of them are simulated, over {plan['draws']} draws each."
    )


def _print_verified(found: list[tuple[tuple[int, tuple[int, ...]], bool]], as_json: bool) -> None:
    same = sum(ok for _, ok in found)
    if as_json:
        rows = [{"first": first, "levels": list(levels), "same": ok} for (first, levels), ok in found]
        click.echo(json.dumps({"same": same, "of": len(found), "portfolios": rows}))
    else:
        click.echo(f"{same} of {len(found)} portfolios came out the same")
    if same < len(found):
        raise click.exceptions.Exit(1)


def _print_answers(found: dict[str, list[dict[str, float]]]) -> None:
    from supplysim.report.decisions.parts import percent
    from supplysim.report.numbers import amount, band_text

    rows = [
        (amount(a["budget"], "USD"), band_text((a["lo"], a["loss"], a["hi"]), "USD"), amount(a["fresh"], "USD"),
         percent(a["gap"]), percent(a["same_in_bootstraps"]))
        for a in found["frontier"]
    ]  # fmt: skip
    print_table(("budget", "loss left", "on fresh draws", "gap", "same in bootstraps"), rows, left=1)
    if not found["choice"]:
        return
    click.echo()
    steps = [
        (amount(s["budget"], "USD"), str(s["option"]), str(s["level"]), amount(s["cost_usd"], "USD"),
         amount(s["loss_before"] - s["loss_after"], "USD"), percent(s["kept_in_bootstraps"]))
        for s in found["choice"]
    ]  # fmt: skip
    print_table(("budget", "option", "level", "cost", "loss avoided", "kept"), steps, left=3)
