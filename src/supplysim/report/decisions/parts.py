"""What the pages about decisions share: their head, and names of inputs and metrics."""

from __future__ import annotations

from collections.abc import Sequence

from supplysim.decisions.draws import Draws
from supplysim.report.figure import Figure
from supplysim.report.html import esc, prose
from supplysim.report.names import Names, own_name
from supplysim.report.page import document
from supplysim.report.theme import DARK, LIGHT
from supplysim.results.metrics import Key
from supplysim.world import catalog


def names_of(draws: Draws) -> Names:
    """Names of the world that the draws were made in, and of their scenario."""
    return Names(catalog(draws.scenario.world), draws.scenario)


def asked_text(key: Key, names: Names) -> str:
    """A metric inside a sentence, such as `short share of magnets in the United States`."""
    name = own_name(key.metric)
    name = name if name[1:2].isupper() else name[0].lower() + name[1:]
    what = f"{name} of {names.goods(key.product)} in {names.place(key.region)}"
    return f"{what} ({key.contract})" if key.contract else what


def percent(share: float) -> str:
    """A share as whole percent, such as `73 %`."""
    return f"{100.0 * share:.0f} %"


def page_of(kicker: str, title: str, said: Sequence[str], figures: Sequence[Figure], rest: str = "") -> str:
    """A page: the sentences first, then its figures, then whatever else there is."""
    first, *others = said
    answer = "".join(f"<p>{prose(text)}</p>" for text in others)
    head = (
        f'<header><p class="kicker">{esc(kicker)}</p><h1>{esc(title)}</h1>'
        f'<div class="answer"><p class="lead">{prose(first)}</p>{answer}</div></header>'
    )
    body = head + "".join(figure.html([panel.key for panel in figure.panels]) for figure in figures) + rest
    plots = {name: plot for figure in figures for name, plot in figure.plots().items()}
    return document(
        title, body, {"plots": plots, "shared": {}, "themes": {"light": LIGHT, "dark": DARK}, "regions": {}}
    )
