"""`supplysim new`, `list`, `params`, `check`, `show` and `diff`: what one does with scenarios before running them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

from supplysim.errors import Fault, InputError

if TYPE_CHECKING:
    from supplysim.scenario import Scenario

WRONG_INPUT = 2
as_json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON document instead of a table.")
world_option = click.option(
    "--world", type=click.Path(path_type=Path), help="Folder of tables laid over the shipped ones."
)
set_option = click.option("--set", "settings", multiple=True, metavar="PATH=VALUE", help="Change a value; repeatable.")


def refuse(faults: Sequence[Fault], closing: str = "") -> NoReturn:
    """Print every fault with its source line to stderr and leave with exit code 2."""
    for fault in faults:
        click.echo(fault.with_caret(), err=True)
    if closing:
        click.echo(closing, err=True)
    raise click.exceptions.Exit(WRONG_INPUT)


def loaded(source: str, settings: Sequence[str] = ()) -> Scenario:
    """The scenario of a file, a shipped name or a run's folder; leaves with its faults where it is wrong."""
    from supplysim.scenario import load

    path = Path(source)
    try:
        return load(path / "scenario.yaml" if (path / "scenario.yaml").is_file() else source, settings)
    except InputError as error:
        refuse(error.faults, _closing(error.faults, 1))


@click.command()
@click.argument("name")
@click.option("--from", "source", metavar="SCENARIO", default="example", show_default=True, help="What to start from.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document instead of a sentence.")
def new(name: str, source: str, as_json: bool) -> None:
    """Copy a commented, running example to NAME.yaml.

    \b
    Examples:
      supplysim new my-halt
      supplysim new my-contracts --from baseline
    """
    from supplysim.scenario.listing import create

    try:
        path = create(name, source)
    except InputError as error:
        refuse(error.faults)
    click.echo(json.dumps({"created": str(path)}) if as_json else f"{path} written; `supplysim check {path}` checks it")


@click.command("list")
@world_option
@as_json_option
def list_(world: Path | None, as_json: bool) -> None:
    """List shipped and local scenarios with title, parents, axes and draws.

    With --world those in its folder come too.

    \b
    Examples:
      supplysim list
      supplysim list --world my-world
      supplysim list --json
    """
    from supplysim.scenario.listing import listed

    rows = listed(world=world)
    if as_json:
        click.echo(json.dumps({"scenarios": [row.as_dict() for row in rows]}, indent=2, ensure_ascii=False))
        return
    table = [
        (row.name, row.title, ", ".join(row.parents), ", ".join(row.axes), str(row.cells), str(row.draws))
        for row in rows
    ]
    _print(("scenario", "title", "parents", "axes", "cells", "draws"), table)


@click.command()
@click.argument("pattern", default="")
@click.option("--markdown", is_flag=True, help="Print the table of the reference page.")
@click.option("--schema", is_flag=True, help="Print the JSON Schema for editors.")
@world_option
@as_json_option
def params(pattern: str, markdown: bool, schema: bool, world: Path | None, as_json: bool) -> None:
    """List every settable path with unit, default, bounds and a line of doc.

    PATTERN is part of a path or a glob; one that names a mineral lists the world's own values.

    \b
    Examples:
      supplysim params stockpiles
      supplysim params 'minerals.tungsten.*.supply.*'
      supplysim params 'minerals.lithium.*' --world my-world
    """
    from supplysim.scenario import params as listing
    from supplysim.scenario.world_names import of_world

    if schema:
        from supplysim.scenario.json_schema import json_schema

        click.echo(json.dumps(json_schema(of_world(world)), indent=1, ensure_ascii=False))
        return
    if markdown:
        click.echo(listing.markdown(), nl=False)
        return
    try:
        rows = listing.params(of_world(world), pattern)
    except InputError as error:
        refuse(error.faults)
    if as_json:
        click.echo(json.dumps({"params": [row.as_dict() for row in rows]}, indent=2, ensure_ascii=False))
        return
    table = [
        (row.path, row.unit, row.default, row.bounds, f"{row.doc} ({', '.join(row.kinds)})" if row.kinds else row.doc)
        for row in rows
    ]
    _print(("path", "unit", "default", "bounds", ""), table)


@click.command()
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@set_option
@as_json_option
def check(files: tuple[str, ...], settings: tuple[str, ...], as_json: bool) -> None:
    """Report all errors of scenarios at once; every cell of a sweep is checked too.

    \b
    Examples:
      supplysim check scenarios/*.yaml
      supplysim check my-halt.yaml --set draws=100
    """
    results = [_checked(file, settings) for file in files]
    faults = list(dict.fromkeys(fault for _, found in results for fault in found))
    if as_json:
        rows = [
            {"file": file, "faults": [_fault(each) for each in found], "notices": [_fault(each) for each in notes],
             **about}
            for (file, about, notes), found in results
        ]  # fmt: skip
        click.echo(json.dumps({"ok": not faults, "files": rows}, indent=2, ensure_ascii=False))
        raise click.exceptions.Exit(WRONG_INPUT if faults else 0)
    for (file, about, notes), found in results:
        for note in notes:
            click.echo(f"note: {note.with_caret()}", err=True)
        if not found:
            click.echo(f"{file}: ok ({', '.join(f'{count} {name}' for name, count in about.items() if count)})")
    if faults:
        refuse(faults, _closing(faults, sum(1 for _, found in results if found)))


def _checked(
    file: str, settings: Sequence[str]
) -> tuple[tuple[str, dict[str, int], tuple[Fault, ...]], tuple[Fault, ...]]:
    """A file's name, counts and notes, and its faults."""
    from supplysim.scenario import cells, load

    try:
        scenario = load(file, settings)
        count = len(cells(scenario))
    except InputError as error:
        return (file, {}, ()), error.faults
    counts = {name: len(getattr(scenario, name)) for name in ("events", "contracts", "projects")}
    counts |= {"uncertain values": len(scenario.uncertain), "cells": count, "draws": scenario.draws}
    return (file, counts, scenario.notices), ()


def _fault(fault: Fault) -> dict[str, str]:
    return {"place": fault.place, "path": fault.path, "message": fault.message}


def _closing(faults: Sequence[Fault], files: int) -> str:
    errors = "1 error" if len(faults) == 1 else f"{len(faults)} errors"
    return f"{errors} in {files} file{'s' if files > 1 else ''}. Nothing was run."


@click.command()
@click.argument("scenario")
@click.option("--origin", is_flag=True, help="Say where each value comes from.")
@click.option("--all", "everything", is_flag=True, help="Print the world's own values too.")
@set_option
@as_json_option
def show(scenario: str, origin: bool, everything: bool, settings: tuple[str, ...], as_json: bool) -> None:
    """Print a scenario resolved: parents, changes and defaults in one text that runs on its own.

    \b
    Examples:
      supplysim show baseline --origin
      supplysim show my-halt.yaml --set events.halt.lasts='24 months'
    """
    from supplysim.scenario import digest, resolved, to_yaml

    found = loaded(scenario, settings)
    if not as_json:
        click.echo(to_yaml(found, origin=origin, everything=everything), nl=False)
        return
    document: dict[str, Any] = {"digest": digest(found), "scenario": resolved(found, everything=everything)}
    if origin:
        document["origins"] = {path: str(place) for path, place in found.origins.items()}
    click.echo(json.dumps(document, indent=2, ensure_ascii=False))


@click.command()
@click.argument("first")
@click.argument("second")
@as_json_option
def diff(first: str, second: str, as_json: bool) -> None:
    """List what differs between two scenarios, or between the scenarios of two runs.

    \b
    Examples:
      supplysim diff baseline my-halt.yaml
      supplysim diff results/halt/0123456789ab results/halt/ba9876543210
    """
    from supplysim.scenario.compare import differences

    rows = differences(loaded(first), loaded(second))
    if as_json:
        items = [{"path": row.path, "first": row.first, "second": row.second} for row in rows]
        click.echo(json.dumps({"differences": items}, indent=2, ensure_ascii=False))
    elif rows:
        _print(("path", first, second), [(row.path, _text(row.first), _text(row.second)) for row in rows])
    else:
        click.echo("no difference")


def _text(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key}: {item}" for key, item in value.items())
    return "" if value is None else str(value)


def _print(titles: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    from rich.table import Table
    from rich.text import Text

    from supplysim.cli.terminal import console

    table = Table(box=None, pad_edge=False, header_style="bold")
    for number, title in enumerate(titles):
        table.add_column(title, overflow="fold", no_wrap=False, min_width=8 if number == 0 else None)
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    console().print(table)
