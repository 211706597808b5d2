"""`supplysim backtest` and `supplysim calibrate`: history against the model."""

from __future__ import annotations

import json
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from supplysim.errors import InputError

if TYPE_CHECKING:
    from supplysim.history.calibrate import Fit
    from supplysim.history.card import Card
    from supplysim.history.episodes_played import PlayedEpisode
    from supplysim.history.yearly import Played


CARDS = {"prices-2025": "supplysim.history.year_2025", "ceiling": "supplysim.history.ceiling_card"}
"""Cards of the whole model by name; each module has `play`, `document` and `table`."""
MOST_SIGMA = 100.0


@click.command()
@click.argument("episode", required=False)
@click.option(
    "--trade", type=click.Path(), help="Trade table (csv, csv.gz) instead of the shipped CEPII BACI 2005-2024."
)
@click.option("--sigma", type=float, help="One substitution elasticity instead of the prior's distribution.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document instead of tables.")
@click.option("--events", type=click.Path(), help="Monthly test on a list of events (csv), or the shipped: events_dev.")
@click.option("--prices", type=click.Path(), help="Prices for --events: mineral, month, value (default: World Bank).")
@click.option("--set", "settings", multiple=True, metavar="PATH=VALUE", help="With --events: a model.* setting.")
@click.option("--as-reported", is_flag=True, help="With --events: losses come true in full, not to a drawn share.")
@click.option(
    "--episode", "own", type=click.Path(), help="A scenario of your own, judged by the figures in --observed."
)
@click.option("--observed", type=click.Path(), help="What was seen (csv): prices, contract prices, exports by month.")
@click.option("--write-docs", type=click.Path(dir_okay=False), help="Write the page docs/validation.md to this file.")
@click.option(
    "-o",
    "output",
    type=click.Path(dir_okay=False),
    help="Chart of an episode (default: results/backtest/EPISODE.html).",
)
def backtest(
    episode: str | None, trade: str | None, sigma: float | None, as_json: bool, events: str | None,
    prices: str | None, settings: tuple[str, ...], as_reported: bool, own: str | None, observed: str | None,
    write_docs: str | None, output: str | None,
) -> None:  # fmt: skip
    """Twenty years of trade shocks, and episodes month by month, against the model and against naive rules.

    `prices-2025` sets the prices of 2025 that follow from the world as it stands beside published ones; `ceiling` tells
    in which shipped scenarios prices meet the model's ceiling, and whether the scenario asks for that.

    EPISODE plays one alone, with a chart. Through the whole model, month by month:

    \b
      rare-earths-2010   uranium-2022   kazatomprom-2024   magnets-2025

    Year by year, on trade alone:

    \b
      rare-earths-2010-yearly   uranium-niger-2023

    --events plays a list of supply events, one small world each, against random walk, mean path, momentum and formula:

    \b
      supplysim backtest --events events_dev
      supplysim backtest --events mine.csv --prices mine-prices.csv --json
      supplysim backtest --events events_dev --set "model.stocks.expectation_gain=20 %/month"

    Columns of a list: event, metal, news_month (2014-01), type, loss_share_of_world (0 to 1), start_lag_months,
    length_months (or open), in_rule (yes or no), endogenous (yes or no); of prices: mineral, month, value.

    --episode plays a scenario of yours through the whole model and judges it as the shipped ones are:

    \b
      supplysim backtest --episode mine.yaml --observed seen.csv

    Columns of what was seen: quantity (price, contract_price or exports), product (exports: several apart by
    spaces are added up), regions (apart by spaces), first (2014-01, or 2014 for a year), value; last where a figure
    stands for a span, to (regions exports go to), series, title, unit, source, note where you have them. A series
    needs a figure before the first event, its base.
    """
    from supplysim.history import card as history
    from supplysim.history.report import page
    from supplysim.results.folder import write_text

    if events is not None:
        if episode or trade or sigma is not None or output or write_docs or own or observed:
            raise InputError("--events goes with --prices, --set, --as-reported and --json alone")
        _events(events, prices, settings, as_reported, as_json)
        return
    if (own is None) != (observed is None):
        raise InputError("--episode and --observed belong together")
    if own is not None and observed is not None:
        if episode or trade or sigma is not None or write_docs or prices or settings or as_reported:
            raise InputError("--episode goes with --observed, --json and -o alone")
        _own(own, observed, as_json, output)
        return
    if prices is not None or settings or as_reported:
        raise InputError("--prices, --set and --as-reported belong to --events; name a list, such as events_dev")
    if episode is not None:
        _episode(episode, trade, sigma, as_json, output)
        return
    if output is not None:
        raise InputError("-o writes the chart of an episode; name one")
    card = history.backtest(trade, sigma)
    if write_docs is not None:
        write_text(Path(write_docs), page(card))
    if as_json:
        click.echo(json.dumps(card.as_dict(), indent=2))
    else:
        _print_card(card)


def _events(events: str, prices: str | None, settings: tuple[str, ...], as_reported: bool, as_json: bool) -> None:
    from supplysim.history.event_card import play_events
    from supplysim.history.event_report import tables
    from supplysim.history.small_world import Setting

    card = play_events(events, prices, Setting(settings=settings, announced=not as_reported))
    for name in card.unscored:
        click.echo(f"{name}: no price in the month before the news or in any month scored after it, left out", err=True)
    if as_json:
        click.echo(json.dumps(card.as_dict(), indent=2))
    else:
        for table in tables(card):
            _table(*table)


def _episode(name: str, trade: str | None, sigma: float | None, as_json: bool, output: str | None) -> None:
    from supplysim.history.episodes_table import monthly_episodes
    from supplysim.history.yearly import episodes

    if name in CARDS:
        if trade is not None or sigma is not None or output is not None:
            raise InputError(f"{name} goes with --json alone")
        _card(CARDS[name], as_json)
        return
    monthly, yearly = [e.name for e in monthly_episodes()], [e.name for e in episodes()]
    if name in monthly:
        _monthly(name, trade, sigma, as_json, output)
    elif name not in yearly:
        raise InputError(f"no episode {name!r}; there are {', '.join([*monthly, *yearly, *CARDS])}")
    elif output is not None:
        raise InputError("-o writes the chart of a monthly episode; this one is yearly")
    else:
        _yearly(name, trade, sigma, as_json)


def _card(module: str, as_json: bool) -> None:
    """Play one of `CARDS` and print it."""
    card = import_module(module)
    found = card.play()
    if as_json:
        click.echo(json.dumps(card.document(found), indent=2))
    else:
        _table(*card.table(found))


def _monthly(name: str, trade: str | None, sigma: float | None, as_json: bool, output: str | None) -> None:
    from supplysim.history.episodes_monthly import play_monthly

    if trade is not None:
        raise InputError("a monthly episode brings its own world; --trade is for the card and for yearly episodes")
    if sigma is not None and not 0 <= sigma <= MOST_SIGMA:
        raise InputError(f"sigma must be between 0 and {MOST_SIGMA:g}")
    _check_chart(output)
    _show(play_monthly(name, sigma=sigma), as_json, output)


def _own(scenario: str, observed: str, as_json: bool, output: str | None) -> None:
    from supplysim.history.episodes_monthly import play_own

    _check_chart(output)
    _show(play_own(scenario, observed), as_json, output)


def _check_chart(output: str | None) -> None:
    if output is not None and Path(output).suffix.lower() not in (".html", ".htm"):
        raise InputError(f"{output}: a chart is written as .html; a picture can be saved from the page")


def _show(played: PlayedEpisode, as_json: bool, output: str | None) -> None:
    from supplysim.history.episodes_chart import page
    from supplysim.results.folder import write_text

    if as_json:
        click.echo(json.dumps(played.as_dict(), indent=2))
    else:
        _print_monthly(played)
    if output is not None or not as_json:
        path = Path(output) if output is not None else Path("results") / "backtest" / f"{played.episode.name}.html"
        write_text(path, page(played))
        click.echo(f"Chart: {path}", err=True)


def _yearly(name: str, trade: str | None, sigma: float | None, as_json: bool) -> None:
    from supplysim.history.card import DRAWS
    from supplysim.history.model import Prior
    from supplysim.history.trade import read_trade, shipped_trade
    from supplysim.history.yearly import named, play_episode

    wanted = named(name)
    table = shipped_trade() if trade is None else read_trade(trade)
    played = play_episode(wanted, table, Prior().draw(DRAWS, sigma))
    if as_json:
        click.echo(json.dumps(played.as_dict(), indent=2))
    else:
        _print_episode(played)


def _print_monthly(played: PlayedEpisode) -> None:
    from supplysim.history.episodes_chart import lines
    from supplysim.history.episodes_report import baselines, overview, points

    for series in played.series:
        _table(*points(series))
        click.echo("\n".join(lines(series)) + "\n")
    for table in (overview([played]), baselines([played])):
        _table(*table)
    if played.episode.lacking:
        click.echo(f"What the model lacks here. {played.episode.lacking}")
    click.echo(f"Source: {played.episode.source}.")


def _print_card(card: Card) -> None:
    from supplysim.history.report import tables

    for title, header, rows in tables(card):
        _table(title, header, rows)


def _print_episode(played: Played) -> None:
    rows = [
        [str(year), f"{sold:,.0f}", f"{seen:.2f}", f"{middle:.2f} [{low:.2f}, {high:.2f}]"]
        for year, sold, seen, low, middle, high in zip(
            played.years, played.tonnes, played.observed, *played.model, strict=True
        )
    ]
    header = ["year", f"{played.episode.exporter} sold (t)", "unit value seen", "model [p10, p90]"]
    _table(played.episode.title, header, rows)
    score = played.score
    click.echo(
        f"direction right {score.price_direction:.2f}, log error of the peak {score.peak_abs_log_error:.2f}, "
        f"years inside the band {score.band_coverage:.2f}"
    )
    click.echo(f"Unit values are multiples of {played.years[0]}. Source: {played.episode.source}.")


@click.command()
@click.argument("series")
@click.option("--code", help="The code to fit where the table has several.")
@click.option("--split", type=int, metavar="YEAR", help="Last year of the sample (default: all but the last quarter).")
@click.option(
    "--product", metavar="MINERAL.STAGE", help="The product that -o writes (default: what the code stands for)."
)
@click.option("-o", "output", type=click.Path(dir_okay=False), help="Write scenario YAML that `extends` can name.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document instead of a table.")
def calibrate(
    series: str, code: str | None, split: int | None, product: str | None, output: str | None, as_json: bool
) -> None:
    """Fit a market's elasticities to yearly trade, scored on years the fit has not seen.

    SERIES is a trade table (csv, csv.gz) with the columns hs92, year, exporter_iso3, importer_iso3, value_kusd,
    quantity_t, or a code of the shipped table, such as 261100.
    """
    from supplysim.history import calibrate as history
    from supplysim.results.folder import write_text

    if product is not None and output is None:
        raise InputError("--product names what -o writes; give a file with -o")
    if product is not None:
        history.check_product(product)
    found = history.calibrate(series, split, code)
    if output is not None:
        write_text(Path(output), history.scenario(found, product))
    if as_json:
        click.echo(json.dumps(found.as_dict(), indent=2))
    else:
        _print_fit(found)


def _print_fit(found: Fit) -> None:
    rows = [
        ["sigma", f"{found.fitted.sigma:.3g}", f"{found.prior.sigma:.3g}"],
        ["supply elasticity", f"{found.fitted.supply:.3g}", f"{found.prior.supply:.3g}"],
        ["demand elasticity", f"{found.fitted.demand:.3g}", f"{found.prior.demand:.3g}"],
        ["flow error, in sample", f"{found.fitted_in.flow:.3f}", f"{found.prior_in.flow:.3f}"],
        ["flow error, out of sample", f"{found.fitted_out.flow:.3f}", f"{found.prior_out.flow:.3f}"],
        ["log price error, in sample", f"{found.fitted_in.price:.3f}", f"{found.prior_in.price:.3f}"],
        ["log price error, out of sample", f"{found.fitted_out.price:.3f}", f"{found.prior_out.price:.3f}"],
    ]
    title = f"HS {found.code}, {found.years[0]} to {found.years[1]}, fitted up to {found.split}"
    _table(title, ["", "fitted", "prior"], rows)
    for name in found.at_bound:
        click.echo(f"{name} went to the end of its range: this series does not identify it. Keep the prior.", err=True)


def _table(title: str, header: list[str], rows: list[Any]) -> None:
    from rich.box import SIMPLE
    from rich.table import Table

    from supplysim.cli.terminal import console

    console().print(title, style="italic")
    table = Table(box=SIMPLE)
    for index, name in enumerate(header):
        table.add_column(name, justify="left" if index == 0 else "right")
    for row in rows:
        table.add_row(*row)
    console().print(table)
