"""A figure of the page as a figure of Plotly's Python package, for notebooks and for own changes."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from supplysim.report.figure import MONTHS, Plot
from supplysim.report.theme import LIGHT

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

COLOUR = re.compile(r"@(\w+)(?:/([\d.]+))?\Z")
AXIS = re.compile(r"[xy]axis\d*\Z")


def drawn(plot: Plot, months: Sequence[str], title: str) -> Figure:
    """The plot in the page's light colours, with what the page's script adds to its layout.

    Raises `ModuleNotFoundError` where plotly is not installed.
    """
    from plotly.graph_objects import Figure

    own = _resolved(plot.layout, months)
    axis = {"gridcolor": LIGHT["line"], "zerolinecolor": LIGHT["faint"], "linecolor": LIGHT["faint"],
            "tickcolor": LIGHT["faint"]}  # fmt: skip
    layout = {
        "template": "none", "paper_bgcolor": LIGHT["paper"], "plot_bgcolor": LIGHT["paper"], "height": plot.height + 40,
        "hovermode": "x unified", "font": {"size": 12, "color": LIGHT["soft"]}, "xaxis": {}, "yaxis": {}, **own,
        "title": {"text": title, "font": {"size": 15, "color": LIGHT["ink"]}, "x": 0, "xref": "paper"},
        "margin": {"l": 52, "r": 18, "b": 40, **own.get("margin", {}), "t": own.get("margin", {}).get("t", 44) + 40},
        "legend": {"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom", **own.get("legend", {})},
    }  # fmt: skip
    layout = {key: {**axis, **value} if AXIS.match(key) else value for key, value in layout.items()}
    traces = [{key: value for key, value in trace.items() if key != "narrow"} for trace in plot.traces]
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
