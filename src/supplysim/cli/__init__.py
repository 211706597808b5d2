"""The command line: one file per group of commands, each loaded when its command is asked for."""

from __future__ import annotations

import atexit
import gc
import os
import sys
from importlib import import_module
from typing import Any

import click

from supplysim import __version__
from supplysim.errors import InputError, SupplysimError

COMMANDS = {
    "run": ("run", "run"),
    "report": ("report", "report"),
    "sweep": ("sweep", "sweep"),
    "status": ("sweep", "status"),
    "resume": ("sweep", "resume"),
    "verify": ("sweep", "verify"),
    "best": ("best", "best"),
    "compare": ("compare", "compare"),
    "export": ("export", "export"),
    "attribute": ("attribute", "attribute"),
    "screen": ("screen", "screen"),
    "sensitivity": ("drivers", "sensitivity"),
    "discover": ("drivers", "discover"),
    "optimise": ("optimise", "optimise"),
    "list": ("scenarios", "list_"),
    "new": ("scenarios", "new"),
    "params": ("scenarios", "params"),
    "check": ("scenarios", "check"),
    "show": ("scenarios", "show"),
    "diff": ("scenarios", "diff"),
    "data": ("data", "data"),
    "world": ("world", "world"),
    "indicators": ("indicators", "indicators"),
    "corridors": ("corridors", "corridors"),
    "serve": ("serve", "serve"),
    "backtest": ("backtest", "backtest"),
    "calibrate": ("backtest", "calibrate"),
}
"""Each command's file in this folder and its name there."""
HELP = {
    "run": "Run one scenario and its no-event baseline over the same draws.",
    "report": "Write one self-contained HTML page of a run, or of several side by side.",
    "sweep": "Run all cells of a sweep over all draws; survives being stopped.",
    "status": "Show how much of a sweep is done, failed and missing.",
    "resume": "Go on with a sweep that was stopped.",
    "verify": "Compute parts of a sweep again and compare every byte.",
    "best": "Show which cells of a sweep are best by a metric.",
    "compare": "Show what runs do differently, draw by draw.",
    "export": "Write a run as a table in IAMC columns.",
    "attribute": "Say what each contract and project adds.",
    "screen": "Rank every single loss by what it would cost, and pairs that matter.",
    "sensitivity": "Say which inputs an answer hangs on.",
    "discover": "Find the futures in which it goes wrong.",
    "optimise": "Choose contracts, stocks and projects under a budget.",
    "list": "List shipped and local scenarios.",
    "new": "Copy a commented, running example to start from.",
    "params": "Show every value that can be set: unit, default, bounds, meaning.",
    "check": "Check scenario files and show all errors at once.",
    "show": "Show a scenario resolved, with the origin of every value.",
    "diff": "Show where two scenarios or two runs differ.",
    "data": "Show the base year: production, use, flows, shares, sources.",
    "world": "Make and check tables of minerals of your own.",
    "indicators": "Show HHI, N-1, import reliance and other published measures.",
    "corridors": "Show transit time, throughput and use of each corridor.",
    "serve": "Serve the what-if page on this machine.",
    "backtest": "Set history against the model and naive rules.",
    "calibrate": "Fit a market's parameters to data, scored out of sample.",
}
"""One line for each command, so that `--help` need not load them."""


SETTINGS = {"help_option_names": ["-h", "--help"], "max_content_width": 110, "auto_envvar_prefix": "SUPPLYSIM"}
"""Of all commands. An option's default may stand in the environment: SUPPLYSIM_SWEEP_JOBS for `sweep --jobs`."""


EXTRAS = {"dask": "cluster", "distributed": "cluster", "starlette": "web", "uvicorn": "web", "h11": "web"}
"""What only some commands need, and the extra of the package that brings it."""


class Lazy(click.Group):
    """A group whose commands are imported only when they are called."""

    def list_commands(self, _: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, _: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        module, attribute = COMMANDS[name]
        command = getattr(import_module(f"supplysim.cli.{module}"), attribute)
        if not isinstance(command, click.Command):
            raise TypeError(f"{module}.{attribute} is not a command")
        return command

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except BrokenPipeError:  # whoever read has read enough; click would end with 1, which means that a run failed
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise click.exceptions.Exit(0) from None

    def format_commands(self, _: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, HELP[name]) for name in COMMANDS])

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        from difflib import get_close_matches

        name = args[0] if args else ""
        close = get_close_matches(name, COMMANDS, n=1)
        if name not in COMMANDS and not name.startswith("-") and close:
            ctx.fail(f"no such command '{name}'; did you mean '{close[0]}'?")
        return super().resolve_command(ctx, args)


def _version(context: click.Context, _: click.Parameter, asked: bool) -> None:
    if asked and not context.resilient_parsing:
        from supplysim.batch.engine import described

        click.echo(f"supplysim, version {__version__}\n{described()}")
        context.exit()


@click.group(cls=Lazy, context_settings=SETTINGS)
@click.option(
    "--version",
    is_flag=True,
    expose_value=False,
    is_eager=True,
    callback=_version,
    help="Show the version, and which engine this install has, and exit.",
)
def cli() -> None:
    """Who gets which critical mineral from whom when supply breaks, and when new contracts are signed.

    \b
    Examples:
      supplysim list
      supplysim run china-ree-halt-with-c5
      supplysim run my.yaml --set stockpiles.USA.rare_earths.target="6 months"
      supplysim data uranium --sources
    """


def main(arguments: list[str] | None = None) -> Any:
    """Run the command line; ends the process with 0, 1 (a run failed), 2 (bad input) or 130 (interrupted)."""
    words = sys.argv[1:] if arguments is None else arguments
    _one_thread()
    _spare_collections()
    try:
        _all_text(words)
        sys.exit(cli.main(args=words, prog_name="supplysim", standalone_mode=False, obj=words) or 0)
    except click.exceptions.Exit as stop:
        sys.exit(stop.exit_code)
    except click.ClickException as error:
        error.show()
        sys.exit(2)
    except (click.Abort, KeyboardInterrupt):
        click.echo("Interrupted.", err=True)
        sys.exit(130)
    except InputError as error:
        _show(error)
        sys.exit(2)
    except ModuleNotFoundError as error:
        extra = EXTRAS.get(str(error.name).partition(".")[0])
        if extra is None:
            raise
        click.echo(f"this needs {error.name}, which is not installed: pip install 'supplysim[{extra}]'", err=True)
        sys.exit(2)
    except SupplysimError as error:
        click.echo(f"The run failed: {error}", err=True)
        sys.exit(1)
    except (MemoryError, ImportError) as error:
        if isinstance(error, ImportError) and "failed to map segment" not in str(error):
            raise
        click.echo(f"The run failed: not enough memory. {error}".rstrip(), err=True)
        sys.exit(1)


def _all_text(words: list[str]) -> None:
    """Raises `InputError` for bytes that are no text: a name of them could not be told, listed or kept in a file."""
    for word in words:
        try:
            word.encode()
        except UnicodeEncodeError:
            plain = os.fsencode(word).decode(errors="backslashreplace")
            raise InputError(f"'{plain[:200]}' is no UTF-8 text; rename the file or folder") from None


def _one_thread() -> None:
    """Small matrices are slower with more BLAS threads, and starting them takes longer than a month; said before NumPy
    is loaded."""
    for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ.setdefault(name, "1")


def _spare_collections() -> None:
    """A command makes many objects and few cycles of them: looking for these, also at the end, took an eighth of it."""
    gc.set_threshold(20_000, 50, 100)
    atexit.register(gc.freeze)


def _show(error: InputError) -> None:
    for fault in error.faults:
        click.echo(fault.with_caret(), err=True)
    count = len(error.faults)
    click.echo(f"{count} error{'s' if count > 1 else ''}. Nothing was run.", err=True)
