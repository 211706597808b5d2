"""What things are called in running text."""

from __future__ import annotations

from supplysim.report.names import Names, own_name
from supplysim.scenario import load
from supplysim.world import catalog


def test_a_scenario_s_projects_and_events_are_called_by_their_titles():
    names = Names(catalog(), load("in-force"))
    assert names.input("projects.amagasaki.realised.happens") == "whether “Osaka Titanium, Amagasaki” comes true"
    assert names.input("events.unheard-of.severity") == "severity of unheard-of"
    assert Names(catalog()).input("projects.amagasaki.delay") == "delay of amagasaki"


def test_demand_that_falls_is_no_surge():
    names, scenario = Names(catalog()), load("reactor-demand-surge")
    surge = next(event for event in scenario.events.values() if event.kind == "demand_surge")
    rises, falls = (surge.model_copy(update={"title": "", "change": change}) for change in (0.2, -0.2))
    assert names.event(rises).startswith("a surge in demand for ")
    assert names.event(falls).startswith("a fall in demand for ")


def test_every_input_that_is_drawn_has_a_name():
    """A bar called `stocks cover_factor` says nothing to a reader."""
    scenario = load("in-force")
    names = Names(catalog(), scenario)
    for path in (*scenario.uncertain, "contracts.x.spot_share"):
        assert "_" not in names.input(path), path


def test_a_price_without_its_market_s_noise_is_told_as_such():
    assert own_name("peak_price_multiple") == "Peak price (inner band)"
    assert own_name("short_t") == "Shortage over the horizon"
    assert own_name("months_of_rain") == "months of rain"
