"""The whole page, put together: one file, no request, the same bytes for the same run."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from supplysim.report.choice import Choice, choose
from supplysim.report.figure import Figure, Plot
from supplysim.report.figures.attribution import shared_out
from supplysim.report.figures.binding import binding
from supplysim.report.figures.contracts import contracts
from supplysim.report.figures.drivers import drivers
from supplysim.report.figures.fans import fans
from supplysim.report.figures.origin import origin
from supplysim.report.figures.sankey import sankey
from supplysim.report.figures.shares import shares
from supplysim.report.figures.stocks import stocks
from supplysim.report.figures.ties import ties
from supplysim.report.figures.world_map import after_alone, atlas_data, world_map
from supplysim.report.html import esc, hash_of, packed, prose, script
from supplysim.report.names import Names, many, over
from supplysim.report.sections import again, limits, sources
from supplysim.report.sentences import answer, question
from supplysim.report.source import Run
from supplysim.report.theme import DARK, LIGHT, css_variables
from supplysim.report.tiles import tiles

HERE = Path(__file__).parent
BRIEF_CLAUSES = 6
"""Sentences, the lead among them, that a sheet of paper has room for beside the tiles."""
FIGURES = (world_map, sankey, origin, fans, shares, stocks, contracts, ties, shared_out, binding, drivers)


def page(run: Run) -> str:
    """A run's page as HTML."""
    choice = choose(run)
    figures = [figure for make in FIGURES if (figure := make(run, choice)) is not None]
    shown = (f"{choice.product}|{choice.region}", choice.product, "")
    body = "".join([
        _header(run, choice), picker(Names(run.catalog), choice), tiles(run, choice),
        *(figure.html(shown) for figure in figures),
        sources(run, choice), limits(run), again(run),
    ])  # fmt: skip
    return document(run.title, body, plot_data(choice, figures, {"@months": run.months, **atlas_data()}, shown))


def two_pages(run: Run) -> str:
    """The brief: the answer and headline numbers on one sheet of paper, the flows and the months on the other."""
    whole = choose(run)
    product, region = whole.product, whole.region
    choice = Choice((product,), {product: (region,)}, {product: whole.year[product]}, whole.moved)
    shown = (f"{product}|{region}", product)
    figures = [_redrawn(world_map(run, choice), 420, after_alone), _redrawn(fans(run, choice), 350)]
    told = _header(run, whole, BRIEF_CLAUSES)
    body = f"{told}{tiles(run, choice)}{''.join(figure.html(shown) for figure in figures)}{_more(run)}"
    shared = {"@months": run.months, **atlas_data()}
    return document(run.title, f'<div class="brief">{body}</div>', plot_data(choice, figures, shared, shown))


def _redrawn(figure: Figure, height: int, change: Callable[[Plot], Plot] = lambda plot: plot) -> Figure:
    panels = [replace(each, plot=replace(change(each.plot), height=height)) if each.plot else each
              for each in figure.panels]  # fmt: skip
    return replace(figure, panels=panels)


def _more(run: Run) -> str:
    made = f"{over(run.months)}, {many(len(run.draws), 'draw')}, run {str(run.manifest['run'])[:12]}"
    return (
        f'<p class="note">Annexes (all consumers and products, sources, limits of the model) are in the run\'s '
        f"report.html. Prices are no forecast; elasticities are priors, not measurements. {esc(made)}.</p>"
    )


def document(title: str, body: str, data: dict[str, Any] | None = None) -> str:
    """An HTML document that may load nothing; with `data`, the script and Plotly that draw its figures.

    Plotly and the data are compressed; the script unpacks Plotly into an element whose hash the policy knows.
    """
    codes = [(HERE / "script.js").read_text(encoding="utf-8"), plotly()] if data else []
    policy = (
        f"default-src 'none'; script-src {' '.join(hash_of(code) for code in codes) or chr(39) + 'none' + chr(39)}; "
        "style-src 'unsafe-inline'; img-src data: blob:; base-uri 'none'; form-action 'none'"
    )
    text = json.dumps(data, separators=(",", ":"), ensure_ascii=True, allow_nan=False)
    scripts = f"{packed('report-data', text)}{packed_plotly()}{script(codes[0])}" if data else ""
    style = css_variables() + (HERE / "style.css").read_text(encoding="utf-8")
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        '<meta name="color-scheme" content="light dark"><meta name="referrer" content="no-referrer">'
        f"<title>{esc(title)}</title><style>{style}</style></head>\n<body><main>{body}</main>\n{scripts}</body></html>\n"
    )


def plotly() -> str:
    """Plotly's JavaScript as it comes with the Python package, found without importing it."""
    spec = find_spec("plotly")
    if spec is None or not spec.submodule_search_locations:
        raise ModuleNotFoundError("the report needs the package plotly")
    code = Path(spec.submodule_search_locations[0]) / "package_data" / "plotly.min.js"
    return code.read_text(encoding="utf-8")


@cache
def packed_plotly() -> str:
    """It, compressed."""
    return packed("plotly", plotly())


def _header(run: Run, choice: Choice, most: int | None = None) -> str:
    lead, *rest = answer(run, choice)[:most]
    said = "".join(f"<p><strong>{esc(head)}.</strong> {prose(text)}</p>" for head, text in rest)
    caution = "" if most else ' Read the <a href="#limits">limits</a> before acting on a number.'
    departs = f'<p class="departs">{prose(run.departs)}</p>' if run.departs else ""
    horizon = f"{over(run.months)}, {many(len(run.draws), 'draw')}"
    return (
        f'<header><p class="kicker">Supply scenario · {esc(horizon)}</p><h1>{prose(run.title)}</h1>'
        f'<p class="question">{prose(question(run))}</p>{departs}'
        f'<div class="answer"><p class="lead">{prose(lead.text)}</p>{said}'
        '<p class="note">Numbers are medians over draws; brackets hold nine of ten draws. Short is what users ask '
        f"for and do not get, or give up for the price of the month.{caution}</p>"
        "</div></header>"
    )


def picker(names: Names, choice: Choice) -> str:
    """The two lists that switch every figure to another product or consumer."""
    products = "".join(f'<option value="{esc(p)}">{esc(names.product(p))}' for p in choice.products)
    regions = "".join(
        f'<option value="{esc(r)}">{esc(names.region(r))}'
        for r in dict.fromkeys(region for _, region in choice.pairs())
    )
    return (
        f'<form class="picker" id="picker"><label>Product <select id="product">{products}</select></label>'
        f'<label>Consumer <select id="region">{regions}</select></label></form>'
        "<noscript><p>The drawings need JavaScript; the numbers below each of them do not.</p></noscript>"
    )


def plot_data(
    choice: Choice, figures: Sequence[Figure], shared: dict[str, Any], shown: Sequence[str]
) -> dict[str, Any]:
    """What the page's script needs: plots and hidden tables by place, lists they share, palettes, and each product's
    consumers."""
    plots = {name: plot for figure in figures for name, plot in figure.plots().items()}
    return {
        "plots": plots,
        "numbers": {name: text for figure in figures for name, text in figure.numbers(shown).items()},
        "shared": shared,
        "themes": {"light": LIGHT, "dark": DARK},
        "regions": {product: list(choice.regions[product]) for product in choice.products},
    }
