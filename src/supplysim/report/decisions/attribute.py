"""The page about what each contract and project adds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from supplysim.report.decisions.parts import page_of
from supplysim.report.figures.attribution import attribution
from supplysim.report.names import Names
from supplysim.scenario import Scenario
from supplysim.world import catalog


def sentences(found: Mapping[str, Any], names: Names) -> list[str]:
    """The answer in words: what the deals do where they do most."""
    figure = attribution(found, names)
    if figure is None:
        return ["No contract or project moves the shortage of any consumer."]
    return [panel.reading for panel in figure.panels[:3]]


def attribute_page(scenario: Scenario, found: Mapping[str, Any]) -> str:
    """The page as HTML."""
    names = Names(catalog(scenario.world))
    figure = attribution(found, names)
    kicker = f"{scenario.title or scenario.name} · {found['draws']} draws"
    return page_of(kicker, "What each deal adds", sentences(found, names), [figure] if figure else [])
