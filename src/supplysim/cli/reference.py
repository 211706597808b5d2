"""The reference pages, written from the commands and the schema: `python -m supplysim.cli.reference docs/`."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from pathlib import Path

import click

from supplysim.cli import COMMANDS, HELP, cli

_NOTE = "<!-- Written by `python -m supplysim.cli.reference docs/`; a test compares this page with the code. -->\n"
_COMMANDS = """
Every command takes `--help`. SCENARIO is a file, or the name of a shipped scenario (`supplysim list`). Nothing ever
prompts. Tables go to standard output, errors and progress to standard error. The exit code is 0 when all went well,
1 when a run failed, 2 when the input is wrong, 3 when `status` finds work left and 130 when interrupted.

The environment may give an option's default: `SUPPLYSIM_`, the command, and the option's long name in capitals with
underscores, such as `SUPPLYSIM_RUN_DRAWS=500`, `SUPPLYSIM_SWEEP_JOBS=8` or `SUPPLYSIM_SWEEP_SCHEDULER=tcp://head:8786`;
`SUPPLYSIM_RUN_SETTINGS`, `SUPPLYSIM_SWEEP_SETTINGS` for `--set` and `..._AS_JSON` for `--json`. What is typed wins.
"""
_PARAMETERS = """
What a scenario can set, as `supplysim params --markdown` writes it. `<id>` is a name of your choice, `<mineral>`,
`<stage>` and the capitals are names of the world. "Needed" must be given, "world" stands in the tables:
`supplysim params 'minerals.uranium.*'` prints the world's own values. Kinds in brackets are those that have the field.
How the paths are used is told in [Write a scenario](scenarios.md).
"""


def pages() -> dict[str, str]:
    """The text of each generated page by file name."""
    from supplysim.scenario.params import markdown

    return {
        "commands.md": f"{_NOTE}\n# Commands\n{_COMMANDS}\n" + "\n".join(_sections()),
        "parameters.md": f"{_NOTE}\n# Parameters\n{_PARAMETERS}\n{markdown()}",
    }


def _sections() -> Iterator[str]:
    with click.Context(cli, info_name="supplysim") as parent:
        yield "| command | does |\n|---|---|"
        yield from (f"| [`{name}`](#{name}) | {_cell(HELP[name])} |" for name in COMMANDS)
        for name in COMMANDS:
            command = cli.get_command(parent, name)
            if command is not None:
                with click.Context(command, info_name=name, parent=parent) as context:
                    yield _section(name, command, context)
                    if isinstance(command, click.Group):
                        yield from _parts(name, command, context)


def _parts(name: str, group: click.Group, parent: click.Context) -> Iterator[str]:
    """The commands of a group, each by its two words."""
    for part, command in group.commands.items():
        with click.Context(command, info_name=part, parent=parent) as context:
            yield _section(f"{name} {part}", command, context)


def _section(name: str, command: click.Command, context: click.Context) -> str:
    usage = " ".join(["supplysim", name, *command.collect_usage_pieces(context)])
    head = f"\n## {name}\n\n```text\n{usage}\n```\n"
    return "\n".join([head, *_paragraphs(command.help or ""), *_options(command, context)])


def _paragraphs(text: str) -> Iterator[str]:
    """A command's help as Markdown; the block under `Examples:` becomes shell."""
    for paragraph in inspect.cleandoc(text).split("\n\n"):
        lines = [line for line in paragraph.splitlines() if line != "\b"]
        if lines[0] == "Examples:":
            commands = "\n".join(line.strip() for line in lines[1:])
            yield f"```sh\n{commands}\n```\n"
        else:
            yield "\n".join(lines) + "\n"


def _options(command: click.Command, context: click.Context) -> Iterator[str]:
    rows = [
        f"| `{record[0].replace('|', '/')}` | {_cell(record[1])} |"
        for option in command.params
        if isinstance(option, click.Option) and (record := option.get_help_record(context))
    ]
    if rows:
        yield "| option | |\n|---|---|"
        yield from rows


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


@click.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
def write(folder: Path) -> None:
    """Write commands.md and parameters.md into FOLDER."""
    for name, text in pages().items():
        (folder / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    write()
