"""A figure of the page as a figure of Plotly's Python package, for notebooks and for own changes."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from textwrap import wrap
from typing import TYPE_CHECKING, Any

from supplysim.report.figure import MONTHS, Plot
from supplysim.report.html import esc
from supplysim.report.theme import LIGHT

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

COLOUR = re.compile(r"@(\w+)(?:/([\d.]+))?\Z")
AXIS = re.compile(r"[xy]axis\d*\Z")
NARROW = "narrow"
"""Key of what the page's script changes in a trace on a phone."""
LETTERS = 95
"""Letters of a line of the title."""


def drawn(plot: Plot, months: Sequence[str], title: str) -> Figure:
    """The plot in the page's light colours, with what the page's script adds to its layout.

    Raises `ModuleNotFoundError` where plotly is not installed.
    """
    from plotly.graph_objects import Figure

    own, lines = _resolved(plot.layout, months), wrap(title, LETTERS)
    head = 24 + 20 * len(lines)
    axis = {"gridcolor": LIGHT["line"], "zerolinecolor": LIGHT["faint"], "linecolor": LIGHT["faint"],
            "tickcolor": LIGHT["faint"]}  # fmt: skip
    layout = {
        "template": "none", "paper_bgcolor": LIGHT["paper"], "plot_bgcolor": LIGHT["paper"],
        "height": plot.height + head,
        "hovermode": "x unified", "font": {"size": 12, "color": LIGHT["soft"]}, "xaxis": {}, "yaxis": {}, **own,
        "title": {"text": "<br>".join(map(esc, lines)), "y": 1, "yref": "container", "yanchor": "top", "pad": {"t": 12},
                   "font": {"size": 15, "color": LIGHT["ink"]}, "x": 0, "xref": "paper"},
        "margin": {"l": 52, "r": 18, "b": 40, **own.get("margin", {}), "t": own.get("margin", {}).get("t", 44) + head},
        "legend": {"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom", **own.get("legend", {})},
    }  # fmt: skip
    layout = {key: {**axis, **value} if AXIS.match(key) else value for key, value in layout.items()}
    traces = [{key: value for key, value in trace.items() if key != NARROW} for trace in plot.traces]
    return Figure(data=_resolved(traces, months), layout=layout)


def _resolved(value: Any, months: Sequence[str]) -> Any:
    """Colours and months by name put in, as the page's script does."""
    if isinstance(value, str):
        return list(months) if value == MONTHS else _colour(value)
    if isinstance(value, Mapping):
        return {key: _resolved(item, months) for key, item in value.items()}
    return [_resolved(item, months) for item in value] if isinstance(value, list | tuple) else value


def _colour(text: str) -> str:
    found = COLOUR.match(text)
    if found is None or found[1] not in LIGHT:
        return text
    red, green, blue = (int(LIGHT[found[1]][k : k + 2], 16) for k in (1, 3, 5))
    return f"rgba({red},{green},{blue},{found[2] or 1})"
