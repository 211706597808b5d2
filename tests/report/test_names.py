"""What things are called in running text."""

from __future__ import annotations

from supplysim.report.names import Names
from supplysim.scenario import load
from supplysim.world import catalog


def test_a_scenario_s_projects_and_events_are_called_by_their_titles():
    names = Names(catalog(), load("in-force"))
    assert names.input("projects.amagasaki.realised.happens") == "whether “Osaka Titanium, Amagasaki” comes true"
    assert names.input("events.unheard-of.severity") == "severity of unheard-of"
    assert Names(catalog()).input("projects.amagasaki.delay") == "delay of amagasaki"
